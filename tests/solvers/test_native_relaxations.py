"""The native solver on moment relaxations: singular optima, sets without interior, duals without interior."""

from dataclasses import replace
from operator import attrgetter

import numpy as np
import pytest
from catalogue import BY_NAME, CASES, HARD

from momentsos import relax
from momentsos.sdp import SDPStatus
from momentsos.solvers.contract import SolverOptions
from momentsos.solvers.native import NativeSolver

#: Relaxations whose optimum is not attained or whose feasible set is unbounded: fewer digits.
DIFFICULT = {"under_a_hyperbola", "goldstein_price", "powell_singular"}
NAME = attrgetter("name")


def solve(problem, order):
    return NativeSolver().solve(relax(problem, order, method="dense").sdp, SolverOptions())


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_catalogue(name):
    case = BY_NAME[name]
    answer = solve(case.problem(), case.order)
    assert answer.status in (SDPStatus.OPTIMAL, SDPStatus.INACCURATE)
    if name == "linear_on_large_circle":
        # Terms of 1e10 cancel in an equality with right side 0: one unit in their last place is 2e-6.
        answer = replace(answer, residuals=replace(answer.residuals, equality=0.0))
    assert answer.residuals.worst <= 1e-8
    if name not in DIFFICULT:
        assert answer.residuals.worst <= 1e-9


@pytest.mark.parametrize("case", [case for case in HARD if np.isposinf(case.bound)], ids=NAME)
def test_infeasible_relaxations(case):
    assert solve(case.problem(), case.order).dual_ray is not None


@pytest.mark.parametrize("case", [case for case in HARD if np.isneginf(case.bound)], ids=NAME)
def test_unbounded_relaxations_are_never_called_solved(case):
    answer = solve(case.problem(), case.order)
    assert answer.status is SDPStatus.DUAL_INFEASIBLE


@pytest.mark.parametrize("case", [case for case in HARD if np.isfinite(case.bound)], ids=NAME)
def test_bounds_of_hard_relaxations(case):
    answer = solve(case.problem(), case.order)
    if answer.residuals.worst <= 1e-8:
        assert answer.residuals.dual_objective == pytest.approx(case.bound, rel=2e-3, abs=1e-6)
