"""Chains of linear layers and activations: modules of PyTorch as polynomial networks, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..errors import InvalidInput
from ..learning.activation import of_degrees
from ..learning.network import PolynomialNetwork
from ..machine.checks import is_integer, items, shown
from ..models.series import Series
from .activation import PolynomialActivation

Floats = NDArray[np.float64]


def network_of(module: Any, degrees: Any = None) -> PolynomialNetwork:
    """Return a `Sequential` of `Linear` layers with activations between them as a network.

    Parameters
    ----------
    module : Sequential
        `Dropout`, `Identity` and a `Flatten` at the beginning are passed over. Activations that are a
        `PolynomialActivation` give their coefficients, and all of them have to, or none.
    degrees : int or sequence of int, optional
        For other activations, whose coefficients are to be learned; 3 by default.

    Raises
    ------
    InvalidInput
        A part that is none of these, by its name.
    """
    if not isinstance(module, nn.Sequential):
        raise InvalidInput(f"from_torch: expected a torch.nn.Sequential of Linear layers, got {shown(module)}")
    linear: list[nn.Linear] = []
    between: list[nn.Module] = []
    for name, part in module.named_children():
        if isinstance(part, nn.Linear):
            if len(linear) != len(between):
                raise InvalidInput(f"from_torch: {name!r} follows a Linear layer without an activation between them")
            linear.append(part)
        elif isinstance(part, nn.Dropout | nn.Identity) or (isinstance(part, nn.Flatten) and not linear):
            continue
        elif len(between) == len(linear) - 1 and not any(part.children()):
            between.append(part)
        else:
            raise InvalidInput(f"from_torch: {name!r} ({type(part).__name__}) is no Linear layer and no activation")
    if len(linear) != len(between) + 1 or not between:
        raise InvalidInput("from_torch: expected Linear layers with activations between them, a Linear layer last")
    weights = tuple(_floats(layer.weight) for layer in linear)
    biases = None
    if any(layer.bias is not None for layer in linear):
        given = [None if layer.bias is None else _floats(layer.bias) for layer in linear]
        biases = tuple(np.zeros(len(w)) if b is None else b for b, w in zip(given, weights, strict=True))
    own = [part for part in between if isinstance(part, PolynomialActivation)]
    if len(own) == len(between):
        powers = [part.series.powers for part in own]
        network = PolynomialNetwork(weights, activations=of_degrees([len(c) - 1 for c in powers]), biases=biases)
        return network.with_coefficients(powers)
    if own:
        raise InvalidInput("from_torch: some activations are polynomials and some are not; polynomialize them first")
    wanted = 3 if degrees is None else degrees
    listed = [wanted] * len(between) if is_integer(wanted) else items(wanted, "degrees", "one degree a hidden layer")
    return PolynomialNetwork(weights, degrees=tuple(listed), biases=biases)


def module_of(network: PolynomialNetwork, dtype: Any = None) -> nn.Sequential:
    """Return a network as a `Sequential` of `Linear` layers and `PolynomialActivation`.

    Parameters
    ----------
    network : PolynomialNetwork
        With coefficients, those of all units of a layer the same.
    dtype : torch.dtype, optional
        Double precision by default.

    Raises
    ------
    InvalidInput
        There are no coefficients, or an activation is no polynomial, or has coefficients for each unit.
    """
    if network.coefficients is None:
        raise InvalidInput("to_torch: the network has no coefficients yet; learn them, or use with_coefficients")
    kind = torch.float64 if dtype is None else dtype
    if not isinstance(kind, torch.dtype) or not kind.is_floating_point:
        raise InvalidInput(f"to_torch: dtype = {shown(dtype)}: expected a kind of floats, such as torch.float32")
    parts: list[nn.Module] = []
    for number, weights in enumerate(network.weights):
        layer = nn.utils.skip_init(nn.Linear, weights.shape[1], weights.shape[0], network.biases is not None)
        with torch.no_grad():
            layer.weight.data = torch.tensor(weights, dtype=kind)
            if network.biases is not None:
                layer.bias.data = torch.tensor(network.biases[number], dtype=kind)
        parts.append(layer)
        if number < len(network.activations):
            activation = network.activations[number]
            if not activation.is_polynomial or activation.per_unit:
                raise InvalidInput(
                    f"to_torch: activations[{number}] ({activation.title}) is not one polynomial for all units"
                )
            powers = activation.powers_of(network.coefficients[number])
            parts.append(PolynomialActivation.of(Series(powers)).to(kind))
    return nn.Sequential(*parts).eval()


def _floats(values: torch.Tensor) -> Floats:
    return np.asarray(values.detach().cpu().double().numpy())
