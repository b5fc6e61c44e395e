from .operator cimport Batch, Operator
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
    # Of each block: the moments that it sees, and whether each of its different entries is a multiple of one moment.
    # Their rows by columns: numbers and rows of all, and where a column of a block ends.
    cdef int *rows
    cdef double *by_columns
    cdef int *column_ends
    cdef int *bounds
    cdef int *moments
    cdef int *single
    cdef double *_weights
    cdef double *_folded
    cdef double *_one
    cdef double *_part
    cdef double *_tall
    cdef double *_flat

    cdef Py_ssize_t weights_size(self, Batch* batch) noexcept nogil
    cdef _find_supports(self)
    cdef make_vectors(self, Metric* metric)
    cdef int factor_blocks(self, Point* point, Metric* metric) noexcept nogil
    cdef void invert_slacks(self, Metric* metric) noexcept nogil
    cdef void image(self, Metric* metric, const double* change, double* flat) noexcept nogil
    cdef void fold(self, Metric* metric, Batch* batch, double* folded) noexcept nogil
    cdef void add_term(self, Batch* batch, int lane, const double* folded, int stride, double* target) noexcept nogil
    cdef void add_single(self, Batch* batch, int lane, const double* folded, const int* places, int stride,
                         double* target) noexcept nogil
    cdef void add_diagonal(self, Batch* batch, int lane, const double* folded, double* diagonal) noexcept nogil
    cdef double* term(self, Batch* batch, int lane, const double* folded) noexcept nogil
