"""The product of semidefinite cones, blocks of equal size stacked as one array.

A point of the cone is one flat vector: group after group, in it block after block, each block a full
symmetric matrix. Blocks of size 1 are one group of numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....machine.caches import kept
from ....sdp import svec_index
from ....sdp.svec import SQRT2
from .. import rules
from ..arrays import Array, Integers


@dataclass(frozen=True, eq=False)
class Group:
    """The blocks of one size.

    Attributes
    ----------
    size, count : int
        Rows of a block, and how many blocks there are.
    start : int
        Where the group begins in a flat vector.
    span : slice
        The entries of a flat vector that belong to the group.
    """

    size: int
    count: int
    start: int
    span: slice

    def view(self, flat: Array) -> Array:
        """Return the blocks in a flat vector as a stack, shape ``(count, size, size)``, without a copy."""
        return flat[self.span].reshape(self.count, self.size, self.size)


def make_group(size: int, count: int, start: int) -> Group:
    """Return the group of `count` blocks that begins at `start`."""
    return Group(size, count, start, slice(start, start + count * size**2))


class Counted(NamedTuple):
    """The blocks of a cone that have rows.

    Attributes
    ----------
    sizes, offsets, starts : integer arrays
        Where the svec rows of each begin, with their total at the end, and where its entries do in a flat vector.
    upper, lower : (rows,) integer arrays
        The two flat entries of each svec row.
    """

    sizes: Integers
    offsets: Integers
    starts: Integers
    upper: Integers
    lower: Integers


@dataclass(frozen=True, eq=False)
class Cone:
    r"""The groups, and the way between flat vectors and svec rows.

    Attributes
    ----------
    groups : tuple of Group
    dimension : int
        Length of a flat vector, the sum of the squares of the sizes.
    degree : int
        The sum of the sizes, the parameter of the barrier.
    upper, lower : (rows,) arrays
        The two flat entries, equal on the diagonal, of each svec row.
    weights : (rows,) array
        What an svec row is multiplied by to give its flat entries, 1 or :math:`1/\sqrt 2`.
    sizes : tuple of int
        The sizes in the order of the svec rows.
    """

    groups: tuple[Group, ...]
    dimension: int
    degree: int
    upper: NDArray[np.intp]
    lower: NDArray[np.intp]
    weights: Array
    sizes: tuple[int, ...]

    @cached_property
    def counted(self) -> Counted:
        """The blocks that have rows, as compiled code counts."""
        sizes = np.array([size for size in self.sizes if size], dtype=np.intc)
        offsets = np.concatenate([[0], np.cumsum(sizes * (sizes + 1) // 2)])
        upper, lower = self.upper.astype(np.intc), self.lower.astype(np.intc)
        return Counted(sizes, offsets.astype(np.intc), upper[offsets[:-1]], upper, lower)

    def views(self, flat: Array) -> list[Array]:
        """Return the stacks of all groups without a copy."""
        return [group.view(flat) for group in self.groups]

    def spread(self, rows: Array) -> Array:
        """Return the flat vector that has the value of each svec row at both its entries, also of several columns."""
        flat = np.empty((self.dimension, *rows.shape[1:]))
        flat[self.upper] = flat[self.lower] = rows
        return flat

    def svec_from_flat(self, flat: Array) -> Array:
        """Return the svec rows of a flat vector."""
        return np.asarray(flat[self.upper] / self.weights)

    def identity(self, scales: Sequence[float]) -> Array:
        """Return one multiple of the identity a group."""
        flat = np.zeros(self.dimension)
        for group, scale in zip(self.groups, scales, strict=True):
            group.view(flat)[:] = scale * np.eye(group.size)
        return flat

    def lowest(self, flat: Array) -> float:
        """Return the smallest eigenvalue of all blocks."""
        low = np.inf
        for stack in self.views(flat):
            low = min(low, float(np.linalg.eigvalsh(stack).min(initial=np.inf)))
        return low


def make_cone(sizes: Sequence[int]) -> Cone:
    """Group the blocks of the given sizes; the last few that are not large are kept."""
    stated = tuple(sizes)
    return _known_cone(stated) if sum(size**2 for size in stated) <= rules.LARGEST_LAYOUT else _new_cone(stated)


@kept(rules.LAYOUTS)
def _known_cone(sizes: tuple[int, ...]) -> Cone:
    """Return what `_new_cone` does."""
    return _new_cone(sizes)


def _new_cone(sizes: tuple[int, ...]) -> Cone:
    """Return the groups of blocks of the given sizes."""
    table = np.asarray(sizes, dtype=np.intp)
    offsets = np.concatenate([[0], np.cumsum(table * (table + 1) // 2)]).astype(np.intp)
    upper, lower = np.zeros(offsets[-1], dtype=np.intp), np.zeros(offsets[-1], dtype=np.intp)
    weights = np.ones(offsets[-1])
    groups: list[Group] = []
    start = 0
    for size in np.unique(table[table > 0]).tolist():
        members = np.flatnonzero(table == size)
        row, column = svec_index(size)
        place = (offsets[members][:, None] + np.arange(row.shape[0])).ravel()
        first = start + np.arange(members.shape[0])[:, None] * size**2
        upper[place] = (first + row * size + column).ravel()
        lower[place] = (first + column * size + row).ravel()
        weights[place] = np.tile(np.where(row == column, 1.0, 1.0 / SQRT2), members.shape[0])
        groups.append(make_group(size, members.shape[0], start))
        start += members.shape[0] * size**2
    return Cone(tuple(groups), start, int(table.sum()), upper, lower, weights, sizes)
