"""Arithmetic with floats that is rounded upwards, and intervals whose ends may be infinite."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

#: The ends of an interval.
Interval = tuple[float, float]

_SMALL = 2.0**53


def up(x: float) -> float:
    """Return the next float above."""
    return math.nextafter(x, math.inf)


def sum_above(terms: Iterable[float]) -> float:
    """Return the least float that a sum of floats does not exceed; infinity where one is infinite, or NaN."""
    listed = list(terms)
    try:
        total = math.fsum(listed)
    except (OverflowError, ValueError):  # a sum that is no float, infinities of both signs
        return math.inf
    if not math.isfinite(total):
        return total if total == -math.inf else math.inf
    return up(total) if math.fsum([*listed, -total]) > 0 else total


def product_above(a: float, b: float) -> float:
    """Return a float that the product is not above; zero times infinity is zero."""
    if a == 0 or b == 0:
        return 0.0
    p = a * b
    exact = abs(a) == 1 or abs(b) == 1 or (abs(p) < _SMALL and a.is_integer() and b.is_integer())
    return p if exact or math.isinf(a) or math.isinf(b) else up(p)


def times(x: Interval, y: Interval) -> Interval:
    """Return an interval with all products."""
    ends = [(a, b) for a in x for b in y]
    return -max(product_above(-a, b) for a, b in ends), max(product_above(a, b) for a, b in ends)


def power(x: Interval, exponent: int) -> Interval:
    """Return an interval with all powers of numbers of an interval."""
    low, high = x
    if exponent % 2:
        return -_power_above(-low, exponent), _power_above(high, exponent)
    least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    return -_power_above(-least, exponent), _power_above(max(abs(low), abs(high)), exponent)


def _power_above(x: float, exponent: int) -> float:
    """Return a float above `x ** exponent`, for negative `x` above `-|x| ** exponent`."""
    found = x
    for _ in range(exponent - 1):
        found = product_above(found, abs(x))
    return found


def enclosed(value: float | Fraction) -> Interval:
    """Return the floats next to a number, both itself where it is a float."""
    if not isinstance(value, Fraction):
        return float(value), float(value)
    try:
        near = float(value)
    except OverflowError:
        near = math.inf if value > 0 else -math.inf
    if math.isinf(near):
        largest = math.nextafter(math.inf, 0.0)
        return (largest, math.inf) if near > 0 else (-math.inf, -largest)
    exact = Fraction(near)
    return (
        near if exact <= value else math.nextafter(near, -math.inf),
        near if exact >= value else up(near),
    )
