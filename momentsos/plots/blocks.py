"""How large the blocks of a relaxation are, and how many there are of each size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidInput
from ..hierarchy.result import Result
from ..relaxations import Relaxation
from .canvas import BLUE, dressed, on, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Sizes up to this many are written below their bars, one by one.
_WRITTEN = 12
#: There is room for at least so many bars, so that one alone does not fill the picture.
_FEW = 4


def block_sizes(relaxation: Relaxation | Result, ax: Axes | None = None) -> Axes:
    """Draw the number of blocks of the conic program over their size.

    Parameters
    ----------
    relaxation : Relaxation or Result
        Of a result the deciding relaxation.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        There is no relaxation, or it has no blocks.
    """
    found = relaxation.relaxation if isinstance(relaxation, Result) else relaxation
    if not isinstance(found, Relaxation):
        raise InvalidInput("block_sizes: expected a relaxation, or a result that has one")
    if not found.sdp.sizes:
        raise InvalidInput("block_sizes: the relaxation has no blocks")
    sizes, counts = np.unique(np.asarray(found.sdp.sizes), return_counts=True)
    ax = on(ax)
    few = len(sizes) <= _WRITTEN
    places = np.arange(len(sizes)) if few else sizes
    bars = ax.bar(places, counts, width=0.6 if few else 0.8, color=BLUE)
    if few:
        ax.set_xticks(places, [str(size) for size in sizes])
        ax.bar_label(bars, fontsize="small", padding=1)
        ax.margins(y=0.15)
        middle, half = 0.5 * (len(sizes) - 1), 0.5 * max(len(sizes), _FEW) + 0.1
        ax.set_xlim(middle - half, middle + half)
    whole_numbers(ax.yaxis)
    plan, count = found.plan, len(found.sdp.sizes)
    blocks = "1 block" if count == 1 else f"{count:,} blocks"
    title = f"{plan.method}, order {plan.order}: {found.sdp.n_moments:,} moments, {blocks}"
    dressed(ax, title, "rows of the block", "number of blocks")
    ax.grid(visible=False, axis="x")
    return ax
