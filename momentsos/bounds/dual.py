r"""Lower bounds from the dual side: the defect of an identity is absorbed, or else subtracted.

Where `momentsos.bounds.repair` finds that an exact identity exists next to the numerical one, :math:`\gamma` holds on
the whole feasible set. Otherwise it holds up to :math:`\sum_\alpha |r_\alpha| \rho^\alpha` where :math:`|x_i| \le
\rho_i`, and nothing is known elsewhere.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import lsmr

from ..polynomials.exponents import Exponents
from ..relaxations import Relaxation
from ..sdp import SDP, SDPSolution
from ..sdp.residuals import dual_residual, project_to_cone
from .repair import Near, absorb, rounding_errors

#: Beyond this share of the bound (or of one, in scaled units) a correction makes the bound worthless.
WORTHLESS = 1e-2
#: Absorbing a defect may take so many seconds, and this many times as long as the solver took.
_LEAST_SECONDS, _SHARE = 0.5, 2.0
#: Multiplications up to which a dense least-squares problem is solved; a larger one is solved by iteration.
_DENSE_WORK = 1e9


@dataclass(frozen=True, eq=False)
class DualBound:
    r"""A lower bound on the objective of a relaxation's problem.

    Attributes
    ----------
    gamma : float
        The bound of the identity, were it exact.
    residual : (moments,) array or None
        Its defect `r`, or a bound on the size of each entry; None when it was absorbed: an exact identity near the
        numerical one is known to exist, so that the bound holds everywhere.
    rows : (moments, n) integer array
        The monomials of the defect.
    reach : (n,) array
        The half-widths of the box on which the bound holds.
    near : Near or None
        The iterate that an exact identity is near to, if there is one: what a proof goes on from.
    """

    gamma: float
    residual: NDArray[np.float64] | None
    rows: Exponents
    reach: NDArray[np.float64]
    near: Near | None = field(default=None, repr=False)

    @property
    def absorbed(self) -> bool:
        """Whether the bound holds everywhere."""
        return self.residual is None

    @cached_property
    def correction(self) -> float:
        """What the defect can amount to on the box, zero when it was absorbed."""
        if self.residual is None:
            return 0.0
        with np.errstate(over="ignore", invalid="ignore"):  # a box that wide makes the bound worth nothing
            return float(np.abs(self.residual) @ np.prod(np.maximum(self.reach, 1e-3) ** self.rows, axis=1))

    @property
    def value(self) -> float:
        """The bound."""
        return self.gamma - self.correction

    @property
    def is_worth_something(self) -> bool:
        """Whether the correction is at most a hundredth of the bound, or of one."""
        return bool(np.isfinite(self.gamma) and self.correction <= WORTHLESS * max(1.0, abs(self.gamma)))

    def containing(self, point: NDArray[np.float64]) -> DualBound | None:
        """Return the bound on a box that contains a point as well, None where it is worth nothing."""
        if self.absorbed or (np.abs(point) <= self.reach).all():
            return self
        wider = replace(self, reach=np.maximum(self.reach, np.abs(point)))
        return wider if wider.is_worth_something else None


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
    sdp, rows = relaxation.sdp, relaxation.monomials.rows
    until = min(until, time.perf_counter() + _LEAST_SECONDS + _SHARE * solution.seconds)
    repaired = absorb(sdp, solution.moments, solution.equality_duals, solution.gram, until)
    if repaired.exact:
        return DualBound(float(sdp.right_side @ repaired.multipliers), None, rows, reach, repaired.near)
    gram = project_to_cone(solution.gram, sdp)
    multipliers = _refined(sdp, solution.equality_duals, gram)
    residual = dual_residual(sdp, multipliers, gram)
    gamma = float(sdp.right_side @ multipliers)
    if not rows[0].any() and _is_one(sdp):
        gamma, residual[0] = gamma + residual[0], 0.0
    found = DualBound(gamma, np.abs(residual) + rounding_errors(sdp, multipliers, gram), rows, reach, repaired.near)
    return found if found.is_worth_something else None


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
