"""The dense data of a group of blocks, by its different entries where that is cheaper; see `folding`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...arrays import Array
from ...prepare.cost import compressing_pays, patterns_pay, triangles_pay
from .congruence import balance, congruent, moved
from .entries import Entries
from .folding import Folding


@dataclass(frozen=True, eq=False)
class Patterns:
    """The dense data of a group, by its different entries where that is cheaper.

    Attributes
    ----------
    basis : (s, s · h) array or None
    data : (count, h, columns) array, or (count, s, s · columns) without a basis
        The different entries over the moments, or the blocks themselves.
    is_small : bool
        Whether the rows of whole blocks cost less than finding the congruences that need only those of triangles.
    """

    basis: Array | None
    data: Array
    is_small: bool

    @property
    def width(self) -> int:
        """The number of columns."""
        return self.data.shape[2] if self.basis is not None else self.data.shape[2] // self.data.shape[1]

    def rows(self, part: slice, left: Array, lower: Array, right: Array) -> Array:
        r"""Return a factor `T` of each block's term :math:`T^\top T`, shape (blocks, rows, columns).

        Parameters
        ----------
        part : slice
            Which blocks.
        left, lower, right : (count, s, s) arrays
            The Cholesky factors of `X` and of `S`, and the inverse of the latter.
        """
        data = self.data[part]
        moving = data if self.basis is None else self.basis
        if self.is_small:
            factor = moved(moving, left[part].swapaxes(1, 2), right[part])
        else:
            factor = congruent(moving, *balance(left[part], lower[part]))
        if self.basis is None:
            return factor
        if compressing_pays(factor.shape[1], factor.shape[2], data.shape[2]):
            factor = np.asarray(np.linalg.qr(factor, mode="r"))
        return np.asarray(factor @ data)


def _columns(entries: Entries, rows: int, moments: tuple[NDArray[np.intp], ...]) -> NDArray[np.intp]:
    """Return the place of the moment of each entry among those of its block, which has `rows` rows."""
    lengths = np.array([own.shape[0] for own in moments])
    starts = np.cumsum(lengths) - lengths
    keys = np.repeat(np.arange(len(moments)), lengths) * entries.n + np.concatenate(moments)
    block = entries.rows // rows
    return np.asarray(np.searchsorted(keys, block * entries.n + entries.moments) - starts[block])


def make_patterns(folding: Folding, moments: tuple[NDArray[np.intp], ...] | None, width: int) -> Patterns:
    """Return the dense data of a group, its columns the moments of each block in `moments`, or all for None."""
    group, h = folding.group, folding.different
    area, basis = group.size**2, None
    entries, rows = folding.entries, h
    if patterns_pay(group.size, h):
        basis = folding.basis()
    else:
        entries, rows = folding.unfolded(), area
    data = np.zeros((group.count * rows, width))
    columns = entries.moments if moments is None else _columns(entries, rows, moments)
    np.add.at(data, (entries.rows, columns), entries.values)
    shape = (group.count, group.size, group.size * width) if basis is None else (group.count, h, width)
    return Patterns(basis, data.reshape(shape), not triangles_pay(group.size, group.count, width))
