"""Kinds of problems that were left open although a bound could be had: it is, and it closes the gap."""

from __future__ import annotations

import pytest

import momentsos as ms
from momentsos import Problem as P

u, v = ms.variables("x y")
x, y, z = ms.variables("x y z")
CONICS = [
    v**2 + 3 * u * v - 4 * u**2 + 0.75 * v - 2 * u - 0.25,
    1.5 * v**2 + 3.25 * u * v + 1.5 * u**2 + 3 * v + 3.25 * u + 1.5,
]

#: Kind, problem, minimum.
CLOSED = [
    ("the partial bound is weak, a further dense order closes the gap", P(x + y + z, [x * y * z - 1, x, y, z]), 3.0),
    ("a constant that drowns what happens near by", P(3 * ((u - 1.5) ** 2 + (v + 2) ** 2) ** 4 - 0.875), -0.875),
    ("a relaxation bounds what propagation does not", P(-0.625 * u**2 + 2 * v - 1.25 * u, [], CONICS), -2.0),
]


@pytest.mark.parametrize(("kind", "problem", "minimum"), CLOSED, ids=[kind for kind, *_ in CLOSED])
def test_the_gap_is_closed(kind: str, problem: P, minimum: float) -> None:
    result = ms.solve(problem, time_limit=30)
    assert result.status is ms.Status.CERTIFIED
    assert abs(result.upper_bound - minimum) <= 1e-9 * abs(minimum)


def test_an_equation_that_comes_twice_leaves_no_pivot_of_rounding() -> None:
    equations = [z + 2, (x - 2) * (x + 2) ** 2, y - x - 2.25, 2 * y - 2 * x - 4.5]
    result = ms.solve(P(x * y - 1.125 * z - 0.75 * y - x, [], equations), time_limit=30)
    assert result.upper_bound == 3.5625


@pytest.mark.parametrize("third", [u - v - 1, u + v])
def test_double_roots_leave_no_gap(third: P) -> None:
    equations = [(u - 3) ** 2 * (u + 1), (third + 1) ** 2 * (third + 2)]
    result = ms.solve(P(0.125 * u * v - 2.75 * u + v**2, [], equations), time_limit=30)
    assert result.status is ms.Status.CERTIFIED and result.rigorous
