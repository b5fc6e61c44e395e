"""A multifrontal Cholesky factorisation on the fronts of `tree`; each is a small dense matrix, stored by columns.

A front is opened with what its children leave, the terms of its blocks are added, and closing it eliminates its own
moments. Pivots that are small are raised where they stand: what is raised elsewhere costs digits of all directions.
"""


cdef extern from "sparse_factor.h" nogil:
    int eliminate(int n, int first, int last, int end, double negative, double small, double least, double* matrix,
                  const double* diagonal, double* raised, double* smallest)
    void keep_columns(int n, int own, const double* matrix, double* panel)
    size_t kept_size(int n, int own)
    void solve_forwards(int n, int own, const double* panel, double* x)
    void solve_backwards(int n, int own, const double* panel, double* x)

cdef enum:  # columns that are eliminated before the rest of a large front is updated, by BLAS
    PANEL = 48


cdef class SparseFactor:
    """The factorisation for the blocks that are taken.

    Parameters
    ----------
    n : int
        The number of moments.
    pointers, rows, own, parent : arrays
        See `tree.Tree`.

    Attributes
    ----------
    panel_size : int
        How many numbers a factor has.

    Raises
    ------
    ValueError
        When the moments of a block are not in one front.
    """

    cdef readonly Py_ssize_t panel_size
    cdef int n, count, largest
    # Of each front: its rows, own ones first, the places of the others in its parent, its children and its blocks.
    cdef int *pointers
    cdef int *rows
    cdef int *own
    cdef int *places
    cdef int *child_bounds
    cdef int *children
    cdef int *block_bounds
    cdef int *blocks
    # Of each block: its moments' places in its front.
    cdef int *positions
    # Where the factor and the rest of a front begin.
    cdef Py_ssize_t *panels
    cdef Py_ssize_t *rests
    cdef double *front
    cdef double *left
    cdef double *diagonal
    cdef double *own_diagonal
    cdef double *gathered
    cdef double raised, smallest
    cdef int *_parent
    cdef list _kept
    cdef Rules rules

    def __init__(self, int n, int[::1] pointers, int[::1] rows, int[::1] own, int[::1] parent):
        cdef int k
        self._kept = [pointers, rows, own, parent]
        self.n, self.count, self.largest = n, own.shape[0], 1
        self.pointers, self.rows, self.own, self._parent = &pointers[0], &rows[0], &own[0], &parent[0]
        for k in range(self.count):
            self.largest = max(self.largest, pointers[k + 1] - pointers[k])

    cdef int take_blocks(self, Workspace workspace, int n_blocks, const int* home, const int* bounds,
                         const int* moments) except -1:
        """Find the places of blocks and fronts in each other, and room for all."""
        cdef int count = self.count, k, i, j, c
        cdef int *place = _room_for(workspace, self.n)
        cdef const int *pointers = self.pointers
        cdef Py_ssize_t f
        self.places, self.positions = _room_for(workspace, pointers[count]), _room_for(workspace, bounds[n_blocks])
        self.panels = <Py_ssize_t*>workspace.take(count + 1, True)
        self.rests = <Py_ssize_t*>workspace.take(count + 1, True)
        self.block_bounds, self.blocks = _room_for(workspace, count + 2), _room_for(workspace, n_blocks)
        self.child_bounds, self.children = _room_for(workspace, count + 2), _room_for(workspace, count)
        _group(n_blocks, count, home, self.block_bounds, self.blocks)
        _group(count, count, self._parent, self.child_bounds, self.children)
        for i in range(self.n):
            place[i] = -1
        for k in range(count):
            f = pointers[k + 1] - pointers[k]
            self.panels[k + 1] = self.panels[k] + <Py_ssize_t>kept_size(<int>f, self.own[k])
            self.rests[k + 1] = self.rests[k] + (f - self.own[k]) * (f - self.own[k])
            for i in range(pointers[k], pointers[k + 1]):
                place[self.rows[i]] = i - pointers[k]
            for c in range(self.block_bounds[k], self.block_bounds[k + 1]):
                j = self.blocks[c]
                for i in range(bounds[j], bounds[j + 1]):
                    self.positions[i] = place[moments[i]]
                    if self.positions[i] < 0:
                        raise ValueError("the moments of a block are not in one front")
            for c in range(self.child_bounds[k], self.child_bounds[k + 1]):
                j = self.children[c]
                for i in range(pointers[j] + self.own[j], pointers[j + 1]):
                    self.places[i] = place[self.rows[i]]
            for i in range(pointers[k], pointers[k + 1]):
                place[self.rows[i]] = -1
        self.panel_size = self.panels[count]
        self.front = workspace.take(<Py_ssize_t>self.largest * PADDED(self.largest), False)
        self.gathered = workspace.take(PADDED(self.largest), True)
        self.left = workspace.take(self.rests[count] + 1, False)
        self.diagonal, self.own_diagonal = workspace.take(self.n, True), workspace.take(self.largest, True)
        return 0

    cdef void begin(self) noexcept nogil:
        memset(self.diagonal, 0, self.n * sizeof(double))
        self.raised, self.smallest = 0.0, 1.0

    cdef inline int height(self, int k) noexcept nogil:
        """Return how far columns of a front are apart."""
        return PADDED(self.pointers[k + 1] - self.pointers[k])

    cdef void open_front(self, int k) noexcept nogil:
        """Begin a front with what its children leave."""
        cdef int f = self.pointers[k + 1] - self.pointers[k], height = PADDED(f), c, child, r, a, b
        cdef const double* rest
        cdef const int* places
        cdef double* column
        memset(self.front, 0, <size_t>f * height * sizeof(double))
        for c in range(self.child_bounds[k], self.child_bounds[k + 1]):
            child = self.children[c]
            r = self.pointers[child + 1] - self.pointers[child] - self.own[child]
            rest = self.left + self.rests[child]
            places = self.places + self.pointers[child] + self.own[child]
            for a in range(r):
                column = self.front + <Py_ssize_t>places[a] * height
                for b in range(a, r):
                    column[places[b]] += rest[<Py_ssize_t>a * r + b]

    cdef void add_block(self, int k, int w, const int* moments, const int* positions,
                        const double* term) noexcept nogil:
        """Add the lower half of a term over the moments of a block, columns padded."""
        cdef int height = PADDED(self.pointers[k + 1] - self.pointers[k]), stride = PADDED(w), a, b, p, q
        cdef double value
        for a in range(w):
            p = positions[a]
            self.diagonal[moments[a]] += term[<Py_ssize_t>a * stride + a]
            for b in range(a, w):
                q = positions[b]
                value = term[<Py_ssize_t>a * stride + b]
                if q >= p:
                    self.front[<Py_ssize_t>p * height + q] += value
                else:
                    self.front[<Py_ssize_t>q * height + p] += value

    cdef int close_front(self, int k, double* factor) noexcept nogil:
        """Eliminate the moments of a front; return 1 when that cannot be done."""
        cdef int f = self.pointers[k + 1] - self.pointers[k], own = self.own[k], height = PADDED(f), r = f - own
        cdef int a, first = 0, last, wide
        cdef double entry, minus = -1.0, one = 1.0
        cdef double* rest = self.left + self.rests[k]
        cdef double* corner
        for a in range(own):
            entry = self.diagonal[self.rows[self.pointers[k] + a]]
            if not entry > 0.0:
                self.front[<Py_ssize_t>a * height + a] = entry = 1.0
            self.own_diagonal[a] = entry
        if f <= 2 * PANEL:
            if self._eliminate(f, 0, own, f):
                return 1
        else:
            while first < own:
                last = min(own, first + PANEL)
                if self._eliminate(f, first, last, last):
                    return 1
                wide, first, a = last - first, last, f - last
                corner = self.front + <Py_ssize_t>last * height + last
                dsyrk("L", "N", &a, &wide, &minus, corner - <Py_ssize_t>wide * height, &height, &one, corner, &height)
        keep_columns(f, own, self.front, factor + self.panels[k])
        for a in range(r):
            memcpy(rest + <Py_ssize_t>a * r + a, self.front + <Py_ssize_t>(own + a) * height + own + a,
                   (r - a) * sizeof(double))
        return 0

    cdef inline bint _eliminate(self, int f, int first, int last, int end) noexcept nogil:
        """Eliminate columns of the open front; see the header."""
        return eliminate(f, first, last, end, self.rules.last_shift, self.rules.small_pivot, self.rules.raised_pivot,
                         self.front, self.own_diagonal, &self.raised, &self.smallest)

    cdef void solve(self, const double* factor, double* right) noexcept nogil:
        """Solve with a factor, in place."""
        cdef int k, i, f, own
        cdef const int* rows
        for k in range(self.count):
            f, own, rows = self.pointers[k + 1] - self.pointers[k], self.own[k], self.rows + self.pointers[k]
            self._gather(f, rows, right)
            solve_forwards(f, own, factor + self.panels[k], self.gathered)
            for i in range(f):
                right[rows[i]] = self.gathered[i]
        for k in range(self.count - 1, -1, -1):
            f, own, rows = self.pointers[k + 1] - self.pointers[k], self.own[k], self.rows + self.pointers[k]
            self._gather(f, rows, right)
            solve_backwards(f, own, factor + self.panels[k], self.gathered)
            for i in range(own):
                right[rows[i]] = self.gathered[i]

    cdef inline void _gather(self, int f, const int* rows, const double* right) noexcept nogil:
        """Write the numbers of a front next to each other, and zeros up to a whole vector."""
        cdef int i
        for i in range(f):
            self.gathered[i] = right[rows[i]]
        memset(self.gathered + f, 0, (PADDED(f) - f) * sizeof(double))


cdef int* _room_for(Workspace workspace, Py_ssize_t count) except NULL:
    """Return room for whole numbers, whatever was there."""
    return <int*>workspace.take(count // 2 + 1, False)


cdef void _group(int count, int groups, const int* keys, int* bounds, int* items) noexcept nogil:
    """Write items one group after the other, and where these begin; items whose key is no group come in none.

    `bounds` has room for one more than the groups and their end.
    """
    cdef int i
    memset(bounds, 0, (groups + 2) * sizeof(int))
    for i in range(count):
        if 0 <= keys[i] < groups:
            bounds[keys[i] + 2] += 1
    for i in range(groups):
        bounds[i + 2] += bounds[i + 1]
    for i in range(count):
        if 0 <= keys[i] < groups:
            items[bounds[keys[i] + 1]] = i
            bounds[keys[i] + 1] += 1


def join_fronts(const Py_ssize_t[::1] order, const Py_ssize_t[::1] starts, const Py_ssize_t[::1] bounds,
                const Py_ssize_t[::1] later):
    """Join pivots into fronts; see `momentsos.solvers.native.prepare.ordering.Ordering`.

    Returns
    -------
    pointers, rows, own, parent, front_of : arrays
        See `momentsos.solvers.native.core.compiled.tree.Tree`.
    """
    cdef int count = bounds.shape[0] - 1, n = order.shape[0], k, f, above, fronts = 0
    cdef Py_ssize_t i, j
    # Of each pivot: the moments that it touches, the child that it takes in, and its front.
    cdef int[::1] rest = np.zeros(count, dtype=np.intc), taken = np.full(count, -1, dtype=np.intc)
    cdef int[::1] number = np.full(count, -1, dtype=np.intc), front_of = np.full(n, -1, dtype=np.intc)
    for k in range(count):
        for i in range(bounds[k], bounds[k + 1]):
            rest[k] += starts[later[i] + 1] - starts[later[i]]
    for k in range(count):
        above = later[bounds[k]] if bounds[k] < bounds[k + 1] else -1
        if above >= 0 and taken[above] < 0 and rest[k] == starts[above + 1] - starts[above] + rest[above]:
            taken[above] = k
            number[k] = -2
    for k in range(count):
        if number[k] == -1:
            number[k] = fronts
            fronts += 1
    for k in range(count - 1, -1, -1):
        if taken[k] >= 0:
            number[taken[k]] = number[k]
    cdef int[::1] own = np.zeros(fronts, dtype=np.intc), parent = np.full(fronts, -1, dtype=np.intc)
    cdef int[::1] pointers = np.zeros(fronts + 1, dtype=np.intc), place = np.zeros(fronts, dtype=np.intc)
    for k in range(count):
        f = number[k]
        own[f] += starts[k + 1] - starts[k]
        pointers[f + 1] = own[f] + rest[k]  # in the end that of the last pivot of the front
        parent[f] = number[later[bounds[k]]] if bounds[k] < bounds[k + 1] else -1
    for f in range(fronts):
        pointers[f + 1] += pointers[f]
        place[f] = pointers[f]
    cdef int[::1] rows = np.empty(pointers[fronts], dtype=np.intc)
    for k in range(count):
        f = number[k]
        for i in range(starts[k], starts[k + 1]):
            rows[place[f]] = order[i]
            front_of[order[i]] = f
            place[f] += 1
        if place[f] == pointers[f] + own[f]:
            for j in range(bounds[k], bounds[k + 1]):
                for i in range(starts[later[j]], starts[later[j] + 1]):
                    rows[place[f]] = order[i]
                    place[f] += 1
    return np.asarray(pointers), np.asarray(rows), np.asarray(own), np.asarray(parent), np.asarray(front_of)
