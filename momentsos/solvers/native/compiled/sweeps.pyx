"""Sweeps over blocks and moments that bring the largest entry of each near 1, see `scaling`."""

import numpy as np

from libc.math cimport fabs, sqrt


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
