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


cdef class Normal(Operator):
    cdef bint by_square_root
    cdef double *_schur
    cdef double *_row
    cdef double *_norms
    cdef double *_spare
    # Of each block: the moments that it sees, and its rows and their different ones numbered within it.
    cdef int *_local
    cdef int *_within
    cdef int *_bounds
    cdef int *_moments
    # Work space of a block's term, and of the square root, which is rarely needed.
    cdef double *_weights
    cdef double *_folded
    cdef double *_tall
    cdef double *_flat
    cdef double *_part
    cdef double *_whole

    cdef _find_supports(self)
    cdef make_room(self, Metric* metric)
    cdef int factor_blocks(self, Point* point, Metric* metric) noexcept nogil
    cdef int form(self, Metric* metric) noexcept nogil
    cdef int make_metric(self, Point* point, Metric* metric) noexcept nogil
    cdef void image(self, Metric* metric, const double* change, double* flat) noexcept nogil
    cdef void solve(self, Metric* metric, double* right) noexcept nogil
    cdef void _add_block(self, Metric* metric, int j, int first) noexcept nogil
    cdef int _factor_schur(self, Metric* metric) noexcept nogil
    cdef int _factor_square_root(self, Point* point, Metric* metric) noexcept nogil
    cdef void _fill_whole(self, Point* point, Metric* metric) noexcept nogil
