"""`auto`, isolation, and the way out to CVXPY."""

from __future__ import annotations

import pytest

import momentsos as ms
from momentsos.sdp import SDPStatus
from momentsos.solvers import SolverOptions, solve_sdp


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
