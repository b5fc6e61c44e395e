"""Instances whose true coefficients are known: those of the published tables, and Example 3.4."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .network import PolynomialNetwork


@dataclass(frozen=True, eq=False)
class Instance:
    """A network with data whose true coefficients are known.

    Attributes
    ----------
    name, note : str
    network : PolynomialNetwork
    X, Y : (N, m) arrays
    true : tuple of arrays
        One array of coefficients a layer, ascending powers.
    """

    name: str
    note: str
    network: PolynomialNetwork
    X: NDArray[np.float64]
    Y: NDArray[np.float64]
    true: tuple[NDArray[np.float64], ...]


def noisy_instance(
    degrees: tuple[int, ...] = (2, 2),
    samples: int = 50,
    width: int = 20,
    noise: float = 1e-2,
    seed: int = 0,
    law: str = "scaled",
    fresh: bool = False,
) -> Instance:
    r"""Draw an instance of the published tables.

    Weights :math:`W_l \sim N(0, 1) / \sqrt{m_{l-1}}`, without the division for the law ``"plain"``; inputs and
    coefficients :math:`N(0, 1)`, but for those that the network fixes; one noise vector for all samples, or with
    `fresh` one for each.
    """
    rng = np.random.default_rng(seed)
    divisor = width**0.5 if law == "scaled" else 1.0
    weights = [rng.standard_normal((width, width)) / divisor for _ in range(len(degrees) + 1)]
    drawn = [rng.standard_normal(degree + 1) for degree in degrees]
    network = PolynomialNetwork(tuple(weights), degrees, normalisation="paper")
    true = network.unknowns.coefficients(network.unknowns.flatten(drawn))
    X = rng.standard_normal((samples, width))
    Y = network.with_coefficients(true).predict(X) + noise * rng.standard_normal((samples, width) if fresh else width)
    note = f"degrees {', '.join(map(str, degrees))}, {samples} samples, width {width}, noise {noise:g}"
    return Instance("noisy", note, network, X, Y, tuple(true))


def example_34() -> Instance:
    """Return Example 3.4 of Zhang, Nie and Tang (2025), exact integer data without noise."""
    weights = (
        np.array([[1.0, 0, -1, 1], [0, 1, 1, 1], [-1, 0, 1, -1], [-2, 1, -1, 0]]),
        np.array([[1.0, -1, 0, 2], [2, 1, 1, 0], [1, 1, 1, 2], [0, 1, 1, 1]]),
        np.array([[1.0, 1, 0, 1], [-2, -1, 1, 1], [1, 0, 1, 1], [-1, 0, -2, 1]]),
    )
    X = np.array([[2.0, 1, 0, -1], [-1, 1, 1, 1]])
    Y = np.array([[66.0, -22, 106, -104], [38, 30, 46, -33]])
    true = (np.array([1.0, 1.0, -2.0]), np.array([1.0, -1.0]))
    network = PolynomialNetwork(weights, (2, 1), normalisation="paper")
    return Instance("example34", "Example 3.4 of Zhang, Nie and Tang (2025), exact data", network, X, Y, true)
