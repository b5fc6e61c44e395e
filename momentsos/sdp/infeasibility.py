"""Rays that prove a program infeasible, accepted only after we have checked them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..machine.records import Record
from .program import SDP
from .residuals import cone_violation

#: A ray counts as a proof when its violations are below this share of what it gains.
RAY_TOLERANCE = 1e-7


@dataclass(frozen=True, eq=False, repr=False)
class DualRay(Record):
    r"""A proof that no `y` satisfies the constraints.

    :math:`E^\top\lambda + F^* X = 0`, :math:`X \succeq 0`, :math:`d^\top\lambda = 1`: for a feasible `y`,
    :math:`1 = \lambda^\top E y = -\langle X, F(y)\rangle \le 0`.

    Attributes
    ----------
    equality_duals : (p,) array
    gram : (rows,) array
    violation : float
        :math:`\|E^\top\lambda + F^* X\|_\infty` and the negative part of the eigenvalues of `X`, the larger,
        with :math:`d^\top\lambda` scaled to 1: every feasible `y` has :math:`\|y\|_1` of at least about its inverse.
    """

    equality_duals: NDArray[np.float64]
    gram: NDArray[np.float64]
    violation: float


@dataclass(frozen=True, eq=False, repr=False)
class PrimalRay(Record):
    r"""A direction along which the objective falls without end.

    :math:`E y = 0`, :math:`F(y) \succeq 0`, :math:`c^\top y = -1`.

    Attributes
    ----------
    moments : (n,) array
    violation : float
        The larger of :math:`\|E y\|_\infty` and the negative part of the eigenvalues of :math:`F(y)`, both
        relative to the largest entry of `F(y)`, or to 1 where that is smaller.
    """

    moments: NDArray[np.float64]
    violation: float


def check_dual_ray(
    sdp: SDP, equality_duals: NDArray[np.float64], gram: NDArray[np.float64], tolerance: float = RAY_TOLERANCE
) -> DualRay | None:
    """Return the ray, scaled so that `d·λ = 1`, when it proves primal infeasibility to `tolerance`; else None."""
    gain = float(sdp.right_side @ equality_duals)
    if not np.isfinite(gain) or gain <= 0 or not np.isfinite(gram).all():
        return None
    equality_duals, gram = equality_duals / gain, gram / gain
    residual = sdp.equalities.T @ equality_duals + sdp.operator.T @ gram
    low, _ = cone_violation(gram, sdp)
    violation = max(float(np.abs(residual).max(initial=0.0)), low)
    return DualRay(equality_duals, gram, violation) if violation <= tolerance else None


def check_primal_ray(sdp: SDP, moments: NDArray[np.float64], tolerance: float = RAY_TOLERANCE) -> PrimalRay | None:
    """Return the ray, scaled so that `c·y = -1`, when it proves dual infeasibility to `tolerance`; else None."""
    fall = -float(sdp.cost @ moments)
    if not np.isfinite(fall) or fall <= 0 or not np.isfinite(moments).all():
        return None
    moments = moments / fall
    low, high = cone_violation(np.asarray(sdp.operator @ moments), sdp)
    violation = max(float(np.abs(sdp.equalities @ moments).max(initial=0.0)), low) / max(1.0, high)
    return PrimalRay(moments, violation) if violation <= tolerance else None
