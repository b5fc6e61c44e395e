"""A small program for the compiled iteration: the rows of its blocks over the unknowns, and where it starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...arrays import Array, Integers
from ...prepare.cone import Cone
from ...prepare.dependence import COST, LEFT, SUSPICIOUS
from ...prepare.scaled import Prepared, Scaled, Sums, shared_fields
from ...prepare.substitution import FULLER, ROUNDING

try:
    from . import dependent, folding, rows
except ImportError:  # built without a compiler: the iteration in NumPy does it all
    dependent = folding = rows = None  # type: ignore[assignment]

#: Whether compiled code was built for rows.
BUILT = rows is not None and folding is not None

#: Most numbers of the rows when equalities that are not local are put in.
_LARGEST = 4_000_000
#: An entry below this share of the terms that it is the sum of is their rounding, with such equalities.
_ROUNDING = 1e-15


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

    def apply(self, moments: Array) -> Array:
        """Return the flat blocks of moments, also of several columns."""
        _, upper, lower = self.cone.counted
        columns = np.ascontiguousarray(moments.reshape(self.shape[1], -1))
        flat = rows.apply(self.indptr, self.indices, self.data, upper, lower, columns, self.cone.dimension)
        return flat.reshape(-1, *moments.shape[1:])

    def adjoint(self, flat: Array) -> Array:
        """Return the adjoint of `apply`."""
        _, upper, lower = self.cone.counted
        columns = np.ascontiguousarray(flat.reshape(self.cone.dimension, -1))
        image = rows.adjoint(self.indptr, self.indices, self.data, upper, lower, columns, self.shape[1])
        return image.reshape(-1, *flat.shape[1:])

    def restricted(self, kept: NDArray[np.intp]) -> Rows:
        """Return the rows over some of the moments."""
        place = np.full(self.shape[1], -1, dtype=np.intc)
        place[kept] = np.arange(kept.shape[0])
        found = rows.restricted(self.indptr, self.indices, self.data, place)
        return Rows(*found, (self.shape[0], kept.shape[0]), self.cone)


@dataclass(frozen=True, eq=False)
class Folded:
    """The different rows of each block, and which one each row is a multiple of; see `folding`."""

    different: Rows
    member: Integers
    factor: Array
    heads: Integers

    def normal_matrix(self) -> Array:
        """Return `AᵀA`, a lower triangle in column order."""
        own, (_, upper, lower) = self.different, self.different.cone.counted
        return rows.normal_matrix(
            own.indptr, own.indices, own.data, self.member, self.factor, upper, lower, own.shape[1]
        )

    def independent(self, matrix: Array, gradient: Array) -> tuple[NDArray[np.intp] | None, Array] | None:
        """Return the moments that no others make up, and the factor of `AᵀA` over them; see `dependent.settled`."""
        own = self.different
        stored = own.indptr, own.indices, own.data, self.member, self.factor
        return dependent.settled(matrix, *stored, gradient, suspicious=SUSPICIOUS, left=LEFT, share=COST)

    def effect(self, rays: Array) -> Array:
        """Return the largest entry that each direction makes in the blocks."""
        own = self.different
        return rows.effect(own.indptr, own.indices, own.data, self.member, self.factor, np.ascontiguousarray(rays))


@dataclass(frozen=True, eq=False)
class ScaledRows(Scaled):
    """A program whose blocks are given by their upper triangles.

    Attributes
    ----------
    rows : Rows
        The entries of the triangles over the moments, in the order of the elimination.
    over : Rows
        The same over the unknowns, ascending and without zeros.
    """

    rows: Rows
    over: Rows

    def sums(self, free: Array, slack: Array, gram: Array, tau: float) -> Sums:
        """See `Scaled.sums`."""
        over, stated, (_, upper, lower) = self.over, self.rows, self.cone.counted
        found = rows.sums(
            over.indptr,
            over.indices,
            over.data,
            stated.indptr,
            stated.indices,
            stated.data,
            upper,
            lower,
            self.constant,
            self.gradient,
            self.row_units,
            free,
            slack,
            gram,
            tau,
            stated.shape[1],
        )
        return Sums(*found)

    def blocks(self, moments: Array) -> Array:
        """See `Scaled.blocks`."""
        return self.rows.apply(moments)

    def image(self, flat: Array) -> Array:
        """See `Scaled.image`."""
        return self.rows.adjoint(flat)

    def apply(self, free: Array) -> Array:
        """Return :math:`A z`."""
        return self.over.apply(free)

    def apply_adjoint(self, flat: Array) -> Array:
        r"""Return :math:`A^\\top X`."""
        return self.over.adjoint(flat)

    def effect(self, rays: Array) -> Array:
        """See `Scaled.effect`; this is asked before moments are left out."""
        return self.folded.effect(rays)

    def on(self, unknowns: NDArray[np.intp]) -> ScaledRows:
        """See `Scaled.on`."""
        elimination, over = replace(self.elimination, kept=unknowns), self.over.restricted(unknowns)
        return replace(self, elimination=elimination, gradient=self.gradient[unknowns], over=over)

    @cached_property
    def folded(self) -> Folded:
        """The different rows over the unknowns."""
        over, offsets = self.over, self.cone.counted[0]
        found = folding.fold_rows(offsets, over.indptr, over.indices, over.data)
        member, factor, heads, pointers, columns, values = found
        different = Rows(pointers, columns, values, (int(heads[-1]), over.shape[1]), self.cone)
        return Folded(different, member, factor, heads)


def make_rows(prepared: Prepared) -> ScaledRows | None:
    """Return a program and its rows over the unknowns.

    None stands for what is left to the general way: no unknowns, equalities that contradict each other, or too many
    rows to put others in.
    """
    elimination, operator, cone = prepared.elimination, prepared.sdp.operator, prepared.cone
    if elimination.contradiction is not None or not elimination.n_head:
        return None
    if not operator.has_canonical_format:
        operator = operator.copy()
        operator.sum_duplicates()
    place = np.empty(elimination.order.shape[0], dtype=np.intc)
    place[elimination.order] = np.arange(place.shape[0])
    pointers, columns = (array.astype(np.intc, copy=False) for array in (operator.indptr, operator.indices))
    scales = cone.weights * prepared.scaling.rows, prepared.scaling.moments
    data = operator.data.astype(np.float64, copy=False)
    columns, values = rows.arranged(pointers, columns, data, *scales, place)
    stated = Rows(pointers, columns, values, operator.shape, cone)
    over = _put_in(stated, elimination.n_head, elimination.coupling)
    if over is None or not over.data.size:
        return None
    return ScaledRows(**shared_fields(prepared, stated.apply(elimination.offset)), rows=stated, over=over)


def _count_hit(stated: Rows, head: int) -> int:
    """Return how many rows have moments from `head` on."""
    ends = np.concatenate([[0], np.cumsum(stated.indices >= head)])[stated.indptr]
    return int(np.count_nonzero(np.diff(ends)))


def _put_in(stated: Rows, head: int, coupling: Array | sp.csr_matrix | None) -> Rows | None:
    """Return rows with the equalities put in, zero where they are nothing but the rounding of their terms."""
    floor = _ROUNDING
    if coupling is None:
        pointers, columns = np.zeros(stated.shape[1] - head + 1, dtype=np.intc), np.zeros(0, dtype=np.intc)
        values = np.zeros(0)
    elif isinstance(coupling, np.ndarray):
        if stated.shape[0] * head > _LARGEST and _count_hit(stated, head) * head > _LARGEST:
            return None
        number, columns = (side.astype(np.intc) for side in np.nonzero(coupling))
        values = coupling[number, columns]
        pointers = np.searchsorted(number, np.arange(coupling.shape[0] + 1)).astype(np.intc)
    else:
        floor = ROUNDING
        pointers, columns = (side.astype(np.intc, copy=False) for side in (coupling.indptr, coupling.indices))
        values = coupling.data
    found = rows.put_in(stated.indptr, stated.indices, stated.data, head, pointers, columns, values, floor)
    if isinstance(coupling, sp.csr_matrix) and found[2].size > FULLER * stated.data.size:
        return None
    return Rows(*found, (stated.shape[0], head), stated.cone)
