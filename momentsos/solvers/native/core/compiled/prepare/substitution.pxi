"""Equalities that are solved one after the other, each for a moment that those before it do not have.

The matrix is compressed; `rows` and `pivots` are the equalities in this order and what they are solved for. An equality
has no pivots of those before it, see `local_elimination`.
"""


cdef struct Known:  # the moments that are known, as combinations of others
    int *columns
    double *values
    Py_ssize_t count, room


cdef int _reserve(Known* known, Py_ssize_t more) except -1 nogil:
    """Make room for more numbers."""
    cdef void *columns
    cdef void *values
    if known.count + more <= known.room:
        return 0
    known.room = 2 * (known.count + more)
    columns = realloc(known.columns, known.room * sizeof(int))
    if columns != NULL:
        known.columns = <int*>columns
    values = realloc(known.values, known.room * sizeof(double))
    if values != NULL:
        known.values = <double*>values
    if columns == NULL or values == NULL:
        with gil:
            raise MemoryError
    return 0


def substitute(const int[::1] pointers, const int[::1] columns, const double[::1] values, const double[::1] right,
               const int[::1] rows, const int[::1] pivots, const int[::1] place, int n_free, double floor):
    """Return what the pivots are: constants, less combinations of the moments that are free.

    Parameters
    ----------
    place : (n,) array
        The numbers of the free moments, -1 for pivots.
    floor : float
        A sum below this share of its terms is their rounding, and left out.

    Returns
    -------
    pointers, columns, values : arrays
        The combinations, a compressed row for each pivot.
    constants : (pivots,) array
    """
    cdef int count = pivots.shape[0], i, k, e, c, t, touched_count
    cdef double diagonal, share, constant, size_of_constant
    cdef Known known
    known.columns, known.values, known.count, known.room = NULL, NULL, 0, 0
    cdef int[::1] number = np.full(place.shape[0], -1, dtype=np.intc)
    cdef Py_ssize_t[::1] begins = np.zeros(count, dtype=np.intp), ends = np.zeros(count, dtype=np.intp)
    cdef double[::1] constants = np.zeros(count), total = np.zeros(n_free), size = np.zeros(n_free)
    cdef int[::1] touched = np.empty(max(1, n_free), dtype=np.intc)
    cdef unsigned char[::1] marked = np.zeros(max(1, n_free), dtype=np.uint8)
    cdef Py_ssize_t at
    for i in range(count):
        number[pivots[i]] = i
    try:
        for i in range(count - 1, -1, -1):
            constant, size_of_constant, diagonal, touched_count = right[rows[i]], fabs(right[rows[i]]), 0.0, 0
            for e in range(pointers[rows[i]], pointers[rows[i] + 1]):
                c = columns[e]
                if c == pivots[i]:
                    diagonal = values[e]
                    continue
                if place[c] >= 0:
                    touched_count += _add(place[c], values[e], &total[0], &size[0], &touched[touched_count], &marked[0])
                    continue
                k = number[c]
                constant -= values[e] * constants[k]
                size_of_constant += fabs(values[e] * constants[k])
                for at in range(begins[k], ends[k]):
                    touched_count += _add(known.columns[at], -values[e] * known.values[at], &total[0], &size[0],
                                          &touched[touched_count], &marked[0])
            constants[i] = constant / diagonal if fabs(constant) > floor * size_of_constant else 0.0
            begins[i] = known.count
            _reserve(&known, touched_count)
            for t in range(touched_count):
                c = touched[t]
                if fabs(total[c]) > floor * size[c]:
                    known.columns[known.count], known.values[known.count] = c, total[c] / diagonal
                    known.count += 1
                total[c] = size[c] = 0.0
                marked[c] = False
            ends[i] = known.count
        found = np.zeros(count + 1, dtype=np.intc), np.empty(known.count, dtype=np.intc), np.empty(known.count)
        _copy(&known, begins, ends, found[0], found[1], found[2])
    finally:
        free(known.columns)
        free(known.values)
    return *found, np.asarray(constants)


cdef inline int _add(int c, double value, double* total, double* size, int* touched, unsigned char* marked) noexcept:
    """Add a term; return 1, and note the number, where it is the first one."""
    total[c] += value
    size[c] += fabs(value)
    if marked[c]:
        return 0
    marked[c] = True
    touched[0] = c
    return 1


cdef _copy(Known* known, Py_ssize_t[::1] begins, Py_ssize_t[::1] ends, int[::1] pointers, int[::1] columns,
           double[::1] values):
    """Write the rows in the order of the pivots."""
    cdef int i, to = 0
    cdef Py_ssize_t at
    for i in range(begins.shape[0]):
        for at in range(begins[i], ends[i]):
            columns[to], values[to] = known.columns[at], known.values[at]
            to += 1
        pointers[i + 1] = to


def multipliers(const int[::1] pointers, const int[::1] columns, const double[::1] values, const int[::1] rows,
                const int[::1] pivots, const double[::1] gradient):
    """Return the multipliers of the equalities, zero for the others, from the gradient at the pivots."""
    cdef int count = pivots.shape[0], n = 0, i, e, k
    cdef double[::1] result = np.zeros(pointers.shape[0] - 1), left = np.array(gradient)
    for e in range(columns.shape[0]):
        n = max(n, columns[e] + 1)
    cdef int[::1] number = np.full(n, -1, dtype=np.intc)
    cdef double share
    for i in range(count):
        number[pivots[i]] = i
    for i in range(count):
        for e in range(pointers[rows[i]], pointers[rows[i] + 1]):
            if columns[e] == pivots[i]:
                result[rows[i]] = left[i] / values[e]
        share = result[rows[i]]
        for e in range(pointers[rows[i]], pointers[rows[i] + 1]):
            k = number[columns[e]]
            if k > i:
                left[k] -= values[e] * share
    return np.asarray(result)
