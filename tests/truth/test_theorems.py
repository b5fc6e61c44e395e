"""Bounds and emptiness that are theorems about the problem as it was given; a set with a point is not empty."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from catalogue import CASES

import momentsos as ms

x, y, z = ms.variables("x y z")
#: A sum of squares whose Gram matrix has no room: what rounding leaves of its identity is too much for it.
UNPROVED = {"dixon_price_2"}
FEW = [case for case in CASES if len(case.problem().variables) <= 4 and case.name not in UNPROVED][:30]


@pytest.mark.parametrize("case", FEW, ids=lambda case: case.name)
def test_bounds_of_the_catalogue_are_theorems(case) -> None:
    result = ms.solve(case.problem())
    assert result.rigorous
    assert result.lower_bound <= case.optimum + 1e-9 * max(1.0, abs(case.optimum))


@pytest.mark.parametrize(
    "problem",
    [
        ms.Problem(x, [x + y - 1, -x - y]),
        ms.Problem(x, [x + y - 10**6, 10**6 - 1 - x - y]),
        ms.Problem(x + z**2, [], [x**2 - 2, y**2 - 3, x * y - 2]),
        ms.Problem(x, [], [x + 2 * y - 1, 2 * x + 4 * y - 3]),
        ms.Problem(x, [x - y - Fraction(1, 3), y - z - Fraction(1, 3), z - x - Fraction(1, 3)]),
    ],
)
def test_constraints_that_exclude_each_other_are_refuted_exactly(problem) -> None:
    assert ms.solve(problem).status is ms.Status.INFEASIBLE


@pytest.mark.parametrize("seed", range(12))
def test_a_set_that_is_one_point_is_not_called_empty(seed) -> None:
    """A sum of even powers around a point, at most zero: multiplied out, in binary fractions that hold it exactly."""
    random = np.random.default_rng(seed)
    a, b = (Fraction(int(k), 16) for k in random.integers(-20, 21, 2))
    p, q = (int(k) for k in random.integers(1, 3, 2))
    factors = [Fraction(int(k), 4) for k in random.integers(1, 12, 2)]
    wall = -factors[0] * (x - a) ** (2 * p) - factors[1] * (y - b) ** (2 * q)
    objective = x**3 + y - Fraction(5, 8) * x
    result = ms.solve(ms.Problem(objective, [wall]))
    truth = float(a**3 + b - Fraction(5, 8) * a)
    assert result.status not in (ms.Status.INFEASIBLE, ms.Status.UNBOUNDED)
    assert result.lower_bound is None or result.lower_bound <= truth + 1e-12
    assert result.upper_bound is None or result.upper_bound >= truth - 1e-12


@pytest.mark.parametrize("seed", range(6))
def test_linear_inequalities_with_one_common_point_are_not_called_empty(seed) -> None:
    random = np.random.default_rng(100 + seed)
    point = [Fraction(int(k), 3) for k in random.integers(-9, 10, 2)]
    rows = [[int(k) for k in row] for row in random.integers(1, 6, (2, 2))]
    forms = [r[0] * (x - point[0]) + r[1] * (y - point[1]) for r in rows]
    result = ms.solve(ms.Problem(x - 2 * y, [*forms, -(forms[0] + forms[1])]))
    assert result.status is not ms.Status.INFEASIBLE
