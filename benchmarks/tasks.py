"""Trained networks on data sets of scikit-learn: what is certified, and an audit of the bounds in sixty digits."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

import momentsos as ms
from momentsos.learning.starts import least_squares_points

from .record import table

Floats = NDArray[np.float64]
#: Widths of the hidden layers, and degrees of the activations that take the place of tanh.
ARCHITECTURES = (((8, 8), (2, 2)), ((12, 6), (2, 3)), ((6, 10), (3, 2)), ((10, 10), (3, 3)))
SAMPLES, TIME_LIMIT, DIGITS = 60, 60.0, 60
#: Relative sizes of the moves from the learned coefficients at which the loss is looked at.
MOVES = (1e-8, 1e-4, 1e-2, 1.0)


@dataclass(frozen=True, eq=False)
class Task:
    """A network with tanh, trained by scikit-learn on standardised inputs, and the samples it is learned on."""

    name: str
    network: ms.PolynomialNetwork
    X: Floats
    Y: Floats


def data_sets() -> dict[str, tuple[Floats, Floats]]:
    """Return inputs and targets by name: labels as columns of zeros and ones, numbers in units near one."""
    from sklearn.datasets import (
        load_breast_cancer,
        load_diabetes,
        load_digits,
        load_iris,
        load_wine,
        make_friedman1,
    )

    found = {}
    for name, load in (("iris", load_iris), ("wine", load_wine), ("digits", load_digits)):
        data = load()
        found[name] = (data.data, np.eye(int(data.target.max()) + 1)[data.target])
    data = load_diabetes()
    found["diabetes"] = (data.data, data.target[:, None] / 100.0)
    data = load_breast_cancer()
    found["breast cancer"] = (data.data, data.target[:, None].astype(np.float64))
    inputs, targets = make_friedman1(400, random_state=0)
    found["Friedman"] = (inputs, targets[:, None] / 10.0)
    return found


def tasks(seeds: int) -> Iterator[Task]:
    """Yield the tasks: six data sets, four architectures, some seeds of training."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor
    from sklearn.preprocessing import StandardScaler

    for name, (inputs, targets) in data_sets().items():
        pick = np.random.default_rng(0).permutation(len(targets))[:SAMPLES]
        X, Y = StandardScaler().fit_transform(inputs)[pick], targets[pick]
        for widths, degrees in ARCHITECTURES:
            for seed in range(seeds):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ConvergenceWarning)
                    model = MLPRegressor(
                        hidden_layer_sizes=widths, activation="tanh", random_state=seed, max_iter=60
                    ).fit(X, Y.ravel() if Y.shape[1] == 1 else Y)
                network = ms.PolynomialNetwork([w.T for w in model.coefs_], degrees, biases=list(model.intercepts_))
                yield Task(f"{name}, {degrees}, seed {seed}", network, X, Y)


def run(seeds: int) -> tuple[list[dict[str, Any]], str]:
    """Learn each task over all of R^n, constants free, and hold its lower bound against losses in sixty digits."""
    rows = []
    for number, task in enumerate(tasks(seeds)):
        began = time.process_time()
        fit = ms.learn(task.network, task.X, task.Y, time_limit=TIME_LIMIT)
        seconds = time.process_time() - began
        margin = _margin(fit, task, number)
        row = {
            "task": task.name,
            "status": fit.status.name,
            "everywhere": fit.region.everything,
            "seconds": seconds,
            "gap": fit.relative_gap,
            "above": bool(margin < 0),
            "margin": float(margin.mid()),
        }
        print(row["task"], row["status"], f"{seconds:.2f} s, gap {row['gap']:.1e}", flush=True)
        rows.append(row)
    return rows, _text(rows)


def _margin(fit: ms.Fit, task: Task, seed: int) -> arb:
    """Return by how much the lowest loss that was found exceeds the lower bound."""
    formulation, learned = fit.formulation, fit.coefficients
    assert formulation is not None and learned is not None and fit.lower_bound is not None
    random = np.random.default_rng(seed)
    points = [learned, *map(formulation.coefficients, least_squares_points(formulation, 77 + seed, keep=6))]
    points += [[c * (1.0 + size * random.standard_normal(c.shape)) for c in learned] for size in MOVES]
    before, ctx.dps = ctx.dps, DIGITS
    try:
        losses = [loss_in_digits(fit.network or task.network, point, task.X, task.Y) for point in points]
        return min(losses, key=lambda loss: float(loss.mid())) - arb(fit.lower_bound)
    finally:
        ctx.dps = before


def loss_in_digits(network: ms.PolynomialNetwork, coefficients: list[Floats], X: Floats, Y: Floats) -> arb:
    """Return the mean squared error of a network with these coefficients, floats taken as the fractions they are."""
    total = arb(0)
    weights = [[[arb(v) for v in row] for row in matrix.tolist()] for matrix in network.weights]
    biases = [[arb(v) for v in network.bias(layer).tolist()] for layer in range(len(weights))]
    for inputs, targets in zip(X.tolist(), Y.tolist(), strict=True):
        hidden = [arb(v) for v in inputs]
        for layer, matrix in enumerate(weights):
            hidden = [
                sum((a * h for a, h in zip(row, hidden, strict=True)), bias)
                for row, bias in zip(matrix, biases[layer], strict=True)
            ]
            if layer < len(coefficients):
                hidden = [_polynomial(coefficients[layer].tolist(), value) for value in hidden]
        residuals = [h - arb(t) for h, t in zip(hidden, targets, strict=True)]
        total += sum((r * r for r in residuals), arb(0))
    return total / Y.size


def _polynomial(coefficients: list[float], at: arb) -> arb:
    value = arb(0)
    for c in reversed(coefficients):
        value = value * at + arb(c)
    return value


def _text(rows: list[dict[str, Any]]) -> str:
    statuses = Counter(row["status"] for row in rows)
    everywhere = sum(row["status"] == "CERTIFIED" and row["everywhere"] for row in rows)
    lines = [
        f"{everywhere} of {len(rows)} certified over all of R^n ({dict(statuses)});",
        f"{sum(row['above'] for row in rows)} bounds above a loss in {DIGITS} digits;",
        f"median {np.median([row['seconds'] for row in rows]):.2f} s of processor time.",
    ]
    open_ones = [[row["task"], row["status"], f"{row['gap']:.1e}"] for row in rows if row["status"] != "CERTIFIED"]
    left = table(["open", "status", "relative gap"], open_ones) if open_ones else ""
    return "\n".join([" ".join(lines), "", left]).strip()
