"""The figures of a report, from forward passes with one set of activations after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .costs import multiplications_of
from .model import Model
from .report import Beyond, Layer, Score
from .samples import Samples, Truth
from .series import Series

Floats = NDArray[np.float64]

#: Points of the grid on which an activation is shown, and by how much of the range it goes beyond that.
_POINTS, _MARGIN = 129, 0.1


@dataclass(frozen=True, eq=False)
class Ruler:
    """How outputs become classes, where there is one output: midway between the means of both in training.

    Attributes
    ----------
    threshold : float
    turned : bool
        Whether the second class is below it.
    """

    threshold: float = 0.0
    turned: bool = False

    @classmethod
    def of(cls, outputs: Floats, truth: Truth) -> Ruler:
        """Return the rule for the outputs of the original."""
        if truth.classes is None or outputs.shape[1] != 1 or len(np.unique(truth.classes)) != 2:
            return cls()
        first, second = (float(outputs[truth.classes == k].mean()) for k in np.unique(truth.classes))
        return cls(0.5 * (first + second), second < first)

    def classes(self, outputs: Floats) -> NDArray[np.intp]:
        """Return the class of each row."""
        if outputs.shape[1] > 1:
            return np.asarray(np.argmax(outputs, axis=1))
        return np.asarray(((outputs[:, 0] > self.threshold) != self.turned).astype(np.intp))


def outputs_of(model: Model, X: NDArray[Any], series: Sequence[Series | None] | None = None) -> Floats:
    """Return the outputs with these activations."""
    with np.errstate(all="ignore"):
        return np.concatenate([each.outputs for each in model.passes(X, series)])


def score(name: str, outputs: Floats, original: Floats, samples: Samples, ruler: Ruler) -> Score:
    """Return how well outputs do on samples."""
    targets = original if samples.Y is None else samples.Y
    truth, chosen = samples.truth, ruler.classes(outputs)
    right = None if truth.classes is None else float((chosen == truth.classes).mean())
    choice = outputs.shape[1] > 1 or truth.classes is not None
    same = float((chosen == ruler.classes(original)).mean()) if choice else None
    wanted = targets if truth.values is None else truth.values
    with np.errstate(all="ignore"):
        spread = float(((wanted - wanted.mean(axis=0)) ** 2).sum())
        explained = 1.0 - float(((outputs - wanted) ** 2).sum()) / spread if spread > 0.0 else None
        loss = float(np.average(((outputs - targets) ** 2).mean(axis=1), weights=samples.weights))
    return Score(name, right, explained, same, loss, float(np.abs(outputs).max()))


def scores_of(
    model: Model, samples: Samples, variants: Sequence[tuple[str, Sequence[Series]]], ruler: Ruler
) -> tuple[Score, ...]:
    """Return the scores of the original and of each variant."""
    original = outputs_of(model, samples.X)
    found = [score("original", original, original, samples, ruler)]
    for name, series in variants:
        found.append(score(name, outputs_of(model, samples.X, series), original, samples, ruler))
    return tuple(found)


def layers_of(model: Model, samples: Samples, held_out: Samples | None, series: Sequence[Series]) -> tuple[Layer, ...]:
    """Return the figures of each activation."""
    count = len(series)
    lows, highs, units = np.full(count, np.inf), np.full(count, -np.inf), [0] * count
    for each in model.passes(samples.X, series):
        for j, t in enumerate(each.inputs):
            lows[j], highs[j], units[j] = min(lows[j], t.min()), max(highs[j], t.max()), t.shape[1]
    beyond = _beyond(model, held_out, series, lows, highs)
    grids = []
    for j in range(count):
        ends = [] if held_out is None else [beyond[j].low, beyond[j].high]  # type: ignore[union-attr]
        low, high = min([float(lows[j]), *ends]), max([float(highs[j]), *ends])
        margin = _MARGIN * (high - low) or 1.0
        grids.append(np.linspace(low - margin, high + margin, _POINTS))
    shares = [np.zeros(_POINTS - 1) for _ in range(count)]
    for each in model.passes(samples.X, series):
        for j, t in enumerate(each.inputs):
            shares[j] += np.histogram(t, grids[j])[0]
    original = outputs_of(model, samples.X)
    targets = original if samples.Y is None else samples.Y
    found = []
    for j, (site, own) in enumerate(zip(model.sites, series, strict=True)):
        only = [each if k == j else None for k, each in enumerate(series)]
        with np.errstate(all="ignore"):
            errors = ((outputs_of(model, samples.X, only) - targets) ** 2).mean(axis=1)
        found.append(
            Layer(
                site.name,
                site.title,
                own.degree,
                units[j],
                float(lows[j]),
                float(highs[j]),
                beyond[j],
                own.powers,
                own.chebyshev(float(lows[j]), float(highs[j])),
                multiplications_of(own.degree, units[j]),
                float(np.average(errors, weights=samples.weights)),
                grids[j],
                site.function(grids[j]),
                own.at(grids[j]),
                shares[j] / max(1.0, float(shares[j].sum())),
            )
        )
    return tuple(found)


def _beyond(
    model: Model, held_out: Samples | None, series: Sequence[Series], lows: Floats, highs: Floats
) -> list[Beyond | None]:
    """Return what held-out samples put into each activation."""
    count = len(series)
    if held_out is None:
        return [None] * count
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    outside, inputs, largest, original = np.zeros(count, dtype=int), np.zeros(count, dtype=int), *np.zeros((2, count))
    for each in model.passes(held_out.X, series):
        for j, t in enumerate(each.inputs):
            low[j], high[j] = min(low[j], t.min()), max(high[j], t.max())
            outside[j] += int(((t < lows[j]) | (t > highs[j])).sum())
            inputs[j] += t.size
            with np.errstate(all="ignore"):
                largest[j] = max(largest[j], np.abs(series[j].at(t)).max())
                original[j] = max(original[j], np.abs(model.sites[j].function(t)).max())
    every = zip(low, high, outside, inputs, largest, original, strict=True)
    return [Beyond(float(a), float(b), int(c), int(d), float(e), float(f)) for a, b, c, d, e, f in every]
