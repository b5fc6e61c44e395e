"""A scaled program in NumPy: its operator as sparse matrices, and how its Schur complement is formed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ... import rules
from ...arrays import Array
from ...factors.sparse_factor import SparseMatrix
from ...prepare.cone import Cone
from ...prepare.cost import sparse_ordering
from ...prepare.elimination import Elimination
from ...prepare.scaled import Prepared, Scaled, shared_fields
from ...prepare.substitution import put_in
from .blocks import Factor
from .entries import Entries
from .folding import Folding, fold
from .schur import SchurComplement, make_schur
from .sparse_schur import SparseSchur


@dataclass(frozen=True, eq=False)
class ScaledMatrices(Scaled):
    """A program as the iteration in NumPy works with it.

    Attributes
    ----------
    different : (rows, n) CSR matrix
        The different entries of all blocks over the moments.
    spread : (dimension, rows) CSR matrix
        The flat entries as multiples of the different ones.
    adjoints : pair of CSR matrices
        The transposes of both.
    schur : SchurComplement or SparseSchur
    reduced : pair of arrays, pair of CSR matrices or None
        :math:`A`, or that of the different entries alone, over the unknowns, and its transpose, where that is quicker.
    is_spread : bool
        Whether `reduced` has all flat entries.
    """

    different: sp.csr_matrix
    spread: sp.csr_matrix
    adjoints: tuple[sp.csr_matrix, sp.csr_matrix]
    schur: SchurComplement | SparseSchur
    reduced: tuple[Array, Array] | tuple[sp.csr_matrix, sp.csr_matrix] | None = None
    is_spread: bool = False

    def apply(self, free: Array) -> Array:
        """Return :math:`A z`."""
        if self.reduced is None:
            return self.blocks(self.elimination.extend(free))
        entries = self.reduced[0] @ free
        return np.asarray(entries if self.is_spread else self.spread @ entries)

    def apply_adjoint(self, flat: Array) -> Array:
        r"""Return :math:`A^\\top X`."""
        if self.reduced is None:
            return self.elimination.restrict(self.image(flat))
        return np.asarray(self.reduced[1] @ (flat if self.is_spread else self.adjoints[0] @ flat))

    def normal_matrix(
        self, gram: Array, inverse: Array, gram_factor: Factor, slack_factor: Factor
    ) -> Array | SparseMatrix:
        """Return the Schur complement over the unknowns, given `X`, `S⁻¹` and the factors of `X` and `S`.

        Dense, it is a lower triangle in column order.
        """
        formed = self.schur.form(gram, inverse, gram_factor, slack_factor)
        if not isinstance(formed, SparseMatrix):
            return self.elimination.reduce(formed)
        kept = self.elimination.kept
        return formed if kept is None else formed.restricted(kept)

    def blocks(self, moments: Array) -> Array:
        """Return the flat blocks of all moments, in the order of the elimination, also of several columns."""
        return np.asarray(self.spread @ (self.different @ moments))

    def image(self, flat: Array) -> Array:
        """Return the adjoint of `blocks`."""
        spread, different = self.adjoints
        return np.asarray(different @ (spread @ flat))


def with_reduced(program: ScaledMatrices) -> ScaledMatrices:
    """Return the program with its operator over the unknowns, dense when small, or sparse when it has few entries."""
    n = program.elimination.order.shape[0]
    if program.cone.dimension * n <= rules.LARGEST_OPERATOR:
        dense = reduced_operator(program)
        return replace(program, reduced=(dense, dense.T), is_spread=True)
    if program.different.shape[0] * n <= rules.LARGEST_FOLDED_OPERATOR:
        dense = _reduced(program.elimination, program.different.toarray())
        return replace(program, reduced=(dense, dense.T))
    flat = program.spread @ program.different
    if flat.nnz > program.spread.nnz + program.different.nnz or program.elimination.coupling is not None:
        return program
    head, kept = flat[:, : program.elimination.n_head], program.elimination.kept
    sparse = sp.csr_matrix(head if kept is None else head[:, kept])
    return replace(program, reduced=(sparse, sp.csr_matrix(sparse.T)), is_spread=True)


def reduced_operator(program: ScaledMatrices) -> Array:
    """Return :math:`A`, the blocks over the unknowns, as a dense matrix."""
    return _reduced(program.elimination, (program.spread @ program.different).toarray())


def _reduced(elimination: Elimination, data: Array) -> Array:
    """Return rows over all moments as rows over the unknowns."""
    head = data[:, : elimination.n_head]
    if elimination.coupling is not None:
        head = head - np.asarray(data[:, elimination.n_head :] @ elimination.coupling)
    return np.ascontiguousarray(elimination.select(head))


def _flat_entries(matrix: sp.csr_matrix, cone: Cone) -> Entries:
    """Return the entries of blocks that are given by their svec rows."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    value = matrix.data * cone.weights[row]
    moment = matrix.indices.astype(np.intp)
    mirrored = np.flatnonzero(cone.upper[row] != cone.lower[row])
    return Entries(
        rows=np.concatenate([cone.upper[row], cone.lower[row[mirrored]]]),
        moments=np.concatenate([moment, moment[mirrored]]),
        values=np.concatenate([value, value[mirrored]]),
        n=matrix.shape[1],
    ).without_zeros()


def in_order(matrix: sp.csr_matrix, order: NDArray[np.intp]) -> sp.csr_matrix:
    """Return the matrix with its columns in another order."""
    place = np.empty_like(order)
    place[order] = np.arange(order.shape[0])
    return sp.csr_matrix((matrix.data, place[matrix.indices], matrix.indptr), shape=matrix.shape)


def _make_schur(
    ordered: sp.csr_matrix,
    offsets: NDArray[np.intp],
    cone: Cone,
    elimination: Elimination,
    foldings: Sequence[Folding],
    row_scale: Array,
    scale: Array,
) -> SchurComplement | SparseSchur:
    """Choose how the Schur complement is formed: over the free moments, where equalities are local, or over all."""
    rows = put_in(ordered, elimination, scale)
    ordering = None if rows is None else sparse_ordering(rows, offsets)
    if rows is None or not rows.shape[1] or (ordering is None and elimination.coupling is None):
        return make_schur(cone, foldings, row_scale, scale)
    entries = _flat_entries(rows, cone)
    reduced = [fold(entries.of(group), group) for group in cone.groups]
    return make_schur(cone, reduced, row_scale, scale[: elimination.n_head], ordering)


def _operators(foldings: Sequence[Folding], row_scale: Array, scale: Array) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Return the different entries over the scaled moments, and the scaled flat entries as multiples of them."""
    rows, moments, values, places, factors = [], [], [], [], []
    first = 0
    for folding in foldings:
        group, entries = folding.group, folding.entries
        rows.append(entries.rows + first)
        moments.append(entries.moments)
        values.append(entries.values * scale[entries.moments])
        start = first + folding.different * np.arange(group.count)
        places.append((start[:, None] + folding.member).ravel())
        factors.append(np.tile(folding.factor, group.count))
        first += group.count * folding.different
    if not foldings:
        return sp.csr_matrix((0, scale.shape[0])), sp.csr_matrix((0, 0))
    triples = np.concatenate(values), (np.concatenate(rows), np.concatenate(moments))
    different = sp.csr_matrix(triples, shape=(first, scale.shape[0]))
    dimension = row_scale.shape[0]
    factor = np.concatenate(factors) * row_scale
    spread = sp.csr_matrix((factor, np.concatenate(places), np.arange(dimension + 1)), shape=(dimension, first))
    return different, spread


def make_scaled(prepared: Prepared) -> ScaledMatrices:
    """Lay out the matrices of a program, and choose how its Schur complement is formed."""
    sdp, scaling, elimination, cone = prepared.sdp, prepared.scaling, prepared.elimination, prepared.cone
    ordered = in_order(sdp.operator, elimination.order)
    entries = _flat_entries(ordered, cone)
    column_scale = scaling.moments[elimination.order]
    row_scale = cone.spread(scaling.rows)
    foldings = [fold(entries.of(group), group) for group in cone.groups]
    schur = _make_schur(ordered, sdp.offsets, cone, elimination, foldings, row_scale, column_scale)
    different, spread = _operators(foldings, row_scale, column_scale)
    constant = np.asarray(spread @ (different @ elimination.offset))
    return ScaledMatrices(
        **shared_fields(prepared, constant),
        different=different,
        spread=spread,
        adjoints=(sp.csr_matrix(spread.T), sp.csr_matrix(different.T)),
        schur=schur,
    )
