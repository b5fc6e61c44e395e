"""What CVXPY reaches, and the way out to it."""

from __future__ import annotations

import pytest
from catalogue import BY_NAME
from solvers.programs import program

from momentsos.errors import BadOption, SolverFailed, SolverUnavailable
from momentsos.solvers import SolverOptions, available_solvers
from momentsos.solvers.adapters.cvxpy import to_cvxpy
from momentsos.solvers.registry import SOLVERS


@pytest.mark.parametrize("reached", ["SCS", "CVXOPT", "SDPA"])
def test_cvxpy_reaches_other_solvers(reached) -> None:
    sdp = program("quadratic_on_simplex")
    answer = SOLVERS["cvxpy"]().solve(sdp, SolverOptions(own={"solver": reached}))
    assert reached in answer.solver
    assert answer.residuals.worst <= 1e-5


def test_cvxpy_refuses_what_it_cannot_do() -> None:
    sdp = program("booth")
    for native, error in (("NONE", SolverUnavailable), ("HIGHS", SolverFailed)):
        with pytest.raises(error, match=native):
            SOLVERS["cvxpy"]().solve(sdp, SolverOptions(own={"solver": native}))
    with pytest.raises(BadOption, match="time_limit"):
        SOLVERS["cvxpy"]().solve(sdp, SolverOptions(time_limit=1.0, own={"solver": "CVXOPT"}))
    if not available_solvers()["mosek"].available:
        with pytest.raises(SolverUnavailable, match="MOSEK"):
            SOLVERS["cvxpy"]().solve(sdp, SolverOptions(own={"solver": "MOSEK"}))


def test_to_cvxpy_takes_constraints_of_ones_own() -> None:
    import cvxpy

    sdp = program("nearest_in_annulus")
    problem, moments = to_cvxpy(sdp)
    value = problem.solve(solver="CLARABEL")
    assert value == pytest.approx(BY_NAME["nearest_in_annulus"].optimum, abs=1e-6)
    tighter = cvxpy.Problem(problem.objective, [*problem.constraints, sdp.cost @ moments >= value + 1])
    assert tighter.solve(solver="CLARABEL") == pytest.approx(value + 1, abs=1e-6)
