r"""Arrays of exponents: ordering, lookup and the merging of like terms.

A monomial :math:`x^\alpha` is a row :math:`\alpha` of an integer array of shape ``(terms, n)``. Rows are kept
in graded lexicographic order: by total degree, then with larger exponents of earlier variables first, so that
:math:`1, x, y, x^2, xy, y^2, \dots`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Exponents = NDArray[np.int64]

#: No polynomial has a larger degree: nothing here could evaluate it, and exponents must not overflow.
MAX_DEGREE = 10_000

#: Keys are packed into one int64; beyond this the rows themselves are sorted.
_MAX_KEY = 2**62


def row_keys(exponents: Exponents, radix: int) -> NDArray[np.int64] | None:
    """Return one integer a row whose order is the graded lexicographic order, or None when 62 bits are too few.

    Keys are additive: the key of a product is the sum of the keys, as long as all degrees stay below `radix`.
    """
    n = exponents.shape[1]
    if radix ** (n + 1) >= _MAX_KEY:
        return None
    # Total degree first; within a degree, larger exponents of earlier variables come first (smaller key).
    weights = radix ** np.arange(n, -1, -1, dtype=np.int64)
    return np.asarray(exponents @ (weights[0] - weights[1:]))


def rows_from_keys(keys: NDArray[np.int64], radix: int, n: int) -> Exponents:
    """Return the exponents whose `row_keys` are `keys`."""
    weights = radix ** np.arange(n, -1, -1, dtype=np.int64)
    below = -keys % weights[0]  # what the degree left out: the exponents in mixed radix
    return np.asarray(below[:, None] // weights[1:] % radix)


def graded_order(exponents: Exponents) -> NDArray[np.intp]:
    """Return the permutation that sorts the rows in graded lexicographic order."""
    columns = [-exponents[:, i] for i in range(exponents.shape[1] - 1, -1, -1)]
    return np.lexsort([*columns, exponents.sum(axis=1)]).astype(np.intp)


def unique_rows(exponents: Exponents) -> tuple[Exponents, NDArray[np.intp]]:
    """Return the distinct rows in graded order and, for every row, which of them it is."""
    if len(exponents) == 0:
        return exponents, np.zeros(0, dtype=np.intp)
    keys = row_keys(exponents, int(exponents.sum(axis=1).max()) + 1)
    if keys is not None:
        order = np.argsort(keys, kind="stable")  # what np.unique does, at half its cost for short lists
        ordered = keys[order]
        new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
        inverse = np.empty(len(keys), dtype=np.intp)
        inverse[order] = np.cumsum(new) - 1
        return exponents[order[new]], inverse
    order = graded_order(exponents)
    rows = exponents[order]
    new = np.concatenate([[True], (rows[1:] != rows[:-1]).any(axis=1)])
    inverse = np.empty(len(rows), dtype=np.intp)
    inverse[order] = np.cumsum(new) - 1
    return rows[new], inverse


def sum_by_index(values: NDArray, index: NDArray[np.intp], size: int) -> NDArray:
    """Add up `values` (floats or fractions) that share an index, shape ``(size,)``."""
    if values.dtype != object:
        return np.bincount(index, weights=values, minlength=size)
    total = np.zeros(size, dtype=object)
    np.add.at(total, index, values)
    return total


def combine(exponents: Exponents, coefficients: NDArray) -> tuple[Exponents, NDArray]:
    """Merge like terms, drop zeros, and sort in graded order."""
    rows, index = unique_rows(exponents)
    values = sum_by_index(coefficients, index, len(rows))
    keep = values != 0
    return rows[keep], values[keep]


@dataclass(frozen=True, eq=False)
class ExponentIndex:
    """A set of monomials with vectorised lookup.

    Attributes
    ----------
    rows : (size, n) integer array
        Distinct exponents in graded order.
    """

    rows: Exponents
    _find: Callable[[Exponents], NDArray[np.intp]]

    @classmethod
    def of(cls, rows: Exponents) -> ExponentIndex:
        """Index the distinct rows of `rows`."""
        rows, _ = unique_rows(rows)
        radix = int(rows.sum(axis=1).max(initial=0)) + 1
        keys = row_keys(rows, radix)

        def find_by_key(wanted: Exponents) -> NDArray[np.intp]:
            assert keys is not None
            inside = wanted.sum(axis=1) < radix
            wanted_keys = row_keys(np.where(inside[:, None], wanted, 0), radix)
            assert wanted_keys is not None
            place = np.minimum(np.searchsorted(keys, wanted_keys), len(keys) - 1)
            found = inside & (keys[place] == wanted_keys) if len(keys) else np.zeros(len(wanted), dtype=bool)
            return np.where(found, place, -1).astype(np.intp)

        def find_by_row(wanted: Exponents) -> NDArray[np.intp]:
            table = {row.tobytes(): i for i, row in enumerate(rows)}
            contiguous = np.ascontiguousarray(wanted, dtype=np.int64)
            return np.array([table.get(row.tobytes(), -1) for row in contiguous], dtype=np.intp)

        return cls(rows, find_by_row if keys is None else find_by_key)

    def __len__(self) -> int:
        return len(self.rows)

    def find(self, exponents: Exponents) -> NDArray[np.intp]:
        """Return the position of every row of `exponents`, -1 where it is not in the set."""
        return self._find(exponents)
