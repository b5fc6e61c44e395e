"""The rows of small programs in compiled code: the operator that programs in NumPy have."""

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME
from solvers.compiled import needs_compiled
from solvers.test_native import FAMILIES, feasible

from momentsos import relax
from momentsos.sdp import SDP
from momentsos.solvers.native.core.compiled import start as compiled_start
from momentsos.solvers.native.core.compiled.scaled import make_scaled as make_scaled_rows
from momentsos.solvers.native.core.numpy import start as numpy_start
from momentsos.solvers.native.core.numpy.scaled import make_scaled, reduced_operator
from momentsos.solvers.native.prepare.dependence import settle, without_dependent
from momentsos.solvers.native.prepare.scaled import prepare
from momentsos.solvers.native.start import begin

needs_compiled()


def relaxation(name):
    return relax(BY_NAME[name].problem(), BY_NAME[name].order, method="dense").sdp


def with_equalities(rng, local):
    """Dense blocks with a tenth of the moments fixed by others: by two each, far apart, or by all of them."""
    sdp, _ = feasible(3, **next(iter(FAMILIES.values())))
    n = sdp.n_moments if not local else 400
    operator = sp.csr_matrix(rng.standard_normal((sdp.operator.shape[0], n)) * (rng.random((1, n)) < 0.5))
    rows = np.zeros((max(2, n // 10), n))
    for i, row in enumerate(rows):
        row[[i, 40 + i, 80 + i] if local else slice(None)] = rng.standard_normal(3 if local else n)
    return SDP(rng.standard_normal(n), sp.csr_matrix(rows), np.ones(len(rows)), operator, sdp.sizes)


PROGRAMS = {
    "one equality": lambda rng: relaxation("himmelblau"),
    "constraints": lambda rng: relaxation("hock_schittkowski_71"),
    "equalities": lambda rng: relaxation("max_cut_5_cycle"),
    "full equalities": lambda rng: with_equalities(rng, False),
    "local equalities": lambda rng: with_equalities(rng, True),
}

#: Those where the cost of a direction without effect is zero.
BALANCED = ["one equality", "constraints", "equalities"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_operator_is_that_of_numpy(name, rng):
    sdp = PROGRAMS[name](rng)
    prepared = prepare(sdp)
    small, program = make_scaled_rows(prepared), make_scaled(prepared)
    dense, n = reduced_operator(program), program.elimination.n_head
    size = np.abs(dense).max()
    assert np.allclose(small.apply(np.eye(n)), dense, rtol=0, atol=1e-13 * size)
    assert np.allclose(small.constant, program.constant, rtol=0, atol=1e-13)
    flat = rng.standard_normal((program.cone.dimension, 2))
    assert np.allclose(small.apply_adjoint(flat), dense.T @ flat, rtol=0, atol=1e-11 * size)
    assert np.allclose(small.image(flat[:, 0]), program.image(flat[:, 0]), rtol=0, atol=1e-11 * size)
    moments = rng.standard_normal(sdp.n_moments)
    assert np.allclose(small.blocks(moments), program.blocks(moments), rtol=0, atol=1e-11 * size)
    for row in range(small.over.shape[0]):
        columns = small.over.indices[small.over.indptr[row] : small.over.indptr[row + 1]]
        assert (np.diff(columns) > 0).all()
    assert small.over.data.all()


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_matrix_of_the_start_is_that_of_the_operator(name, rng):
    small = make_scaled_rows(prepare(PROGRAMS[name](rng)))
    dense = small.apply(np.eye(small.over.shape[1]))
    expected = dense.T @ dense
    assert np.allclose(small.folded.normal_matrix(), np.tril(expected), rtol=0, atol=1e-12 * expected.max())


def test_dependent_moments_are_left_out_of_the_rows(rng):
    """One moment has the effect of another one, one that of two."""
    operator = rng.standard_normal((6, 5))
    operator[:, 3], operator[:, 4] = operator[:, 1], operator[:, 1] + operator[:, 2]
    cost = np.array([1.0, 1.0, 1.0, 1.0, 2.0])
    fixed = sp.csr_matrix(np.eye(5)[:1])
    small = make_scaled_rows(prepare(SDP(cost, fixed, np.ones(1), sp.csr_matrix(operator), (3,))))
    left, ray = without_dependent(small, small.folded.normal_matrix())
    assert ray is None and left.elimination.n_free == left.over.shape[1] == 2
    unknowns = rng.standard_normal(2)
    assert np.allclose(left.apply(unknowns), left.blocks(left.elimination.extend(unknowns)), rtol=1e-12)


def with_dependent_moments(rng, cost_of_its_own):
    """Thirty moments that are independent and twelve that are combinations of a few of them, in an order by chance."""
    blocks = np.hstack([np.zeros((55, 1)), rng.standard_normal((55, 30))])
    shares = rng.standard_normal((31, 12)) * (rng.random((31, 12)) < 0.2)
    shares[0] = 0.0
    cost = np.concatenate([np.ones(31), np.ones(31) @ shares])
    cost[-1] += cost_of_its_own
    order = rng.permutation(np.arange(1, 43))
    operator = np.hstack([blocks, blocks @ shares])
    operator[:, 1:], cost[1:] = operator[:, order], cost[order]
    operator[:, 0] = np.eye(10)[np.triu_indices(10)]
    return SDP(cost, sp.csr_matrix(np.eye(43)[:1]), np.ones(1), sp.csr_matrix(operator), (10,))


def test_dependent_moments_are_those_that_the_general_way_leaves_out(rng):
    for _ in range(10):
        small = make_scaled_rows(prepare(with_dependent_moments(rng, 0.0)))
        matrix = small.folded.normal_matrix()
        general = settle(small, matrix)
        kept, factor = small.folded.independent(matrix, small.gradient)
        assert kept.size == 30 and (kept == general.program.elimination.kept).all()
        assert is_factor(factor, matrix[np.ix_(kept, kept)])


def is_factor(factor, matrix):
    lower, whole = np.tril(factor), np.tril(matrix) + np.tril(matrix, -1).T
    return np.allclose(lower @ lower.T, whole, rtol=0, atol=1e-13 * np.abs(whole).max())


@pytest.mark.parametrize("name", BALANCED)
def test_without_dependent_moments_all_are_kept(name, rng):
    small = make_scaled_rows(prepare(PROGRAMS[name](rng)))
    matrix = small.folded.normal_matrix()
    kept, factor = small.folded.independent(matrix, small.gradient)
    assert kept is None and settle(small, matrix).program is small and is_factor(factor, matrix)


def test_a_direction_that_changes_the_objective_alone_is_left_to_the_general_way(rng):
    small = make_scaled_rows(prepare(with_dependent_moments(rng, 1.0)))
    matrix = small.folded.normal_matrix()
    assert small.folded.independent(matrix, small.gradient) is None
    assert settle(small, matrix).ray is not None


@pytest.mark.parametrize("name", BALANCED)
def test_the_iteration_begins_where_the_general_way_does(name, rng):
    prepared = prepare(PROGRAMS[name](rng))
    points = []
    for started in (compiled_start.make_start(prepared, None), numpy_start.make_start(make_scaled(prepared))):
        begin(started.core, 2.0)
        points.append(started.core.iterate())
    for one, two in zip(*points, strict=True):
        assert np.allclose(one, two, rtol=1e-6)
    free, _, _, tau, _ = points[0]
    assert not free.any() and tau == 1.0


def test_sums_that_are_rounding_alone_are_no_entries():
    """A moment that equalities take out of a block is not seen there."""
    equalities = sp.csr_matrix([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, -0.1, -0.2]])
    operator = sp.csr_matrix([[1.0, 0.0, 0.0, 0.0], [0.0, 3.0, -0.3, -0.6], [1.0, 0.0, 0.0, 1.0]])
    small = make_scaled_rows(prepare(SDP(np.ones(4), equalities, np.array([1.0, 0.0]), operator, (2,))))
    assert np.diff(small.over.indptr).tolist() == [0, 0, 1]


@pytest.mark.parametrize("name", PROGRAMS)
def test_effects_are_the_largest_entries(name, rng):
    small = make_scaled_rows(prepare(PROGRAMS[name](rng)))
    rays = rng.standard_normal((small.over.shape[1], 3))
    assert np.allclose(small.effect(rays), np.abs(small.directions(rays)).max(axis=0), rtol=1e-12)
