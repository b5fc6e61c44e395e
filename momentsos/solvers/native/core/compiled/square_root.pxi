"""The factor of the Schur complement by its square root, see `momentsos.solvers.native.core.numpy.square_root`."""


cdef inline void _add_outer(int s, double value, int i, int k, const double* lower, const double* root,
                            double* place) noexcept nogil:
    cdef int u, v
    cdef double share
    for u in range(i + 1):
        share = value * lower[i * s + u]
        for v in range(k, s):
            place[u * s + v] += share * root[v * s + k]


cdef class SquareRoot(Terms):
    """Factors the square root of the Schur complement, where that has room."""

    cdef Rules rules
    cdef double *_row
    cdef double *_norms
    cdef double *_spare
    cdef double *_whole

    cdef int make_root(self) except -1:
        """Find room for the factorisation of programs that are small enough, and have enough rows."""
        cdef Py_ssize_t whole = <Py_ssize_t>self.n * self.outer_dimension
        self._row, self._norms, self._spare = self.room(self.n), self.room(self.n), self.room(32 * self.n)
        if whole <= self.rules.largest_root and self.outer_dimension >= self.n:
            self._whole = self.room(whole, False)
        return 0

    cdef int factor_root(self, Point* point, Metric* metric) noexcept nogil:
        """Write the factor of the Schur complement from a QR factorisation; return 1 where it is not finite."""
        cdef int n = self.n, d = self.outer_dimension, a, b, info, room = 32 * n
        cdef double *norms = self._norms
        cdef double *column
        cdef double pivot
        memset(self._whole, 0, <size_t>n * d * sizeof(double))
        self._fill_whole(point, metric)
        for a in range(n):
            column = self._whole + <Py_ssize_t>a * d
            norms[a] = sqrt(dot(d, column, column))
            if not norms[a] > 0.0:
                norms[a] = 1.0
            for b in range(d):
                column[b] /= norms[a]
        dgeqrf(&d, &n, self._whole, &d, self._row, self._spare, &room, &info)
        metric.shift, metric.smallest_pivot = 0.0, 1.0
        for a in range(n):
            column = self._whole + <Py_ssize_t>a * d
            pivot = fabs(column[a])
            if not isfinite(pivot):
                return 1
            if pivot <= self.rules.dependent_column:  # a combination of the columns before it
                column[a] = pivot = 1.0 / self.rules.dependent_column
            metric.smallest_pivot = min(metric.smallest_pivot, pivot)
            for b in range(a + 1):
                metric.schur[<Py_ssize_t>b * n + a] = column[b] * norms[a]
        return 0

    cdef void _fill_whole(self, Point* point, Metric* metric) noexcept nogil:
        """Add `Lᵀ A_a K⁻ᵀ` for `X = LLᵀ`, `S = KKᵀ` to column `a`: an entry is a product of rows of `L` and `K⁻ᵀ`."""
        cdef int c, lane, j, s, at, i, k, r, e
        cdef double value
        cdef double *place
        cdef double *lower
        cdef double *root
        cdef Batch *batch
        for c in range(self.n_batches):
            batch = &self.batches[c]
            s, at = batch.size, batch.start
            lower, root = self.work, self.work + s * s
            for lane in range(batch.filled):
                j = self.members[batch.first + lane]
                self.take_block(batch, lane, point.gram + at, lower)
                self.take_block(batch, lane, metric.slack_root + at, root)
                factor(s, lower, lower)
                r = self.first[j]
                for k in range(s):
                    for i in range(k + 1):
                        if self.factor[r] != 0.0:
                            for e in range(self.pointers[self.member[r]], self.pointers[self.member[r] + 1]):
                                place = self._whole + <Py_ssize_t>self.columns[e] * self.outer_dimension
                                place += self.outer_starts[j]
                                value = self.factor[r] * self.values[e]
                                _add_outer(s, value, i, k, lower, root, place)
                                if i != k:
                                    _add_outer(s, value, k, i, lower, root, place)
                        r += 1
