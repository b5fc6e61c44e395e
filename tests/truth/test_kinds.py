"""More inputs of the kinds on which points, bounds or statuses were once false; each minimum is known by construction.

They were found by the campaign (`benchmarks/campaign`) and made as short as they get.
"""

from __future__ import annotations

from fractions import Fraction as F

import pytest

import momentsos as ms
from momentsos import Problem as P

from .test_table import claims_hold

(X,) = ms.variables("x")
u, v = ms.variables("x y")
x, y, z = ms.variables("x y z")
INF = float("inf")
MOTZKIN = x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1

#: Kind, problem, minimum.
KINDS = [
    ("epigraph", P(z, [z - (x * y - 1) ** 2, z + 1]), 0.0),
    ("epigraph", P(z, [z - MOTZKIN, z + 1]), 0.0),
    ("epigraph", P(v, [v - (u - 1) ** 4]), 0.0),
    ("epigraph", P(z, [z - (3 * x + 2 * y - 1) ** 4, z + 6]), 0.0),
    ("epigraph", P(v, [v - (u - 1) ** 6, v + 1]), 0.0),
    ("epigraph in two scales", P(1e-8 * u, [1e-8 * u - 1e8 * v**4, -1e-8 * u]), 0.0),
    ("hyperbola", P(u, [u * v**5 - 1, u, 1 - v]), 1.0),
    ("mean inequality", P(u + v, [u * v - 1, u]), 2.0),
    ("tangency", P(-v, [u - v**6, -u]), 0.0),
    ("tangency", P(v, [u - v**4, -u]), 0.0),
    ("cusp", P(u + 1, [], [(u + 1) ** 7 - (v - 2) ** 2]), 0.0),
    ("cusp", P(u, [], [u**7 - v**2]), 0.0),
    ("touching discs", P(u + v, [1 - (u - 1) ** 2 - v**2, 1 - (u + 1) ** 2 - v**2]), 0.0),
    ("line and disc", P(v, [1 - u**2 - v**2, u - 1]), 0.0),
    ("touching parabolas", P(u, [v - u**2, u**2 / 2 - v]), 0.0),
    ("double roots", P(X, [], [(X - 1) ** 2 * (X - 3) ** 2]), 1.0),
    ("double roots", P(v, [], [(u + 1) ** 2 * (u - 1), v - u]), -1.0),
    ("double roots", P(u * v, [], [u * (u + 1) * (u + 2) ** 2, v - (u + 1) ** 2]), -2.0),
    ("double roots", P(u + v, [], [(u - 1) ** 2 * (u - 2) ** 2 + v**2 * (v - 2) ** 2]), 1.0),
    ("fractions", P((X - F(10**9, 3)) ** 2), 0.0),
    ("fractions", P((X - F(10**6, 3)) ** 4), 0.0),
    ("fractions", P(X**2 - F(14000100, 7) * X + F(441006300021716, 441)), -16 / 9),
    ("shifted", P((X - F(10**6)) ** 4), 0.0),
    ("small numbers", P((u + 1.25) ** 6 + (v - 1) ** 2 + 0.5), 0.5),
    ("large constant", P((v - u**2) ** 2 + 1e-8 * (u - 1) ** 2 + 10**7), 1e7),
    ("large constant", P((v - u**2) ** 2 + 1e-8 * (u - 1) ** 2 + 10**12 + F(1, 3)), 1e12),
    ("far out", P(1e-10 * X**4 + 92 * X**3 + 1.5 * X), -7.555707e36),
    ("roots outside a ball", P(v - u, [], [(u + 2) ** 2 * (u + 1), v**2 - u**4]), -2.0),
    ("roots outside a ball", P(-v, [], [(u + 2) ** 2 * (u + 1), v**2 - u**4]), -4.0),
    ("roots outside a ball", P(-z, [], [(x + 2) ** 2 * (x + 1), y - x, z**2 - y**4]), -4.0),
    ("roots outside a ball", P(-u, [], [(u - 2 * v) * (u - 2 * v + 1), (v - 1) * (v - 3) ** 2]), -6.0),
    ("roots outside a ball", P(-u * v, [], [u**2 - v**2, (v - 1) * (v - 3) ** 2]), -9.0),
    ("chain", P(u * v - v / 8 - 0.75 * u, [], [u * (u + 1) * (u + 2) ** 2, v - (u + 1) ** 2]), -0.625),
    ("equation and its square", P(-u, [], [u * (u - 1) * (u - 2), (u * (u - 1) * (u - 2)) ** 2, v - u]), -2.0),
    (
        "doubled equations",
        P(
            -0.25 * v - u,
            [u / 2 - v, v - u / 2, u * (u - 1) * (u - 2), -u * (u - 1) * (u - 2)],
            [u * (u - 1) * (u - 2), (u * (u - 1) * (u - 2)) ** 2],
        ),
        -2.25,
    ),
    ("tangent line", P(-0.625 * v + 1.25 * u, [-0.75 * v**2 + 2.625 * v + u - 2.296875, -u]), -1.09375),
    ("chain of epigraphs", P(z, [z - y**4], [y - (x - 1.75) ** 4]), 0.0),
]
#: Sets without a point, some by a margin that rounding hides.
EMPTY = [
    P(0 * u, [u, -v - 1, u * v**3 - 1]),
    P(u, [u, -v - 1], [u * v**3 - 1]),
    P(u, [4 - u**2, 4 - v**2], [u * v - 1, u * v - 1 - F(1, 10**8)]),
    P(u, [1 - u**2 - v**2, u - 1 - F(1, 10**8)]),
    P(u + v, [], [(u - 1) ** 2 + (v - 1) ** 2 + F(1, 10**16)]),
    P(X, [3 * X - 1 - F(1, 10**9), 1 - 3 * X]),
]
#: Objectives whose infimum is not attained, with the infimum.
NOT_ATTAINED = [
    (P(u, [u * v**3 - 1, u]), 0.0),
    (P((u * v**2 - 1) ** 2 + u**2), 0.0),
    (P(((u - 2 * v) * v - 1) ** 2 + (u - 2 * v) ** 2 + 1), 1.0),
    # Around a far point coefficients are rounded, and an identity between the rounded ones proves too much.
    (P((x * y - 1) ** 2 + 0.5 * y**2 + 3 * (z + 1.375) ** 4), 0.0),
    (P((u * v**2 - 1.75) ** 2 + 2.875 * u**2), 0.0),
    (P(((u - 0.875) * v + 1.25) ** 2 + 2 * (u - 0.875) ** 2 - 3), -3.0),
]
#: Objectives without a lower bound, all by a term that is small nearby.
UNBOUNDED = [
    P(1e-13 * u**3 + u**2 + v**2 - u),
    P(1e-11 * u**5 + u**4 + v**2 - u),
    P(1e-11 * X**3 + X**2 - X),
    P((u - 2 * v) ** 4 - 1e-6 * (2 * u + v) ** 2 + 0.75 * v + 0.625 * u),
]


@pytest.mark.parametrize(("kind", "problem", "minimum"), KINDS)
def test_nothing_false_is_said_of_kinds_with_a_minimum(kind: str, problem: P, minimum: float) -> None:
    claims_hold(ms.solve(problem, time_limit=20), minimum)


@pytest.mark.parametrize("number", range(len(EMPTY)))
def test_an_empty_set_has_no_point(number: int) -> None:
    result = ms.solve(EMPTY[number], time_limit=20)
    assert result.upper_bound is None and not len(result.minimizers)
    assert result.status in (ms.Status.INFEASIBLE, ms.Status.LOWER_BOUND_ONLY, ms.Status.FAILED, ms.Status.STOPPED)


@pytest.mark.parametrize(("problem", "infimum"), NOT_ATTAINED)
def test_an_infimum_that_is_not_attained_is_above_no_point_and_below_no_bound(problem: P, infimum: float) -> None:
    result = ms.solve(problem, time_limit=20)
    assert result.upper_bound > infimum
    assert result.lower_bound is None or not result.region.everything or result.lower_bound <= infimum + 1e-12
    assert result.status is not ms.Status.CERTIFIED or result.relative_gap <= result.tol


@pytest.mark.parametrize("number", range(len(UNBOUNDED)))
def test_what_falls_without_end_is_not_certified(number: int) -> None:
    result = ms.solve(UNBOUNDED[number], time_limit=20)
    assert result.status not in (ms.Status.CERTIFIED, ms.Status.INFEASIBLE, ms.Status.AT_INFINITY)
    assert result.lower_bound is None or not result.region.everything
