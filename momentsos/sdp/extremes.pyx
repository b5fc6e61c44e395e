"""The extreme eigenvalues of many small blocks, without the eigenvalues of all of them."""

import numpy as np

from libc.math cimport fabs, sqrt
from libc.string cimport memcpy
from scipy.linalg.cython_lapack cimport dsyevd


cdef bint _is_definite(int s, double shift, double* a) noexcept nogil:
    """Return whether a symmetric matrix is positive definite with a multiple of the unit added; it is overwritten."""
    cdef int i, j, k
    cdef double value
    cdef double* row
    cdef double* other
    for i in range(s):
        row = a + <Py_ssize_t>i * s
        row[i] += shift
        for j in range(i):
            other = a + <Py_ssize_t>j * s
            value = row[j]
            for k in range(j):
                value -= row[k] * other[k]
            row[j] = value * other[j]
            row[i] -= row[j] * row[j]
        if not row[i] > 0.0:
            return False
        row[i] = 1.0 / sqrt(row[i])
    return True


def widened(const double[:, :, ::1] stack, double low, double high):
    r"""Return how far below zero the eigenvalues of symmetric blocks go, and the largest absolute one.

    A block :math:`M` with :math:`\|M\|_F` up to the largest so far, and :math:`M + \text{low} I` positive definite by
    its Cholesky factorisation, changes neither; that leaves few. A factorisation that ends is the exact one of a matrix
    within rounding of the block (Higham, *Accuracy and Stability of Numerical Algorithms*, theorem 10.3), which is what
    eigenvalues are known to as well.

    Parameters
    ----------
    stack : (blocks, s, s) array
    low, high : float
        The same of other blocks, at least 0.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the eigenvalues of a block cannot be found.
    """
    cdef int s = stack.shape[1], room = 2 * s + 1, few = 1, code = 0
    cdef Py_ssize_t j, i, square = stack.shape[1] * stack.shape[1]
    cdef double[::1] copy = np.empty(square), values = np.empty(s), work = np.empty(room)
    cdef int[::1] counts = np.empty(1, dtype=np.intc)
    cdef const double* block
    cdef double norm
    with nogil:
        for j in range(stack.shape[0]):
            block, norm = &stack[j, 0, 0], 0.0
            for i in range(square):
                norm += block[i] * block[i]
            memcpy(&copy[0], block, square * sizeof(double))
            if sqrt(norm) <= high and _is_definite(s, low, &copy[0]):
                continue
            memcpy(&copy[0], block, square * sizeof(double))
            dsyevd("N", "L", &s, &copy[0], &s, &values[0], &work[0], &room, &counts[0], &few, &code)
            if code != 0:
                break
            low = max(low, -values[0])
            high = max(high, fabs(values[0]), fabs(values[s - 1]))
    if code != 0:
        raise np.linalg.LinAlgError("Eigenvalues did not converge")
    return low, high
