"""What all pictures share: the Axes to draw on, a few colours, and how Axes are dressed.

Nothing global is changed: fonts are those of the user's own settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidInput, SolverUnavailable
from ..machine.checks import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Colours that people who are colour-blind tell apart, and that stay apart in grey.
#: Source: Okabe and Ito, *Color Universal Design* (2008).
BLUE, ORANGE, GREEN, GREY, BLACK = "#0072B2", "#D55E00", "#009E73", "#8C8C8C", "#222222"
#: Lighter blue, for areas.
PALE = "#CFE3F0"

#: Inches: a picture of the width of a page of the documentation, and one panel of three.
WIDE, HIGH, PANEL = 6.4, 3.6, 3.1
#: Panels in a row.
_ROW = 3


def figure_class() -> Any:
    """Return `matplotlib.figure.Figure`, for pictures that go to a file and never to a screen.

    Raises
    ------
    SolverUnavailable
        Without matplotlib.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SolverUnavailable("plots need matplotlib: install the extra 'plotting'") from error
    return Figure


def on(ax: Axes | None, width: float = WIDE, height: float = HIGH) -> Axes:
    """Return the Axes given, or that of a new figure of this size in inches.

    Raises
    ------
    InvalidInput
        What was given is no Axes.
    SolverUnavailable
        Without matplotlib.
    """
    figure_class()
    from matplotlib.axes import Axes

    if ax is None:
        from matplotlib import pyplot

        return pyplot.subplots(figsize=(width, height), layout="constrained")[1]
    if not isinstance(ax, Axes):
        raise InvalidInput(f"ax: expected a matplotlib Axes, got {shown(ax)}")
    return ax


def panels(axes: Any, count: int, figure: Any = None) -> list[Axes]:
    """Return `count` Axes: those given, or the panels of a new figure, at most three in a row.

    Parameters
    ----------
    axes : Axes, array of Axes or None
    count : int
    figure : Figure, optional
        An empty one to put the panels on; its size is set.
    """
    if axes is not None:
        given = [on(each) for each in np.ravel(np.asarray(axes, dtype=object))]
        if len(given) != count:
            raise InvalidInput(f"axes: expected {count}, one a panel, got {len(given)}")
        return given
    made = figure_class()
    if figure is None:
        from matplotlib import pyplot

        figure = pyplot.figure(layout="constrained")
    assert isinstance(figure, made)
    columns = min(count, _ROW)
    rows = -(-count // columns)
    figure.set_size_inches(max(4.2, PANEL * columns), 2.9 * rows)
    every = list(np.ravel(figure.subplots(rows, columns, squeeze=False)))
    for unused in every[count:]:
        unused.set_visible(False)
    return every[:count]


def whole_numbers(axis: Any) -> None:
    """Let an axis have ticks at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def dressed(ax: Axes, title: str = "", x: str = "", y: str = "") -> Axes:
    """Return the Axes with title, labels, a light grid behind what is drawn, and no box around it."""
    ax.set_title(title, fontsize="medium", loc="left")
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(color="#DDDDDD", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def legend(ax: Axes, beside: bool = False) -> Axes:
    """Return the Axes with a legend where there are several things to tell apart: `beside` it, or where room is."""
    if len(ax.get_legend_handles_labels()[1]) > 1:
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if beside else {"loc": "best"}
        ax.legend(frameon=not beside, edgecolor="none", framealpha=0.8, fontsize="small", **place)
    return ax
