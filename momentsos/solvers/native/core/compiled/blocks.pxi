"""Kernels on one small symmetric matrix, stored row by row in full; of a triangular one the lower half counts.

Plain loops: at these sizes a call of LAPACK costs more than the arithmetic. Larger matrices go to BLAS and LAPACK.
"""


cdef extern from "eigen.h" nogil:
    size_t eigen_size(int n)
    double smallest_eigenvalue(int n, const double* lower, double high, double precision, double* work)

cdef extern from "matrices.h" nogil:
    void multiply(int s, const double* left, const double* right, double* result)

cdef enum:  # the largest matrices that loops are quicker for than BLAS
    LOOPS = 16


cdef int factor(int s, const double* matrix, double* lower) noexcept nogil:
    """Write the Cholesky factor of `matrix`, which may be in the same place; return 1 when it is not definite."""
    cdef int i, j, k, info
    cdef double value
    if s > LOOPS:  # the lower half row by row is the upper one to LAPACK
        if lower != matrix:
            memcpy(lower, matrix, <size_t>s * s * sizeof(double))
        dpotrf("U", &s, lower, &s, &info)
        for i in range(s):
            if not lower[i * s + i] > 0.0:
                return 1
        return int(info != 0)
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
    cdef int i, j, k, info
    cdef double share
    if s > LOOPS:
        memcpy(inverse, lower, <size_t>s * s * sizeof(double))
        dtrtri("U", "N", &s, inverse, &s, &info)
        return
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
    cdef int i, j, k, info
    cdef double share
    if s > LOOPS:
        memcpy(matrix, root, <size_t>s * s * sizeof(double))
        dlauum("U", &s, matrix, &s, &info)
    else:
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


cdef double _lowest_of_lower(int s, const double* full, double bound, double precision, double* half) noexcept nogil:
    """Return the smallest eigenvalue of a matrix given by its lower half, or `bound` where it is not below that.

    `half` has room for `eigen_size` numbers, as for a matrix.
    """
    cdef int i, j
    for i in range(s):  # no eigenvalue is above the diagonal
        bound = min(bound, full[i * s + i])
    for i in range(s):
        for j in range(i):
            half[i * s + j] = full[i * s + j]
        half[i * s + i] = full[i * s + i] - bound
    if factor(s, half, half) == 0:
        return bound
    return min(bound, smallest_eigenvalue(s, full, bound, precision, half))


cdef double lowest(int s, const double* root, const double* change, double bound, double precision,
                   double* work) noexcept nogil:
    """Return the smallest eigenvalue of `R D Rᵀ` (`R` lower triangular), or `bound` where it is not below that.

    A Cholesky factorisation of the matrix less `bound` tells, at a fraction of the price of eigenvalues, so that
    over many blocks these are found for few. `work` has room for a matrix and `eigen_size` numbers.
    """
    cdef int i, j, k
    cdef double share, value, one = 1.0
    cdef double* full = work
    cdef double* half = work + s * s
    if s == 1:
        return min(bound, root[0] * root[0] * change[0])
    if s > LOOPS:
        memcpy(full, change, <size_t>s * s * sizeof(double))
        dtrmm("R", "U", "N", "N", &s, &s, &one, <double*>root, &s, full, &s)
        dtrmm("L", "U", "T", "N", &s, &s, &one, <double*>root, &s, full, &s)
        return _lowest_of_lower(s, full, bound, precision, half)
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
    return _lowest_of_lower(s, full, bound, precision, half)


def lowest_eigenvalue(const double[:, :, ::1] roots, const double[:, :, ::1] changes, double bound, double precision):
    """Return the smallest eigenvalue of `R D Rᵀ` over stacks of `R` and `D`, or `bound` where none is below that.

    It is found from below, to a relative `precision`.
    """
    cdef int s = roots.shape[1]
    cdef Py_ssize_t j
    cdef double[::1] work = np.empty(s * s + eigen_size(s))
    with nogil:
        for j in range(roots.shape[0]):
            bound = lowest(s, &roots[j, 0, 0], &changes[j, 0, 0], bound, precision, &work[0])
    return bound
