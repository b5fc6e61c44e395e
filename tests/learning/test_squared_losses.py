"""Squared losses of networks: certified over all of R^n, few outputs, few samples and free constants included."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.data_free import without_redundancy
from momentsos.learning.expansion import Expansion
from momentsos.learning.formulate import formulate


def data(degrees, outputs=1, biases=True, samples=40, width=5, noise=0.1, seed=0):
    random = np.random.default_rng(seed)
    sizes = [width] * (len(degrees) + 1) + [outputs]
    weights = [random.standard_normal((m, n)) / n**0.5 for n, m in pairwise(sizes)]
    given = [0.5 * random.standard_normal(m) for m in sizes[1:]] if biases else None
    X = random.standard_normal((samples, width))
    network = ms.PolynomialNetwork(weights, degrees, biases=given)
    coefficients = network.unknowns.coefficients(random.standard_normal(network.unknowns.count))
    Y = network.with_coefficients(coefficients).predict(X)
    return network, X, Y + noise * Y.std() * random.standard_normal(Y.shape)


@pytest.mark.parametrize("degrees", [[2, 2], [3, 2], [1, 1, 1]])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("biases", [True, False])
def test_losses_of_few_outputs_are_certified_over_all_of_space(degrees, outputs, biases) -> None:
    network, X, Y = data(degrees, outputs, biases)
    fit = ms.learn(network, X, Y, loss="mse")
    assert fit.status is ms.Status.CERTIFIED and fit.region.everything and fit.rigorous
    assert fit.relative_gap <= 1e-6
    value = float(((fit.network.predict(X) - Y) ** 2).mean())
    assert fit.upper_bound == pytest.approx(value, rel=1e-9)
    random = np.random.default_rng(1)
    for _ in range(20):  # no other coefficients are better
        point = fit.formulation.flatten(fit.coefficients)
        moved = fit.network.with_coefficients(
            fit.formulation.coefficients(point * (1 + 0.01 * random.standard_normal(point.shape)))
        )
        assert ((moved.predict(X) - Y) ** 2).mean() >= fit.lower_bound * (1 - 1e-9)


def test_the_bound_has_an_exact_certificate_where_columns_were_folded() -> None:
    network, X, Y = data([2, 2], outputs=3)
    fit = ms.learn(network, X, Y, loss="mse")
    certificate = fit.certify()
    assert certificate.verify(fit.problem).holds
    assert fit.upper_bound * (1 - 1e-6) <= float(certificate.bound) <= fit.upper_bound


@pytest.mark.parametrize("outputs", [1, 2, 3, 8])
def test_monomials_that_no_sample_changes_have_as_many_columns_as_outputs_see(outputs) -> None:
    network, X, _ = data([2, 2], outputs)
    expansion = Expansion.of(network)
    columns, combination = without_redundancy(expansion)
    free = (expansion.shared.exponents.any(axis=1)).sum()
    reached = min(outputs, 5)  # the last layer has five units
    assert len(expansion.exponents) - len(columns) == free - reached
    full = expansion.outputs(X).reshape(len(expansion.exponents), -1).T
    assert combination is not None  # the outputs are the same polynomials as before
    assert np.allclose(full[:, columns] @ combination.toarray(), full, atol=1e-9 * np.abs(full).max())


def test_the_factor_of_a_loss_is_the_loss_on_the_data() -> None:
    network, X, Y = data([3, 2], outputs=2)
    formulation = formulate(network, X, Y, "mse")
    random = np.random.default_rng(2)
    for _ in range(5):
        point = random.standard_normal(formulation.n_coefficients)
        loss = float(((network.with_coefficients(formulation.coefficients(point)).predict(X) - Y) ** 2).mean())
        assert formulation.objective(point) == pytest.approx(loss, rel=1e-9)
        assert float(formulation.problem.minimize(point)) == pytest.approx(loss, rel=1e-9)


def test_fewer_samples_than_monomials_are_no_hindrance() -> None:
    network, X, Y = data([3, 2], samples=15, noise=0.3)
    fit = ms.learn(network, X, Y, loss="mse")
    assert len(fit.problem.squares.matrix) < fit.problem.squares.matrix.shape[1]
    assert fit.status is ms.Status.CERTIFIED and fit.region.everything and fit.lower_bound > 0


def test_targets_that_fit_exactly_have_the_loss_zero() -> None:
    network, X, Y = data([2, 2], noise=0.0)
    fit = ms.learn(network, X, Y, loss="mse")
    assert fit.status is ms.Status.CERTIFIED and fit.upper_bound <= 1e-16 * (Y**2).mean()


@pytest.mark.slow
def test_three_layers_and_a_degree_of_five_are_certified() -> None:
    for degrees, outputs, biases in (([2, 2, 2], 5, False), ([5, 2], 5, False)):
        network, X, Y = data(degrees, outputs, biases, samples=60)
        fit = ms.learn(network, X, Y, loss="mse")
        assert fit.status is ms.Status.CERTIFIED and fit.region.everything and fit.method == "squares"
