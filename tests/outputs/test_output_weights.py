"""Output weights and biases learned with the activations: recovered, certified, and refused where they cannot be."""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest

import momentsos as ms

A = ms.Activation


def data(degrees, sizes, samples, noise, seed, biases=True):
    """Return a network without coefficients, with output weights of one, and data that a teacher made."""
    rng = np.random.default_rng(seed)
    W = [rng.standard_normal((b, a)) / a**0.5 for a, b in pairwise(sizes)]
    own = [0.3 * rng.standard_normal(b) for b in sizes[1:]]
    own[-1] = own[-1] * biases
    X = rng.standard_normal((samples, sizes[0]))
    true = [[0.3, 1.0, 0.5, 0.2][: d + 1] for d in degrees]
    Y = ms.PolynomialNetwork(W, degrees, own).with_coefficients(true).predict(X)
    Y = Y + noise * Y.std() * rng.standard_normal(Y.shape)
    blank = ms.PolynomialNetwork([*W[:-1], np.ones_like(W[-1])], degrees, [*own[:-1], 0.0 * own[-1]])
    return blank, X, Y


CASES = {
    "a square": ([2], (4, 4, 1), 60),
    "a cubic": ([3], (4, 4, 1), 80),
    "two outputs": ([3], (4, 4, 2), 60),
    "two layers": ([3, 2], (4, 4, 3, 2), 100),
}


@pytest.mark.parametrize("case", CASES)
def test_teachers_are_recovered(case) -> None:
    network, X, Y = data(*CASES[case], noise=0.0, seed=0)
    fit = ms.learn_outputs(network, X, Y)
    assert fit.status is ms.Status.CERTIFIED and fit.upper_bound <= 1e-20
    assert np.allclose(fit.predict(X), Y, atol=1e-8)


@pytest.mark.parametrize("case", ["a square", "a cubic", "two outputs"])
def test_noisy_data_are_certified(case) -> None:
    for seed in range(3):
        network, X, Y = data(*CASES[case], noise=0.05, seed=seed)
        fit = ms.learn_outputs(network, X, Y)
        assert fit.status is ms.Status.CERTIFIED and fit.lower_bound > 0.0
        assert np.isclose(np.mean((fit.predict(X) - Y) ** 2), fit.upper_bound, rtol=1e-9)
        fixed = ms.learn(network, X, Y)  # output weights of one, no biases: among what is possible
        assert fit.lower_bound <= fixed.upper_bound


def test_no_alternating_search_is_better() -> None:
    network, X, Y = data([2], (3, 3, 1), 30, noise=0.5, seed=1)
    fit = ms.learn_outputs(network, X, Y)
    assert fit.status is ms.Status.CERTIFIED
    t, y = X @ network.weights[0].T + network.bias(0), Y[:, 0]
    for seed in range(50):
        c = np.random.default_rng(seed).standard_normal(2)
        for _ in range(100):
            design = np.column_stack([c[0] * t + c[1] * t**2, np.ones(30)])
            v = np.linalg.lstsq(design, y, rcond=None)[0]
            inner = np.column_stack([t @ v[:-1], t**2 @ v[:-1], np.ones(30)])
            c = np.linalg.lstsq(inner, y, rcond=None)[0][:2]
        value = np.mean((inner @ np.linalg.lstsq(inner, y, rcond=None)[0] - y) ** 2)
        assert value >= fit.lower_bound - 1e-12


def test_without_a_linear_term_another_coefficient_is_one() -> None:
    network, X, _ = data([2], (4, 4, 1), 60, noise=0.0, seed=0)
    t = X @ network.weights[0].T + network.bias(0)
    Y = (t**2 @ [1.0, -2.0, 0.5, 0.3])[:, None]
    fit = ms.learn_outputs(network, X, Y)
    assert fit.status is ms.Status.CERTIFIED and fit.upper_bound <= 1e-20


@pytest.mark.parametrize("outputs", [1, 2])
def test_without_biases_there_are_none(outputs) -> None:
    network, X, Y = data([2], (4, 4, outputs), 60, noise=0.0, seed=2, biases=False)
    fit = ms.learn_outputs(network, X, Y, biases=False)
    assert fit.status is ms.Status.CERTIFIED and fit.upper_bound <= 1e-20
    assert not np.any(fit.network.bias(1))
    if outputs == 1:
        noisy = ms.learn_outputs(network, X, Y + np.random.default_rng(0).standard_normal(Y.shape), biases=False)
        assert noisy.status is ms.Status.CERTIFIED and not np.any(noisy.network.bias(1))


def test_fixed_coefficients_and_chosen_powers_stay() -> None:
    network, X, Y = data([2], (4, 4, 1), 60, noise=0.05, seed=0)
    for activation in (A(2, fixed={0: 0.7, 1: 0.5}), A(powers=(1, 3)), A(3, fixed={2: 0.0})):
        own = ms.PolynomialNetwork(network.weights, activations=[activation], biases=network.biases)
        fit = ms.learn_outputs(own, X, Y)
        assert fit.status is ms.Status.CERTIFIED
        found = fit.network.coefficients[0]
        assert all(found[place] == value for place, value in activation.fixed.items() if place > 0)
        assert np.isclose(np.mean((fit.predict(X) - Y) ** 2), fit.upper_bound, rtol=1e-9)


def test_records_are_equal_by_value_and_shown() -> None:
    network, X, Y = data([2], (4, 4, 1), 60, noise=0.0, seed=0)
    fit = ms.learn_outputs(network, X, Y)
    assert pickle.loads(pickle.dumps(fit)) == fit
    assert str(fit).startswith("CERTIFIED") and "output weights" in fit._repr_html_()


def _learn(activation=None, **options):
    network, X, Y = data([2], (4, 4, 1), 20, noise=0.0, seed=0)
    if activation is not None:
        network = ms.PolynomialNetwork(network.weights, activations=[activation])
    return ms.learn_outputs(network, options.pop("X", X), options.pop("Y", Y), **options)


REFUSED = {
    "functions": lambda: _learn(A(basis=[np.tanh])),
    "another basis": lambda: _learn(A(2, basis="chebyshev", interval=(-2, 2))),
    "one a unit": lambda: _learn(A(2, per_unit=True)),
    "bounds": lambda: _learn(A(2, bounds={1: (0, 1)})),
    "not finite": lambda: _learn(X=np.full((20, 4), np.nan)),
    "another shape": lambda: _learn(Y=np.ones((20, 2))),
    "biases": lambda: _learn(biases="yes"),
    "a tolerance": lambda: _learn(tol=-1.0),
    "too many": lambda: ms.learn_outputs(
        ms.PolynomialNetwork([np.ones((100, 4)), np.ones((50, 100))], [3]), np.ones((500, 4)), np.ones((500, 50))
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_line(kind) -> None:
    with pytest.raises((ms.InvalidInput, ms.BadOption, ms.ProblemTooLarge)) as caught:
        REFUSED[kind]()
    assert "\n" not in str(caught.value)
