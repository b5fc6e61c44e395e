"""Learned activations over the inputs that the data give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..learning.activation import Activation
from ..learning.fit import Fit
from ..learning.network import PolynomialNetwork
from ..machine.checks import integer, real_array
from .canvas import BLUE, GREY, ORANGE, dressed, on, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
#: A function of an array, or coefficients in the activation's own basis.
Original = Callable[[Floats], Floats] | ArrayLike

#: The inputs that are drawn: all but the outermost half percent on each side.
RANGE = (0.005, 0.995)
#: Points of a curve, bars of a histogram, and the share of the height that the histogram may take.
_POINTS, _BARS, _SHARE = 300, 60, 0.22
#: What the legend needs above the curves, as a share of the height.
_HEADROOM = 0.28


def activation(
    fit: Fit, layer: int = 0, X: ArrayLike | None = None, original: Original | None = None, ax: Axes | None = None
) -> Axes:
    """Draw one learned activation.

    Parameters
    ----------
    fit : Fit
    layer : int
        From 0.
    X : (N, m_0) array, optional
        The data: the curve is drawn over the range of inputs that they give the layer (the middle 99 %), and their
        density along its foot. Without data over the interval that the activation states, else over [-1, 1].
    original : callable or array, optional
        What the learned one is compared with: a function of an array, such as `numpy.tanh`, or coefficients in the
        activation's own basis, such as the true ones. Where a coefficient is 1 by normalisation
        (`PolynomialNetwork`), the two agree up to a factor at best, which the next layer takes over.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        No coefficients were learned, or the arguments do not match.
    """
    network, layers = _learned(fit)
    integer(layer, "layer", 0, layers - 1)
    inputs = None if X is None else _inputs(network, X)[layer]
    return _told(_drawn(on(ax), network, layer, inputs, original))


def activations(
    fit: Fit,
    X: ArrayLike | None = None,
    originals: Callable[[Floats], Floats] | Sequence[Original | None] | None = None,
    axes: Any = None,
    figure: Any = None,
) -> NDArray[np.object_]:
    """Draw all activations of a fit, a panel each.

    Parameters
    ----------
    fit : Fit
    X : (N, m_0) array, optional
        As for `activation`.
    originals : callable, or sequence of callables and arrays, optional
        One a layer, or one function for all layers; None where there is none.
    axes : array of Axes, optional
        One a layer.
    figure : Figure, optional
        An empty one to draw on; without it and without `axes` a new one is made.

    Returns
    -------
    (D,) array of Axes

    Raises
    ------
    InvalidInput
        As `activation`.
    """
    network, layers = _learned(fit)
    if originals is None or callable(originals):
        originals = [originals] * layers
    if len(originals) != layers:
        raise InvalidInput(f"originals: expected {layers}, one a layer, got {len(originals)}")
    inputs: Sequence[Floats | None] = [None] * layers if X is None else _inputs(network, X)
    found = panels(axes, layers, figure)
    for layer, ax in enumerate(found):
        _drawn(ax, network, layer, inputs[layer], originals[layer])
    _told(found[0])
    return np.array(found, dtype=object)


def _learned(fit: object) -> tuple[PolynomialNetwork, int]:
    """Return the network of a fit and the number of its activations."""
    if not isinstance(fit, Fit):
        raise InvalidInput(f"fit: expected a momentsos.Fit, got {type(fit).__name__}")
    if fit.coefficients is None or fit.network is None:
        raise InvalidInput("plot: no coefficients were learned, there is nothing to draw")
    return fit.network, len(fit.coefficients)


def _inputs(network: PolynomialNetwork, X: ArrayLike) -> list[Floats]:
    """Return the inputs of each activation, (N, m_l) arrays."""
    assert network.coefficients is not None
    hidden = np.atleast_2d(real_array(X, "X", f"an array of shape (N, {network.sizes[0]})"))
    if hidden.shape[1] != network.sizes[0]:
        raise InvalidInput(f"X of shape {hidden.shape}: expected (N, {network.sizes[0]})")
    found = []
    for layer, (each, coefficients) in enumerate(zip(network.activations, network.coefficients, strict=True)):
        found.append(hidden @ network.weights[layer].T + network.bias(layer))
        hidden = each.at(found[-1], coefficients)
    return found


def _drawn(ax: Axes, network: PolynomialNetwork, layer: int, inputs: Floats | None, original: Original | None) -> Axes:
    assert network.coefficients is not None
    each, coefficients = network.activations[layer], network.coefficients[layer]
    units = network.sizes[layer + 1] if each.per_unit else 1
    low, high = _stated(each) if inputs is None else np.quantile(inputs, RANGE)
    grid = np.linspace(low, high if high > low else low + 1.0, _POINTS)
    curves = each.at(np.broadcast_to(grid[:, None], (_POINTS, units)), coefficients)
    if inputs is not None:
        _density(ax, inputs, (grid[0], grid[-1]))
    lines = ax.plot(grid, curves, color=BLUE, linewidth=2.0 if units == 1 else 0.8)
    lines[0].set_label("learned" if units == 1 else f"learned, {units} units")
    if original is not None:
        is_function = callable(original)
        values = _values(each, grid, original, units)
        ax.plot(grid, values, "--", color=ORANGE, linewidth=1.6, label="original" if is_function else "true")
    where = " of the activation" if inputs is not None else ", no data given"
    dressed(ax, f"layer {layer + 1}, {each.title}", f"input $t${where}", "$p(t)$")
    return ax


def _told(ax: Axes) -> Axes:
    """Return the Axes with a legend above what is drawn, where there is something to tell apart."""
    if len(ax.get_legend_handles_labels()[1]) > 1:
        low, high = ax.get_ylim()
        ax.set_ylim(low, high + _HEADROOM * (high - low))
        ax.legend(frameon=False, fontsize="small", loc="upper left", ncols=2, columnspacing=1.0, borderaxespad=0.2)
    return ax


def _stated(each: Activation) -> tuple[float, float]:
    return each.interval if isinstance(each.interval, tuple) else (-1.0, 1.0)


def _values(each: Activation, grid: Floats, original: Original, units: int) -> Floats:
    """Return what the learned activation is compared with, on the grid."""
    if callable(original):
        values = np.asarray(original(grid), dtype=np.float64)
        if values.shape != grid.shape:
            raise InvalidInput(f"original: the function returned shape {values.shape} for inputs of {grid.shape}")
        return values
    given, shape = real_array(original, "original", "a function or coefficients"), each.coefficients(units).shape
    if given.shape != shape:
        raise InvalidInput(f"original: expected coefficients of shape {shape}, got {given.shape}")
    return each.at(np.broadcast_to(grid[:, None], (len(grid), units)), given)


def _density(ax: Axes, inputs: Floats, ends: tuple[float, float]) -> None:
    """Draw the histogram of the inputs along the foot of the picture, its highest bar a fifth of the height."""
    counts, edges = np.histogram(inputs, bins=_BARS, range=ends)
    ax.stairs(
        _SHARE * counts / max(1, counts.max()),
        edges,
        fill=True,
        color=GREY,
        alpha=0.35,
        transform=ax.get_xaxis_transform(),
        label="density of inputs",
    )
    ax.use_sticky_edges = False  # those of the bars, at 0 and 1, are no values of the curve
    ax.autoscale_view()
