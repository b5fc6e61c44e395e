r"""When a point counts as feasible: when a tiny move of its coordinates would mend every violation.

A violation is compared with what the constraint changes by when each coordinate, in units in which the problem is of
size one, moves by :math:`\varepsilon`: to first order :math:`\varepsilon \sum_i |\partial_i p|`. Where the gradient
vanishes, as for a squared equation, rounding hides moves of 1e-8, and the second order counts.

Compared with the size of the terms alone, points would pass that are far from all feasible ones: of
:math:`x^4 + y^4 = 0` those up to 1e-2, of a unit ball around (1e6, 1e6) those up to 1e2 away. In cusps and at multiple
roots such points lie below the minimum, and a bound that follows them would look like a proof. For the same reason the
violations must be mended together: where two discs touch, each alone gives way to a move of 1e-9 at points 1e-5 away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import lsqr

if TYPE_CHECKING:
    from ..polynomials.evaluator import Evaluator
    from .sparse_evaluator import SparseEvaluator

    AnyEvaluator = Evaluator | SparseEvaluator

#: A point is feasible when moves of its coordinates by this much would mend every violation, to first order.
FEASIBILITY = 1e-8
#: The same to second order.
_SECOND = 1e-7
#: Directions in which the violated constraints change by less than this share of the largest are left out of a move.
_DEPENDENT = 1e-6
#: Entries of the active constraints' Jacobian from which the move is found iteratively.
_DENSE = 40_000
#: Rounding errors of a polynomial's value are taken to be this share of the sum of its absolute terms.
ROUNDING = 4 * float(np.finfo(float).eps)


def largest_violation(inequalities: AnyEvaluator, equalities: AnyEvaluator, point: NDArray[np.float64]) -> float:
    """Return by how much coordinates must move to mend all violations, about; 0 without any.

    What rounding may hide counts as a violation: far out, where terms cancel, nothing is known to be feasible. All is
    mended together with what is about to be violated.
    """
    worst, rows, lacks = 0.0, [np.zeros((0, len(point)))], [np.zeros(0)]
    for part, equal in ((inequalities, False), (equalities, True)):
        if not part.polynomials:
            continue
        values = part.values(point)
        excess = (np.abs(values) if equal else -values) + ROUNDING * part.sizes(point)
        slopes = part.jacobian(point)
        steep = np.abs(slopes).sum(axis=1)
        if not np.isfinite(excess).all():  # infinity, or infinity minus infinity, far out
            return np.inf
        wrong = np.flatnonzero(excess > 0)
        if wrong.size:
            worst = max(worst, float((excess[wrong] / _reach(part, point, wrong, excess, steep)).max()))
        taken = np.flatnonzero((np.abs(excess) <= FEASIBILITY * steep) & (steep > 0))
        rows.append(slopes[taken])
        lacks.append(np.where(equal & (values[taken] > 0), -1.0, 1.0) * np.maximum(excess[taken], 0.0))
    matrix, lack = np.concatenate(rows), np.concatenate(lacks)
    if worst > FEASIBILITY or not lack.any():
        return worst
    lengths = np.linalg.norm(matrix, axis=1)
    scaled, right = matrix / lengths[:, None], lack / lengths
    if matrix.size <= _DENSE:
        move = np.linalg.lstsq(scaled, right, rcond=_DEPENDENT)[0]
    else:
        move = lsqr(csr_matrix(scaled), right, atol=1e-6, btol=1e-6)[0]
    return max(worst, float(np.abs(move).max()))


def _reach(
    part: AnyEvaluator,
    point: NDArray[np.float64],
    wrong: NDArray[np.intp],
    excess: NDArray[np.float64],
    steep: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what the violations of the constraints `wrong` are relative to: never more than the size of the terms."""
    largest = np.maximum(part.sizes(point), part.scales)[wrong]
    reach = np.minimum(steep[wrong], largest)
    for place, j in enumerate(wrong):
        if FEASIBILITY * reach[place] < excess[j] <= FEASIBILITY * largest[place]:
            bend = float(np.abs(part.hessian(point, np.eye(1, len(excess), j)[0])).sum())
            reach[place] = min(reach[place] + 0.5 * _SECOND**2 / FEASIBILITY * bend, largest[place])
    return np.maximum(reach, 1e-300)
