"""Replace the tanh activations of a trained scikit-learn network by polynomials, to proven optimality.

An `MLPRegressor` with two hidden layers of tanh units and biases is trained on the diabetes data that scikit-learn
brings. Its weights and biases are kept; each tanh is replaced by a polynomial, one a layer. Two ways to choose the
coefficients are compared:

- the usual one: least squares on tanh over the interval of inputs that the layer sees in training;
- `momentsos.learn` with the mean squared error on the training data, which also proves that no other coefficients
  have a smaller one, where the status is CERTIFIED.

Run: python examples/tanh_to_polynomial.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor

import momentsos as ms

WIDTHS = (8, 8)
DEGREES = (3, 2)
SEEDS = (0, 1, 2)
#: Relative gap of the training error that counts as closed.
TOLERANCE = 1e-5


@dataclass(frozen=True)
class Data:
    """Standardised inputs and targets, one row a patient."""

    X: NDArray[np.float64]
    Y: NDArray[np.float64]
    X_test: NDArray[np.float64]
    Y_test: NDArray[np.float64]


def diabetes(seed: int = 0) -> Data:
    """Return the diabetes data, a quarter held out, standardised by the training part."""
    X, y = load_diabetes(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, random_state=seed)
    centre, width = X.mean(axis=0), X.std(axis=0)
    middle, size = y.mean(), y.std()
    Y, Y_test = ((part - middle)[:, None] / size for part in (y, y_test))
    return Data((X - centre) / width, Y, (X_test - centre) / width, Y_test)


def trained(data: Data, seed: int = 0) -> MLPRegressor:
    """Return the network with tanh units, stopped early by scikit-learn on a part of the training data."""
    model = MLPRegressor(
        hidden_layer_sizes=WIDTHS,
        activation="tanh",
        learning_rate_init=0.01,
        early_stopping=True,
        max_iter=500,
        random_state=seed,
    )
    return model.fit(data.X, data.Y.ravel())


def polynomial_network(model: MLPRegressor, degrees: tuple[int, ...] = DEGREES) -> ms.PolynomialNetwork:
    """Return the network with the same weights and biases, and polynomials in place of tanh, all coefficients free."""
    weights = [np.asarray(W.T) for W in model.coefs_]
    return ms.PolynomialNetwork(weights=weights, degrees=degrees, biases=[np.array(b) for b in model.intercepts_])


def interval_fit(network: ms.PolynomialNetwork, model: MLPRegressor, X: NDArray[np.float64]) -> ms.PolynomialNetwork:
    """Return the network whose polynomials fit tanh by least squares on the interval of inputs of each layer."""
    hidden, chosen = X, []
    for layer, degree in enumerate(network.degrees):
        inputs = hidden @ model.coefs_[layer] + model.intercepts_[layer]
        reach = float(np.abs(inputs).max())
        grid = np.linspace(-reach, reach, 2001)
        fitted = Polynomial.fit(grid, np.tanh(grid), degree).convert().coef
        coefficients = np.zeros(degree + 1)
        coefficients[: len(fitted)] = fitted
        chosen.append(coefficients)
        hidden = np.tanh(inputs)
    return network.with_coefficients(chosen)


@dataclass(frozen=True)
class Comparison:
    """The network before and after, on one split of the data.

    Attributes
    ----------
    rows : tuple of (name, R² in training, R² held out, mean squared error in training)
    fit : Fit
    """

    rows: tuple[tuple[str, float, float, float], ...]
    fit: ms.Fit


def compare(seed: int, degrees: tuple[int, ...] = DEGREES) -> Comparison:
    """Train, replace the activations in both ways, and measure.

    The method is left to `learn`: where the partial hierarchy leaves a gap, it asks the dense one.
    """
    data = diabetes(seed)
    model = trained(data, seed)
    network = polynomial_network(model, degrees)
    fit = ms.learn(network, data.X, data.Y, loss="mse", tol=TOLERANCE)
    usual = interval_fit(network, model, data.X)
    found = [("tanh, as trained", model.predict), ("interval fit of tanh", usual.predict)]
    if fit.coefficients is not None:
        found.append(("learned polynomials", fit.network.predict))
    return Comparison(tuple((name, *scores(predict, data)) for name, predict in found), fit)


def scores(predict: Callable[[NDArray[np.float64]], NDArray[np.float64]], data: Data) -> tuple[float, float, float]:
    """Return R² on the training and on the held-out part, and the mean squared error on the training part."""
    train = np.reshape(predict(data.X), data.Y.shape)
    test = np.reshape(predict(data.X_test), data.Y_test.shape)
    return r2_score(data.Y, train), r2_score(data.Y_test, test), float(((train - data.Y) ** 2).mean())


def main() -> None:
    """Print the comparison for a few splits of the data."""
    print(f"hidden layers {WIDTHS}, degrees {DEGREES}")
    for seed in SEEDS:
        found = compare(seed)
        fit = found.fit
        print(f"\nsplit {seed}: {fit.status} at order {fit.order} over {fit.coverage}, {fit.seconds['total']:.1f} s")
        print(f"  training MSE between {fit.lower_bound:.10g} and {fit.upper_bound:.10g}; {fit.identifiability}")
        for layer, coefficients in enumerate(fit.coefficients or [], start=1):
            print(f"  activation {layer}: {np.round(coefficients, 4)}")
        print(f"  {'activations':24}{'R2 training':>12}{'R2 held out':>12}{'training MSE':>14}")
        for name, train, test, mse in found.rows:
            print(f"  {name:24}{train:12.3f}{test:12.3f}{mse:14.6f}")


if __name__ == "__main__":
    main()
