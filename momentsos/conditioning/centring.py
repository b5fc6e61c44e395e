r"""Moving the origin to where a problem happens, when that is far out.

Around (1e4, 1e4) the terms of :math:`(x - 10^4)^4 + \dots` have size 1e16 and cancel: relaxations in `x` see nothing
else, and a gap of 1e6 is small beside them. Around the best point they have the size of what the objective really does.

How far is far is read off the Taylor coefficients at the best point. Let :math:`m_d` be the largest of degree `d`, and
`D` the degree: within :math:`\max_{0 < d < D} (m_d / m_D)^{1/(D-d)}` the lower terms count, beyond the highest ones
rule (Fujiwara's bound of the roots has this form). With :math:`\ell` the largest such length of objective and
constraints, in units of the distance from the origin, a share of about :math:`\ell^D` of the terms does not cancel.
Where that costs more than three digits, the problem is moved and measured in this length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..problem import Problem
from .affine import AffineChange, change_affinely, power_of_two

#: A point of less units than the first is near, one of more than the second runs away: else units have its size, about.
_NEAR, _AWAY = 0.1, 10.0
#: The problem is moved when less than this share of its terms is left where it happens.
_LEFT = 1e-3
#: Below the first the length is made of rounding errors, as for a quadratic at its minimiser, which has none of its
#: own; then it is the second.
_NOISE, _ANY = 1e-6, 1e-3
#: The share of the constant by which the objective changes over the length, at least.
_SEEN = 1e-7


def centred_change(
    problem: Problem, point: NDArray[np.float64], fine: NDArray[np.float64], units: NDArray[np.float64]
) -> AffineChange | None:
    """Return the change to variables around a point, in units of the problem's own length, or None where it is not far.

    Parameters
    ----------
    problem : Problem
    point, fine : (n,) arrays
        The point is their sum.
    units : (n,) array
        Powers of two in which the point has about size one.
    """
    if not _NEAR <= float(np.abs(point / units).max()) <= _AWAY:
        return None
    near = change_affinely(problem, point, np.diag(units), fine).problem
    length = max(own_length(p) for p in (near.minimize, *near.inequalities, *near.equalities))
    length = max(length if length > _NOISE else _ANY, _seen_length(near.minimize))
    if length >= 1.0 or length**problem.degree >= _LEFT:
        return None
    return change_affinely(problem, point, np.diag(units * power_of_two(length)), fine)


def _seen_length(objective: Polynomial) -> float:
    """Return the length over which an objective changes by a share of its constant that floats can tell, at most 1.

    Around a minimum to the eighth order the constant drowns what happens nearer.
    """
    constant, *others = sizes_by_degree(objective)
    length = 1.0
    while length > _NOISE and sum(size * (length / 2) ** d for d, size in enumerate(others, 1)) > _SEEN * constant:
        length /= 2
    return length


def own_length(polynomial: Polynomial) -> float:
    """Return the length within which the terms below the highest degree count; 0 for affine polynomials."""
    sizes = sizes_by_degree(polynomial)
    top = len(sizes) - 1
    return max(((sizes[d] / sizes[top]) ** (1.0 / (top - d)) for d in range(1, top)), default=0.0)


def variation(change: AffineChange) -> float:
    """Return the largest coefficient of the changed objective that is not the constant, in the objective's units."""
    return change.value(max(sizes_by_degree(change.problem.minimize)[1:], default=0.0))


def sizes_by_degree(polynomial: Polynomial) -> Sequence[float]:
    """Return the largest absolute coefficient of each degree."""
    totals = polynomial.exponents.sum(axis=1)
    sizes = np.zeros(polynomial.degree + 1)
    np.maximum.at(sizes, totals, np.abs(polynomial.values))
    return [float(size) for size in sizes]
