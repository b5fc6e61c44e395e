"""Weights of samples, penalties on coefficients and class labels, each against an answer known by construction."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import momentsos as ms
from momentsos.learning.data import one_hot
from momentsos.learning.instances import noisy_instance

CASE = noisy_instance((2, 2), samples=30, width=5, fresh=True)
FREE = ms.PolynomialNetwork(CASE.network.weights, [2, 2])  # normalised by what the network and the loss leave redundant
LINEAR = ms.PolynomialNetwork(CASE.network.weights[:2], [2])  # one layer: the loss is quadratic in the coefficients


def columns() -> np.ndarray:
    """The outputs of the one-layer network for each coefficient, all samples and outputs under each other."""
    inputs = CASE.X @ LINEAR.weights[0].T
    return np.stack([(inputs**p @ LINEAR.weights[1].T).ravel() for p in range(3)], axis=1)


@pytest.mark.parametrize("loss", ["mse", "mean_residual", "mae"])
def test_integer_weights_are_repetitions(loss) -> None:
    counts = np.random.default_rng(0).integers(0, 4, 30)
    repeated = ms.learn(CASE.network, np.repeat(CASE.X, counts, axis=0), np.repeat(CASE.Y, counts, axis=0), loss)
    weighted = ms.learn(CASE.network, CASE.X, CASE.Y, loss, sample_weight=counts)
    assert weighted.status is repeated.status is ms.Status.CERTIFIED
    assert weighted.upper_bound == pytest.approx(repeated.upper_bound, rel=1e-6)
    scaled = ms.learn(CASE.network, CASE.X, CASE.Y, loss, sample_weight=7.5 * counts)
    assert scaled.upper_bound == pytest.approx(weighted.upper_bound, rel=1e-6)


def test_weights_give_weighted_least_squares() -> None:
    weights = np.random.default_rng(1).uniform(0.1, 5.0, 30)
    root = np.repeat(np.sqrt(weights), 5)
    best = np.linalg.lstsq(root[:, None] * columns(), root * CASE.Y.ravel())[0]
    fit = ms.learn(LINEAR, CASE.X, CASE.Y, sample_weight=weights)
    assert fit.status is ms.Status.CERTIFIED and np.allclose(fit.coefficients[0], best, atol=1e-8)
    errors = ((fit.network.predict(CASE.X) - CASE.Y) ** 2).mean(axis=1)
    assert fit.upper_bound == pytest.approx(np.average(errors, weights=weights))


def test_a_ridge_on_one_layer_is_ridge_regression() -> None:
    A, y = columns(), CASE.Y.ravel()
    best = np.linalg.solve(A.T @ A / len(y) + 0.3 * np.eye(3), A.T @ y / len(y))
    fit = ms.learn(LINEAR, CASE.X, CASE.Y, ridge=0.3)
    assert fit.status is ms.Status.CERTIFIED and np.allclose(fit.coefficients[0], best, atol=1e-8)
    assert fit.upper_bound == pytest.approx(((A @ best - y) ** 2).mean() + 0.3 * (best**2).sum())


def test_absolute_penalties_on_one_layer_are_the_lasso() -> None:
    A, y = columns(), CASE.Y.ravel()

    def lasso(c: np.ndarray) -> float:
        return ((A @ (c[:3] - c[3:]) - y) ** 2).mean() + 0.5 * c.sum()

    best = minimize(lasso, np.ones(6), bounds=[(0, None)] * 6, options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-12})
    fit = ms.learn(LINEAR, CASE.X, CASE.Y, absolute=0.5)
    assert fit.status in (ms.Status.CERTIFIED, ms.Status.CERTIFIED_WITHIN)
    assert fit.upper_bound == pytest.approx(best.fun, rel=1e-6)
    assert fit.lower_bound <= best.fun * (1 + 1e-9)
    names = fit.formulation.problem.variables
    assert names == ("c10", "c11", "c12", "s_c10", "s_c11", "s_c12")


def test_a_ridge_holds_the_scale_so_that_nothing_is_normalised() -> None:
    fit = ms.learn(FREE, CASE.X, CASE.Y, ridge=1e-2)
    assert fit.network.unknowns.names == ("c10", "c11", "c12", "c20", "c21", "c22")
    assert fit.status in (ms.Status.CERTIFIED, ms.Status.CERTIFIED_WITHIN)
    size = sum(float((c**2).sum()) for c in fit.coefficients)
    loss = ((fit.network.predict(CASE.X) - CASE.Y) ** 2).mean()
    assert fit.upper_bound == pytest.approx(loss + 1e-2 * size, rel=1e-9)


@pytest.mark.parametrize(("ridge", "absolute"), [(0.1, 0.0), (0.0, 0.1), (0.1, 0.2)])
@pytest.mark.parametrize("loss", ["mse", "mean_residual"])
def test_the_objective_is_the_loss_with_its_penalties(loss, ridge, absolute, rng) -> None:
    formulation = ms.formulate(FREE, CASE.X, CASE.Y, loss, ridge=ridge, absolute=absolute)
    for _ in range(3):
        point = rng.standard_normal(6)
        network = formulation.network.with_coefficients(formulation.coefficients(point))
        own = ms.learning.loss_named(loss).value(network, CASE.X, CASE.Y)
        expected = own + ridge * (point**2).sum() + absolute * np.abs(point).sum()
        lifted = formulation.lifted(point)
        assert formulation.objective(lifted) == pytest.approx(expected, rel=1e-9)
        assert formulation.loss_at(lifted, np.zeros_like(lifted)) == pytest.approx(expected, rel=1e-9)
        assert formulation.problem.minimize(lifted) == pytest.approx(expected, rel=1e-9)
        assert min((g(lifted) for g in formulation.problem.inequalities), default=0.0) >= -1e-12


def test_labels_are_targets_of_zero_and_one(rng) -> None:
    network = ms.PolynomialNetwork([rng.standard_normal((4, 2)), rng.standard_normal((3, 4))], [2])
    X = rng.standard_normal((40, 2))
    labels = rng.choice(["red", "green", "blue"], 40)
    Y = (labels[:, None] == np.array(["blue", "green", "red"])).astype(float)
    by_label, by_target = ms.learn(network, X, labels), ms.learn(network, X, Y)
    assert by_label.upper_bound == by_target.upper_bound
    assert np.array_equal(one_hot([2, 0, 2, 5], 3), np.eye(3)[[1, 0, 1, 2]])
    with pytest.raises(ms.InvalidInput, match=r"3 classes .* 4 outputs"):
        one_hot(labels, 4)
    with pytest.raises(ms.InvalidInput, match="class labels"):
        one_hot(rng.standard_normal(40), 3)


def test_the_mean_residual_says_that_errors_cancel() -> None:
    fit = ms.learn(CASE.network, CASE.X, CASE.Y, loss="mean_residual")
    left = ((fit.network.predict(CASE.X) - CASE.Y) ** 2).sum() / ((CASE.Y - CASE.Y.mean(axis=0)) ** 2).sum()
    assert f"cancel in this loss; the network explains {1 - left:.1%} of the targets' variance" in fit.message
    assert "cancel" not in ms.learn(CASE.network, CASE.X, CASE.Y).message


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"sample_weight": np.ones(3)}, ms.InvalidInput, "expected \\(30,\\)"),
        ({"sample_weight": -np.ones(30)}, ms.InvalidInput, "not negative"),
        ({"sample_weight": np.zeros(30)}, ms.InvalidInput, "not all zero"),
        ({"sample_weight": np.ones(30), "loss": "max_abs"}, ms.BadOption, "no weights"),
        ({"ridge": -1.0}, ms.BadOption, "ridge"),
        ({"absolute": np.inf}, ms.BadOption, "absolute"),
        ({"ridge": "much"}, ms.BadOption, "ridge"),
        ({"ridge": 1.0, "loss": "mae"}, ms.BadOption, "no penalties"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, error, words) -> None:
    with pytest.raises(error, match=words):
        ms.learn(CASE.network, CASE.X, CASE.Y, **options)
