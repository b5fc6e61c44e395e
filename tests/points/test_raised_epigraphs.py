"""Points of an epigraph are raised by what the constraints lack, in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.points.judge import Feasibility, PointJudge


def epigraph(seed: int, scale: float) -> tuple[ms.Problem, np.ndarray]:
    """Return an epigraph of six random quartics in three variables, and a point on its boundary up to rounding."""
    draw, names = np.random.default_rng(seed), ["a", "b", "c", "theta"]
    *variables, theta = ms.variables(names)
    parts = []
    for _ in range(6):
        part = sum(scale * float(draw.standard_normal()) * v**k for v in variables for k in range(1, 5)) + float(
            draw.standard_normal()
        )
        parts += [theta - part, theta + part]
    problem = ms.Problem(theta, parts, variables=names)
    x = np.append(draw.standard_normal(3), 0.0)
    x[3] = max(-float(g(x)) for g in problem.inequalities)
    return problem, x


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("seed", range(10))
def test_a_raised_point_is_exactly_feasible_and_no_higher_than_it_must_be(seed, scale) -> None:
    problem, x = epigraph(seed, scale)
    verdict = PointJudge(problem).raised(x, None, 3)
    assert verdict is not None and verdict.feasibility is Feasibility.EXACT
    point = [Fraction(float(a)) + Fraction(float(b)) for a, b in zip(verdict.point, verdict.fine, strict=True)]
    values = []
    for g in problem.inequalities:
        rows, numbers = g.exponents.tolist(), [Fraction(float(c)) for c in g.values]
        terms = []
        for c, row in zip(numbers, rows, strict=True):
            for base, power in zip(point, row, strict=True):
                c *= base**power
            terms.append(c)
        values.append(sum(terms, Fraction(0)))
    assert 0 <= min(values) <= abs(point[3]) * Fraction(1, 10**24) or (verdict.fine == 0).all()
    assert point[:3] == [Fraction(float(a)) for a in x[:3]]


def test_a_point_that_lacks_much_is_not_raised() -> None:
    problem, x = epigraph(0, 1.0)
    x[3] -= 1e-6 * abs(x[3])
    assert PointJudge(problem).raised(x, None, 3) is None


def test_other_constraints_are_asked_too() -> None:
    x, theta = ms.variables("x theta")
    problem = ms.Problem(theta, [theta - x**2, x - 2], variables=["x", "theta"])
    assert PointJudge(problem).raised([1.0, 1.0], None, 1) is None
