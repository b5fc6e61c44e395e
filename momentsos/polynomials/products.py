"""The product of two sparse polynomials, by array operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .exponents import Exponents, combine, row_keys, rows_from_keys, sum_by_index

#: Dense accumulation is used while the table of packed exponents stays below this many entries (8 bytes each).
_TABLE_ENTRIES = 2**25
#: From this many pairs of terms on it pays to list the keys that occur.
_MANY_PAIRS = 10**6
#: Pairs of terms that are expanded at a time.
_CHUNK = 2**21


def multiply_terms(
    left: Exponents, a: NDArray[Any], right: Exponents, b: NDArray[Any]
) -> tuple[Exponents, NDArray[Any]]:
    """Return exponents and coefficients of the product; like terms may occur more than once.

    Exponents are packed into integers (Kronecker substitution), so that a product of monomials is a sum of
    integers. When the box of possible exponents is small, one table over that box collects the coefficients:
    a row of the smaller factor at a time, without any sorting. Otherwise chunks of pairs are merged.
    """
    if len(a) > len(b):
        left, a, right, b = right, b, left, a
    if len(a) == 0:
        return left, a
    top = left.max(axis=0, initial=0) + right.max(axis=0, initial=0) + 1
    entries = int(np.prod(top.astype(object)))
    if a.dtype != object and entries <= min(_TABLE_ENTRIES, 16 * len(a) * len(b) + 1024):
        return _by_table(left, a, right, b, top, entries)
    if a.dtype != object and len(a) * len(b) >= _MANY_PAIRS:
        middle = len(top) // 2
        first = _Half.of(left, right, top, slice(0, middle))
        second = _Half.of(left, right, top, slice(middle, None))
        if first and second and len(first.keys) * len(second.keys) <= _TABLE_ENTRIES:
            return _by_two_tables(a, b, first, second)
    return _by_chunks(left, a, right, b)


def _by_table(
    left: Exponents,
    a: NDArray[np.float64],
    right: Exponents,
    b: NDArray[np.float64],
    top: NDArray[np.int64],
    entries: int,
) -> tuple[Exponents, NDArray[np.float64]]:
    strides = np.concatenate([np.cumprod(top[::-1])[::-1][1:], [1]])[: len(top)].astype(np.int64)  # none of no variable
    left_keys, right_keys = left @ strides, right @ strides
    table = np.zeros(entries)
    for key, value in zip(left_keys.tolist(), a.tolist(), strict=True):
        table[right_keys + key] += value * b  # the keys of one factor are distinct, so nothing is lost
    keys = np.flatnonzero(table)
    return (keys[:, None] // strides) % top, table[keys]


@dataclass(frozen=True, eq=False)
class _Half:
    """Some of the columns of both factors, packed, and the list of keys that their products can have.

    Attributes
    ----------
    left, right : integer arrays
        Packed columns of the two factors; the key of a product is the sum.
    keys : sorted integer array
        The sums that occur.
    place : integer array
        From a sum to its place in `keys`.
    strides, top : integer arrays
        To unpack keys.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    keys: NDArray[np.int64]
    place: NDArray[np.int64]
    strides: NDArray[np.int64]
    top: NDArray[np.int64]

    @classmethod
    def of(cls, left: Exponents, right: Exponents, top: NDArray[np.int64], columns: slice) -> _Half | None:
        """Pack the columns; None when the keys or their sums are too many to list."""
        top = top[columns]
        if int(np.prod(top.astype(object))) > _TABLE_ENTRIES:
            return None
        strides = np.concatenate([np.cumprod(top[::-1])[::-1][1:], [1]]).astype(np.int64)
        packed = left[:, columns] @ strides, right[:, columns] @ strides
        distinct = np.unique(packed[0]), np.unique(packed[1])
        if len(distinct[0]) * len(distinct[1]) > _TABLE_ENTRIES:
            return None
        keys = np.unique(np.add.outer(*distinct))
        place = np.zeros(int(keys[-1]) + 1, dtype=np.int64)
        place[keys] = np.arange(len(keys))
        return cls(*packed, keys, place, strides, top)

    def unpack(self, places: NDArray[np.int64]) -> Exponents:
        return np.asarray(self.keys[places][:, None] // self.strides % self.top)


def _by_two_tables(
    a: NDArray[np.float64], b: NDArray[np.float64], first: _Half, second: _Half
) -> tuple[Exponents, NDArray[np.float64]]:
    """Collect the coefficients in a table over pairs of the keys that occur in each half of the variables."""
    width = len(second.keys)
    table = np.zeros(len(first.keys) * width)
    for i, value in enumerate(a.tolist()):
        place = first.place[first.left[i] + first.right] * width + second.place[second.left[i] + second.right]
        table[place] += value * b
    found = np.flatnonzero(table)
    return np.column_stack([first.unpack(found // width), second.unpack(found % width)]), table[found]


def _by_chunks(left: Exponents, a: NDArray[Any], right: Exponents, b: NDArray[Any]) -> tuple[Exponents, NDArray[Any]]:
    """Merge like terms a slab of pairs at a time, on packed keys where 62 bits hold them."""
    radix = int(left.sum(axis=1).max(initial=0) + right.sum(axis=1).max(initial=0)) + 1
    left_keys, right_keys = row_keys(left, radix), row_keys(right, radix)
    step = max(1, _CHUNK // len(b))
    if left_keys is None or right_keys is None:
        rows, values = left[:0], a[:0]
        for start in range(0, len(a), step):
            part = slice(start, start + step)
            pairs = (left[part, None, :] + right[None, :, :]).reshape(-1, left.shape[1])
            merged, sums = combine(pairs, np.multiply.outer(a[part], b).reshape(-1))
            rows, values = combine(np.concatenate([rows, merged]), np.concatenate([values, sums]))
        return rows, values
    keys, values = np.zeros(0, dtype=np.int64), a[:0]
    for start in range(0, len(a), step):
        part = slice(start, start + step)
        slab = np.add.outer(left_keys[part], right_keys).reshape(-1)
        products = np.multiply.outer(a[part], b).reshape(-1)
        keys, index = np.unique(np.concatenate([keys, slab]), return_inverse=True)
        values = sum_by_index(np.concatenate([values, products]), index.reshape(-1), len(keys))
    return rows_from_keys(keys, radix, left.shape[1]), values
