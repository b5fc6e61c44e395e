"""Points that only look feasible do not lower the upper bound."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

import momentsos as ms
from momentsos.local import LocalSearch

x, y = ms.variables("x y")

#: Constraints without a multiplier at the minimiser, or whose terms cancel there: name, problem, minimum.
DEGENERATE = {
    "quartic point": (ms.Problem(x, equalities=[x**4 + y**4]), 0.0),
    "squared circle": (ms.Problem(x, equalities=[(x**2 + y**2 - 1) ** 2]), -1.0),
    "circle as a negative square": (ms.Problem(x, inequalities=[-((x**2 + y**2 - 1) ** 2)]), -1.0),
    "cubed disc": (ms.Problem(x + y, inequalities=[(1 - x**2 - y**2) ** 3]), -sqrt(2)),
    "cusp": (ms.Problem(x, inequalities=[x**3 - y**2]), 0.0),
    "cusp in a disc": (ms.Problem(x, inequalities=[x**3 - y**2, 4 - x**2 - y**2]), 0.0),
    "far disc": (ms.Problem(x, inequalities=[1 - (x - 1e6) ** 2 - (y - 1e6) ** 2]), 1e6 - 1),
    "far quartic disc": (ms.Problem(x, inequalities=[1 - (x - 1e4) ** 4 - (y - 1e4) ** 4]), 1e4 - 1),
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
