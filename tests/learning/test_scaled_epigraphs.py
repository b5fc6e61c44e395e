"""Losses of bounds on residuals do not depend on the scale of the weights of an inner layer."""

from __future__ import annotations

import pytest

import momentsos as ms
from momentsos.learning.instances import noisy_instance


@pytest.mark.parametrize("loss", ["mean_residual", "mae"])
@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_scaled_weights_of_an_inner_layer_change_the_loss_by_rounding_only(loss, layer, factor) -> None:
    drawn = noisy_instance((3, 2), seed=1, fresh=loss == "mae")
    plain = ms.learn(drawn.network, drawn.X, drawn.Y, loss=loss)
    weights = list(drawn.network.weights)
    weights[layer] = factor * weights[layer]
    network = ms.PolynomialNetwork(tuple(weights), (3, 2), normalisation="paper")
    scaled = ms.learn(network, drawn.X, drawn.Y, loss=loss)
    assert plain.status is scaled.status is ms.Status.CERTIFIED and scaled.region.everything
    assert abs(scaled.upper_bound / plain.upper_bound - 1) < 1e-9
    assert scaled.relative_gap < 1e-8


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_weights_that_are_not_scaled_need_one_relaxation(seed) -> None:
    drawn = noisy_instance((2, 3), seed=seed, law="plain")
    fit = ms.learn(drawn.network, drawn.X, drawn.Y, loss="mean_residual")
    assert fit.status is ms.Status.CERTIFIED and fit.region.everything and len(fit.attempts) == 1
