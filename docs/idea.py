"""Draw the two pictures of the front page: ``python docs/idea.py``; both show what was computed, and nothing else."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

import momentsos as ms

HERE = Path(__file__).parent
OURS, OTHERS, DATA = "#0b62a4", "#6b7680", "#c96a1b"


def polynomials() -> None:
    """Draw the activations of a perceptron on digits, and the best polynomials in their place."""
    images, digits = load_digits(return_X_y=True)
    model = MLPClassifier((24, 24), activation="tanh", tol=1e-3, random_state=0).fit(images / 16, digits)
    report = ms.polynomialize(model, images / 16, degrees=[3, 2], truth=digits).report
    figure, axes = plt.subplots(2, 1, figsize=(4.2, 3.8), layout="constrained", sharex=True)
    for layer, ax, name in zip(report.layers, axes, ("first layer", "second layer"), strict=True):
        ax.plot(layer.grid, layer.original, color=OTHERS, linewidth=1.5, label="tanh")
        ax.plot(layer.grid, layer.polynomial, color=OURS, linewidth=2, label=f"degree {layer.degree}")
        middle = (layer.grid[1:] + layer.grid[:-1]) / 2
        ax.fill_between(middle, -2.1, -2.1 + layer.density / layer.density.max(), color=DATA, alpha=0.35, linewidth=0)
        ax.set(ylim=(-2.1, 2.1), xlim=(layer.low, layer.high), ylabel=name)
        ax.legend(loc="upper center", frameon=False)
    axes[1].set_xlabel("input of the activation; shaded: the data")
    scores = [f"{name} {report.score(name).accuracy:.3f}" for name in ("original", "ours", "interval")]
    print(report.status, *scores)
    figure.savefig(HERE / "idea-polynomials.png", dpi=150)


def network_and_data(
    seed: int = 7, width: int = 6, samples: int = 40
) -> tuple[ms.PolynomialNetwork, np.ndarray, np.ndarray]:
    """Return a network whose inner activation is t + c t², whose outer one is any cubic, and data from elsewhere."""
    rng = np.random.default_rng(seed)
    weights = [rng.standard_normal((rows, width)) / width**0.5 for rows in (width, width, 1)]
    X = rng.standard_normal((samples, width))
    Y = np.tanh(3 * np.tanh(3 * X @ weights[0].T) @ weights[1].T) @ weights[2].T + np.sin(2 * X[:, :1])
    inner = ms.Activation(powers=(1, 2), fixed={1: 1.0})
    return ms.PolynomialNetwork(weights, activations=[inner, ms.Activation(3)]), X, Y


def profile(network: ms.PolynomialNetwork, X: np.ndarray, Y: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return the least loss for each inner coefficient, over the outer ones: a linear least-squares problem."""
    first, second, last = network.weights
    losses = []
    for c in grid:
        hidden = X @ first.T
        hidden = (hidden + c * hidden**2) @ second.T
        columns = np.hstack([hidden**power @ last.T for power in range(4)])
        losses.append(((Y - columns @ np.linalg.lstsq(columns, Y, rcond=None)[0]) ** 2).mean())
    return np.array(losses)


def proof() -> None:
    """Draw a loss with three local minima, and the bound that holds everywhere."""
    network, X, Y = network_and_data()
    fit = ms.learn(network, X, Y)
    best = fit.coefficients[0][2]
    grid = np.linspace(-1.0, 3.0, 1201)
    losses = profile(network, X, Y, grid)
    lowest = [i for i in range(1, len(grid) - 1) if losses[i] < min(losses[i - 1], losses[i + 1])]
    figure, ax = plt.subplots(figsize=(4.2, 3.8), layout="constrained")
    ax.plot(grid, losses, color=OTHERS, linewidth=1.8)
    stuck = [i for i in lowest if abs(grid[i] - best) > 0.1]
    ax.plot(grid[stuck], losses[stuck], "o", color=DATA, label="where descents end, too")
    ax.axhline(fit.lower_bound, color=OURS, linewidth=1.5)
    ax.axhspan(0, fit.lower_bound, color=OURS, alpha=0.12, linewidth=0)
    ax.plot(best, fit.upper_bound, "*", color=OURS, markersize=15, label="learned, and proved to be the best")
    ax.text(
        1.0,
        fit.lower_bound / 2 + 0.1,
        "no coefficients reach below this line:\nproved",
        ha="center",
        va="center",
        color=OURS,
    )
    ax.set(xlabel="coefficient of the inner activation", ylabel="loss, outer activation at its best", ylim=(0.2, 0.54))
    ax.set_xlim(grid[0], grid[-1])
    ax.legend(loc="upper right", frameon=False)
    print(fit.status.name, fit.lower_bound, fit.upper_bound, "lowest on the grid", losses.min(), "at", best)
    figure.savefig(HERE / "idea-proof.png", dpi=150)


if __name__ == "__main__":
    polynomials()
    proof()
