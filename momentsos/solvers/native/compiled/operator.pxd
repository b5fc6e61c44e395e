from .vectors cimport Point


cdef class Operator:
    cdef int n, dimension, degree, n_blocks, n_rows, n_entries, largest_block
    cdef int *sizes
    cdef int *starts
    cdef int *upper
    cdef int *lower
    # The different entries: which one each row is a multiple of, and their rows, those of a block after each other.
    cdef int *member
    cdef double *factor
    cdef int *heads
    cdef int *pointers
    cdef int *columns
    cdef double *values
    cdef double *constant
    cdef double *gradient
    cdef double *row_units
    cdef double *gradient_units
    cdef double objective_shift, objective_unit
    cdef double *work
    cdef double *entries
    cdef object _kept
    cdef void *_rooms[96]
    cdef int _n_rooms

    cdef double* room(self, Py_ssize_t count) except NULL
    cdef make_point(self, Point* point)
    cdef void apply(self, const double* free, double* flat) noexcept nogil
    cdef void adjoint(self, const double* flat, double* gradient) noexcept nogil
    cdef void product(self, const double* left, const double* middle, const double* right,
                      double* flat) noexcept nogil
