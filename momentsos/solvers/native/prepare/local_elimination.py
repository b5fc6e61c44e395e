r"""Elimination of many equalities with few terms each, without a dense matrix.

What holds for all of them is solved in three steps, each by matrices with few entries. An equality with one unknown
fixes it, which may leave one unknown to another. An equality that has an unknown of its own, in no other equality, is
solved for it; without these, others may have one. What is left falls into connected components, and each is solved by
the factorisation of `momentsos.solvers.native.prepare.elimination`. In the order *own unknowns, components, fixed
unknowns* the matrix of the equalities over their pivots is block triangular, and :math:`T` follows by substitution.

An own unknown is a pivot only with a coefficient above a tenth of the largest of its equality: the threshold of sparse
elimination (Duff, Erisman, Reid, *Direct Methods for Sparse Matrices*, section 5.3).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from ....machine.compiled import uses_compiled
from .. import rules
from ..arrays import Array, Index
from .elimination import Elimination, eliminate_densely, eliminate_one
from .substitution import SparseMultiplier, TriangularMultiplier, make_triangular, substituted


@dataclass(eq=False)
class _Work:
    """The equalities while they are taken apart: what is left, and the steps so far, (rows, columns) each.

    `entries` are the rows, columns and values of the non-zeros that were left when they were last asked for.
    """

    matrix: sp.csr_matrix
    right: Array
    rows: Index
    columns: NDArray[np.bool_]
    entries: tuple[Index, Index, Array]
    fixed: list[tuple[Index, Index]] = field(default_factory=list)
    own: list[tuple[Index, Index]] = field(default_factory=list)
    core: list[tuple[Index, Index]] = field(default_factory=list)
    conflict: Array | None = None

    def left(self) -> tuple[Index, Index, Array]:
        """Return the rows, columns and values of the non-zeros that are left, row by row."""
        row, column, value = self.entries
        is_left = np.zeros(self.right.shape[0], dtype=bool)
        is_left[self.rows] = True
        stays = np.flatnonzero(is_left[row] & self.columns[column])
        if stays.size < row.size:
            self.entries = row[stays], column[stays], value[stays]
        return self.entries

    def take(self, steps: list[tuple[Index, Index]], rows: Index, columns: Index) -> None:
        """Note a step, and leave its rows and columns out."""
        steps.append((rows, columns))
        self.columns[columns] = False
        is_left = np.zeros(self.right.shape[0], dtype=bool)
        is_left[self.rows] = True
        is_left[rows] = False
        self.rows = np.flatnonzero(is_left)


def eliminate(equalities: sp.csr_matrix, right_side: Array, scale: Array) -> Elimination:
    """Return the affine space of the equalities over moments with a scale each.

    Rows may be redundant or contradict each other.
    """
    local, (p, n) = None, equalities.shape
    if p == 1 and equalities.nnz and equalities.has_canonical_format and equalities.data.all():
        return eliminate_one(equalities.indices, equalities.data * scale[equalities.indices], right_side, n)
    least = rules.FEW_EQUALITIES_COMPILED if uses_compiled() else rules.FEW_EQUALITIES
    if p * n > least:
        scaled = equalities.copy()
        scaled.data *= scale[scaled.indices]
        local = eliminate_locally(scaled, right_side, least)
    if local is not None and p * n <= rules.FEW_EQUALITIES and local.coupling is not None:
        # Column pivoting chooses better free moments than a threshold, and is affordable here.
        dense = sp.csr_matrix(local.coupling).toarray()
        local = replace(local, coupling=dense) if np.abs(dense).max() <= rules.HARMLESS else None
    return eliminate_densely(equalities.toarray() * scale, right_side) if local is None else local


def eliminate_locally(
    equalities: sp.csr_matrix, right_side: Array, least: int = rules.FEW_EQUALITIES
) -> Elimination | None:
    """Return the elimination of many equalities with few terms each, None where they are few or hang together.

    They are few where equalities times moments are no more than `least`.
    """
    p, n = equalities.shape
    if p * n <= least:
        return None
    matrix, scale = _scaled(equalities)
    row = np.repeat(np.arange(p), np.diff(matrix.indptr))
    entries = row, matrix.indices.astype(np.intp), matrix.data
    work = _Work(matrix, right_side / scale, np.arange(p), np.ones(n, dtype=bool), entries)
    _fix(work)
    _solve_own(work)
    if not _solve_components(work):
        return None
    steps = [*work.own, *work.core, *reversed(work.fixed)]
    used = np.concatenate([rows for rows, _ in steps]) if steps else np.zeros(0, dtype=np.intp)
    pivots = np.concatenate([columns for _, columns in steps]) if steps else np.zeros(0, dtype=np.intp)
    is_free = np.ones(n, dtype=bool)
    is_free[pivots] = False
    free = np.flatnonzero(is_free)
    multiplier: SparseMultiplier | TriangularMultiplier
    if not uses_compiled() or work.core or matrix.nnz > rules.COUNTED:
        coupling, constants = substituted(matrix, work.right, steps, free)
        multiplier = SparseMultiplier(sp.csc_matrix(matrix[used][:, pivots]), used, scale)
    else:
        multiplier = make_triangular(matrix, used, pivots, scale)
        coupling, constants = multiplier.substituted(work.right, free)
    return Elimination(
        order=np.concatenate([free, pivots]).astype(np.intp),
        n_head=free.shape[0],
        kept=None,
        offset=np.concatenate([np.zeros(free.shape[0]), constants]),
        coupling=coupling if coupling.nnz else None,
        multiplier=multiplier,
        contradiction=_contradiction(work, multiplier, pivots, right_side),
    )


def _scaled(equalities: sp.csr_matrix) -> tuple[sp.csr_matrix, Array]:
    """Return the equalities with a largest coefficient of one, without zeros, and what they were divided by."""
    if not equalities.has_canonical_format or not equalities.data.all():
        equalities = equalities.copy()
        equalities.sum_duplicates()
        equalities.eliminate_zeros()
    row = np.repeat(np.arange(equalities.shape[0]), np.diff(equalities.indptr))
    scale = np.zeros(equalities.shape[0])
    np.maximum.at(scale, row, np.abs(equalities.data))
    scale[scale == 0] = 1.0
    values = equalities.data * (1.0 / scale)[row]
    return sp.csr_matrix((values, equalities.indices, equalities.indptr), shape=equalities.shape), scale


def _fix(work: _Work) -> None:
    """Solve the equalities that have one unknown left, until there are no more."""
    values = np.zeros(work.columns.shape[0])
    while work.rows.size:
        row, column, value = work.left()
        lengths = np.bincount(row, minlength=work.right.shape[0])
        rest = work.right - work.matrix @ values
        filled = lengths[work.rows] > 0
        _note_conflict(work, work.rows[~filled], rest)
        single = np.flatnonzero(lengths[row] == 1)
        columns, first = np.unique(column[single], return_index=True)
        at = single[first]
        rows = row[at]
        work.rows = work.rows[filled]
        if not rows.size:
            return
        values[columns] = rest[rows] / value[at]
        work.take(work.fixed, rows, columns)


def _note_conflict(work: _Work, rows: Index, rest: Array) -> None:
    """Remember the row without unknowns that is furthest from being true."""
    if rows.size and work.conflict is None:
        worst = rows[np.abs(rest[rows]).argmax()]
        if abs(rest[worst]) > rules.CONSISTENCY_TOLERANCE * (1.0 + np.abs(work.right).max(initial=0.0)):
            work.conflict = np.where(np.arange(work.right.shape[0]) == worst, 1.0, 0.0)


def _solve_own(work: _Work) -> None:
    """Solve equalities for unknowns that no other one has, until there are none."""
    while work.rows.size:
        row, column, value = work.left()
        size = np.abs(value)
        largest = np.zeros(work.right.shape[0])
        np.maximum.at(largest, row, size)
        alone = np.bincount(column, minlength=work.columns.shape[0])[column] == 1
        able = np.flatnonzero(alone & (size >= rules.PIVOT_THRESHOLD * largest[row]))
        if not able.size:
            return
        order = able[np.lexsort((-size[able], row[able]))]
        rows, first = np.unique(row[order], return_index=True)
        work.take(work.own, rows, column[order[first]])


def _solve_components(work: _Work) -> bool:
    """Solve what is left, component by component, by dense factorisations; False where one is too large."""
    if not work.rows.size:
        return True
    row, column, value = work.left()
    shape = work.rows.shape[0], work.columns.shape[0]
    left = sp.csr_matrix((value, (np.searchsorted(work.rows, row), column)), shape=shape)
    meets = abs(left)  # rows that are orthogonal have unknowns in common all the same
    count, label = connected_components(meets @ meets.T, directed=False)
    rest = work.right - work.matrix @ _fixed_values(work)
    for number in range(count):
        members = np.flatnonzero(label == number)
        rows, part = work.rows[members], left[members]
        columns = np.unique(part.indices).astype(np.intp)
        if rows.shape[0] * columns.shape[0] > rules.LARGEST_COMPONENT:
            return False
        dense = part[:, columns].toarray()
        solved = eliminate_densely(dense, rest[rows])
        if solved.contradiction is not None and work.conflict is None:
            work.conflict = np.zeros(work.right.shape[0])
            work.conflict[rows] = solved.contradiction
        pivots = solved.order[solved.n_head :]
        chosen, kept = _independent(dense[:, pivots])
        work.core.append((rows[chosen], columns[pivots[kept]]))
    return True


def _independent(matrix: Array) -> tuple[Index, Index]:
    """Return as many rows as determine columns, and these: all of them, but for what rounding took for a pivot."""
    _, r, order = scipy.linalg.qr(matrix.T, mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(r)) > rules.RANK_TOLERANCE).sum())
    rows = np.asarray(order[:rank], dtype=np.intp)
    if rank == matrix.shape[1]:
        return rows, np.arange(rank)
    _, _, order = scipy.linalg.qr(matrix[rows], mode="economic", pivoting=True)
    return rows, np.sort(order[:rank]).astype(np.intp)


def _fixed_values(work: _Work) -> Array:
    """Return the values of the unknowns that are fixed, zero for the others."""
    values = np.zeros(work.columns.shape[0])
    for rows, columns in work.fixed:
        own = np.asarray(work.matrix[rows, columns]).ravel()
        values[columns] = (work.right - work.matrix @ values)[rows] / own
    return values


def _contradiction(
    work: _Work, multiplier: SparseMultiplier | TriangularMultiplier, pivots: Index, right_side: Array
) -> Array | None:
    """Return the combination of equalities that reads `0 = 1`, from one that has nothing but fixed unknowns."""
    if work.conflict is None:
        return None
    conflict = work.conflict / multiplier.scale
    over = np.asarray(work.matrix.T @ work.conflict)[pivots]
    combination = conflict - multiplier @ over
    return np.asarray(combination / float(combination @ right_side))
