"""The operator of a program, its adjoint, and products of blocks."""

cdef extern from "lanes.h" nogil:
    void sandwich_lanes(int s, const double* left, const double* middle, const double* right, double* work,
                        double* result)
    void spread_lanes(int s, const int* member, const double* factors, const double* entries, double* flat)
    void collect_lanes(int s, const int* member, const double* factors, const double* flat, double* entries)
    void rows_lanes(int h, const int* pointers, const int* columns, const double* values, const double* moments,
                    double* entries)
    void columns_lanes(int h, const int* pointers, const int* columns, const double* values, const double* entries,
                       double* gradients)
    void add_lanes(int n, const double* gradients, double* gradient)


cdef class Operator(Layout):
    """A program with the products that an iteration needs."""

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
