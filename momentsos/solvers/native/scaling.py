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
from scipy.linalg import blas, lapack
from scipy.sparse.linalg import lsqr

from ...sdp import SDP, svec_index

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: Ratio of the entries of a row above which the scale of the variables is looked for, and the share of its smallest
#: entries that do not count.
_BADLY_SCALED, _SMALL_SHARE = 1e3, 0.1
_SWEEPS = 4
#: Most numbers of a matrix for which a least-squares problem is solved by a factorisation.
_FACTORED = 1_500_000


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
    row = np.repeat(np.arange(len(pointers) - 1), np.diff(pointers))[size > 0]
    size = size[size > 0]
    order = np.lexsort((size, row))
    size, counts = size[order], np.bincount(row, minlength=len(pointers) - 1)
    counts = counts[counts > 0]
    ends = np.cumsum(counts)
    low = ends - counts + (_SMALL_SHARE * counts).astype(np.intp)
    return bool((size[ends - 1] > _BADLY_SCALED * size[low]).any())


def _geometric(sdp: SDP) -> tuple[Array, Array]:
    r"""Return `D` and the factors of the svec rows that bring all entries near 1.

    The least-squares problem of Curtis and Reid, *On the automatic scaling of matrices for Gaussian
    elimination*, IMA J. Appl. Math. 10 (1972), over the entries of blocks, equalities and cost. For moment
    programs a change of scale of the variables leaves the moment matrix as it is, so that the other data
    choose it.
    """
    n, sizes = sdp.n_moments, np.asarray(sdp.sizes, dtype=np.intp)
    first = n + np.concatenate([[0], np.cumsum(sizes)])
    pairs = {int(size): svec_index(int(size)) for size in np.unique(sizes)}
    left, right = (
        np.concatenate([pairs[int(s)][side] for s in sizes]) + np.repeat(first[:-1], np.diff(sdp.offsets))
        for side in range(2)
    )
    blocks, rows = sdp.operator, sdp.equalities
    p, costs = rows.shape[0], np.flatnonzero(sdp.cost)
    row = np.repeat(np.arange(blocks.shape[0]), np.diff(blocks.indptr))
    threes = np.stack([blocks.indices, left[row], right[row]])[:, blocks.data != 0]
    other = first[-1] + np.repeat(np.arange(p), np.diff(rows.indptr))
    twos = np.stack([rows.indices, other])[:, rows.data != 0]
    twos = np.hstack([twos, np.stack([costs, np.full(costs.shape[0], first[-1] + p)])])
    sizes_of = [-np.log2(np.abs(data[data != 0])) for data in (blocks.data, rows.data, sdp.cost)]
    answer = _least_squares(threes, sizes_of[0], twos, np.concatenate(sizes_of[1:]), n, int(first[-1]) + p + 1)
    scale = np.exp2(np.round(answer))
    return scale[:n], scale[left] * scale[right]


def _least_squares(threes: Index, right: Array, twos: Index, other: Array, n: int, total: int) -> Array:
    """Return a solution of small norm, to a few digits, of equations for sums of three and of two of `total` unknowns.

    A column of `threes` and of `twos` has the numbers of the unknowns in one equation, of which the first alone is
    below `n`. So the normal equations are diagonal in those, and reduced to the others where that is quick.
    """
    columns, values = (
        np.concatenate([threes.ravel(), twos.ravel()]),
        np.concatenate([np.tile(right, 3), np.tile(other, 2)]),
    )
    rest = total - n
    if max(rest, n) * rest > _FACTORED:
        equations = [np.tile(np.arange(right.shape[0]), 3), right.shape[0] + np.tile(np.arange(other.shape[0]), 2)]
        shape = right.shape[0] + other.shape[0], total
        ones = np.ones(columns.shape[0])
        system = sp.csr_matrix((ones, (np.concatenate(equations), columns)), shape=shape)
        return np.asarray(lsqr(system, np.concatenate([right, other]), iter_lim=60, atol=1e-3, btol=1e-3)[0])
    first, second, third = threes[0], threes[1] - n, threes[2] - n
    products = np.concatenate([first * rest + second, first * rest + third, twos[0] * rest + twos[1] - n])
    coupling = np.bincount(products, minlength=n * rest).reshape(n, rest).astype(float)
    # Half of it: the numbers in a column of `threes` ascend.
    pairs = np.bincount(third * rest + second, minlength=rest * rest).reshape(rest, rest).astype(float)
    counts = np.bincount(columns, minlength=total).astype(float)
    pairs.flat[:: rest + 1] = counts[n:] + 2.0 * pairs.diagonal()
    raised = 1e-6 * max(counts[:n].max(initial=1.0), pairs.diagonal().max(initial=1.0))
    pairs.flat[:: rest + 1] += raised
    own = counts[:n] + raised
    sums = np.bincount(columns, values, minlength=total)
    scaled = coupling / np.sqrt(own)[:, None]
    # Transposed, the matrices are in the order of BLAS, and the half is the upper one.
    reduced = blas.dsyrk(-1.0, scaled.T, beta=1.0, c=pairs.T, overwrite_c=1)
    others = lapack.dposv(reduced, sums[n:] - coupling.T @ (sums[:n] / own), overwrite_a=1)[1]
    return np.concatenate([(sums[:n] - coupling @ others) / own, others])


def _has_bad_scale(sdp: SDP) -> bool:
    """Return whether the entries of an equality or of the cost differ by a large factor."""
    equalities, ends = sdp.equalities, np.array([0, sdp.n_moments])
    return _is_badly_scaled(equalities.data, equalities.indptr) or _is_badly_scaled(sdp.cost, ends)


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
    if matrix.nnz and _has_bad_scale(sdp):
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
