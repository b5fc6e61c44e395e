from .operator cimport Operator
from .vectors cimport Point


cdef struct Metric:
    double *gram
    double *inverse
    double *gram_root
    double *slack_root
    double *schur
    double smallest_pivot


cdef class Normal(Operator):
    cdef bint by_square_root
    cdef double *_schur
    cdef double *_row
    cdef double *_weights
    cdef double *_norms
    cdef double *_tall
    cdef double *_spare

    cdef make_room(self, Metric* metric)
    cdef int factor_blocks(self, Point* point, Metric* metric) noexcept nogil
    cdef int make_metric(self, Point* point, Metric* metric) noexcept nogil
    cdef void image(self, Metric* metric, const double* change, double* flat) noexcept nogil
    cdef void solve(self, Metric* metric, double* right) noexcept nogil
    cdef void _add_block(self, Metric* metric, int j, int first) noexcept nogil
    cdef void _weigh(self, int s, const double* gram, const double* inverse, int i, int k) noexcept nogil
    cdef int _factor_schur(self, Metric* metric) noexcept nogil
    cdef int _factor_square_root(self, Point* point, Metric* metric) noexcept nogil
    cdef void _fill_tall(self, Point* point, Metric* metric) noexcept nogil
