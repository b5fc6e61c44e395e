r"""Scales that bring all entries of a program near 1: a least-squares problem for their logarithms.

Curtis and Reid, *On the automatic scaling of matrices for Gaussian elimination*, IMA J. Appl. Math. 10 (1972), over the
entries of blocks, equalities and cost. Entry `v` of moment `a` at `(i, k)` of a block gives the equation :math:`x_a +
u_i + u_k = -\log_2 |v|`, one of an equality or of the cost :math:`x_a + u = -\log_2 |v|`.

Programs have many blocks with the same non-zeros, one for each residual or constraint. Of `m` such blocks the moments
see the mean alone: in the sum of squares the `u` of each are their mean plus what sums to zero over the blocks, and the
moments drop out of the latter. So blocks that are alike have one set of unknowns, which stand for the means, and then a
matrix as small as the block gives the `u` of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import blas, lapack
from scipy.sparse.linalg import lsqr

from ....machine.compiled import uses_compiled
from ....sdp import SDP, svec_index
from .. import rules
from ..arrays import Array, Index, Integers
from ..core import compiled


@dataclass(frozen=True, eq=False)
class _Blocks:
    """The non-zeros of the blocks.

    Attributes
    ----------
    sizes, offsets, pointers, columns : arrays
        Rows of the blocks, where their svec rows begin, and these, compressed.
    logarithms : array
        The right sides.
    """

    sizes: Integers
    offsets: Integers
    pointers: Integers
    columns: Integers
    logarithms: Array

    @cached_property
    def like(self) -> Integers:
        """The first block with the size and the non-zeros of each, shape (blocks,)."""
        lengths, bounds, starts = np.diff(self.pointers), self.offsets.tolist(), self.pointers[self.offsets].tolist()
        known: dict[tuple[int, bytes, bytes], int] = {}
        found = []
        for j, size in enumerate(self.sizes.tolist()):
            own = lengths[bounds[j] : bounds[j + 1]], self.columns[starts[j] : starts[j + 1]]
            found.append(known.setdefault((size, own[0].tobytes(), own[1].tobytes()), j))
        return np.array(found, dtype=np.intc)

    def ends(self, first: NDArray[np.integer]) -> tuple[Index, Index]:
        """Return the two unknowns of each svec row, given the first one of each block."""
        pairs = {int(size): svec_index(int(size)) for size in np.unique(self.sizes)}
        shift = np.repeat(first.astype(np.intp), np.diff(self.offsets))
        left, right = (np.concatenate([pairs[int(size)][side] for size in self.sizes]) + shift for side in range(2))
        return left, right

    def rows(self) -> Index:
        """Return the svec row of each non-zero."""
        return np.repeat(np.arange(self.pointers.shape[0] - 1), np.diff(self.pointers))


@dataclass(frozen=True, eq=False)
class _Normal:
    """The normal equations: those of the `n` moments are diagonal, `own`; `pairs` is a lower half."""

    coupling: Array
    pairs: Array
    own: Array
    right: Array


def geometric_scales(sdp: SDP) -> tuple[Array, Array]:
    """Return the scales of moments and of svec rows that bring all entries near 1, powers of 2."""
    moments, sides = find_logarithms(sdp)
    if uses_compiled():
        return compiled.kernels.nearest_powers(sdp.offsets, moments, sides)
    sizes = np.array(sdp.sizes, dtype=np.intc)
    scale, rows = np.exp2(np.round(sides)), np.empty(sdp.operator.shape[0])
    first = np.cumsum(sizes) - sizes
    for size, places in sdp.groups:
        row, column = svec_index(size)
        of_blocks = scale[first[sizes == size][:, None] + np.arange(size)]
        rows[places] = of_blocks[:, row] * of_blocks[:, column]
    return np.exp2(np.round(moments)), rows


def find_logarithms(sdp: SDP) -> tuple[Array, Array]:
    """Return the logarithms of these scales before they are rounded: of the moments, and of the rows of all blocks."""
    operator = _without_zeros(sdp.operator)
    right = np.abs(operator.data, dtype=np.float64)
    np.negative(np.log2(right, out=right), out=right)
    if uses_compiled():
        stored = operator.indptr, operator.indices, sdp.equalities.indptr, sdp.equalities.indices
        pointers, columns, ends, places = (array.astype(np.intc, copy=False) for array in stored)
        values, cost = (np.ascontiguousarray(array, dtype=np.float64) for array in (sdp.equalities.data, sdp.cost))
        equalities = ends, places, values
        rows = pointers, columns, right
        found = compiled.kernels.solve_logarithms(
            sdp.offsets, *rows, *equalities, cost, rules.LARGEST_LOGARITHMS, rules.RAISED_LOGARITHMS
        )
        return _solve_iteratively(sdp, _taken_apart(sdp, operator, right)) if found is None else found
    blocks = _taken_apart(sdp, operator, right)
    counts = np.bincount(blocks.like, minlength=blocks.like.shape[0])
    ends = np.cumsum(np.where(counts > 0, blocks.sizes, 0))
    rest, n = int(ends[-1]) + sdp.right_side.shape[0] + 1, sdp.n_moments
    if max(rest, n) * rest > rules.LARGEST_LOGARITHMS:
        return _solve_iteratively(sdp, blocks)
    return _solve(sdp, blocks, (ends - blocks.sizes).astype(np.intc), counts, int(ends[-1]))


def _without_zeros(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Return a matrix that stores no zeros."""
    if matrix.data.all():
        return matrix
    matrix = matrix.copy()
    matrix.eliminate_zeros()
    return matrix


def _taken_apart(sdp: SDP, operator: sp.csr_matrix, right: Array) -> _Blocks:
    """Return the non-zeros of the blocks, given their right sides."""
    stored = np.array(sdp.sizes), sdp.offsets, operator.indptr, operator.indices
    sizes, offsets, pointers, columns = (array.astype(np.intc, copy=False) for array in stored)
    return _Blocks(sizes, offsets, pointers, columns, right)


def _others(sdp: SDP) -> tuple[Index, Index, Array]:
    """Return the non-zeros of equalities and cost: moments, numbers of rows, and right sides."""
    matrix, costs = sdp.equalities, np.flatnonzero(sdp.cost)
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    moments = np.concatenate([matrix.indices, costs])
    rows = np.concatenate([row, np.full(costs.shape[0], matrix.shape[0])])
    values = np.concatenate([matrix.data, sdp.cost[costs]])
    if not values.all():
        moments, rows, values = moments[values != 0], rows[values != 0], values[values != 0]
    return moments, rows, -np.log2(np.abs(values))


def _solve(sdp: SDP, blocks: _Blocks, first: Integers, counts: Index, blocks_end: int) -> tuple[Array, Array]:
    """Return the logarithms for moments and rows of blocks, by a factorisation of the normal equations.

    The unknowns of a block begin at `first` of the one that stands for it, and end at `blocks_end`; then come those of
    equalities and cost. The matrix is raised a little, so that the solution is nearly the smallest one.
    """
    n = sdp.n_moments
    normal = _normal_equations(sdp, blocks, first, blocks_end)
    rest = normal.pairs.shape[0]
    diagonal = normal.pairs.reshape(-1)[:: rest + 1]
    stands = np.flatnonzero(counts)
    shares = np.ones(rest)  # how many unknowns one is the mean of
    shares[:blocks_end] = np.repeat(counts[stands], blocks.sizes[stands])
    raised = rules.RAISED_LOGARITHMS * max(normal.own.max(initial=1.0), (diagonal / shares).max(initial=1.0))
    diagonal += raised * shares
    several = np.flatnonzero((counts > 1) & (blocks.sizes > 0)).tolist()
    parts = {j: normal.pairs[first[j] :, first[j] :][: blocks.sizes[j], : blocks.sizes[j]] / counts[j] for j in several}
    own, sums = normal.own + raised, normal.right[:n]
    scaled = normal.coupling / np.sqrt(own)[:, None]
    # Transposed, the matrices are in the order of BLAS, and the half is the upper one.
    reduced = blas.dsyrk(-1.0, scaled.T, beta=1.0, c=normal.pairs.T, overwrite_c=1)
    others = lapack.dposv(reduced, normal.right[n:] - normal.coupling.T @ (sums / own), overwrite_a=1)[1]
    logarithms = (sums - normal.coupling @ others) / own
    return logarithms, _of_each(blocks, first, others, parts, logarithms)


def _of_each(blocks: _Blocks, first: Integers, means: Array, parts: dict[int, Array], moments: Array) -> Array:
    """Return the logarithms for the rows of all blocks, given the means over blocks that are alike.

    Where there are several, `parts` has the lower half of the matrix of one.
    """
    begin = np.cumsum(blocks.sizes) - blocks.sizes
    found = means[np.arange(int(blocks.sizes.sum())) + np.repeat(first[blocks.like] - begin, blocks.sizes)]
    if parts:
        left = _left(blocks, moments)
        for j, part in parts.items():
            places = begin[blocks.like == j][:, None] + np.arange(part.shape[0])
            found[places] = lapack.dposv(part.T, left[places].T)[1].T
    return found


def _normal_equations(sdp: SDP, blocks: _Blocks, first: Integers, blocks_end: int) -> _Normal:
    """Return the normal equations."""
    n, rest = sdp.n_moments, blocks_end + sdp.right_side.shape[0] + 1
    moments, rows, right = _others(sdp)
    others = moments.astype(np.intc), (rows + blocks_end).astype(np.intc), right
    return _summed(blocks, first, others, n, rest)


def _summed(blocks: _Blocks, first: Integers, others: tuple[Integers, Integers, Array], n: int, rest: int) -> _Normal:
    """Return the normal equations; `others` are the moments, rows and right sides of equalities and cost."""
    row, (left, right) = blocks.rows(), blocks.ends(first[blocks.like])
    moment, left, right = blocks.columns.astype(np.intp), left[row], right[row]
    products = np.concatenate([moment * rest + left, moment * rest + right])
    coupling = np.bincount(products, minlength=n * rest).reshape(n, rest).astype(float)
    pairs = np.bincount(right * rest + left, minlength=rest * rest).reshape(rest, rest).astype(float)
    # An entry of the diagonal has its unknown twice: the square of two is four.
    sides = np.concatenate([left, right])
    pairs.flat[:: rest + 1] = np.bincount(sides, minlength=rest) + 2.0 * pairs.diagonal()
    sums = np.zeros(n + rest)  # `bincount` has integers where there are none
    sums += np.bincount(np.concatenate([moment, n + sides]), np.tile(blocks.logarithms, 3), minlength=n + rest)
    own = np.bincount(moment, minlength=n).astype(float)
    moments, rows, values = others
    np.add.at(coupling, (moments, rows), 1.0)
    np.add.at(own, moments, 1.0)
    np.add.at(pairs, (rows, rows), 1.0)
    np.add.at(sums, np.concatenate([moments, n + rows]), np.tile(values, 2))
    return _Normal(coupling, pairs, own, sums)


def _left(blocks: _Blocks, moments: Array) -> Array:
    """Return for each row of each block the sum of what the moments leave of its right sides."""
    left, right = blocks.ends(np.cumsum(blocks.sizes) - blocks.sizes)
    rows = blocks.rows()
    sums = np.bincount(rows, blocks.logarithms - moments[blocks.columns], minlength=left.shape[0])
    return np.asarray(np.bincount(left, sums) + np.bincount(right, sums), dtype=np.float64)


def _solve_iteratively(sdp: SDP, blocks: _Blocks) -> tuple[Array, Array]:
    """Return the same to a few digits, by an iteration over all equations."""
    n, row = sdp.n_moments, blocks.rows()
    left, right = blocks.ends(n + np.cumsum(blocks.sizes) - blocks.sizes)
    moments, rows, other = _others(sdp)
    end = n + int(blocks.sizes.sum())
    columns = np.concatenate([blocks.columns, left[row], right[row], moments, end + rows])
    count = row.shape[0]
    equations = np.concatenate([np.tile(np.arange(count), 3), count + np.tile(np.arange(rows.shape[0]), 2)])
    shape = count + rows.shape[0], end + sdp.right_side.shape[0] + 1
    system = sp.csr_matrix((np.ones(columns.shape[0]), (equations, columns)), shape=shape)
    tolerance = rules.LOGARITHM_TOLERANCE
    answer = lsqr(
        system,
        np.concatenate([blocks.logarithms, other]),
        iter_lim=rules.LOGARITHM_ITERATIONS,
        atol=tolerance,
        btol=tolerance,
    )[0]
    return answer[:n], answer[n:end]
