"""Residuals sample by sample, as in Figure 1 of Zhang, Nie and Tang (2025)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.checks import real_array
from .canvas import BLUE, dressed, on

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def residuals(values: ArrayLike, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw every entry of the residuals against the number of its sample.

    Parameters
    ----------
    values : (N, m) array
        Outputs minus targets, one row a sample.
    ax : Axes, optional
    title : str

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        The values are no array of this shape.
    """
    rows = _rows(values)
    ax = on(ax)
    samples = np.repeat(np.arange(1, len(rows) + 1), rows.shape[1])
    ax.plot(samples, rows.ravel(), ".", color=BLUE, markersize=3, alpha=0.5, label="entries")
    ax.axhline(0.0, color="#BBBBBB", linewidth=0.8, zorder=0)
    return dressed(ax, title, "sample", "residual (unit of the outputs)")


def residual_norms(values: ArrayLike, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw the Euclidean norm of each sample's residual; arguments and errors as for `residuals`."""
    rows = _rows(values)
    ax = on(ax)
    norms = np.linalg.norm(rows, axis=1)
    ax.plot(np.arange(1, len(rows) + 1), norms, ".", color=BLUE, markersize=6, label="norms")
    ax.set_ylim(0.0, 1.08 * float(norms.max()) or 1.0)
    return dressed(ax, title, "sample", "norm of the residual (same unit)")


def _rows(values: ArrayLike) -> NDArray[np.float64]:
    rows = real_array(values, "values", "an array of shape (N, m)")
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or not rows.size:
        raise InvalidInput(f"values of shape {rows.shape}: expected (N, m), one row a sample")
    return rows
