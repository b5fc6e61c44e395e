r"""Arrays of exponents: ordering, lookup and the merging of like terms.

A monomial :math:`x^\alpha` is a row :math:`\alpha` of an integer array of shape ``(terms, n)``. Rows are kept
in graded lexicographic order: by total degree, then with larger exponents of earlier variables first, so that
:math:`1, x, y, x^2, xy, y^2, \dots`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..machine.records import Record
from ..machine.remembered import remembered

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


def words_of(exponents: Exponents, length: int, columns: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Return monomials of degree at most `length` as words: their variables, each as often as its exponent says.

    Words are short where there are many variables and degrees are low. Variables are counted from 1 and stand in
    order; zeros come before them.

    Parameters
    ----------
    exponents : (rows, width) integer array
    length : int
        At least the degree of every row.
    columns : (width,) integer array, optional
        Which variables the columns are, in increasing order; by default all.

    Returns
    -------
    (rows, length) integer array
    """
    names = np.arange(1, exponents.shape[1] + 1) if columns is None else columns + 1
    rows, places = np.nonzero(exponents)
    counts = exponents[rows, places]
    degree = exponents.sum(axis=1)
    letters, owner = np.repeat(names[places], counts), np.repeat(rows, counts)
    begins = np.cumsum(degree) - degree
    words = np.zeros((len(exponents), length), dtype=np.int64)
    words[owner, np.arange(len(owner)) - begins[owner] + (length - degree)[owner]] = letters
    return words


def word_keys(words: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return words over `n` variables as integers, shape (rows, parts); their lexicographic order is the graded one.

    Of equal degree, larger exponents of earlier variables make the word smaller; lower degrees begin with more zeros.
    """
    room = max(1, int(62 / np.log2(n + 1.5)))  # letters that fit into one integer
    ends = range(words.shape[1], 0, -room)
    parts = [_packed(words[:, max(0, end - room) : end], n + 1) for end in reversed(ends)]
    return np.column_stack(parts) if parts else np.zeros((len(words), 1), dtype=np.int64)


def _packed(words: NDArray[np.int64], radix: int) -> NDArray[np.int64]:
    packed = np.zeros(len(words), dtype=np.int64)
    for letter in words.T:
        packed = packed * radix + letter
    return packed


def _keys_of_rows(exponents: Exponents, length: int) -> NDArray[np.int64]:
    return word_keys(words_of(exponents, length), exponents.shape[1])


def unique_keys(keys: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each distinct row of `keys` occurs, in lexicographic order, and for every row which it is."""
    new = np.ones(len(keys), dtype=bool)
    if keys.shape[1] == 1:  # what np.unique does, at half its cost for short lists
        order = np.argsort(keys[:, 0], kind="stable")
        ordered = keys[order, 0]
        np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    else:
        order = np.lexsort(keys.T[::-1])
        ordered = keys[order]
        new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    inverse = np.empty(len(keys), dtype=np.intp)
    inverse[order] = np.cumsum(new) - 1
    return order[new], inverse


@remembered
def unique_rows(exponents: Exponents) -> tuple[Exponents, NDArray[np.intp]]:
    """Return the distinct rows in graded order and, for every row, which of them it is; neither is to be written to."""
    if len(exponents) == 0:
        return exponents, np.zeros(0, dtype=np.intp)
    degree = int(exponents.sum(axis=1).max())
    keys = row_keys(exponents, degree + 1)
    first, inverse = unique_keys(_keys_of_rows(exponents, degree) if keys is None else keys[:, None])
    rows = exponents[first]
    rows.setflags(write=False)
    inverse.setflags(write=False)
    return rows, inverse


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
    if len(rows) and np.count_nonzero(values) == len(rows):
        return rows, values
    keep = values != 0
    return rows[keep], values[keep]


@dataclass(frozen=True, eq=False, repr=False)
class ExponentIndex(Record):
    """A set of monomials with vectorised lookup.

    Attributes
    ----------
    rows : (size, n) integer array
        Distinct exponents in graded order.
    radix : int
        More than all total degrees.
    keys : (size,) integer array or None
        The `row_keys` of the rows, None where 62 bits are too few.
    words : (size, parts) integer array or None
        Then the `word_keys` instead.
    """

    rows: Exponents
    radix: int
    keys: NDArray[np.int64] | None
    words: NDArray[np.int64] | None

    @classmethod
    def of(cls, rows: Exponents) -> ExponentIndex:
        """Index the distinct rows of `rows`."""
        return cls.numbering(rows)[0]

    @classmethod
    @remembered
    def numbering(cls, rows: Exponents) -> tuple[ExponentIndex, NDArray[np.intp]]:
        """Index the distinct rows of `rows`, and return the position of every row too."""
        rows, number = unique_rows(rows)
        radix = int(rows.sum(axis=1).max(initial=0)) + 1
        keys = row_keys(rows, radix)
        return cls(rows, radix, keys, _keys_of_rows(rows, radix - 1) if keys is None else None), number

    def __len__(self) -> int:
        return len(self.rows)

    def find(self, exponents: Exponents) -> NDArray[np.intp]:
        """Return the position of every row of `exponents`, -1 where it is not in the set."""
        inside = exponents.sum(axis=1) < self.radix
        low = exponents if inside.all() else np.where(inside[:, None], exponents, 0)
        return np.where(inside, self._find(low), -1).astype(np.intp)

    def _find(self, wanted: Exponents) -> NDArray[np.intp]:
        """Return the position of rows whose degrees are below the radix."""
        if self.words is not None:
            first, inverse = unique_keys(np.concatenate([self.words, _keys_of_rows(wanted, self.radix - 1)]))
            return np.where(first < len(self.words), first, -1)[inverse[len(self.words) :]]
        asked = row_keys(wanted, self.radix)
        assert self.keys is not None and asked is not None  # as many variables, so that the same bits are enough
        if not len(self.keys):
            return np.full(len(wanted), -1, dtype=np.intp)
        place = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        return np.where(self.keys[place] == asked, place, -1)
