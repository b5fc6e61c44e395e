"""Training in blocks beside local searches that get the same processor time, on networks of three and four layers.

Every search starts again and again, from random coefficients in natural units, until its time is spent. The gradient
methods pass through the network, as training with torch does, without its overhead for small arrays.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import momentsos as ms
from momentsos.learning.natural import natural_units
from momentsos.learning.passes import Passes
from momentsos.points.least_squares import Projected

from .record import table

Floats = NDArray[np.float64]

#: Two losses are the same up to this share.
SAME = 1e-4
#: Steps of one run of Adam, and its step size in natural units.
_STEPS, _RATE = 400, 0.03
#: Sizes of random starts in natural units, in turn.
_SIZES = (1.0, 0.1, 3.0)

NOTE = """Losses at the end, as a ratio to that of blocks: above 1 blocks are better. Targets are drawn at random \
(the hardest case), made by a network of the same kind with noise, or measured (diabetes). Each search has the \
processor seconds that `learn(method="blocks")` took, its certificates among them; Levenberg-Marquardt projects \
the last layer out, as ours does."""


@dataclass(frozen=True)
class Case:
    """One kind of network with data.

    Attributes
    ----------
    degrees : tuple of int
    targets : str
    outputs : int
    biases : bool
    """

    degrees: tuple[int, ...]
    targets: str
    outputs: int
    biases: bool = True

    @property
    def name(self) -> str:
        """A few words for tables."""
        constants = "" if self.biases else ", no biases"
        return f"{','.join(map(str, self.degrees))} {self.targets}, {self.outputs} outputs{constants}"


CASES = (
    Case((2, 2, 2), "random", 2),
    Case((2, 2, 2), "diabetes", 1),
    Case((2, 2, 2), "noisy", 10),
    Case((3, 2, 2), "random", 4, biases=False),
    Case((3, 3), "diabetes", 1),
    Case((3, 3, 3), "random", 2),
    Case((4, 4), "random", 4),
    Case((2, 2, 2, 2), "random", 2),
    Case((2, 2, 2, 2), "diabetes", 1),
    Case((2, 2, 2, 2), "noisy", 4),
)


def instance(case: Case, seed: int) -> tuple[ms.PolynomialNetwork, Floats, Floats]:
    """Return a network and its data."""
    rng = np.random.default_rng(seed)
    if case.targets == "diabetes":
        from sklearn.datasets import load_diabetes

        X, y = load_diabetes(return_X_y=True)
        X, Y = (X - X.mean(axis=0)) / X.std(axis=0), ((y - y.mean()) / y.std())[:, None]
    else:
        X, Y = rng.standard_normal((60, 5)), rng.standard_normal((60, case.outputs))
    sizes = [X.shape[1], *[10] * len(case.degrees), Y.shape[1]]
    weights = [rng.standard_normal((m, n)) / n**0.5 for n, m in pairwise(sizes)]
    biases = [rng.standard_normal(len(w)) / 2 for w in weights] if case.biases else None
    network = ms.PolynomialNetwork(weights, degrees=list(case.degrees), biases=biases)
    if case.targets == "noisy":
        true = network.with_coefficients([rng.standard_normal(d + 1) / 2 for d in case.degrees])
        outputs = true.predict(X)
        Y = outputs + 0.1 * outputs.std() * rng.standard_normal(outputs.shape)
    return network, X, Y


def _starts(passes: Passes, seed: int) -> Callable[[int], Floats]:
    units, rng = natural_units(passes.network, passes.X), np.random.default_rng(seed)
    return lambda number: units * _SIZES[number % 3] * rng.standard_normal(passes.unknowns.count)


def _levenberg_marquardt(passes: Passes, start: Floats, until: float) -> Floats | None:
    unknowns = passes.unknowns
    projected = Projected(passes, unknowns.inner.tolist(), unknowns.last.tolist())
    return projected.search(start[projected.inner])


def _lbfgs(passes: Passes, start: Floats, until: float) -> Floats | None:
    from scipy.optimize import minimize

    units = natural_units(passes.network, passes.X)
    answer = minimize(
        lambda u: _value_and_gradient(passes, u * units, units), start / units, jac=True, method="L-BFGS-B"
    )
    return np.asarray(answer.x * units)


def _adam(passes: Passes, start: Floats, until: float) -> Floats | None:
    return _descended(passes, start, until, lambda step: slice(None))


def _adam_in_turn(passes: Passes, start: Floats, until: float) -> Floats | None:
    """Adam on the coefficients of one layer at a time, the alternating trainer of self-learnable activations."""
    layers = np.array([layer for layer, _ in passes.unknowns.places])
    every = sorted(set(layers.tolist()))
    return _descended(passes, start, until, lambda step: layers == every[step // 20 % len(every)])


def _descended(passes: Passes, start: Floats, until: float, part: Callable[[int], Any]) -> Floats:
    units = natural_units(passes.network, passes.X)
    point, mean, square = start / units, np.zeros(len(start)), np.zeros(len(start))
    best, lowest = point, np.inf
    for step in range(_STEPS):
        if time.process_time() > until:
            break
        value, gradient = _value_and_gradient(passes, point * units, units)
        if not np.isfinite(gradient).all():
            break
        if value < lowest:
            best, lowest = point, value
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        move = mean / (1 - 0.9 ** (step + 1)) / (np.sqrt(square / (1 - 0.999 ** (step + 1))) + 1e-12)
        moved = point.copy()
        moved[part(step)] -= _RATE * move[part(step)]
        point = moved
    return best * units


def _value_and_gradient(passes: Passes, point: Floats, units: Floats) -> tuple[float, Floats]:
    with np.errstate(all="ignore"):
        values = passes.values(point)
        return float(values @ values), 2.0 * (values @ passes.jacobian(point)) * units


SEARCHES = MappingProxyType(
    {
        "Levenberg-Marquardt": _levenberg_marquardt,
        "L-BFGS": _lbfgs,
        "Adam": _adam,
        "Adam, layers in turn": _adam_in_turn,
    }
)


def run(seeds: int, limit: float, cases: tuple[Case, ...] = CASES) -> tuple[list[dict[str, Any]], str]:
    """Return one row for each network and seed, and tables.

    Parameters
    ----------
    seeds : int
    limit : float
        Seconds that `learn` has on an instance.
    """
    rows = [_row(case, seed, limit) for case in cases for seed in range(seeds)]
    return rows, render(rows)


def _row(case: Case, seed: int, limit: float) -> dict[str, Any]:
    network, X, Y = instance(case, seed)
    began = time.process_time()
    fit = ms.learn(network, X, Y, method="blocks", time_limit=limit, seed=seed)
    seconds = time.process_time() - began
    row = {
        "network": case.name,
        "seed": seed,
        "status": fit.status.name,
        "blocks": len(fit.steps),
        "certified blocks": sum(step.status is ms.Status.CERTIFIED for step in fit.steps),
        "lower": fit.lower_bound,
        "loss": fit.upper_bound,
        "seconds": seconds,
    }
    passes = Passes(fit.network, X, Y)
    for name, search in SEARCHES.items():
        starts, lowest, number = _starts(passes, seed), np.inf, 0
        until = time.process_time() + seconds
        while time.process_time() < until:
            with np.errstate(all="ignore"):
                point = search(passes, starts(number), until)
            number += 1
            lowest = min(lowest, np.inf if point is None else passes.loss(point))
        row[name] = lowest
    return row


def render(rows: list[dict[str, Any]]) -> str:
    """Return the table of ratios, and how often who was better."""
    lines = []
    for name in dict.fromkeys(row["network"] for row in rows):
        own = [row for row in rows if row["network"] == name]
        blocks = f"{sum(row['certified blocks'] for row in own)} of {sum(row['blocks'] for row in own)}"
        ratios = [f"{median(row[search] / row['loss'] for row in own):.4g}" for search in SEARCHES]
        lines.append([name, blocks, f"{median(row['seconds'] for row in own):.1f}", *ratios])
    first = table(["network", "blocks certified", "seconds", *SEARCHES], lines)
    counts = []
    for search in SEARCHES:
        ratios = [row[search] / row["loss"] for row in rows]
        counts.append(
            [
                search,
                str(sum(ratio > 1 + SAME for ratio in ratios)),
                str(sum(abs(ratio - 1) <= SAME for ratio in ratios)),
                str(sum(ratio < 1 - SAME for ratio in ratios)),
            ]
        )
    second = table(["search", "blocks are better", "the same", "the search is better"], counts)
    return f"{NOTE}\n\n{first}\n\n{second}"
