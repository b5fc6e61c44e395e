"""The Schur complement of a program and its factor, dense or sparse: the linear system of the Newton steps."""


cdef class Schur(SquareRoot):
    """Forms and factors the linear system, by the fronts of a tree where one is given."""

    cdef SparseFactor _sparse
    cdef double *_schur
    # Of the batches of a sparse program: where their weights are kept and whether they are there; of each block its
    # place in one.
    cdef double *_weights_of
    cdef Py_ssize_t _weights_size
    cdef int *_place
    cdef int *_folded_now
    cdef int *_batch
    cdef int *_lane

    def __init__(self, *args, rules, tree=None):
        found = None if tree is None else _homes(tree, *args)
        super().__init__(*args, order=None if found is None else found[1])
        cdef int[::1] home
        self.rules = _taken(rules)
        if found is not None:
            home = found[0]
            self._sparse = SparseFactor(self.n, tree.pointers, tree.rows, tree.own, tree.parent)
            self._sparse.rules = self.rules
            self._sparse.take_blocks(self._workspace, self.n_blocks, &home[0], self.bounds, self.moments)
            self._plan_weights()
            return
        self._schur = self.room(<Py_ssize_t>self.n * self.n, False)
        self.make_root()

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
        for at in range(self._sparse.block_bounds[self._sparse.count]):
            c = number[self._sparse.blocks[at]]
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
        self._weights_of = self.room(self._weights_size * rooms, False)
        self._place, self._batch, self._lane = place, number, lanes
        self._folded_now = self.integers(self.n_batches)
        return 0

    cdef make_metric(self, Metric* metric):
        """Give a metric its vectors and its factor."""
        self.make_vectors(metric)
        metric.schur = self.room(<Py_ssize_t>self.n * self.n if self._sparse is None else self._sparse.panel_size,
                                 False)

    cdef int form(self, Metric* metric) noexcept nogil:
        """Form and factor the Schur complement by itself; return 1 when it cannot be factored."""
        self.invert_slacks(metric)
        if self._sparse is not None:
            return self._form_sparse(metric)
        self._form_dense(metric)
        return self._factor_schur(metric)

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
        self._sparse.begin()
        for k in range(self._sparse.count):
            self._sparse.open_front(k)
            for i in range(self._sparse.block_bounds[k], self._sparse.block_bounds[k + 1]):
                j = self._sparse.blocks[i]
                c, at = self._batch[j], self.bounds[j]
                folded = self._weights_of + self._place[c] * self._weights_size
                if not self._folded_now[c]:
                    self.fold(metric, &self.batches[c], folded)
                    self._folded_now[c] = 1
                if self.single[j]:
                    self.add_single(&self.batches[c], self._lane[j], folded, self._sparse.positions + at,
                                    self._sparse.height(k), self._sparse.front)
                    self.add_diagonal(&self.batches[c], self._lane[j], folded, self._sparse.diagonal)
                else:
                    self._sparse.add_block(k, self.bounds[j + 1] - at, self.moments + at, self._sparse.positions + at,
                                           self.term(&self.batches[c], self._lane[j], folded))
            if self._sparse.close_front(k, metric.schur):
                return 1
        metric.shift, metric.smallest_pivot = self._sparse.raised, self._sparse.smallest
        return 0

    cdef int _factor_schur(self, Metric* metric) noexcept nogil:
        """Factor, regularised as little as it needs, as `factors.dense_factor.factor_schur` does."""
        cdef int n = self.n, i, info
        cdef double shift = 0.0, pivot, entry
        for i in range(n):
            if not isfinite(self._schur[i * n + i]):
                return 1
            if not self._schur[i * n + i] > 0.0:
                self._schur[i * n + i] = 1.0
        while shift <= self.rules.last_shift:
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
            shift = max(self.rules.first_shift, shift * self.rules.shift_growth)
        return 1

    cdef void solve(self, Metric* metric, double* right) noexcept nogil:
        cdef int n = self.n, one = 1
        if self._sparse is not None:
            self._sparse.solve(metric.schur, right)
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
