"""Small programs in compiled code: the same answers as in NumPy, and the same limits."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME
from solvers.compiled import needs_compiled
from solvers.test_native import FAMILIES, feasible, infeasible, unbounded

from momentsos import relax
from momentsos.machine.compiled import without_compiled
from momentsos.sdp import SDP, SDPStatus
from momentsos.solvers import SolverOptions
from momentsos.solvers.native import NativeSolver, adapter, path, rays, rules, runs
from momentsos.solvers.native.core.compiled import start
from momentsos.solvers.native.core.compiled.scaled import make_scaled
from momentsos.solvers.native.core.numpy import blocks as cone
from momentsos.solvers.native.prepare.choice import fits_densely
from momentsos.solvers.native.prepare.cone import make_cone
from momentsos.solvers.native.prepare.ordering import distinct_supports, order_moments
from momentsos.solvers.native.prepare.scaled import prepare

needs_compiled()
from momentsos.solvers.native.core.compiled import kernels  # noqa: E402

#: Blocks on both sides of the sizes where the kernels go from loops to BLAS, one of each, and several that are taken
#: side by side: a few, whole vectors of them, and some more.
KERNELS = {
    "kernels": {"sizes": (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 16, 17, 25), "n": 40},
    "side by side": {"sizes": (1,) * 4 + (2,) * 8 + (3,) * 10 + (7,) * 3 + (16,) * 2 + (24,) * 4 + (25,) * 3, "n": 40},
}


def solve(sdp, **options):
    return NativeSolver().solve(sdp, SolverOptions(tol=1e-9, **options))


def relaxation(name):
    return relax(BY_NAME[name].problem(), BY_NAME[name].order, method="dense").sdp


@pytest.fixture
def compiled_only(monkeypatch):
    """Fail where the general way is taken."""

    def refuse(*_args, **_options):
        raise AssertionError("left to the general way")

    monkeypatch.setattr(runs, "run_in_numpy", refuse)
    monkeypatch.setattr(adapter, "run_in_numpy", refuse)


@pytest.mark.parametrize("family", FAMILIES | KERNELS)
def test_the_answers_are_those_of_numpy(family):
    for seed in range(5):
        sdp, _ = feasible(1000 + seed, **(FAMILIES | KERNELS)[family])
        quick = solve(sdp)
        with without_compiled():
            slow = solve(sdp)
        assert quick.status is slow.status is SDPStatus.OPTIMAL
        scale = 1 + abs(slow.residuals.primal_objective)
        assert abs(quick.residuals.primal_objective - slow.residuals.primal_objective) <= 1e-8 * scale
        assert max(quick.residuals.worst, slow.residuals.worst) <= 1e-8


@pytest.mark.usefixtures("compiled_only")
@pytest.mark.parametrize("family", FAMILIES | KERNELS)
def test_ordinary_programs_are_not_left_to_the_general_way(family):
    for seed in range(5):
        assert solve(feasible(1000 + seed, **(FAMILIES | KERNELS)[family])[0]).status is SDPStatus.OPTIMAL


@pytest.mark.usefixtures("compiled_only")
@pytest.mark.parametrize("name", ["himmelblau", "max_cut_5_cycle", "motzkin_on_ball"])
def test_programs_whose_schur_complement_becomes_singular(name):
    """Of a convex combination of minimisers, or not strictly complementary: its square root is factored at the end."""
    answer = solve(relaxation(name))
    assert answer.status is SDPStatus.OPTIMAL and answer.residuals.worst <= 1e-8


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 10, 11, 20, 30])
def test_longest_steps_are_those_of_numpy(size, rng):
    steps = make_cone((size,) * 7)
    root, change = rng.standard_normal((2, 7, size, size))
    (factor,) = cone.factor_blocks(steps, (root @ root.swapaxes(1, 2) + 0.1 * np.eye(size)).ravel())
    for direction in ((change + change.swapaxes(1, 2)).ravel(), (change @ change.swapaxes(1, 2)).ravel()):
        quick = cone.longest_step(steps, (factor, direction), (factor, 0.5 * direction))
        with without_compiled():
            exact = cone.longest_step(steps, (factor, direction), (factor, 0.5 * direction))
        assert quick == exact or (1 - 1.001e-4) * exact <= quick <= (1 + 1e-12) * exact


@pytest.mark.parametrize("size", [2, 3, 7, 8, 9, 16, 17, 40, 84])
@pytest.mark.parametrize("spread", [0, 4, 8])
def test_smallest_eigenvalues_of_graded_and_of_degenerate_matrices(size, spread, rng):
    vectors, _ = np.linalg.qr(rng.standard_normal((size, size)))
    graded = vectors * (-(10.0 ** -np.linspace(0, spread, size))) @ vectors.T
    multiple = vectors * np.where(np.arange(size) < 2, -1.0, 1.0) @ vectors.T
    diagonal = np.diag(-(10.0 ** np.linspace(-spread, spread, size)))
    unit = np.eye(size)[None]
    for matrix in (graded, multiple, diagonal, -np.ones((size, size)), 1e-150 * graded, 1e150 * multiple):
        lowest = np.linalg.eigvalsh(matrix)[0]
        found, above = (
            kernels.lowest_eigenvalue(unit, matrix[None].copy(), bound * lowest, rules.EIGENVALUE_PRECISION)
            for bound in (0.5, 2.0)
        )
        assert -1e-12 * abs(lowest) <= lowest - found <= 1.001e-4 * abs(lowest)  # from below: steps stay inside
        assert above == 2.0 * lowest


@pytest.mark.usefixtures("compiled_only")
@pytest.mark.parametrize("singular", [False, True])
@pytest.mark.parametrize("make", [infeasible, unbounded])
def test_rays_are_found_in_compiled_code(make, singular):
    for seed in range(10):
        answer = solve(make(seed, singular))
        assert (answer.dual_ray or answer.primal_ray) is not None, seed


@pytest.mark.usefixtures("compiled_only")
def test_what_is_no_ray_is_iterated_on(monkeypatch):
    """An iterate that looks like a ray, and is not believed to be one, does not end the run."""
    looks = []
    monkeypatch.setattr(rays, "dual_ray", lambda *_: looks.append(1))
    monkeypatch.setattr(rays, "primal_ray", lambda *_: None)
    answer = solve(infeasible(3, False), max_iterations=8)
    assert len(looks) > 1 and answer.status is SDPStatus.LIMIT and answer.iterations == 8


@pytest.mark.usefixtures("compiled_only")
def test_limits_hold_in_compiled_code():
    sdp, _ = feasible(2)
    answer = solve(sdp, max_iterations=2)
    assert answer.status is SDPStatus.LIMIT and answer.iterations == 2
    assert solve(sdp, time_limit=1e-9).status is SDPStatus.LIMIT


def test_an_exception_between_two_steps_passes_through(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(path, "time", SimpleNamespace(perf_counter=interrupted))
    with pytest.raises(KeyboardInterrupt):
        solve(feasible(2)[0])


@pytest.mark.usefixtures("compiled_only")
def test_compiled_code_gives_the_same_answer_twice():
    sdp, _ = feasible(4)
    assert np.array_equal(solve(sdp).moments, solve(sdp).moments)


def test_a_program_without_unknowns_is_not_for_compiled_code():
    fixed = SDP(np.ones(1), sp.csr_matrix([[1.0]]), np.ones(1), sp.csr_matrix([[1.0]]), (1,))
    assert fits_densely(fixed) and make_scaled(prepare(fixed)) is None


def test_compiled_code_is_for_small_programs_with_a_dense_schur_complement():
    assert fits_densely(feasible(0, sizes=(10,) * 5, n=40)[0])
    assert fits_densely(feasible(0, sizes=(10,) * 45, n=250)[0])
    assert not fits_densely(feasible(0, sizes=(160,), n=20)[0])
    n = 300
    diagonal = sp.csr_matrix(np.eye(n))  # linear: every moment in a block of its own
    assert not fits_densely(SDP(np.ones(n), diagonal[:1], np.ones(1), diagonal, (1,) * n))


def random_clique_program(cliques, size, rng):
    """A block of the given size with random entries over each set of moments, the unit matrix feasible, bounded."""
    length = size * (size + 1) // 2
    n = 1 + max(map(max, cliques))
    rows, unit = [], np.zeros(length)
    column, row = np.tril_indices(size)
    unit[column == row] = 1.0
    for clique in cliques:
        block = np.zeros((length, n + 1))
        block[:, list(clique)] = rng.standard_normal((length, len(clique))) * (rng.random((length, len(clique))) < 0.4)
        block[:, n] = unit
        rows.append(block)
    operator = np.vstack(rows)
    cost = operator.T @ np.tile(unit, len(cliques)) + 0.1 * rng.random(n + 1)
    fixed = np.zeros((1, n + 1))
    fixed[0, n] = 1.0
    return SDP(cost, sp.csr_matrix(fixed), np.ones(1), sp.csr_matrix(operator), (size,) * len(cliques))


def overlapping(count, width, overlap):
    step = width - overlap
    return [tuple(range(step * i, step * i + width)) for i in range(count)]


@pytest.mark.parametrize(
    ("count", "width", "overlap", "size"), [(40, 6, 2, 6), (12, 40, 25, 12), (5, 150, 60, 20), (30, 12, 11, 5)]
)
def test_fronts_solve_the_system_of_the_start(count, width, overlap, size, rng):
    """With fronts of one and of several panels, many of them or few, and a last one that has no rest."""
    sdp = random_clique_program(overlapping(count, width, overlap), size, rng)
    prepared = prepare(sdp)
    small = make_scaled(prepared)
    over = sp.csr_matrix((small.over.data, small.over.indices, small.over.indptr), shape=small.over.shape)
    supports = distinct_supports(over, sdp.offsets, np.inf)
    core = start._start_in_order(small, order_moments(supports, over.shape[1], np.inf)).core
    upper, lower = small.cone.upper, small.cone.lower
    dense = over.toarray() * np.where(upper == lower, 1.0, np.sqrt(2.0))[:, None]
    right = rng.standard_normal(over.shape[1])
    expected = np.linalg.solve(dense.T @ dense, right)
    assert np.allclose(core.solved(right), expected, rtol=1e-8, atol=1e-8 * np.abs(expected).max())


def test_blocks_outside_the_fronts_are_left_to_the_general_way(rng):
    sdp = random_clique_program(overlapping(20, 6, 2), 4, rng)
    small = make_scaled(prepare(sdp))
    alone = [np.array([moment]) for moment in range(small.over.shape[1])]
    assert start._start_in_order(small, order_moments(alone, small.over.shape[1], np.inf)) is None


@pytest.mark.usefixtures("compiled_only")
def test_sparse_programs_are_not_left_to_the_general_way(rng):
    answer = solve(random_clique_program(overlapping(60, 12, 3), 6, rng))
    assert answer.status is SDPStatus.OPTIMAL and answer.residuals.worst <= 1e-9


def test_different_rows_are_found_up_to_their_factor():
    rows = sp.csr_matrix(
        [[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [1.0, 2.1, 0.0], [0.0, 0.0, 0.0], [-0.5, -1.0, 0.0], [0.0, 1.0, 1.0]]
    )
    offsets = np.array([0, 4, 6], dtype=np.intc)
    member, factor, heads, *different = kernels.fold_rows(
        offsets, rows.indptr.astype(np.intc), rows.indices.astype(np.intc), rows.data, rules.SAME
    )
    assert member.tolist() == [0, 0, 1, 0, 2, 3] and factor.tolist() == [1.0, 2.0, 1.0, 0.0, 1.0, 1.0]
    assert heads.tolist() == [0, 2, 4]
    pointers, columns, values = different
    assert pointers.tolist() == [0, 2, 4, 6, 8] and columns.tolist() == [0, 1, 0, 1, 0, 1, 1, 2]
    assert values.tolist() == [1.0, 2.0, 1.0, 2.1, -0.5, -1.0, 1.0, 1.0]
