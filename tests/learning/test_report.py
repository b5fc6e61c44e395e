"""The report of a fit: error bars, influence, other minima and flat directions, where they are known."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.instances import noisy_instance

A = ms.Activation


def test_error_bars_of_one_layer_are_those_of_linear_regression(rng) -> None:
    weights = [rng.standard_normal((6, 4)), rng.standard_normal((3, 6))]
    X = rng.standard_normal((80, 4))
    inputs = X @ weights[0].T
    columns = np.stack([(inputs**p @ weights[1].T).ravel() for p in range(3)], axis=1)
    y = columns @ [0.3, -1.0, 0.5] + 0.1 * rng.standard_normal(len(columns))
    fit = ms.learn(ms.PolynomialNetwork(weights, [2]), X, y.reshape(80, 3))
    found = fit.report(X, y.reshape(80, 3))
    best, left = np.linalg.lstsq(columns, y)[:2]
    variance = float(left[0]) / (len(y) - 3)
    assert found.values == pytest.approx(best, abs=1e-8) and found.noise == pytest.approx(variance**0.5, rel=1e-6)
    expected = np.sqrt(variance * np.diag(np.linalg.inv(columns.T @ columns)))
    assert found.errors == pytest.approx(expected, rel=1e-6)


def test_error_bars_cover_the_truth_about_as_often_as_they_should() -> None:
    hits = []
    for seed in range(12):
        case = noisy_instance((2, 2), samples=40, width=5, seed=seed, fresh=True, noise=0.05)
        fit = ms.learn(case.network, case.X, case.Y)
        found = fit.report(case.X, case.Y)
        true = case.network.unknowns.flatten(case.true)
        hits += (np.abs(found.values - true) <= 2 * found.errors).tolist()
        assert found.noise == pytest.approx(0.05, rel=0.3)
    assert 0.8 < np.mean(hits) <= 1.0


def test_influence_is_the_gradient_by_the_output_of_each_unit(rng) -> None:
    case = noisy_instance((2, 3), samples=20, width=4, fresh=True, noise=0.3)
    fit = ms.learn(case.network, case.X, case.Y)
    found = fit.report(case.X, case.Y)
    W, c = case.network.weights, fit.coefficients

    def loss(hidden: np.ndarray) -> float:
        out = np.polynomial.polynomial.polyval(hidden @ W[1].T, c[1]) @ W[2].T
        return ((out - case.Y) ** 2).mean()

    hidden = np.polynomial.polynomial.polyval(case.X @ W[0].T, c[0])
    gradient = np.zeros_like(hidden)
    for place in np.ndindex(hidden.shape):
        step = np.zeros_like(hidden)
        step[place] = 1e-5
        gradient[place] = (loss(hidden + step) - loss(hidden - step)) / 2e-5
    sizes = np.abs(gradient).mean(axis=0)
    assert found.influence[0] == pytest.approx(sizes / sizes.mean(), rel=1e-5)
    assert found.influence[1].mean() == pytest.approx(1.0)


def test_units_without_weights_are_dead() -> None:
    case = noisy_instance((2, 2), samples=40, width=5, fresh=True)
    weights = [w.copy() for w in case.network.weights]
    weights[1][:, 3] = 0.0  # what unit 3 of the first layer says is not heard
    weights[1][2, :] = 0.0  # unit 2 of the second layer hears nothing
    network = ms.PolynomialNetwork(weights, [2, 2])
    fit = ms.learn(network, case.X, case.Y)
    assert fit.report(case.X, case.Y).dead == ((0, 3), (1, 2))


def test_coefficients_that_the_data_do_not_determine_have_no_error_bar(rng) -> None:
    network = ms.PolynomialNetwork([[[1.0]], [[1.0]]], [3])
    X = np.array([[0.0], [1.0], [0.0], [1.0]])  # two inputs, four coefficients
    Y = X + 0.1 * rng.standard_normal((4, 1))
    found = ms.learn(network, X, Y, ridge=1e-6).report(X, Y)
    assert found.determined.rank == 2 and found.flat.shape == (2, 4)
    assert np.isinf(found.errors[1:]).all() and np.isfinite(found.errors[0])  # the value at 0 is known
    jacobian = X ** np.arange(4)
    assert np.abs(jacobian @ found.flat.T).max() < 1e-9
    assert "no" in str(found)


def test_the_next_local_minimum_is_told() -> None:
    found = []
    for seed in range(6):
        case = noisy_instance((2, 2), samples=12, width=3, seed=seed, fresh=True, noise=1.0)
        fit = ms.learn(case.network, case.X, case.Y)
        told = fit.report(case.X, case.Y).next_minimum
        found.append(told)
        assert told is None or told > 0
    assert any(told is not None for told in found)


def test_a_channel_to_infinity_is_told_with_its_limit() -> None:
    weights = [[[1.0], [-1.0]], [[0.5, -0.5], [0.5, 0.5], [0, 0]], [[1.0, 0, -1], [0, 1, -1], [0, 0, 1]]]
    network = ms.PolynomialNetwork(weights, [1, 1], normalisation="paper")
    X, Y = [[1.0]], [[1.0, 0, 0]]
    fit = ms.learn(network, X, Y)
    found = fit.report(X, Y)
    assert fit.status is ms.Status.AT_INFINITY
    assert abs(found.channel[0]) > 0.9 and 0 <= found.limit <= fit.upper_bound < 1e-3
    assert found.followed.growing == ("c11",) and "falls to" in str(found)


def test_a_report_is_a_record_with_a_table() -> None:
    case = noisy_instance((2, 1), samples=20, width=4, fresh=True)
    found = ms.learn(case.network, case.X, case.Y).report(case.X, case.Y)
    assert pickle.loads(pickle.dumps(found)) == found and "\n" not in repr(found)
    assert str(found).splitlines()[0].split() == ["coefficient", "value", "±", "error", "determined"]
    assert "<table>" in found._repr_html_() and found.rows[0][0] == "c11"
    with pytest.raises(ms.InvalidInput, match="X has shape"):
        ms.learn(case.network, case.X, case.Y).report(case.X[:, :2], case.Y)
