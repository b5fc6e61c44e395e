r"""Interval propagation over the columns: what each row says of each monomial while the others lie in the box.

Everything is rounded outwards: a bound that a row implies is moved by what rounding may do to the sum of its terms.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .intervals import joined_products, short_above, short_below
from .model import Model
from .rows import Key
from .safe import Rows
from .steps import Bounded, Closed, Step

Floats = NDArray[np.float64]

_EPS = float(np.finfo(float).eps)
#: A bound is kept where it takes off at least this share of the width.
WORTH = 0.05


class Emptied(Exception):
    """The box holds no point that matters."""

    def __init__(self, closed: Closed) -> None:
        super().__init__("the box is empty")
        self.closed = closed


def propagated(
    model: Model,
    keys: Sequence[Key],
    rows: Rows,
    low: Floats,
    high: Floats,
    steps: list[Step],
    rounds: int = 8,
    worth: float = WORTH,
) -> None:
    """Tighten a box in place, and note the steps.

    Raises
    ------
    Emptied
        With the proof.
    """
    if not joined_products(model, low, high, steps):
        raise Emptied(Closed(()))
    signs = np.where(rows.equal, -1.0, 0.0)
    both = np.concatenate([rows.coefficients, -rows.coefficients[rows.equal]])
    constants = np.concatenate([rows.constants, -rows.constants[rows.equal]])
    origin = np.concatenate([np.arange(len(rows)), np.flatnonzero(rows.equal)])
    sign = np.concatenate([np.ones(len(rows)), signs[rows.equal]])
    for _ in range(rounds):
        found = _from_rows(both, constants, origin, sign, rows.sizes[origin], keys, low, high, steps, worth)
        if not joined_products(model, low, high, steps):
            raise Emptied(Closed(()))
        more = _from_products(model, low, high, steps, worth)
        if not joined_products(model, low, high, steps):
            raise Emptied(Closed(()))
        if not (found or more):
            break


def _from_rows(
    coefficients: Floats,
    constants: Floats,
    origin: NDArray[np.intp],
    sign: Floats,
    sizes: Floats,
    keys: Sequence[Key],
    low: Floats,
    high: Floats,
    steps: list[Step],
    worth: float,
) -> bool:
    """Tighten by single rows; whether anything was worth it."""
    if not len(coefficients):
        return False
    zero = coefficients == 0.0
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        largest = np.where(zero, 0.0, np.where(coefficients > 0, coefficients * high, coefficients * low))
        infinite = np.isinf(largest)
        many = infinite.sum(axis=1)
        finite = np.where(infinite, 0.0, largest)
        sums = finite.sum(axis=1) + constants
        slack = (np.count_nonzero(~zero, axis=1) + 8) * 2 * _EPS
        size = np.abs(finite).sum(axis=1) + np.abs(constants)
        size = np.where(np.isfinite(sizes), np.maximum(size, sizes), size)
        margin = slack * size
        empty = np.flatnonzero((many == 0) & (sums + margin < 0.0))
        if len(empty):
            k = int(empty[np.argmin(sums[empty] / size[empty])])
            raise Emptied(Closed(((keys[origin[k]], float(sign[k])),)))
        # without its own term: the rest is at most `rest`, so the term is at least -rest
        rest = np.where(
            infinite, np.where(many == 1, sums, np.inf)[:, None], np.where(many == 0, sums, np.inf)[:, None]
        )
        rest = rest - finite
        only = np.count_nonzero(~zero, axis=1)[:, None] == 1
        error = np.where(only, 0.0, margin[:, None])
        bound = -(rest + error) / coefficients
        away = 4 * _EPS * np.abs(bound)  # none where it is zero: then the constant is
        below = np.where((coefficients > 0) & np.isfinite(bound), bound - away, -np.inf)
        above = np.where((coefficients < 0) & np.isfinite(bound), bound + away, np.inf)
    found = False
    per_row: dict[int, list[Bounded]] = {}
    width = high - low
    best = below.argmax(axis=0), above.argmin(axis=0)
    for c in np.flatnonzero((below.max(axis=0) > low) | (above.min(axis=0) < high)).tolist():
        for upper, k in ((False, int(best[0][c])), (True, int(best[1][c]))):
            own = _tightened(c, upper, float((above if upper else below)[k, c]), low, high, float(width[c]), worth)
            if own is not None:
                per_row.setdefault(k, []).append(own)
                found = True
    for k, bounds in per_row.items():
        steps.append(Step(((keys[origin[k]], float(sign[k])),), tuple(bounds)))
    return found


def _tightened(
    c: int, upper: bool, value: float, low: Floats, high: Floats, width: float, worth: float, other: int = -1
) -> Bounded | None:
    """Take a bound over into the box where it is worth it."""
    if not np.isfinite(value):
        return None
    old = float(high[c] if upper else low[c])
    gain = old - value if upper else value - old
    if not gain > (worth * width if np.isfinite(width) else 0.0) or (np.isfinite(old) and gain <= 1e-9 * abs(old)):
        return None
    scale = width if np.isfinite(width) else abs(value)
    value = short_above(value, scale) if upper else short_below(value, scale)
    if (value >= old) if upper else (value <= old):
        return None
    (high if upper else low)[c] = value
    return Bounded(c, upper, value, other)


def _from_products(model: Model, low: Floats, high: Floats, steps: list[Step], worth: float) -> bool:
    """Tighten factors by the intervals of products; whether anything was worth it."""
    found: list[Bounded] = []
    columns = model.column_of[model.pair_i + 1, model.pair_j + 1]
    i, j = model.pair_i, model.pair_j
    width = high[: model.size] - low[: model.size]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        square = i == j
        reach = np.sqrt(np.maximum(high[columns], 0.0)) * (1 + 4 * _EPS)
        helps = square & np.isfinite(reach) & ((reach < high[i]) | (-reach > low[i]))
        for k in np.flatnonzero(helps).tolist():
            v, most = int(i[k]), float(reach[k])
            for upper, value in ((False, -most), (True, most)):
                own = _tightened(v, upper, value, low, high, float(width[v]), worth, v)
                found += [] if own is None else [own]
        for p, q in ((i, j), (j, i)):
            away = ((low[q] > 0) | (high[q] < 0)) & ~square
            if not away.any():
                continue
            ends = np.stack(
                [low[columns] / low[q], low[columns] / high[q], high[columns] / low[q], high[columns] / high[q]]
            )
            ends = np.where(np.isnan(ends), 0.0, ends)
            least, most_ = ends.min(axis=0), ends.max(axis=0)
            least, most_ = least - 4 * _EPS * np.abs(least), most_ + 4 * _EPS * np.abs(most_)
            for k in np.flatnonzero(away & ((least > low[p]) | (most_ < high[p]))).tolist():
                v = int(p[k])
                for upper, value in ((False, float(least[k])), (True, float(most_[k]))):
                    own = _tightened(v, upper, value, low, high, float(width[v]), worth, int(q[k]))
                    found += [] if own is None else [own]
    if found:
        steps.append(Step((), tuple(found)))
    return bool(found)
