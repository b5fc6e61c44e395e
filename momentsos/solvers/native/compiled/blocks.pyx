"""Kernels on one small symmetric matrix, stored row by row in full; of a triangular one the lower half counts.

Plain loops: at these sizes a call of LAPACK costs more than the arithmetic. Large products go to BLAS.
"""

import numpy as np

from libc.math cimport INFINITY, fabs, sqrt
from scipy.linalg.cython_blas cimport dgemm
from scipy.linalg.cython_lapack cimport dsyev

cdef extern from "kernels.h" nogil:
    void multiply(int s, const double* left, const double* right, double* result)

cdef enum:  # the largest matrices that are multiplied by loops, and whose eigenvalues are found by rotations
    LOOPS = 16
    ROTATIONS = 5


cdef int factor(int s, const double* matrix, double* lower) noexcept nogil:
    """Write the Cholesky factor of `matrix`, which may be in the same place; return 1 when it is not definite."""
    cdef int i, j, k
    cdef double value
    for i in range(s):
        for j in range(i + 1):
            value = matrix[i * s + j]
            for k in range(j):
                value -= lower[i * s + k] * lower[j * s + k]
            if j < i:
                lower[i * s + j] = value / lower[j * s + j]
            elif value > 0.0:
                lower[i * s + i] = sqrt(value)
            else:  # also where it is not a number
                return 1
    return 0


cdef void invert(int s, const double* lower, double* inverse) noexcept nogil:
    """Write the inverse of a lower triangular matrix, by forward substitution row after row."""
    cdef int i, j, k
    cdef double share
    for i in range(s):
        for j in range(i):
            inverse[i * s + j] = 0.0
        for k in range(i):
            share = lower[i * s + k]
            for j in range(k + 1):
                inverse[i * s + j] -= share * inverse[k * s + j]
        share = 1.0 / lower[i * s + i]
        for j in range(i):
            inverse[i * s + j] *= share
        inverse[i * s + i] = share


cdef void gram_of_root(int s, const double* root, double* matrix) noexcept nogil:
    """Write `RᵀR` for a lower triangular `R`."""
    cdef int i, j, k
    cdef double share
    for i in range(s):
        for j in range(i + 1):
            matrix[i * s + j] = 0.0
    for k in range(s):
        for i in range(k + 1):
            share = root[k * s + i]
            for j in range(i + 1):
                matrix[i * s + j] += share * root[k * s + j]
    for i in range(s):
        for j in range(i):
            matrix[j * s + i] = matrix[i * s + j]


cdef void _multiply(int s, const double* left, const double* right, double* result) noexcept nogil:
    """Write the product of two full matrices."""
    cdef double one = 1.0, zero = 0.0
    if s > LOOPS:  # row by row means transposed to BLAS: (LR)ᵀ = RᵀLᵀ
        dgemm("N", "N", &s, &s, &s, &one, <double*>right, &s, <double*>left, &s, &zero, result, &s)
    else:
        multiply(s, left, right, result)


cdef void sandwich(int s, const double* left, const double* middle, const double* right, double* work,
                   double* result) noexcept nogil:
    """Write the symmetric part of `left · middle · right`; `work` has room for two matrices."""
    cdef int i, j
    cdef double* full = work + s * s
    if s == 1:
        result[0] = left[0] * middle[0] * right[0]
        return
    _multiply(s, left, middle, work)
    _multiply(s, work, right, full)
    for i in range(s):
        for j in range(i):
            result[i * s + j] = result[j * s + i] = 0.5 * (full[i * s + j] + full[j * s + i])
        result[i * s + i] = full[i * s + i]


cdef double _rotated(int s, double* matrix) noexcept nogil:
    """Return the smallest eigenvalue by Jacobi's method (Golub, Van Loan, *Matrix Computations*, section 8.5)."""
    cdef int sweep, p, q, k
    cdef double off, size, theta, tangent, cosine, sine, first, second
    for sweep in range(15):
        off = size = 0.0
        for p in range(s):
            size += matrix[p * s + p] * matrix[p * s + p]
            for q in range(p):
                off += matrix[p * s + q] * matrix[p * s + q]
        if not off > 1e-26 * size:
            break
        for p in range(s):
            for q in range(p + 1, s):
                if matrix[q * s + p] == 0.0:
                    continue
                theta = 0.5 * (matrix[q * s + q] - matrix[p * s + p]) / matrix[q * s + p]
                tangent = (1.0 if theta >= 0.0 else -1.0) / (fabs(theta) + sqrt(theta * theta + 1.0))
                cosine = 1.0 / sqrt(tangent * tangent + 1.0)
                sine = tangent * cosine
                for k in range(s):
                    first, second = matrix[k * s + p], matrix[k * s + q]
                    matrix[k * s + p] = cosine * first - sine * second
                    matrix[k * s + q] = sine * first + cosine * second
                for k in range(s):
                    first, second = matrix[p * s + k], matrix[q * s + k]
                    matrix[p * s + k] = cosine * first - sine * second
                    matrix[q * s + k] = sine * first + cosine * second
    size = matrix[0]
    for p in range(1, s):
        size = min(size, matrix[p * s + p])
    return size


cdef double _smallest_eigenvalue(int s, double* matrix, double* work) noexcept nogil:
    """Return the smallest eigenvalue of a matrix given by its lower half; it is overwritten."""
    cdef int i, j, info, room = 3 * s
    if s > ROTATIONS:  # the lower half row by row is the upper one to LAPACK
        dsyev("N", "U", &s, matrix, &s, work, work + s, &room, &info)
        return work[0] if info == 0 else -INFINITY
    for i in range(s):
        for j in range(i):
            matrix[j * s + i] = matrix[i * s + j]
    return _rotated(s, matrix)


cdef double lowest_of_lower(int s, double* full, double bound, double* half) noexcept nogil:
    """Return the smallest eigenvalue of a matrix given by its lower half, or `bound` where it is not below that.

    The matrix is overwritten; `half` has room for another one and four rows.
    """
    cdef int i, j
    for i in range(s):
        for j in range(i):
            half[i * s + j] = full[i * s + j]
        half[i * s + i] = full[i * s + i] - bound
    if factor(s, half, half) == 0:
        return bound
    return min(bound, _smallest_eigenvalue(s, full, half))


cdef double lowest(int s, const double* root, const double* change, double bound, double* work) noexcept nogil:
    """Return the smallest eigenvalue of `R D Rᵀ` (`R` lower triangular), or `bound` where it is not below that.

    A Cholesky factorisation of the matrix less `bound` tells, at a fraction of the price of eigenvalues, so that
    over many blocks these are found for few. `work` has room for two matrices and four rows.
    """
    cdef int i, j, k
    cdef double share, value
    cdef double* half = work
    cdef double* full = work + s * s
    if s == 1:
        return min(bound, root[0] * root[0] * change[0])
    for i in range(s):
        for j in range(s):
            half[i * s + j] = root[i * s] * change[j]
        for k in range(1, i + 1):
            share = root[i * s + k]
            for j in range(s):
                half[i * s + j] += share * change[k * s + j]
    for i in range(s):
        for j in range(i + 1):
            value = 0.0
            for k in range(j + 1):
                value += half[i * s + k] * root[j * s + k]
            full[i * s + j] = value
    return lowest_of_lower(s, full, bound, half)


def lowest_of(const double[:, :, ::1] roots, const double[:, :, ::1] changes, double bound):
    """Return the smallest eigenvalue of `R D Rᵀ` over stacks of `R` and `D`, or `bound` where none is below that."""
    cdef int s = roots.shape[1]
    cdef Py_ssize_t j
    cdef double[::1] work = np.empty(2 * s * (s + 2))
    with nogil:
        for j in range(roots.shape[0]):
            bound = lowest(s, &roots[j, 0, 0], &changes[j, 0, 0], bound, &work[0])
    return bound
