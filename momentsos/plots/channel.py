"""A channel to infinity: the loss above its limit, over the size of the coefficient that grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidInput
from ..learning.channels import Channel
from ..machine.checks import real_array, shown
from .canvas import BLUE, GREEN, ORANGE, dressed, legend, on

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def channel(
    followed: Channel, ax: Axes | None = None, paths: Mapping[str, tuple[ArrayLike, ArrayLike]] | None = None
) -> Axes:
    """Draw how far the loss is above the limit of a channel, both axes in logarithms.

    Parameters
    ----------
    followed : Channel
        `Report.followed` of a fit.
    ax : Axes, optional
    paths : mapping from names to (sizes, losses), optional
        Other ways, such as the steps of a gradient method: sizes of the same coefficient, and losses. What is not
        above the limit is not drawn.

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        Arguments of another kind, or sizes and losses that do not match.
    """
    if not isinstance(followed, Channel):
        raise InvalidInput(f"followed: expected the channel of a report, got {shown(followed)}")
    ax = on(ax)
    ax.set_xscale("log")
    ax.set_yscale("log")
    for (name, (sizes, losses)), color in zip((paths or {}).items(), (ORANGE, GREEN), strict=False):
        x, y = (real_array(each, f"paths[{name!r}]", "numbers") for each in (sizes, losses))
        if x.shape != y.shape or x.ndim != 1:
            raise InvalidInput(f"paths[{name!r}]: expected as many sizes as losses, got {x.shape} and {y.shape}")
        ax.plot(*_above(x, y - followed.limit), "-", color=color, linewidth=1.4, label=name)
    ax.plot(*_above(followed.sizes, followed.gaps), "o-", color=BLUE, markersize=4, linewidth=1.2, label="best of size")
    return legend(dressed(ax, "", "size of the coefficient that grows", "loss above the limit"))


def _above(sizes: np.ndarray, gaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    seen = gaps > 0
    return sizes[seen], gaps[seen]
