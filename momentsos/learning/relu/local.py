"""Local search for a ReLU: the pattern of a point, least squares on it, and again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Added to Gram matrices, in units of white rows.
_RIDGE = 1e-12


def loss_at(rows: Floats, targets: Floats, theta: Floats) -> Floats:
    """Return the sum of squared residuals for each row of `theta`."""
    inner = theta @ rows.T
    return np.asarray(((np.maximum(inner, 0.0) - targets) ** 2).sum(axis=1))


def local_minima(rows: Floats, targets: Floats, starts: Floats, steps: int = 60) -> tuple[Floats, Floats]:
    """Return the best coefficients met from each start, and their sums of squares.

    Steps go to the least-squares coefficients of the pattern, halved until the loss falls.

    Parameters
    ----------
    rows : (N, D) array
    targets : (N,) array
    starts : (m, D) array
    """
    theta, losses = starts.copy(), loss_at(rows, targets, starts)
    moving = np.ones(len(theta), dtype=bool)
    for _ in range(steps):
        inside = (theta[moving] @ rows.T > 0.0).astype(np.float64)
        gram = np.einsum("mi,ij,ik->mjk", inside, rows, rows, optimize=True) + _RIDGE * np.eye(rows.shape[1])
        moments = inside @ (rows * targets[:, None])
        direction = np.linalg.solve(gram, moments[:, :, None])[:, :, 0] - theta[moving]
        better, found = theta[moving].copy(), losses[moving].copy()
        for halving in range(8):
            trial = theta[moving] + 0.5**halving * direction
            values = loss_at(rows, targets, trial)
            falls = (values < found) & (found == losses[moving])
            better[falls], found[falls] = trial[falls], values[falls]
        improved = found < losses[moving] * (1.0 - 1e-14)
        where = np.flatnonzero(moving)
        theta[where], losses[where] = better, found
        moving[where[~improved]] = False
        if not moving.any():
            break
    return theta, losses


def random_starts(rows: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return coefficients whose inner values are of size one on the data."""
    drawn = rng.standard_normal((count, rows.shape[1]))
    return np.asarray(drawn / np.maximum(np.abs(drawn @ rows.T).max(axis=1, keepdims=True), 1e-300))
