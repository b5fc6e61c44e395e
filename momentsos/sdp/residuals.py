"""Residuals and gap of a primal-dual pair, recomputed from the vectors: a solver's word is not used."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..machine.compiled import PRESENT, uses_compiled
from ..machine.records import Brief
from .program import SDP
from .svec import smat, svec, transposed_product

if PRESENT:
    from . import extremes

#: Most entries of an array whose places the compiled code can count.
_COUNTED = 2**31 - 1


@dataclass(frozen=True, repr=False)
class Residuals(Brief):
    r"""How far a pair `(y, λ, X)` is from solving an `SDP`.

    Attributes
    ----------
    primal_objective, dual_objective : float
        :math:`c^\top y` and :math:`d^\top \lambda`, in the units of the objective.
    equality : float
        :math:`\|E y - d\|_\infty / (1 + \|d\|_\infty)`.
    primal_cone : float
        :math:`\max_j \max(0, -\lambda_{\min}(F_j(y))) / (1 + \max_j \|F_j(y)\|)`, spectral norms.
    dual : float
        :math:`\|c - E^\top\lambda - F^* X\|_\infty / (1 + \|c\|_\infty)`.
    dual_cone : float
        The same as `primal_cone`, of the dual blocks `X_j`.
    gap : float
        :math:`|c^\top y - d^\top\lambda| / (1 + |c^\top y| + |d^\top\lambda|)`.
    """

    primal_objective: float
    dual_objective: float
    equality: float
    primal_cone: float
    dual: float
    dual_cone: float
    gap: float

    @property
    def worst(self) -> float:
        """The largest of the five relative residuals, NaN where one of them is."""
        residuals = (self.equality, self.primal_cone, self.dual, self.dual_cone, self.gap)
        return math.nan if any(map(math.isnan, residuals)) else max(residuals)


def cone_violation(rows: NDArray[np.float64], sdp: SDP) -> tuple[float, float]:
    """Return the largest negative part of an eigenvalue over all blocks, and the largest absolute eigenvalue."""
    low, high = 0.0, 0.0
    for size, places in sdp.groups:
        if size == 0:
            continue
        if uses_compiled() and size > 1:
            low, high = extremes.widened(smat(rows[places]), low, high)
            continue
        eigenvalues = np.linalg.eigvalsh(smat(rows[places])) if size > 1 else rows[places]
        low = max(low, -float(eigenvalues.min()))
        high = max(high, float(np.abs(eigenvalues).max()))
    return low, high


def _cone_residual(rows: NDArray[np.float64], sdp: SDP) -> float:
    """Return the negative part of the eigenvalues as a share of one plus the largest; see `Residuals`.

    Blocks that have a Cholesky factor have no negative eigenvalue up to rounding, and are not decomposed. Where a
    number is not finite, the share is NaN.
    """
    if not np.isfinite(rows).all():
        return math.nan
    try:
        for size, places in sdp.groups:
            if size == 1 and not rows[places].min(initial=1.0) > 0:
                break
            if size > 1:
                np.linalg.cholesky(smat(rows[places]))
        else:
            return 0.0
    except np.linalg.LinAlgError:
        pass
    low, high = cone_violation(rows, sdp)
    return low / (1.0 + high)


def project_to_cone(rows: NDArray[np.float64], sdp: SDP) -> NDArray[np.float64]:
    """Return the nearest rows whose blocks are positive semidefinite (eigenvalues clipped at 0)."""
    projected = rows.copy()
    for _, places in sdp.groups:
        values, vectors = np.linalg.eigh(smat(rows[places]))
        clipped = (vectors * np.maximum(values, 0.0)[:, None, :]) @ vectors.transpose(0, 2, 1)
        negative = values[:, 0] < 0
        projected[places[negative]] = svec(clipped[negative])
    return projected


def dual_residual(sdp: SDP, equality_duals: NDArray[np.float64], gram: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return :math:`c - E^\top\lambda - F^* X`, one entry a moment, in the units of `c`."""
    equalities = transposed_product(sdp.equalities, equality_duals)
    return np.asarray(sdp.cost - equalities - transposed_product(sdp.operator, gram))


def _numbers(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers as compiled code takes them; what is so already is not copied."""
    return np.ascontiguousarray(values, dtype=np.float64)


def _rows(matrix: sp.csr_matrix) -> tuple[NDArray[np.intc], NDArray[np.intc], NDArray[np.float64]]:
    """Return row pointers, columns and values as compiled code takes them."""
    starts, columns = (np.ascontiguousarray(places, dtype=np.intc) for places in (matrix.indptr, matrix.indices))
    return starts, columns, _numbers(matrix.data)


def recompute_residuals(
    sdp: SDP, moments: NDArray[np.float64], equality_duals: NDArray[np.float64], gram: NDArray[np.float64]
) -> Residuals:
    """Return the residuals of a primal-dual pair; see `Residuals` for the formulas and scales."""
    longest = max(gram.size, sdp.equalities.indices.size, sdp.operator.indices.size, *sdp.equalities.shape)
    if uses_compiled() and longest <= _COUNTED:
        return Residuals(
            *extremes.recomputed(
                _rows(sdp.equalities),
                _rows(sdp.operator),
                _numbers(sdp.cost),
                _numbers(sdp.right_side),
                sdp.sizes,
                _numbers(moments),
                _numbers(equality_duals),
                _numbers(gram),
            )
        )
    primal = float(sdp.cost @ moments)
    dual = float(sdp.right_side @ equality_duals)
    right = 1.0 + float(np.abs(sdp.right_side).max(initial=0.0))
    cost = 1.0 + float(np.abs(sdp.cost).max(initial=0.0))
    return Residuals(
        primal_objective=primal,
        dual_objective=dual,
        equality=float(np.abs(sdp.equalities @ moments - sdp.right_side).max(initial=0.0)) / right,
        primal_cone=_cone_residual(np.asarray(sdp.operator @ moments), sdp),
        dual=float(np.abs(dual_residual(sdp, equality_duals, gram)).max(initial=0.0)) / cost,
        dual_cone=_cone_residual(gram, sdp),
        gap=abs(primal - dual) / (1.0 + abs(primal) + abs(dual)),
    )
