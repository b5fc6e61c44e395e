from .operator cimport Operator
from .vectors cimport Point


cdef struct Metric:
    double *gram
    double *inverse
    double *gram_root
    double *slack_root
    double *schur
    double smallest_pivot
    double shift


cdef class Terms(Operator):
    # Of each block: the moments that it sees, and its rows and their different ones numbered within it.
    cdef int *local
    cdef int *within
    cdef int *first
    cdef int *bounds
    cdef int *moments
    cdef double *part
    cdef double *_weights
    cdef double *_folded
    cdef double *_tall
    cdef double *_flat

    cdef _find_supports(self)
    cdef make_vectors(self, Metric* metric)
    cdef int factor_blocks(self, Point* point, Metric* metric) noexcept nogil
    cdef void invert_slacks(self, Metric* metric) noexcept nogil
    cdef void image(self, Metric* metric, const double* change, double* flat) noexcept nogil
    cdef void add_term(self, Metric* metric, int j, double* target) noexcept nogil
