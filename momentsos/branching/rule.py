"""Where a box is split."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .model import Model
from .node import Seen
from .steps import Split

Floats = NDArray[np.float64]

#: Both factors of an equality count as nonzero from here on, and intervals narrower than this are not split.
_NONZERO, NARROWEST = 1e-6, 1e-9
#: The place of a split: this share of the point of the relaxation, the rest of the middle; and so far from the ends.
_OF_POINT, _FROM_ENDS = 0.75, 0.15


def split_of(model: Model, seen: Seen) -> Split | None:
    """Return how a node is split, None where its intervals are too narrow."""
    by_equality = _by_equality(model, seen)
    return by_equality or _at_value(model, seen)


def _by_equality(model: Model, seen: Seen) -> Split | None:
    """Split by the equality :math:`(v_i - a)(v_j - b) = 0` whose smaller factor is the largest."""
    low, high, point = seen.node.low, seen.node.high, seen.point
    most, best = _NONZERO, None
    for number, i, j, a, b in model.products:
        near, far = float(a), float(b)
        if not (low[i] <= near <= high[i] and low[j] <= far <= high[j]):
            continue
        if min(high[i] - low[i], high[j] - low[j]) < NARROWEST:
            continue
        if point is None:
            size = min(high[i] - low[i], high[j] - low[j])
        else:
            size = min(abs(point[i] - near), abs(point[j] - far))
        if size > most:
            most, best = size, Split((i, j), (_around(a), _around(b)), number, (a, b))
    return best


def _around(value: Fraction) -> tuple[float, float]:
    """Return the smallest interval of floats that contains a number."""
    near = float(value)
    if Fraction(near) == value:
        return near, near
    if Fraction(near) > value:
        return math.nextafter(near, -math.inf), near
    return near, math.nextafter(near, math.inf)


def _at_value(model: Model, seen: Seen) -> Split | None:
    low, high = seen.node.low[: model.size], seen.node.high[: model.size]
    width = high - low
    middle = 0.5 * (low + high)
    point = middle if seen.point is None else seen.point[: model.size]
    scores = np.zeros(model.size)
    if seen.point is not None and seen.weights is not None and len(model.columns) > model.size:
        i, j = model.first, model.second
        product = i >= 0
        i, j = i[product], j[product]
        wrong = np.abs(seen.point[product] - point[i] * point[j])
        weights = seen.weights[product]
        weights = weights + 1e-4 * weights.max(initial=0.0) + 1e-9
        share = np.where(wrong > 1e-9, weights * wrong, 0.0)
        for which, other in ((i, j), (j, i)):
            thin = width[which] < 1e-3 * np.maximum(width[which], width[other])
            np.add.at(scores, which, np.where(i == j, 0.5, np.where(thin, 0.5, 1.0)) * share)
        scores[model.framed.n :] = 0.0
    scores = np.where(width > NARROWEST, scores, 0.0)
    if scores.max() > 0.0:
        k = int(scores.argmax())
    else:
        k = int(width[: model.framed.n].argmax())
        if not width[k] > NARROWEST:
            return None
    at = (1 - _OF_POINT) * middle[k] + _OF_POINT * point[k]
    at = min(max(at, low[k] + _FROM_ENDS * width[k]), high[k] - _FROM_ENDS * width[k])
    at = _short(at, float(width[k]))
    return Split((k, k), ((-math.inf, at), (at, math.inf))) if low[k] < at < high[k] else None


def _short(value: float, width: float) -> float:
    """Return a number with few digits next to a value."""
    grid = math.frexp(width)[1] - 10
    return math.ldexp(round(math.ldexp(value, -grid)), grid)
