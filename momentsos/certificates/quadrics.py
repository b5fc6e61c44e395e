"""Rational points of quadrics: lines through one rational point lead to all others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import isqrt

from flint import fmpq, fmpq_mpoly

from .frame import fraction

#: Integers tried for the first coordinates of a rational point; the others but one are zero.
_RANGE, _FREE = 4, 3


def onto_quadric(h: fmpq_mpoly, point: list[fmpq]) -> list[fmpq] | None:
    """Return the second intersection of `h = 0` with the line through `point` and a rational point, or None."""
    for pole in _rational_points(h, len(point)):
        line = [x - p for x, p in zip(point, pole, strict=True)]
        ahead = h(*[p + d for p, d in zip(pole, line, strict=True)])
        behind = h(*[p - d for p, d in zip(pole, line, strict=True)])
        quadratic, slope = (ahead + behind) / 2, (ahead - behind) / 2
        step = fmpq(0) if quadratic == 0 else -slope / quadratic
        if abs(step - 1) < fmpq(1, 100):
            return [p + step * d for p, d in zip(pole, line, strict=True)]
    return None


def _rational_points(h: fmpq_mpoly, n: int) -> Iterator[list[fmpq]]:
    """Yield points with small integer coordinates except for one."""
    used = [i for i, degree in enumerate(h.degrees()) if degree]
    for axis in used:
        others = [i for i in used if i != axis][:_FREE]
        for integers in product(range(-_RANGE, _RANGE + 1), repeat=len(others)):
            at = [fmpq(0)] * n
            for i, value in zip(others, integers, strict=True):
                at[i] = fmpq(value)
            for root in _rational_roots(h, at, axis):
                at[axis] = root
                yield list(at)


def _rational_roots(h: fmpq_mpoly, at: list[fmpq], axis: int) -> list[fmpq]:
    """Return the rational values of one coordinate for which `h` vanishes, where `h` is quadratic in it."""
    values = []
    for value in (-1, 0, 1):
        at[axis] = fmpq(value)
        values.append(h(*at))
    a, b, c = (values[0] + values[2]) / 2 - values[1], (values[2] - values[0]) / 2, values[1]
    square = fraction(b * b - 4 * a * c)
    if a == 0 or square < 0:
        return []
    top, bottom = isqrt(square.numerator), isqrt(square.denominator)
    if top * top != square.numerator or bottom * bottom != square.denominator:
        return []
    root = fmpq(top, bottom)
    return [(-b + root) / (2 * a), (-b - root) / (2 * a)]
