"""The extreme eigenvalues of many small blocks, without the eigenvalues of all of them, and the residuals of a pair."""

import numpy as np

from libc.float cimport DBL_MAX
from libc.math cimport NAN, fabs, sqrt
from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport ddot
from scipy.linalg.cython_lapack cimport dpotrf, dsyevd

cdef enum:
    LOOPS = 10  # the largest blocks that loops are quicker for than LAPACK
    SINGLY = 100  # the largest blocks whose columns LAPACK had better take one at a time
    COLUMNS = 32  # how many it takes together of larger ones


cdef struct Sparse:
    Py_ssize_t rows
    const int* starts
    const int* columns
    const double* values


cdef struct Blocks:
    Py_ssize_t count
    int* sizes
    double* norms  # one a block
    double* matrix  # this and what follows is for one block, up to the largest
    double* eigenvalues
    double* work


cdef bint _is_definite(int s, double shift, double* a) noexcept nogil:
    """Return whether a symmetric matrix is positive definite with a multiple of the unit added; it is overwritten.

    Its lower half counts. Matrices with a number that is not finite are not definite.
    """
    cdef int i, j, k, code
    cdef double value
    cdef double* row
    cdef double* other
    if s > LOOPS:  # the lower half row by row is the upper one to LAPACK
        for i in range(s):
            a[<Py_ssize_t>i * s + i] += shift
        dpotrf("U", &s, a, &s, &code)
        for i in range(s):  # not every LAPACK looks for what is not a number
            if not 0.0 < a[<Py_ssize_t>i * s + i] <= DBL_MAX:
                return False
        return code == 0
    for i in range(s):
        row = a + i * s
        row[i] += shift
        for j in range(i):
            other = a + j * s
            value = row[j]
            for k in range(j):
                value -= row[k] * other[k]
            row[j] = value * other[j]
            row[i] -= row[j] * row[j]
        if not 0.0 < row[i] <= DBL_MAX:
            return False
        row[i] = 1.0 / sqrt(row[i])
    return True


cdef int _room(int s) noexcept nogil:
    """Return how many numbers `_widen` works with."""
    return (2 + (COLUMNS if s > SINGLY else 0)) * s + 1


cdef int _widen(int s, double* a, double* eigenvalues, double* work, double* low, double* high) noexcept nogil:
    """Bring in a matrix, which is overwritten; see `widened`. Return 1 where this fails."""
    cdef int room = _room(s), count = 0, few = 1, code = 0
    dsyevd("N", "L", &s, a, &s, eigenvalues, work, &room, &count, &few, &code)
    if code != 0 or eigenvalues[0] != eigenvalues[0]:
        return 1
    low[0] = max(low[0], -eigenvalues[0])
    high[0] = max(high[0], fabs(eigenvalues[0]), fabs(eigenvalues[s - 1]))
    return 0


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
    cdef int s = stack.shape[1], failed = 0
    cdef Py_ssize_t j, i, square = stack.shape[1] * stack.shape[1]
    cdef double[::1] copy = np.empty(square), values = np.empty(s), work = np.empty(_room(s))
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
            failed = _widen(s, &copy[0], &values[0], &work[0], &low, &high)
            if failed:
                break
    if failed:
        raise np.linalg.LinAlgError("Eigenvalues did not converge")
    return low, high


cdef inline double _larger(double top, double value) noexcept nogil:
    """Return the larger number, or NaN where one of them is that."""
    return value if value > top or value != value else top


cdef double _largest(Py_ssize_t count, const double* vector) noexcept nogil:
    """Return the largest absolute value, 0 where there is none."""
    cdef double top = 0.0
    cdef Py_ssize_t i
    for i in range(count):
        top = _larger(top, fabs(vector[i]))
    return top


cdef double _row_product(const Sparse* matrix, Py_ssize_t row, const double* vector) noexcept nogil:
    """Return the product of one row of a matrix with a vector."""
    cdef double total = 0.0
    cdef int e
    for e in range(matrix.starts[row], matrix.starts[row + 1]):
        total += matrix.values[e] * vector[matrix.columns[e]]
    return total


cdef void _add_columns(const Sparse* matrix, const double* vector, double* total) noexcept nogil:
    """Add the product of a transposed matrix with a vector."""
    cdef Py_ssize_t row
    cdef int e
    for row in range(matrix.rows):
        if vector[row] != 0.0:
            for e in range(matrix.starts[row], matrix.starts[row + 1]):
                total[matrix.columns[e]] += matrix.values[e] * vector[row]


cdef inline int _length(int s) noexcept nogil:
    """Return the number of entries of the svec of a block."""
    return <int>(<Py_ssize_t>s * (s + 1) // 2)


cdef void _fill(int s, const double* entry, double* matrix) noexcept nogil:
    """Write the lower half, row by row, of the matrix whose svec is given."""
    cdef double half = sqrt(0.5)
    cdef int i, j
    cdef double* row = matrix
    for i in range(s):
        for j in range(i):
            row[j] = entry[j] * half
        row[i] = entry[i]
        entry, row = entry + i + 1, row + s


cdef int _widen_by(Blocks* blocks, int s, const double* entry, double* low, double* high) noexcept nogil:
    """Bring in the block whose svec is given; see `widened`. Return 1 where this fails."""
    cdef int i, j
    if s == 1:
        low[0], high[0] = max(low[0], -entry[0]), max(high[0], fabs(entry[0]))
        return 0
    _fill(s, entry, blocks.matrix)
    for i in range(s):
        for j in range(i):
            blocks.matrix[<Py_ssize_t>j * s + i] = blocks.matrix[<Py_ssize_t>i * s + j]
    return _widen(s, blocks.matrix, blocks.eigenvalues, blocks.work, low, high)


cdef double _cone_residual(Blocks* blocks, const double* rows) noexcept nogil:
    """Return the negative part of the eigenvalues as a share of one plus the largest, or -1 where these are not found.

    As in `widened`, few blocks are decomposed: those that go further below zero than all before, and, where one does,
    those whose norm exceeds the largest eigenvalue so far, the one of the largest norm first.
    """
    cdef double low = 0.0, high = 0.0, top = 0.0
    cdef Py_ssize_t j
    cdef const double* entry = rows
    cdef const double* first = NULL
    cdef int s, length, size = 0, step = 1
    for j in range(blocks.count):
        s, length, blocks.norms[j] = blocks.sizes[j], _length(blocks.sizes[j]), 0.0
        _fill(s, entry, blocks.matrix)
        if not _is_definite(s, low, blocks.matrix):
            if not _largest(length, entry) <= DBL_MAX:
                return NAN
            if _widen_by(blocks, s, entry, &low, &high) != 0:
                return -1.0
            blocks.norms[j] = -1.0  # nothing more is to be learnt from it
        entry += length
    if low == 0.0:
        return 0.0
    entry = rows
    for j in range(blocks.count):
        s, length = blocks.sizes[j], _length(blocks.sizes[j])
        if blocks.norms[j] == 0.0:
            blocks.norms[j] = sqrt(ddot(&length, <double*>entry, &step, <double*>entry, &step))
            if blocks.norms[j] > top:
                top, first, size = blocks.norms[j], entry, s
        entry += length
    if top > high and _widen_by(blocks, size, first, &low, &high) != 0:
        return -1.0
    entry = rows
    for j in range(blocks.count):
        if blocks.norms[j] > high and entry != first and _widen_by(blocks, blocks.sizes[j], entry, &low, &high) != 0:
            return -1.0
        entry += _length(blocks.sizes[j])
    return low / (1.0 + high)


def recomputed(
    tuple equalities,
    tuple operator,
    const double[::1] cost,
    const double[::1] right_side,
    tuple sizes,
    const double[::1] moments,
    const double[::1] equality_duals,
    const double[::1] gram,
):
    r"""Return the residuals of a primal-dual pair, in the order of `momentsos.sdp.Residuals`.

    Parameters
    ----------
    equalities, operator : tuple of arrays
        The row pointers and columns (C integers) and the values of the CSR matrices `E` and `F`, in any order and with
        duplicates.
    cost, right_side : (n,) and (p,) array
    sizes : tuple of int
        The block sizes, from 0 on.
    moments, equality_duals, gram : (n,), (p,) and (rows,) array

    Returns
    -------
    tuple of seven floats
        Where a number is NaN or a block has one that is not finite, NaN.

    Raises
    ------
    ValueError
        When lengths do not fit together.
    numpy.linalg.LinAlgError
        When the eigenvalues of a block cannot be found.
    """
    cdef const int[::1] starts = equalities[0], columns = equalities[1]
    cdef const int[::1] block_starts = operator[0], block_columns = operator[1]
    cdef const double[::1] values = equalities[2], block_values = operator[2]
    cdef Py_ssize_t n = cost.shape[0], p = right_side.shape[0], rows = gram.shape[0], count = len(sizes)
    cdef Py_ssize_t i, j, total = 0
    cdef int largest = 0, few = 1, m = n, q = p
    cdef int[::1] size_of = np.empty(count, dtype=np.intc)
    for j in range(count):
        size_of[j] = sizes[j]
        largest, total = max(largest, size_of[j]), total + _length(size_of[j])
    if (moments.shape[0], equality_duals.shape[0], starts.shape[0] - 1, total, block_starts.shape[0] - 1) != (
        n, p, p, rows, rows
    ):
        raise ValueError("residuals: vectors, matrices and blocks have lengths that do not fit together")
    cdef Py_ssize_t square = <Py_ssize_t>largest * largest
    cdef double[::1] space = np.empty(n + rows + count + square + largest + _room(largest))
    cdef double* left = &space[0]
    cdef double* entries = left + n
    cdef Blocks blocks
    cdef Sparse e, f
    cdef double primal, dual, equality = 0.0, dual_cone, primal_cone
    with nogil:
        e.rows, e.starts, e.columns, e.values = p, &starts[0], &columns[0], &values[0]
        f.rows, f.starts, f.columns, f.values = rows, &block_starts[0], &block_columns[0], &block_values[0]
        blocks.count, blocks.sizes, blocks.norms = count, &size_of[0], entries + rows
        blocks.matrix = blocks.norms + count
        blocks.eigenvalues = blocks.matrix + square
        blocks.work = blocks.eigenvalues + largest
        primal = ddot(&m, <double*>&cost[0], &few, <double*>&moments[0], &few)
        dual = ddot(&q, <double*>&right_side[0], &few, <double*>&equality_duals[0], &few)
        for i in range(p):
            equality = _larger(equality, fabs(_row_product(&e, i, &moments[0]) - right_side[i]))
        for i in range(rows):
            entries[i] = _row_product(&f, i, &moments[0])
        memset(left, 0, n * sizeof(double))
        _add_columns(&e, &equality_duals[0], left)
        _add_columns(&f, &gram[0], left)
        for i in range(n):
            left[i] = cost[i] - left[i]
        primal_cone = _cone_residual(&blocks, entries)
        dual_cone = _cone_residual(&blocks, &gram[0])
    if primal_cone < 0.0 or dual_cone < 0.0:
        raise np.linalg.LinAlgError("Eigenvalues did not converge")
    return (
        primal,
        dual,
        equality / (1.0 + _largest(p, &right_side[0])),
        primal_cone,
        _largest(n, left) / (1.0 + _largest(n, &cost[0])),
        dual_cone,
        fabs(primal - dual) / (1.0 + fabs(primal) + fabs(dual)),
    )
