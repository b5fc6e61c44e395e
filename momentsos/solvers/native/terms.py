r"""Ways to add one group to the Schur complement when its data are dense, or its blocks are numbers.

With Cholesky factors :math:`X = L L^\top` and :math:`S = K K^\top`, :math:`B = T^\top T` where :math:`T_a =
L^\top F_a K^{-\top}`, so that a dense group costs one symmetric product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .cone import Array, Group
from .cost import CHUNK
from .entries import Entries


@dataclass(frozen=True, eq=False)
class Stacks:
    """A group at an iterate: `X`, `S⁻¹`, the factor of `X` and the inverse factor of `S`."""

    gram: Array
    inverse: Array
    left: Array
    right: Array


class Term(Protocol):
    """The part of the Schur complement that comes from one group."""

    def add(self, schur: Array, at: Stacks) -> None:
        """Add the part to `schur`."""


@dataclass(frozen=True, eq=False)
class LinearTerm:
    r"""Blocks of size 1: :math:`F^\top \mathrm{diag}(x / s) F`."""

    rows: sp.csr_matrix
    dense: Array | None

    def add(self, schur: Array, at: Stacks) -> None:
        """See `Term`."""
        weights = (at.left * at.right).ravel()
        if self.dense is not None:
            scaled = weights[:, None] * self.dense
            schur += scaled.T @ scaled
        else:
            scaled_rows = sp.csr_matrix(sp.diags_array(weights) @ self.rows)
            product = (scaled_rows.T @ scaled_rows).tocoo()
            schur[product.row, product.col] += product.data


def make_linear(entries: Entries, count: int) -> LinearTerm:
    """Keep a matrix dense when it is not sparse enough to gain."""
    rows = entries.matrix(count)
    dense = rows.nnz > 0.02 * count * entries.n and count * entries.n <= 5 * CHUNK
    return LinearTerm(rows, rows.toarray() if dense else None)


def transformed(data: Array, left: Array, right: Array) -> Array:
    """Return :math:`L^T F_a R^T` of data ``(count, s, s, columns)``, as ``(count, s², columns)``."""
    count, size, _, width = data.shape
    if size <= 6:
        both = left.swapaxes(1, 2)[:, :, None, :, None] * right[:, None, :, None, :]
        return both.reshape(count, size**2, size**2) @ data.reshape(count, size**2, width)
    half = left.swapaxes(1, 2) @ data.reshape(count, size, size * width)
    full = right[:, None] @ half.reshape(count, size, size, width)
    return full.reshape(count, size**2, width)


@dataclass(frozen=True, eq=False)
class StackedTerm:
    """Blocks that touch most moments: one tall matrix `T` for all of them."""

    data: Array

    def add(self, schur: Array, at: Stacks) -> None:
        """See `Term`."""
        count, size, _, width = self.data.shape
        step = max(1, CHUNK // (size**2 * width))
        for low in range(0, count, step):
            part = slice(low, low + step)
            tall = transformed(self.data[part], at.left[part], at.right[part]).reshape(-1, width)
            schur += tall.T @ tall


@dataclass(frozen=True, eq=False)
class LocalTerm:
    """Blocks that touch few moments each: small products, added at their places."""

    data: Array
    columns: tuple[NDArray[np.intp], ...]

    def add(self, schur: Array, at: Stacks) -> None:
        """See `Term`."""
        count, size, _, width = self.data.shape
        step = max(1, CHUNK // (max(size**2, width) * width))
        for low in range(0, count, step):
            part = slice(low, low + step)
            tall = transformed(self.data[part], at.left[part], at.right[part])
            products = tall.swapaxes(1, 2) @ tall
            for place, product in zip(self.columns[part], products, strict=True):
                used = place.shape[0]
                schur[place[:, None], place] += product[:used, :used]


def make_stacked(entries: Entries, group: Group) -> StackedTerm:
    """Return the dense data of a group over all moments."""
    size = group.size
    data = np.zeros((group.count * size**2, entries.n))
    np.add.at(data, (entries.rows, entries.moments), entries.values)
    return StackedTerm(data.reshape(group.count, size, size, entries.n))


def local_columns(entries: Entries, group: Group) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs that occur as sorted keys `block · n + moment`, and the place of each entry."""
    keys = entries.rows // group.size**2 * entries.n + entries.moments
    found, place = np.unique(keys, return_inverse=True)
    return found, place


def make_local(entries: Entries, group: Group) -> LocalTerm:
    """Return the dense data of a group over the moments of each block."""
    size, count = group.size, group.count
    keys, place = local_columns(entries, group)
    block, moment = np.divmod(keys, entries.n)
    starts = np.searchsorted(block, np.arange(count + 1))
    width = int(np.diff(starts).max(initial=1))
    data = np.zeros((count * size**2, width))
    np.add.at(data, (entries.rows, place - starts[entries.rows // size**2]), entries.values)
    columns = tuple(moment[starts[j] : starts[j + 1]] for j in range(count))
    return LocalTerm(data.reshape(count, size, size, width), columns)
