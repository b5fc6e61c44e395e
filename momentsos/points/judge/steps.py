r"""The least step that mends violated constraints, to first order.

With rows of unit length :math:`a_j`, equalities :math:`a_j^\top s = -h_j` and inequalities
:math:`a_j^\top s \ge m - g_j`, the shortest such `s` is wanted: the least-norm solution of the equalities, and in the
null space of their rows a problem of least distance, which is one nonnegative least-squares problem.

Source: Lawson, Hanson, *Solving Least Squares Problems*, 1974, chapter 23.
"""

from __future__ import annotations

import numpy as np

from .records import Floats

#: Singular values below this share of the largest count as zero.
_RANK = 1e-9
#: A least-squares problem whose residual is below this has no solution of the inequalities behind it.
_CONSISTENT = 1e-11
#: Inequalities that hold with this many times the largest violation are looked at afterwards.
_FAR = 1e5
#: A step many times as long as what it mends leads nowhere.
_STEEP = 1e3


def least_step(equal: Floats, lack: Floats, other: Floats, slack: Floats, margin: float, reach: float) -> Floats | None:
    """Return the least step, or where the constraints are inconsistent the least-squares step on those that are tight.

    Parameters
    ----------
    equal, other : (p, n), (q, n) arrays
        Rows of unit length.
    lack, slack : (p,), (q,) arrays
        The values, divided by the lengths of the rows.
    margin : float
        By how much inequalities are to be mended beyond zero, where that is possible.
    reach : float
        Longer steps are no solution, unless violations are large.

    Returns
    -------
    (n,) array, or None
        None where an iteration of the linear algebra does not end.
    """
    n = other.shape[1]
    base, null = np.zeros(n), None
    if len(lack):
        base, null = _least_norm(equal, lack)
    goals = (margin, 0.0) if margin else (0.0,)
    for goal in goals:
        need = goal - slack - other @ base
        if (need <= 0).all():
            return base
        if null is not None and not null.shape[1]:
            break
        rows = other if null is None else other @ null
        inner = _least_distance(rows, need)
        if inner is not None:
            step = inner if null is None else null @ inner
            if np.abs(step).max() <= max(10.0 * reach, _STEEP * float(np.abs(need).max())):
                return base + step
    bad = slack <= -slack.min(initial=0.0)  # with those that hold by less than others are violated: they would not then
    return _least_squares(np.concatenate([equal, other[bad]]), np.concatenate([lack, slack[bad]]))


def _least_norm(rows: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return the least-norm solution of ``rows @ s = -values``, and a basis of what `rows` do not see."""
    left, sizes, right = np.linalg.svd(rows, full_matrices=True)
    rank = int((sizes > _RANK * sizes.max(initial=0.0)).sum())
    step = -right[:rank].T @ ((left.T[:rank] @ values) / sizes[:rank])
    return step, right[rank:].T


def _least_distance(rows: Floats, need: Floats) -> Floats | None:
    """Return the shortest `s` with ``rows @ s >= need``, None without any."""
    from scipy.optimize import nnls  # an import that would slow down that of the package

    most = float(need.max())
    close = need > -_FAR * most
    if not close.all():  # what is far from being violated would only cost digits
        step = _least_distance(rows[close], need[close])
        if step is None or (rows[~close] @ step >= need[~close]).all():
            return step
    scale = float(np.abs(need).max())
    matrix = np.vstack([rows.T, need / scale])
    goal = np.zeros(len(matrix))
    goal[-1] = 1.0
    try:
        weights = nnls(matrix, goal, maxiter=20 * len(need) + 50)[0]
    except RuntimeError:  # the iterations did not suffice
        return None
    rest = matrix @ weights - goal
    if -rest[-1] <= _CONSISTENT:
        return None
    # Large weights cost digits; that the rows with weights are met with equality gives them back.
    met = weights > 0
    steps = [-rest[:-1] / rest[-1] * scale, -_least_squares(rows[met], need[met])]
    return min(steps, key=lambda step: float((need - rows @ step).max()))


def _least_squares(rows: Floats, values: Floats) -> Floats:
    if not len(values):
        return np.zeros(rows.shape[1])
    return np.asarray(-np.linalg.lstsq(rows, values, rcond=_RANK)[0])
