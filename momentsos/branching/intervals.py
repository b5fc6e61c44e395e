"""The box of a node: an interval for every column, kept so that rounding makes it larger and never smaller."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .model import Model
from .steps import OWN_FACTORS, Bounded, Step

Floats = NDArray[np.float64]

#: Bounds of lifted variables are stated with so many bits more than the width of their interval has.
_BITS = 22
#: An interval of a lifted variable follows those of its factors where it loses this share of its width.
_WORTH = 1e-3


def joined_products(model: Model, low: Floats, high: Floats, steps: list[Step]) -> bool:
    """Tighten the intervals of products in place to what their factors allow; False where nothing is left.

    What that says of lifted variables, which are factors themselves, is noted.
    """
    found = []
    for k in range(model.framed.n, model.size):
        (least,), (most,) = _of_factors(model, low, high, slice(k, k + 1))
        width = high[k] - low[k]
        for upper, value, old in ((False, float(least), float(low[k])), (True, float(most), float(high[k]))):
            gain = old - value if upper else value - old
            if np.isfinite(value) and gain > (_WORTH * width if np.isfinite(width) else 0.0):
                (high if upper else low)[k] = value
                found.append(Bounded(k, upper, float(value), OWN_FACTORS))
    if found:
        steps.append(Step((), tuple(found)))
    later = slice(model.size, None)
    least, most = _of_factors(model, low, high, later)
    low[later], high[later] = np.maximum(low[later], least), np.minimum(high[later], most)
    return bool((low <= high).all())


def _of_factors(model: Model, low: Floats, high: Floats, which: slice) -> tuple[Floats, Floats]:
    i, j = model.first[which], model.second[which]
    least, most = product_interval(low[i], high[i], low[j], high[j])
    square = i == j
    inside = square & (low[i] <= 0) & (high[i] >= 0)
    return np.where(inside, 0.0, np.where(square, np.maximum(least, 0.0), least)), most


def product_interval(a: Floats, b: Floats, c: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Return intervals that contain the products of numbers in [a, b] and [c, d], rounded outwards."""
    with np.errstate(invalid="ignore", over="ignore"):
        ends = np.stack([a * c, a * d, b * c, b * d])
    ends = np.where(np.isnan(ends), 0.0, ends)  # zero times infinity
    least, most = ends.min(axis=0), ends.max(axis=0)
    exact = _are_short(a) & _are_short(b) & _are_short(c) & _are_short(d)
    return (
        np.where(exact | (least == 0.0), least, np.nextafter(least, -np.inf)),
        np.where(exact | (most == 0.0), most, np.nextafter(most, np.inf)),
    )


def _are_short(a: Floats) -> NDArray[np.bool_]:
    """Whether numbers have so few digits that their products are floats."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((a * 2.0**24 == np.rint(a * 2.0**24)) & (np.abs(a) <= 1.0))


def short_below(value: float, width: float) -> float:
    """Return a float with few digits at most `value`, by little of a width."""
    return _short(value, width, math.floor)


def short_above(value: float, width: float) -> float:
    """Return a float with few digits at least `value`."""
    return _short(value, width, math.ceil)


def _short(value: float, width: float, rounding: object) -> float:
    if not (0.0 < width < math.inf) or not math.isfinite(value):
        return value
    grid = math.frexp(width)[1] - _BITS
    if abs(value) >= math.ldexp(1.0, min(grid + 52, 1000)) or grid < -1000:
        return value
    assert callable(rounding)
    return math.ldexp(float(rounding(math.ldexp(value, -grid))), grid)
