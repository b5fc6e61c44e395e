"""What happens far out: whether an objective falls without end, and whether its infimum is attained."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import half_widths, scale_by
from ..errors import InvalidInput
from .known import Changed, Known
from .local_search import LocalPoint

Floats = NDArray[np.float64]


def seen_far_out(known: Known) -> tuple[Known, list[Floats]]:
    """Follow the objective into three boxes, each a hundred times wider than the one before.

    Returns
    -------
    known : Known
        With the points found on the way: one below a lower bound shows that this does not hold.
    ends : list of (n,) arrays
        Where the objective is lowest in each box, in the user's units: these may show a direction in which it falls.
    """
    lows = [_lowest_far_out(known, width) for width in (1e2, 1e4, 1e6)]
    units = np.diag(known.change.matrix)
    return known.with_points(low for low in lows if low is not None), [
        units * low.point for low in lows if low is not None
    ]


def _lowest_far_out(known: Known, width: float) -> LocalPoint | None:
    """Return the lowest feasible point that descents in a wide box find; None without any.

    They take place in the units of the search, and in those of the box: in the first, terms of size 1e24 can end a
    descent before it begins; in the second, what happens near an axis is not seen.
    """
    n = known.problem.n_variables
    found = [known.local.lowest_in_box(width, n)]
    with suppress(InvalidInput):  # of powers that overflow
        change = scale_by(known.problem, width * np.diag(known.change.matrix))
        local = Changed.of(change, known.epigraph, until=known.options.until).local
        low = local.lowest_in_box(1.0, n)
        if low is not None:
            ends = (low.point, local.polish(low.point).point)
            found += [known.local.polish(known.change.inverse_point(change.point(end))) for end in ends]
    return _lowest_accepted(known, [point for point in found if point is not None])


def _lowest_accepted(known: Known, points: list[LocalPoint]) -> LocalPoint | None:
    """Return the lowest one of some points as the judge sees it, None when all are refused."""
    for point in sorted(points, key=lambda each: each.value):
        accepted = known.accepted(point)
        if accepted is not None:
            return accepted
    return None


def escapes(known: Known, lower: float, near: bool = False) -> bool:
    """Whether the infimum is approached only as variables grow without end, as far as local search can tell.

    Asked when the best point is far out, or, with `near`, wherever it is. The objective is followed into three
    boxes, each ten times wider than the one before. The infimum is at infinity when the lowest points lie near the
    walls of all three, the values fall, each fall is less than half of the one before, what is left above `lower`
    (units of the objective) has fallen to a tenth, and the limit that Aitken's process sees for it is below half of
    that: values that settle above the bound show nothing of the infimum. On a bounded set it is attained.
    """
    if known.best is None or (not near and not known.is_far) or np.isfinite(half_widths(known.problem)).all():
        return False
    values, further = [], known.best.point[None, :]
    for width in (10.0, 100.0, 1000.0):
        found = known.local.lowest_in_box(width, known.problem.n_variables, further)
        low = None if found is None else known.accepted(found)
        if low is None or float(np.abs(low.point).max()) < 0.3 * width:
            return False
        values.append(low.value - known.change.inverse_value(lower))
        further = np.array([low.point, 10.0 * low.point, known.best.point])
    first, second = -np.diff(values)
    if not (first > 2.0 * second > 0.0 and values[-1] < 0.1 * values[0]):
        return False
    return bool(values[-1] - second**2 / (first - second) <= 0.5 * values[-1])
