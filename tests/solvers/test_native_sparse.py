"""Sparse and dense ways of the native solver agree: elimination, order, factor, answers."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from solvers.compiled import needs_compiled

from momentsos.errors import ProblemTooLarge
from momentsos.machine.compiled import without_compiled
from momentsos.polynomials import monomial_basis
from momentsos.sdp import SDP, SDPStatus, check_dual_ray, svec_index
from momentsos.sdp.svec import svec_weights
from momentsos.solvers import SolverOptions, contract, solver_named
from momentsos.solvers.native import runs
from momentsos.solvers.native.core.numpy import scaled as native_program
from momentsos.solvers.native.core.numpy.blocks import factor_blocks, invert, product
from momentsos.solvers.native.core.numpy.scaled import make_scaled
from momentsos.solvers.native.core.numpy.sparse_schur import SparseSchur
from momentsos.solvers.native.prepare import scaled as native_scaled
from momentsos.solvers.native.prepare.elimination import eliminate_densely
from momentsos.solvers.native.prepare.estimates import memory_bytes, peak_bytes
from momentsos.solvers.native.prepare.local_elimination import eliminate_locally
from momentsos.solvers.native.prepare.scaled import prepare

TOLERANCE = 1e-8


def chain(length):
    return [(i, i + 1, i + 2) for i in range(length - 2)]


def tree(length, rng):
    cliques = [(0, 1, 2), (1, 2, 3)]
    for new in range(4, length):
        old = cliques[int(rng.integers(len(cliques)))]
        cliques.append((*rng.choice(old, 2, replace=False).tolist(), new))
    return cliques


def of_cliques(cliques, rng, spheres=()):
    """Random convex quartics on cliques of three variables, order 2; an equality `|x|² = 3` on each of `spheres`."""
    numbers = {(): 0}

    def moments(clique, exponents):
        keys = (tuple(sorted((v, e) for v, e in zip(clique, row, strict=True) if e)) for row in exponents)
        return [numbers.setdefault(key, len(numbers)) for key in keys]

    basis = monomial_basis(3, 2)
    row, column = svec_index(len(basis))
    columns, cost, equalities = [], [], []
    for clique in cliques:
        columns += moments(clique, (basis[row] + basis[column]).tolist())
        fourth = 4 * np.eye(3, dtype=int)
        cost += list(zip(moments(clique, fourth), [1.0, 1.0, 1.0], strict=True))
        cost += list(zip(moments(clique, basis), rng.standard_normal(len(basis)), strict=True))
        if clique in spheres:
            squares = 2 * np.eye(3, dtype=int)
            equalities += [
                (moments(clique, [*(squares + shift).tolist(), shift.tolist()]), [1.0, 1.0, 1.0, -3.0])
                for shift in basis
            ]
    n = len(numbers)
    matrix = sp.lil_matrix((1 + len(equalities), n))
    matrix[0, 0] = 1.0
    for i, (places, values) in enumerate(equalities):
        for place, value in zip(places, values, strict=True):
            matrix[i + 1, place] += value
    values = np.tile(svec_weights(len(basis)), len(cliques))
    operator = sp.csr_matrix((values, columns, np.arange(len(columns) + 1)), shape=(len(columns), n))
    right_side = np.concatenate([[1.0], np.zeros(len(equalities))])
    places, numbers_of_cost = [pair[0] for pair in cost], [pair[1] for pair in cost]
    return SDP(
        np.bincount(places, numbers_of_cost, n),
        sp.csr_matrix(matrix),
        right_side,
        operator,
        (len(basis),) * len(cliques),
    )


def solve(sdp):
    return solver_named("native").solve(sdp, SolverOptions(tol=1e-10, threads=1))


def programs():
    rng = np.random.default_rng(0)
    yield "chain", of_cliques(chain(20), rng)
    yield "tree", of_cliques(tree(20, rng), rng)
    cliques = chain(30)
    yield "chain with equalities", of_cliques(cliques, rng, spheres=cliques[::3])
    cliques = tree(30, rng)
    yield "tree with equalities", of_cliques(cliques, rng, spheres=cliques[::4])


PROGRAMS = dict(programs())


@pytest.mark.parametrize("name", PROGRAMS)
def test_sparse_and_dense_schur_complements_give_the_same_answers(name, monkeypatch):
    sdp = PROGRAMS[name]
    assert isinstance(make_scaled(prepare(sdp)).schur, SparseSchur)
    as_built = solve(sdp)
    with without_compiled():
        sparse = solve(sdp)
    monkeypatch.setattr(native_program, "sparse_ordering", lambda *_: None)
    monkeypatch.setattr(native_scaled, "eliminate", lambda e, d, s: eliminate_densely(e.toarray() * s, d))
    assert not isinstance(make_scaled(prepare(sdp)).schur, SparseSchur)
    with without_compiled():
        dense = solve(sdp)
    for answer in (as_built, sparse, dense):
        assert answer.residuals.worst <= TOLERANCE
        assert answer.residuals.primal_objective == pytest.approx(dense.residuals.primal_objective, rel=TOLERANCE)
    identity = sdp.equalities.T @ sparse.equality_duals + sdp.operator.T @ sparse.gram
    assert np.abs(identity - sdp.cost).max() <= TOLERANCE * (1 + np.abs(sdp.cost).max())


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_sparse_schur_complement_is_the_reduced_dense_one(name, monkeypatch):
    sdp = PROGRAMS[name]
    program = make_scaled(prepare(sdp))
    point = random_point(program.cone, np.random.default_rng(1))
    sparse = program.normal_matrix(*point)
    found = np.zeros(sparse.matrix.shape)
    found[np.ix_(sparse.order, sparse.order)] = sparse.matrix.toarray()
    operator = program.spread @ program.different
    elimination = program.elimination
    reduced = operator[:, : elimination.n_head].toarray()
    if elimination.coupling is not None:
        reduced -= operator[:, elimination.n_head :] @ elimination.coupling.toarray()
    columns = [product(program.cone, point[0], column, point[1]) for column in reduced.T]
    expected = reduced.T @ np.array(columns).T
    assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()


def random_point(cone, rng):
    """`X`, `S⁻¹` and the factors of `X` and `S` at random."""
    both = []
    for _ in range(2):
        flat = np.empty(cone.dimension)
        for group in cone.groups:
            roots = rng.standard_normal((group.count, group.size, group.size))
            group.view(flat)[:] = roots @ roots.swapaxes(1, 2) + np.eye(group.size)
        both.append(flat)
    gram, slack = factor_blocks(cone, *both)
    return both[0], invert(cone, slack), gram, slack


def test_a_long_chain_takes_memory_in_proportion_to_its_length():
    """The estimate for 200 variables, an upper bound of what is taken, is at most 2.5 times that for 100, not four."""
    rng = np.random.default_rng(0)
    short, long = of_cliques(chain(100), rng), of_cliques(chain(200), rng)
    memory = solver_named("native").memory
    assert memory(long) <= 2.5 * memory(short)
    assert memory(long) < 8 * 5 * long.n_moments**2
    answer = solve(long)
    assert answer.status is SDPStatus.OPTIMAL
    assert answer.residuals.worst <= TOLERANCE


@pytest.mark.parametrize("n", [5, 150, 2000])
@pytest.mark.parametrize("sizes", [(), (0, 0)])
def test_programs_without_blocks_are_solved(n, sizes):
    """The first moment is one, and the cost is that moment."""
    first = np.eye(1, n)
    answer = solve(SDP(first[0], sp.csr_matrix(first), np.ones(1), sp.csr_matrix((0, n)), sizes))
    assert answer.status is SDPStatus.OPTIMAL and answer.residuals.primal_objective == 1.0


def test_the_way_through_numpy_is_refused_where_its_own_estimate_is_too_large(monkeypatch):
    """Also where the compiled way, which takes less, is not taken because of the log."""
    needs_compiled()
    sdp = of_cliques(chain(40), np.random.default_rng(0))
    free = (memory_bytes(sdp) + peak_bytes(sdp)) // 2
    monkeypatch.setattr(contract, "fitting_bytes", lambda estimate: free)
    with pytest.raises(ProblemTooLarge):
        solver_named("native").solve(sdp, SolverOptions(verbose=True))


def test_contradictions_are_found_before_anything_is_laid_out(monkeypatch):
    sdp = of_cliques(chain(40), np.random.default_rng(0))
    twice = sp.csr_matrix(sp.vstack([sdp.equalities, sdp.equalities[:1]]))
    right = np.append(sdp.right_side, sdp.right_side[0] + 1.0)
    monkeypatch.setattr(runs, "make_scaled", None)
    answer = solve(SDP(sdp.cost, twice, right, sdp.operator, sdp.sizes))
    assert answer.status is SDPStatus.PRIMAL_INFEASIBLE and answer.dual_ray is not None


def test_moments_that_depend_on_others_are_left_out_of_sparse_programs():
    """A copy of a moment has the effect of the moment, and the same cost."""
    sdp = of_cliques(chain(20), np.random.default_rng(2))
    copies = np.arange(3, sdp.n_moments, 40)
    doubled = SDP(
        np.concatenate([sdp.cost, sdp.cost[copies]]),
        sp.csr_matrix(sp.hstack([sdp.equalities, sdp.equalities[:, copies]])),
        sdp.right_side,
        sp.csr_matrix(sp.hstack([sdp.operator, sdp.operator[:, copies]])),
        sdp.sizes,
    )
    assert isinstance(make_scaled(prepare(doubled)).schur, SparseSchur)
    first, second = solve(sdp), solve(doubled)
    assert second.residuals.worst <= TOLERANCE
    assert second.residuals.primal_objective == pytest.approx(first.residuals.primal_objective, rel=TOLERANCE)


def test_a_sparse_program_without_a_bound_is_recognised():
    sdp = of_cliques(chain(20), np.random.default_rng(3))
    cost = -sdp.cost
    answer = solve(SDP(cost, sdp.equalities, sdp.right_side, sdp.operator, sdp.sizes))
    assert answer.status is SDPStatus.DUAL_INFEASIBLE and answer.primal_ray is not None


def equalities_of(kind, rng, n=500):
    """Many equalities with few terms, and a right side for which they hold at a random point."""
    rows = []
    if kind == "fixed":  # y_0 = 1, y_2 = y_0, y_4 = y_2 and so on: one leads to the next
        rows = [{0: 1.0}] + [{i: 1.0, i - 2: -1.0} for i in range(2, 100, 2)]
    elif kind == "own":  # each has a moment of its own
        rows = [{i: 2.0, 200 + i: -1.0, 201 + i: 0.5} for i in range(100)]
    elif kind == "components":  # squares without zeros: no moment of its own, none alone
        for first in range(0, 120, 8):
            rows += [dict(enumerate(rng.standard_normal(6), first)) for _ in range(5)]
    elif kind == "all":
        rows = [row for part in ("fixed", "own", "components") for row in equalities_rows(part, rng)]
    matrix = sp.lil_matrix((len(rows), n))
    for i, row in enumerate(rows):
        for column, value in row.items():
            matrix[i, column] = value
    matrix = sp.csr_matrix(matrix)
    return matrix, matrix @ rng.standard_normal(n)


def equalities_rows(kind, rng):
    matrix, _ = equalities_of(kind, rng)
    return [dict(zip(*pair, strict=True)) for pair in ((r.indices.tolist(), r.data.tolist()) for r in matrix)]


KINDS = ("fixed", "own", "components", "all")


@pytest.mark.parametrize(("kind", "redundant"), list(itertools.product(KINDS, (False, True))))
def test_local_elimination_describes_the_same_affine_space(kind, redundant):
    rng = np.random.default_rng(4)
    matrix, right = equalities_of(kind, rng)
    if redundant:
        matrix = sp.csr_matrix(sp.vstack([matrix, 2 * matrix[::3], matrix[:1] + matrix[-1:]]))
        right = np.concatenate([right, 2 * right[::3], right[:1] + right[-1:]])
    local, dense = eliminate_locally(matrix, right), eliminate_densely(matrix.toarray(), right)
    assert local is not None and local.contradiction is None
    assert local.n_head == dense.n_head
    back = np.argsort(local.order)
    point = local.offset[back]
    assert np.abs(matrix @ point - right).max() <= 1e-10
    direction = local.extend(rng.standard_normal(local.n_free))[back]
    assert np.abs(matrix @ direction).max() <= 1e-10
    gradient = rng.standard_normal(matrix.shape[0])
    pivots = (matrix.T @ gradient)[local.order][local.n_head :]
    multipliers = local.multiplier @ pivots
    assert np.abs(matrix.T @ (multipliers - gradient)).max() <= 1e-10


@pytest.mark.parametrize(("kind", "redundant"), list(itertools.product(KINDS, (False, True))))
def test_compiled_substitution_is_that_of_scipy(kind, redundant):
    needs_compiled()
    rng = np.random.default_rng(8)
    matrix, right = equalities_of(kind, rng)
    if redundant:
        matrix = sp.csr_matrix(sp.vstack([matrix, 2 * matrix[::3]]))
        right = np.concatenate([right, 2 * right[::3]])
    quick = eliminate_locally(matrix, right)
    with without_compiled():
        slow = eliminate_locally(matrix, right)
    assert np.array_equal(quick.order, slow.order) and np.allclose(quick.offset, slow.offset, rtol=1e-12, atol=1e-12)
    assert (quick.coupling is None) == (slow.coupling is None)
    if quick.coupling is not None:
        assert np.allclose(quick.coupling.toarray(), slow.coupling.toarray(), rtol=1e-12, atol=1e-12)
        assert quick.coupling.nnz == slow.coupling.nnz
    gradient = rng.standard_normal(matrix.shape[1] - quick.n_head)
    assert np.allclose(quick.multiplier @ gradient, slow.multiplier @ gradient, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_local_elimination_finds_contradictions(kind):
    rng = np.random.default_rng(5)
    matrix, right = equalities_of(kind, rng)
    row = np.flatnonzero(np.diff(matrix.indptr) > 0)[-1]
    matrix = sp.csr_matrix(sp.vstack([matrix, matrix[row], matrix[:1] + matrix[row]]))
    right = np.concatenate([right, right[row : row + 1], right[:1] + right[row] + 1.0])
    local = eliminate_locally(matrix, right)
    assert local is not None
    none = SDP(np.zeros(matrix.shape[1]), matrix, right, sp.csr_matrix((0, matrix.shape[1])), ())
    assert check_dual_ray(none, local.contradiction, np.zeros(0)) is not None


def test_orthogonal_equalities_with_unknowns_in_common_are_eliminated_together():
    """The rows (1, 1) and (1, -1) have the product zero; each unknown is solved for once all the same."""
    pair = np.array([[1.0, 1.0], [1.0, -1.0]])
    matrix = sp.csr_matrix(sp.block_diag([pair] * 60))
    right = np.random.default_rng(6).standard_normal(120)
    local = eliminate_locally(matrix, right, least=100)
    assert local is not None and local.n_head == 0 and len(set(local.order.tolist())) == 120
    assert np.abs(matrix @ local.offset[np.argsort(local.order)] - right).max() <= 1e-12


def test_local_equalities_that_imply_each_other_leave_no_rounding_behind():
    """In units from 1e-3 to 1e3, with moments in no block: an effect of 1e-16 is none, or the moment runs away."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        n, count, size = 300, 100, 4
        length = size * (size + 1) // 2
        row, column = svec_index(size)
        moments = np.append(rng.standard_normal(n), 1.0)
        operators, grams = [], []
        for _ in range(20):
            points = [root @ root.T + 0.5 * np.eye(size) for root in rng.standard_normal((2, size, size))]
            slack, gram = (point[row, column] * svec_weights(size) for point in points)
            operator = np.zeros((length, n + 1))
            chosen = rng.choice(n, 8, replace=False)
            operator[:, chosen] = rng.standard_normal((length, 8)) * (rng.random((length, 8)) < 0.5)
            operator[:, n] = slack - operator[:, :n] @ moments[:n]
            operators.append(operator)
            grams.append(gram)
        equalities = np.zeros((count + 1, n + 1))
        equalities[0, n] = 1.0
        for i in range(1, count + 1):
            equalities[i, rng.choice(n, 3, replace=False)] = rng.standard_normal(3)
        equalities[4::7] = equalities[3:-1:7] + equalities[2:-2:7]
        equalities[1:] *= 10.0 ** rng.uniform(-3, 3, (count, 1))
        operator = np.concatenate(operators)
        cost = operator.T @ np.concatenate(grams) + equalities.T @ rng.standard_normal(count + 1)
        program = SDP(
            cost, sp.csr_matrix(equalities), equalities @ moments, sp.csr_matrix(operator), (size,) * len(operators)
        )
        answer = solve(program)
        assert answer.status is SDPStatus.OPTIMAL and answer.residuals.worst <= TOLERANCE
