"""Lower bounds over the orders of the hierarchy, below the best point known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidInput
from ..hierarchy.result import Result
from .canvas import BLUE, ORANGE, dressed, legend, on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Bounds that differ by less than this share of their size are drawn as one line, not with an axis of their digits.
_TOGETHER = 1e-4


def bounds(result: Result, ax: Axes | None = None) -> Axes:
    """Draw the lower bound of each relaxation that was solved, and the objective at the best point.

    Filled marks hold on the whole feasible set, hollow ones in a ball or a box only (`Attempt.region`). Several
    relaxations of one order stand beside each other, in the order in which they were solved.

    Parameters
    ----------
    result : Result
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        There is no bound to draw.
    """
    if not isinstance(result, Result):
        raise InvalidInput(f"result: expected a momentsos.Result, got {type(result).__name__}")
    tried = [attempt for attempt in result.attempts if attempt.lower_bound is not None]
    if not tried and result.lower_bound is None and result.upper_bound is None:
        raise InvalidInput("plot: no bound was found, there is nothing to draw")
    ax = on(ax)
    orders = [attempt.order for attempt in tried]
    places = _beside([attempt.order for attempt in tried])
    for everywhere, label in ((True, "lower bound"), (False, "lower bound in a ball or box")):
        own = [i for i, attempt in enumerate(tried) if attempt.region.everything is everywhere]
        if own:
            values = np.array([tried[i].lower_bound for i in own], np.float64)
            fill = BLUE if everywhere else "white"
            ax.plot([places[i] for i in own], values, "o", color=BLUE, markerfacecolor=fill, zorder=3, label=label)
    if result.upper_bound is not None:
        ax.axhline(result.upper_bound, color=ORANGE, linewidth=1.6, label="objective at the best point")
    if not tried and result.lower_bound is not None:
        ax.axhline(result.lower_bound, color=BLUE, linestyle="--", label="lower bound, known beforehand")
    _limited(ax, [*(a.lower_bound for a in tried), result.upper_bound, result.lower_bound], result.unit)
    if orders:
        ax.set_xticks(sorted(set(orders)))
        ax.set_xlim(min(orders) - 0.6, max(orders) + 0.6)
    gap = "" if result.relative_gap is None else f", relative gap {result.relative_gap:.1e}"
    dressed(ax, f"{result.status.name}{gap}", "order of the relaxation", "value of the objective")
    return legend(ax)


def _beside(orders: list[int]) -> list[float]:
    """Return where the relaxations stand: those of one order around it, the first to the left."""
    seen: dict[int, int] = {}
    found = []
    for order in orders:
        count, place = orders.count(order), seen.get(order, 0)
        seen[order] = place + 1
        found.append(order + (place - 0.5 * (count - 1)) * 0.5 / count)
    return found


def _limited(ax: Axes, values: list[float | None], unit: float) -> None:
    """Keep the axis from showing digits in which bounds that have met differ."""
    known = np.array([value for value in values if value is not None])
    size = float(np.abs(known).max())
    size = size if size > _TOGETHER * unit else unit
    if np.ptp(known) <= _TOGETHER * size:
        middle = float(known.mean())
        ax.set_ylim(middle - 0.1 * size, middle + 0.1 * size)
    else:
        ax.margins(y=0.15)
