from .rooms cimport Rooms
from .vectors cimport Point


cdef struct Batch:  # blocks of one size whose entries are multiples of different ones in the same places
    int size
    int lanes  # how many have room
    int first  # the number of the first one in `members`
    int filled  # how many there are
    int different  # their different entries
    int start  # where their entries begin in a flat vector
    int slots  # where their different entries begin
    bint together  # whether the rows of all are over the same moments
    const int *member  # the places of their entries among the different ones
    double *factor
    double *missing
    double *values  # of their rows, where all are over the same moments


cdef class Operator:
    cdef int n, dimension, outer_dimension, degree, n_blocks, n_rows, n_entries, n_slots, largest_block, n_batches
    cdef int *sizes
    # Where the blocks begin in flat vectors of the program, and the two places of their rows there and here.
    cdef int *outer_starts
    cdef int *outer_upper
    cdef int *outer_lower
    cdef int *upper
    cdef int *lower
    # The different entries: which one each row is a multiple of, and their rows, those of a block after each other.
    cdef int *member
    cdef double *factor
    cdef int *heads
    cdef int *pointers
    cdef int *columns
    cdef double *values
    # Of each block: its first row, and its rows' different ones numbered within it.
    cdef int *first
    cdef int *within
    cdef Batch *batches
    cdef int *members
    cdef double *constant
    cdef double *gradient
    cdef double *row_units
    cdef double *gradient_units
    cdef double objective_shift, objective_unit
    cdef double *work
    cdef double *entries
    cdef double *gradients
    cdef object _kept
    cdef Rooms _rooms

    cdef double* room(self, Py_ssize_t count, bint zero=*) except NULL
    cdef make_point(self, Point* point)
    cdef int* integers(self, Py_ssize_t count) except NULL
    cdef int* _counted(self) except NULL
    cdef int _lay_out(self, const int* order) except -1
    cdef int _number(self, const int* order, bint whole, int* numbers) except -1
    cdef unsigned int _hash(self, int j, bint whole) noexcept nogil
    cdef bint _alike(self, int j, int k, bint whole) noexcept nogil
    cdef void _cut(self, const int* blocks, const int* pattern, const int* kind, bint lanes) noexcept nogil
    cdef void _add_batch(self, const int* blocks, int count, bint lanes, const int* kind) noexcept nogil
    cdef _place(self)
    cdef int _length(self, int j)
    cdef void _apply_rows(self, Batch* batch, const double* free, double* entry) noexcept nogil
    cdef void _add_columns(self, Batch* batch, const double* entry, double* gradient) noexcept nogil
    cdef void bring_in(self, const double* outer, double* flat) noexcept nogil
    cdef void take_out(self, const double* flat, double* outer) noexcept nogil
    cdef void take_block(self, Batch* batch, int lane, const double* flat, double* matrix) noexcept nogil
    cdef void apply(self, const double* free, double* flat) noexcept nogil
    cdef void adjoint(self, const double* flat, double* gradient) noexcept nogil
    cdef void product(self, const double* left, const double* middle, const double* right,
                      double* flat) noexcept nogil
