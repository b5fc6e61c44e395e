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
from scipy.sparse.linalg import lsqr, splu

from ...sdp import SDP, svec_index

Array = NDArray[np.float64]

#: Ratio of the entries of a row above which the scale of the variables is looked for, and the share of its smallest
#: entries that do not count.
_BADLY_SCALED, _SMALL_SHARE = 1e3, 0.1
_SWEEPS = 4
#: Most unknowns of a least-squares problem that is solved by a factorisation.
_FACTORED = 600


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


def _is_badly_scaled(matrix: sp.csr_matrix) -> bool:
    """Return whether a tenth of the entries of some row are smaller than its largest by a large factor.

    Fewer are coefficients that happen to be small, and say nothing of the units of the variables.
    """
    size = np.abs(matrix.data)
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[size > 0]
    order = np.lexsort((size[size > 0], row))
    size, counts = size[size > 0][order], np.bincount(row, minlength=matrix.shape[0])
    ends = np.cumsum(counts)[counts > 0]
    low = ends - counts[counts > 0] + (_SMALL_SHARE * counts[counts > 0]).astype(np.intp)
    return bool((size[ends - 1] > _BADLY_SCALED * size[low]).any())


def _geometric(sdp: SDP) -> tuple[Array, Array]:
    r"""Return `D` and the factors of the svec rows that bring all entries near 1.

    The least-squares problem of Curtis and Reid, *On the automatic scaling of matrices for Gaussian
    elimination*, IMA J. Appl. Math. 10 (1972), over the entries of blocks, equalities and cost. For moment
    programs a change of scale of the variables leaves the moment matrix as it is, so that the other data
    choose it.
    """
    n = sdp.n_moments
    first = np.concatenate([[0], np.cumsum(sdp.sizes)])
    pairs = [svec_index(size) for size in sdp.sizes]
    left = np.concatenate([pair[0] + start for pair, start in zip(pairs, first[:-1], strict=True)])
    right = np.concatenate([pair[1] + start for pair, start in zip(pairs, first[:-1], strict=True)])
    blocks, other = sdp.operator.tocoo(), sp.vstack([sdp.equalities, sdp.cost[None]]).tocoo()
    used, kept = np.flatnonzero(blocks.data), np.flatnonzero(other.data)
    count, more = used.shape[0], kept.shape[0]
    row = np.concatenate([np.tile(np.arange(count), 3), count + np.tile(np.arange(more), 2)])
    column = np.concatenate(
        [
            blocks.col[used],
            n + left[blocks.row[used]],
            n + right[blocks.row[used]],
            other.col[kept],
            n + first[-1] + other.row[kept],
        ]
    )
    system = sp.csr_matrix((np.ones(row.shape[0]), (row, column)), shape=(count + more, n + first[-1] + other.shape[0]))
    size = np.abs(np.concatenate([blocks.data[used], other.data[kept]]))
    answer = _least_squares(system, -np.log2(size))
    moments, diagonal = np.exp2(np.round(answer[:n])), np.exp2(np.round(answer[n : n + first[-1]]))
    return moments, diagonal[left] * diagonal[right]


def _least_squares(system: sp.csr_matrix, right: Array) -> Array:
    """Return a solution of small norm to a few digits, by a factorisation where that is quick."""
    if system.shape[1] > _FACTORED:
        return np.asarray(lsqr(system, right, iter_lim=60, atol=1e-3, btol=1e-3)[0])
    normal = sp.csc_matrix(system.T @ system)
    normal.setdiag(normal.diagonal() + 1e-6 * normal.diagonal().max(initial=1.0))
    factor = splu(normal, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return np.asarray(factor.solve(system.T @ right))


def equilibrate(sdp: SDP) -> Scaling:
    """Bring the entries of blocks, equalities and cost near 1.

    Where equalities or cost have many entries of very different size, a geometric scaling looks for the scale of
    the variables. Then the largest entry of every block and of every moment is brought near 1 (Ruiz, *A
    scaling algorithm to equilibrate both rows and columns norms in matrices*, RAL-TR-2001-034).
    """
    n = sdp.n_moments
    matrix = sdp.operator
    lengths = np.diff(sdp.offsets)
    moments, rows = np.ones(n), np.ones(matrix.shape[0])
    if matrix.nnz and (_is_badly_scaled(sdp.equalities) or _is_badly_scaled(sp.csr_matrix(sdp.cost[None]))):
        moments, rows = _geometric(sdp)
    starts = matrix.indptr[sdp.offsets]
    block = np.repeat(np.arange(lengths.shape[0]), np.diff(starts))
    values = np.abs(matrix.data) * np.repeat(rows, np.diff(matrix.indptr))
    by_moment = np.argsort(matrix.indices, kind="stable")
    moment_starts = np.concatenate([[0], np.cumsum(np.bincount(matrix.indices, minlength=n))])
    factors = np.ones(lengths.shape[0])
    for _ in range(_SWEEPS):
        current = values * factors[block] * moments[matrix.indices]
        factors /= np.sqrt(_largest(current, starts))
        moments /= np.sqrt(_largest(current[by_moment], moment_starts))
    return Scaling(_rounded(moments), rows * np.repeat(_rounded(factors), lengths))
