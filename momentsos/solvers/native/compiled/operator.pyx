"""The operator of a small program, its work space, and products of blocks.

The rows of the operator `A` are the entries `(i, k)`, `i <= k`, of the upper triangles of the blocks, column by column
as in `svec`. A block has many entries that are multiples of each other, as a Hankel matrix has: a row is a factor and
the number of one of the *different* rows, which alone are kept. Blocks are flat as in `cone`.
"""

import numpy as np

from libc.stdlib cimport free, malloc
from libc.string cimport memset

from .blocks cimport sandwich
from .vectors cimport Point


cdef class Operator:
    """A program in the form of the iteration; see `Scaled` and `Small` for the arguments, over the unknowns alone."""

    def __init__(self, int[::1] sizes, int[::1] starts, int[::1] upper, int[::1] lower, int[::1] member,
                 double[::1] factor, int[::1] heads, int[::1] pointers, int[::1] columns, double[::1] values,
                 double[::1] constant, double[::1] gradient, double[::1] row_units, double[::1] gradient_units,
                 double objective_shift, double objective_unit):
        self._kept = [sizes, starts, upper, lower, member, factor, heads, pointers, columns, values, constant, gradient,
                      row_units, gradient_units]
        self.n, self.dimension = gradient.shape[0], constant.shape[0]
        self.n_blocks, self.n_rows, self.degree = sizes.shape[0], upper.shape[0], int(np.sum(sizes))
        self.n_entries = pointers.shape[0] - 1
        self.sizes, self.starts, self.upper, self.lower = &sizes[0], &starts[0], &upper[0], &lower[0]
        self.member, self.factor, self.heads, self.pointers = &member[0], &factor[0], &heads[0], &pointers[0]
        self.columns, self.values = &columns[0], &values[0]
        self.constant, self.gradient = &constant[0], &gradient[0]
        self.row_units, self.gradient_units = &row_units[0], &gradient_units[0]
        self.objective_shift, self.objective_unit = objective_shift, objective_unit
        self.largest_block = int(np.max(sizes))
        self.work = self.room(2 * self.largest_block * (self.largest_block + 2))
        self.entries = self.room(self.n_entries)

    def __dealloc__(self):
        cdef int i
        for i in range(self._n_rooms):
            free(self._rooms[i])

    cdef double* room(self, Py_ssize_t count) except NULL:
        """Return room for `count` numbers, kept as long as the program."""
        cdef void *found = malloc(max(count, 1) * sizeof(double))
        if found == NULL or self._n_rooms == 96:
            free(found)
            raise MemoryError
        self._rooms[self._n_rooms] = found
        self._n_rooms += 1
        return <double*>found

    cdef make_point(self, Point* point):
        """Give a point its vectors."""
        point.free, point.slack, point.gram = self.room(self.n), self.room(self.dimension), self.room(self.dimension)

    cdef void apply(self, const double* free, double* flat) noexcept nogil:
        """Write `A z`, blocks in full."""
        cdef int r, e, d
        cdef double value
        for d in range(self.n_entries):
            value = 0.0
            for e in range(self.pointers[d], self.pointers[d + 1]):
                value += self.values[e] * free[self.columns[e]]
            self.entries[d] = value
        for r in range(self.n_rows):
            flat[self.upper[r]] = flat[self.lower[r]] = self.factor[r] * self.entries[self.member[r]]

    cdef void adjoint(self, const double* flat, double* gradient) noexcept nogil:
        """Write `Aᵀ X`: both halves of the blocks count."""
        cdef int r, e, d
        cdef double value
        memset(self.entries, 0, self.n_entries * sizeof(double))
        for r in range(self.n_rows):
            value = flat[self.upper[r]]
            if self.upper[r] != self.lower[r]:
                value += flat[self.lower[r]]
            self.entries[self.member[r]] += self.factor[r] * value
        memset(gradient, 0, self.n * sizeof(double))
        for d in range(self.n_entries):
            value = self.entries[d]
            for e in range(self.pointers[d], self.pointers[d + 1]):
                gradient[self.columns[e]] += self.values[e] * value

    cdef void product(self, const double* left, const double* middle, const double* right,
                       double* flat) noexcept nogil:
        cdef int j, at
        for j in range(self.n_blocks):
            at = self.starts[j]
            sandwich(self.sizes[j], left + at, middle + at, right + at, self.work, flat + at)
