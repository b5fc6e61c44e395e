"""Scaling: the same scales from compiled sweeps, and from blocks that are alike taken together."""

import numpy as np
import pytest
import scipy.sparse as sp
from solvers.compiled import needs_compiled

from momentsos.machine.compiled import without_compiled
from momentsos.sdp import SDP, svec_index, svec_length
from momentsos.solvers.native import rules
from momentsos.solvers.native.prepare import logarithms, scaling
from momentsos.solvers.native.prepare.logarithms import geometric_scales


def badly_scaled(rng, sizes, n=7, alike=True):
    """Blocks of which those of one size have the same non-zeros, or not, of many orders of magnitude."""
    rows = []
    masks = {size: rng.random((svec_length(size), n)) < 0.5 for size in sizes}
    for size in sizes:
        mask = masks[size] if alike else rng.random((svec_length(size), n)) < 0.5
        rows.append(mask * np.exp(6.0 * rng.standard_normal(mask.shape)))
    equalities = np.exp(6.0 * rng.standard_normal((2, n)))
    return SDP(
        np.exp(6.0 * rng.standard_normal(n)),
        sp.csr_matrix(equalities),
        np.ones(2),
        sp.csr_matrix(np.concatenate(rows)),
        tuple(sizes),
    )


def least_squares(sdp):
    """Return the logarithms of all scales from all equations, of the smallest norm: moments, then rows of blocks."""
    first = sdp.n_moments + np.concatenate([[0], np.cumsum(sdp.sizes)])
    equations, right = [], []
    total = int(first[-1]) + sdp.right_side.size + 1
    for j, size in enumerate(sdp.sizes):
        for row, i, k in zip(
            sdp.operator[sdp.offsets[j] : sdp.offsets[j + 1]].toarray(), *svec_index(size), strict=True
        ):
            for moment in np.flatnonzero(row):
                equations.append(np.bincount([moment, first[j] + i, first[j] + k], minlength=total))
                right.append(-np.log2(abs(row[moment])))
    for number, row in enumerate(np.vstack([sdp.equalities.toarray(), sdp.cost])):
        for moment in np.flatnonzero(row):
            equations.append(np.bincount([moment, first[-1] + number], minlength=total))
            right.append(-np.log2(abs(row[moment])))
    matrix = np.array(equations, dtype=float)
    answer = np.linalg.lstsq(matrix, np.array(right), rcond=None)[0]
    return answer[: sdp.n_moments], np.split(answer[sdp.n_moments : first[-1]], first[1:-1] - sdp.n_moments)


@pytest.mark.parametrize("sizes", [(3, 3, 3), (1, 3, 2, 3, 1, 1), (4,), (2, 5, 5, 2)])
@pytest.mark.parametrize("alike", [True, False])
def test_geometric_scales_solve_the_least_squares_problem(sizes, alike, rng):
    sdp = badly_scaled(rng, sizes, alike=alike)
    moments, rows = geometric_scales(sdp)
    expected_logarithms, sides = least_squares(sdp)
    assert np.abs(np.log2(moments) - expected_logarithms).max() <= 0.51
    for j, (size, own) in enumerate(zip(sdp.sizes, sides, strict=True)):
        row, column = svec_index(size)
        expected = np.round(own[row]) + np.round(own[column])
        assert np.abs(np.log2(rows[sdp.offsets[j] : sdp.offsets[j + 1]]) - expected).max() <= 2.0


def test_a_zero_that_is_stored_is_no_entry(rng):
    sdp = badly_scaled(rng, (3, 3, 3, 2, 2))
    stored = sdp.operator.tocoo()
    empty = np.argwhere(sdp.operator.toarray() == 0)[:4]
    rows, columns = np.concatenate([stored.row, empty[:, 0]]), np.concatenate([stored.col, empty[:, 1]])
    values = np.concatenate([stored.data, np.zeros(len(empty))])
    operator = sp.csr_matrix((values, (rows, columns)), shape=stored.shape)
    assert operator.nnz == stored.nnz + 4
    other = SDP(sdp.cost, sdp.equalities, sdp.right_side, operator, sdp.sizes)
    for one, two in zip(geometric_scales(sdp), geometric_scales(other), strict=True):
        assert np.array_equal(one, two)


@pytest.fixture
def both_ways():
    """Return a function that gives what a function returns with the compiled core, and without it."""
    needs_compiled()

    def run(function, sdp):
        quick = function(sdp)
        with without_compiled():
            return quick, function(sdp)

    return run


def with_zeros(sdp, rng):
    """The same with some entries of operator, equalities and cost zero, of which the matrices store some."""
    operator, equalities, cost = sdp.operator.copy(), sdp.equalities.copy(), sdp.cost.copy()
    for values in (operator.data, equalities.data, cost):
        values[rng.random(values.size) < 0.2] = 0.0
    return SDP(cost, equalities, sdp.right_side, operator, sdp.sizes)


def with_moments_in_no_block(sdp):
    n = sdp.n_moments
    kept = np.append(np.arange(n), np.full(2, n - 1))
    operator = sp.csr_matrix((sdp.operator.data, sdp.operator.indices, sdp.operator.indptr), (sdp.offsets[-1], n + 2))
    return SDP(sdp.cost[kept] * 1e-5, sdp.equalities[:, kept], sdp.right_side, operator, sdp.sizes)


def without_equalities(sdp):
    return SDP(sdp.cost, sp.csr_matrix((0, sdp.n_moments)), np.zeros(0), sdp.operator, sdp.sizes)


CHANGES = {
    "plain": lambda sdp, _: sdp,
    "zeros": with_zeros,
    "no equalities": lambda sdp, _: without_equalities(sdp),
    "no cost": lambda sdp, _: SDP(0.0 * sdp.cost, sdp.equalities, sdp.right_side, sdp.operator, sdp.sizes),
    "neither": lambda sdp, _: without_equalities(
        SDP(0.0 * sdp.cost, sdp.equalities, sdp.right_side, sdp.operator, sdp.sizes)
    ),
    "one moment": lambda sdp, _: SDP(
        sdp.cost[:1], sdp.equalities[:, :1], sdp.right_side, sdp.operator[:, :1], sdp.sizes
    ),
    "moments in no block": lambda sdp, _: with_moments_in_no_block(sdp),
}


@pytest.mark.parametrize("sizes", [(3, 3, 1, 2, 3), (6,), (1, 1, 1), (2, 5, 2, 2, 5), (0, 2, 0, 2, 17, 17, 20), (1,)])
@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize("change", CHANGES)
def test_compiled_scales_are_those_of_numpy(sizes, alike, change, rng, both_ways):
    sdp = CHANGES[change](badly_scaled(rng, sizes, alike=alike), rng)
    for one, two in zip(*both_ways(logarithms.find_logarithms, sdp), strict=True):
        assert one.shape == two.shape and np.abs(one - two).max() <= 1e-8 * (1.0 + np.abs(two).max())
    quick, slow = both_ways(scaling.equilibrate, sdp)
    assert np.array_equal(quick.moments, slow.moments) and np.array_equal(quick.rows, slow.rows)
    if change == "plain":
        assert np.ptp(np.log2(quick.moments)) > 1.0


def test_an_empty_block_between_blocks_that_are_alike(rng, both_ways):
    sdp = badly_scaled(rng, (3, 4, 3, 4, 3))
    operator = sdp.operator.tolil()
    operator[sdp.offsets[1] : sdp.offsets[2]] = operator[sdp.offsets[3] : sdp.offsets[4]] = 0.0
    sdp = SDP(sdp.cost, sdp.equalities, sdp.right_side, operator.tocsr(), sdp.sizes)
    for one, two in zip(*both_ways(logarithms.find_logarithms, sdp), strict=True):
        assert np.abs(one - two).max() <= 1e-8 * (1.0 + np.abs(two).max())


def test_compiled_sweeps_are_those_of_numpy_in_ties(rng, both_ways):
    """Powers of 2 have square roots whose logarithms lie between two numbers."""
    for _ in range(20):
        values = rng.integers(0, 2, (13, 9)) * np.exp2(rng.integers(-9, 9, (13, 9)))
        operator = sp.csr_matrix(values)
        sdp = SDP(np.ones(9), sp.csr_matrix((0, 9)), np.zeros(0), operator, (3, 2, 2, 1))
        quick, slow = both_ways(scaling.equilibrate, sdp)
        assert np.array_equal(quick.moments, slow.moments) and np.array_equal(quick.rows, slow.rows)


def test_rows_that_are_badly_scaled_are_found_both_ways(rng, both_ways):
    found = []
    for _ in range(200):
        n, spread = int(rng.integers(1, 40)), rng.choice([1.0, 2.0, 3.0])
        cost, *rows = (rng.random((4, n)) < 0.7) * np.exp(spread * rng.standard_normal((4, n)))
        equalities = sp.csr_matrix(np.array(rows))
        equalities.data[rng.random(equalities.nnz) < 0.1] = 0.0
        sdp = SDP(cost, equalities, np.zeros(3), sp.csr_matrix((1, n)), (1,))
        quick, slow = both_ways(scaling._has_bad_scale, sdp)
        assert quick == slow
        found.append(quick)
    assert 20 < sum(found) < 180


def test_a_matrix_that_cannot_be_factored_gives_no_scaling(rng, monkeypatch):
    needs_compiled()
    monkeypatch.setattr(rules, "RAISED_LOGARITHMS", -1.0)
    sdp = badly_scaled(rng, (3, 2, 3))
    moments, rows = geometric_scales(sdp)
    assert (moments == 1.0).all() and (rows == 1.0).all() and rows.shape == (15,)


def test_large_least_squares_problems_are_solved_by_an_iteration(rng, monkeypatch):
    sdp = badly_scaled(rng, (3, 2, 3, 3))
    exact = geometric_scales(sdp)
    monkeypatch.setattr(rules, "LARGEST_LOGARITHMS", 0)
    for one, two in zip(exact, geometric_scales(sdp), strict=True):
        assert np.abs(np.log2(one) - np.log2(two)).max() <= 2.0
