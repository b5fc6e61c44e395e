r"""The metric of an iterate of a small program block by block, and the terms of its Schur complement.

With :math:`W_{pq}` the weights of the entries `p = (i, k)`, `q = (l, m)` of a block,

.. math::
    W_{pq} = f_p f_q (X_{kl} V_{im} + X_{km} V_{il} + X_{il} V_{km} + X_{im} V_{kl}), \qquad V = S^{-1},

`f` a half on the diagonal and one elsewhere, the Schur complement is :math:`B = A^\top W A`. Of a block of `A = P D`
the rows of `P` are those of the identity times a factor and those of `D` sparse, so that its term is :math:`D^\top
(P^\top W P) D`, over the moments of the block alone.
"""


cdef extern from "matrices.h" nogil:
    void fold_weights(int s, const double* gram, const double* inverse, const int* member, const double* factor, int h,
                      int stride, double* work, double* folded)
    size_t fold_size(int s)
    void add_congruence(int h, int w, const double* f, const int* pointers, const int* rows, const double* values,
                        double* tall, double* flat, int stride, double* target)

cdef extern from "lanes.h" nogil:
    int root_lanes(int s, const double* matrix, const double* missing, double* work, double* inverse)
    void gram_lanes(int s, const double* root, const double* missing, double* work, double* matrix)
    void fold_lanes(int s, const double* gram, const double* inverse, const int* member, const double* factors, int h,
                    double* row, double* folded)


cdef struct Metric:
    double *gram
    double *inverse
    double *gram_root
    double *slack_root
    double *schur
    double smallest_pivot
    double shift


cdef class Terms(Operator):
    """Factors the blocks of a point and forms their terms."""

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

    def __init__(self, *args, order=None):
        super().__init__(*args, order=order)
        self._find_supports()
        cdef int c, s, h, i, largest = 0
        cdef Py_ssize_t square = 0, work = 0
        cdef Batch *batch
        for c in range(self.n_batches):
            batch = &self.batches[c]
            s, h = batch.size, batch.different
            work = max(work, LANES * s * (s + 1) // 2 if batch.lanes > 1 else <Py_ssize_t>fold_size(s))
            square = max(square, self.weights_size(batch))
            if batch.lanes > 1 and not all(self.single[self.members[batch.first + i]] for i in range(batch.filled)):
                largest = max(largest, h)
        self._weights, self._folded = self.room(work, False), self.room(square, False)
        self._one = self.room(<Py_ssize_t>largest * PADDED(largest), False)

    cdef Py_ssize_t weights_size(self, Batch* batch) noexcept nogil:
        """Return how many numbers the weights of a batch are; rows of those of one block are padded."""
        cdef Py_ssize_t h = batch.different
        return batch.lanes * h * h if batch.lanes > 1 else h * PADDED(batch.different)

    cdef _find_supports(self):
        """Number the moments of each block, and put its rows by columns.

        Entries are sorted by two transpositions, first by their moments, in these by their blocks and rows.
        """
        cdef int n = self.n, j, d, e, c, i, at, count = 0, length = self.pointers[self.n_entries]
        cdef int *bounds = self.integers(self.n_blocks + 1)
        cdef int *mark = self.integers(max(n, self.n_blocks))
        cdef int *single = self.integers(self.n_blocks)
        cdef int *place = self.integers(n + 2)
        cdef int *whose = self.integers(length + 1)
        cdef int *row = self.integers(length + 1)
        cdef int *which = self.integers(length + 1)
        cdef int *rows = self.integers(length + 1)
        cdef int *following = self.integers(self.n_blocks)
        cdef int *moments
        cdef int *ends
        cdef double *values = self.room(length + 1, False)
        cdef Py_ssize_t tall = 0, wide = 0
        memset(place, 0, (n + 2) * sizeof(int))
        for c in range(n):
            mark[c] = -1
        bounds[0] = 0
        for j in range(self.n_blocks):
            following[j], single[j] = self.pointers[self.heads[j]], True
            for d in range(self.heads[j], self.heads[j + 1]):
                if self.pointers[d + 1] - self.pointers[d] > 1:
                    single[j] = False
                for e in range(self.pointers[d], self.pointers[d + 1]):
                    c = self.columns[e]
                    place[c + 2] += 1
                    if mark[c] != j:
                        mark[c] = j
                        count += 1
            bounds[j + 1] = count
            if not single[j]:
                tall = max(tall, <Py_ssize_t>PADDED(self.heads[j + 1] - self.heads[j]) * PADDED(count - bounds[j]))
                wide = max(wide, <Py_ssize_t>(count - bounds[j]) * PADDED(count - bounds[j]))
        for c in range(n):
            place[c + 2] += place[c + 1]
        for j in range(self.n_blocks):
            for d in range(self.heads[j], self.heads[j + 1]):
                for e in range(self.pointers[d], self.pointers[d + 1]):
                    at = place[self.columns[e] + 1]
                    whose[at], row[at], which[at] = j, d - self.heads[j], e
                    place[self.columns[e] + 1] += 1
        moments, ends = self.integers(count + 1), self.integers(count + 1)
        cdef int *seen = self.integers(self.n_blocks)
        memcpy(seen, bounds, self.n_blocks * sizeof(int))
        memset(ends, 0, (count + 1) * sizeof(int))
        for j in range(self.n_blocks):
            mark[j] = -1
        for c in range(n):
            for i in range(place[c], place[c + 1]):
                j = whose[i]
                at = following[j]
                rows[at], values[at] = row[i], self.values[which[i]]
                following[j] += 1
                if mark[j] != c:
                    mark[j], moments[seen[j]] = c, c
                    seen[j] += 1
                ends[seen[j]] = at + 1
        self.rows, self.by_columns, self.column_ends = rows, values, ends
        self.bounds, self.moments, self.single = bounds, moments, single
        self._tall, self._flat, self._part = self.room(tall, False), self.room(tall, False), self.room(wide, False)

    cdef make_vectors(self, Metric* metric):
        """Give a metric its vectors."""
        cdef int d = self.dimension
        metric.gram, metric.inverse, metric.gram_root, metric.slack_root = (
            self.room(d), self.room(d), self.room(d), self.room(d))

    cdef int factor_blocks(self, Point* point, Metric* metric) noexcept nogil:
        """Write the inverse Cholesky factors of all blocks; return 1 when one is not definite."""
        cdef int c, at, s, turn
        cdef Batch *batch
        cdef const double *matrix
        cdef double *root
        for c in range(self.n_batches):
            batch = &self.batches[c]
            s, at = batch.size, batch.start
            for turn in range(2):
                matrix, root = (point.slack, metric.slack_root) if turn == 0 else (point.gram, metric.gram_root)
                if batch.lanes > 1:
                    if root_lanes(s, matrix + at, batch.missing, self.work, root + at):
                        return 1
                    continue
                if factor(s, matrix + at, self.work):
                    return 1
                invert(s, self.work, root + at)
        return 0

    cdef void invert_slacks(self, Metric* metric) noexcept nogil:
        """Write `S⁻¹`."""
        cdef int c, at
        cdef Batch *batch
        for c in range(self.n_batches):
            batch = &self.batches[c]
            at = batch.start
            if batch.lanes > 1:
                gram_lanes(batch.size, metric.slack_root + at, batch.missing, self.work, metric.inverse + at)
            else:
                gram_of_root(batch.size, metric.slack_root + at, metric.inverse + at)

    cdef void image(self, Metric* metric, const double* change, double* flat) noexcept nogil:
        """Write `sym(X ΔS S⁻¹)`."""
        self.product(metric.gram, change, metric.inverse, flat)

    cdef void fold(self, Metric* metric, Batch* batch, double* folded) noexcept nogil:
        """Write the weights `PᵀWP` of the blocks of a batch, side by side."""
        cdef int at = batch.start
        if batch.lanes > 1:
            fold_lanes(batch.size, metric.gram + at, metric.inverse + at, batch.member, batch.factor, batch.different,
                       self._weights, folded)
        else:
            fold_weights(batch.size, metric.gram + at, metric.inverse + at, batch.member, batch.factor,
                         batch.different, PADDED(batch.different), self._weights, folded)

    cdef void add_term(self, Batch* batch, int lane, const double* folded, int stride, double* target) noexcept nogil:
        """Add the lower half, by columns, of the term of a block, from the weights of its batch.

        Columns are `stride` numbers apart; what is in the other half means nothing.
        """
        cdef int j = self.members[batch.first + lane], h = batch.different, w = self.bounds[j + 1] - self.bounds[j]
        cdef int a, b, high = PADDED(h)
        if batch.lanes > 1:
            for a in range(h):
                for b in range(h):
                    self._one[a * high + b] = folded[(<Py_ssize_t>a * h + b) * batch.lanes + lane]
                for b in range(h, high):
                    self._one[a * high + b] = 0.0
            folded = self._one
        add_congruence(h, w, folded, self.column_ends + self.bounds[j], self.rows, self.by_columns, self._tall,
                       self._flat, stride, target)

    cdef void add_single(self, Batch* batch, int lane, const double* folded, const int* places, int stride,
                         double* target) noexcept nogil:
        """Add the same where each different entry is a multiple of one moment, given the places of the moments.

        It is added to the lower half of the target, in whatever order the moments are there.
        """
        cdef int j = self.members[batch.first + lane], w = self.bounds[j + 1] - self.bounds[j], a, b, p, q
        cdef int lanes = batch.lanes, start = self.column_ends[self.bounds[j]]
        cdef int apart = batch.different if lanes > 1 else PADDED(batch.different)
        cdef const int *rows = self.rows + start
        cdef const double *values = self.by_columns + start
        cdef const double *weights
        for a in range(w):
            weights = folded + <Py_ssize_t>rows[a] * apart * lanes + lane
            p = places[a]
            for b in range(a, w):
                q = places[b]
                target[<Py_ssize_t>min(p, q) * stride + max(p, q)] += (
                    values[a] * values[b] * weights[<Py_ssize_t>rows[b] * lanes])

    cdef void add_diagonal(self, Batch* batch, int lane, const double* folded, double* diagonal) noexcept nogil:
        """Add the diagonal of the same to that of all moments."""
        cdef int j = self.members[batch.first + lane], w = self.bounds[j + 1] - self.bounds[j], a
        cdef int lanes = batch.lanes, start = self.column_ends[self.bounds[j]]
        cdef int apart = batch.different if lanes > 1 else PADDED(batch.different)
        cdef const int *rows = self.rows + start
        cdef const int *moments = self.moments + self.bounds[j]
        cdef const double *values = self.by_columns + start
        for a in range(w):
            diagonal[moments[a]] += values[a] * values[a] * folded[<Py_ssize_t>rows[a] * (apart + 1) * lanes + lane]

    cdef double* term(self, Batch* batch, int lane, const double* folded) noexcept nogil:
        """Return what `add_term` adds, by itself, columns padded."""
        cdef int j = self.members[batch.first + lane], w = self.bounds[j + 1] - self.bounds[j]
        memset(self._part, 0, <size_t>w * PADDED(w) * sizeof(double))
        self.add_term(batch, lane, folded, PADDED(w), self._part)
        return self._part
