"""The operator of a small program, its work space, and products of blocks.

The rows of the operator `A` are the entries `(i, k)`, `i <= k`, of the upper triangles of the blocks, column by column
as in `svec`. A block has many entries that are multiples of each other, as a Hankel matrix has: a row is a factor and
the number of one of the *different* rows, which alone are kept. Blocks with the same pattern of them are taken several
at a time, their entries side by side; see `lanes.h`. Flat vectors have that order here, and that of `cone` outside.
"""

import numpy as np

from libc.stdlib cimport free, malloc
from libc.stdint cimport uintptr_t
from libc.string cimport memset
from scipy.linalg.cython_blas cimport dgemv

from .blocks cimport sandwich
from .vectors cimport Point

cdef extern from "lanes.h" nogil:
    enum:
        LANES
        LARGEST_LANES
    void sandwich_lanes(int s, const double* left, const double* middle, const double* right, double* work,
                        double* result)
    void spread_lanes(int s, const int* member, const double* factors, const double* entries, double* flat)
    void collect_lanes(int s, const int* member, const double* factors, const double* flat, double* entries)

cdef enum:  # bytes that flat vectors and all work space are aligned to, and the most numbers of a dense operator
    ALIGNED = 64
    LARGEST_DENSE = 1_000_000


cdef class Operator:
    """A program in the form of the iteration; see `Scaled` and `Small` for the arguments, over the unknowns alone."""

    def __init__(self, int[::1] sizes, int[::1] starts, int[::1] upper, int[::1] lower, int[::1] member,
                 double[::1] factor, int[::1] heads, int[::1] pointers, int[::1] columns, double[::1] values,
                 double[::1] constant, double[::1] gradient, double[::1] row_units, double[::1] gradient_units,
                 double objective_shift, double objective_unit):
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
        self._lay_out()
        self._place()
        self.constant, self.row_units = self.room(self.dimension), self.room(self.dimension)
        self.bring_in(&constant[0], self.constant)
        self.bring_in(&row_units[0], self.row_units)

    def __dealloc__(self):
        cdef int i
        for i in range(self._n_rooms):
            free(self._rooms[i])

    cdef double* room(self, Py_ssize_t count) except NULL:
        """Return aligned room for `count` numbers, all of them zero, kept as long as the program."""
        cdef size_t size = max(count, 1) * sizeof(double)
        cdef void *found = malloc(size + ALIGNED)
        cdef uintptr_t start = <uintptr_t>found
        if found == NULL or self._n_rooms == 96:
            free(found)
            raise MemoryError
        self._rooms[self._n_rooms] = found
        self._n_rooms += 1
        start += ALIGNED - start % ALIGNED
        memset(<void*>start, 0, size)
        return <double*>start

    cdef make_point(self, Point* point):
        """Give a point its vectors."""
        point.free, point.slack, point.gram = self.room(self.n), self.room(self.dimension), self.room(self.dimension)

    # The layout -------------------------------------------------------------------------------------------------

    cdef _lay_out(self):
        """Put blocks with the same pattern together."""
        cdef int[::1] within = np.zeros(self.n_rows, dtype=np.intc), first = np.empty(self.n_blocks, dtype=np.intc)
        cdef int j, r = 0, c, filled, lanes, length, start = 0, slots = 0, count = 0
        cdef Batch *batch
        alike = {}
        for j in range(self.n_blocks):
            first[j] = r
            length = self.sizes[j] * (self.sizes[j] + 1) // 2
            for c in range(r, r + length):
                within[c] = self.member[c] - self.heads[j] if self.factor[c] != 0.0 else 0
            key = self.sizes[j], self.heads[j + 1] - self.heads[j], bytes(within[r:r + length])
            alike.setdefault(key, []).append(j)
            r += length
        cuts = []
        for (size, different, _), blocks in alike.items():
            together = LANES if size <= LARGEST_LANES else 1
            cuts += [blocks[at:at + together] for at in range(0, len(blocks), together)]
        cuts.sort(key=_few)  # those that stand alone need no alignment
        cdef int[::1] members = np.array([j for blocks in cuts for j in blocks], dtype=np.intc)
        cdef Py_ssize_t room = len(cuts) * sizeof(Batch) // sizeof(double) + 1, factors = 0
        self.batches, self.n_batches = <Batch*>self.room(room), len(cuts)
        for blocks in cuts:
            batch = &self.batches[count]
            j, batch.filled = blocks[0], len(blocks)
            batch.size, batch.lanes = self.sizes[j], 1 if batch.filled == 1 else LANES
            batch.first = 0 if count == 0 else self.batches[count - 1].first + self.batches[count - 1].filled
            batch.different, batch.start, batch.slots = self.heads[j + 1] - self.heads[j], start, slots
            batch.member = &within[first[j]]
            start += batch.lanes * batch.size * batch.size
            slots += batch.lanes * batch.different
            factors += batch.lanes * (batch.size * (batch.size + 1) // 2 + 1)
            count += 1
        self.dimension, self.n_slots = start, slots
        self._kept += [within, first, members]
        self.within, self.first, self.members = &within[0], &first[0], &members[0]
        cdef double *place = self.room(factors)
        for c in range(self.n_batches):
            batch = &self.batches[c]
            batch.missing, batch.factor = place, place + batch.lanes
            place += batch.lanes * (batch.size * (batch.size + 1) // 2 + 1)

    cdef _place(self):
        """Find the places of rows and different entries."""
        cdef int[::1] upper = np.empty(self.n_rows, dtype=np.intc), lower = np.empty(self.n_rows, dtype=np.intc)
        cdef int[::1] slots = np.empty(max(1, self.n_entries), dtype=np.intc)
        cdef int c, lane, j, i, k, r, s, e, p
        cdef Batch *batch
        for c in range(self.n_batches):
            batch = &self.batches[c]
            s = batch.size
            for lane in range(batch.lanes):
                batch.missing[lane] = 1.0 if lane >= batch.filled else 0.0
            for lane in range(batch.filled):
                j, p = self.members[batch.first + lane], 0
                r = self.first[j]
                for k in range(s):
                    for i in range(k + 1):
                        upper[r] = batch.start + (i * s + k) * batch.lanes + lane
                        lower[r] = batch.start + (k * s + i) * batch.lanes + lane
                        batch.factor[p * batch.lanes + lane] = self.factor[r]
                        r += 1
                        p += 1
                for e in range(batch.different):
                    slots[self.heads[j] + e] = batch.slots + e * batch.lanes + lane
        self._kept += [upper, lower, slots]
        self.upper, self.lower, self.slots = &upper[0], &lower[0], &slots[0]
        s = min(self.largest_block, LARGEST_LANES)
        self.work = self.room(max(3 * LANES * s * s, 2 * self.largest_block * (self.largest_block + 2)))
        self.entries = self.room(self.n_slots + LANES)  # a block without entries has one, of factor zero
        cdef Py_ssize_t size = <Py_ssize_t>self.n_slots * self.n
        if size <= LARGEST_DENSE and 2 * self.pointers[self.n_entries] >= size:
            self.dense = self.room(size)
            for e in range(self.n_entries):
                for i in range(self.pointers[e], self.pointers[e + 1]):
                    self.dense[<Py_ssize_t>slots[e] * self.n + self.columns[i]] = self.values[i]

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
        cdef int r, e, d, c, i, k, s, one = 1
        cdef double value, unit = 1.0, zero = 0.0
        cdef Batch *batch
        cdef double *block
        cdef double *entry
        if self.dense != NULL:
            dgemv("T", &self.n, &self.n_slots, &unit, self.dense, &self.n, <double*>free, &one, &zero, self.entries,
                  &one)
        else:
            for d in range(self.n_entries):
                value = 0.0
                for e in range(self.pointers[d], self.pointers[d + 1]):
                    value += self.values[e] * free[self.columns[e]]
                self.entries[self.slots[d]] = value
        for c in range(self.n_batches):
            batch = &self.batches[c]
            block, entry, s = flat + batch.start, self.entries + batch.slots, batch.size
            if batch.lanes > 1:
                spread_lanes(s, batch.member, batch.factor, entry, block)
                continue
            r = 0
            for k in range(s):
                for i in range(k + 1):
                    block[i * s + k] = block[k * s + i] = batch.factor[r] * entry[batch.member[r]]
                    r += 1

    cdef void adjoint(self, const double* flat, double* gradient) noexcept nogil:
        """Write `Aᵀ X` for symmetric blocks: both halves count."""
        cdef int r, e, d, c, i, k, s, one = 1
        cdef double value, unit = 1.0, zero = 0.0
        cdef Batch *batch
        cdef const double *block
        cdef double *entry
        memset(self.entries, 0, self.n_slots * sizeof(double))
        for c in range(self.n_batches):
            batch = &self.batches[c]
            block, entry, s = flat + batch.start, self.entries + batch.slots, batch.size
            if batch.lanes > 1:
                collect_lanes(s, batch.member, batch.factor, block, entry)
                continue
            r = 0
            for k in range(s):
                for i in range(k):
                    entry[batch.member[r]] += 2.0 * batch.factor[r] * block[i * s + k]
                    r += 1
                entry[batch.member[r]] += batch.factor[r] * block[k * s + k]
                r += 1
        if self.dense != NULL:
            dgemv("N", &self.n, &self.n_slots, &unit, self.dense, &self.n, self.entries, &one, &zero, gradient, &one)
            return
        memset(gradient, 0, self.n * sizeof(double))
        for d in range(self.n_entries):
            value = self.entries[self.slots[d]]
            for e in range(self.pointers[d], self.pointers[d + 1]):
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


def _few(blocks):
    """Return 0 for several blocks, 1 for one."""
    return int(len(blocks) == 1)
