"""The splitting solver: bounds that hold whenever it ends, starts from known points, honesty where nothing is tight."""

from __future__ import annotations

import signal

import numpy as np
import pytest
import scipy.sparse as sp
from signs import optimum, signs

import momentsos as ms
from momentsos.errors import BadOption, ProblemTooLarge
from momentsos.polynomials import Polynomial, monomial_basis
from momentsos.relaxations import Relaxation, assemble, dense_plan
from momentsos.sdp import SDP, SDPStatus, smat
from momentsos.solvers import KnownPoints, SolverOptions, solve_sdp
from momentsos.solvers.registry import SOLVERS, may_split, split_first
from momentsos.solvers.splitting import SplittingSolver


def best_signs(problem: ms.Problem) -> np.ndarray:
    n = problem.n_variables
    points = 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    return points[np.argmin(problem.minimize(points))]


def moments_at(relaxation: Relaxation, point: np.ndarray) -> np.ndarray:
    return np.prod(point[None, :] ** relaxation.monomials.rows, axis=1)


def at(relaxation: Relaxation, point: np.ndarray, value: float, share: float = 1e-7) -> SolverOptions:
    return SolverOptions(points=KnownPoints(moments_at(relaxation, point)[None], value - share * abs(value)))


def holds(sdp: SDP, answer, bound: float, tolerance: float = 1e-9) -> None:
    """Dual blocks are semidefinite and the equations hold: the dual objective is a bound, whatever the status."""
    size = 1.0 + np.abs(sdp.cost).max()
    left = sdp.cost - sdp.equalities.T @ answer.equality_duals - sdp.operator.T @ answer.gram
    assert np.abs(left).max() <= tolerance * size
    assert all(np.linalg.eigvalsh(smat(block)).min() >= -tolerance * size for block in sdp.split(answer.gram))
    assert sdp.right_side @ answer.equality_duals <= bound + 1e-7 * (1.0 + abs(bound))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_signs_close_from_their_best_point(seed) -> None:
    problem = signs(10, seed)
    relaxation, value = assemble(dense_plan(problem, 2)), optimum(problem)
    answer = SplittingSolver().solve(relaxation.sdp, at(relaxation, best_signs(problem), value))
    assert answer.status is SDPStatus.OPTIMAL and answer.statistics["closed"]
    holds(relaxation.sdp, answer, value)
    assert answer.residuals.dual_objective == pytest.approx(value, rel=2e-7)


@pytest.mark.parametrize("steps", [1, 7, 25, 60])
def test_the_bound_holds_wherever_a_run_is_cut_off(steps) -> None:
    problem = signs(9, 3)
    relaxation = assemble(dense_plan(problem, 2))
    answer = SplittingSolver().solve(relaxation.sdp, SolverOptions(max_iterations=steps))
    assert answer.status is SDPStatus.LIMIT and answer.iterations == steps
    holds(relaxation.sdp, answer, optimum(problem))


def test_a_time_limit_ends_a_run_with_a_bound() -> None:
    problem = signs(9, 3)
    relaxation = assemble(dense_plan(problem, 2))
    answer = SplittingSolver().solve(relaxation.sdp, SolverOptions(time_limit=1e-6))
    assert answer.status is SDPStatus.LIMIT and answer.words == "time limit"
    holds(relaxation.sdp, answer, optimum(problem))


def test_a_point_that_is_not_the_best_makes_no_false_claim() -> None:
    """The bound cannot meet it: it ends open, below the true optimum."""
    problem = signs(8, 4)
    relaxation, best = assemble(dense_plan(problem, 2)), best_signs(problem)
    other = best * np.where(np.arange(8) == 0, -1.0, 1.0)
    value = float(problem.minimize(other[None])[0])
    options = at(relaxation, other, value)
    answer = SplittingSolver().solve(relaxation.sdp, options)
    assert not answer.statistics["closed"]
    holds(relaxation.sdp, answer, optimum(problem))


def test_a_better_point_that_is_found_on_the_way_is_where_it_ends() -> None:
    problem = signs(10, 5)
    relaxation, best, value = assemble(dense_plan(problem, 2)), best_signs(problem), optimum(problem)
    better = at(relaxation, best, value).points
    bad = best * np.where(np.arange(10) < 4, -1.0, 1.0)
    worse = float(problem.minimize(bad[None])[0])
    points = KnownPoints(moments_at(relaxation, bad)[None], worse - 1e-7, lambda moments: better)
    answer = SplittingSolver().solve(relaxation.sdp, SolverOptions(points=points))
    assert answer.statistics["closed"]
    assert answer.residuals.dual_objective == pytest.approx(value, rel=2e-7)


def test_a_loose_relaxation_ends_at_its_bound() -> None:
    """Order 1 of a dense maximum cut is not tight: the bound is that of the native solver, not the optimum."""
    problem = signs(9, 0)
    relaxation, value = assemble(dense_plan(problem, 1)), optimum(problem)
    native = SOLVERS["native"]().solve(relaxation.sdp, SolverOptions())
    answer = SplittingSolver().solve(relaxation.sdp, at(relaxation, best_signs(problem), value))
    assert native.residuals.dual_objective < value - 1e-3
    assert not answer.statistics["closed"]
    holds(relaxation.sdp, answer, native.residuals.primal_objective)
    assert answer.residuals.dual_objective == pytest.approx(native.residuals.dual_objective, rel=1e-5)


def test_no_bound_of_an_unbounded_program_is_claimed() -> None:
    x, y = ms.variables("x y")
    sdp = ms.relax(ms.Problem(minimize=x**3 - y), 2, method="dense").sdp
    answer = SplittingSolver().solve(sdp, SolverOptions(max_iterations=2000))
    assert answer.status is not SDPStatus.OPTIMAL


def test_an_empty_set_is_proved_empty_or_nothing_is_claimed() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(minimize=x + y, inequalities=[1 - x**2 - y**2, x + y - 3])
    answer = SplittingSolver().solve(ms.relax(problem, 1, method="dense").sdp, SolverOptions())
    assert answer.status is not SDPStatus.OPTIMAL
    assert (answer.status is SDPStatus.PRIMAL_INFEASIBLE) == (answer.dual_ray is not None)


def test_an_interruption_passes_through() -> None:
    problem = signs(9, 3)
    relaxation = assemble(dense_plan(problem, 2))

    def interrupted(moments):
        signal.raise_signal(signal.SIGINT)

    point = moments_at(relaxation, np.ones(9))[None]
    options = SolverOptions(points=KnownPoints(point, 1e9, interrupted))
    with pytest.raises(KeyboardInterrupt):
        SplittingSolver().solve(relaxation.sdp, options)


def test_the_same_program_gives_the_same_answer() -> None:
    problem = signs(9, 6)
    relaxation = assemble(dense_plan(problem, 2))
    first, second = (SplittingSolver().solve(relaxation.sdp, SolverOptions(max_iterations=100)) for _ in range(2))
    assert (first.gram == second.gram).all() and (first.moments == second.moments).all()


@pytest.mark.parametrize("own", [{"nothing": 1}, {"relaxation": 2.5}, {"memory": 1.5}, {"balance": "much"}])
def test_wrong_options_are_refused_before_the_solve(own) -> None:
    with pytest.raises(BadOption, match="splitting option"):
        ms.solve(signs(3, 0), solver="splitting", solver_options=own)


def test_what_does_not_fit_is_refused_with_the_estimate(monkeypatch) -> None:
    monkeypatch.setattr("momentsos.solvers.contract.available_bytes", lambda: 10**6)
    with pytest.raises(ProblemTooLarge, match="splitting would need"):
        SplittingSolver().solve(assemble(dense_plan(signs(9, 0), 2)).sdp, SolverOptions())


def test_auto_asks_it_only_where_one_block_is_large() -> None:
    small, large = (assemble(dense_plan(signs(n, 0), 2)).sdp for n in (6, 14))
    assert split_first(small) is None and not may_split("auto", small)
    assert split_first(large) is not None and may_split("auto", large)
    several = SDP(
        np.concatenate([large.cost] * 3),
        sp.csr_matrix(sp.block_diag([large.equalities] * 3)),
        np.ones(3),
        sp.csr_matrix(sp.block_diag([large.operator] * 3)),
        large.sizes * 3,
    )
    assert split_first(several) is None


def test_where_it_falls_short_auto_goes_back(monkeypatch) -> None:
    """A start that cannot be met: the answer is that of the native solver."""
    problem = signs(10, 0)
    relaxation = assemble(dense_plan(problem, 2))
    monkeypatch.setattr("momentsos.solvers.automatic.split_first", lambda sdp: 0.05)
    point = moments_at(relaxation, -best_signs(problem))[None]
    options = SolverOptions(points=KnownPoints(point, 1e9))
    answer = solve_sdp("auto", relaxation.sdp, options)
    assert answer.solver.startswith("native") and answer.residuals.worst <= 1e-7
    assert [line.split(":")[0] for line in answer.statistics["asked"]] == ["splitting", "native"]


@pytest.mark.parametrize("kind", ["sphere", "ball", "box", "everywhere"])
def test_solve_certifies_with_it_what_it_certifies_with_the_native_solver(kind) -> None:
    rng, n = np.random.default_rng(7), 4
    names, unit = [f"x{i}" for i in range(n)], np.eye(n, dtype=np.int64)
    rows = monomial_basis(n, 3 if kind == "everywhere" else 4, 1)
    f = Polynomial.from_terms(rows, rng.standard_normal(len(rows)), names)
    x = [Polynomial.from_terms(row[None], [1.0], names) for row in unit]
    squares = x[0] ** 2 + x[1] ** 2 + x[2] ** 2 + x[3] ** 2
    problem = {
        "sphere": ms.Problem(f, [], [squares - 1], names),
        "ball": ms.Problem(f, [1 - squares], [], names),
        "box": ms.Problem(f, [1 - each**2 for each in x], [], names),
        "everywhere": ms.Problem(f + sum(each**4 for each in x), [], [], names),
    }[kind]
    native, found = (ms.solve(problem, order=2, method="dense", solver=name) for name in ("native", "splitting"))
    assert native.status is ms.Status.CERTIFIED
    assert found.status is ms.Status.CERTIFIED and found.rigorous
    assert found.lower_bound == pytest.approx(native.lower_bound, rel=2e-6)
    assert found.lower_bound <= native.upper_bound + 1e-9


HOSTILE = [(kind, seed) for kind in ("signs", "ball", "empty", "free", "loose", "equal") for seed in range(4)]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "seed"), HOSTILE)
def test_hostile_programs_draw_no_false_claim(kind, seed) -> None:
    """Random coefficients of 1e-5 to 1e5: what `splitting` certifies the native solver does not contradict."""
    rng, n = np.random.default_rng(100 + seed), 3
    names, unit = [f"x{i}" for i in range(n)], np.eye(n, dtype=np.int64)
    rows = monomial_basis(n, 3 if kind == "free" else 4, 1)
    values = rng.standard_normal(len(rows)) * 10.0 ** rng.uniform(-5, 5, len(rows))
    f = Polynomial.from_terms(rows, values, names)
    x = [Polynomial.from_terms(row[None], [1.0], names) for row in unit]
    radius = 10.0 ** rng.uniform(-2, 2)
    ball = radius**2 - x[0] ** 2 - x[1] ** 2 - x[2] ** 2
    problem = {
        "signs": ms.Problem(f, [], [each**2 - radius**2 for each in x], names),
        "ball": ms.Problem(f, [ball], [], names),
        "empty": ms.Problem(f, [ball, x[0] + x[1] - 2 * radius], [], names),
        "free": ms.Problem(f, [], [], names),
        "loose": ms.Problem(f, [ball, x[0] * x[1] - 0.1 * radius**2], [], names),
        "equal": ms.Problem(f, [], [ball, x[0] * x[1] * radius - x[2] * radius**2], names),
    }[kind]
    native, found = (
        ms.solve(problem, order=2, method="dense", solver=name, time_limit=20) for name in ("native", "splitting")
    )
    certain = (ms.Status.CERTIFIED, ms.Status.INFEASIBLE, ms.Status.UNBOUNDED)
    if found.status in certain and native.status in certain:
        assert found.status is native.status
    size = max(abs(b) for b in (native.upper_bound, found.upper_bound, 1.0) if b is not None)
    if found.lower_bound is not None and native.upper_bound is not None and found.region.everything:
        assert found.lower_bound <= native.upper_bound + 1e-9 * size
    if found.status is ms.Status.CERTIFIED and native.upper_bound is not None:
        assert found.upper_bound <= native.upper_bound + 3e-6 * size
