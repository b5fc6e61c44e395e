r"""Ways to add one group to the Schur complement when its data are dense, or its blocks are numbers.

A dense group is a product :math:`T^\top T` with one row for each entry of a triangle, or fewer; see
`momentsos.solvers.native.core.numpy.congruence` and `momentsos.solvers.native.core.numpy.folding`. Of the Schur
complement, a symmetric matrix in column order, only the lower triangle counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import blas

from ... import rules
from ...arrays import Array
from ...prepare.cone import Cone
from .blocks import Factor
from .entries import Entries
from .folding import Folding
from .patterns import Patterns, make_patterns


@dataclass(frozen=True, eq=False)
class Stacks:
    """A group at an iterate: `X`, `S⁻¹`, the Cholesky factors of `X` and `S`, and the inverse of the latter."""

    gram: Array
    inverse: Array
    left: Array
    lower: Array
    right: Array

    def scaled(self, diagonal: Array) -> Stacks:
        """Return the group with `ΔXΔ` and `ΔS⁻¹Δ` for diagonals `Δ`, shape ``(count, s)``."""
        row, column = diagonal[:, :, None], diagonal[:, None, :]
        both = row * column
        return Stacks(self.gram * both, self.inverse * both, row * self.left, self.lower / row, self.right * column)


def group_stacks(
    cone: Cone,
    diagonals: Sequence[Array | None],
    gram: Array,
    inverse: Array,
    gram_factor: Factor,
    slack_factor: Factor,
) -> Iterator[Stacks]:
    """Return the groups at an iterate, multiplied by the diagonals of their rows."""
    for j, (group, diagonal) in enumerate(zip(cone.groups, diagonals, strict=True)):
        factors = gram_factor.lower[j], slack_factor.lower[j], slack_factor.inverse[j]
        stacks = Stacks(group.view(gram), group.view(inverse), *factors)
        yield stacks if diagonal is None else stacks.scaled(diagonal)


class Term(Protocol):
    """The part of the Schur complement that comes from one group."""

    def add(self, schur: Array, at: Stacks) -> None:
        """Add the part to the lower triangle of `schur`, in column order."""


def add_square(schur: Array, tall: Array) -> None:
    """Add `Tᵀ T` to the lower triangle of `schur`, in column order and in place."""
    blas.dsyrk(1.0, tall.T, beta=1.0, c=schur, lower=1, overwrite_c=1)


@dataclass(frozen=True, eq=False)
class LinearTerm:
    r"""Blocks of size 1: :math:`F^\top \mathrm{diag}(x / s) F` with dense data."""

    dense: Array

    def add(self, schur: Array, at: Stacks) -> None:
        """See `Term`."""
        add_square(schur, np.sqrt(at.gram * at.inverse).reshape(-1, 1) * self.dense)


@dataclass(frozen=True, eq=False)
class LinearPairs:
    """The same with sparse data: the matrix from the weights of the rows to the entries `(row, column)`."""

    pairs: sp.csr_matrix
    row: NDArray[np.intp]
    column: NDArray[np.intp]

    def add(self, schur: Array, at: Stacks) -> None:
        """See `Term`."""
        for values in self.numbers(at):
            schur[self.row, self.column] += values

    def numbers(self, at: Stacks) -> Iterator[Array]:
        """Return the entries on and below the diagonal."""
        yield self.pairs @ (at.gram * at.inverse).ravel()


def make_linear(entries: Entries, count: int) -> LinearTerm | LinearPairs:
    """Keep a matrix dense when it is not sparse enough to gain."""
    rows = entries.matrix(count)
    if rows.nnz > rules.FULL_ENOUGH * count * entries.n and count * entries.n <= rules.LARGEST_LINEAR:
        return LinearTerm(rows.toarray())
    return make_pairs(entries, count)


def make_pairs(entries: Entries, count: int) -> LinearPairs:
    """Return the products of all pairs of entries of a row, those below the diagonal once."""
    rows = entries.matrix(count)
    lengths = np.diff(rows.indptr)
    start = np.repeat(rows.indptr[:-1], lengths)
    within = np.arange(rows.nnz) - start
    left = np.repeat(np.arange(rows.nnz), within + 1)
    offset = np.arange(left.shape[0]) - np.repeat(np.cumsum(within + 1) - within - 1, within + 1)
    right = start[left] + offset
    a, b = rows.indices[left].astype(np.intp), rows.indices[right].astype(np.intp)
    spot, place = np.unique(np.maximum(a, b) * rows.shape[1] + np.minimum(a, b), return_inverse=True)
    block = np.repeat(np.arange(rows.shape[0]), lengths)[left]
    values = rows.data[left] * rows.data[right]
    matrix = sp.csr_matrix((values, (place, block)), shape=(spot.shape[0], rows.shape[0]))
    return LinearPairs(matrix, spot // rows.shape[1], spot % rows.shape[1])


@dataclass(frozen=True, eq=False)
class StackedTerm:
    """Blocks that touch most moments: one tall matrix `T` for all of them."""

    patterns: Patterns
    step: int

    def add(self, schur: Array, at: Stacks) -> None:
        """See `Term`."""
        for low in range(0, at.left.shape[0], self.step):
            tall = self.patterns.rows(slice(low, low + self.step), at.left, at.lower, at.right)
            add_square(schur, tall.reshape(-1, schur.shape[0]))


@dataclass(frozen=True, eq=False)
class LocalTerm:
    """Blocks that touch few moments each: small products, added at their places."""

    patterns: Patterns
    columns: tuple[NDArray[np.intp], ...]
    step: int

    def add(self, schur: Array, at: Stacks) -> None:
        """See `Term`."""
        for low in range(0, at.left.shape[0], self.step):
            part = slice(low, low + self.step)
            tall = self.patterns.rows(part, at.left, at.lower, at.right)
            products = tall.swapaxes(1, 2) @ tall
            for place, product in zip(self.columns[part], products, strict=True):
                used = place.shape[0]
                schur[place[:, None], place] += product[:used, :used]

    def numbers(self, at: Stacks) -> Iterator[Array]:
        """Return the products of all blocks, padded to one width, as flat arrays."""
        for low in range(0, at.left.shape[0], self.step):
            tall = self.patterns.rows(slice(low, low + self.step), at.left, at.lower, at.right)
            yield (tall.swapaxes(1, 2) @ tall).ravel()

    @property
    def width(self) -> int:
        """The moments of a block, with padding."""
        return self.patterns.width


def make_stacked(folding: Folding) -> StackedTerm:
    """Return the dense data of a group over all moments."""
    group, n = folding.group, folding.entries.n
    patterns = make_patterns(folding, None, n)
    return StackedTerm(patterns, max(1, rules.CHUNK // (group.size**2 * n)))


def local_moments(folding: Folding) -> tuple[NDArray[np.intp], ...]:
    """Return the moments that each block touches."""
    n = folding.entries.n
    block, moment = np.divmod(np.unique(folding.entries.rows // folding.different * n + folding.entries.moments), n)
    starts = np.searchsorted(block, np.arange(folding.group.count + 1))
    return tuple(moment[low:high] for low, high in pairwise(starts.tolist()))


def make_local(folding: Folding, moments: tuple[NDArray[np.intp], ...]) -> LocalTerm:
    """Return the dense data of a group over the moments of each block."""
    width = max(1, *(place.shape[0] for place in moments))
    step = max(1, rules.CHUNK // (max(folding.group.size**2, width) * width))
    return LocalTerm(make_patterns(folding, moments, width), moments, step)
