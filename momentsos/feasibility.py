r"""When a point counts as feasible: when a tiny move of its coordinates would mend every violation.

A violation is compared with what the constraint changes by when each coordinate moves by a small share of
:math:`u_i = \max(1, |x_i|)`: to first order :math:`\varepsilon \sum_i |\partial_i p| u_i`. Where the gradient vanishes,
as for a squared equation, rounding hides moves of the root of the machine precision, and the second order counts.

Compared with the size of the terms alone, points would pass that are far from all feasible ones: of
:math:`x^4 + y^4 = 0` those up to 1e-2, of a unit ball around (1e6, 1e6) those up to 1e2 away. In cusps and at multiple
roots such points lie below the minimum, and a bound that follows them would look like a proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .polynomials.evaluator import Evaluator
    from .wide import WideEvaluator

#: A point is feasible when moves of its coordinates by this share would mend every violation, to first order.
FEASIBILITY = 1e-8
#: The same to second order.
_SECOND = 1e-7
#: Rounding errors of a polynomial's value are taken to be this share of the sum of its absolute terms.
ROUNDING = 4 * float(np.finfo(float).eps)


def largest_violation(part: Evaluator | WideEvaluator, point: NDArray[np.float64], equal: bool) -> float:
    """Return the largest violation of constraints `p >= 0`, or `p = 0` if `equal`; feasible is at most `FEASIBILITY`.

    What rounding may hide counts as a violation: far out, where terms cancel, nothing is known to be feasible. The
    size of the terms, at least the largest coefficient, bounds what a violation is relative to.
    """
    if not part.polynomials:
        return 0.0
    values, terms = part.values(point), part.sizes(point)
    excess = (np.abs(values) if equal else -values) + ROUNDING * terms
    wrong = np.flatnonzero(excess > 0)
    if not wrong.size:
        return 0.0
    units = np.maximum(1.0, np.abs(point))
    largest = np.maximum(terms, part.scales)
    reach = np.minimum(np.abs(part.jacobian(point)) @ units, largest)
    for j in wrong[excess[wrong] > FEASIBILITY * reach[wrong]]:
        if excess[j] <= FEASIBILITY * largest[j]:  # else it is violated by any measure
            bend = units @ np.abs(part.hessian(point, np.eye(1, len(values), j)[0])) @ units
            reach[j] = min(reach[j] + 0.5 * _SECOND**2 / FEASIBILITY * bend, largest[j])
    return float((excess[wrong] / np.maximum(reach[wrong], 1e-300)).max())
