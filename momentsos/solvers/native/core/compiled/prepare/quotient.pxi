"""The elimination of vertices from a graph of cliques, see `momentsos.solvers.native.prepare.ordering`."""


cdef class Quotient:
    """The graph that is left, as cliques of vertices none of which is inside another one.

    Cliques are numbered from 0, those of the pivots after those of the blocks.
    """

    cdef int n_vertices, n_blocks, n_pivots, n_heap, rest, alone
    cdef int[::1] weight
    # The vertices of each clique, from `begin` to `end` in `pool`; a size of 0 marks one that is dropped.
    cdef int *pool
    cdef Py_ssize_t used, room
    cdef Py_ssize_t[::1] begin, end
    cdef int[::1] size, outside, seen
    # The cliques that each vertex is in, from `first` to `last` in `members`.
    cdef int[::1] members, first, last, mark
    # The vertices that are left, as a heap by their keys, the pivot of those that are not, and the results.
    cdef int[::1] heap, place, pivot_of
    cdef long long[::1] key
    cdef readonly long long filled
    cdef readonly double multiplications

    def __cinit__(self):
        self.pool, self.room = NULL, 0

    def __dealloc__(self):
        free(self.pool)

    def __init__(self, const int[::1] bounds, const int[::1] moments, const int[::1] vertex, int[::1] weight, int few):
        cdef int blocks = bounds.shape[0] - 1, count = weight.shape[0], j, i, v
        self.n_blocks, self.n_vertices, self.weight = blocks, count, weight
        self.begin, self.end = np.zeros(blocks + count, dtype=np.intp), np.zeros(blocks + count, dtype=np.intp)
        self.size, self.outside = np.zeros(blocks + count, dtype=np.intc), np.zeros(blocks + count, dtype=np.intc)
        self.seen, self.mark = np.full(blocks + count, -1, dtype=np.intc), np.full(count, -1, dtype=np.intc)
        self.first, self.last = np.zeros(count + 1, dtype=np.intc), np.zeros(count, dtype=np.intc)
        if not self._has_room(bounds[blocks]):
            raise MemoryError
        for j in range(blocks):
            self.begin[j] = self.used
            for i in range(bounds[j], bounds[j + 1]):
                v = vertex[moments[i]]
                if self.mark[v] != j:
                    self.mark[v] = j
                    self.pool[self.used] = v
                    self.used += 1
                    self.size[j] += weight[v]
                    self.first[v + 1] += 1
            self.end[j] = self.used
        for v in range(count):
            self.first[v + 1] += self.first[v]
            self.last[v] = self.first[v]
        self.members = np.empty(self.used + 1, dtype=np.intc)
        for j in range(blocks):
            for i in range(self.begin[j], self.end[j]):
                v = self.pool[i]
                self.members[self.last[v]] = j
                self.last[v] += 1
        self._drop_inner(few)
        self._make_heap()

    cdef bint _has_room(self, Py_ssize_t more) noexcept nogil:
        """Make room for more vertices of cliques; return whether there is any."""
        cdef void *found
        cdef Py_ssize_t room = self.used + more + 1
        if room > self.room:
            room = max(room, 2 * self.room)
            found = realloc(self.pool, room * sizeof(int))
            if found == NULL:
                return False
            self.pool, self.room = <int*>found, room
        return True

    cdef void _drop_inner(self, int few) noexcept nogil:
        """Drop cliques inside another one where one of their vertices is in few cliques."""
        cdef int j, v, e, best, other
        cdef Py_ssize_t i
        for j in range(self.n_blocks):
            best = self.pool[self.begin[j]]
            for i in range(self.begin[j] + 1, self.end[j]):
                v = self.pool[i]
                if self.last[v] - self.first[v] < self.last[best] - self.first[best]:
                    best = v
            if self.last[best] - self.first[best] > few:
                continue
            for e in range(self.first[best], self.last[best]):
                other = self.members[e]
                if self.end[other] - self.begin[other] > self.end[j] - self.begin[j] and self._is_inside(j, other):
                    self.size[j] = 0
                    break
        for v in range(self.n_vertices):
            self._forget_dropped(v)

    cdef bint _is_inside(self, int clique, int other) noexcept nogil:
        """Return whether all vertices of a clique are in another one, by bisection of theirs, still ascending."""
        cdef Py_ssize_t i
        cdef int v, low, high, middle
        for i in range(self.begin[clique], self.end[clique]):
            v = self.pool[i]
            low, high = self.first[v], self.last[v]
            while high - low > 1:
                middle = (low + high) >> 1
                if self.members[middle] <= other:
                    low = middle
                else:
                    high = middle
            if self.members[low] != other:
                return False
        return True

    cdef void _forget_dropped(self, int v) noexcept nogil:
        """Take the cliques that were dropped out of those of a vertex."""
        cdef int e, kept = self.first[v]
        for e in range(self.first[v], self.last[v]):
            if self.size[self.members[e]]:
                self.members[kept] = self.members[e]
                kept += 1
        self.last[v] = kept

    # The heap --------------------------------------------------------------------------------------------------

    cdef void _make_heap(self):
        """Give all vertices their keys, the degrees as sums over their cliques."""
        cdef int v, e, count = self.n_vertices
        cdef long long degree
        self.heap, self.place = np.empty(count, dtype=np.intc), np.empty(count, dtype=np.intc)
        self.key, self.pivot_of = np.empty(count, dtype=np.longlong), np.empty(count, dtype=np.intc)
        for v in range(count):
            degree = 0
            for e in range(self.first[v], self.last[v]):
                degree += self.size[self.members[e]] - self.weight[v]
            self._set_key(v, degree)
            self.heap[v] = self.place[v] = v
            self.n_heap = v + 1
            self._settle(v)

    cdef void _set_key(self, int v, long long degree) noexcept nogil:
        """Vertices of one clique come before all others, which come by their degrees."""
        self.key[v] = -1 if self.last[v] - self.first[v] == 1 else degree

    cdef bint _is_before(self, int v, int w) noexcept nogil:
        return self.key[v] < self.key[w] or (self.key[v] == self.key[w] and v < w)

    cdef void _settle(self, int at) noexcept nogil:
        """Move a vertex of the heap up or down to where it belongs."""
        cdef int v = self.heap[at], child
        while at and self._is_before(v, self.heap[(at - 1) >> 1]):
            self._put(at, self.heap[(at - 1) >> 1])
            at = (at - 1) >> 1
        while True:
            child = 2 * at + 1
            if child + 1 < self.n_heap and self._is_before(self.heap[child + 1], self.heap[child]):
                child += 1
            if child >= self.n_heap or self._is_before(v, self.heap[child]):
                break
            self._put(at, self.heap[child])
            at = child
        self._put(at, v)

    cdef void _put(self, int at, int v) noexcept nogil:
        self.heap[at] = v
        self.place[v] = at

    cdef void _take(self, int v) noexcept nogil:
        """Take a vertex, the next pivot, out of the heap."""
        cdef int at = self.place[v]
        self.pivot_of[v] = self.n_pivots
        self.n_pivots += 1
        self.n_heap -= 1
        if at < self.n_heap:
            self._put(at, self.heap[self.n_heap])
            self._settle(at)

    # The elimination -------------------------------------------------------------------------------------------

    cdef int eliminate(self, double most) noexcept nogil:
        """Eliminate all vertices; return 1 when that takes more than `most` multiplications, -1 without memory."""
        cdef int v, label
        cdef Py_ssize_t at
        cdef double own, rest
        while self.n_heap:
            v = self.heap[0]
            if not self._merge(v):
                return -1
            at = self.begin[self.n_blocks + self.n_pivots]
            while True:
                label = self.n_blocks + self.n_pivots
                self.begin[label], self.end[label] = at, self.used
                self._take(v)
                own, rest = self.weight[v], self.rest
                self.filled += <long long>(own * rest + own * (own + 1) / 2)
                self.multiplications += own * (rest * rest + rest * (own - 1) + (own - 1) * (2 * own - 1) / 6) / 2
                if self.multiplications > most:
                    return 1
                if self.alone == 0:
                    break
                v = self.pool[at]
                at += 1
                self.alone -= 1
                self.rest -= self.weight[v]
            if self.rest:
                self._add(label)
        return 0

    cdef bint _merge(self, int pivot) noexcept nogil:
        """Merge the cliques of a pivot, vertices in no other one first and ascending; False without memory."""
        cdef int label = self.n_blocks + self.n_pivots, e, c, v
        cdef Py_ssize_t i, at, more = 0, first = self.used
        for e in range(self.first[pivot], self.last[pivot]):
            more += self.end[self.members[e]] - self.begin[self.members[e]]
        if not self._has_room(more):
            return False
        self.rest, self.alone, self.mark[pivot], self.begin[label] = 0, 0, label, first
        for e in range(self.first[pivot], self.last[pivot]):
            c = self.members[e]
            self.size[c] = 0
            for i in range(self.begin[c], self.end[c]):
                v = self.pool[i]
                if self.mark[v] != label:
                    self.mark[v] = label
                    self.pool[self.used] = v
                    self.used += 1
                    self.rest += self.weight[v]
        for i in range(first, self.used):
            v = self.pool[i]
            self._forget_dropped(v)
            if self.first[v] == self.last[v]:
                at = first + self.alone
                self.pool[i] = self.pool[at]
                while at > first and self.pool[at - 1] > v:
                    self.pool[at] = self.pool[at - 1]
                    at -= 1
                self.pool[at] = v
                self.alone += 1
        return True

    cdef void _add(self, int label) noexcept nogil:
        """Add the clique that was merged, or find one that it is inside, and drop those inside it."""
        cdef int around = label, e, c, v
        cdef long long degree
        cdef Py_ssize_t i, start = self.begin[label]
        for i in range(start, self.used):
            v = self.pool[i]
            for e in range(self.first[v], self.last[v]):
                c = self.members[e]
                if self.seen[c] != label:
                    self.seen[c], self.outside[c] = label, self.size[c]
                self.outside[c] -= self.weight[v]
        v = self.pool[start]
        for e in range(self.first[v], self.last[v]):
            c = self.members[e]
            if self.size[c] - self.outside[c] == self.rest and self.size[c] > self.size[around]:
                around = c
        if around == label:
            self.size[label], self.outside[label] = self.rest, 0
        for i in range(start, self.used):
            v = self.pool[i]
            for e in range(self.first[v], self.last[v]):
                if self.outside[self.members[e]] == 0 and self.members[e] != around:
                    self.size[self.members[e]] = 0
            self._forget_dropped(v)
            if around == label:  # in the place of a clique of the pivot
                self.members[self.last[v]] = label
                self.last[v] += 1
            degree = self.rest - self.weight[v]
            for e in range(self.first[v], self.last[v]):
                degree += self.outside[self.members[e]]
            self._set_key(v, degree)
            self._settle(self.place[v])

    cdef touched(self):
        """Return where the later pivots that each pivot touches begin, and these, ascending."""
        cdef int k, q, count = self.n_pivots, first = self.n_blocks
        cdef Py_ssize_t i
        cdef Py_ssize_t[::1] bounds = np.zeros(count + 2, dtype=np.intp), starts = np.zeros(count + 2, dtype=np.intp)
        cdef Py_ssize_t[::1] later, earlier
        # Sorted by two transpositions: `earlier` has the pivots that touch each one. What is counted two places on,
        # and added up, is one place on where the next number goes, and where it began once all are there.
        for k in range(count):
            bounds[k + 2] = self.end[first + k] - self.begin[first + k]
            for i in range(self.begin[first + k], self.end[first + k]):
                starts[self.pivot_of[self.pool[i]] + 2] += 1
        for k in range(count):
            starts[k + 2] += starts[k + 1]
            bounds[k + 2] += bounds[k + 1]
        earlier, later = np.empty(starts[count + 1], dtype=np.intp), np.empty(starts[count + 1], dtype=np.intp)
        for k in range(count):
            for i in range(self.begin[first + k], self.end[first + k]):
                q = self.pivot_of[self.pool[i]]
                earlier[starts[q + 1]] = k
                starts[q + 1] += 1
        for q in range(count):
            for i in range(starts[q], starts[q + 1]):
                k = earlier[i]
                later[bounds[k + 1]] = q
                bounds[k + 1] += 1
        return np.asarray(bounds)[:count + 1], np.asarray(later)

    cdef arranged(self, const int[::1] vertex):
        """Return the moments in the order of elimination, and where those of each pivot begin."""
        cdef int n = vertex.shape[0], m, k, count = self.n_pivots
        cdef Py_ssize_t[::1] order = np.empty(n, dtype=np.intp), starts = np.zeros(count + 2, dtype=np.intp)
        cdef Py_ssize_t isolated = 0
        for m in range(n):
            if vertex[m] < 0:
                order[isolated] = m
                isolated += 1
            else:
                starts[self.pivot_of[vertex[m]] + 2] += 1
        starts[0] = starts[1] = isolated
        for k in range(count):
            starts[k + 2] += starts[k + 1]
        for m in range(n):
            if vertex[m] >= 0:
                k = self.pivot_of[vertex[m]]
                order[starts[k + 1]] = m
                starts[k + 1] += 1
        return np.asarray(order), np.asarray(starts)[:count + 1]
