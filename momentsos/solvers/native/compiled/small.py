"""A small program for the compiled iteration: the rows of its blocks as one dense matrix, and where it starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas

from ....sdp import SDP
from ..cone import Array, make_cone
from ..dependence import SUSPICIOUS, without_dependent
from ..elimination import Elimination, eliminate_densely
from ..newton import factor_schur
from ..program import Scaled, shared_fields
from ..scaling import Scaling, equilibrate

#: Most numbers in the rows of the blocks, and most multiplications for a Schur complement: with more, an iteration
#: takes over 3 ms, and the NumPy calls of the other way no longer matter.
_LARGEST, _LONGEST = 1_000_000, 8_000_000
#: Moments up to which a Schur complement is worth no look at its zeros.
_ALWAYS_DENSE = 150
#: An entry below this share of the terms that it is the sum of is their rounding.
_ROUNDING = 1e-15


@dataclass(frozen=True, eq=False)
class Small(Scaled):
    """A program whose blocks are given by their upper triangles.

    Attributes
    ----------
    rows : (rows, n) array
        The entries of the triangles over the moments, in the order of the elimination.
    """

    rows: Array

    def blocks(self, moments: Array) -> Array:
        """See `Scaled.blocks`."""
        return self.cone.spread(self.rows @ moments)

    def image(self, flat: Array) -> Array:
        """See `Scaled.image`."""
        upper, lower = self.cone.upper, self.cone.lower
        both = np.where(upper == lower, 0.5, 1.0) * (flat[upper] + flat[lower]).T
        return np.asarray((both @ self.rows).T)


def _reduced(rows: Array, elimination: Elimination) -> Array:
    """Return rows with the equalities put in, zero where they are nothing but the rounding of their terms."""
    head, tail = rows[:, : elimination.n_head], rows[:, elimination.n_head :]
    if elimination.coupling is None:
        return head
    reduced = tail @ elimination.coupling
    size = _top(head) + len(elimination.coupling) * _top(tail) * _top(elimination.coupling)
    np.subtract(head, reduced, out=reduced)
    row, column = np.nonzero((np.abs(reduced) <= _ROUNDING * size) & (reduced != 0.0))
    size = np.abs(head[row, column]) + np.einsum("ij,ji->i", np.abs(tail[row]), np.abs(elimination.coupling[:, column]))
    noise = np.abs(reduced[row, column]) <= _ROUNDING * size
    reduced[row[noise], column[noise]] = 0.0
    return reduced


def _top(matrix: Array) -> float:
    """Return the largest absolute value."""
    return max(float(matrix.max(initial=0.0)), -float(matrix.min(initial=0.0)))


def is_small(sdp: SDP) -> bool:
    """Return whether the compiled iteration is the quickest, by the multiplications for its Schur complement.

    Those for its factor count a fifth, as BLAS does them, and so do those for the equalities. With more than 150
    moments, blocks that see few pairs of them are left to the general way, which knows sparse matrices.
    """
    n, p = sdp.n_moments, sdp.right_side.shape[0]
    if not 0 < sdp.operator.shape[0] * n <= _LARGEST:
        return False
    lengths, entries = np.diff(sdp.offsets), np.diff(sdp.operator.indptr[sdp.offsets])
    seen = np.minimum(entries, n)
    if n > _ALWAYS_DENSE and 2 * int(seen @ seen) < n**2:
        return False
    terms = lengths * (entries + 4 * lengths) + entries * (n // 2)
    return int(terms.sum()) + n**3 // 30 + p**2 * n // 5 <= _LONGEST


def _rows(sdp: SDP, scaling: Scaling, weights: Array, order: NDArray[np.intp]) -> Array:
    """Return the scaled triangles over the moments in the order of the elimination."""
    matrix = sdp.operator
    lengths = np.diff(matrix.indptr)
    place = np.empty_like(order)
    place[order] = np.arange(order.shape[0])
    rows = np.zeros(matrix.shape)
    row = np.repeat(np.arange(lengths.shape[0]), lengths)
    rows[row, place[matrix.indices]] = (
        matrix.data * np.repeat(weights * scaling.rows, lengths) * scaling.moments[matrix.indices]
    )
    return rows


def make_small(sdp: SDP) -> tuple[Small, Array] | None:
    """Scale a program, eliminate its equalities and leave out dependent moments, as the general way does.

    Returns the program and its rows over the unknowns. None stands for what is left to the general way: no unknowns,
    equalities that contradict each other, an objective that falls along moments without effect.
    """
    scaling = equilibrate(sdp)
    elimination = eliminate_densely(sdp.equalities.toarray() * scaling.moments, sdp.right_side)
    if elimination.contradiction is not None or not elimination.n_head:
        return None
    cone = make_cone(sdp.sizes)
    rows = _rows(sdp, scaling, cone.weights, elimination.order)
    constant = cone.spread(rows @ elimination.offset)
    small = Small(**shared_fields(sdp, scaling, elimination, cone, constant), rows=rows)
    reduced = _reduced(rows, elimination)
    try:
        independent = _independent(small, reduced)
    except np.linalg.LinAlgError:
        return None
    if independent is None:
        return None
    return independent, np.ascontiguousarray(independent.elimination.select(reduced))


def _independent(small: Small, reduced: Array) -> Small | None:
    """Leave out dependent moments, by the Schur complement of the start: `AᵀA`, both halves of the blocks counted."""
    upper, lower = small.cone.upper, small.cone.lower
    tall = reduced * np.where(upper == lower, 1.0, np.sqrt(2.0))[:, None]
    schur = blas.dsyrk(1.0, tall.T, lower=1)
    factor = factor_schur(schur)
    if factor.shift == 0 and factor.smallest_pivot >= SUSPICIOUS:
        return small
    independent, ray = without_dependent(small, schur)
    return independent if ray is None and independent.elimination.n_free else None
