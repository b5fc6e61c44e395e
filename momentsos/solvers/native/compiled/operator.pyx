"""The operator of a small program, its work space, and products of blocks.

The rows of the operator `A` are the entries `(i, k)`, `i <= k`, of the upper triangles of the blocks, column by column
as in `svec`. A block has many entries that are multiples of each other, as a Hankel matrix has: a row is a factor and
the number of one of the *different* rows, which alone are kept. Blocks with the same pattern of them are taken several
at a time, their entries side by side; see `lanes.h`. Flat vectors have that order here, and that of `cone` outside.
"""

import numpy as np

from libc.string cimport memset

from .blocks cimport eigen_size, sandwich
from .rooms cimport Rooms
from .vectors cimport LANES, Point

cdef extern from "lanes.h" nogil:
    enum:
        LARGEST_LANES
    void sandwich_lanes(int s, const double* left, const double* middle, const double* right, double* work,
                        double* result)
    void spread_lanes(int s, const int* member, const double* factors, const double* entries, double* flat)
    void collect_lanes(int s, const int* member, const double* factors, const double* flat, double* entries)
    void rows_lanes(int h, const int* pointers, const int* columns, const double* values, const double* moments,
                    double* entries)
    void columns_lanes(int h, const int* pointers, const int* columns, const double* values, const double* entries,
                       double* gradients)
    void add_lanes(int n, const double* gradients, double* gradient)

cdef enum:  # the fewest blocks that are put together
    FEWEST = 3


cdef class Operator:
    """A program in the form of the iteration; see `Scaled` and `Small` for the arguments, over the unknowns alone."""

    def __init__(self, int[::1] sizes, int[::1] starts, int[::1] upper, int[::1] lower, int[::1] member,
                 double[::1] factor, int[::1] heads, int[::1] pointers, int[::1] columns, double[::1] values,
                 double[::1] constant, double[::1] gradient, double[::1] row_units, double[::1] gradient_units,
                 double objective_shift, double objective_unit, *, order=None):
        self._rooms = Rooms()
        self._kept = [sizes, starts, upper, lower, member, factor, heads, pointers, columns, values, gradient,
                      gradient_units]
        self.n, self.outer_dimension = gradient.shape[0], constant.shape[0]
        self.n_blocks, self.n_rows, self.degree = sizes.shape[0], upper.shape[0], int(np.sum(sizes))
        self.n_entries = pointers.shape[0] - 1
        self.sizes, self.outer_starts = &sizes[0], &starts[0]
        self.outer_upper, self.outer_lower = &upper[0], &lower[0]
        self.member, self.factor, self.heads, self.pointers = &member[0], &factor[0], &heads[0], &pointers[0]
        self.columns, self.values, self.gradient = &columns[0], &values[0], &gradient[0]
        self.gradient_units = &gradient_units[0]
        self.objective_shift, self.objective_unit = objective_shift, objective_unit
        self.largest_block = int(np.max(sizes))
        self._lay_out(range(self.n_blocks) if order is None else order.tolist())
        self._place()
        self.constant, self.row_units = self.room(self.dimension), self.room(self.dimension)
        self.bring_in(&constant[0], self.constant)
        self.bring_in(&row_units[0], self.row_units)

    cdef double* room(self, Py_ssize_t count, bint zero=True) except NULL:
        """Return aligned room for `count` numbers, zero or whatever was there, kept as long as the program."""
        return self._rooms.take(max(count, 1), zero)

    cdef make_point(self, Point* point):
        """Give a point its vectors."""
        point.free, point.slack, point.gram = self.room(self.n), self.room(self.dimension), self.room(self.dimension)

    # The layout -------------------------------------------------------------------------------------------------

    cdef _lay_out(self, order):
        """Put blocks with the same pattern together, those over the same moments first, else in the given order."""
        cdef int[::1] within = np.zeros(self.n_rows, dtype=np.intc), first = np.empty(self.n_blocks, dtype=np.intc)
        cdef int[::1] kind = np.empty(self.n_blocks, dtype=np.intc)  # equal where rows are over the same moments
        cdef int j, r = 0, c, start = 0, slots = 0, count = 0, kinds = 0
        cdef int[::1] lengths = np.diff(<int[:self.n_entries + 1]>self.pointers)
        cdef Batch *batch
        for j in range(self.n_blocks):
            first[j] = r
            for c in range(r, r + self.sizes[j] * (self.sizes[j] + 1) // 2):
                within[c] = self.member[c] - self.heads[j] if self.factor[c] != 0.0 else 0
                r += 1
        alike = {}
        for j in order:
            r = first[j] + self.sizes[j] * (self.sizes[j] + 1) // 2
            pattern = (<char*>&within[first[j]])[:(r - first[j]) * sizeof(int)]
            key = self.sizes[j], self.heads[j + 1] - self.heads[j], pattern
            alike.setdefault(key, {}).setdefault(self._structure(j, lengths), []).append(j)
        cuts = []
        for (size, _, _), groups in alike.items():
            cuts += _cut([j for group in groups.values() for j in group], LANES if size <= LARGEST_LANES else 1)
            for group in groups.values():
                for j in group:
                    kind[j] = kinds
                kinds += 1
        cuts.sort(key=_stands_alone)  # what is side by side has to be aligned
        cdef int[::1] members = np.array([j for blocks in cuts for j in blocks], dtype=np.intc)
        self._kept += [within, first, members]
        self.within, self.first, self.members = &within[0], &first[0], &members[0]
        self.batches = <Batch*>self.room(len(cuts) * sizeof(Batch) // sizeof(double) + 1)
        self.n_batches = len(cuts)
        for c, blocks in enumerate(cuts):
            batch, j = &self.batches[c], blocks[0]
            batch.size, batch.filled, batch.lanes = self.sizes[j], len(blocks), 1 if len(blocks) == 1 else LANES
            batch.first, batch.different = count, self.heads[j + 1] - self.heads[j]
            batch.start, batch.slots, batch.member = start, slots, &within[first[j]]
            batch.together = batch.lanes > 1 and all(kind[other] == kind[j] for other in blocks)
            count += batch.filled
            start += batch.lanes * batch.size * batch.size
            slots += batch.lanes * batch.different
        self.dimension, self.n_slots = start, slots

    cdef bytes _structure(self, int j, int[::1] lengths):
        """Return what tells whether rows of two blocks are over the same moments: their lengths, and these."""
        cdef int low = self.heads[j], high = self.heads[j + 1]
        if low == high:
            return b""
        numbers = (<char*>&self.columns[self.pointers[low]])[:self._length(j) * sizeof(int)]
        return (<char*>&lengths[low])[:(high - low) * sizeof(int)] + numbers

    cdef _place(self):
        """Find the places of rows, and put factors and values of batches side by side."""
        cdef int[::1] upper = np.empty(self.n_rows, dtype=np.intc), lower = np.empty(self.n_rows, dtype=np.intc)
        cdef int c, lane, j, i, k, r, s, e, start, length, widest = min(self.largest_block, LARGEST_LANES)
        cdef Py_ssize_t numbers = 0
        cdef Batch *batch
        cdef double *place
        cdef bint some = False
        for c in range(self.n_batches):
            batch = &self.batches[c]
            numbers += batch.lanes * (batch.size * (batch.size + 1) // 2 + 1)
            if batch.together:
                some = True
                numbers += batch.lanes * self._length(self.members[batch.first])
        place = self.room(numbers)
        for c in range(self.n_batches):
            batch = &self.batches[c]
            s, batch.missing, batch.factor = batch.size, place, place + batch.lanes
            place += batch.lanes * (s * (s + 1) // 2 + 1)
            for lane in range(batch.filled, batch.lanes):
                batch.missing[lane] = 1.0
            for lane in range(batch.filled):
                j = self.members[batch.first + lane]
                r = self.first[j]
                for k in range(s):
                    for i in range(k + 1):
                        upper[r] = batch.start + (i * s + k) * batch.lanes + lane
                        lower[r] = batch.start + (k * s + i) * batch.lanes + lane
                        batch.factor[(r - self.first[j]) * batch.lanes + lane] = self.factor[r]
                        r += 1
            batch.values = NULL
            if batch.together:
                batch.values, length = place, self._length(self.members[batch.first])
                place += batch.lanes * length
                for lane in range(batch.filled):
                    start = self.pointers[self.heads[self.members[batch.first + lane]]]
                    for e in range(length):
                        batch.values[e * batch.lanes + lane] = self.values[start + e]
        self._kept += [upper, lower]
        self.upper, self.lower = &upper[0], &lower[0]
        s = self.largest_block
        self.work = self.room(max(3 * LANES * widest * widest, s * s + max(s * s, <Py_ssize_t>eigen_size(s))))
        self.entries = self.room(self.n_slots + LANES)  # a block without entries has one, of factor zero
        self.gradients = self.room(LANES * self.n) if some else NULL

    cdef int _length(self, int j):
        """Return how many numbers the rows of a block have."""
        return self.pointers[self.heads[j + 1]] - self.pointers[self.heads[j]]

    cdef void bring_in(self, const double* outer, double* flat) noexcept nogil:
        """Put a flat vector of the program, symmetric, in the order of the batches."""
        cdef int r
        for r in range(self.n_rows):
            flat[self.upper[r]] = flat[self.lower[r]] = outer[self.outer_upper[r]]

    cdef void take_out(self, const double* flat, double* outer) noexcept nogil:
        """Put a flat vector in the order of the program."""
        cdef int r
        for r in range(self.n_rows):
            outer[self.outer_upper[r]] = outer[self.outer_lower[r]] = flat[self.upper[r]]

    cdef void take_block(self, Batch* batch, int lane, const double* flat, double* matrix) noexcept nogil:
        """Write one block by itself; `flat` is the part of the batch."""
        cdef int e
        for e in range(batch.size * batch.size):
            matrix[e] = flat[e * batch.lanes + lane]

    # Products ---------------------------------------------------------------------------------------------------

    cdef void apply(self, const double* free, double* flat) noexcept nogil:
        """Write `A z`, blocks in full."""
        cdef int r, c, i, k, s
        cdef Batch *batch
        cdef double *block
        cdef double *entry
        for c in range(self.n_batches):
            batch = &self.batches[c]
            block, entry, s = flat + batch.start, self.entries + batch.slots, batch.size
            self._apply_rows(batch, free, entry)
            if batch.lanes > 1:
                spread_lanes(s, batch.member, batch.factor, entry, block)
                continue
            r = 0
            for k in range(s):
                for i in range(k + 1):
                    block[i * s + k] = block[k * s + i] = batch.factor[r] * entry[batch.member[r]]
                    r += 1

    cdef void _apply_rows(self, Batch* batch, const double* free, double* entry) noexcept nogil:
        """Write the different entries of a batch."""
        cdef int lane, d, e, start = self.heads[self.members[batch.first]]
        cdef double value
        if batch.values != NULL:
            rows_lanes(batch.different, self.pointers + start, self.columns + self.pointers[start], batch.values, free,
                       entry)
            return
        for lane in range(batch.filled):
            start = self.heads[self.members[batch.first + lane]]
            for d in range(batch.different):
                value = 0.0
                for e in range(self.pointers[start + d], self.pointers[start + d + 1]):
                    value += self.values[e] * free[self.columns[e]]
                entry[d * batch.lanes + lane] = value

    cdef void adjoint(self, const double* flat, double* gradient) noexcept nogil:
        """Write `Aᵀ X` for symmetric blocks: both halves count."""
        cdef int r, c, i, k, s
        cdef Batch *batch
        cdef const double *block
        cdef double *entry
        memset(gradient, 0, self.n * sizeof(double))
        memset(self.entries, 0, self.n_slots * sizeof(double))
        if self.gradients != NULL:
            memset(self.gradients, 0, LANES * self.n * sizeof(double))
        for c in range(self.n_batches):
            batch = &self.batches[c]
            block, entry, s = flat + batch.start, self.entries + batch.slots, batch.size
            if batch.lanes > 1:
                collect_lanes(s, batch.member, batch.factor, block, entry)
            else:
                r = 0
                for k in range(s):
                    for i in range(k):
                        entry[batch.member[r]] += 2.0 * batch.factor[r] * block[i * s + k]
                        r += 1
                    entry[batch.member[r]] += batch.factor[r] * block[k * s + k]
                    r += 1
            self._add_columns(batch, entry, gradient)
        if self.gradients != NULL:
            add_lanes(self.n, self.gradients, gradient)

    cdef void _add_columns(self, Batch* batch, const double* entry, double* gradient) noexcept nogil:
        """Add the adjoint of `_apply_rows`."""
        cdef int lane, d, e, start = self.heads[self.members[batch.first]]
        cdef double value
        if batch.values != NULL:
            columns_lanes(batch.different, self.pointers + start, self.columns + self.pointers[start], batch.values,
                          entry, self.gradients)
            return
        for lane in range(batch.filled):
            start = self.heads[self.members[batch.first + lane]]
            for d in range(batch.different):
                value = entry[d * batch.lanes + lane]
                for e in range(self.pointers[start + d], self.pointers[start + d + 1]):
                    gradient[self.columns[e]] += self.values[e] * value

    cdef void product(self, const double* left, const double* middle, const double* right,
                      double* flat) noexcept nogil:
        """Write the symmetric parts of `left · middle · right`."""
        cdef int c, at
        cdef Batch *batch
        for c in range(self.n_batches):
            batch = &self.batches[c]
            at = batch.start
            if batch.lanes > 1:
                sandwich_lanes(batch.size, left + at, middle + at, right + at, self.work, flat + at)
            else:
                sandwich(batch.size, left + at, middle + at, right + at, self.work, flat + at)


def _cut(blocks, together):
    """Return blocks in groups; a few that are left over stand alone, lest most of the room be empty."""
    whole = len(blocks) // together * together
    if len(blocks) - whole >= FEWEST:
        whole = len(blocks)
    return [blocks[at:at + together] for at in range(0, whole, together)] + [[j] for j in blocks[whole:]]


def _stands_alone(blocks):
    """Return whether it is one block."""
    return len(blocks) == 1
