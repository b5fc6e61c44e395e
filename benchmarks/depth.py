"""Training in blocks beside local searches that get the same processor time, on networks of three and four layers.

Every search of `local_searches` starts again and again, from random coefficients in natural units, until its time is
spent. They pass through the network, as training with torch does, without its overhead for small arrays.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise, product
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

import momentsos as ms
from momentsos.learning.passes import Passes

from .local_searches import SEARCHES, lowest_loss
from .record import table

Floats = NDArray[np.float64]

#: Two losses are the same up to this share.
SAME = 1e-4

NOTE = """Losses at the end, as a ratio to that of blocks: above 1 blocks are better. Targets are drawn at random \
(the hardest case), made by a network of the same kind with noise, or measured (diabetes). Each search has the \
processor seconds that `learn(method="blocks")` took, its certificates among them; Levenberg-Marquardt projects \
the last layer out, as ours does. The three rows of Adam are the trainers of self-learnable activations: all layers \
jointly, one layer after the other, or the inner layers first. Medians over the seeds."""


@dataclass(frozen=True)
class Case:
    """One kind of network with data.

    Attributes
    ----------
    degrees : tuple of int
    targets : str
    outputs : int
    biases : bool
    width : int
        Units of each hidden layer.
    apart : bool
        The units of the first layer have coefficients of their own.
    """

    degrees: tuple[int, ...]
    targets: str
    outputs: int
    biases: bool = True
    width: int = 10
    apart: bool = False

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
    sizes = [X.shape[1], *[case.width] * len(case.degrees), Y.shape[1]]
    weights = [rng.standard_normal((m, n)) / n**0.5 for n, m in pairwise(sizes)]
    biases = [rng.standard_normal(len(w)) / 2 for w in weights] if case.biases else None
    activations = [ms.Activation(d, per_unit=case.apart and not layer) for layer, d in enumerate(case.degrees)]
    network = ms.PolynomialNetwork(weights, activations=activations, biases=biases)
    if case.targets == "noisy":
        shapes = [
            (case.width, d + 1) if a.per_unit else (d + 1,) for a, d in zip(activations, case.degrees, strict=True)
        ]
        true = network.with_coefficients([rng.standard_normal(shape) / 2 for shape in shapes])
        outputs = true.predict(X)
        Y = outputs + 0.1 * outputs.std() * rng.standard_normal(outputs.shape)
    return network, X, Y


def run(
    seeds: int, limit: float, workers: int = 1, cases: tuple[Case, ...] = CASES
) -> tuple[list[dict[str, Any]], str]:
    """Return one row for each network and seed, and tables.

    Parameters
    ----------
    seeds : int
    limit : float
        Seconds that `learn` has on an instance, of the clock; the searches get the processor time that it took.
    workers : int
        Processes, one a processor.
    """
    tasks = list(product(cases, range(seeds)))
    with ProcessPoolExecutor(workers) as pool:
        waiting = [pool.submit(_row, case, seed, limit) for case, seed in tasks]
        rows = [each.result() for each in waiting]
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
    for name in SEARCHES:
        row[name], row[f"{name}: starts"] = lowest_loss(name, passes, seed, seconds)
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
