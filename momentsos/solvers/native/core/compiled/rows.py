"""Rows of the triangles of the blocks, as compiled code has them: products, equalities put in, different ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from ... import rules
from ...arrays import Array, Index, Integers
from ...prepare.cone import Cone
from .. import compiled


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of the triangles of the blocks, compressed as in SciPy.

    Attributes
    ----------
    indptr, indices, data : arrays
    shape : (rows, n)
    cone : Cone
    """

    indptr: Integers
    indices: Integers
    data: Array
    shape: tuple[int, int]
    cone: Cone

    @property
    def stored(self) -> tuple[Integers, Integers, Array]:
        """The arrays."""
        return self.indptr, self.indices, self.data

    def apply(self, moments: Array) -> Array:
        """Return the flat blocks of moments, also of several columns."""
        counted = self.cone.counted
        columns = np.ascontiguousarray(moments.reshape(self.shape[1], -1))
        flat = compiled.kernels.apply_rows(*self.stored, counted.upper, counted.lower, columns, self.cone.dimension)
        return flat.reshape(-1, *moments.shape[1:])

    def adjoint(self, flat: Array) -> Array:
        """Return the adjoint of `apply`."""
        counted = self.cone.counted
        columns = np.ascontiguousarray(flat.reshape(self.cone.dimension, -1))
        image = compiled.kernels.adjoint_of_rows(*self.stored, counted.upper, counted.lower, columns, self.shape[1])
        return image.reshape(-1, *flat.shape[1:])

    def restricted(self, kept: Index) -> Rows:
        """Return the rows over some of the moments."""
        place = np.full(self.shape[1], -1, dtype=np.intc)
        place[kept] = np.arange(kept.shape[0])
        found = compiled.kernels.restrict(*self.stored, place)
        return Rows(*found, (self.shape[0], kept.shape[0]), self.cone)

    def folded(self) -> Folded:
        """Return the different rows."""
        found = compiled.kernels.fold_rows(self.cone.counted.offsets, *self.stored, rules.SAME)
        member, factor, heads, pointers, columns, values = found
        different = Rows(pointers, columns, values, (int(heads[-1]), self.shape[1]), self.cone)
        return Folded(different, member, factor, heads)


@dataclass(frozen=True, eq=False)
class Folded:
    """The different rows of each block, and which one each row is a multiple of; see ``folding.pxi``."""

    different: Rows
    member: Integers
    factor: Array
    heads: Integers

    def normal_matrix(self) -> Array:
        """Return `AᵀA`, a lower triangle in column order."""
        own, counted = self.different, self.different.cone.counted
        return compiled.kernels.normal_matrix(
            *own.stored, self.member, self.factor, counted.upper, counted.lower, own.shape[1]
        )

    def independent(self, matrix: Array, gradient: Array) -> tuple[Index | None, Array] | None:
        """Return the moments that no others make up, and the factor of `AᵀA` over them; None where there is a doubt."""
        return compiled.kernels.independent_moments(
            matrix,
            *self.different.stored,
            self.member,
            self.factor,
            gradient,
            suspicious=rules.SUSPICIOUS,
            left=rules.EFFECT_LEFT,
            share=rules.COST_SHARE,
        )

    def effect(self, rays: Array) -> Array:
        """Return the largest entry that each direction makes in the blocks."""
        columns = np.ascontiguousarray(rays)
        return compiled.kernels.effect_of_rows(*self.different.stored, self.member, self.factor, columns)


def _count_hit(stated: Rows, head: int) -> int:
    """Return how many rows have moments from `head` on."""
    ends = np.concatenate([[0], np.cumsum(stated.indices >= head)])[stated.indptr]
    return int(np.count_nonzero(np.diff(ends)))


def put_in(stated: Rows, head: int, coupling: Array | sp.csr_matrix | None) -> Rows | None:
    """Return rows with the equalities put in, zero where they are nothing but the rounding of their terms."""
    floor = rules.FULL_ROUNDING
    if coupling is None:
        pointers, columns = np.zeros(stated.shape[1] - head + 1, dtype=np.intc), np.zeros(0, dtype=np.intc)
        values = np.zeros(0)
    elif isinstance(coupling, np.ndarray):
        if stated.shape[0] * head > rules.LARGEST_ROWS and _count_hit(stated, head) * head > rules.LARGEST_ROWS:
            return None
        number, columns = (side.astype(np.intc) for side in np.nonzero(coupling))
        values = coupling[number, columns]
        pointers = np.searchsorted(number, np.arange(coupling.shape[0] + 1)).astype(np.intc)
    else:
        floor = rules.LOCAL_ROUNDING
        pointers, columns = (side.astype(np.intc, copy=False) for side in (coupling.indptr, coupling.indices))
        values = coupling.data
    found = compiled.kernels.put_in(stated.indptr, stated.indices, stated.data, head, pointers, columns, values, floor)
    if isinstance(coupling, sp.csr_matrix) and found[2].size > rules.FULLER * stated.data.size:
        return None
    return Rows(*found, (stated.shape[0], head), stated.cone)
