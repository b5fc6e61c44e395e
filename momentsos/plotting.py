"""Pictures; matplotlib is imported here and nowhere else."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from .errors import InvalidInput, SolverUnavailable
from .learning.learn import Fit


def plot_activations(fit: Fit, X: ArrayLike, path: str | PathLike[str]) -> None:
    """Draw each learned activation over the range of inputs that the data give it, and save the picture.

    Parameters
    ----------
    fit : Fit
    X : (N, m_0) array
        The inputs that set the ranges.
    path : path
        The ending chooses the format (``.png``, ``.svg``, ``.pdf``).

    Raises
    ------
    InvalidInput
        When there is nothing to draw.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SolverUnavailable("plots need matplotlib: install the extra 'plotting'") from error
    if fit.coefficients is None or fit.network is None:
        raise InvalidInput("plot: no coefficients were learned, there is nothing to draw")
    network, layers = fit.network, len(fit.coefficients)
    figure = Figure(figsize=(4.2 * layers, 3.4), layout="constrained")
    axes = figure.subplots(1, layers, squeeze=False)[0]
    hidden = np.asarray(X, dtype=np.float64)
    drawn = zip(axes, network.activations, fit.coefficients, strict=True)
    for layer, (axis, activation, coefficients) in enumerate(drawn):
        inputs = hidden @ network.weights[layer].T + network.bias(layer)
        low, high = np.quantile(inputs, [0.005, 0.995])
        grid = np.linspace(low, high, 200)
        units = inputs.shape[1] if activation.per_unit else 1
        every = np.broadcast_to(grid[:, None], (len(grid), units))
        axis.plot(grid, activation.at(every, coefficients), linewidth=2)
        axis.set_title(f"layer {layer + 1}, {activation.title}")
        axis.set_xlabel("t")
        axis.grid(alpha=0.3)
        hidden = activation.at(inputs, coefficients)
    axes[0].set_ylabel("p(t)")
    figure.suptitle(f"{fit.status.name}, loss {fit.upper_bound:.4g}")
    figure.savefig(Path(path), dpi=150)
