r"""Local descent of a loss of all residuals by sequential linear programming in a trust region.

Each step minimises the norm of :math:`W (r + J d)` over a box of `d`, in coordinates in which a step of size one moves
the residuals by their own size. `W` is a reduction of the loss, so that the program stays small however many samples
there are; a step is kept only if the loss of all residuals falls.

Source: Fletcher, *Practical Methods of Optimization* (1987), section 14.
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack

from .limits import nearest
from .losses.norms import AbsoluteNorm
from .losses.sampled import SampledLoss
from .residual_table import ResidualTable

Floats = NDArray[np.float64]

#: Residuals that are single in one linear program: at least this many, and this multiple of the root of their number.
#: Of `R` residuals about that root change their signs between the best squared and the best absolute errors.
LEAST_SINGLES, _SINGLES_PER_ROOT = 300, 3.0
#: Steps at most, and the smallest box.
STEPS, _SMALLEST = 100, 1e-10
#: The least share of the predicted fall that keeps a step, and the predicted fall that is not worth one.
_KEPT, _NEGLIGIBLE = 0.1, 1e-13
#: Singular values below this share of the largest belong to directions that the data do not see.
_UNSEEN = 1e-10


def descend_by_linear_programs(
    loss: SampledLoss, table: ResidualTable, start: Floats, limits: Floats, until: float = np.inf
) -> Floats:
    """Return the coefficients where the descent ends, at the latest where the loss is what rounding makes of zero.

    Parameters
    ----------
    loss : SampledLoss
    table : ResidualTable
    start : (n,) array
        It keeps the limits.
    limits : (rows, n + 1) array
        As `Unknowns.inequalities`.
    until : float
        When the time is over, by `time.perf_counter`; the descent ends where it is then.
    """
    point, values = start, table.at(start)
    singles = max(LEAST_SINGLES, int(_SINGLES_PER_ROOT * len(values) ** 0.5))
    height, box = loss.of_residuals(values), 1.0
    for _ in range(STEPS):
        if time.perf_counter() > until or not height > loss.of_residuals(table.rounding(point)):
            break
        slopes = table.jacobian(point)
        frame = natural_frame(slopes) * float(np.linalg.norm(values))
        weights = loss.weights(loss.parts(singles, values, slopes @ frame), values)
        reduced, steep = weights @ values / height, weights @ (slopes @ frame) / height
        moved, room = False, limits[:, :-1] @ point + limits[:, -1]
        while not moved and box > _SMALLEST and time.perf_counter() < until:
            step, predicted = _least_norm(loss.norm, reduced, steep, box, room, limits[:, :-1] @ frame, until)
            if not 1.0 - predicted > _NEGLIGIBLE:
                return point
            trial = nearest(limits, point + frame @ step)
            there = table.at(trial)
            moved = height - loss.of_residuals(there) >= _KEPT * height * (1.0 - predicted)
            box *= (2.0 if np.abs(step).max() > 0.9 * box else 1.0) if moved else 0.25
        if not moved:
            break
        point, values, height = trial, there, loss.of_residuals(there)
    return point


def natural_frame(slopes: Floats) -> Floats:
    """Return the matrix `T` with orthonormal ``slopes @ T``, but for directions that the residuals do not see."""
    _, singular, directions = np.linalg.svd(slopes, full_matrices=False)
    if not singular[0] > 0:
        return np.eye(slopes.shape[1])
    return np.asarray(directions.T / np.maximum(singular, _UNSEEN * singular[0]))


def _least_norm(
    norm: AbsoluteNorm, values: Floats, slopes: Floats, box: float, room: Floats, towards: Floats, until: float
) -> tuple[Floats, float]:
    """Minimise the norm of ``values + slopes @ step`` over a box, where ``room + towards @ step >= 0``, by HiGHS.

    Without a step where there is no time.
    """
    from scipy.optimize import linprog

    (rows, n), own = slopes.shape, len(norm.bounds.names(len(slopes)))
    every = np.arange(rows)
    bounds = csr_matrix((np.ones(rows), (every, every % own)), shape=(rows, own))
    matrix = vstack([hstack([slopes, -bounds]), hstack([-slopes, -bounds])])
    right = np.append(-values, values)
    if len(room):
        matrix = vstack([matrix, hstack([csr_matrix(-towards), csr_matrix((len(room), own))])])
        right = np.append(right, np.maximum(room, 0.0))
    cost = np.append(np.zeros(n), np.ones(own))
    limits = [(-box, box)] * n + [(0.0, None)] * own
    left = {"time_limit": max(1e-3, until - time.perf_counter())} if np.isfinite(until) else {}
    answer = linprog(cost, A_ub=matrix, b_ub=right, bounds=limits, method="highs", options=left)
    if answer.x is None or not answer.success:
        return np.zeros(n), 1.0
    return answer.x[:n], float(answer.fun)
