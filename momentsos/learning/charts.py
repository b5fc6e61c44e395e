r"""By which coefficient a layer is normalised, and where nothing is to be normalised.

Where there is no bias behind layer `l`, the network is the same when :math:`p_l` is multiplied by `s` and
:math:`p_{l+1}(t)` becomes :math:`p_{l+1}(t / s)`: one coefficient of layer `l` may be set to 1. The set of coefficients
in which it is not zero is dense and the loss is continuous, so a lower bound in one such chart is one for all
coefficients; the minimum is reached in a chart where that coefficient of the minimiser is not zero. With a bias behind
it, or where bounds, ties or fixed numbers hold a scale, nothing is redundant, and all coefficients are free.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..machine.checks import is_integer
from .unknowns import Place

if TYPE_CHECKING:
    from .activation import Activation
    from .network import PolynomialNetwork

Floats = NDArray[np.float64]
Chart = tuple[Place, ...]

#: The constant coefficient stays the one that is 1 where its term has at least this share of the layer's largest.
KEPT = 0.1
#: Singular values below this share of the largest count as zero; entries of bases, too.
_ZERO = 1e-9


def is_place(value: object) -> bool:
    """Whether a value is (layer, place) or (layer, unit, place)."""
    return isinstance(value, tuple | list) and len(value) in (2, 3) and all(is_integer(each) for each in value)


def redundant_layers(network: PolynomialNetwork) -> tuple[int, ...]:
    """Return the layers whose scale the next layer can take over."""
    tied = {place[0] for pair in network.ties for place in pair}
    found = []
    for layer in range(network.leading, len(network.activations) - 1):
        own, behind = network.activations[layer], network.activations[layer + 1]
        held = any(len(each.bounds) or len(each.constraints) for each in (own, behind)) or {layer, layer + 1} & tied
        scaled = bool(own.free) and not any(own.fixed.values())
        if scaled and not held and not np.any(network.bias(layer + 1)) and _takes_over_a_scale(behind):
            found.append(layer)
    return tuple(found)


def _takes_over_a_scale(activation: Activation) -> bool:
    """Whether with `p` all :math:`p(t / s)` are among the functions that an activation can be.

    Its elements must span the same space as some powers of `t`, and what is fixed must lie in these, or be constant.
    """
    if activation.are_powers:
        return not any(value for place, value in activation.fixed.items() if place > 0)
    free, elements = list(activation.free), activation.elements
    spanned = elements[:, free]
    rows = np.abs(spanned).max(axis=1, initial=0.0) > _ZERO * np.abs(elements).max()
    if np.linalg.matrix_rank(spanned, _ZERO * np.abs(elements).max()) < rows.sum():
        return False
    fixed = sum((value * elements[:, place] for place, value in activation.fixed.items()), np.zeros(len(elements)))
    return not np.any(np.abs(fixed[1:][~rows[1:]]) > _ZERO * np.abs(fixed).max(initial=0.0))


def default_chart(network: PolynomialNetwork) -> Chart:
    """Return the first coefficient that is free of each layer whose scale is redundant."""
    return tuple(_place(network, layer, 0, network.activations[layer].free[0]) for layer in redundant_layers(network))


def highest_chart(network: PolynomialNetwork) -> Chart:
    """Return the last coefficient that is free of each layer whose scale is redundant."""
    return tuple(_place(network, layer, 0, network.activations[layer].free[-1]) for layer in redundant_layers(network))


def paper_chart(network: PolynomialNetwork) -> Chart:
    """Return the constant coefficients of all layers but the last."""
    for layer, each in enumerate(network.activations[:-1]):
        if not each.is_polynomial or each.per_unit or 0 not in each.free:
            raise InvalidInput(
                f"normalisation='paper': activations[{layer}] has no free constant that all units share; "
                f"'auto' normalises what is redundant"
            )
    return tuple((layer, 0) for layer in range(len(network.activations) - 1))


def _place(network: PolynomialNetwork, layer: int, unit: int, place: int) -> Place:
    return (layer, unit, place) if network.activations[layer].per_unit else (layer, place)


def shares(network: PolynomialNetwork, coefficients: Sequence[Floats], X: Floats) -> list[Floats]:
    r"""Return the root mean square of each term :math:`c_i \phi_i(t)` over the samples, for each layer.

    One array a layer, (places,), or (units, places) where units have their own coefficients.
    """
    hidden, found = X, []
    for layer, (activation, given) in enumerate(zip(network.activations, coefficients, strict=True)):
        inputs = hidden @ network.weights[layer].T + network.bias(layer)
        sizes = np.zeros((inputs.shape[1], activation.size))
        for place in range(activation.size):
            one = (np.arange(activation.size) == place).astype(np.float64)
            terms = activation.at(inputs, np.tile(one, (inputs.shape[1], 1)) if activation.per_unit else one)
            sizes[:, place] = np.sqrt((terms**2).mean(axis=0))
        sizes = sizes if activation.per_unit else np.sqrt((sizes**2).mean(axis=0))
        found.append(np.abs(given) * sizes)
        hidden = activation.at(inputs, given)
    return found


def chart_at(network: PolynomialNetwork, coefficients: Sequence[Floats], X: Floats) -> Chart:
    """Return the chart in which these coefficients are neither far away nor at infinity."""
    found, chart = shares(network, coefficients, X), []
    for layer in redundant_layers(network):
        sizes = np.atleast_2d(found[layer])
        first = network.activations[layer].free[0]
        free = np.zeros_like(sizes)
        free[:, list(network.activations[layer].free)] = sizes[:, list(network.activations[layer].free)]
        unit, place = divmod(int(np.argmax(free)), free.shape[1])
        if free[0, first] >= KEPT * free.max():
            unit, place = 0, first
        chart.append(_place(network, layer, unit, place))
    return tuple(chart)


def moved(network: PolynomialNetwork, coefficients: Sequence[Floats], chart: Chart) -> list[Floats]:
    """Return coefficients of the same function whose entries in a chart are 1."""
    found = [np.array(given, dtype=np.float64) for given in coefficients]
    for place in chart:
        layer, behind = place[0], network.activations[place[0] + 1]
        scale = float(found[layer][place[1:]])
        found[layer] = found[layer] / scale
        powers = behind.powers_of(found[layer + 1]) * scale ** np.arange(behind.size)
        own = powers
        if not behind.are_powers:
            own = np.linalg.solve(behind.elements, np.atleast_2d(powers).T).T.reshape(powers.shape)
        free = list(behind.free)
        found[layer + 1][..., free] = own[..., free]
    return found
