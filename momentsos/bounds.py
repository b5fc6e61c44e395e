r"""Lower bounds from the dual side: the defect of an identity is absorbed, or else subtracted.

Where `momentsos.repair` finds that an exact identity exists next to the numerical one, :math:`\gamma` holds on the
whole feasible set. Otherwise it holds up to :math:`\sum_\alpha |r_\alpha| \rho^\alpha` where :math:`|x_i| \le
\rho_i`, and nothing is known elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import lsmr

from .relaxations import Relaxation
from .repair import absorb
from .sdp import SDP, SDPSolution
from .sdp.residuals import dual_residual, project_to_cone

#: Beyond this share of the bound (or of one, in scaled units) a correction makes the bound worthless.
WORTHLESS = 1e-2
#: Multiplications up to which a dense least-squares problem is solved; a larger one is solved by iteration.
_DENSE_WORK = 1e9


@dataclass(frozen=True)
class DualBound:
    r"""A lower bound on the objective of a relaxation's problem.

    Attributes
    ----------
    value : float
    correction : float
        What was subtracted from the solver's :math:`\gamma`, zero when the defect was absorbed.
    absorbed : bool
        Whether an exact identity near the numerical one is known to exist, so that the bound holds everywhere.
    """

    value: float
    correction: float
    absorbed: bool


def dual_bound(
    relaxation: Relaxation, solution: SDPSolution, reach: NDArray[np.float64], until: float = np.inf
) -> DualBound | None:
    r"""Return the bound that the dual vectors of `solution` prove; nothing that the solver says of itself is used.

    Parameters
    ----------
    relaxation : Relaxation
    solution : SDPSolution
    reach : (n,) array
        The half-widths :math:`\rho_i` on which the defect is bounded when it cannot be absorbed.
    until : float
        When, by `time.perf_counter`, the attempt to absorb it ends.

    Returns
    -------
    DualBound or None
        None when the vectors are missing, or the correction exceeds a hundredth of the bound and of one.
    """
    if solution.gram is None or solution.equality_duals is None:
        return None
    sdp = relaxation.sdp
    repaired = absorb(sdp, solution.moments, solution.equality_duals, solution.gram, until)
    if repaired.exact:
        return DualBound(float(sdp.right_side @ repaired.multipliers), 0.0, True)
    gram = project_to_cone(solution.gram, sdp)
    multipliers = _refined(sdp, solution.equality_duals, gram)
    residual = dual_residual(sdp, multipliers, gram)
    gamma = float(sdp.right_side @ multipliers)
    rows = relaxation.monomials.rows
    if not rows[0].any() and _is_one(sdp):
        gamma, residual[0] = gamma + residual[0], 0.0
    weights = np.prod(np.maximum(reach, 1e-3) ** rows, axis=1)
    correction = float(np.abs(residual) @ weights)
    if not np.isfinite(gamma) or not correction <= WORTHLESS * max(1.0, abs(gamma)):
        return None
    return DualBound(gamma - correction, correction, False)


def _refined(sdp: SDP, multipliers: NDArray[np.float64], gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move the free multipliers of the equalities to where the residual is smallest; the bound `λ_0` stays."""
    if len(multipliers) <= 1:
        return multipliers
    residual = dual_residual(sdp, multipliers, gram)
    matrix = sdp.equalities[1:].T
    if float(matrix.shape[0]) * matrix.shape[1] ** 2 <= _DENSE_WORK:
        step = np.linalg.lstsq(matrix.toarray(), residual, rcond=1e-12)[0]
    else:
        step = lsmr(matrix.tocsr(), residual, atol=1e-14, btol=1e-14, maxiter=500)[0]
    return multipliers + np.concatenate([[0.0], step])


def _is_one(sdp: SDP) -> bool:
    """Whether the normalisation, the first equality, fixes the moment of 1 and nothing else."""
    row = sdp.equalities[0]
    return bool(row.nnz == 1 and row.indices[0] == 0 and row.data[0] == 1.0)
