"""Rational activations: recovered from noiseless data, certified on noisy ones, bounds held against a fine search."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from flint import arb, arb_poly, ctx

import momentsos as ms
from momentsos.learning.rational.learn import _holds
from momentsos.learning.rational.positive import is_definite, is_positive
from momentsos.learning.rational.series import BITS, Layer

R = ms.RationalActivation
#: Activations, numerators and denominators that make the data.
KINDS = {
    "cauchy": (R(1, "cauchy", (0.05, 20.0)), [1.0, -0.5], 0.7),
    "pade 2": (R(2, "pade", (0.0, 5.0)), [0.3, 1.0, 0.5], 0.8),
    "pade 3": (R(3, "pade", (0.0, 5.0)), [0.3, 1.0, 0.5, -0.2], 0.8),
}


def data(kind: str, seed: int, noise: float, samples: int = 40):
    activation, numerator, delta = KINDS[kind]
    rng = np.random.default_rng(seed)
    W = [rng.standard_normal((5, 4)) / 2.0, rng.standard_normal((2, 5))]
    X = rng.standard_normal((samples, 4))
    Y = activation.at(X @ W[0].T, np.array(numerator), delta) @ W[1].T
    return W, X, Y + noise * rng.standard_normal(Y.shape), activation


@pytest.mark.parametrize("kind", KINDS)
def test_ten_noiseless_teachers_are_recovered(kind) -> None:
    _, numerator, delta = KINDS[kind]
    for seed in range(10):
        W, X, Y, activation = data(kind, seed, 0.0)
        fit = ms.learn_rational(W, X, Y, activation)
        assert fit.status is ms.Status.CERTIFIED and fit.upper_bound <= 1e-20
        assert np.isclose(fit.delta, delta, rtol=1e-6) and np.allclose(fit.coefficients, numerator, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ten_noisy_data_are_certified(kind) -> None:
    for seed in range(10):
        W, X, Y, activation = data(kind, seed, 0.05)
        fit = ms.learn_rational(W, X, Y, activation)
        assert fit.status is ms.Status.CERTIFIED and fit.lower_bound > 0.0


@pytest.mark.parametrize("kind", ["cauchy", "pade 2"])
def test_the_bound_is_below_every_loss_of_a_fine_search(kind) -> None:
    W, X, Y, activation = data(kind, 0, 0.3, samples=12)
    fit = ms.learn_rational(W, X, Y, activation)
    assert fit.status is ms.Status.CERTIFIED
    for delta in np.linspace(*activation.interval, 500):
        design = np.einsum("iuk,ju->ijk", activation.elements(X @ W[0].T, delta), W[1]).reshape(24, -1)
        found = np.linalg.lstsq(design, Y.reshape(-1), rcond=None)[0]
        assert np.mean((design @ found - Y.reshape(-1)) ** 2) >= fit.lower_bound - 1e-13
    assert np.isclose(np.mean((fit.predict(X) - Y) ** 2), fit.upper_bound)


def test_a_bound_above_the_least_loss_is_not_proved() -> None:
    W, X, Y, activation = data("cauchy", 1, 0.3)
    fit = ms.learn_rational(W, X, Y, activation)
    with ctx.workprec(BITS):
        layer = Layer.of(activation, (W[0], W[1]), (np.zeros(5), np.zeros(2)), X, Y)
        pieces = [layer.moments(*ends) for ends in activation.pieces(float(np.square(layer.inputs).max()))]
        assert all(_holds(piece, fit.lower_bound) for piece in pieces)
        assert not all(_holds(piece, fit.upper_bound * (1.0 + 1e-9)) for piece in pieces)


def test_series_are_the_losses() -> None:
    W, X, Y, activation = data("pade 2", 2, 0.1)
    with ctx.workprec(BITS):
        layer = Layer.of(activation, (W[0], W[1]), (np.zeros(5), np.zeros(2)), X, Y)
        for low, high in activation.pieces(float(np.square(layer.inputs).max())):
            found = layer.moments(low, high)
            for place in (-1.0, 0.3, 1.0):
                design = layer.design((low + high) / 2 + place * (high - low) / 2)
                gram = design.T @ design / Y.size
                own = [[float(p(arb(place)).mid()) for p in row] for row in found.gram]
                assert np.allclose(own, gram, rtol=1e-11) and found.defect < 1e-18


def test_polynomials_that_touch_zero_are_not_positive() -> None:
    with ctx.workprec(BITS):
        assert is_positive(arb_poly([1e-12, 0, 1])) and not is_positive(arb_poly([0, 0, 1]))
        assert is_positive(arb_poly([0.09 + 1e-10, -0.6, 1])) and not is_positive(arb_poly([0.09 - 1e-10, -0.6, 1]))
        one, shift = arb_poly([1]), arb_poly([0, 1])
        assert is_definite([[one * 2, shift], [shift, one]])
        assert not is_definite([[one, shift], [shift, one]])  # singular at both ends
        assert not is_definite([[-one, 0 * one], [0 * one, -one]])  # a positive determinant is not enough


def test_biases_are_taken_into_account() -> None:
    W, X, _, activation = data("cauchy", 3, 0.0)
    biases = [np.linspace(-1.0, 1.0, 5), np.array([0.5, -2.0])]
    Y = activation.at(X @ W[0].T + biases[0], np.array([1.0, -0.5]), 0.7) @ W[1].T + biases[1]
    fit = ms.learn_rational(W, X, Y, activation, biases=biases)
    assert fit.status is ms.Status.CERTIFIED and np.isclose(fit.delta, 0.7) and np.allclose(fit.predict(X), Y)


def test_a_minimum_at_the_end_of_the_interval_is_certified() -> None:
    W, X, Y, _ = data("cauchy", 4, 0.05)
    fit = ms.learn_rational(W, X, Y, R(1, "cauchy", (2.0, 9.0)))
    assert fit.status is ms.Status.CERTIFIED and fit.delta == pytest.approx(2.0)


def test_numerators_that_the_data_do_not_determine_get_no_false_bound() -> None:
    W, X, Y, activation = data("pade 3", 0, 0.0, samples=1)
    fit = ms.learn_rational(W, X, Y, activation)
    assert fit.lower_bound == 0.0 and fit.upper_bound <= 1e-20
    flat = ms.learn_rational([W[0], 0.0 * W[1]], X, Y, activation)  # the outputs do not depend on anything
    assert flat.status is ms.Status.BOUNDED and flat.lower_bound <= np.mean(Y**2)


def test_records_are_equal_by_value_and_shown() -> None:
    W, X, Y, activation = data("cauchy", 0, 0.0)
    fit = ms.learn_rational(W, X, Y, activation)
    assert pickle.loads(pickle.dumps(fit)) == fit
    assert str(fit).startswith("CERTIFIED") and "denominator" in fit._repr_html_()


def _learn(**changes):
    W, X, Y, activation = data("cauchy", 0, 0.0)
    given = {"weights": W, "X": X, "Y": Y, "activation": activation} | changes
    return ms.learn_rational(given.pop("weights"), given.pop("X"), given.pop("Y"), given.pop("activation"), **given)


REFUSED = {
    "two hidden layers": lambda: _learn(weights=[np.eye(4), np.eye(4), np.eye(4)]),
    "another activation": lambda: _learn(activation=ms.Activation(2)),
    "not finite": lambda: _learn(X=np.full((40, 4), np.nan)),
    "too large": lambda: _learn(X=np.full((40, 4), 1e200)),
    "another shape": lambda: _learn(Y=np.ones((40, 3))),
    "a denominator that vanishes": lambda: R(1, "cauchy", (0.0, 1.0)),
    "a negative denominator": lambda: R(1, "pade", (-1.0, 1.0)),
    "an empty interval": lambda: R(1, "pade", (1.0, 1.0)),
    "an endless interval": lambda: R(1, "cauchy", (1.0, np.inf)),
    "another denominator": lambda: R(1, "sine"),
    "a degree": lambda: R(9),
    "a tolerance": lambda: _learn(tol=0.0),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_line(kind) -> None:
    with pytest.raises((ms.InvalidInput, ms.BadOption)) as caught:
        REFUSED[kind]()
    assert "\n" not in str(caught.value)
