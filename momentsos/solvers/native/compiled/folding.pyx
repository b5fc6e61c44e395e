"""The different rows of the blocks of a program: those that are multiples of each other are kept once."""

import numpy as np

from libc.math cimport fabs
from libc.string cimport memset

cdef enum:
    EMPTY = 0


cdef double _ratio(int length, const int* columns, const double* values, const int* others,
                   const double* known) noexcept nogil:
    """Return what a row is times another one, up to a relative difference of 1e-12, or 0 where it is no multiple."""
    cdef int e
    cdef double ratio
    for e in range(length):
        if columns[e] != others[e]:
            return 0.0
    ratio = values[0] / known[0]
    for e in range(1, length):
        if not fabs(values[e] - ratio * known[e]) <= 1e-12 * fabs(values[e]):
            return 0.0
    return ratio


def fold_rows(const int[::1] offsets, const int[::1] pointers, const int[::1] columns, const double[::1] values):
    """Find the different rows of each block.

    Parameters
    ----------
    offsets : (blocks + 1,) array
        Where the rows of each block begin.
    pointers, columns, values : arrays
        The rows, compressed, without zeros, their columns ascending.

    Returns
    -------
    member, factor : (rows,) arrays
        The number of the different row, and what it is multiplied by, 0 for an empty row.
    heads : (blocks + 1,) array
        The numbers with which the different rows of each block begin.
    first : (different,) array
        A row that each of them is.
    """
    cdef int n_blocks = offsets.shape[0] - 1, n_rows = pointers.shape[0] - 1, j
    cdef int[::1] member = np.zeros(n_rows, dtype=np.intc), heads = np.zeros(n_blocks + 1, dtype=np.intc)
    cdef int[::1] first = np.empty(n_rows, dtype=np.intc)
    cdef double[::1] factor = np.zeros(n_rows)
    cdef int size = 4, tallest = 0
    for j in range(n_blocks):
        tallest = max(tallest, offsets[j + 1] - offsets[j])
    while size < 2 * tallest:
        size *= 2
    cdef int[::1] table = np.zeros(size, dtype=np.intc)  # numbers of different rows, from 1 on
    cdef int r, e, at, length, found, count = 0
    cdef unsigned int hashed
    cdef double ratio
    with nogil:
        for j in range(n_blocks):
            heads[j] = count
            memset(&table[0], EMPTY, size * sizeof(int))
            for r in range(offsets[j], offsets[j + 1]):
                at = pointers[r]
                length = pointers[r + 1] - at
                if length == 0:
                    continue
                hashed = length
                for e in range(at, at + length):
                    hashed = hashed * 2654435761u + columns[e]
                hashed ^= hashed >> 15
                while True:
                    hashed = (hashed + 1) & (size - 1)
                    found = table[hashed]
                    if found == EMPTY:
                        first[count] = r
                        count += 1
                        table[hashed] = count
                        member[r], factor[r] = count - 1, 1.0
                        break
                    e = first[found - 1]
                    if pointers[e + 1] - pointers[e] != length:
                        continue
                    ratio = _ratio(length, &columns[at], &values[at], &columns[pointers[e]], &values[pointers[e]])
                    if ratio != 0.0:
                        member[r], factor[r] = found - 1, ratio
                        break
        heads[n_blocks] = count
    return np.asarray(member), np.asarray(factor), np.asarray(heads), np.asarray(first)[:count]
