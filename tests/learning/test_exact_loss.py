"""The loss of a network by its forward pass in ball arithmetic, held against its residuals and fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from test_activation import KINDS, weights

import momentsos as ms
from momentsos.learning.exact_loss import exact_loss
from momentsos.learning.losses import loss_named


@pytest.mark.parametrize("loss", ["mse", "mean_residual", "max_abs", "mae"])
def test_the_loss_is_that_of_the_residuals_where_these_hold_their_digits(loss) -> None:
    draw = np.random.default_rng(1)
    weights, biases = [draw.standard_normal((3, 3)) for _ in range(3)], [draw.standard_normal(3) for _ in range(3)]
    network = ms.PolynomialNetwork(weights, [2, 3], biases=biases)
    coefficients = [draw.standard_normal(3), draw.standard_normal(4)]
    X, Y = draw.standard_normal((6, 3)), draw.standard_normal((6, 3))
    value = exact_loss(network, loss_named(loss), coefficients, X, Y)
    assert value == pytest.approx(loss_named(loss).value(network.with_coefficients(coefficients), X, Y), rel=1e-12)


def test_terms_that_cancel_leave_the_loss_that_they_have() -> None:
    """Of (1e15 t - 1e15) at t = 1 + 2^-50 a float keeps nothing right but the power of ten."""
    network = ms.PolynomialNetwork([[[1.0]], [[1.0]]], degrees=[1])
    X, Y = np.array([[1.0 + 2.0**-50]]), np.array([[0.0]])
    value = exact_loss(network, loss_named("mse"), [np.array([-1e15, 1e15])], X, Y)
    exact = (Fraction(10**15) * Fraction(1, 2**50)) ** 2
    assert exact <= Fraction(value) <= exact * (1 + Fraction(1, 10**15))


def test_losses_and_activations_that_it_does_not_know_are_left_to_the_residuals() -> None:
    network, data = ms.PolynomialNetwork([[[1.0]], [[1.0]]], degrees=[1]), np.ones((2, 1))
    weighted = loss_named("mae").weighted(np.array([0.5, 1.5]))
    assert exact_loss(network, weighted, [np.ones(2)], data, data) is None
    other = ms.PolynomialNetwork([[[1.0]], [[1.0]]], activations=[ms.Activation(degree=2, basis="chebyshev")])
    assert exact_loss(other, loss_named("mse"), [np.ones(3)], data, data) is None
    shapes = [ms.Activation(shape=np.tanh), ms.Activation(degree=1)]
    shaped = ms.PolynomialNetwork([[[1.0]], [[1.0]], [[1.0]]], activations=shapes)
    assert exact_loss(shaped, loss_named("mse"), [np.ones(0), np.ones(2)], data, data) is None


@pytest.mark.parametrize("loss", ["mse", "mean_residual", "max_abs", "mae"])
@pytest.mark.parametrize("seed", range(4))
def test_a_fit_far_out_has_the_loss_of_its_coefficients(seed, loss) -> None:
    """Two hidden inputs that are nearly one: the best coefficients are huge, and terms of residuals cancel."""
    draw = np.random.default_rng(seed)
    network = ms.PolynomialNetwork([[[1.0], [1.0 + 1e-5]], [[1.0, -1.0]], [[1.0]]], degrees=[2, 2])
    X, Y = draw.standard_normal((12, 1)), 1e3 * draw.standard_normal((12, 1))
    fit = ms.learn(network, X, Y, loss=loss)
    exact = exact_loss(fit.formulation.network, loss_named(loss), fit.coefficients, X, Y)
    ours, theirs = (v**0.5 if loss == "mse" else v for v in (fit.upper_bound, exact))
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12 * np.abs(Y).max())


@pytest.mark.parametrize("kind", KINDS)
def test_for_any_activation_it_is_the_loss_or_nothing(kind) -> None:
    activations, true, ties = KINDS[kind]
    network = ms.PolynomialNetwork(weights(), activations=activations, ties=ties)
    draw = np.random.default_rng(3)
    X, Y = draw.standard_normal((7, 6)), draw.standard_normal((7, network.sizes[-1]))
    value, known = exact_loss(network, loss_named("mse"), true, X, Y), loss_named("mse")
    assert value is None or value == pytest.approx(known.value(network.with_coefficients(true), X, Y), rel=1e-12)
