"""Inputs on which bounds, points or statuses were once false, each with its true value."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos import Problem as P

x, y = ms.variables("x", "y")
z = ms.variables("z")[0]
A = 10**7
#: A dehomogenised Motzkin polynomial: nonnegative, zero at four points.
MOTZKIN = x**4 * z**2 + x**2 * z**4 - 3 * x**2 * z**2 + 1

#: Name, problem, the true minimum.
MINIMA = [
    ("an epigraph over a lower wall", P(y, [y - (x - 0.25) ** 4, y + 5]), 0.0),
    ("an epigraph", P(y, [y - (x - 0.25) ** 4]), 0.0),
    ("a hyperbola of odd power, bounded above", P(100 * x, [x * y**3 - 1, x, 1 - y]), 100.0),
    ("a hyperbola of odd power, bounded to the right", P(x + y, [x * y**3 - 1, x, 10 - x]), 4 / 3**0.75),
    ("the mean inequality", P(x + y, [x * y - 1, x]), 2.0),
    ("a large constant", P(10**10 + (y - x**2) ** 2 + 1e-8 * (x - 1) ** 2), 1e10),
    ("a larger constant", P(10**12 + (y - x**2) ** 2 + 1e-8 * (x - 1) ** 2), 1e12),
    (
        "fractions that cancel",
        P(x**2 - (2 * A - Fraction(1, 10)) * x + (Fraction(A) ** 2 - Fraction(A, 10))),
        -0.0025,
    ),
    ("a cusp", P(x, [], [x**3 - y**2]), 0.0),
    ("a cusp that is shifted", P(x, [], [(x - 1) ** 3 - (y - 2) ** 2]), 1.0),
    ("a tangency", P(y, [y - x**4, -x]), 0.0),
    ("far out", P(117450 * x - 114525 * x**3 + 9.50574e-6 * x**4), -2.112356457e34),
    ("an early stop", P(x, [x, x**2 - 1]), 1.0),
    ("an epigraph of a form that is no sum of squares", P(y, [y - MOTZKIN * MOTZKIN, y + 5]), 0.0),
]


def claims_hold(result: ms.Result, minimum: float) -> None:
    """Assert that nothing the result says is false: both bounds, the gap, the status."""
    size = max(1.0, abs(minimum))
    if result.upper_bound is not None:
        assert result.upper_bound >= minimum - 1e-9 * size
        assert result.feasibility in ("exact", "proved", "converged")
    if result.lower_bound is not None and result.region.everything:
        assert result.lower_bound <= minimum + 1e-12 * size
    if result.status in (ms.Status.CERTIFIED, ms.Status.CERTIFIED_WITHIN):
        assert 0.0 <= result.relative_gap <= result.tol
        assert abs(result.upper_bound - minimum) <= 2e-6 * size
    assert result.status not in (ms.Status.INFEASIBLE, ms.Status.UNBOUNDED)


@pytest.mark.parametrize(("problem", "minimum"), [case[1:] for case in MINIMA], ids=[case[0] for case in MINIMA])
def test_nothing_false_is_said_of(problem: P, minimum: float) -> None:
    result = ms.solve(problem)
    claims_hold(result, minimum)
    assert abs(result.upper_bound - minimum) <= 2e-6 * max(1.0, abs(minimum))


@pytest.mark.parametrize("constant", [10**7, 10**10])
def test_values_beside_large_constants_are_exact(constant: int) -> None:
    result = ms.solve(P(constant + (y - x**2) ** 2 + 1e-8 * (x - 1) ** 2))
    assert constant <= result.upper_bound <= constant * (1 + 1e-15)


def test_an_empty_set_is_not_called_solved() -> None:
    result = ms.solve(P(x, [x, -1 - y], [x * y**3 - 1]))
    assert result.upper_bound is None and not len(result.minimizers)


def test_an_objective_that_falls_by_a_small_term_far_out_is_not_certified() -> None:
    result = ms.solve(P(1e-11 * x**3 + x**2))
    assert result.status is ms.Status.UNBOUNDED


def test_the_radius_of_the_user_is_part_of_the_problem() -> None:
    result = ms.solve(P((x - 5) ** 2 * (x + 1) ** 2 + x), bound=1.0)
    assert result.status is ms.Status.CERTIFIED and result.upper_bound == pytest.approx(-1.0)
    for problem, minimum in ((P(x**3 - 2 * x**2), -3.0), (P(x**3), -1.0), (P(-(x**2)), -1.0), (P((x - 3) ** 2), 4.0)):
        inside = ms.solve(problem, bound=1.0)
        assert inside.status is ms.Status.CERTIFIED and inside.upper_bound == pytest.approx(minimum)
        assert np.abs(inside.minimizers).max() <= 1.0
