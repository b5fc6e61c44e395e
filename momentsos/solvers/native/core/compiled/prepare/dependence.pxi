"""Moments whose effect on the blocks is a combination of that of others, found in one go.

The method is that of `momentsos.solvers.native.prepare.dependence`, where the formulas are. What is rare is left to it:
effects that are not clearly nothing, and directions that change the objective alone.
"""


def independent_moments(const double[::1, :] matrix, const int[::1] pointers, const int[::1] columns,
                        const double[::1] values, const int[::1] member, const double[::1] factor,
                        const double[::1] gradient, *, double suspicious, double left, double share):
    """Return the moments to be kept and the Cholesky factor of the matrix over them, or None where there is a doubt.

    Parameters
    ----------
    matrix : (n, n) array
        `AᵀA`, a lower triangle in column order.
    pointers, columns, values, member, factor : arrays
        The different rows of `A`, and which of them each row is a multiple of; see `rows.normal_matrix`.
    gradient : (n,) array
    suspicious : float
        Moments are candidates where a pivot is a smaller share of the diagonal than this.
    left : float
        They are dependent where their direction leaves at most this in the blocks.
    share : float
        A larger share of the cost is a change of the objective.

    Returns
    -------
    kept : (k,) array or None
        None stands for all.
    factor : (k, k) array
        In column order; only its lower triangle counts.
    """
    cdef int n = matrix.shape[0], i, j, k, rank = 0, info = 0, count, number = 0
    cdef double least = 1.0, limit = suspicious, one = 1.0
    cdef double[::1] diagonal = np.empty(n), work = np.empty(2 * n)
    cdef double[::1, :] root = np.empty((n, n), order="F"), over
    cdef int[::1] pivots = np.empty(n, dtype=np.intc)
    for i in range(n):
        if not isfinite(matrix[i, i]):
            return None
        diagonal[i] = matrix[i, i] if matrix[i, i] > 0.0 else 1.0
    with nogil:
        for j in range(n):
            memcpy(&root[j, j], &matrix[j, j], (n - j) * sizeof(double))
            root[j, j] = diagonal[j]
        dpotrf("L", &n, &root[0, 0], &n, &info)
        for i in range(n):
            least = min(least, root[i, i] * root[i, i] / diagonal[i])
    if info == 0 and least >= suspicious:
        return None, np.asarray(root)
    with nogil:
        for i in range(n):
            diagonal[i] = 1.0 / sqrt(diagonal[i])
        for j in range(n):
            for i in range(j + 1, n):
                root[i, j] = matrix[i, j] * diagonal[i] * diagonal[j]
            root[j, j] = 1.0
        dpstrf("L", &n, &root[0, 0], &n, &pivots[0], &rank, &limit, &work[0], &info)
        count = n - rank
        if count > 0:  # of each candidate, the combination of the others: a row below the factor
            dtrsm("R", "L", "N", "N", &count, &rank, &one, &root[0, 0], &n, &root[rank, 0], &n)
    if count > 0 and not _are_dependent(root, pivots, rank, diagonal, pointers, columns, values, member, factor,
                                        gradient, left, share):
        return None
    kept = np.sort(np.asarray(pivots)[:rank].astype(np.intp) - 1)
    over, number = _restricted(matrix, kept), rank
    if number > 0:
        dpotrf("L", &number, &over[0, 0], &number, &info)
        if info != 0:
            return None
    return kept if count > 0 else None, np.asarray(over)


cdef bint _are_dependent(const double[::1, :] root, const int[::1] pivots, int rank, const double[::1] scale,
                    const int[::1] pointers, const int[::1] columns, const double[::1] values, const int[::1] member,
                    const double[::1] factor, const double[::1] gradient, double left, double share):
    """Return whether no candidate has an effect of its own, or changes the objective."""
    cdef int n = root.shape[0], count = n - rank, i, k
    cdef double[:, ::1] rays = np.zeros((n, count))
    cdef double[::1] tops, falls = np.zeros(count), sizes = np.zeros(count)
    cdef double *ray
    cdef double value, steepest = 0.0
    with nogil:
        for i in range(rank):
            ray, value = &rays[pivots[i] - 1, 0], scale[pivots[i] - 1]
            for k in range(count):
                ray[k] = -root[rank + k, i] * value
        for k in range(count):
            rays[pivots[rank + k] - 1, k] = scale[pivots[rank + k] - 1]
        for i in range(n):
            ray, value = &rays[i, 0], gradient[i]
            steepest = max(steepest, fabs(value))
            for k in range(count):
                falls[k] += value * ray[k]
                sizes[k] = max(sizes[k], fabs(ray[k]))
    tops = effect_of_rows(pointers, columns, values, member, factor, rays)
    for k in range(count):
        if not tops[k] <= left or fabs(falls[k]) > share * steepest * sizes[k]:
            return False
    return True


cdef _restricted(const double[::1, :] matrix, const Py_ssize_t[::1] kept):
    """Return the lower triangle over some moments, with a diagonal that is positive."""
    cdef Py_ssize_t number = kept.shape[0], i, j
    cdef double[::1, :] over = np.empty((number, number), order="F")
    with nogil:
        for j in range(number):
            for i in range(j, number):
                over[i, j] = matrix[kept[i], kept[j]]
            if not over[j, j] > 0.0:
                over[j, j] = 1.0
    return over
