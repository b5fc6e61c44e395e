"""Every solver keeps the same contract: bounds, duals, rays, limits, options, and a clean standard output."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME

import momentsos as ms
from momentsos.errors import BadOption, ProblemTooLarge, SolverFailed, SolverUnavailable
from momentsos.sdp import SDP, SDPSolution, SDPStatus, lower_by_columns, smat
from momentsos.sdp.svec import svec_weights
from momentsos.solvers import SolverOptions, available_solvers, solver_named
from momentsos.solvers.cvxpy import to_cvxpy
from momentsos.solvers.isolation import solve_isolated
from momentsos.solvers.registry import SOLVERS

#: What the package registries serve has to be there; `csdp` too where continuous integration can install it.
REQUIRED = {"native", "clarabel", "scs", "sdpa", "cvxopt", "copt", "cvxpy"}
if os.environ.get("CI") and shutil.which("apt-get"):
    REQUIRED.add("csdp")

#: Relaxations that are tight, with and without equalities, with blocks of size 1 and without.
BOUNDED = [
    "booth",
    "six_hump_camel",
    "linear_program",
    "nearest_in_annulus",
    "trust_region_3",
    "quadratic_on_simplex",
    "product_on_sphere",
    "max_cut_5_cycle",
    "knapsack_4",
    "hock_schittkowski_71",
    "motzkin_on_ball",
]
INFEASIBLE = [
    "infeasible_half_lines",
    "infeasible_circle_and_line",
    "infeasible_parity",
    "infeasible_below_motzkin",
]
UNBOUNDED = ["unbounded_saddle", "unbounded_cubic"]
QUIET = SolverOptions(threads=1)


def program(name: str) -> SDP:
    case = BY_NAME[name]
    return ms.relax(case.problem(), order=case.order).sdp


def large_program(size: int) -> SDP:
    """Least value of a random linear function over correlation matrices, every entry a moment of its own."""
    rows = size * (size + 1) // 2
    diagonal = [i * (i + 1) // 2 + i for i in range(size)]
    fixed = sp.csr_matrix((np.ones(size), (range(size), diagonal)), shape=(size, rows))
    cost = np.random.default_rng(0).standard_normal(rows)
    return SDP(cost, fixed, np.ones(size), sp.csr_matrix(sp.identity(rows)), (size,))


@pytest.fixture(params=list(SOLVERS))
def solver(request: pytest.FixtureRequest) -> object:
    """Each solver in turn; a required one that is missing fails, another one is skipped with its reason."""
    state = available_solvers()[request.param]
    if not state.available:
        line = f"{request.param}: {state.reason}"
        (pytest.fail if request.param in REQUIRED else pytest.skip)(line)
    return SOLVERS[request.param]()


@pytest.fixture
def interruption() -> Iterator[Callable[[float], None]]:
    """Call it to be interrupted, as by Ctrl-C, so many seconds later."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def solve(solver, sdp: SDP, options: SolverOptions = QUIET) -> SDPSolution:
    """Solve; breaking off with our error counts as an answer without vectors."""
    try:
        return solver.solve(sdp, options)
    except SolverFailed as error:
        return SDPSolution(SDPStatus.FAILED, str(error))


def test_only_what_no_registry_serves_is_missing() -> None:
    missing = {name: state.reason for name, state in available_solvers().items() if not state.available}
    assert not REQUIRED & set(missing), missing
    if missing:
        why = "; ".join(f"{name}: {reason}" for name, reason in missing.items())
        pytest.skip(f"{len(missing)} of {len(SOLVERS)} solvers take no part: {why}")


@pytest.mark.parametrize("name", BOUNDED)
def test_bounds_and_residuals(solver, name) -> None:
    sdp, optimum = program(name), BY_NAME[name].optimum
    answer = solver.solve(sdp, QUIET)
    tolerance = 10 * solver.accuracy
    assert answer.status in (SDPStatus.OPTIMAL, SDPStatus.INACCURATE), answer.native_status
    assert answer.residuals.worst <= tolerance
    for value in (answer.residuals.primal_objective, answer.residuals.dual_objective):
        assert abs(value - optimum) <= max(tolerance, 1e-6) * (1 + abs(optimum))


@pytest.mark.parametrize("name", ["quadratic_on_simplex", "product_on_sphere", "linear_program"])
def test_the_vectors_are_a_primal_dual_pair(solver, name) -> None:
    """Checked without the package's own residuals: signs, triangle order and √2 of every adapter."""
    sdp = program(name)
    answer = solver.solve(sdp, QUIET)
    rows = sdp.operator @ answer.moments
    tolerance = 100 * solver.accuracy * (1 + np.abs(rows).max() + np.abs(sdp.cost).max())
    assert np.abs(sdp.equalities @ answer.moments - sdp.right_side).max() <= tolerance
    gradient = sdp.equalities.T @ answer.equality_duals + sdp.operator.T @ answer.gram
    assert np.abs(gradient - sdp.cost).max() <= tolerance
    for block, dual in zip(sdp.split(rows), sdp.split(answer.gram), strict=True):
        assert np.linalg.eigvalsh(smat(block)).min() >= -tolerance
        assert np.linalg.eigvalsh(smat(dual)).min() >= -tolerance
        assert abs(block @ dual) <= tolerance


def test_gram_matrices_mean_the_same(solver) -> None:
    """The dual of this program is unique: a multiplier of the sphere's equality and one Gram matrix."""
    sdp = program("least_eigenvalue_4")
    expected = SOLVERS["clarabel"]().solve(sdp, QUIET)
    answer = solver.solve(sdp, QUIET)
    assert np.abs(answer.gram - expected.gram).max() <= 1e3 * max(solver.accuracy, 1e-7)
    assert np.abs(answer.equality_duals - expected.equality_duals).max() <= 1e3 * max(solver.accuracy, 1e-7)


@pytest.mark.parametrize("name", INFEASIBLE)
def test_an_infeasible_program_is_proved_or_not_claimed(solver, name) -> None:
    sdp = program(name)
    answer = solve(solver, sdp)
    assert answer.status is not SDPStatus.OPTIMAL
    assert answer.primal_ray is None
    assert (answer.status is SDPStatus.PRIMAL_INFEASIBLE) == (answer.dual_ray is not None)
    if answer.dual_ray is not None:
        ray = answer.dual_ray
        assert sdp.right_side @ ray.equality_duals == pytest.approx(1)
        assert np.abs(sdp.equalities.T @ ray.equality_duals + sdp.operator.T @ ray.gram).max() <= 1e-6
        assert min(np.linalg.eigvalsh(smat(block)).min() for block in sdp.split(ray.gram)) >= -1e-6


@pytest.mark.parametrize("name", UNBOUNDED)
def test_an_unbounded_program_is_proved_or_not_claimed(solver, name) -> None:
    sdp = program(name)
    answer = solve(solver, sdp)
    assert answer.status is not SDPStatus.OPTIMAL
    assert answer.dual_ray is None
    assert (answer.status is SDPStatus.DUAL_INFEASIBLE) == (answer.primal_ray is not None)
    if answer.primal_ray is not None:
        moments = answer.primal_ray.moments
        size = 1 + np.abs(sdp.operator @ moments).max()
        assert sdp.cost @ moments == pytest.approx(-1)
        assert np.abs(sdp.equalities @ moments).max() <= 1e-6 * size
        assert min(np.linalg.eigvalsh(smat(b)).min() for b in sdp.split(sdp.operator @ moments)) >= -1e-6 * size


def test_an_unknown_option_is_refused_by_name(solver) -> None:
    with pytest.raises(BadOption, match="no_such_option"):
        solver.solve(large_program(12), SolverOptions(native={"no_such_option": 1}))


def test_an_iteration_limit_is_kept(solver) -> None:
    answer = solve(solver, program("hock_schittkowski_71"), SolverOptions(max_iterations=2, threads=1))
    assert answer.status is not SDPStatus.OPTIMAL
    assert answer.iterations <= 2


def test_a_time_limit_is_kept(solver) -> None:
    sdp = large_program(30)
    started = time.perf_counter()
    answer = solve(solver, sdp, SolverOptions(time_limit=0.02, threads=1))
    assert time.perf_counter() - started <= 10
    stopped = answer.status in (
        SDPStatus.LIMIT,
        SDPStatus.INACCURATE,
    )  # a first-order solver's is "inaccurate"
    assert stopped or answer.residuals.worst <= 10 * solver.accuracy


def test_an_interruption_reaches_the_caller(solver, interruption) -> None:
    """Solvers in C see it when they return; none may swallow it or leave standard output turned away."""
    sdp = large_program(40)
    before = os.fstat(1)
    interruption(0.05)
    with pytest.raises(KeyboardInterrupt):
        for _ in range(200):
            solver.solve(sdp, QUIET)
    assert os.path.samestat(before, os.fstat(1))


def test_a_program_that_does_not_fit_is_refused_before_the_solve(solver, monkeypatch) -> None:
    monkeypatch.setattr("momentsos.solvers.base.available_bytes", lambda: 10_000)
    with pytest.raises(ProblemTooLarge) as caught:
        solver.solve(large_program(12), QUIET)
    assert caught.value.estimated_bytes > caught.value.limit_bytes


def test_standard_output_stays_clean(solver, capfd) -> None:
    for name in ("quadratic_on_simplex", "infeasible_half_lines"):
        solve(solver, program(name))
    assert capfd.readouterr().out == ""


def test_equalities_that_leave_nothing_to_do(solver) -> None:
    """Fixed moments, feasible and not: some solvers break off on programs without unknowns."""
    for value, feasible in ((0.5, True), (2.0, False)):
        operator = sp.csr_matrix(np.array([[1.0, 0.0], [0.0, 2**0.5], [1.0, 0.0]]))
        sdp = SDP(np.array([0.0, 3.0]), sp.csr_matrix(np.eye(2)), np.array([1.0, value]), operator, (2,))
        answer = solve(solver, sdp)
        if feasible and answer.status is SDPStatus.OPTIMAL:
            assert answer.residuals.dual_objective == pytest.approx(3 * value, abs=1e-4)
        elif not feasible:
            assert answer.status is not SDPStatus.OPTIMAL


def test_redundant_equalities_do_no_harm(solver) -> None:
    sdp = program("quadratic_on_simplex")
    twice = sp.csr_matrix(sp.vstack([sdp.equalities, 2 * sdp.equalities[:2], 0 * sdp.equalities[:1]]))
    right = np.concatenate([sdp.right_side, 2 * sdp.right_side[:2], [0.0]])
    answer = solver.solve(SDP(sdp.cost, twice, right, sdp.operator, sdp.sizes), QUIET)
    optimum = BY_NAME["quadratic_on_simplex"].optimum
    assert answer.residuals.dual_objective == pytest.approx(optimum, abs=max(10 * solver.accuracy, 1e-6))


def test_an_equality_without_unknowns_is_seen(solver) -> None:
    sdp = program("booth")
    nothing = sp.csr_matrix(sp.vstack([sdp.equalities, 0 * sdp.equalities]))
    answer = solve(solver, SDP(sdp.cost, nothing, np.array([1.0, 1.0]), sdp.operator, sdp.sizes))
    assert answer.status is not SDPStatus.OPTIMAL


def test_mosek_gets_the_whole_task_and_stops_at_the_licence() -> None:
    """Another solver's answer, put into the task, is primal and dual feasible for it with the same values."""
    mosek = pytest.importorskip("mosek")
    from momentsos.solvers.mosek import fill_task, read_solution

    sdp = program("hock_schittkowski_71")
    known = SOLVERS["cvxopt"]().solve(sdp, QUIET)
    with mosek.Env() as environment, environment.Task() as task:
        fill_task(mosek, task, sdp)
        which, n, p = mosek.soltype.itr, sdp.n_moments, sdp.right_side.size
        keys, none = ([mosek.stakey.fix] * n, [mosek.stakey.supbas] * p), np.zeros(p)
        y = known.moments
        bounds = np.maximum(y, 0), np.maximum(-y, 0), none, none, none
        task.putsolution(which, *keys, None, sdp.cost, known.equality_duals, y, *bounds)
        rows = sdp.operator @ y
        for j, size in enumerate(sdp.sizes):
            part, order = slice(*sdp.offsets[j : j + 2]), lower_by_columns(size)
            task.putbarxj(which, j, (known.gram[part] / svec_weights(size))[order])
            task.putbarsj(which, j, -(rows[part] / svec_weights(size))[order])
        blocks = list(range(len(sdp.sizes)))
        assert max(task.getpviolcon(which, list(range(n)))) <= 1e-6
        assert max(task.getdviolvar(which, list(range(p)))) <= 1e-6
        assert max(task.getdviolbarvar(which, blocks)) <= 1e-6
        assert task.getprimalobj(which) == pytest.approx(known.residuals.dual_objective)
        assert task.getdualobj(which) == pytest.approx(known.residuals.primal_objective)
        for ours, theirs in zip(
            (known.moments, known.equality_duals, known.gram), read_solution(mosek, task, sdp), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, atol=1e-12)
    state = available_solvers()["mosek"]
    if state.available:
        pytest.skip("a licence was found: the other tests of this file solve with it")
    with pytest.raises(SolverUnavailable, match="academic"):
        SOLVERS["mosek"]().solve(sdp, QUIET)
    with pytest.raises(SolverUnavailable, match="no licence found"):
        solver_named("mosek")
    with pytest.raises(BadOption, match="MSK_NONSENSE"):
        SOLVERS["mosek"]().solve(sdp, SolverOptions(native={"MSK_NONSENSE": 1}))


def test_copt_says_how_to_get_a_licence_for_a_large_program() -> None:
    if any(
        Path(folder, "license.dat").exists()
        for folder in (os.environ.get("COPT_LICENSE_DIR", ""), Path.home() / "copt")
    ):
        pytest.skip("a licence was found")
    with pytest.raises(SolverUnavailable, match="shanshu"):
        SOLVERS["copt"]().solve(large_program(64), QUIET)


@pytest.mark.parametrize("reached", ["SCS", "CVXOPT", "SDPA"])
def test_cvxpy_reaches_other_solvers(reached) -> None:
    sdp = program("quadratic_on_simplex")
    answer = SOLVERS["cvxpy"]().solve(sdp, SolverOptions(native={"solver": reached}))
    assert reached in answer.solver
    assert answer.residuals.worst <= 1e-5


def test_cvxpy_refuses_what_it_cannot_do() -> None:
    sdp = program("booth")
    for native, error in (("NONE", SolverUnavailable), ("HIGHS", SolverFailed)):
        with pytest.raises(error, match=native):
            SOLVERS["cvxpy"]().solve(sdp, SolverOptions(native={"solver": native}))
    with pytest.raises(BadOption, match="time_limit"):
        SOLVERS["cvxpy"]().solve(sdp, SolverOptions(time_limit=1.0, native={"solver": "CVXOPT"}))
    if not available_solvers()["mosek"].available:
        with pytest.raises(SolverUnavailable, match="MOSEK"):
            SOLVERS["cvxpy"]().solve(sdp, SolverOptions(native={"solver": "MOSEK"}))


def test_to_cvxpy_takes_constraints_of_ones_own() -> None:
    import cvxpy

    sdp = program("nearest_in_annulus")
    problem, moments = to_cvxpy(sdp)
    value = problem.solve(solver="CLARABEL")
    assert value == pytest.approx(BY_NAME["nearest_in_annulus"].optimum, abs=1e-6)
    tighter = cvxpy.Problem(problem.objective, [*problem.constraints, sdp.cost @ moments >= value + 1])
    assert tighter.solve(solver="CLARABEL") == pytest.approx(value + 1, abs=1e-6)


class TestIsolation:
    """What happens in the child costs the solve and nothing else."""

    endless = SolverOptions(max_iterations=2_000_000_000, native={"eps_abs": 0.0, "eps_rel": 0.0})

    def test_the_answer_is_that_of_the_solver(self) -> None:
        sdp = program("quadratic_on_simplex")
        here, there = solver_named("clarabel").solve(sdp, QUIET), solve_isolated("clarabel", sdp, QUIET)
        np.testing.assert_array_equal(here.gram, there.gram)
        assert (here.status, here.residuals, here.solver) == (there.status, there.residuals, there.solver)

    def test_errors_come_back_as_they_are(self) -> None:
        with pytest.raises(BadOption, match="no option 'x'"):
            solve_isolated("clarabel", program("booth"), SolverOptions(native={"x": 1}))
        with pytest.raises(BadOption, match="memory_limit"):
            solve_isolated("clarabel", program("booth"), QUIET, memory_limit=0)

    def test_memory(self) -> None:
        with pytest.raises(SolverFailed, match=r"SIGABRT.*out of memory"):
            solve_isolated("clarabel", large_program(70), QUIET, memory_limit=50_000_000)

    def test_time(self) -> None:
        answer = solve_isolated("scs", program("booth"), self.endless, time_limit=0.5)
        assert answer.status is SDPStatus.LIMIT
        assert answer.moments is None

    def test_an_exit_of_the_process(self) -> None:
        """With this start SDPA loses its way and calls `exit`."""
        options = SolverOptions(native={"lambdaStar": 1e-6})
        with pytest.raises(SolverFailed, match="exit code 0 and no answer"):
            solve_isolated("sdpa", program("nearest_in_annulus"), options)

    def test_an_interruption_ends_the_child(self, interruption) -> None:
        interruption(2.0)
        with pytest.raises(KeyboardInterrupt):
            solve_isolated("scs", program("booth"), self.endless)
        children = Path(f"/proc/self/task/{os.getpid()}/children")
        left = children.read_text().split() if children.exists() else []
        commands = [Path(f"/proc/{child}/cmdline").read_text() for child in left]
        assert not [command for command in commands if "answer_parent" in command], commands
