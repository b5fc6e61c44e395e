from .rooms cimport Rooms
from .vectors cimport PADDED


cdef class Fronts:
    cdef readonly Py_ssize_t panel_size
    cdef int n, count, largest
    # Of each front: its rows, own ones first, the places of the others in its parent, its children and its blocks.
    cdef int *pointers
    cdef int *rows
    cdef int *own
    cdef int *places
    cdef int *child_bounds
    cdef int *children
    cdef int *block_bounds
    cdef int *blocks
    # Of each block: its moments' places in its front.
    cdef int *positions
    # Where the factor and the rest of a front begin.
    cdef Py_ssize_t *panels
    cdef Py_ssize_t *rests
    cdef double *front
    cdef double *left
    cdef double *diagonal
    cdef double *own_diagonal
    cdef double *gathered
    cdef double raised, smallest
    cdef int *_parent
    cdef list _kept

    cdef int take_blocks(self, Rooms rooms, int n_blocks, const int* home, const int* bounds,
                         const int* moments) except -1
    cdef void begin(self) noexcept nogil
    cdef inline int height(self, int k) noexcept nogil:
        """Return how far columns of a front are apart."""
        return PADDED(self.pointers[k + 1] - self.pointers[k])
    cdef void open_front(self, int k) noexcept nogil
    cdef void add_block(self, int k, int w, const int* moments, const int* positions, const double* term) noexcept nogil
    cdef int close_front(self, int k, double* factor) noexcept nogil
    cdef void solve(self, const double* factor, double* right) noexcept nogil
    cdef void _gather(self, int f, const int* rows, const double* right) noexcept nogil
