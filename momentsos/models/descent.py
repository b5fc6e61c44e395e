"""Levenberg-Marquardt over all coefficients of a model, where its outputs are too large as polynomials in these.

Outputs and their derivatives are the expansion around a point, cut off behind the first degree.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .factor import reduced
from .model import Model
from .sought import Sought

Floats = NDArray[np.float64]

#: Steps at most, and the share of the loss below which a step ends it.
_STEPS, _SETTLED = 60, 1e-10
#: The damping at first, what a success divides and a failure multiplies it by, and where it ends.
_DAMPING, _LESS, _MORE, _MOST = 1e-3, 5.0, 4.0, 1e12


def descended(
    model: Model, X: NDArray[Any], Y: Floats, sought: Sought, x: Floats, weights: Floats | None, until: float
) -> Floats:
    """Return the end of a run from a point, at most as far as the time goes (`until`, by `time.perf_counter`)."""
    damping = _DAMPING
    slopes, residual = _linearised(model, X, Y, sought, x, weights)
    loss = float(residual @ residual)
    for _ in range(_STEPS):
        lengths = np.linalg.norm(slopes, axis=0)
        lengths[lengths == 0.0] = 1.0
        scaled = slopes / lengths
        improved = False
        while damping < _MOST and time.perf_counter() < until:
            damped = np.concatenate([scaled, np.sqrt(damping) * np.eye(len(x))])
            step = np.linalg.lstsq(damped, np.concatenate([-residual, np.zeros(len(x))]), rcond=None)[0] / lengths
            with np.errstate(all="ignore"):
                further = _linearised(model, X, Y, sought, x + step, weights)
                value = float(further[1] @ further[1])
            if np.isfinite(value) and value < loss:
                improved = True
                break
            damping *= _MORE
        if not improved:
            return x
        settled = loss - value <= _SETTLED * loss
        x, (slopes, residual), loss, damping = x + step, further, value, damping / _LESS
        if settled:
            return x
    return x


def _linearised(
    model: Model, X: NDArray[Any], Y: Floats, sought: Sought, x: Floats, weights: Floats | None
) -> tuple[Floats, Floats]:
    """Return a reduced Jacobian and residual whose squares add up to the loss, infinite where they leave the floats."""
    n = sought.count
    try:
        data = reduced(model, X, Y, sought.around(x), weights=weights, plain=True)
    except np.linalg.LinAlgError:
        return np.zeros((1, n)), np.array([np.inf])
    rows = data.parts[0] / sum(data.counts) ** 0.5
    slopes = np.zeros((len(rows), n))
    for column, exponent in enumerate(data.monomials.exponents):
        if exponent.any():
            slopes[:, int(np.argmax(exponent))] = rows[:, column]
    return slopes, rows[:, 0] - rows[:, -1]
