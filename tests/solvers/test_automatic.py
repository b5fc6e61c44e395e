"""`auto`, isolation, and the way out to CVXPY."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import scipy.sparse as sp
from solvers.programs import QUIET, large_program, program

import momentsos as ms
from momentsos.errors import ProblemTooLarge, SolverFailed, SolverUnavailable
from momentsos.sdp import SDP, SDPSolution, SDPStatus
from momentsos.solvers import Solver, SolverOptions, solve_sdp
from momentsos.solvers.registry import SOLVERS


def test_a_solve_in_a_child_process_is_the_same_solve(disc) -> None:
    inside = ms.solve(disc, order=2, method="dense")
    outside = ms.solve(disc, order=2, method="dense", solver_options={"isolate": True})
    assert outside.status is ms.Status.CERTIFIED
    assert outside.lower_bound == pytest.approx(inside.lower_bound, rel=1e-9)
    assert outside.solver == inside.solver


def test_a_relaxation_can_be_extended_in_cvxpy(disc) -> None:
    pytest.importorskip("cvxpy")
    relaxation = ms.relax(disc, order=2, method="dense")
    problem, moments = relaxation.to_cvxpy()
    free = problem.solve(solver="CLARABEL")
    import cvxpy

    x = relaxation.monomials.find(relaxation.plan.blocks[0].basis[1:2])[0]
    tighter = cvxpy.Problem(problem.objective, [*problem.constraints, moments[x] >= 0.5])
    assert tighter.solve(solver="CLARABEL") >= free - 1e-7


def test_auto_answers_with_small_residuals(disc) -> None:
    solution = solve_sdp("auto", ms.relax(disc, order=3, method="dense").sdp, SolverOptions())
    assert solution.status is SDPStatus.OPTIMAL
    assert solution.residuals is not None and solution.residuals.worst <= 1e-8


def test_options_of_the_first_solver_are_not_given_to_the_second(disc) -> None:
    result = ms.solve(disc, order=2, method="dense", solver_options={"correctors": 1})
    assert result.status is ms.Status.CERTIFIED


class Told(Solver):
    """A solver that returns what it was told to."""

    name: ClassVar[str] = "told"

    def __init__(self, answer: SDPSolution | Exception) -> None:
        self.answer = answer

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        return 0

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def answering(monkeypatch: pytest.MonkeyPatch, *answers: SDPSolution | Exception) -> None:
    monkeypatch.setattr("momentsos.solvers.automatic.choose_solvers", lambda sdp: [Told(answer) for answer in answers])


@pytest.fixture
def good() -> SDPSolution:
    return SOLVERS["native"]().solve(program("booth"), QUIET)


def worse(answer: SDPSolution, by: float) -> SDPSolution:
    return replace(answer, solver=f"worse by {by}", residuals=replace(answer.residuals, gap=by))


def test_a_good_answer_is_not_asked_for_again(good, monkeypatch) -> None:
    answering(monkeypatch, good, AssertionError("asked for a second opinion"))
    answer = solve_sdp("auto", program("booth"), QUIET)
    assert answer.solver == good.solver
    assert len(answer.statistics["asked"]) == 1


def test_the_better_of_two_answers_is_taken_and_both_are_named(good, monkeypatch) -> None:
    answering(monkeypatch, worse(good, 1e-3), worse(good, 1e-5), AssertionError("asked for a third opinion"))
    answer = solve_sdp("auto", program("booth"), QUIET)
    assert answer.solver == "worse by 1e-05"
    assert [line.split(":")[0] for line in answer.statistics["asked"]] == ["worse by 0.001", "worse by 1e-05"]


@pytest.mark.parametrize(
    "error", [ProblemTooLarge("too large", 2, 1), SolverFailed("broke off"), SolverUnavailable("no licence")]
)
def test_who_cannot_give_a_second_opinion_is_passed_over_and_named(good, monkeypatch, error) -> None:
    answering(monkeypatch, worse(good, 1e-3), error, worse(good, 1e-5))
    answer = solve_sdp("auto", program("booth"), QUIET)
    assert answer.solver == "worse by 1e-05"
    assert str(error) in answer.statistics["asked"][1]
    answering(monkeypatch, error)
    with pytest.raises(type(error)):
        solve_sdp("auto", program("booth"), QUIET)


def test_a_ray_that_excludes_small_moments_only_does_not_outdo_a_solution_with_large_ones(good, monkeypatch) -> None:
    """On a circle of radius 10⁶ several solvers prove that there is nothing within 10⁶; that is true."""
    sdp = program("linear_on_large_circle")
    native, clarabel = (SOLVERS[name]().solve(sdp, QUIET) for name in ("native", "clarabel"))
    assert native.status is SDPStatus.OPTIMAL and clarabel.dual_ray is not None
    answering(monkeypatch, native, clarabel)
    assert solve_sdp("auto", sdp, QUIET).status is SDPStatus.OPTIMAL
    far = replace(good, moments=np.ones(sdp.n_moments), residuals=native.residuals)
    answering(monkeypatch, far, clarabel)
    assert solve_sdp("auto", sdp, QUIET).status is SDPStatus.PRIMAL_INFEASIBLE


def test_the_rule_follows_sizes_and_what_is_installed(monkeypatch) -> None:
    from momentsos.solvers import contract, registry

    def names(sdp: SDP) -> list[str]:
        return [solver.name for solver in registry.choose_solvers(sdp)]

    for cls in (registry.MOSEK, registry.COPT, registry.CSDP, registry.SDPA):
        monkeypatch.setattr(cls, "is_installed", classmethod(lambda cls: cls.name in ("csdp", "sdpa")))
    assert names(large_program(31)) == ["native", "clarabel"]
    assert names(large_program(32)) == ["native", "csdp", "sdpa"]
    assert names(large_program(62)) == ["native", "csdp", "sdpa"]  # 1953 moments
    assert names(large_program(63)) == ["native"]  # 2016 moments
    assert names(large_program(200)) == ["native"]  # 20100 moments, but 200 multipliers: seconds by the cost model
    once = large_program(200)
    twice = replace(once, operator=sp.vstack([once.operator] * 2, format="csr"), sizes=once.sizes * 2)
    assert names(twice) == ["scs"]  # and as many unknowns on the side of the Gram matrices: an hour
    with monkeypatch.context() as poor:
        poor.setattr(contract, "available_bytes", lambda: 10_000_000)
        assert names(large_program(32)) == ["scs"]
    assert "of csdp or sdpa on larger ones up to 2000 moments" in registry.describe_choice()
    for cls in (registry.CSDP, registry.SDPA):
        monkeypatch.setattr(cls, "is_installed", classmethod(lambda cls: False))
    assert names(large_program(32)) == ["native"]
    assert "for want of mosek, copt, csdp, sdpa" in registry.describe_choice()


def test_the_result_says_who_was_asked(disc) -> None:
    result = ms.solve(disc, order=2, method="dense")
    assert len(result.asked) == 1 and result.asked[0].startswith("native: optimal, worst residual")
    assert result.as_dict()["asked"] == list(result.asked)
    assert ms.solve(disc, order=2, method="dense", solver="clarabel").asked == ()


def test_side_and_seed_are_options_of_solve(disc) -> None:
    options = {"side": "gram", "seed": 3}
    result = ms.solve(disc, order=2, method="dense", solver="native", solver_options=options)
    assert result.status is ms.Status.CERTIFIED
    assert result.solution.statistics["side"] == "gram"
    with pytest.raises(ms.BadOption, match="side"):
        ms.solve(disc, solver_options={"side": "left"})
