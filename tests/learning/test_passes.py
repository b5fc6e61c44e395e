"""The loss by passes through a network: the same numbers as its polynomials, and derivatives as differences have."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.formulate import Goal, formulated
from momentsos.learning.passes import Passes


def _weights(rng: np.random.Generator, *sizes: int) -> list[np.ndarray]:
    return [rng.standard_normal((a, b)) / b**0.5 for b, a in itertools.pairwise(sizes)]


def _networks() -> dict[str, ms.PolynomialNetwork]:
    rng = np.random.default_rng(1)
    W = _weights(rng, 4, 5, 5, 3)
    b = [rng.standard_normal(len(w)) for w in W]
    chebyshev = ms.Activation(degree=3, basis="chebyshev", interval=(-2.0, 3.0))
    return {
        "two degrees": ms.PolynomialNetwork(W, degrees=[2, 3]),
        "biases": ms.PolynomialNetwork(W, degrees=[3, 2], biases=b),
        "a basis": ms.PolynomialNetwork(W, activations=[chebyshev, ms.Activation(powers=(1, 3))], biases=b),
        "functions": ms.PolynomialNetwork(W, activations=[ms.Activation(basis=[np.tanh, np.sin]), ms.Activation(2)]),
        "units of their own": ms.PolynomialNetwork(W, activations=[ms.Activation(2), ms.Activation(2, per_unit=True)]),
        "a fixed shape": ms.PolynomialNetwork(W, activations=[ms.Activation(shape=np.tanh), ms.Activation(3)]),
        "ties": ms.PolynomialNetwork(W, degrees=[2, 2], biases=b, ties=[((0, 1), (1, 1))]),
        "fixed numbers": ms.PolynomialNetwork(W, activations=[ms.Activation(2, fixed={1: 0.5}), ms.Activation(2)]),
    }


@pytest.mark.parametrize("name", _networks())
@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_passes_give_the_values_of_the_polynomials_and_their_derivatives(name: str, ridge: float) -> None:
    network = _networks()[name]
    rng = np.random.default_rng(2)
    X, Y, weights = rng.standard_normal((12, 4)), rng.standard_normal((12, 3)), rng.uniform(0.5, 1.5, 12)
    weights /= weights.mean()
    passes = Passes(network, X, Y, weights, ridge)
    point = rng.standard_normal(network.unknowns.count)
    polynomials = formulated(network, X, Y, Goal.of("mse", ridge).weighted(weights, 12))
    if network.normalisation == "auto" and not ridge:
        assert passes.loss(point) == pytest.approx(polynomials.objective(point), rel=1e-9)
    assert len(passes.values(point)) == passes.count
    step = 1e-6
    differences = [
        (passes.values(point + step * e) - passes.values(point - step * e)) / (2 * step) for e in np.eye(len(point))
    ]
    jacobian = passes.jacobian(point)
    np.testing.assert_allclose(jacobian, np.array(differences).T, atol=1e-6 * max(1.0, np.abs(jacobian).max()))


def test_derivatives_in_parts_are_those_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    network, rng = _networks()["biases"], np.random.default_rng(3)
    passes = Passes(network, rng.standard_normal((20, 4)), rng.standard_normal((20, 3)))
    point = rng.standard_normal(network.unknowns.count)
    whole = passes.jacobian(point)
    monkeypatch.setattr("momentsos.learning.passes._CHUNK", 40)
    np.testing.assert_allclose(passes.jacobian(point), whole, rtol=1e-12)


@pytest.mark.parametrize("name", _networks())
def test_a_network_that_holds_some_coefficients_is_the_same_function_of_the_others(name: str) -> None:
    network, rng = _networks()[name], np.random.default_rng(4)
    point = rng.standard_normal(network.unknowns.count)
    free = rng.permutation(len(point))[: max(1, len(point) // 2)]
    free.sort()
    held = network.holding(free, point).unknowns
    moved = point.copy()
    moved[free] = rng.standard_normal(len(free))
    assert held.names == tuple(network.unknowns.names[k] for k in free)
    for own, other in zip(held.coefficients(moved[free]), network.unknowns.coefficients(moved), strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-12, atol=1e-12)


def test_holding_keeps_bounds_of_what_is_free() -> None:
    rng = np.random.default_rng(5)
    bounded = ms.Activation(2, bounds={1: (-1.0, 2.0)}, constraints=(({0: 1.0, 2: 1.0}, (None, 3.0)),))
    network = ms.PolynomialNetwork(_weights(rng, 3, 4, 2), activations=[bounded])
    point = np.array([0.5, 0.25, 1.0])
    held = network.holding(np.array([0, 1]), point).unknowns
    for _ in range(50):
        own = rng.uniform(-4, 4, 2)
        whole = np.array([*own, point[2]])
        rows, all_rows = held.inequalities, network.unknowns.inequalities
        assert np.all(rows[:, :-1] @ own + rows[:, -1] >= 0) == np.all(all_rows[:, :-1] @ whole + all_rows[:, -1] >= 0)
