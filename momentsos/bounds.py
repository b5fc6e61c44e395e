"""Lower bounds from the dual side, corrected for what the solver's identity does not match."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .relaxations import Relaxation
from .sdp import SDP, SDPSolution
from .sdp.residuals import dual_residual, project_to_cone

#: Beyond this share of the bound (or of one, in scaled units) a correction makes the bound worthless.
WORTHLESS = 1e-2
#: With more equalities than this the multipliers are taken as the solver left them.
_MOST_EQUALITIES = 2_000


@dataclass(frozen=True)
class DualBound:
    r"""A lower bound from an identity :math:`f - \gamma w = \sum_j \langle X_j, g_j B_j B_j^\top\rangle + \sum_l
    \lambda_l h_l + r`.

    Attributes
    ----------
    value : float
        :math:`\gamma - \text{correction}`.
    correction : float
        :math:`\sum_\alpha |r_\alpha| \rho^\alpha`, which :math:`|r|` does not exceed where :math:`|x_i| \le \rho_i`.
    """

    value: float
    correction: float


def dual_bound(relaxation: Relaxation, solution: SDPSolution, reach: NDArray[np.float64]) -> DualBound | None:
    r"""Return the bound that the dual vectors of `solution` prove where :math:`|x_i| \le` `reach[i]`.

    The Gram matrices are first projected to the cone; the residual polynomial `r` of the identity is formed from
    the projected ones, with the multipliers of equalities that make it smallest; its constant goes into the
    bound, and the rest is bounded term by term. Nothing of what the solver says of itself is used.

    Returns
    -------
    DualBound or None
        None when the vectors are missing, or the correction exceeds a hundredth of the bound and of one.
    """
    if solution.gram is None or solution.equality_duals is None:
        return None
    sdp = relaxation.sdp
    gram = project_to_cone(solution.gram, sdp)
    equality_duals = _refined(sdp, solution.equality_duals, gram)
    residual = dual_residual(sdp, equality_duals, gram)
    gamma = float(sdp.right_side @ equality_duals)
    rows = relaxation.monomials.rows
    constant = not rows[0].any() and _is_one(sdp)
    if constant:
        gamma, residual[0] = gamma + residual[0], 0.0
    weights = np.prod(np.maximum(reach, 1e-3) ** rows, axis=1)
    correction = float(np.abs(residual) @ weights)
    if not np.isfinite(gamma) or not correction <= WORTHLESS * max(1.0, abs(gamma)):
        return None
    return DualBound(gamma - correction, correction)


def _refined(sdp: SDP, equality_duals: NDArray[np.float64], gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move the free multipliers of the equalities to where the residual is smallest; the bound `λ_0` stays."""
    if not 1 < len(equality_duals) <= _MOST_EQUALITIES:
        return equality_duals
    residual = dual_residual(sdp, equality_duals, gram)
    step = np.linalg.lstsq(sdp.equalities[1:].T.toarray(), residual, rcond=1e-12)[0]
    return equality_duals + np.concatenate([[0.0], step])


def _is_one(sdp: SDP) -> bool:
    """Whether the normalisation, the first equality, fixes the moment of 1 and nothing else."""
    row = sdp.equalities[0]
    return bool(row.nnz == 1 and row.indices[0] == 0 and row.data[0] == 1.0)
