"""On which set a bound holds: a defect that was not absorbed is bounded on a box, and the box is one of the user's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..bounds.dual import DualBound
from ..bounds.implied import implied_box
from ..bounds.region import EVERYTHING, Box, Region
from ..conditioning.affine import AffineChange
from ..points.known import Known
from .methods import Setting

Floats = NDArray[np.float64]

#: Where nothing bounds the variables, a box is this many times wider than the best point and the natural sizes.
ROOM = 10.0


@dataclass(frozen=True, eq=False)
class Placed:
    """A bound, and the set on which it holds."""

    dual: DualBound
    region: Region


def placed(dual: DualBound, setting: Setting, known: Known, closes: Callable[[float], bool]) -> Placed | None:
    """Return a bound with the set on which it holds; None where it is worth nothing on any set worth naming.

    A bound whose defect was absorbed holds where its setting does. Another one holds on a box: on that of all feasible
    points which are at least as good as the best one known, where constraints and objective imply one, and then
    everywhere; else on one that is wider than the best point and the natural sizes by far.

    Parameters
    ----------
    dual : DualBound
    setting : Setting
    known : Known
    closes : callable
        Whether a bound, in the units of the objective, meets the best point.
    """
    if not setting.everywhere:  # a ball of our own says nothing where all feasible points may lie outside
        return None if known.best is None else Placed(dual, setting.region)
    if dual.absorbed:
        return Placed(dual, setting.region)
    change = setting.change
    box = implied_box(known.problem, known.upper)
    everywhere = None
    if box.finite:
        wide = _widened(dual, _extent(change, box.low, box.high))
        everywhere = None if wide is None else Placed(wide, EVERYTHING)
        if wide is not None and (closes(change.value(wide.value)) or not closes(change.value(dual.value))):
            return everywhere
    if known.best is None:
        return everywhere
    region = near_box(known)
    sides = np.array(region.half_widths)
    near = _widened(dual, _extent(change, -sides, sides))
    return everywhere if near is None else Placed(near, region)


def near_box(known: Known) -> Box:
    """Return a box around the origin that is wider than the best point and the natural sizes by far."""
    sides = ROOM * np.maximum(np.diag(known.change.matrix), np.abs(known.optimum[0]))
    return Box(tuple(0.0 * sides), tuple(sides.tolist()))


def _extent(change: AffineChange, low: Floats, high: Floats) -> Floats:
    """Return half-widths, in changed variables, of a box around their origin that holds a box of the user's."""
    half = np.maximum(np.abs(low - change.shift), np.abs(high - change.shift)) + np.abs(change.fine)
    units = np.diag(change.matrix)
    if np.array_equal(change.matrix, np.diag(units)):
        return np.asarray(half / np.abs(units))
    return np.asarray(np.abs(np.linalg.inv(change.matrix)) @ half)


def _widened(dual: DualBound, extent: Floats) -> DualBound | None:
    """Return the bound on a box that holds another one as well, None where it is worth nothing there."""
    if not np.isfinite(extent).all():
        return None
    wide = replace(dual, reach=np.maximum(dual.reach, (1 + 1e-9) * extent))
    return wide if wide.is_worth_something else None
