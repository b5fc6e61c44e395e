"""Points that only look feasible do not lower the upper bound."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest

import momentsos as ms
from momentsos.points.local_search import LocalSearch

x, y = ms.variables("x y")
#: Exact, for the powers of a float would be rounded before they cancel.
FAR = Fraction(10**4)

#: Constraints without a multiplier at the minimiser, or whose terms cancel there: name, problem, minimum.
DEGENERATE = {
    "quartic point": (ms.Problem(x, equalities=[x**4 + y**4]), 0.0),
    "squared circle": (ms.Problem(x, equalities=[(x**2 + y**2 - 1) ** 2]), -1.0),
    "circle as a negative square": (ms.Problem(x, inequalities=[-((x**2 + y**2 - 1) ** 2)]), -1.0),
    "cubed disc": (ms.Problem(x + y, inequalities=[(1 - x**2 - y**2) ** 3]), -sqrt(2)),
    "cusp": (ms.Problem(x, inequalities=[x**3 - y**2]), 0.0),
    "cusp in a disc": (ms.Problem(x, inequalities=[x**3 - y**2, 4 - x**2 - y**2]), 0.0),
    "far disc": (ms.Problem(x, inequalities=[1 - (x - 1e6) ** 2 - (y - 1e6) ** 2]), 1e6 - 1),
    "far quartic disc": (
        ms.Problem(x, inequalities=[1 - (x - Fraction(10**4)) ** 4 - (y - Fraction(10**4)) ** 4]),
        1e4 - 1,
    ),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_no_point_below_the_minimum_counts_as_feasible(name) -> None:
    problem, minimum = DEGENERATE[name]
    result = ms.solve(problem)
    allowed = 2e-7 * max(1.0, abs(minimum))
    assert result.upper_bound is None or result.upper_bound >= minimum - allowed
    assert result.lower_bound is None or result.lower_bound <= minimum + allowed
    if result.status is ms.Status.CERTIFIED:
        assert abs(result.upper_bound - minimum) <= 2e-6 * max(1.0, abs(minimum))


def test_where_two_discs_touch_no_point_beside_it_is_feasible() -> None:
    search = LocalSearch(ms.Problem(y, [1 - x**2 - y**2, 1 - (x - 2) ** 2 - y**2]))
    assert search.assess(np.array([1.0, 0.0])).feasible
    assert not search.assess(np.array([1.0, -5e-5])).feasible


def test_points_far_out_are_not_feasible_for_being_far_out() -> None:
    search = LocalSearch(ms.Problem(x, [x + y - 1, -x - y]))
    assert not search.assess(np.array([1e28, -1e28])).feasible
    for places in ([1, 0], [1e6, 1e6 - 1]):
        problem = ms.Problem(x, [x + y - places[0], places[1] - x - y])
        assert ms.solve(problem).status is ms.Status.INFEASIBLE


def test_what_is_feasible_far_out_only_is_not_called_infeasible() -> None:
    problem = ms.Problem(x + y, [x - 1e6, y - 1e6, (x - y) ** 3 + 1])
    for method in ("auto", "dense"):
        assert ms.solve(problem, method=method).status is not ms.Status.INFEASIBLE


@pytest.mark.parametrize("constraints", [[y - x**2, x**4 - y], [x - y**3, x]])
def test_a_minimum_at_the_wall_of_a_ball_of_our_own_is_not_certified(constraints) -> None:
    # x and y run away without end, too slowly for the search to see it; a ball makes a minimum of it.
    objective = -x if constraints[1] is not x else -y
    assert ms.solve(ms.Problem(objective, constraints), method="dense").status is not ms.Status.CERTIFIED


def test_equations_without_a_common_zero_are_refuted_beside_a_free_variable() -> None:
    (z,) = ms.variables("z")
    assert ms.solve(ms.Problem(x + z**2, [], [x**2 - 2, y**2 - 3, x * y - 2])).status is ms.Status.INFEASIBLE


@pytest.mark.parametrize(("distance", "feasible"), [(0.0, True), (1e-9, True), (1e-6, False), (1e-3, False)])
@pytest.mark.parametrize("power", [1, 2])
def test_the_distance_to_the_set_decides_whatever_power_describes_it(distance, feasible, power) -> None:
    search = LocalSearch(ms.Problem(x, equalities=[(x - 3 * y + 2) ** power]))
    assert search.assess(np.array([1.0 + distance, 1.0])).feasible is feasible


def test_where_rounding_hides_the_constraint_nothing_is_feasible() -> None:
    (t,) = ms.variables("t")
    far, near = (LocalSearch(ms.Problem(t, inequalities=[1 - (t - place) ** 4])) for place in (1e4, 10.0))
    assert not far.assess(np.array([1e4])).feasible
    assert near.assess(np.array([10.0])).feasible
