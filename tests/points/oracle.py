"""Independent answers about points: in fractions, term by term, and by Newton's method in mpmath."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
from numpy.typing import ArrayLike

import momentsos as ms
from momentsos.points.judge import Feasibility, PointJudge, Verdict

Point = list[Fraction]


def value_at(p: ms.Polynomial, point: Point) -> Fraction:
    """Return the exact value; floats are the binary fractions that they are."""
    total = Fraction(0)
    for row, coefficient in zip(p.exponents.tolist(), p.coefficients.tolist(), strict=True):
        term = Fraction(coefficient)
        for x, power in zip(point, row, strict=True):
            if power:
                term *= x**power
        total += term
    return total


def point_of(verdict: Verdict) -> Point:
    """Return the point of a verdict, exactly."""
    if verdict.exact_point is not None:
        return list(verdict.exact_point)
    return [Fraction(x) + Fraction(d) for x, d in zip(verdict.point.tolist(), verdict.fine.tolist(), strict=True)]


def complaint(problem: ms.Problem, verdict: Verdict) -> str | None:
    """Return what is wrong with a verdict that accepts a point, None where nothing is seen to be."""
    point, value = point_of(verdict), verdict.value
    if (
        value is None
        or value.low > value.high
        or not (verdict.upper == math.inf or Fraction(verdict.upper) >= value.high)
    ):
        return "the value is no enclosure"
    if any(
        abs(Fraction(x) - exact) > abs(exact) / 2**52 for x, exact in zip(verdict.point.tolist(), point, strict=True)
    ):
        return "the floats are not the point"
    if verdict.feasibility is not Feasibility.EXACT:
        return None
    if any(value_at(g, point) < 0 for g in problem.inequalities):
        return "an inequality does not hold"
    if any(value_at(h, point) != 0 for h in problem.equalities):
        return "an equality does not hold"
    exact = value_at(problem.minimize, point)
    if not value.low <= exact <= value.high:
        return "the value is another one"
    if value.high - value.low > abs(exact) / 10**30:
        return "the value has not thirty digits"
    return None


def judged(problem: ms.Problem, point: ArrayLike, **options: Any) -> Verdict:
    """Return the verdict on a point, which is checked in fractions."""
    verdict = PointJudge(problem)(point, **options)
    if verdict.feasible:
        assert complaint(problem, verdict) is None
        assert verdict.moved <= options.get("limit", 1e-8)
    else:
        assert verdict.reason is not None
        assert verdict.value is None
        assert verdict.upper == math.inf
    return verdict


def nearby_zero(problem: ms.Problem, start: Point, digits: int = 90) -> Point | None:
    """Return a common zero of the equalities to `digits` digits, by Newton's method with exact derivatives."""
    gradients = [h.gradient() for h in problem.equalities]
    m = len(gradients)
    with mpmath.workdps(2 * digits):
        point = list(start)
        for _ in range(12):
            values = mpmath.matrix([_mpf(value_at(h, point)) for h in problem.equalities])
            rows = mpmath.matrix([[_mpf(value_at(d, point)) for d in gradient] for gradient in gradients])
            if max(abs(values[i]) for i in range(m)) < mpmath.mpf(10) ** -digits * mpmath.norm(rows):
                return point
            step = rows.T * mpmath.lu_solve(rows * rows.T, values)
            point = [_rounded(_mpf(x) - d) for x, d in zip(point, list(step), strict=True)]
    return None


def _mpf(number: Fraction) -> mpmath.mpf:
    return mpmath.mpf(number.numerator) / mpmath.mpf(number.denominator)


def _rounded(number: mpmath.mpf) -> Fraction:
    mantissa, exponent = number.man_exp  # of the absolute value
    return Fraction(int(mpmath.sign(number)) * int(mantissa)) * Fraction(2) ** int(exponent)
