"""Activations with a shape: known optima, a fine grid as reference, shapes that hold everywhere, refusals."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import momentsos as ms

SHAPES = {
    "increasing": ms.Shape((-4, 4), monotone="increasing"),
    "decreasing": ms.Shape((-4, 4), monotone="decreasing"),
    "convex": ms.Shape((-4, 4), curvature="convex"),
    "concave": ms.Shape((-4, 4), curvature="concave"),
    "bounded": ms.Shape((-4, 4), values=(-1.1, 1.1)),
    "from below": ms.Shape((-4, 4), values=(-0.9, None)),
    "increasing and bounded": ms.Shape((-5, 5), monotone="increasing", values=(-1.5, 1.5)),
    "increasing and convex": ms.Shape((-4, 4), monotone="increasing", curvature="convex"),
}


def data(seed: int, noise: float = 0.05):
    rng = np.random.default_rng(seed)
    W = [rng.standard_normal((6, 5)) / 5**0.5, rng.standard_normal((3, 6))]
    X = rng.standard_normal((50, 5))
    return W, X, np.tanh(2.0 * X @ W[0].T) @ W[1].T + noise * rng.standard_normal((50, 3))


def violation(shape: ms.Shape, powers: np.ndarray) -> float:
    """Return by how much a polynomial leaves its shape on a fine grid; negative where it keeps it strictly."""
    t, found = np.linspace(*shape.interval, 4001), [-np.inf]
    for demand in shape.demands:
        own = np.polynomial.polynomial.polyder(powers, demand.order) if demand.order else powers
        found.append(float(np.max(demand.least - demand.sign * np.polynomial.polynomial.polyval(t, own))))
    return max(found)


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("basis", ["monomials", "chebyshev"])
def test_shapes_are_kept_everywhere_and_bounds_meet(kind, basis) -> None:
    for seed in range(2):
        W, X, Y = data(seed)
        interval = None if basis == "monomials" else (-4, 4)
        activation = ms.Activation(5, basis=basis, interval=interval)
        fit = ms.learn_shaped(ms.PolynomialNetwork(W, activations=[activation]), X, Y, SHAPES[kind])
        assert fit.status is ms.Status.CERTIFIED
        assert violation(SHAPES[kind], activation.powers_of(fit.coefficients)) <= 0.0
        assert np.isclose(np.mean((fit.predict(X) - Y) ** 2), fit.upper_bound, rtol=1e-12)
        free = ms.learn(ms.PolynomialNetwork(W, degrees=[5]), X, Y)
        assert fit.upper_bound >= free.lower_bound and len(fit.touched) >= 1


@pytest.mark.parametrize("kind", SHAPES)
def test_the_optimum_is_that_of_a_fine_grid(kind) -> None:
    from scipy.optimize import minimize

    W, X, Y = data(3)
    shape = SHAPES[kind]
    fit = ms.learn_shaped(ms.PolynomialNetwork(W, degrees=[3]), X, Y, shape)
    design = np.einsum("iuk,ju->ijk", (X @ W[0].T)[..., None] ** np.arange(4), W[1]).reshape(-1, 4)
    t = np.linspace(*shape.interval, 401)
    rows, least = [], []
    for demand in shape.demands:
        powers = [np.polynomial.polynomial.polyder(e, demand.order) if demand.order else e for e in np.eye(4)]
        rows.append(demand.sign * np.array([np.polynomial.polynomial.polyval(t, p) for p in powers]).T)
        least.append(np.full(len(t), demand.least))
    A, b = np.vstack(rows), np.concatenate(least)
    found = minimize(
        lambda c: np.mean((design @ c - Y.reshape(-1)) ** 2),
        fit.coefficients,
        jac=lambda c: 2.0 * design.T @ (design @ c - Y.reshape(-1)) / Y.size,
        constraints={"type": "ineq", "fun": lambda c: A @ c - b, "jac": lambda c: A},
        method="SLSQP",
        options={"ftol": 1e-14},
    )
    assert fit.lower_bound <= fit.upper_bound <= fit.lower_bound * (1.0 + 1e-6)
    assert np.isclose(found.fun, fit.upper_bound, rtol=1e-4)


def test_a_function_that_has_the_shape_is_recovered() -> None:
    W, X, _ = data(0)
    true = [0.1, 1.0, 0.0, 0.2]
    teacher = ms.PolynomialNetwork(W, degrees=[3]).with_coefficients([true])
    fit = ms.learn_shaped(ms.PolynomialNetwork(W, degrees=[3]), X, teacher.predict(X), SHAPES["increasing"])
    assert fit.status is ms.Status.CERTIFIED and np.allclose(fit.coefficients, true, atol=1e-6)
    assert fit.upper_bound <= 1e-12


def test_the_best_increasing_line_through_falling_data_is_their_mean() -> None:
    x = np.linspace(-1.0, 1.0, 21)[:, None]
    network = ms.PolynomialNetwork([[[1.0]], [[1.0]]], degrees=[1])
    fit = ms.learn_shaped(network, x, 3.0 - 2.0 * x, ms.Shape((-1, 1), monotone="increasing"))
    assert fit.status is ms.Status.CERTIFIED and np.allclose(fit.coefficients, [3.0, 0.0], atol=1e-5)
    assert np.isclose(fit.lower_bound, 4.0 * np.mean(x**2), rtol=1e-6)


def test_what_the_degree_gives_is_not_asked() -> None:
    W, X, Y = data(0)
    line = ms.PolynomialNetwork(W, degrees=[1])
    fit = ms.learn_shaped(line, X, Y, ms.Shape((-4, 4), curvature="concave"))
    assert fit.status is ms.Status.CERTIFIED and fit.touched == ()
    assert np.isclose(fit.upper_bound, ms.learn(line, X, Y).upper_bound)


def test_inputs_far_smaller_than_the_interval() -> None:
    W, X, Y = data(0)
    fit = ms.learn_shaped(ms.PolynomialNetwork(W, degrees=[3]), 1e-5 * X, Y, SHAPES["increasing and bounded"])
    assert fit.lower_bound <= fit.upper_bound
    assert violation(SHAPES["increasing and bounded"], fit.coefficients) <= 0.0


def test_fixed_coefficients_biases_and_intervals_of_the_data() -> None:
    W, X, _ = data(1)
    biases = [np.linspace(-0.5, 0.5, 6), np.array([1.0, 0.0, -1.0])]
    for activation in (
        ms.Activation(3, fixed={0: 0.25}),
        ms.Activation(3, basis="legendre", interval="data"),
        ms.Activation(powers=(1, 3)),
    ):
        network = ms.PolynomialNetwork(W, activations=[activation], biases=biases)
        true = np.array([0.25, 1.0, 0.0, 0.3]) if activation.powers != (1, 3) else np.array([0.0, 1.0, 0.0, 0.3])
        Y = network.seeing(X).with_coefficients([true]).predict(X)
        fit = ms.learn_shaped(network, X, Y, ms.Shape((-1, 1), values=(-9.0, 9.0)))
        assert fit.status is ms.Status.CERTIFIED and np.allclose(fit.coefficients, true, atol=1e-6)


def test_records_are_equal_by_value_and_shown() -> None:
    W, X, Y = data(0)
    fit = ms.learn_shaped(ms.PolynomialNetwork(W, degrees=[3]), X, Y, SHAPES["convex"])
    assert pickle.loads(pickle.dumps(fit)) == fit
    assert str(fit).startswith("CERTIFIED") and "held back at" in fit._repr_html_()


def _learn(shape: object = SHAPES["increasing"], **changes):
    W, X, Y = data(0)
    network = changes.pop("network", ms.PolynomialNetwork(W, degrees=[3]))
    return ms.learn_shaped(network, changes.pop("X", X), Y, shape, **changes)


def _with(activation: ms.Activation):
    return _learn(network=ms.PolynomialNetwork(data(0)[0], activations=[activation]))


REFUSED = {
    "two hidden layers": lambda: _learn(network=ms.PolynomialNetwork([np.eye(5), np.eye(5), np.eye(5)[:3]], [2, 2])),
    "no shape": lambda: _learn(shape="increasing"),
    "functions": lambda: _with(ms.Activation(basis=[np.tanh])),
    "one a unit": lambda: _with(ms.Activation(2, per_unit=True)),
    "bounds beside it": lambda: _with(ms.Activation(2, bounds={1: (0, 1)})),
    "not finite": lambda: _learn(X=np.full((50, 5), np.inf)),
    "not determined": lambda: _learn(X=np.zeros((50, 5))),
    "a shape that no polynomial has": lambda: _learn(
        network=ms.PolynomialNetwork(data(0)[0], activations=[ms.Activation(2, fixed={1: -1.0, 2: 0.0})])
    ),
    "nothing asked": lambda: ms.Shape((-1, 1)),
    "an empty interval": lambda: ms.Shape((1, 1), monotone="increasing"),
    "an endless interval": lambda: ms.Shape((0, np.inf), monotone="increasing"),
    "another word": lambda: ms.Shape((0, 1), monotone="up"),
    "limits that cross": lambda: ms.Shape((0, 1), values=(1, 0)),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_line(kind) -> None:
    with pytest.raises(ms.InvalidInput) as caught:
        REFUSED[kind]()
    assert "\n" not in str(caught.value)
