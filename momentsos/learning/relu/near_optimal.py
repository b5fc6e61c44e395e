"""All ReLUs that are nearly the best on some data: the minimum of every cell that comes close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cell_bounds import cell_bounds, raised_bounds
from .cell_programs import Bools, active_constraints
from .local import loss_at
from .regression import possible_cells
from .sample import Sample

Floats = NDArray[np.float64]

#: Added to the Gram matrices, in units of white rows.
_RIDGE = 1e-10


@dataclass(frozen=True, eq=False)
class NearOptimal:
    """The minima of cells, best first.

    Attributes
    ----------
    weights : (k, d) array
    biases : (k,) array
    losses : (k,) array
        Mean squared residuals, in floats.
    positive : (k, N) array of bool
        The samples that are positive in the cell.
    """

    weights: Floats
    biases: Floats
    losses: Floats
    positive: Bools


def near_optimal(sample: Sample, slack: float, max_cells: int) -> NearOptimal:
    """Return the minimum of every cell whose loss is at most the best one plus `slack`, a mean squared residual.

    Floats decide here: it is a choice of candidates, and no proof.
    """
    half = possible_cells(sample, max_cells)
    rows, targets = sample.white.floats, sample.scaled
    patterns = np.concatenate([half, ~half])
    found = cell_bounds(rows, targets, patterns)
    width = slack / float(sample.unit)
    best = float(loss_at(rows, targets, np.concatenate([found.theta, np.zeros((1, rows.shape[1]))])).min())
    patterns = patterns[found.lower <= best + width]
    patterns = patterns[raised_bounds(rows, targets, patterns, best + width).lower <= best + width]
    theta = np.array([_least(rows, targets, pattern) for pattern in patterns])
    losses = loss_at(rows, targets, theta)
    order = np.argsort(losses, kind="stable")
    order = order[losses[order] <= losses[order[0]] + width]
    own = [sample.weights(sample.coefficients(theta[i])) for i in order]
    weights, biases = np.array([w for w, _ in own]), np.array([b for _, b in own])
    return NearOptimal(weights, biases, losses[order] * float(sample.unit), patterns[order])


def _least(rows: Floats, targets: Floats, positive: Bools) -> Floats:
    """Return the minimum on a cell, in floats."""
    active = active_constraints(rows, targets, positive)
    inside, held = rows[positive], rows[active]
    size, count = rows.shape[1], len(active)
    table = np.zeros((size + count, size + count))
    table[:size, :size] = inside.T @ inside + _RIDGE * np.eye(size)
    table[:size, size:], table[size:, :size] = held.T, held
    right = np.concatenate([inside.T @ targets[positive], np.zeros(count)])
    return np.asarray(np.linalg.lstsq(table, right, rcond=None)[0][:size])
