"""Degrees of activations by cross-validation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..learning.activation import Activation
from .baselines import fitted_on_inputs, fitted_on_intervals, sought_of
from .factor import reduced
from .fitting import FOLDS, Task
from .search import searched
from .widened import grid_of, left_out_loss

#: Where degrees begin and end, and what a higher one has to save of the loss of folds left out.
_FIRST, _LAST, _WORTH = 2, 5, 0.05
#: Samples that are looked at, the share of the time that it may take, and the share that the bound then may take.
_SAMPLES, _SHARE, _BOUND = 2_000, 0.3, 0.2


def chosen_degrees(task: Task) -> tuple[list[int], str]:
    """Return degrees, raised one by one, or all, while the loss of folds left out falls, and how they were found.

    Degrees whose bound would not be done in the time that is left are not tried.
    """
    rows = np.random.default_rng(task.asked.seed).permutation(len(task.X))[:_SAMPLES]
    weights = None if task.weights is None else task.weights[rows]
    few = replace(task, X=task.X[rows], Y=task.Y[rows], weights=weights)
    until = time.perf_counter() + _SHARE * task.left if np.isfinite(task.left) else np.inf
    count = len(task.model.sites)
    degrees = [_FIRST] * count
    if len(task.X) < FOLDS or not _affordable(few, degrees):
        return degrees, f"Degrees {_FIRST}: too few samples, or too large a model, for cross-validation."
    best = _left_out(few, degrees, until)
    tried = [(tuple(degrees), best)]
    while time.perf_counter() < until:
        further = []
        for j in range(count + (count > 1)):  # one of them, or all
            raised = [d + (j in (k, count)) for k, d in enumerate(degrees)]
            if max(raised) <= _LAST and _affordable(few, raised) and time.perf_counter() < until:
                further.append((_left_out(few, raised, until), raised))
        tried += [(tuple(own), loss) for loss, own in further]
        if not further or min(further)[0] > (1.0 - _WORTH) * best:
            break
        best, degrees = min(further)
    listed = "; ".join(f"{', '.join(map(str, own))}: {loss:.4g}" for own, loss in tried)
    return degrees, f"Degrees by cross-validation; loss of folds left out: {listed}."


def _affordable(task: Task, degrees: Sequence[int]) -> bool:
    sought = sought_of(task.inputs, [Activation(d) for d in degrees])
    return task.size(sought).seconds <= _BOUND * task.left


def _left_out(task: Task, degrees: Sequence[int], until: float) -> float:
    sought = sought_of(task.inputs, [Activation(d) for d in degrees])
    data = reduced(task.model, task.X, task.Y, sought, weights=task.weights, folds=task.folds)
    starts = [
        sought.vector(fit)
        for fit in (fitted_on_inputs(task.inputs, sought), fitted_on_intervals(task.model, task.inputs, sought))
    ]
    ends = searched(data.factor(), starts, task.asked.seed, until)
    return left_out_loss(data, grid_of(task.model, task.inputs, data), task.widen or 0.0, ends[0], until)
