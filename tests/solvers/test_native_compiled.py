"""Small programs in compiled code: the same answers as in NumPy, and the same limits."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME
from solvers.programs import REQUIRED
from solvers.test_native import FAMILIES, feasible, infeasible, unbounded

from momentsos import relax
from momentsos.sdp import SDP, SDPStatus
from momentsos.solvers import SolverOptions
from momentsos.solvers.native import NativeSolver, adapter, cone
from momentsos.solvers.native.compiled import follow
from momentsos.solvers.native.compiled.small import is_small, make_small
from momentsos.solvers.native.cone import make_cone
from momentsos.solvers.native.program import prepare

if follow.embedding is None and "compiled" not in REQUIRED:
    pytest.skip("the compiled core was not built", allow_module_level=True)

#: Blocks on both sides of the sizes where the kernels go from loops to BLAS, and from rotations to LAPACK.
KERNELS = {"kernels": {"sizes": (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 20), "n": 40}}


def solve(sdp, **options):
    return NativeSolver().solve(sdp, SolverOptions(tol=1e-9, **options))


def relaxation(name):
    return relax(BY_NAME[name].problem(), BY_NAME[name].order, method="dense").sdp


@pytest.fixture
def compiled_only(monkeypatch):
    """Fail where the general way is taken."""

    def refuse(*_args, **_options):
        raise AssertionError("left to the general way")

    monkeypatch.setattr(adapter, "make_program", refuse)


@pytest.mark.parametrize("family", FAMILIES | KERNELS)
def test_the_answers_are_those_of_numpy(family, monkeypatch):
    for seed in range(5):
        sdp, _ = feasible(1000 + seed, **(FAMILIES | KERNELS)[family])
        quick = solve(sdp)
        with monkeypatch.context() as without:
            without.setattr(follow, "embedding", None)
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
def test_longest_steps_are_those_of_numpy(size, rng, monkeypatch):
    steps = make_cone((size,) * 7)
    root, change = rng.standard_normal((2, 7, size, size))
    (factor,) = steps.factor((root @ root.swapaxes(1, 2) + 0.1 * np.eye(size)).ravel())
    for direction in ((change + change.swapaxes(1, 2)).ravel(), (change @ change.swapaxes(1, 2)).ravel()):
        quick = steps.longest_step((factor, direction), (factor, 0.5 * direction))
        with monkeypatch.context() as without:
            without.setattr(cone, "blocks", None)
            assert np.isclose(quick, steps.longest_step((factor, direction), (factor, 0.5 * direction)), rtol=1e-10)


@pytest.mark.parametrize("make", [infeasible, unbounded])
def test_a_ray_in_sight_is_left_to_the_general_way(make, monkeypatch):
    seen = []

    def recording(*arguments, **options):
        seen.append(follow.follow_small(*arguments, **options))
        return seen[-1]

    monkeypatch.setattr(adapter, "follow_small", recording)
    answer = solve(make(3, False))
    assert seen == [None] and (answer.dual_ray or answer.primal_ray) is not None


@pytest.mark.usefixtures("compiled_only")
def test_limits_hold_in_compiled_code():
    sdp, _ = feasible(2)
    answer = solve(sdp, max_iterations=2)
    assert answer.status is SDPStatus.LIMIT and answer.iterations == 2
    assert solve(sdp, time_limit=1e-9).status is SDPStatus.LIMIT


def test_an_exception_passes_through_compiled_code(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(follow.embedding, "time", SimpleNamespace(perf_counter=interrupted))
    with pytest.raises(KeyboardInterrupt):
        solve(feasible(2)[0])


@pytest.mark.usefixtures("compiled_only")
def test_compiled_code_gives_the_same_answer_twice():
    sdp, _ = feasible(4)
    assert np.array_equal(solve(sdp).moments, solve(sdp).moments)


def test_a_program_without_unknowns_is_not_for_compiled_code():
    fixed = SDP(np.ones(1), sp.csr_matrix([[1.0]]), np.ones(1), sp.csr_matrix([[1.0]]), (1,))
    assert is_small(fixed) and make_small(prepare(fixed)) is None


def test_compiled_code_is_for_small_programs_with_a_dense_schur_complement():
    assert is_small(feasible(0, sizes=(10,) * 5, n=40)[0])
    assert is_small(feasible(0, sizes=(10,) * 45, n=250)[0])
    assert not is_small(feasible(0, sizes=(160,), n=20)[0])
    n = 300
    diagonal = sp.csr_matrix(np.eye(n))  # linear: every moment in a block of its own
    assert not is_small(SDP(np.ones(n), diagonal[:1], np.ones(1), diagonal, (1,) * n))
