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
DEGREES = (3, 3)


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
    """Return the network with tanh units."""
    model = MLPRegressor(
        hidden_layer_sizes=WIDTHS, activation="tanh", alpha=1.0, solver="lbfgs", max_iter=5000, random_state=seed
    )
    return model.fit(data.X, data.Y.ravel())


def polynomial_network(model: MLPRegressor, degrees: tuple[int, ...] = DEGREES) -> ms.PolynomialNetwork:
    r"""Return the network with the same weights and biases, and polynomials in place of tanh.

    The inner activation has constant coefficient 1 by convention. Here no scale moves between layers, but nothing
    is lost: subtracting the row sums of the next weights from the next bias turns it into a polynomial with
    q(0) = 0, as tanh(0) = 0.
    """
    weights = [np.asarray(W.T) for W in model.coefs_]
    biases = [np.array(b) for b in model.intercepts_]
    for layer in range(1, len(degrees)):
        biases[layer] = biases[layer] - weights[layer].sum(axis=1)
    return ms.PolynomialNetwork(weights=weights, degrees=degrees, biases=biases)


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
        if layer < len(network.degrees) - 1:  # odd, so its constant is 0 up to rounding: 1 after the shift
            coefficients[0] = 1.0
        chosen.append(coefficients)
        hidden = np.tanh(inputs)
    return network.with_coefficients(chosen)


def main() -> None:
    """Train, replace, compare."""
    data = diabetes()
    model = trained(data)
    network = polynomial_network(model)
    fit = ms.learn(network, data.X, data.Y, loss="mse", tol=1e-5, time_limit=120)
    usual = interval_fit(network, model, data.X)
    rows = [("tanh, as trained", model.predict(data.X), model.predict(data.X_test))]
    rows.append(("interval fit of tanh", usual.predict(data.X), usual.predict(data.X_test)))
    if fit.coefficients is not None:
        rows.append(("learned polynomials", fit.network.predict(data.X), fit.network.predict(data.X_test)))
    print(f"{len(data.X)} training rows, {len(data.X_test)} held out; hidden layers {WIDTHS}, degrees {DEGREES}\n")
    print(f"{'activations':24}{'R2 training':>12}{'R2 held out':>12}{'training MSE':>14}")
    for name, train, test in rows:
        mse = float(((np.reshape(train, data.Y.shape) - data.Y) ** 2).mean())
        print(f"{name:24}{r2_score(data.Y, train):12.3f}{r2_score(data.Y_test, test):12.3f}{mse:14.6f}")
    print(f"\n{fit}\nidentifiability: {fit.identifiability}\nseconds: {fit.seconds['total']:.1f}")


if __name__ == "__main__":
    main()
