"""The natural units of coefficients: how large one is whose term is as large as the others of its layer.

They come from one pass of the data through the network with random coefficients in these units, so that scales of
weights, biases and inputs cancel: where a layer's inputs are `s` times as large, the unit of :math:`c_k` is
:math:`s^{-k}` times as large, and the pass goes on with the same numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .network import PolynomialNetwork

Floats = NDArray[np.float64]

#: Samples that the pass looks at, at most.
SAMPLES = 1_000
#: Layers of more coefficients than this keep units of one: nothing that can be solved has so many.
MOST = 200


def natural_units(network: PolynomialNetwork, X: Floats, seed: int = 0) -> Floats:
    """Return the unit of each unknown of a network.

    Parameters
    ----------
    network : PolynomialNetwork
    X : (N, m_0) array
    seed : int

    Returns
    -------
    (n,) array
        Positive; 1 where the data say nothing.
    """
    rng = np.random.default_rng(seed)
    unknowns = network.unknowns
    hidden = X[:: -(-len(X) // SAMPLES)]
    fixed = unknowns.coefficients(np.zeros(unknowns.count))
    units = np.ones(unknowns.count)
    with np.errstate(all="ignore"):
        for layer, activation in enumerate(network.activations):
            inputs = hidden @ network.weights[layer].T + network.bias(layer)
            hidden = activation.at(inputs, fixed[layer])
            size = float(np.sqrt((hidden**2).mean())) or 1.0
            if activation.size > MOST:
                continue
            for place in activation.free:
                one = (np.arange(activation.size) == place).astype(np.float64)
                every = np.tile(one, (inputs.shape[1], 1)) if activation.per_unit else one
                term = activation.at(inputs, every)
                own = float(np.sqrt((term**2).mean()))
                unit = size / own if own > 0.0 else np.inf  # inputs that are zero have no scale
                if not 0.0 < unit < np.inf:
                    continue
                for number, (at, position) in enumerate(unknowns.places):
                    if at == layer and position % activation.size == place:
                        units[number] = unit
                hidden = hidden + rng.standard_normal() * unit * term
    return units
