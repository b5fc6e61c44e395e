"""What happens far out: whether an objective falls without end, and whether its infimum is attained."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from ..conditioning.affine import scale_by
from ..errors import InvalidInput
from .known import Changed, Known
from .local_search import LocalPoint


def falls_without_end(known: Known) -> tuple[Known, bool]:
    """Follow the objective into boxes of growing size; return what was found, and whether it keeps falling.

    It does when the best feasible value in the last of three boxes, each a hundred times wider than the one
    before, lies below -1e5 times the objective's largest term and near the wall, and each fall exceeds ten times
    the last: inside the last box, a term that is small up to there may have turned the objective up. The
    points found on the way are kept: one below a lower bound shows that this does not hold.
    """
    lows = [_lowest_far_out(known, width) for width in (1e2, 1e4, 1e6)]
    more = known.with_points(low for low in lows if low is not None)
    values = [low.value for low in lows if low is not None]
    if len(values) < 3:
        return more, False
    first, second = -np.diff(values)
    if lows[-1] is None or float(np.abs(lows[-1].point).max()) < 0.3e6:
        return more, False
    return more, bool(values[-1] < -1e5 * known.change.inverse_value(known.terms) and second > 10 * first > 0)


def _lowest_far_out(known: Known, width: float) -> LocalPoint | None:
    """Return the lowest feasible point that descents in a wide box find; None without any.

    They take place in the units of the search, and in those of the box: in the first, terms of size 1e24 can end a
    descent before it begins; in the second, what happens near an axis is not seen.
    """
    n = known.problem.n_variables
    found = [known.local.lowest_in_box(width, n)]
    with suppress(InvalidInput):  # of powers that overflow
        change = scale_by(known.problem, width * np.diag(known.change.matrix))
        local = Changed.of(change, known.epigraph).local
        low = local.lowest_in_box(1.0, n)
        if low is not None:
            ends = (low.point, local.polish(low.point).point)
            found += [known.local.polish(known.change.inverse_point(change.point(end))) for end in ends]
    feasible = [point for point in found if point is not None and point.feasible]
    return min(feasible, key=lambda point: point.value, default=None)


def escapes(known: Known, lower: float, near: bool = False) -> bool:
    """Whether the infimum is approached only as variables grow without end, as far as local search can tell.

    Asked when the best point is far out, or, with `near`, wherever it is. The objective is followed into three
    boxes, each ten times wider than the one before. The infimum is at infinity when the lowest points lie near the
    walls of all three, the values fall, each fall is less than half of the one before, what is left above `lower`
    (units of the objective) has fallen to a tenth, and the limit that Aitken's process sees for it is below half of
    that: values that settle above the bound show nothing of the infimum.
    """
    if known.best is None or (not near and not known.is_far):
        return False
    values, further = [], known.best.point[None, :]
    for width in (10.0, 100.0, 1000.0):
        low = known.local.lowest_in_box(width, known.problem.n_variables, further)
        if low is None or float(np.abs(low.point).max()) < 0.3 * width:
            return False
        values.append(low.value - known.change.inverse_value(lower))
        further = np.array([low.point, 10.0 * low.point, known.best.point])
    first, second = -np.diff(values)
    if not (first > 2.0 * second > 0.0 and values[-1] < 0.1 * values[0]):
        return False
    return bool(values[-1] - second**2 / (first - second) <= 0.5 * values[-1])
