r"""Bounds and linear constraints on coefficients: as inequalities of a problem, and the nearest point that keeps them.

The nearest point is a least distance problem, solved by one nonnegative least squares problem.

Source: Lawson and Hanson, *Solving Least Squares Problems* (1974), section 23.4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..polynomials import Polynomial

Floats = NDArray[np.float64]

#: Units in the last place of its terms by which a row is kept at least, so that it is kept exactly.
_MARGIN = 8.0
#: Of the least squares problem: below this there is no point that keeps all rows.
_NONE = 1e-12


def as_polynomials(rows: Floats, variables: tuple[str, ...]) -> tuple[Polynomial, ...]:
    """Return rows of `Unknowns.inequalities` as polynomials in variables that begin with the unknowns."""
    n = rows.shape[1] - 1
    exponents = np.eye(n + 1, len(variables), -1, dtype=np.int64)
    terms = np.column_stack([rows[:, -1], rows[:, :-1]])
    return tuple(Polynomial.from_terms(exponents[row != 0.0], row[row != 0.0], variables) for row in terms)


def nearest(rows: Floats, point: Floats) -> Floats:
    """Return the nearest point at which no row is negative, in floating-point arithmetic.

    Parameters
    ----------
    rows : (r, n + 1) array
        As `Unknowns.inequalities`.
    point : (n,) array

    Raises
    ------
    InvalidInput
        There is no such point.
    """
    if not len(rows) or _kept(rows, point):
        return point
    for margin in (0.0, _MARGIN):
        moved = _clipped(rows, point + _least_step(rows, point, margin))
        if _kept(rows, moved):
            return moved
    return moved


def _kept(rows: Floats, point: Floats) -> bool:
    return bool((rows[:, :-1] @ point + rows[:, -1] >= 0.0).all())


def _least_step(rows: Floats, point: Floats, margin: float) -> Floats:
    from scipy.optimize import nnls

    sizes = np.abs(rows[:, :-1]) @ np.abs(point) + np.abs(rows[:, -1])
    wanted = margin * np.finfo(float).eps * sizes - (rows[:, :-1] @ point + rows[:, -1])
    scale = float(np.abs(wanted).max()) or 1.0
    matrix = np.vstack([rows[:, :-1].T, wanted / scale])
    target = np.append(np.zeros(len(point)), 1.0)
    weights, _ = nnls(matrix, target)
    left = matrix @ weights - target
    if not np.linalg.norm(left) > _NONE:
        raise InvalidInput("bounds, constraints: no coefficients keep all of them")
    return np.asarray(-scale * left[:-1] / left[-1])


def _clipped(rows: Floats, point: Floats) -> Floats:
    """Return a point that keeps the rows of one unknown exactly."""
    moved = point.copy()
    for row in rows[(rows[:, :-1] != 0.0).sum(axis=1) == 1]:
        place = int(np.flatnonzero(row[:-1])[0])
        limit = -row[-1] / row[place]
        moved[place] = max(moved[place], limit) if row[place] > 0 else min(moved[place], limit)
    return moved
