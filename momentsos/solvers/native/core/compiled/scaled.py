"""A scaled program for the compiled iteration: the rows of its blocks over the unknowns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...arrays import Array, Index
from ...prepare.scaled import Prepared, Scaled, Sums, shared_fields
from .. import compiled
from .rows import Folded, Rows, put_in


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
        found = compiled.kernels.residual_sums(
            *self.over.stored,
            *self.rows.stored,
            self.cone.counted.upper,
            self.cone.counted.lower,
            self.constant,
            self.gradient,
            self.row_units,
            free,
            slack,
            gram,
            tau,
            self.rows.shape[1],
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

    def on(self, unknowns: Index) -> ScaledRows:
        """See `Scaled.on`."""
        elimination, over = replace(self.elimination, kept=unknowns), self.over.restricted(unknowns)
        return replace(self, elimination=elimination, gradient=self.gradient[unknowns], over=over)

    @cached_property
    def folded(self) -> Folded:
        """The different rows over the unknowns."""
        return self.over.folded()


def make_scaled(prepared: Prepared) -> ScaledRows | None:
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
    columns, values = compiled.kernels.arrange(pointers, columns, data, *scales, place)
    stated = Rows(pointers, columns, values, operator.shape, cone)
    over = put_in(stated, elimination.n_head, elimination.coupling)
    if over is None or not over.data.size:
        return None
    return ScaledRows(**shared_fields(prepared, stated.apply(elimination.offset)), rows=stated, over=over)
