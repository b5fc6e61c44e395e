"""The step of `steps` in many variables: sparse, by guessing which inequalities are met with equality."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from .records import Floats

#: Rounds of guessing.
_ROUNDS = 25
#: What keeps the matrix of dependent rows invertible.
_SHIFT = 1e-13
#: A solution misses its equations by at most this share.
_CONSISTENT = 1e-6


def wide_step(equal: sp.csr_array, lack: Floats, other: sp.csr_array, slack: Floats, margin: float) -> Floats | None:
    """Return a short step that mends the constraints to first order, as `steps.least_step`; None where none is seen.

    Inequalities that a step would violate are taken as equations, and left out again where their multiplier has the
    wrong sign, until nothing changes.
    """
    goals = (margin, 0.0) if margin else (0.0,)
    for goal in goals:
        step = _guess(equal, lack, other, slack - goal)
        if step is not None:
            return step
    return None


def _guess(equal: sp.csr_array, lack: Floats, other: sp.csr_array, slack: Floats) -> Floats | None:
    taken = slack < 0
    seen: set[bytes] = set()
    for _ in range(_ROUNDS):
        chosen = np.flatnonzero(taken)
        rows = sp.csr_array(sp.vstack([equal, other[chosen]]))
        goal = -np.concatenate([lack, slack[chosen]])
        step, multipliers = _least_norm(rows, goal)
        size = float(np.abs(goal).max(initial=0.0))
        if not np.isfinite(step).all() or float(np.abs(rows @ step - goal).max(initial=0.0)) > _CONSISTENT * size:
            return None
        after = slack + other @ step
        wanted = taken.copy()
        wanted[chosen[multipliers[len(lack) :] < 0]] = False
        wanted |= after < -1e-9 * size
        if (wanted == taken).all():
            return step
        if wanted.tobytes() in seen:
            return step if (after >= -1e-9 * size).all() else None
        seen.add(wanted.tobytes())
        taken = wanted
    return None


def _least_norm(rows: sp.csr_array, goal: Floats) -> tuple[Floats, Floats]:
    """Return the least-norm solution of ``rows @ s = goal`` and its multipliers, refined twice."""
    if not len(goal):
        return np.zeros(rows.shape[1]), goal
    try:
        factor = splu(sp.csc_array(rows @ rows.T + _SHIFT * sp.eye_array(len(goal))))
    except RuntimeError:  # singular all the same
        return np.full(rows.shape[1], np.nan), goal
    multipliers = factor.solve(goal)
    for _ in range(2):
        multipliers = multipliers + factor.solve(goal - rows @ (rows.T @ multipliers))
    return np.asarray(rows.T @ multipliers), np.asarray(multipliers)
