"""The unit of gaps that is asked for is the one that every way of solving judges by."""

from __future__ import annotations

import pytest

import momentsos as ms
from momentsos import Status

x, y, z = ms.variables("x y z")

PROBLEMS = {
    "symmetric": ms.Problem(
        x**2 * y**2 + y**2 * z**2 + x**2 * z**2 - 4 * x * y * z + 1,
        [4.5 - x**2 - y**2 - z**2 + z + 1.75 * y - 1.75 * x],
    ),
    "points in a square": ms.Problem(-((x - y) ** 2), [1 - x**2, 1 - y**2]),
    "concave": ms.Problem(-(x**2) - 2 * y**2, [1 - x, 1 + x, 1 - y, 1 + y, 1 - x - y]),
    "complementary": ms.Problem(x + y + z**2 - z, [x, y, 2 - x, 2 - y, x + y - 1], [x * y]),
    "a form": ms.Problem(x**4 * y**2 + x**2 * y**4 + z**6 - 3 * x**2 * y**2 * z**2),
    "a ratio": ms.Problem(ms.ratio(x**2 + 2, 1 + x**4) + y**2),
    "no sum of squares": ms.Problem(x**4 * y**2 + x**2 * y**4 + 1 - 3 * x**2 * y**2),
    "squares": ms.Problem((x**2 - 2) ** 2 + (x - y) ** 2),
}


@pytest.mark.parametrize("unit", [1e-9, 1e-6, 1e3])
@pytest.mark.parametrize("name", PROBLEMS)
def test_what_is_certified_is_closed_in_the_unit_that_was_asked_for(name: str, unit: float) -> None:
    result = ms.solve(PROBLEMS[name], unit=unit, time_limit=3)
    assert result.unit == unit
    if result.status in (Status.CERTIFIED, Status.CERTIFIED_WITHIN):
        size = max(abs(result.lower_bound), abs(result.upper_bound), unit)
        assert result.upper_bound - result.lower_bound <= 2 * result.tol * size
