r"""The Newton polytope of a polynomial: which monomials may occur in its sums of squares.

With :math:`p = \sum_i q_i^2` every monomial :math:`\beta` of the :math:`q_i` has :math:`2 \beta` in the convex hull of
the exponents of `p`. Linear programs find the hyperplanes that separate the others; what is left out is left out
because of a hyperplane with integer coefficients, and integers are compared.

Source: Reznick, *Extremal psd forms with few terms*, Duke Math. J. 45 (1978), theorem 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from ..machine.remembered import remembered
from .exponents import Exponents

#: Coefficients of hyperplanes are rounded to fractions of the largest with these denominators, coarse ones first.
_GRIDS = (1, 2, 6, 60, 2**10, 2**20)
#: A separation below this, of coefficients up to 1, is none.
_SEPARATED = 1e-7


@remembered
def half_newton(exponents: Exponents, candidates: Exponents) -> NDArray[np.bool_]:
    r"""Return which monomials :math:`\beta` are not proved to have :math:`2 \beta` outside of the Newton polytope.

    Parameters
    ----------
    exponents : (terms, n) integer array
        Those of the polynomial, at least one.
    candidates : (m, n) integer array
        The :math:`\beta`.

    Returns
    -------
    (m,) boolean array
    """
    doubled = 2 * candidates
    kept = _in_the_box(exponents, doubled)
    asked = np.zeros(len(candidates), dtype=bool)
    present = {tuple(row) for row in exponents.tolist()}
    asked |= [tuple(row) in present for row in doubled.tolist()]
    for i in range(len(candidates)):
        if asked[i] or not kept[i]:
            continue
        direction = _separating(exponents, doubled[i])
        if direction is not None:
            kept &= doubled @ direction <= (exponents @ direction).max()
    kept.setflags(write=False)
    return kept


def _in_the_box(exponents: Exponents, points: Exponents) -> NDArray[np.bool_]:
    """Return which points are within the ranges of all exponents and of the total degree, both ways."""
    degrees, own = exponents.sum(axis=1), points.sum(axis=1)
    inside = (points >= exponents.min(axis=0)).all(axis=1) & (points <= exponents.max(axis=0)).all(axis=1)
    return np.asarray(inside & (own >= degrees.min()) & (own <= degrees.max()))


def _separating(exponents: Exponents, point: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return integers `c` with `c @ point` above `c @ alpha` for all exponents `alpha`, None where none are found."""
    n = len(point)
    rows = np.column_stack([exponents - point, np.ones(len(exponents))])
    cost = np.append(np.zeros(n), -1.0)
    answer = linprog(cost, A_ub=rows, b_ub=np.zeros(len(rows)), bounds=[(-1, 1)] * n + [(0, None)])
    if answer.x is None or answer.x[-1] < _SEPARATED:
        return None
    for grid in _GRIDS:
        rounded: NDArray[np.int64] = np.rint(answer.x[:n] * grid).astype(np.int64)
        if int(rounded @ point) > int((exponents @ rounded).max()):
            return rounded
    return None
