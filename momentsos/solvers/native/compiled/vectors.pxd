"""A point of the embedding, and the few operations on vectors that the iteration needs."""

from libc.math cimport fabs


cdef struct Point:
    double *free
    double *slack
    double *gram
    double tau
    double kappa


cdef inline double dot(int n, const double* a, const double* b) noexcept nogil:
    cdef int i
    cdef double total = 0.0
    for i in range(n):
        total += a[i] * b[i]
    return total


cdef inline double absolute_dot(int n, const double* a, const double* b) noexcept nogil:
    """Return the sum of the absolute values of the terms of `dot`."""
    cdef int i
    cdef double total = 0.0
    for i in range(n):
        total += fabs(a[i] * b[i])
    return total


cdef inline double largest(int n, const double* a, const double* units) noexcept nogil:
    """Return the largest absolute value of `a` in the given units."""
    cdef int i
    cdef double top = 0.0
    for i in range(n):
        top = max(top, fabs(a[i] * units[i]))
    return top


cdef inline void add(int n, double share, const double* a, double* b) noexcept nogil:
    """Add `share` times `a` to `b`."""
    cdef int i
    for i in range(n):
        b[i] += share * a[i]
