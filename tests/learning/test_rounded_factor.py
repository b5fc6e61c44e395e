"""A loss is never below that of the network, also where directions without data let coefficients grow."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.exact_loss import exact_loss
from momentsos.learning.formulate import Goal


def _few_samples(seed: int) -> tuple[ms.PolynomialNetwork, np.ndarray, np.ndarray]:
    """Return a network of one layer whose data, two samples that are repeated, leave a direction free."""
    rng = np.random.default_rng(seed)
    W = [rng.standard_normal((2, 4)) / 2, rng.standard_normal((2, 2)) / 2]
    network = ms.PolynomialNetwork(W, degrees=[4], biases=[np.array([0.0, 1.0]), np.array([1.0, -1.0])])
    X = np.tile(rng.standard_normal((2, 4)), (2, 1))
    Y = 5 * np.tile(rng.standard_normal((2, 2)), (2, 1)) - np.repeat([[0.0], [0.1]], 2, axis=0)
    return network, X, Y


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("weighted", [False, True])
def test_the_upper_bound_is_at_least_the_loss(seed: int, weighted: bool) -> None:
    network, X, Y = _few_samples(seed)
    weights = np.ones(len(X)) if weighted else None
    fit = ms.learn(network, X, Y, sample_weight=weights, time_limit=10)
    assert fit.upper_bound >= exact_loss(network, Goal.of("mse").loss, fit.coefficients, X, Y)


@pytest.mark.parametrize("seed", range(12))
def test_the_upper_bound_covers_the_rounding_of_a_loss_that_is_known_well(seed: int) -> None:
    rng = np.random.default_rng(seed)
    widths = [int(rng.integers(1, 5)) for _ in range(3)]
    network = ms.PolynomialNetwork([rng.standard_normal((b, a)) for a, b in pairwise(widths)], [2])
    N = (10, 30, 200)[seed % 3]
    X, Y = rng.standard_normal((N, widths[0])), 10.0 ** rng.integers(-3, 4) * rng.standard_normal((N, widths[-1]))
    fit = ms.learn(network, X, Y)
    assert fit.upper_bound >= exact_loss(network, Goal.of("mse").loss, fit.coefficients, X, Y)
