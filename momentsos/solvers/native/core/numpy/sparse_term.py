r"""Large blocks with few entries a moment: :math:`X F_b S^{-1}` from few columns and rows.

The idea is that of Fujisawa, Kojima, Nakata, *Exploiting sparsity in primal-dual interior-point methods for
semidefinite programming*, Math. Program. 79 (1997); moments with equally many columns are taken together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ... import rules
from ...arrays import Array
from ...prepare.cone import Group, make_group
from .entries import Entries
from .terms import Stacks


@dataclass(frozen=True, eq=False)
class SparseBlock:
    """One large block.

    Row `r` of `gather` belongs to a moment `b` and a column `l` of the block and holds :math:`F_b` there,
    so that :math:`X F_b S^{-1}` is a product over the rows of `b`. Moments are ordered by how many rows
    they have.

    Attributes
    ----------
    gather : CSR matrix
    partner : integer array
        The column `l` of each row of `gather`.
    classes : tuple of (int, int)
        Pairs (rows of a moment, number of such moments), in order.
    moments : integer array
        The moments in order.
    transposed : CSR matrix
        Moments by flat entries.
    """

    gather: sp.csr_matrix
    partner: NDArray[np.intp]
    classes: tuple[tuple[int, int], ...]
    moments: NDArray[np.intp]
    transposed: sp.csr_matrix

    def add(self, schur: Array, gram: Array, inverse: Array) -> None:
        """Add the block to `schur`, given the matrices `X` and `S⁻¹`."""
        size = gram.shape[0]
        columns = (self.gather @ gram).reshape(-1, size)
        rows = inverse[self.partner]
        result = np.empty((self.moments.shape[0], schur.shape[0]))
        done = used = 0
        limit = max(1, rules.CHUNK // 8 // size**2)
        for width, members in self.classes:
            for low in range(0, members, limit):
                count = min(limit, members - low)
                part = slice(used, used + count * width)
                left = columns[part].reshape(count, width, size).swapaxes(1, 2)
                product = left @ rows[part].reshape(count, width, size)
                result[done : done + count] = (self.transposed @ product.reshape(count, size**2).T).T
                done, used = done + count, used + count * width
        schur[:, self.moments] += result.T


@dataclass(frozen=True, eq=False)
class SparseTerm:
    """Large blocks with few entries a moment, one by one."""

    blocks: tuple[SparseBlock, ...]

    def add(self, schur: Array, at: Stacks) -> None:
        """See `Term`."""
        for block, gram, inverse in zip(self.blocks, at.gram, at.inverse, strict=True):
            block.add(schur, gram, inverse)


def compressed_columns(entries: Entries, group: Group) -> int:
    """Return how many rows the `gather` matrices of a group have in all."""
    block, place = np.divmod(entries.rows, group.size**2)
    return int(np.unique((block * entries.n + entries.moments) * group.size + place % group.size).shape[0])


def _sparse_block(entries: Entries, size: int) -> SparseBlock:
    """Order the entries of one block."""
    left, right = np.divmod(entries.rows, size)
    keys, row = np.unique(entries.moments.astype(np.int64) * size + right, return_inverse=True)
    moment, partner = np.divmod(keys, size)
    moments, counts = np.unique(moment, return_counts=True)
    shuffle = np.argsort(np.repeat(counts, counts), kind="stable")
    place = np.empty_like(shuffle)
    place[shuffle] = np.arange(shuffle.shape[0])
    widths, members = np.unique(counts, return_counts=True)
    return SparseBlock(
        gather=sp.csr_matrix((entries.values, (place[row], left)), shape=(keys.shape[0], size)),
        partner=partner[shuffle],
        classes=tuple(zip(widths.tolist(), members.tolist(), strict=True)),
        moments=moments[np.argsort(counts, kind="stable")],
        transposed=sp.csr_matrix((entries.values, (entries.moments, entries.rows)), shape=(entries.n, size**2)),
    )


def make_sparse(entries: Entries, group: Group) -> SparseTerm:
    """Return the blocks of a group one by one."""
    single = [make_group(group.size, 1, j * group.size**2) for j in range(group.count)]
    return SparseTerm(tuple(_sparse_block(entries.of(block), group.size) for block in single))
