"""Sampled losses of single outputs, whose bound is a linear program in free products of coefficients."""

from __future__ import annotations

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.expansion import Expansion
from momentsos.learning.free_bound import free_bound
from momentsos.learning.losses import loss_named
from momentsos.learning.residual_table import ResidualTable


def single_output(seed: int, degrees: tuple[int, ...]) -> tuple[ms.PolynomialNetwork, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    weights = [draw.standard_normal((5, 5)) / 5**0.5 for _ in degrees] + [draw.standard_normal((1, 5))]
    network = ms.PolynomialNetwork(weights, degrees)
    X = draw.standard_normal((30, 5))
    true = [np.r_[1.0, draw.standard_normal(d)] for d in degrees[:-1]] + [draw.standard_normal(degrees[-1] + 1)]
    return network, X, network.with_coefficients(true).predict(X) + 0.1 * draw.standard_normal((30, 1))


@pytest.mark.parametrize("loss", ["max_abs", "mae"])
@pytest.mark.parametrize("seed", range(3))
def test_the_bound_is_below_the_loss_at_any_coefficients(loss, seed) -> None:
    network, X, Y = single_output(seed, (2, 2))
    table, chosen = ResidualTable.of(Expansion.of(network), X, Y), loss_named(loss)
    draw = np.random.default_rng(7)
    points = [scale * draw.standard_normal(len(table.names)) for scale in (1e-3, 0.1, 1.0, 10.0) for _ in range(50)]
    lowest = min(chosen.of_residuals(table.at(point)) for point in points)
    assert 0.0 <= free_bound(chosen, table, points[0]) <= lowest


@pytest.mark.parametrize("loss", ["max_abs", "mae"])
def test_with_one_learned_layer_the_bound_is_the_minimum(loss) -> None:
    network, X, Y = single_output(3, (3,))
    fit = ms.learn(network, X, Y, loss=loss)
    table = ResidualTable.of(Expansion.of(network), X, Y)
    bound = free_bound(loss_named(loss), table, np.concatenate(fit.coefficients))
    assert fit.status is ms.Status.CERTIFIED
    assert fit.upper_bound * (1 - 1e-9) <= bound <= fit.upper_bound


@pytest.mark.parametrize("loss", ["max_abs", "mae"])
def test_three_affine_layers_with_one_output_are_certified_over_everything(loss) -> None:
    network, X, Y = single_output(4, (1, 1, 1))
    fit = ms.learn(network, X, Y, loss=loss, tol=1e-4)
    assert fit.status is ms.Status.CERTIFIED and fit.region.everything


def test_nothing_is_said_of_targets_that_are_met_by_zero() -> None:
    network, X, _ = single_output(5, (2,))
    table = ResidualTable.of(Expansion.of(network), X, np.zeros((30, 1)))
    assert free_bound(loss_named("mae"), table, np.ones(3)) == 0.0
