r"""Blocks that are combinations of few common shifts: :math:`F_j = \sum_m g_{jm} P_m`.

Localizing matrices of polynomials with the same monomials are of this kind: `m` runs over the monomials and
:math:`P_m` sends each different entry of a block (see `momentsos.solvers.native.core.numpy.folding`) to the moment that
it becomes when multiplied by `m`. With the `h` × `h` matrices :math:`C_j` of the products of different entries,

.. math::  B = \sum_{m, m'} P_m^\top \Bigl( \sum_j g_{jm} g_{jm'} C_j \Bigr) P_{m'} ,

where the sum over blocks is one dense product for all pairs of shifts, and the :math:`P_m` are selections: nothing
of the size of all blocks times all moments is ever formed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ... import rules
from ...arrays import Array
from .congruence import balance, congruent
from .entries import Entries
from .folding import Folding
from .terms import Stacks


@dataclass(frozen=True, eq=False)
class Shifts:
    """The common shifts of a group: `(number, entry, moment, factor)` for all that is not zero.

    Attributes
    ----------
    coefficients : (shifts, count) array
        The numbers :math:`g_{jm}`.
    number, entry, moment : integer arrays
    factor : array
    """

    coefficients: Array
    number: NDArray[np.intp]
    entry: NDArray[np.intp]
    moment: NDArray[np.intp]
    factor: Array


@dataclass(frozen=True, eq=False)
class SharedTerm:
    """A group with common shifts.

    Attributes
    ----------
    basis : (s, s · h) array
    pairs : (pairs of shifts, count) array
        The products :math:`g_{jm} g_{jm'}`.
    selection : (n², pairs · h²) CSC matrix
        Where the product of two entries under two shifts belongs in `B`.
    """

    basis: Array
    pairs: Array
    selection: sp.csc_matrix

    def add(self, schur: Array, at: Stacks) -> None:
        """See `Term`."""
        moved = congruent(self.basis, *balance(at.left, at.lower))
        products = moved.swapaxes(1, 2) @ moved
        summed = self.pairs @ products.reshape(products.shape[0], -1)
        schur += (self.selection @ summed.ravel()).reshape(schur.shape).T


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
    new = np.concatenate([[True], np.diff(hashes[order]) > rules.ALIKE * (1.0 + np.abs(hashes[order][1:]))])
    member: NDArray[np.intp] = np.empty(values.shape[1], dtype=np.intp)
    member[order] = np.cumsum(new) - 1
    distinct = scaled[:, order[new]]
    if np.abs(scaled - distinct[:, member]).max(initial=0.0) > rules.SAME:
        return None
    return distinct, member, factors


def find_shifts(folding: Folding) -> Shifts | None:
    """Return the shifts of a group, or None when the blocks share too little.

    The moments must not be scaled: that would make one coefficient many.
    """
    entries: Entries = folding.entries
    block, number = np.divmod(entries.rows, folding.different)
    keys, column = np.unique(number * entries.n + entries.moments, return_inverse=True)
    if folding.group.count * keys.shape[0] > rules.LARGEST_COEFFICIENTS:
        return None
    values = np.zeros((folding.group.count, keys.shape[0]))
    np.add.at(values, (block, column), entries.values)
    found = _distinct_columns(values)
    if found is None:
        return None
    distinct, member, factors = found
    entry, moment = np.divmod(keys, entries.n)
    return Shifts(np.ascontiguousarray(distinct.T), member, entry, moment, factors)


def make_shared(folding: Folding, shifts: Shifts, scale: Array) -> SharedTerm:
    """Lay out the products of all pairs of shifts; `scale` is that of the moments."""
    h, n, total = folding.different, folding.entries.n, shifts.coefficients.shape[0]
    first, second = np.triu_indices(total)
    number = np.zeros((total, total), dtype=np.intp)
    number[first, second] = np.arange(first.shape[0])
    order = np.argsort(shifts.number, kind="stable")
    starts = np.searchsorted(shifts.number[order], np.arange(total + 1))
    value = shifts.factor * scale[shifts.moment]
    rows, columns, values = [], [], []
    for m in range(total):
        # All pairs of an entry of shift m and one of the shifts from m on.
        left, right = order[starts[m] : starts[m + 1]], order[starts[m] :]
        a, b = shifts.moment[left][:, None], shifts.moment[right][None]
        twin = (shifts.number[right] != m)[None]
        weight = value[left][:, None] * value[right][None] * np.where(twin & (a == b), 2.0, 1.0)
        counts = twin | (a >= b)
        place = number[m, shifts.number[right]][None] * h**2 + shifts.entry[left][:, None] * h + shifts.entry[right]
        rows.append((np.minimum(a, b) * n + np.maximum(a, b))[counts])
        columns.append(place[counts])
        values.append(weight[counts])
    row, column, entry = (np.concatenate(parts) for parts in (rows, columns, values))
    selection = sp.csc_matrix((entry, (row, column)), shape=(n**2, first.shape[0] * h**2))
    return SharedTerm(folding.basis(), shifts.coefficients[first] * shifts.coefficients[second], selection)
