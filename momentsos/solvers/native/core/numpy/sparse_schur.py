r"""The Schur complement of blocks that touch few moments each, kept as a sparse matrix.

Each block adds a small dense product to the places of its moments; where these are is found once. Moments are in the
order of elimination of `momentsos.solvers.native.prepare.ordering`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...arrays import Array, Index
from ...factors.sparse_factor import SparseMatrix
from ...prepare.cone import Cone
from ...prepare.ordering import Ordering
from .blocks import Factor
from .folding import Folding
from .terms import LinearPairs, LocalTerm, group_stacks, local_moments, make_local, make_pairs


@dataclass(frozen=True, eq=False)
class SparseSchur:
    r"""The way to form a sparse Schur complement over the unknowns.

    Attributes
    ----------
    cone : Cone
    terms : tuple of LocalTerm or LinearPairs
        One a group.
    places : tuple of integer arrays
        Where each number of a term belongs among the entries; beyond the last for padding.
    diagonals : tuple of (count, s) array or None
        As in `momentsos.solvers.native.core.numpy.schur.SchurComplement`.
    indices, indptr : integer arrays
        The pattern, columns of sorted rows, in the order of elimination.
    order : (n,) array
        The unknown at each place.
    """

    cone: Cone
    terms: tuple[LocalTerm | LinearPairs, ...]
    places: tuple[Index, ...]
    diagonals: tuple[Array | None, ...]
    indices: NDArray[np.int32]
    indptr: NDArray[np.int32]
    order: Index

    def form(self, gram: Array, inverse: Array, gram_factor: Factor, slack_factor: Factor) -> SparseMatrix:
        """Return `B`, given `X`, `S⁻¹` and the factors of `X` and `S`."""
        count, n = self.indices.shape[0], self.order.shape[0]
        data = np.zeros(count + 1)
        stacks = group_stacks(self.cone, self.diagonals, gram, inverse, gram_factor, slack_factor)
        for term, place, at in zip(self.terms, self.places, stacks, strict=True):
            done = 0
            for values in term.numbers(at):
                spots = place[done : done + values.shape[0]]
                data += np.bincount(spots, weights=values, minlength=count + 1)
                done += values.shape[0]
        matrix = sp.csc_matrix((data[:count], self.indices, self.indptr), shape=(n, n))
        return SparseMatrix(matrix, self.order)


def make_sparse_schur(
    cone: Cone, foldings: Sequence[Folding], diagonals: tuple[Array | None, ...], scale: Array, ordering: Ordering
) -> SparseSchur:
    """Lay out the pattern and the place of every product.

    Parameters
    ----------
    cone : Cone
    foldings : sequence of Folding
        One a group, over the unknowns, neither blocks nor unknowns scaled.
    diagonals : tuple of (count, s) array or None
        The factors of the rows of each group.
    scale : (n,) array
        That of the unknowns.
    ordering : Ordering
    """
    n = scale.shape[0]
    rank = np.empty(n + 1, dtype=np.intp)
    rank[ordering.order] = np.arange(n)
    rank[n] = n
    terms: list[LocalTerm | LinearPairs] = []
    keys: list[Index] = []
    for folding in foldings:
        scaled = folding.scaled(scale)
        if folding.group.size == 1:
            pairs = _both_halves(make_pairs(scaled.unfolded(), folding.group.count))
            keys.append(_keys(rank[pairs.row], rank[pairs.column], n))
            terms.append(pairs)
            continue
        moments = local_moments(folding)
        term = make_local(scaled, moments)
        place = np.full((len(moments), term.width), n)
        for j, own in enumerate(moments):
            place[j, : own.shape[0]] = own
        place = rank[place]
        keys.append(_keys(place[:, None, :], place[:, :, None], n))
        terms.append(term)
    keys.append(np.arange(n) * (n + 1))
    found, inverse = np.unique(np.concatenate(keys), return_inverse=True)
    found = found[found < n * n]
    inverse = np.minimum(inverse, found.shape[0])
    bounds = np.cumsum([0] + [part.shape[0] for part in keys])
    indptr = np.searchsorted(found, np.arange(n + 1) * n).astype(np.int32)
    places = tuple(inverse[low:high] for low, high in pairwise(bounds[:-1].tolist()))
    return SparseSchur(cone, tuple(terms), places, diagonals, (found % n).astype(np.int32), indptr, ordering.order)


def _both_halves(pairs: LinearPairs) -> LinearPairs:
    """Return the entries above the diagonal as well."""
    off = np.flatnonzero(pairs.row != pairs.column)
    row = np.concatenate([pairs.row, pairs.column[off]])
    column = np.concatenate([pairs.column, pairs.row[off]])
    return LinearPairs(sp.vstack([pairs.pairs, pairs.pairs[off]], format="csr"), row, column)


def _keys(row: Index, column: Index, n: int) -> Index:
    """Return one number for each place in column order, the square of `n` for padding, which has the row `n`."""
    return np.where((row < n) & (column < n), column * n + row, n * n).ravel()
