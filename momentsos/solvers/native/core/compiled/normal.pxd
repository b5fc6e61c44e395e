from .fronts cimport Fronts
from .terms cimport Metric, Terms
from .vectors cimport Point


cdef class Normal(Terms):
    cdef bint by_square_root, poorly_refined
    cdef Fronts _fronts
    cdef double *_schur
    cdef double *_row
    cdef double *_norms
    cdef double *_spare
    cdef double *_whole
    # Of the batches of a sparse program: where their weights are kept and whether they are there; of each block its
    # place in one.
    cdef double *_rooms_of_weights
    cdef Py_ssize_t _weights_size
    cdef int *_place
    cdef int *_folded_now
    cdef int *_batch
    cdef int *_lane

    cdef int _plan_weights(self) except -1
    cdef make_room(self, Metric* metric)
    cdef int form(self, Metric* metric) noexcept nogil
    cdef int make_metric(self, Point* point, Metric* metric) noexcept nogil
    cdef void solve(self, Metric* metric, double* right) noexcept nogil
    cdef void _form_dense(self, Metric* metric) noexcept nogil
    cdef int _form_sparse(self, Metric* metric) noexcept nogil
    cdef int _factor_schur(self, Metric* metric) noexcept nogil
    cdef int _factor_square_root(self, Point* point, Metric* metric) noexcept nogil
    cdef void _fill_whole(self, Point* point, Metric* metric) noexcept nogil
