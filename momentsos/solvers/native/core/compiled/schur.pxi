r"""The linear system of the Newton steps of a small program, dense or sparse.

Where a dense Schur complement is ill-conditioned and refinement does not make up for it, its factor comes from the
square root, as in `momentsos.solvers.native.square_root`.
"""


cdef enum:  # the most numbers of a square root that is factored here
    LARGEST_ROOT = 2_000_000


cdef inline void _add_outer(int s, double value, int i, int k, const double* lower, const double* root,
                            double* place) noexcept nogil:
    cdef int u, v
    cdef double share
    for u in range(i + 1):
        share = value * lower[i * s + u]
        for v in range(k, s):
            place[u * s + v] += share * root[v * s + k]


cdef class Normal(Terms):
    """Forms and factors the linear system, by the fronts of a tree where one is given."""

    cdef bint by_square_root, poorly_refined
    cdef Fronts _fronts
    cdef double *_schur
    cdef double *_row
    cdef double *_norms
    cdef double *_spare
    cdef double *_whole
    # Of the batches of a sparse program: where their weights are kept and whether they are there; of each block its
    # place in one.
    cdef double *_rooms_of_weights
    cdef Py_ssize_t _weights_size
    cdef int *_place
    cdef int *_folded_now
    cdef int *_batch
    cdef int *_lane


    def __init__(self, *args, tree=None):
        found = None if tree is None else _homes(tree, *args)
        super().__init__(*args, order=None if found is None else found[1])
        cdef int n = self.n
        cdef int[::1] home
        if found is not None:
            home = found[0]
            self._fronts = Fronts(n, tree.pointers, tree.rows, tree.own, tree.parent)
            self._fronts.take_blocks(self._rooms, self.n_blocks, &home[0], self.bounds, self.moments)
            self._plan_weights()
            return
        self._schur, self._row, self._norms, self._spare = (
            self.room(<Py_ssize_t>n * n, False), self.room(n), self.room(n), self.room(32 * n))
        if <Py_ssize_t>n * self.outer_dimension <= LARGEST_ROOT:
            self._whole = self.room(<Py_ssize_t>n * self.outer_dimension, False)

    cdef int _plan_weights(self) except -1:
        """Find room for the weights of batches from the front that asks for the first of them to that for the last."""
        cdef int *waiting = self.integers(self.n_batches)
        cdef int *place = self.integers(self.n_batches)
        cdef int *number = self.integers(self.n_blocks)
        cdef int *lanes = self.integers(self.n_blocks)
        cdef int *unused = self.integers(self.n_batches)
        cdef int c, lane, at, rooms = 0, count = 0
        cdef Py_ssize_t most = 0
        cdef Batch *batch
        for c in range(self.n_batches):
            batch = &self.batches[c]
            waiting[c], place[c], most = batch.filled, -1, max(most, self.weights_size(batch))
            for lane in range(batch.filled):
                number[self.members[batch.first + lane]], lanes[self.members[batch.first + lane]] = c, lane
        for at in range(self._fronts.block_bounds[self._fronts.count]):
            c = number[self._fronts.blocks[at]]
            if place[c] < 0:
                if count > 0:
                    count -= 1
                    place[c] = unused[count]
                else:
                    place[c] = rooms
                    rooms += 1
            waiting[c] -= 1
            if waiting[c] == 0:
                unused[count] = place[c]
                count += 1
        self._weights_size = (most + LANES - 1) // LANES * LANES
        self._rooms_of_weights = self.room(self._weights_size * rooms, False)
        self._place, self._batch, self._lane = place, number, lanes
        self._folded_now = self.integers(self.n_batches)
        return 0

    cdef make_room(self, Metric* metric):
        """Give a metric its vectors and its factor."""
        self.make_vectors(metric)
        metric.schur = self.room(<Py_ssize_t>self.n * self.n if self._fronts is None else self._fronts.panel_size,
                                 False)

    cdef int form(self, Metric* metric) noexcept nogil:
        """Form and factor the Schur complement by itself; return 1 when it cannot be factored."""
        self.invert_slacks(metric)
        if self._fronts is not None:
            return self._form_sparse(metric)
        self._form_dense(metric)
        return self._factor_schur(metric)

    cdef int make_metric(self, Point* point, Metric* metric) noexcept nogil:
        """Form and factor the Schur complement, by its square root once that is needed; return 1 on failure."""
        memcpy(metric.gram, point.gram, self.dimension * sizeof(double))
        if self.by_square_root:
            self.invert_slacks(metric)
        else:
            if self.form(metric):
                return 1
            if metric.smallest_pivot >= 1e-11 or not self.poorly_refined:
                return 0
            if self.outer_dimension < self.n or self._whole == NULL:
                return 0
            self.by_square_root = True
        return self._factor_square_root(point, metric)

    cdef void _form_dense(self, Metric* metric) noexcept nogil:
        """Write the lower half of the Schur complement, by columns."""
        cdef int n = self.n, c, lane, j, w, a, b
        cdef int *moments
        cdef double *column
        cdef double *part
        cdef Batch *batch
        memset(self._schur, 0, <size_t>n * n * sizeof(double))
        for c in range(self.n_batches):
            batch = &self.batches[c]
            self.fold(metric, batch, self._folded)
            for lane in range(batch.filled):
                j = self.members[batch.first + lane]
                w, moments = self.bounds[j + 1] - self.bounds[j], self.moments + self.bounds[j]
                if self.single[j]:
                    self.add_single(batch, lane, self._folded, moments, n, self._schur)
                elif w == n:
                    self.add_term(batch, lane, self._folded, n, self._schur)
                else:
                    part = self.term(batch, lane, self._folded)
                    for a in range(w):
                        column = self._schur + <Py_ssize_t>moments[a] * n
                        for b in range(a, w):
                            column[moments[b]] += part[<Py_ssize_t>a * PADDED(w) + b]

    cdef int _form_sparse(self, Metric* metric) noexcept nogil:
        """Form and factor front by front."""
        cdef int k, c, i, j, at
        cdef double *folded
        memset(self._folded_now, 0, self.n_batches * sizeof(int))
        self._fronts.begin()
        for k in range(self._fronts.count):
            self._fronts.open_front(k)
            for i in range(self._fronts.block_bounds[k], self._fronts.block_bounds[k + 1]):
                j = self._fronts.blocks[i]
                c, at = self._batch[j], self.bounds[j]
                folded = self._rooms_of_weights + self._place[c] * self._weights_size
                if not self._folded_now[c]:
                    self.fold(metric, &self.batches[c], folded)
                    self._folded_now[c] = 1
                if self.single[j]:
                    self.add_single(&self.batches[c], self._lane[j], folded, self._fronts.positions + at,
                                    self._fronts.height(k), self._fronts.front)
                    self.add_diagonal(&self.batches[c], self._lane[j], folded, self._fronts.diagonal)
                else:
                    self._fronts.add_block(k, self.bounds[j + 1] - at, self.moments + at, self._fronts.positions + at,
                                           self.term(&self.batches[c], self._lane[j], folded))
            if self._fronts.close_front(k, metric.schur):
                return 1
        metric.shift, metric.smallest_pivot = self._fronts.raised, self._fronts.smallest
        return 0

    cdef int _factor_schur(self, Metric* metric) noexcept nogil:
        """Factor, regularised as little as it needs, as `newton.factor_schur` does."""
        cdef int n = self.n, i, info
        cdef double shift = 0.0, pivot, entry
        for i in range(n):
            if not isfinite(self._schur[i * n + i]):
                return 1
            if not self._schur[i * n + i] > 0.0:
                self._schur[i * n + i] = 1.0
        while shift <= 1e-6:
            memcpy(metric.schur, self._schur, <size_t>n * n * sizeof(double))
            for i in range(n):
                metric.schur[i * n + i] *= 1.0 + shift
            dpotrf("L", &n, metric.schur, &n, &info)
            if info == 0:
                metric.shift, metric.smallest_pivot = shift, 1.0
                for i in range(n):
                    pivot, entry = metric.schur[i * n + i], self._schur[i * n + i]
                    metric.smallest_pivot = min(metric.smallest_pivot, pivot * pivot / entry)
                return 0
            shift = max(1e-16, shift * 1e2)
        return 1

    cdef int _factor_square_root(self, Point* point, Metric* metric) noexcept nogil:
        """Write the factor of the Schur complement from a QR factorisation, as `square_root` does."""
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
        metric.smallest_pivot = 1.0
        for a in range(n):
            column = self._whole + <Py_ssize_t>a * d
            pivot = fabs(column[a])
            if not isfinite(pivot):
                return 1
            if pivot <= 1e-14:  # a combination of the columns before it
                column[a] = pivot = 1e14
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

    cdef void solve(self, Metric* metric, double* right) noexcept nogil:
        cdef int n = self.n, one = 1
        if self._fronts is not None:
            self._fronts.solve(metric.schur, right)
            return
        dtrsv("L", "N", "N", &n, metric.schur, &n, right, &one)
        dtrsv("L", "T", "N", &n, metric.schur, &n, right, &one)


def _homes(tree, sizes, starts, upper, lower, member, factor, heads, pointers, columns, *_):
    """Return the front that takes each block, and the blocks in the order of these.

    It is the first that eliminates a moment of it; one more where none does.
    """
    cdef int[::1] front_of = tree.front_of, first = heads, rows = pointers, moments = columns
    cdef int fronts = len(tree.own), count = len(sizes), j, e
    found = np.empty((2, count), dtype=np.intc)
    cdef int[::1] home = found[0], order = found[1], place = np.zeros(fronts + 2, dtype=np.intc)
    for j in range(count):
        home[j] = fronts
        for e in range(rows[first[j]], rows[first[j + 1]]):
            home[j] = min(home[j], front_of[moments[e]])
        place[home[j] + 1] += 1
    for j in range(fronts):
        place[j + 1] += place[j]
    for j in range(count):
        order[place[home[j]]] = j
        place[home[j]] += 1
    return found
