"""Activations of all kinds: values, what is learned of them from data whose coefficients are known, refusals."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.polynomial import chebyshev, hermite_e, legendre

import momentsos as ms
from momentsos.learning.expansion import Expansion
from momentsos.polynomials.evaluation import evaluate_monomials

A = ms.Activation


def relu(t: np.ndarray) -> np.ndarray:
    return np.maximum(t, 0.0)


def weights(seed: int = 0, layers: int = 3, width: int = 6) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((width, width)) / width**0.5 for _ in range(layers)]


#: Activations of two layers, true coefficients that satisfy what is asked of them, and ties.
KINDS = {
    "powers": ([A(powers=(1, 3)), A(degree=2)], [[0, 1.0, 0, 0.5], [0.2, 1.0, -0.3]], ()),
    "no constant": ([A(powers=(1, 2)), A(powers=(2, 1))], [[0, 1.0, 0.5], [0, 1.0, -0.3]], ()),
    "chebyshev": ([A(3, basis="chebyshev", interval=(-3, 3)), A(2)], [[1, 0.4, 0.1, 0.2], [0.2, 1.0, -0.3]], ()),
    "legendre behind": ([A(2), A(2, basis="legendre", interval=(-4, 3))], [[1, 0.4, 0.1], [0.2, 1.0, -0.3]], ()),
    "hermite": ([A(2, basis="hermite"), A(2)], [[1, 0.4, 0.1], [0.2, 1.0, -0.3]], ()),
    "functions": ([A(basis=[np.tanh, np.sin, relu]), A(2)], [[1.0, 0.5, -0.3], [0.2, 1.0, -0.3]], ()),
    "one fixed": ([A(basis=[np.tanh, np.sin], fixed={0: 2.0}), A(2)], [[2.0, 0.5], [0.2, 1.0, -0.3]], ()),
    "shape": ([A(shape=np.tanh), A(3)], [[], [0.2, 1.0, -0.3, 0.1]], ()),
    "fixed": ([A(2, fixed={0: 1.0, 1: 0.5}), A(2, fixed={0: 0.0})], [[1.0, 0.5, -0.3], [0.0, 1.0, -0.3]], ()),
    "all fixed first": ([A(2, fixed={0: 1.0, 1: 0.5, 2: 0.1}), A(2)], [[1.0, 0.5, 0.1], [0.2, 1.0, -0.3]], ()),
    "equation": (
        [A(2, fixed={0: 1.0}, constraints=[({1: 1, 2: 1}, (0.2, 0.2))]), A(2)],
        [[1.0, 0.5, -0.3], [0.2, 1.0, -0.3]],
        (),
    ),
    "layers tied": ([A(2), A(2)], [[1.0, 0.5, -0.3], [1.0, 0.5, -0.3]], ((0, 1),)),
    "one tied": ([A(2), A(2)], [[1.0, 0.5, -0.3], [0.2, -0.3, 0.7]], (((0, 2), (1, 1)),)),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_coefficients_that_made_the_data_are_recovered_and_certified(kind) -> None:
    activations, true, ties = KINDS[kind]
    network = ms.PolynomialNetwork(weights(), activations=activations, ties=ties)
    X = np.random.default_rng(1).standard_normal((50, 6))
    teacher = network.with_coefficients(true)
    fit = ms.learn(network, X, teacher.predict(X))
    assert fit.status is ms.Status.CERTIFIED and fit.upper_bound <= 1e-16
    fresh = np.random.default_rng(2).standard_normal((20, 6))
    assert np.allclose(fit.network.predict(fresh), teacher.predict(fresh), atol=1e-7)
    if network.chart == ((0, 0),):  # where the first coefficient is 1, they are the same ones
        assert all(np.allclose(a, b, atol=1e-7) for a, b in zip(fit.coefficients, true, strict=True))


@pytest.mark.parametrize("loss", ["mse", "mean_residual", "max_abs", "mae"])
@pytest.mark.parametrize("kind", ["powers", "functions", "equation", "layers tied"])
def test_the_expansion_is_the_network_for_any_activation_and_loss(loss, kind, rng) -> None:
    activations, _, ties = KINDS[kind]
    network = ms.PolynomialNetwork(weights(), activations=activations, ties=ties)
    X, Y = rng.standard_normal((7, 6)), rng.standard_normal((7, 6))
    formulation = ms.formulate(network, X, Y, loss)
    for _ in range(3):
        point = rng.standard_normal(formulation.n_coefficients)
        own = network.with_coefficients(formulation.coefficients(point))
        value = ms.learning.loss_named(loss).value(own, X, Y)
        assert formulation.objective(formulation.lifted(point)) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("activations", [[A(2, per_unit=True), A(2)], [A(2), A(1, per_unit=True)],
                                         [A(basis=[np.tanh, np.sin], per_unit=True), A(2)]])  # fmt: skip
def test_units_may_have_coefficients_of_their_own(activations, rng) -> None:
    network = ms.PolynomialNetwork(weights(width=3), activations=activations, normalisation="none")
    plan, X = Expansion.of(network), rng.standard_normal((5, 3))
    point = rng.standard_normal(network.unknowns.count)
    coefficients = network.unknowns.coefficients(point)
    assert [c.ndim for c in coefficients] == [1 + a.per_unit for a in activations]
    assert np.array_equal(network.unknowns.flatten(coefficients), point)
    monomials = evaluate_monomials(plan.exponents, point[None, :])[0]
    expected = network.with_coefficients(coefficients).predict(X)
    assert np.allclose(np.tensordot(monomials, plan.outputs(X), 1), expected, atol=1e-11 * np.abs(expected).max())
    assert np.allclose(monomials @ plan.mean_outputs(X), expected.mean(axis=0), atol=1e-11 * np.abs(expected).max())


def test_units_with_their_own_coefficients_are_learned(rng) -> None:
    network = ms.PolynomialNetwork(weights(layers=2), activations=[A(2, per_unit=True)])
    true = rng.standard_normal((6, 3))
    X = rng.standard_normal((60, 6))
    fit = ms.learn(network, X, network.with_coefficients([true]).predict(X))
    assert fit.status is ms.Status.CERTIFIED and fit.network.unknowns.names[:4] == (
        "c1_1_0",
        "c1_1_1",
        "c1_1_2",
        "c1_2_0",
    )
    assert np.allclose(fit.network.predict(X), network.with_coefficients([true]).predict(X), atol=1e-7)


@pytest.mark.parametrize("loss", ["mse", "mean_residual", "max_abs"])
def test_a_bound_that_the_truth_breaks_is_kept_and_active(loss, rng) -> None:
    network = ms.PolynomialNetwork(weights(), activations=[A(2, fixed={0: 1.0}, bounds={1: (0.0, 0.4)}), A(2)])
    X = rng.standard_normal((50, 6))
    Y = network.with_coefficients([[1.0, 0.5, -0.3], [0.2, 1.0, -0.3]]).predict(X) + 0.01 * rng.standard_normal(X.shape)
    fit = ms.learn(network, X, Y, loss=loss)
    assert fit.status is ms.Status.CERTIFIED and 0.0 <= fit.coefficients[0][1] <= 0.4
    assert fit.coefficients[0][1] == pytest.approx(0.4, abs=1e-6) and fit.upper_bound > 1e-6


def test_a_constraint_that_the_truth_breaks_is_kept_and_active(rng) -> None:
    limit = [({1: 1.0, 2: 1.0}, (None, 0.0))]
    network = ms.PolynomialNetwork(weights(), activations=[A(2, fixed={0: 1.0}, constraints=limit), A(2)])
    X = rng.standard_normal((50, 6))
    Y = network.with_coefficients([[1.0, 0.5, -0.3], [0.2, 1.0, -0.3]]).predict(X)
    fit = ms.learn(network, X, Y, loss="mean_residual")
    assert fit.status is ms.Status.CERTIFIED
    assert fit.coefficients[0][1] + fit.coefficients[0][2] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "values"),
    [("chebyshev", chebyshev.chebval), ("legendre", legendre.legval), ("hermite", hermite_e.hermeval)],
)
def test_values_of_a_basis_are_those_of_numpy_and_of_its_powers(name, values, rng) -> None:
    own, c, t = A(4, basis=name, interval=(-1.0, 3.0)), rng.standard_normal(5), rng.uniform(-2, 4, 9)
    assert np.allclose(own.at(t, c), values((t - 1.0) / 2.0, c))
    assert np.allclose(np.polynomial.polynomial.polyval(t, own.powers_of(c)), own.at(t, c))


def test_the_range_of_the_data_is_filled_in_and_kept(rng) -> None:
    W, X = weights(), rng.standard_normal((40, 6))
    inputs = X @ W[0].T
    for name, expected in (
        ("chebyshev", (inputs.min(), inputs.max())),
        ("hermite", (inputs.mean() - inputs.std(), inputs.mean() + inputs.std())),
    ):
        network = ms.PolynomialNetwork(W, activations=[A(3, basis=name, interval="data"), A(1)])
        fit = ms.learn(network, X, rng.standard_normal((40, 6)), max_order=0)
        assert fit.network.activations[0].interval == pytest.approx(expected)
        assert fit.network.predict(X).shape == (40, 6)


def test_a_weighted_sum_of_functions_in_one_layer_is_least_squares(rng) -> None:
    """A self-learnable activation is a linear problem in one layer: the minimum is that of `lstsq`."""
    W, X, Y = weights(layers=2), rng.standard_normal((40, 6)), rng.standard_normal((40, 6))
    columns = np.stack([(f(X @ W[0].T) @ W[1].T).ravel() for f in (np.tanh, np.sin, relu)], axis=1)
    best = np.linalg.lstsq(columns, Y.ravel())[0]
    fit = ms.learn(ms.PolynomialNetwork(W, activations=[A(basis=[np.tanh, np.sin, relu])]), X, Y)
    assert fit.status is ms.Status.CERTIFIED and np.allclose(fit.coefficients[0], best, atol=1e-7)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"powers": (1, 3, 3)}, "3 occurs twice"),
        ({"powers": (0,)}, "at least one power above 0"),
        ({"powers": "odd"}, "list of powers"),
        ({"degree": 2, "powers": (1, 3)}, "give one of the two"),
        ({"degree": 0}, "at least 1"),
        ({}, "degree"),
        ({"degree": 2, "basis": "fourier"}, "expected one of monomials"),
        ({"degree": 2, "basis": "chebyshev", "interval": (1, 1)}, "the lower one first"),
        ({"degree": 2, "interval": "range"}, "'data'"),
        ({"degree": 2, "fixed": {5: 1.0}}, "no coefficient 5"),
        ({"powers": (1, 3), "fixed": {2: 1.0}}, "no coefficient 2"),
        ({"degree": 2, "fixed": {1: 2.0}, "bounds": {1: (0, 1)}}, "outside of bounds"),
        ({"degree": 2, "bounds": {1: (1, 0)}}, "lower limit first"),
        ({"degree": 2, "constraints": [({1: 0.0}, (0, 1))]}, "not zero"),
        ({"degree": 2, "per_unit": 1}, "True or False"),
        ({"basis": [np.tanh, 3]}, "functions"),
        ({"basis": [np.tanh], "degree": 2}, "leave them out"),
        ({"shape": np.tanh, "degree": 2}, "leave them out"),
        ({"shape": "tanh"}, "a function"),
    ],
)  # fmt: skip
def test_what_makes_no_activation_is_refused(given, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words):
        A(**given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"activations": [A(2), A(basis=[np.sin])]}, "sin.*only polynomials"),
        ({"activations": [A(2), A(shape=np.tanh)]}, "tanh.*only polynomials"),
        ({"activations": [A(2), A(2, basis="chebyshev", interval="data")]}, "state the interval"),
        ({"activations": [A(2)]}, "expected a list of 2 activations"),
        ({"activations": [A(2), 2]}, "momentsos.Activation"),
        ({"activations": [A(shape=np.tanh), A(1, fixed={0: 1.0, 1: 1.0})]}, "nothing to learn"),
        ({"activations": [A(2), A(2)], "degrees": [2, 3]}, "give one of the two"),
        ({}, "degrees="),
        ({"degrees": [2, 3], "ties": [(0, 1)]}, "different activations"),
        ({"degrees": [2, 2], "ties": [((0, 7), (1, 1))]}, "no coefficient number 7"),
        ({"degrees": [2, 2], "normalisation": "unit"}, "expected one of auto"),
        ({"degrees": [2, 2], "normalisation": [(0, 9)]}, "no coefficient that is free"),
        ({"activations": [A(1, bounds={0: (0, 1)}), A(1, fixed={0: 2.0})], "ties": [((0, 0), (1, 0))]}, "outside"),
        ({"activations": [A(2, constraints=[({1: 1}, (0, 0)), ({1: 1}, (1, 1))]), A(1)]}, "contradict"),
    ],
)
def test_what_makes_no_network_is_refused(given, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words):
        ms.PolynomialNetwork(weights(), **given)


def test_a_function_that_gives_no_numbers_is_named() -> None:
    X = -np.ones((5, 6))
    for function in (np.sum, np.linalg.inv, lambda t: t * np.inf):
        network = ms.PolynomialNetwork(weights(), activations=[A(basis=[function]), A(2)])
        with pytest.raises(ms.InvalidInput, match="the function"):
            ms.learn(network, X, X)


def test_an_activation_pickles_compares_and_prints_in_a_line() -> None:
    own = A(3, basis="chebyshev", interval=(-2, 2), fixed={0: 0.0}, bounds={1: (0, None)})
    assert pickle.loads(pickle.dumps(own)) == own != A(3)
    assert len(repr(own)) < 400 and "\n" not in repr(own)
    assert own.title == "chebyshev, degree 3" and A(powers=(1, 3)).title == "powers 1, 3"
    assert A(basis=[np.tanh, relu]).title == "tanh, relu"
