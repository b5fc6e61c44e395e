"""How time or memory grows with a size: the points, and nothing that they do not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvalidInput
from ..machine.checks import real_array
from .canvas import BLUE, dressed, legend, on

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def growth(
    measured: Mapping[float, Sequence[float]],
    ax: Axes | None = None,
    size: str = "size",
    value: str = "processor seconds",
    label: str = "",
    color: str = BLUE,
    mark: str = "o",
) -> Axes:
    """Draw measurements over a size, both in logarithms: a mark a measurement, and a line through the medians.

    No law is fitted: a power of the size shows as a straight line, and where the line is not straight, or falls, there
    is none to be read off.

    Parameters
    ----------
    measured : mapping from sizes to sequences of float
        All above zero; what was measured at each size, one number for each repeat.
    ax : Axes, optional
    size, value : str
        What is on the axes, with units.
    label : str
        Of the line, in a legend.
    color, mark : str

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        Nothing was measured, or something is not above zero.
    """
    if not isinstance(measured, Mapping) or not measured:
        raise InvalidInput("measured: expected a mapping from sizes to measurements, with at least one size")
    sizes = sorted(measured)
    rows = [np.atleast_1d(real_array(measured[n], "measured", "numbers above 0")) for n in sizes]
    if min(sizes) <= 0 or any(row.size == 0 or row.min() <= 0 for row in rows):
        raise InvalidInput("measured: expected sizes and measurements above 0")
    ax = on(ax)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.plot(sizes, [np.median(row) for row in rows], "-", color=color, linewidth=1.4, label=label or None)
    every = np.concatenate([np.full(row.size, n, dtype=float) for n, row in zip(sizes, rows, strict=True)])
    ax.plot(every, np.concatenate(rows), mark, color=color, markersize=4, alpha=0.75)
    ax.set_xticks(sizes, [f"{n:,.0f}" if n < 10_000 else f"$10^{{{np.log10(n):.3g}}}$" for n in sizes])
    ax.xaxis.minorticks_off()
    dressed(ax, "", size, value)
    _decades(ax)
    return legend(ax)


def _decades(ax: Axes) -> None:
    """Let the axis show at least one decade, so that a change of a few percent does not look like growth."""
    from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter

    low, high = (float(end) for end in ax.dataLim.intervaly)
    middle, half = np.sqrt(low * high), max(np.sqrt(high / low) * 1.2, 10**0.55)
    ax.set_ylim(middle / half, middle * half)
    ax.yaxis.set_major_locator(LogLocator(10.0, (1.0, 2.0, 5.0) if half < 6.0 else (1.0,)))
    ax.yaxis.set_major_formatter(LogFormatterSciNotation() if half >= 6.0 else (lambda number, _: f"{number:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
