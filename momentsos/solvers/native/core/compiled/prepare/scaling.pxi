"""Scaling, see `scaling`: whether a program needs the geometric one, and sweeps over blocks and moments."""


cdef double SQRT_HALF = sqrt(0.5)


def is_badly_scaled(const double[::1] cost, const int[::1] pointers, const double[::1] values, double ratio,
                    double share):
    """Return whether a share of the entries of some row is smaller than its largest by a factor.

    Parameters
    ----------
    cost : (n,) array
        One row.
    pointers, values : arrays
        The others, compressed.
    ratio, share : float
        The factor, and the share.
    """
    cdef Py_ssize_t r
    cdef bint found
    with nogil:
        found = _is_bad(cost.shape[0], &cost[0], ratio, share)
        for r in range(pointers.shape[0] - 1):
            found = found or _is_bad(pointers[r + 1] - pointers[r], &values[0] + pointers[r], ratio, share)
    return bool(found)


cdef bint _is_bad(Py_ssize_t length, const double* row, double ratio, double share) noexcept nogil:
    """Return the same for one row; its zeros do not count."""
    cdef double top = 0.0
    cdef Py_ssize_t e, count = 0, small = 0
    for e in range(length):
        top = max(top, fabs(row[e]))
    for e in range(length):
        if row[e] != 0.0:
            count += 1
            small += top > ratio * fabs(row[e])
    return small > <Py_ssize_t>(share * count)


def sweep(const Py_ssize_t[::1] offsets, const int[::1] pointers, const int[::1] columns, const double[::1] values,
          double[::1] rows, double[::1] moments, int turns, double tie):
    """Divide blocks and moments by the square roots of their largest entries, several times.

    Parameters
    ----------
    offsets : (blocks + 1,) array
        Where the rows of each block begin.
    pointers, columns, values : arrays
        The rows, compressed.
    rows, moments : arrays
        The scales of rows and moments, changed in place: by the nearest powers of 2, and to them.
    turns : int
        How often.
    tie : float
        The distance from a tie up to which the logarithm decides what is nearest.
    """
    cdef Py_ssize_t n_blocks = offsets.shape[0] - 1, n = moments.shape[0], j, r
    cdef int e, c, turn
    cdef double[::1] factors = np.ones(n_blocks), tops = np.empty(n)
    cdef double top, value, share
    with nogil:
        for turn in range(turns):
            tops[:] = 0.0
            for j in range(n_blocks):
                top = 0.0
                for r in range(offsets[j], offsets[j + 1]):
                    share = rows[r] * factors[j]
                    for e in range(pointers[r], pointers[r + 1]):
                        c = columns[e]
                        value = fabs(values[e]) * share * moments[c]
                        top = max(top, value)
                        tops[c] = max(tops[c], value)
                if top > 0.0:
                    factors[j] /= sqrt(top)
            for c in range(n):
                if tops[c] > 0.0:
                    moments[c] /= sqrt(tops[c])
        for j in range(n_blocks):
            share = _rounded(factors[j], tie)
            for r in range(offsets[j], offsets[j + 1]):
                rows[r] *= share
        for c in range(n):
            moments[c] = _rounded(moments[c], tie)


cdef double _rounded(double factor, double tie) noexcept nogil:
    """Return the nearest power of 2."""
    cdef int exponent
    cdef double part = frexp(factor, &exponent)
    if fabs(part - SQRT_HALF) < tie:  # a tie, or nearly: the rounding of the logarithm decides, as in NumPy
        return exp2(rint(log2(factor)))
    return ldexp(1.0, exponent if part > SQRT_HALF else exponent - 1)
