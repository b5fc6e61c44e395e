"""What is learned does not depend on the units of weights, inputs and targets."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.instances import noisy_instance
from momentsos.learning.natural import natural_units

A = ms.Activation


@cache
def case(degrees: tuple[int, ...]):
    return noisy_instance(degrees, samples=50, width=8, seed=0, fresh=True)


@cache
def reference(degrees: tuple[int, ...], loss: str) -> ms.Fit:
    return ms.learn(case(degrees).network, case(degrees).X, case(degrees).Y, loss=loss)


#: Losses, degrees and scaled layers. Of the epigraphs the cubic layer is left out: a scale of 1e-3 there makes
#: coefficients of 1e9, and the defect of the identity is no longer absorbed.
SCALED = [("mse", (3, 2), 0), ("mse", (3, 2), 1), ("mse", (3, 2), 2), ("mse", (2, 1, 1), 0), ("mse", (2, 1, 1), 1),
          ("mean_residual", (2, 1, 1), 0), ("mean_residual", (3, 2), 1), ("mae", (2, 1, 1), 0)]  # fmt: skip


@pytest.mark.parametrize("factor", [1e-3, 1e3])
@pytest.mark.parametrize(("loss", "degrees", "layer"), SCALED)
def test_scales_of_weights_change_status_and_loss_by_rounding_only(degrees, layer, factor, loss) -> None:
    weights = [factor * w if i == layer else w for i, w in enumerate(case(degrees).network.weights)]
    fit = ms.learn(ms.PolynomialNetwork(weights, degrees), case(degrees).X, case(degrees).Y, loss=loss)
    assert fit.status is reference(degrees, loss).status is ms.Status.CERTIFIED
    assert fit.upper_bound == pytest.approx(reference(degrees, loss).upper_bound, rel=1e-6)
    assert np.allclose(fit.network.predict(case(degrees).X), reference(degrees, loss).network.predict(case(degrees).X),
                       atol=1e-5)  # fmt: skip


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_scales_of_inputs_and_targets_change_status_and_loss_by_rounding_only(factor) -> None:
    given, own = case((2, 2)), reference((2, 2), "mse")
    inputs = ms.learn(given.network, factor * given.X, given.Y)
    targets = ms.learn(given.network, given.X, factor * given.Y)
    assert inputs.status is targets.status is own.status is ms.Status.CERTIFIED
    assert inputs.upper_bound == pytest.approx(own.upper_bound, rel=1e-6)
    assert targets.upper_bound == pytest.approx(factor**2 * own.upper_bound, rel=1e-6)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize(
    "activations", [[A(2), A(3)], [A(powers=(1, 3)), A(2)], [A(2, per_unit=True), A(2)], [A(2, fixed={0: 2.0}), A(2)]]
)
def test_natural_units_follow_the_scales_of_weights_exactly(activations, layer) -> None:
    given = case((2, 2))
    weights = [8.0 * w if i == layer else w for i, w in enumerate(given.network.weights)]
    one = natural_units(ms.PolynomialNetwork(given.network.weights, activations=activations), given.X)
    network = ms.PolynomialNetwork(weights, activations=activations)
    other = natural_units(network, given.X)
    relative = {0: activations[0].free[0]} if network.chart else {}
    for (where, position), a, b in zip(network.unknowns.places, one, other, strict=True):
        power = position % activations[where].size - relative.get(where, 0)
        passed_on = relative.get(layer, 0) * power if where == layer + 1 else 0  # where a power is 1, a scale goes on
        assert b == pytest.approx(a * 8.0 ** -(power if where == layer else passed_on), rel=1e-12)


def test_natural_units_of_functions_are_those_of_their_values(rng) -> None:
    X, W = rng.standard_normal((40, 3)), [np.eye(3)] * 2
    network = ms.PolynomialNetwork(W, activations=[A(basis=[lambda t: 1e3 * np.tanh(t), np.sin])])
    sizes = [np.sqrt((f(X) ** 2).mean()) for f in (lambda t: 1e3 * np.tanh(t), np.sin)]
    assert natural_units(network, X) == pytest.approx(1.0 / np.array(sizes))


@pytest.mark.parametrize("loss", ["mse", "mean_residual", "max_abs", "mae"])
def test_hidden_inputs_that_are_all_zero_have_no_scale(loss) -> None:
    network = ms.PolynomialNetwork([[[0.0]], [[1.0], [1.0], [2.0]]], degrees=[2])
    fit = ms.learn(network, [[-2.0], [0.0]], [[-4.0, -4.0, -8.0]] * 2, loss=loss)
    assert fit.status is ms.Status.CERTIFIED and fit.upper_bound <= 1e-12
