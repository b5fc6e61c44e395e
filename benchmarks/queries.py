"""One ReLU: certified fits beside local searches, and labels asked for beside labels at random."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

import momentsos as ms
from momentsos.learning.relu.local import local_minima, random_starts
from momentsos.learning.relu.sample import Sample

from .record import table

Floats = NDArray[np.float64]

#: Rows of a pool, random draws beside each run of queries, and starts of the local search.
POOL, DRAWS, STARTS = 100, 4, 1000
LABELS = (8, 12, 16, 24)
#: A start has found the optimum where its loss is within this share of it.
FOUND = 1e-6


def ramp(X: Floats, rng: np.random.Generator, offset: float = 0.3, noise: float = 0.3) -> Floats:
    """Return a noisy ReLU with weights of length one."""
    w = rng.standard_normal(X.shape[1])
    return np.maximum(X @ w / np.linalg.norm(w) + offset, 0.0) + noise * rng.standard_normal(len(X))


#: Targets of the first table.
TARGETS: dict[str, Callable[[Floats, np.random.Generator], Floats]] = {
    "noisy ReLU": ramp,
    "absolute value": lambda X, rng: np.abs(X.sum(axis=1)) + 0.1 * rng.standard_normal(len(X)),
    "noise alone": lambda X, rng: rng.standard_normal(len(X)),
}
#: Targets of the second one.
POOLS: dict[str, Callable[[Floats, np.random.Generator], Floats]] = {
    "half of them positive": lambda X, rng: ramp(X, rng, 0.0, 0.1),
    "one of six positive": lambda X, rng: ramp(X, rng, -1.0, 0.1),
    "no ReLU": lambda X, rng: ramp(X, rng, -0.5, 0.1) + 0.3 * np.sin(3.0 * X[:, 0]),
}


def run(seeds: int) -> tuple[list[dict[str, Any]], str]:
    """Measure both."""
    fits = [
        _fitted(kind, n, d, seed) for kind in TARGETS for d in (1, 2, 3) for n in (30, 100) for seed in range(seeds)
    ]
    asked = [_asked(kind, d, seed) for kind in POOLS for d in (1, 2) for seed in range(2 * seeds)]
    return [*fits, *asked], f"{_fits_text(fits)}\n\n{_asked_text(asked)}"


def _fitted(kind: str, samples: int, inputs: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng([seed, inputs, samples])
    X = rng.standard_normal((samples, inputs))
    y = TARGETS[kind](X, rng)
    began = time.process_time()
    fit = ms.relu_regression(X, y)
    took = time.process_time() - began
    sample, began = Sample.of(X, y), time.process_time()
    _, losses = local_minima(
        sample.white.floats, sample.scaled, random_starts(sample.white.floats, STARTS, np.random.default_rng(seed))
    )
    losses = losses * float(sample.unit)
    return {
        "table": "fits",
        "targets": kind,
        "inputs": inputs,
        "samples": samples,
        "seed": seed,
        "status": fit.status.name,
        "lower": fit.lower_bound,
        "upper": fit.upper_bound,
        "cells": fit.certificate.cells,
        "deciding": len(fit.certificate.deciding),
        "seconds": took,
        "local_seconds": time.process_time() - began,
        "local_best": float(losses.min()),
        "local_share": float(np.mean(losses <= fit.upper_bound * (1.0 + FOUND))),
        "local_median": float(np.median(losses)),
    }


def _asked(kind: str, inputs: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng([seed, inputs])
    X = rng.standard_normal((POOL, inputs))
    y = POOLS[kind](X, rng)
    best = ms.relu_regression(X, y).loss
    row: dict[str, Any] = {"table": "queries", "targets": kind, "inputs": inputs, "seed": seed, "best": best}
    for count in LABELS:
        found = ms.relu_queries(X, lambda i: y[i], count, seed=seed)
        row[f"asked {count}"] = float(np.mean((found.fit.predict(X) - y) ** 2)) - best
        drawn = []
        for draw in range(DRAWS):
            rows = np.random.default_rng([seed, draw]).permutation(POOL)[:count]
            drawn.append(float(np.mean((ms.relu_regression(X[rows], y[rows]).predict(X) - y) ** 2)) - best)
        row[f"drawn {count}"] = drawn
    return row


def _fits_text(rows: list[dict[str, Any]]) -> str:
    lines = []
    for key in dict.fromkeys((r["targets"], r["inputs"], r["samples"]) for r in rows):
        own = [r for r in rows if (r["targets"], r["inputs"], r["samples"]) == key]
        certified = sum(r["status"] == "CERTIFIED" for r in own)
        gap = max((r["upper"] - r["lower"]) / r["upper"] for r in own)
        met = [r["local_share"] for r in own]
        lines.append(
            [
                key[0],
                str(key[1]),
                str(key[2]),
                f"{median(r['cells'] for r in own):,.0f}",
                f"{certified} of {len(own)}",
                f"{gap:.0e}",
                f"{median(r['seconds'] for r in own):.2f}",
                f"{min(met):.0%} to {max(met):.0%}",
                f"{max(0.0, *(r['local_best'] / r['upper'] - 1.0 for r in own)):.0e}",
                f"{max(0.0, median(r['local_median'] / r['upper'] - 1.0 for r in own)):.0e}",
            ]
        )
    header = [
        "targets",
        "inputs",
        "samples",
        "cells",
        "certified",
        "gap",
        "seconds",
        "starts that find it",
        "best start",
        "median",
    ]
    words = (
        f"Seconds are of one processor. {STARTS} local searches begin at random weights: the share that ends within "
        f"{FOUND:.0e} of the certified optimum, by how much the best one exceeds it at worst, and the median one."
    )
    return f"{words}\n\n{table(header, lines)}"


def _asked_text(rows: list[dict[str, Any]]) -> str:
    lines = []
    for key in dict.fromkeys((r["targets"], r["inputs"]) for r in rows):
        own = [r for r in rows if (r["targets"], r["inputs"]) == key]
        for count in LABELS:
            asked = [r[f"asked {count}"] for r in own]
            drawn = [value for r in own for value in r[f"drawn {count}"]]
            lines.append(
                [key[0], str(key[1]), str(count)]
                + [f"{value:.2g}" for value in (median(asked), max(asked), median(drawn), max(drawn))]
            )
    header = ["targets", "inputs", "labels", "asked: median", "asked: worst", "random: median", "random: worst"]
    words = (
        f"From a pool of {POOL} rows so many labels are used, asked for by `relu_queries` or drawn at random "
        f"({DRAWS} draws a seed), and fitted globally. What is shown is the mean squared error on the whole pool "
        f"beyond that of the best ReLU for all labels."
    )
    return f"{words}\n\n{table(header, lines)}"
