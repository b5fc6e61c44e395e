"""The operator of a small program, its work space, and products of blocks.

The rows of the operator `A` are the entries `(i, k)`, `i <= k`, of the upper triangles of the blocks, column by column
as in `svec`, and only what is not zero is kept; blocks are flat as in `cone`.
"""

import numpy as np

from libc.stdlib cimport free, malloc
from libc.string cimport memset

from .blocks cimport sandwich
from .vectors cimport Point


cdef class Operator:
    """A program in the form of the iteration; see `Scaled` and `Small` for the arguments, over the unknowns alone."""

    def __init__(self, int[::1] sizes, int[::1] starts, int[::1] upper, int[::1] lower, double[:, ::1] rows,
                 double[::1] constant, double[::1] gradient, double[::1] row_units, double[::1] gradient_units,
                 double objective_shift, double objective_unit):
        self._kept = [sizes, starts, upper, lower, constant, gradient, row_units, gradient_units]
        self.n, self.dimension = gradient.shape[0], constant.shape[0]
        self.n_blocks, self.n_rows, self.degree = sizes.shape[0], upper.shape[0], int(np.sum(sizes))
        self.sizes, self.starts, self.upper, self.lower = &sizes[0], &starts[0], &upper[0], &lower[0]
        self.constant, self.gradient = &constant[0], &gradient[0]
        self.row_units, self.gradient_units = &row_units[0], &gradient_units[0]
        self.objective_shift, self.objective_unit = objective_shift, objective_unit
        self.largest_block = int(np.max(sizes))
        self.work = self.room(2 * self.largest_block * (self.largest_block + 2))
        self._compress(rows)

    def __dealloc__(self):
        cdef int i
        for i in range(self._n_rooms):
            free(self._rooms[i])

    cdef double* room(self, Py_ssize_t count) except NULL:
        """Return room for `count` numbers, kept as long as the program."""
        cdef void *found = malloc(max(count, 1) * sizeof(double))
        if found == NULL or self._n_rooms == 64:
            free(found)
            raise MemoryError
        self._rooms[self._n_rooms] = found
        self._n_rooms += 1
        return <double*>found

    cdef make_point(self, Point* point):
        """Give a point its vectors."""
        point.free, point.slack, point.gram = self.room(self.n), self.room(self.dimension), self.room(self.dimension)

    cdef _compress(self, double[:, ::1] rows):
        """Keep what is not zero."""
        cdef int[::1] pointers = np.empty(self.n_rows + 1, dtype=np.intc)
        cdef int[::1] columns = np.empty(max(1, np.count_nonzero(rows)), dtype=np.intc)
        cdef double[::1] values = np.empty(columns.shape[0])
        cdef int r, a, e = 0
        self._kept += [pointers, columns, values]
        self.pointers, self.columns, self.values = &pointers[0], &columns[0], &values[0]
        for r in range(self.n_rows):
            self.pointers[r] = e
            for a in range(self.n):
                if rows[r, a] != 0.0:
                    self.columns[e], self.values[e] = a, rows[r, a]
                    e += 1
        self.pointers[self.n_rows] = e

    cdef void apply(self, const double* free, double* flat) noexcept nogil:
        """Write `A z`, blocks in full."""
        cdef int r, e
        cdef double value
        for r in range(self.n_rows):
            value = 0.0
            for e in range(self.pointers[r], self.pointers[r + 1]):
                value += self.values[e] * free[self.columns[e]]
            flat[self.upper[r]] = flat[self.lower[r]] = value

    cdef void adjoint(self, const double* flat, double* gradient) noexcept nogil:
        """Write `Aᵀ X`: both halves of the blocks count."""
        cdef int r, e
        cdef double value
        memset(gradient, 0, self.n * sizeof(double))
        for r in range(self.n_rows):
            value = flat[self.upper[r]]
            if self.upper[r] != self.lower[r]:
                value += flat[self.lower[r]]
            for e in range(self.pointers[r], self.pointers[r + 1]):
                gradient[self.columns[e]] += self.values[e] * value

    cdef void product(self, const double* left, const double* middle, const double* right,
                       double* flat) noexcept nogil:
        cdef int j, at
        for j in range(self.n_blocks):
            at = self.starts[j]
            sandwich(self.sizes[j], left + at, middle + at, right + at, self.work, flat + at)
