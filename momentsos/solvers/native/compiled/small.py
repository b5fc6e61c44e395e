"""A small program for the compiled iteration: the rows of its blocks over the unknowns, and where it starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..cone import Array
from ..local_elimination import put_in
from ..program import Prepared, Scaled, in_order, shared_fields

#: Most numbers of the rows when equalities are put in.
_LARGEST = 4_000_000
#: An entry below this share of the terms that it is the sum of is their rounding.
_ROUNDING = 1e-15


@dataclass(frozen=True, eq=False)
class Small(Scaled):
    """A program whose blocks are given by their upper triangles.

    Attributes
    ----------
    rows : (rows, n) CSR matrix
        The entries of the triangles over the moments, in the order of the elimination.
    """

    rows: sp.csr_matrix

    def blocks(self, moments: Array) -> Array:
        """See `Scaled.blocks`."""
        return self.cone.spread(self.rows @ moments)

    def image(self, flat: Array) -> Array:
        """See `Scaled.image`."""
        upper, lower = self.cone.upper, self.cone.lower
        half = np.where(upper == lower, 0.5, 1.0)
        both = flat[upper] + flat[lower]
        return np.asarray(self.rows.T @ (half * both.T).T)


def make_small(prepared: Prepared) -> tuple[Small, sp.csr_matrix] | None:
    """Return a program and its rows over the unknowns, ascending and without zeros.

    None stands for what is left to the general way: no unknowns, equalities that contradict each other, or too many
    rows to put others in.
    """
    elimination, sdp, cone = prepared.elimination, prepared.sdp, prepared.cone
    if elimination.contradiction is not None or not elimination.n_head:
        return None
    rows = in_order(sdp.operator, elimination.order)
    lengths = np.diff(rows.indptr)
    rows.data = (
        rows.data
        * np.repeat(cone.weights * prepared.scaling.rows, lengths)
        * prepared.scaling.moments[sdp.operator.indices]
    )
    over = _put_in(rows, prepared)
    if over is None or not over.nnz:
        return None
    over.sort_indices()
    constant = cone.spread(rows @ elimination.offset)
    return Small(**shared_fields(prepared, constant), rows=rows), over


def _put_in(rows: sp.csr_matrix, prepared: Prepared) -> sp.csr_matrix | None:
    """Return rows with the equalities put in, zero where they are nothing but the rounding of their terms."""
    head, coupling = prepared.elimination.n_head, prepared.elimination.coupling
    if coupling is not None and not isinstance(coupling, np.ndarray):
        return put_in(rows, prepared.elimination, np.ones(rows.shape[1]))
    own = _columns(rows, 0, head)
    if coupling is None:
        return own
    tail = _columns(rows, head, rows.shape[1])
    hit = np.flatnonzero(np.diff(tail.indptr))
    if hit.size * head > _LARGEST:
        return None
    before, tail = own[hit].toarray(), tail[hit]
    after = before - tail @ coupling
    after[np.abs(after) <= _ROUNDING * (np.abs(before) + abs(tail) @ np.abs(coupling))] = 0.0
    return _replaced(own, hit, sp.csr_matrix(after))


def _replaced(rows: sp.csr_matrix, which: NDArray[np.intp], by: sp.csr_matrix) -> sp.csr_matrix:
    """Return a matrix with some of its rows replaced."""
    lengths = np.diff(rows.indptr)
    stays = np.ones(rows.shape[0], dtype=bool)
    stays[which] = False
    kept = np.repeat(stays, lengths)
    lengths[which] = np.diff(by.indptr)
    new = np.repeat(~stays, lengths)
    indices, data = np.empty(new.shape[0], dtype=rows.indices.dtype), np.empty(new.shape[0])
    indices[new], data[new] = by.indices, by.data
    indices[~new], data[~new] = rows.indices[kept], rows.data[kept]
    return sp.csr_matrix((data, indices, np.concatenate([[0], np.cumsum(lengths)])), shape=rows.shape)


def _columns(rows: sp.csr_matrix, low: int, high: int) -> sp.csr_matrix:
    """Return the columns from `low` to `high`, without zeros."""
    keep = (rows.indices >= low) & (rows.indices < high) & (rows.data != 0)
    ends = np.concatenate([[0], np.cumsum(keep)])[rows.indptr]
    return sp.csr_matrix((rows.data[keep], rows.indices[keep] - low, ends), shape=(rows.shape[0], high - low))


def over_unknowns(over: sp.csr_matrix, small: Small) -> sp.csr_matrix:
    """Leave out the moments that depend on others."""
    kept = small.elimination.kept
    return over if kept is None else sp.csr_matrix(over[:, kept])
