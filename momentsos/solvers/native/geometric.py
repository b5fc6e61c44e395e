r"""Scales that bring all entries of a program near 1: a least-squares problem for their logarithms.

Curtis and Reid, *On the automatic scaling of matrices for Gaussian elimination*, IMA J. Appl. Math. 10 (1972), over the
entries of blocks, equalities and cost. Entry `v` of moment `a` at `(i, k)` of a block gives the equation :math:`x_a +
u_i + u_k = -\log_2 |v|`, one of an equality or of the cost :math:`x_a + u = -\log_2 |v|`.

Programs have many blocks with the same non-zeros, one for each residual or constraint. Of `m` such blocks the moments
see the mean alone: in the sum of squares the `u` of each are their mean plus what sums to zero over the blocks, and the
moments drop out of the latter. So one block with the mean of the logarithms, counted `m` times, gives the moments, and
a matrix as small as the block then the `u` of each.
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

#: Most numbers of a matrix for which a least-squares problem is solved by a factorisation.
_FACTORED = 1_500_000
#: Share of the largest diagonal entry that is added to all, for the equations do not determine everything.
_RAISED = 1e-6


@dataclass(frozen=True, eq=False)
class _Equations:
    """Equations `Σ x + u + u = right`, each counted `weights` times, and what an unknown `u` stands for.

    Attributes
    ----------
    threes, twos : (3, a) and (2, b) arrays
        The unknowns of an equation in a column; the first alone is below `n`.
    right, weights : (a + b,) arrays
    n, total : int
    shares : (total - n,) array
        How many unknowns of the program one is the mean of.
    """

    threes: Index
    twos: Index
    right: Array
    weights: Array
    n: int
    total: int
    shares: Array


@dataclass(frozen=True, eq=False)
class _Blocks:
    """The non-zeros of the blocks, `like` the first block that has those of each.

    `row` and `block` are those of each entry, `size` is its logarithm, `starts` where the entries of a block begin.
    """

    matrix: sp.csr_matrix
    starts: Index
    like: Index
    row: Index
    block: Index
    size: Array


def geometric_scales(sdp: SDP) -> tuple[Array, Array]:
    """Return the scales of moments and of svec rows that bring all entries near 1, powers of 2."""
    blocks = _taken_apart(sdp)
    chosen = np.flatnonzero(blocks.like == np.arange(blocks.like.shape[0]))
    equations = _stated(sdp, blocks, chosen)
    answer, raised = _least_squares(equations)
    moments = answer[: sdp.n_moments]
    own = _factors(sdp, blocks, chosen, answer[sdp.n_moments :], raised, moments)
    scale, rows = np.exp2(np.round(own)), np.empty(blocks.matrix.shape[0])
    sizes = np.asarray(sdp.sizes, dtype=np.intp)
    first = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    for size, places in sdp.groups:
        row, column = svec_index(size)
        sides = scale[first[sizes == size][:, None] + np.arange(size)]
        rows[places] = sides[:, row] * sides[:, column]
    return np.exp2(np.round(moments)), rows


def _taken_apart(sdp: SDP) -> _Blocks:
    """Find the blocks that have the same non-zeros."""
    matrix = sdp.operator
    if not matrix.data.all():
        matrix = matrix.copy()
        matrix.eliminate_zeros()
    lengths = np.diff(matrix.indptr)
    starts = matrix.indptr[sdp.offsets].astype(np.intp)
    rows, bounds = sdp.offsets.tolist(), starts.tolist()
    known: dict[tuple[int, bytes, bytes], int] = {}
    like = []
    for j, size in enumerate(sdp.sizes):
        own = lengths[rows[j] : rows[j + 1]], matrix.indices[bounds[j] : bounds[j + 1]]
        like.append(known.setdefault((size, own[0].tobytes(), own[1].tobytes()), j))
    row = np.repeat(np.arange(lengths.shape[0]), lengths)
    block = np.repeat(np.arange(len(like)), np.diff(starts))
    return _Blocks(matrix, starts, np.array(like, dtype=np.intp), row, block, -np.log2(np.abs(matrix.data)))


def _stated(sdp: SDP, blocks: _Blocks, chosen: Index) -> _Equations:
    """Return the equations for the blocks that are chosen, each as often as there are others like it."""
    n, p, sizes = sdp.n_moments, sdp.right_side.shape[0], np.asarray(sdp.sizes, dtype=np.intp)[chosen]
    counts = np.bincount(blocks.like, minlength=blocks.like.shape[0])
    first = n + np.concatenate([[0], np.cumsum(sizes)])
    heights = sizes * (sizes + 1) // 2
    left, right = (
        np.concatenate([svec_index(size)[side] for size in sizes.tolist()]) + np.repeat(first[:-1], heights)
        for side in range(2)
    )
    # An entry of a block is moved to the same one of the block like it.
    moved = np.arange(blocks.size.shape[0]) + (blocks.starts[blocks.like] - blocks.starts[:-1])[blocks.block]
    sums = np.bincount(moved, blocks.size)
    entries = np.flatnonzero(counts[blocks.block])
    weights = counts[blocks.block[entries]].astype(float)
    row = np.repeat(np.arange(heights.sum()), np.diff(blocks.matrix.indptr)[_rows_of(sdp, chosen)])
    threes = np.stack([blocks.matrix.indices[entries], left[row], right[row]])
    equalities, costs = sdp.equalities, np.flatnonzero(sdp.cost)
    other = first[-1] + np.repeat(np.arange(p), np.diff(equalities.indptr))
    twos = np.stack([equalities.indices, other])[:, equalities.data != 0]
    twos = np.hstack([twos, np.stack([costs, np.full(costs.shape[0], first[-1] + p)])])
    values = np.concatenate([equalities.data[equalities.data != 0], sdp.cost[costs]])
    return _Equations(
        threes=threes,
        twos=twos,
        right=np.concatenate([sums[entries] / weights, -np.log2(np.abs(values))]),
        weights=np.concatenate([weights, np.ones(values.shape[0])]),
        n=n,
        total=int(first[-1]) + p + 1,
        shares=np.concatenate([np.repeat(counts[chosen], sizes), np.ones(p + 1)]),
    )


def _rows_of(sdp: SDP, chosen: Index) -> NDArray[np.bool_]:
    """Return which rows are of blocks that are chosen."""
    taken = np.zeros(len(sdp.sizes), dtype=bool)
    taken[chosen] = True
    return np.repeat(taken, np.diff(sdp.offsets))


def _least_squares(equations: _Equations) -> tuple[Array, float]:
    """Return a solution of small norm, to a few digits, and what was added to the diagonal of its matrix.

    The normal equations are diagonal in the first `n` unknowns, and reduced to the others where that is quick.
    """
    n, total, threes, twos = equations.n, equations.total, equations.threes, equations.twos
    columns = np.concatenate([threes.ravel(), twos.ravel()])
    a, rest = threes.shape[1], total - n
    each = np.concatenate([np.tile(equations.weights[:a], 3), np.tile(equations.weights[a:], 2)])
    counts = np.bincount(columns, each, minlength=total)
    first, second, third = threes[0], threes[1] - n, threes[2] - n
    double = np.bincount(second, equations.weights[:a] * (second == third), minlength=rest)
    # A diagonal entry of a block has one unknown twice: the square of two is four.
    diagonal = counts[n:] + 2.0 * double
    raised = _RAISED * max(counts[:n].max(initial=1.0), (diagonal / equations.shares).max(initial=1.0))
    right = equations.weights * equations.right
    sums = np.bincount(columns, np.concatenate([np.tile(right[:a], 3), np.tile(right[a:], 2)]), minlength=total)
    if max(rest, n) * rest > _FACTORED:
        number = np.concatenate([np.tile(np.arange(a), 3), a + np.tile(np.arange(twos.shape[1]), 2)])
        root = np.sqrt(equations.weights)
        system = sp.csr_matrix((root[number], (number, columns)), shape=(root.shape[0], total))
        return np.asarray(lsqr(system, root * equations.right, iter_lim=60, atol=1e-3, btol=1e-3)[0]), raised
    products = np.concatenate([first * rest + second, first * rest + third, twos[0] * rest + twos[1] - n])
    weights = np.concatenate([equations.weights[:a], equations.weights])
    coupling = np.bincount(products, weights, minlength=n * rest).reshape(n, rest)
    # Half of it: the numbers in a column of `threes` ascend.
    pairs = np.bincount(third * rest + second, equations.weights[:a], minlength=rest * rest).reshape(rest, rest)
    pairs.flat[:: rest + 1] = diagonal + raised * equations.shares
    own = counts[:n] + raised
    scaled = coupling / np.sqrt(own)[:, None]
    # Transposed, the matrices are in the order of BLAS, and the half is the upper one.
    reduced = blas.dsyrk(-1.0, scaled.T, beta=1.0, c=pairs.T, overwrite_c=1)
    others = lapack.dposv(reduced, sums[n:] - coupling.T @ (sums[:n] / own), overwrite_a=1)[1]
    return np.concatenate([(sums[:n] - coupling @ others) / own, others]), raised


def _factors(sdp: SDP, blocks: _Blocks, chosen: Index, means: Array, raised: float, moments: Array) -> Array:
    """Return the unknowns of all rows of blocks, from the moments and the means over blocks that are alike."""
    sizes = np.asarray(sdp.sizes, dtype=np.intp)
    first = np.concatenate([[0], np.cumsum(sizes)])
    place = np.concatenate([[0], np.cumsum(sizes[chosen])])
    number = np.zeros(sizes.shape[0], dtype=np.intp)
    number[chosen] = np.arange(chosen.shape[0])
    shift = place[number[blocks.like]] - first[:-1]
    found = means[np.arange(first[-1]) + np.repeat(shift, sizes)]
    counts = np.bincount(blocks.like, minlength=sizes.shape[0])
    if counts.max(initial=0) <= 1:
        return found
    left = np.bincount(blocks.row, blocks.size - moments[blocks.matrix.indices], minlength=blocks.matrix.shape[0])
    lengths = np.diff(blocks.matrix.indptr).astype(float)
    for j in np.flatnonzero(counts > 1).tolist():
        members, size = np.flatnonzero(blocks.like == j), int(sizes[j])
        rows = sdp.offsets[members][:, None] + np.arange(size * (size + 1) // 2)
        matrix = _symmetric(lengths[rows[:1]], size)[0]
        diagonal = matrix.diagonal().copy()
        matrix.flat[:: size + 1] = matrix.sum(axis=0) + 3.0 * diagonal + raised
        right = _symmetric(left[rows], size)
        right = right.sum(axis=2) + right.diagonal(axis1=1, axis2=2)
        found[first[members][:, None] + np.arange(size)] = lapack.dposv(matrix, right.T)[1].T
    return found


def _symmetric(rows: Array, size: int) -> Array:
    """Return the symmetric matrices with the given triangles, in svec order without its weights."""
    row, column = svec_index(size)
    full = np.empty((rows.shape[0], size, size))
    full[:, row, column] = rows
    full[:, column, row] = rows
    return full
