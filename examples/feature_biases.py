r"""Biases that are absent, frozen, learned, or another model's features: fits of sines and of images of digits.

Networks in coordinates stand for signals: an input is a place, an output the value there. Here one network stands for
several signals at once, :math:`f(x, k) = \sum_u p_u(w_u^\top x + b_{uk})` with given weights, a polynomial for each
unit that is learned globally, and four kinds of biases:

- none, with odd polynomials :math:`\alpha t + \beta t^3`;
- frozen: the same polynomials behind random biases, the same for all signals;
- learned: the same for all signals; as :math:`p(t + b)` is another polynomial, all powers are learned in place of `b`;
- features: all powers, and :math:`b_k = B \phi_k` with a random `B`, where :math:`\phi_k` is what another model,
  trained on other signals, says of signal `k`: two principal components for sines, the hidden layer of a classifier
  for digits.

With the last one, the inputs of the network are the coordinates and the features.

Run: python examples/feature_biases.py
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPClassifier

import momentsos as ms

Floats = NDArray[np.float64]

#: Units, and the degree of their polynomials.
UNITS, DEGREE = 16, 3
#: Units outnumber what the data determine; a ridge makes the best coefficients unique.
RIDGE = 1e-4
KINDS = ("none", "frozen", "learned", "features")


@dataclass(frozen=True)
class Signals:
    """Values of several signals at the same places, and what another model says of each.

    Attributes
    ----------
    places : (N, d) array
    values : (K, N) array
    features : (K, q) array
    """

    places: Floats
    values: Floats
    features: Floats


@dataclass(frozen=True)
class Row:
    """One fit: the biases, its status, both bounds, and the share of the variance that it explains."""

    biases: str
    status: ms.Status
    lower_bound: float | None
    upper_bound: float | None
    explained: float


def sines(count: int = 6, places: int = 25, seed: int = 0) -> Signals:
    """Return sines of one frequency and random phases, with the principal components of others."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-1.0, 1.0, places)
    phases = rng.uniform(0.0, 2.0 * np.pi, count + 100)
    every = np.sin(2.5 * x + phases[:, None]) + 0.02 * rng.standard_normal((len(phases), places))
    other = PCA(2).fit(every[count:])
    return Signals(x[:, None], every[:count], _scaled(other.transform(every[:count])))


def digits(count: int = 6, seed: int = 0) -> Signals:
    """Return images of 8 times 8 pixels, with the hidden layer of a classifier that was trained on others."""
    X, y = load_digits(return_X_y=True)
    model = MLPClassifier((4,), activation="tanh", max_iter=150, tol=1e-2, random_state=seed).fit(X[200:] / 16, y[200:])
    rows, columns = np.meshgrid(np.linspace(-1, 1, 8), np.linspace(-1, 1, 8), indexing="ij")
    hidden = np.tanh(X[:count] / 16 @ model.coefs_[0] + model.intercepts_[0])
    return Signals(np.column_stack([rows.ravel(), columns.ravel()]), X[:count] / 16, _scaled(hidden))


def _scaled(features: Floats) -> Floats:
    return np.asarray((features - features.mean(axis=0)) / features.std(axis=0))


def compare(signals: Signals, kinds: tuple[str, ...] = KINDS, units: int = UNITS, seed: int = 0) -> list[Row]:
    """Fit all signals by one network for each kind of biases."""
    rng = np.random.default_rng(seed)
    count, places = len(signals.values), len(signals.places)
    inner = rng.standard_normal((units, signals.places.shape[1]))
    mixing = rng.standard_normal((units, signals.features.shape[1])) / signals.features.shape[1] ** 0.5
    frozen, outer = rng.standard_normal(units), np.ones((1, units))
    X = np.tile(signals.places, (count, 1))
    Y = signals.values.reshape(-1, 1)
    found = []
    for kind in kinds:
        featured = kind == "features"
        inputs = np.hstack([X, np.repeat(signals.features, places, axis=0)]) if featured else X
        weights = [np.hstack([inner, mixing]) if featured else inner, outer]
        powers = (1, 3) if kind in ("none", "frozen") else range(DEGREE + 1)
        own = ms.Activation(powers=tuple(powers), per_unit=True)
        biases = [frozen if kind == "frozen" else np.zeros(units), np.zeros(1)]
        network = ms.PolynomialNetwork(weights, activations=[own], biases=biases)
        fit = ms.learn(network, inputs, Y, ridge=RIDGE)
        left = float(((fit.network.predict(inputs) - Y) ** 2).mean()) if fit.coefficients else float(Y.var())
        found.append(Row(kind, fit.status, fit.lower_bound, fit.upper_bound, 1.0 - left / float(Y.var())))
    return found


def main() -> None:
    """Print both tables."""
    for name, signals in (("sines", sines()), ("digits", digits())):
        print(f"{name}: {len(signals.values)} signals at {len(signals.places)} places, {UNITS} units, degree {DEGREE}")
        print(f"  {'biases':10}{'status':12}{'lower bound':>14}{'loss':>14}{'explained':>11}")
        for row in compare(signals):
            print(
                f"  {row.biases:10}{row.status.name:12}{row.lower_bound:14.8f}{row.upper_bound:14.8f}"
                f"{row.explained:11.1%}"
            )


if __name__ == "__main__":
    main()
