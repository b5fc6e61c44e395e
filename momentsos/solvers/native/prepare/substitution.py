r"""Equalities that are solved one after the other or in groups, put into each other and into the rows of blocks.

`momentsos.solvers.native.prepare.local_elimination` finds the order; here the pivots become combinations of the free
moments, and the multipliers follow from the gradient at the pivots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from .. import rules
from ..arrays import Array, Index
from ..core import compiled
from .elimination import Elimination, solved_without_noise

#: Rows and columns of equalities that are solved together.
Steps = Sequence[tuple[Index, Index]]


@dataclass(frozen=True, eq=False)
class SparseMultiplier:
    """Takes the gradient at the pivots to the multipliers, by a sparse factorisation each time, for it is rarely asked.

    Attributes
    ----------
    square : (rank, rank) CSC matrix
        The equalities that determine the pivots, over these, each divided by its `scale`.
    used : (rank,) array
        Their numbers.
    scale : (p,) array
    """

    square: sp.csc_matrix
    used: Index
    scale: Array

    def __matmul__(self, gradient: Array) -> Array:
        """Return the multipliers; they are zero for equalities that others imply."""
        result = np.zeros(self.scale.shape[0])
        if self.used.size:
            solved = splu(self.square, diag_pivot_thresh=rules.PIVOT_THRESHOLD).solve(gradient, trans="T")
            result[self.used] = solved / self.scale[self.used]
        return result


@dataclass(frozen=True, eq=False)
class TriangularMultiplier:
    """The same by substitution, where equalities are solved one after the other, each for one of the `pivots`.

    `pointers`, `columns` and `values` are the equalities, compressed, each divided by its `scale`; `rows` are those
    that are solved, in an order in which none has the pivots of those before it.
    """

    pointers: NDArray[np.intc]
    columns: NDArray[np.intc]
    values: Array
    rows: NDArray[np.intc]
    pivots: NDArray[np.intc]
    scale: Array

    def __matmul__(self, gradient: Array) -> Array:
        """Return the multipliers; they are zero for equalities that others imply."""
        stored = self.pointers, self.columns, self.values
        return np.asarray(compiled.kernels.multipliers(*stored, self.rows, self.pivots, gradient) / self.scale)

    def substituted(self, right: Array, free: Index) -> tuple[sp.csr_matrix, Array]:
        """Return `T` and `t` of all pivots; see `substituted`."""
        place = np.full(free.shape[0] + self.pivots.shape[0], -1, dtype=np.intc)
        place[free] = np.arange(free.shape[0])
        pointers, columns, values, constants = compiled.kernels.substitute(
            self.pointers,
            self.columns,
            self.values,
            right,
            self.rows,
            self.pivots,
            place,
            free.shape[0],
            rules.LOCAL_ROUNDING,
        )
        shape = self.pivots.shape[0], free.shape[0]
        return sp.csr_matrix((values, columns, pointers), shape=shape), constants


def make_triangular(matrix: sp.csr_matrix, used: Index, pivots: Index, scale: Array) -> TriangularMultiplier:
    """Return equalities that are solved one after the other as compiled code has them."""
    pointers, columns, rows, solved = (
        part.astype(np.intc, copy=False) for part in (matrix.indptr, matrix.indices, used, pivots)
    )
    return TriangularMultiplier(pointers, columns, matrix.data, rows, solved, scale)


def substituted(matrix: sp.csr_matrix, right_side: Array, steps: Steps, free: Index) -> tuple[sp.csr_matrix, Array]:
    """Return `T` and `t` of all pivots, in the order of the steps, from the last step to the first."""
    n = matrix.shape[1]
    # Rows of the unknowns as combinations of the free ones, with the constant in the last column.
    known = sp.csr_matrix((np.ones(free.shape[0]), (free, np.arange(free.shape[0]))), shape=(n, free.shape[0] + 1))
    last = np.full(right_side.shape[0], free.shape[0])
    right = sp.csr_matrix((right_side, (np.arange(last.shape[0]), last)), shape=(last.shape[0], free.shape[0] + 1))
    for rows, columns in reversed(steps):
        part = matrix[rows]
        moved = part @ known
        rest = _without_rounding(right[rows] - moved, abs(right[rows]) + abs(part) @ abs(known))
        square = sp.csc_matrix(part[:, columns])
        diagonal = square.diagonal()
        if square.nnz == rows.shape[0] and diagonal.all():
            solved = sp.diags_array(1.0 / diagonal) @ rest
        else:
            solved = sp.csr_matrix(solved_without_noise(square.toarray(), rest.toarray()))
        count = columns.shape[0]
        place = sp.csr_matrix((np.ones(count), (columns, np.arange(count))), shape=(n, count))
        known = sp.csr_matrix(known + place @ solved)
    pivots = np.concatenate([columns for _, columns in steps]) if steps else np.zeros(0, dtype=np.intp)
    found = sp.csr_matrix(known[pivots])
    coupling = sp.csr_matrix(-found[:, : free.shape[0]])
    coupling.eliminate_zeros()
    return coupling, found[:, free.shape[0]].toarray().ravel()


def _without_rounding(matrix: sp.csr_matrix, size: sp.csr_matrix) -> sp.csr_matrix:
    """Return a matrix without the entries that are nothing but the rounding of terms of the given size."""
    matrix = sp.csr_matrix(matrix)
    matrix.data[np.abs(matrix.data) <= rules.LOCAL_ROUNDING * np.asarray(size[matrix.nonzero()]).ravel()] = 0.0
    matrix.eliminate_zeros()
    return matrix


def put_in(matrix: sp.csr_matrix, elimination: Elimination, scale: Array) -> sp.csr_matrix | None:
    """Return svec rows over the free moments, the equalities put in, where that leaves them as sparse as they are.

    `matrix` is over all moments in the order of the elimination, which has them multiplied by `scale`.
    """
    head, coupling = elimination.n_head, elimination.coupling
    if coupling is None:
        return sp.csr_matrix(matrix[:, :head])
    if not sp.issparse(coupling):
        return None
    own = sp.diags_array(scale[head:]) @ coupling @ sp.diags_array(1.0 / scale[:head])
    rows = sp.csr_matrix(matrix[:, :head] - matrix[:, head:] @ own)
    size = abs(matrix[:, :head]) + abs(matrix[:, head:]) @ abs(own)
    rows = _without_rounding(rows, size)
    return rows if rows.nnz <= rules.FULLER * matrix.nnz else None


def without_columns(matrix: sp.csr_matrix, which: Index) -> sp.csr_matrix:
    """Return the matrix without some of its columns."""
    stays = np.ones(matrix.shape[1], dtype=bool)
    stays[which] = False
    kept = stays[matrix.indices]
    ends = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr]
    indices = (np.cumsum(stays) - 1)[matrix.indices[kept]]
    return sp.csr_matrix((matrix.data[kept], indices, ends), shape=(matrix.shape[0], int(stays.sum())))
