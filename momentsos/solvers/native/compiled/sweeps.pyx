"""Scaling, see `scaling` and `geometric`: sweeps over blocks and moments, and sums over blocks that are alike."""

import numpy as np

from libc.math cimport fabs, sqrt
from libc.string cimport memcmp


def sweep(const int[::1] offsets, const int[::1] pointers, const int[::1] columns, const double[::1] values,
          const double[::1] rows, double[::1] moments, int turns):
    """Divide blocks and moments by the square roots of their largest entries, several times.

    Parameters
    ----------
    offsets : (blocks + 1,) array
        Where the rows of each block begin.
    pointers, columns, values : arrays
        The rows, compressed.
    rows : (rows,) array
        What they are multiplied by.
    moments : (n,) array
        The scales of the moments, changed in place.

    Returns
    -------
    (blocks,) array
        The factors of the blocks.
    """
    cdef int n_blocks = offsets.shape[0] - 1, n = moments.shape[0], j, r, e, c, turn
    cdef double[::1] factors = np.ones(n_blocks), tops = np.empty(n)
    cdef double top, value, share
    with nogil:
        for turn in range(turns):
            tops[:] = 0.0
            for j in range(n_blocks):
                top = 0.0
                for r in range(offsets[j], offsets[j + 1]):
                    share = rows[r]
                    for e in range(pointers[r], pointers[r + 1]):
                        c = columns[e]
                        value = fabs(values[e]) * share * factors[j] * moments[c]
                        top = max(top, value)
                        tops[c] = max(tops[c], value)
                if top > 0.0:
                    factors[j] /= sqrt(top)
            for c in range(n):
                if tops[c] > 0.0:
                    moments[c] /= sqrt(tops[c])
    return np.asarray(factors)


def alike(const int[::1] sizes, const int[::1] offsets, const int[::1] pointers, const int[::1] columns):
    """Return for each block the first one that has its size and its non-zeros; see `geometric`."""
    cdef int n_blocks = sizes.shape[0], room = 4, j, r, e, i, k
    while room < 2 * n_blocks:
        room *= 2
    cdef int[::1] table = np.full(room, -1, dtype=np.intc), found = np.empty(n_blocks, dtype=np.intc)
    cdef unsigned int hashed
    with nogil:
        for j in range(n_blocks):
            hashed = sizes[j]
            for r in range(offsets[j], offsets[j + 1]):
                hashed = hashed * 2654435761u + (pointers[r + 1] - pointers[r])
            for e in range(pointers[offsets[j]], pointers[offsets[j + 1]]):
                hashed = hashed * 2654435761u + columns[e]
            hashed ^= hashed >> 15
            while True:
                hashed &= room - 1
                k = table[hashed]
                if k < 0:
                    table[hashed] = k = j
                if _same(sizes[j], sizes[k], &pointers[offsets[j]], &pointers[offsets[k]], &columns[0]):
                    found[j] = k
                    break
                hashed += 1
    return np.asarray(found)


cdef bint _same(int size, int other, const int* one, const int* two, const int* columns) noexcept nogil:
    """Return whether blocks of two sizes, whose rows begin at the pointers, have the same non-zeros."""
    cdef int height = size * (size + 1) // 2, shift = two[0] - one[0], r
    if size != other:
        return False
    for r in range(height):
        if two[r + 1] - one[r + 1] != shift:
            return False
    return memcmp(columns + one[0], columns + two[0], (one[height] - one[0]) * sizeof(int)) == 0


def normal_equations(const int[::1] sizes, const int[::1] offsets, const int[::1] pointers, const int[::1] columns,
                     const double[::1] logarithms, const int[::1] like, const int[::1] first,
                     const int[::1] other_moments, const int[::1] other_rows, const double[::1] others, int n,
                     int rest):
    """Return the normal equations of `geometric`.

    Parameters
    ----------
    sizes, offsets, pointers, columns : arrays
        As in `alike`.
    logarithms : array
        The right side for each non-zero.
    like : (blocks,) array
        The block that stands for each.
    first : (blocks,) array
        The number of the first unknown of a block that stands for others or itself.
    other_moments, other_rows, others : arrays
        The moment, the other unknown and the right side of equations for two unknowns.
    n, rest : int
        How many moments there are, and how many other unknowns.

    Returns
    -------
    coupling, pairs : (n, rest) and (rest, rest) arrays
        The products of unknowns, moments with others and others among each other, of these the lower half.
    own : (n,) array
        The squares of the moments.
    right : (n + rest,) array
    """
    cdef int n_blocks = sizes.shape[0], n_others = others.shape[0], j, k, r, i, e, c, a, b, length
    cdef double[:, ::1] coupling = np.zeros((n, rest)), pairs = np.zeros((rest, rest))
    cdef double[::1] own = np.zeros(n), right = np.zeros(n + rest), counts = np.zeros(n_blocks)
    cdef double value, weight
    with nogil:
        for j in range(n_blocks):
            counts[like[j]] += 1.0
        for j in range(n_blocks):
            r, weight = offsets[j], counts[j]
            for k in range(sizes[j]):
                b = first[like[j]] + k
                for i in range(k + 1):
                    a, value, length = first[like[j]] + i, 0.0, pointers[r + 1] - pointers[r]
                    for e in range(pointers[r], pointers[r + 1]):
                        value += logarithms[e]
                        right[columns[e]] += logarithms[e]
                    right[n + a] += value
                    right[n + b] += value
                    if weight > 0.0:
                        pairs[a, a] += weight * length
                        pairs[b, b] += weight * length
                        # An entry of the diagonal has its unknown twice: the square of two is four.
                        pairs[b, a] += weight * length * (2.0 if i == k else 1.0)
                        for e in range(pointers[r], pointers[r + 1]):
                            c = columns[e]
                            own[c] += weight
                            coupling[c, a] += weight
                            coupling[c, b] += weight
                    r += 1
        for e in range(n_others):
            c, a = other_moments[e], other_rows[e]
            own[c] += 1.0
            pairs[a, a] += 1.0
            coupling[c, a] += 1.0
            right[c] += others[e]
            right[n + a] += others[e]
    return np.asarray(coupling), np.asarray(pairs), np.asarray(own), np.asarray(right)


def sides(const int[::1] sizes, const int[::1] offsets, const int[::1] pointers, const int[::1] columns,
          const double[::1] logarithms, const double[::1] moments):
    """Return for each row of each block the sum of what the moments leave of its right sides."""
    cdef int n_blocks = sizes.shape[0], j, k, r = 0, i, e, at = 0
    cdef double[::1] found = np.zeros(int(np.sum(sizes)))
    cdef double value
    with nogil:
        for j in range(n_blocks):
            for k in range(sizes[j]):
                for i in range(k + 1):
                    value = 0.0
                    for e in range(pointers[r], pointers[r + 1]):
                        value += logarithms[e] - moments[columns[e]]
                    found[at + i] += value
                    found[at + k] += value
                    r += 1
            at += sizes[j]
    return np.asarray(found)
