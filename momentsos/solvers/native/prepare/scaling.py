r"""Scaling of the data: moments and rows of the blocks by diagonals, cost and right side by one number each.

With :math:`y = \beta D y'`, :math:`F'_j = \Delta_j F_j(D\,\cdot) \Delta_j`, :math:`c' = D c / \gamma`,
:math:`E' = E D`, :math:`d' = d / \beta`, the answers go back by :math:`X_j = \gamma \Delta_j X'_j \Delta_j`
and :math:`\lambda = \gamma \lambda'`. The direction of the method does not depend on these; its starting
point and its tolerances do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ....machine.compiled import uses_compiled
from ....sdp import SDP
from .. import rules
from ..arrays import Array
from ..core import compiled
from .logarithms import geometric_scales


@dataclass(frozen=True, eq=False)
class Scaling:
    r"""The factors of a scaled program.

    Attributes
    ----------
    moments : (n,) array
        The diagonal `D`.
    rows : (rows,) array
        The factor :math:`\Delta_{ii} \Delta_{kk}` of each svec row.
    """

    moments: Array
    rows: Array


def _largest(values: Array, starts: NDArray[np.integer]) -> Array:
    """Return the largest value of each segment, 1 where a segment is empty or zero."""
    result = np.ones(starts.shape[0] - 1)
    filled = np.flatnonzero(np.diff(starts))
    if filled.size:
        top = np.maximum.reduceat(values, starts[filled])
        result[filled] = np.where(top > 0, top, 1.0)
    return result


def _rounded(factors: Array) -> Array:
    """Return the nearest powers of 2, which cost no digit."""
    return np.asarray(np.exp2(np.round(np.log2(factors))))


def _is_badly_scaled(values: Array, pointers: NDArray[np.integer]) -> bool:
    """Return whether a tenth of the entries of some row are smaller than its largest by a large factor.

    Fewer are coefficients that happen to be small, and say nothing of the units of the variables.
    """
    size = np.abs(values)
    if not size.max(initial=0.0) > rules.BADLY_SCALED * size.min(initial=np.inf, where=size > 0):
        return False
    filled = pointers[:-1][np.diff(pointers) > 0]
    low = np.minimum.reduceat(np.where(size > 0, size, np.inf), filled)
    ends = np.append(filled[1:], size.shape[0])
    for row in np.flatnonzero(np.maximum.reduceat(size, filled) > rules.BADLY_SCALED * low).tolist():
        own = size[filled[row] : ends[row]]
        own = np.sort(own[own > 0])
        if own[-1] > rules.BADLY_SCALED * own[int(rules.SMALL_SHARE * own.size)]:
            return True
    return False


def _has_bad_scale(sdp: SDP) -> bool:
    """Return whether the entries of an equality or of the cost differ by a large factor."""
    matrix = sdp.equalities
    if not uses_compiled() or matrix.nnz > rules.COUNTED:
        ends = np.array([0, sdp.n_moments])
        return _is_badly_scaled(sdp.cost, ends) or _is_badly_scaled(matrix.data, matrix.indptr)
    cost, values = (np.ascontiguousarray(array, dtype=np.float64) for array in (sdp.cost, matrix.data))
    pointers = matrix.indptr.astype(np.intc, copy=False)
    return compiled.kernels.is_badly_scaled(cost, pointers, values, rules.BADLY_SCALED, rules.SMALL_SHARE)


def equilibrate(sdp: SDP) -> Scaling:
    """Bring the entries of blocks, equalities and cost near 1.

    Where equalities or cost have many entries of very different size, a geometric scaling looks for the scale of
    the variables. Then the largest entry of every block and of every moment is brought near 1 (Ruiz, *A
    scaling algorithm to equilibrate both rows and columns norms in matrices*, RAL-TR-2001-034).
    """
    matrix = sdp.operator
    if matrix.nnz and _has_bad_scale(sdp):
        moments, rows = geometric_scales(sdp)
    else:
        moments, rows = np.ones(sdp.n_moments), np.ones(matrix.shape[0])
    if not uses_compiled() or matrix.nnz > rules.COUNTED:
        factors = _sweep(matrix, sdp.offsets, rows, moments)
        return Scaling(_rounded(moments), rows * np.repeat(_rounded(factors), np.diff(sdp.offsets)))
    pointers, columns = (array.astype(np.intc, copy=False) for array in (matrix.indptr, matrix.indices))
    values = np.ascontiguousarray(matrix.data, dtype=np.float64)
    compiled.kernels.sweep(sdp.offsets, pointers, columns, values, rows, moments, rules.SWEEPS, rules.TIE)
    return Scaling(moments, rows)


def _sweep(matrix: sp.csr_matrix, offsets: NDArray[np.intp], rows: Array, moments: Array) -> Array:
    """Return the factors of the blocks, and multiply the scales of the moments, of sweeps over both."""
    starts = matrix.indptr[offsets]
    block = np.repeat(np.arange(offsets.shape[0] - 1), np.diff(starts))
    values = np.abs(matrix.data) * np.repeat(rows, np.diff(matrix.indptr))
    by_moment = np.argsort(matrix.indices, kind="stable")
    moment_starts = np.concatenate([[0], np.cumsum(np.bincount(matrix.indices, minlength=moments.shape[0]))])
    factors = np.ones(offsets.shape[0] - 1)
    for _ in range(rules.SWEEPS):
        current = values * factors[block] * moments[matrix.indices]
        factors /= np.sqrt(_largest(current, starts))
        moments /= np.sqrt(_largest(current[by_moment], moment_starts))
    return factors
