r"""Blocks that are combinations of few common shifts: :math:`F_j = \sum_m g_{jm} P_m`.

Localizing matrices of polynomials with the same monomials are of this kind: `m` runs over the monomials and
:math:`P_m` sends the moment :math:`\alpha` to the entries whose basis monomials and `m` multiply to it. Then

.. math::  B = \sum_m P_m^\top \sum_j g_{jm} (X_j \otimes S_j^{-1}) F_j,

where the sum over blocks is a dense product and :math:`P_m` is nearly a selection: the cost no longer has the
square of the number of moments times the rows of all blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .cone import Array, Group
from .cost import CHUNK
from .entries import Entries
from .terms import Stacks, transformed

#: Relative difference up to which two coefficient vectors are the same.
_SAME = 1e-12


@dataclass(frozen=True, eq=False)
class SharedTerm:
    """A group with common shifts.

    Attributes
    ----------
    data : tuple of (count, s, s, columns) arrays
        The blocks, moments cut into pieces.
    coefficients : (shifts, count) array
        The numbers :math:`g_{jm}`.
    shifts : (n, shifts · s²) CSR matrix
        The transposes of :math:`P_m` side by side.
    """

    data: tuple[Array, ...]
    coefficients: Array
    shifts: sp.csr_matrix

    def add(self, schur: Array, at: Stacks) -> None:
        """See `Term`."""
        done = 0
        for piece in self.data:
            count, size, _, width = piece.shape
            moved = transformed(piece, at.gram, at.inverse).reshape(count, size**2 * width)
            summed = self.coefficients @ moved
            schur[:, done : done + width] += self.shifts @ summed.reshape(-1, width)
            done += width


def _distinct_columns(values: Array) -> tuple[Array, NDArray[np.intp], Array] | None:
    """Find columns that are multiples of each other.

    Returns the distinct ones (largest entry 1), for each column which it is, and its factor; None when
    rounding leaves it in doubt.
    """
    top = np.abs(values).argmax(axis=0)
    factors = values[top, np.arange(values.shape[1])]
    scaled = values / factors
    hashes = np.random.default_rng(0).standard_normal(values.shape[0]) @ scaled
    order = np.argsort(hashes)
    new = np.concatenate([[True], np.diff(hashes[order]) > 1e-9 * (1.0 + np.abs(hashes[order][1:]))])
    member: NDArray[np.intp] = np.empty(values.shape[1], dtype=np.intp)
    member[order] = np.cumsum(new) - 1
    distinct = scaled[:, order[new]]
    if np.abs(scaled - distinct[:, member]).max(initial=0.0) > _SAME:
        return None
    return distinct, member, factors


def find_shifts(entries: Entries, group: Group) -> tuple[Array, sp.csr_matrix] | None:
    """Return coefficients and shifts of a group, or None when the blocks share too little."""
    area = group.size**2
    block, place = np.divmod(entries.rows, area)
    keys, column = np.unique(place * entries.n + entries.moments, return_inverse=True)
    if group.count * keys.shape[0] > 4 * CHUNK:
        return None
    values = np.zeros((group.count, keys.shape[0]))
    np.add.at(values, (block, column), entries.values)
    found = _distinct_columns(values)
    if found is None:
        return None
    distinct, member, factors = found
    where, moment = np.divmod(keys, entries.n)
    shape = (entries.n, distinct.shape[1] * area)
    shifts = sp.csr_matrix((factors, (moment, member * area + where)), shape=shape)
    return np.ascontiguousarray(distinct.T), shifts


def make_shared(entries: Entries, group: Group, coefficients: Array, shifts: sp.csr_matrix) -> SharedTerm:
    """Cut the dense data of a group into pieces that stay in the cache."""
    size, count, n = group.size, group.count, entries.n
    data = np.zeros((count * size**2, n))
    np.add.at(data, (entries.rows, entries.moments), entries.values)
    width = max(16, CHUNK // 8 // (count * size**2))
    cuts = range(0, n, width)
    pieces = tuple(np.ascontiguousarray(data[:, low : low + width]).reshape(count, size, size, -1) for low in cuts)
    return SharedTerm(pieces, coefficients, shifts)
