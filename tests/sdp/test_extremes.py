"""The extreme eigenvalues of many blocks, and the residuals made of them: the same compiled and in NumPy."""

from dataclasses import astuple

import numpy as np
import pytest
import scipy.sparse as sp
from solvers.compiled import needs_compiled

from momentsos.machine.compiled import without_compiled
from momentsos.sdp import SDP, Residuals, recompute_residuals, residuals, svec

needs_compiled()

SIZES = (1, 2, 3, 5, 10, 35)


def blocks(kind, size, rng):
    """A stack of symmetric matrices: definite, of one rank and within rounding of it, indefinite, or zero."""
    root = rng.standard_normal((30, size, size if kind != "singular" else 1))
    gram = root @ root.transpose(0, 2, 1)
    if kind == "nearly singular":
        vector = rng.standard_normal((30, size, 1))
        noise = root + root.transpose(0, 2, 1)
        return vector @ vector.transpose(0, 2, 1) + 10.0 ** rng.uniform(-14, -6, (30, 1, 1)) * noise
    if kind == "indefinite":
        return root + root.transpose(0, 2, 1)
    return gram if kind != "zero" else 0.0 * gram


@pytest.mark.parametrize("kind", ["definite", "singular", "nearly singular", "indefinite", "zero"])
@pytest.mark.parametrize("size", SIZES)
def test_extremes_are_those_of_all_eigenvalues(kind, size):
    rng = np.random.default_rng(size)
    for low, high in ((0.0, 0.0), (1e-9, 1.0), (1.0, 100.0)):
        stack = blocks(kind, size, rng)
        values = np.linalg.eigvalsh(stack)
        expected = max(low, -float(values.min())), max(high, float(np.abs(values).max()))
        found = residuals.extremes.widened(stack, low, high)
        assert found == pytest.approx(expected, rel=1e-13, abs=size * 1e-15 * expected[1])


def test_residuals_are_those_without_compiled_code():
    rng = np.random.default_rng(3)
    sizes = [size for size in SIZES for _ in range(4)]
    stacks = [blocks("nearly singular", size, rng)[0] for size in sizes]
    rows = np.concatenate([svec(stack) for stack in stacks])
    sdp = SDP(np.ones(2), sp.csr_matrix((0, 2)), np.zeros(0), sp.csr_matrix((len(rows), 2)), tuple(sizes))
    quick = residuals.cone_violation(rows, sdp)
    with without_compiled():
        slow = residuals.cone_violation(rows, sdp)
    assert quick == pytest.approx(slow, rel=1e-12) and slow[0] > 0


def test_blocks_without_eigenvalues_are_an_error():
    stack = np.full((1, 4, 4), np.nan)
    with pytest.raises(np.linalg.LinAlgError):
        residuals.extremes.widened(stack, 0.0, 0.0)


def program(sizes, equalities, rng, moments=9):
    """A program whose matrices have unsorted rows with duplicates and zeros."""
    rows = sum(size * (size + 1) // 2 for size in sizes)

    def matrix(height):
        counts = rng.integers(0, 6, height)
        total = int(counts.sum())
        places = rng.integers(0, moments, total)
        values = rng.standard_normal(total) * (rng.random(total) > 0.1)
        return sp.csr_matrix((values, places, np.concatenate([[0], np.cumsum(counts)])), shape=(height, moments))

    return SDP(rng.standard_normal(moments), matrix(equalities), rng.standard_normal(equalities), matrix(rows), sizes)


def pair(sdp, kind, rng):
    """A pair of random vectors, and blocks of one kind; see `blocks`."""
    grams = [svec(blocks(kind, size, rng)[0]) if size else np.zeros(0) for size in sdp.sizes]
    gram = np.concatenate([np.zeros(0), *grams])
    return rng.standard_normal(sdp.n_moments), rng.standard_normal(len(sdp.right_side)), gram


def both_ways(sdp, moments, equality_duals, gram):
    """The residuals as compiled code and as NumPy find them."""
    compiled = recompute_residuals(sdp, moments, equality_duals, gram)
    with without_compiled():
        return compiled, recompute_residuals(sdp, moments, equality_duals, gram)


STRUCTURES = [(), (1,), (2, 0, 1, 1), (7,) * 5, (1, 40, 2, 7, 7, 1), (40, 0, 40), (1,) * 9]


@pytest.mark.parametrize("kind", ["definite", "singular", "nearly singular", "indefinite", "zero"])
@pytest.mark.parametrize("equalities", [0, 4])
@pytest.mark.parametrize("sizes", STRUCTURES)
def test_recomputed_residuals_are_those_without_compiled_code(sizes, equalities, kind):
    rng = np.random.default_rng([len(sizes), equalities])
    sdp = program(sizes, equalities, rng)
    compiled, plain = both_ways(sdp, *pair(sdp, kind, rng))
    assert astuple(compiled) == pytest.approx(astuple(plain), rel=1e-12, abs=1e-14)
    if kind == "definite":
        assert compiled.dual_cone == plain.dual_cone == 0.0
    if kind == "indefinite" and sizes and max(sizes) > 1:
        assert compiled.dual_cone > 0.01


@pytest.mark.parametrize("largest_first", [True, False])
def test_the_largest_eigenvalue_may_be_that_of_a_definite_block(largest_first):
    blocks = [1e3 * np.eye(3), np.diag([1.0, 1.0, 1.0 - 2.0]), np.eye(3)]
    sdp = program((3, 3, 3), 1, np.random.default_rng(0))
    gram = np.concatenate([svec(block) for block in (blocks if largest_first else blocks[::-1])])
    for found in both_ways(sdp, np.ones(9), np.ones(1), gram):
        assert found.dual_cone == pytest.approx(1.0 / 1001.0, rel=1e-13)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("size", [1, 2, 7, 40])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_number_that_is_not_finite_leaves_no_residual(size, number):
    rng = np.random.default_rng(size)
    sdp = program((2, size, 1), 2, rng)
    moments, equality_duals, gram = pair(sdp, "definite", rng)
    for place in range(3, len(gram) - 1, max(1, len(gram) // 9)):  # on the diagonal and off it
        spoilt = gram.copy()
        spoilt[place] = number
        for found in both_ways(sdp, moments, equality_duals, spoilt):
            assert np.isnan(found.dual_cone) and np.isnan(found.worst)
            assert not np.isfinite(found.dual) or sdp.operator[[place]].nnz == 0
    compiled, plain = both_ways(sdp, np.full(9, number), equality_duals, gram)
    assert np.isnan([compiled.primal_cone, compiled.gap, compiled.worst]).all()
    assert astuple(compiled) == pytest.approx(astuple(plain), rel=1e-12, abs=1e-14, nan_ok=True)


def test_arrays_of_any_kind_are_taken_and_lengths_are_checked():
    rng = np.random.default_rng(5)
    sdp = program((2, 3), 2, rng)
    vectors = pair(sdp, "indefinite", rng)
    expected = recompute_residuals(sdp, *vectors)
    strided = [np.repeat(vector, 2)[::2] for vector in vectors]
    for vector in vectors:
        vector.setflags(write=False)
    for array in (sdp.cost, sdp.operator.data, sdp.operator.indices, sdp.operator.indptr):
        array.setflags(write=False)
    assert recompute_residuals(sdp, *vectors) == recompute_residuals(sdp, *strided) == expected
    sdp.operator.indices = sdp.operator.indices.astype(np.int64)
    assert recompute_residuals(sdp, *vectors) == expected
    for short in range(3):
        with pytest.raises(ValueError):
            recompute_residuals(sdp, *(v[: len(v) - (i == short)] for i, v in enumerate(vectors)))


def test_the_worst_residual_does_not_pass_over_what_is_not_a_number():
    for place in (2, 3, 4, 5, 6):
        numbers = np.zeros(7)
        numbers[place] = np.nan
        assert np.isnan(Residuals(*numbers).worst)
    assert Residuals(5.0, 6.0, 0.1, 0.2, 0.3, 0.4, 0.2).worst == 0.4
