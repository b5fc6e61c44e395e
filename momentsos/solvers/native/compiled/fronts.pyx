"""A multifrontal Cholesky factorisation on the fronts of `tree`; each is a small dense matrix, stored by columns.

A front is opened with what its children leave, the terms of its blocks are added, and closing it eliminates its own
moments. Pivots that are small are raised where they stand: what is raised elsewhere costs digits of all directions.
"""

import numpy as np

from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport dsyrk

from .vectors cimport LANES, PADDED

cdef extern from "fronts.h" nogil:
    int eliminate(int n, int first, int last, int end, double* matrix, const double* diagonal, double* raised,
                  double* smallest)
    void keep_columns(int n, int own, const double* matrix, double* panel)
    size_t kept_size(int n, int own)
    void solve_forwards(int n, int own, const double* panel, double* x)
    void solve_backwards(int n, int own, const double* panel, double* x)

cdef enum:  # columns that are eliminated before the rest of a large front is updated, by BLAS
    PANEL = 48


cdef class Fronts:
    """The factorisation for given blocks.

    Parameters
    ----------
    n : int
        The number of moments.
    pointers, rows, own, parent : arrays
        See `tree.Tree`.
    home : (blocks,) array
        The front that takes each block.
    bounds, moments : arrays
        The moments of block `j` are those from `bounds[j]` to `bounds[j + 1]`.

    Attributes
    ----------
    panel_size : int
        How many numbers a factor has.

    Raises
    ------
    ValueError
        When the moments of a block are not in one front.
    """

    def __init__(self, int n, int[::1] pointers, int[::1] rows, int[::1] own, int[::1] parent, home, int[::1] bounds,
                 int[::1] moments):
        cdef int count = own.shape[0], k, i, j, c
        cdef int[::1] place = np.full(n, -1, dtype=np.intc), places = np.zeros(max(1, rows.shape[0]), dtype=np.intc)
        cdef int[::1] positions = np.zeros(max(1, moments.shape[0]), dtype=np.intc)
        cdef Py_ssize_t[::1] panels = np.zeros(count + 1, dtype=np.intp), rests = np.zeros(count + 1, dtype=np.intp)
        cdef Py_ssize_t f
        self.n, self.count, self.largest = n, count, int(np.max(np.diff(pointers), initial=1))
        block_bounds, block_list = _grouped(home, count)
        child_bounds, children = _grouped(np.asarray(parent), count)
        cdef int[::1] the_blocks = block_list, their_bounds = block_bounds
        cdef int[::1] the_children = children, whose_bounds = child_bounds
        for k in range(count):
            f = pointers[k + 1] - pointers[k]
            panels[k + 1] = panels[k] + <Py_ssize_t>kept_size(<int>f, own[k])
            rests[k + 1] = rests[k] + (f - own[k]) * (f - own[k])
            for i in range(pointers[k], pointers[k + 1]):
                place[rows[i]] = i - pointers[k]
            for c in range(their_bounds[k], their_bounds[k + 1]):
                j = the_blocks[c]
                for i in range(bounds[j], bounds[j + 1]):
                    positions[i] = place[moments[i]]
                    if positions[i] < 0:
                        raise ValueError("the moments of a block are not in one front")
            for c in range(whose_bounds[k], whose_bounds[k + 1]):
                j = the_children[c]
                for i in range(pointers[j] + own[j], pointers[j + 1]):
                    places[i] = place[rows[i]]
            for i in range(pointers[k], pointers[k + 1]):
                place[rows[i]] = -1
        cdef int height = PADDED(self.largest)
        cdef double[::1] front = _aligned(<Py_ssize_t>self.largest * height), gathered = _aligned(height)
        cdef double[::1] left = np.empty(rests[count] + 1), work = np.empty(n + self.largest + 1)
        self._kept = [pointers, rows, own, places, the_blocks, their_bounds, the_children, whose_bounds,
                      positions, panels, rests, front, gathered, left, work]
        self.panel_size = panels[count]
        self.pointers, self.rows, self.own = &pointers[0], &rows[0], &own[0]
        self.places, self.positions = &places[0], &positions[0]
        self.child_bounds, self.children = &whose_bounds[0], &the_children[0]
        self.block_bounds, self.blocks = &their_bounds[0], &the_blocks[0]
        self.panels, self.rests, self.front, self.left = &panels[0], &rests[0], &front[0], &left[0]
        self.diagonal, self.own_diagonal, self.gathered = &work[0], &work[n], &gathered[0]

    cdef void begin(self) noexcept nogil:
        memset(self.diagonal, 0, self.n * sizeof(double))
        self.raised, self.smallest = 0.0, 1.0

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
            if eliminate(f, 0, own, f, self.front, self.own_diagonal, &self.raised, &self.smallest):
                return 1
        else:
            while first < own:
                last = min(own, first + PANEL)
                if eliminate(f, first, last, last, self.front, self.own_diagonal, &self.raised, &self.smallest):
                    return 1
                wide, first, a = last - first, last, f - last
                corner = self.front + <Py_ssize_t>last * height + last
                dsyrk("L", "N", &a, &wide, &minus, corner - <Py_ssize_t>wide * height, &height, &one, corner, &height)
        keep_columns(f, own, self.front, factor + self.panels[k])
        for a in range(r):
            memcpy(rest + <Py_ssize_t>a * r + a, self.front + <Py_ssize_t>(own + a) * height + own + a,
                   (r - a) * sizeof(double))
        return 0

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


def _aligned(count):
    """Return room for numbers that begins with a whole vector."""
    room = np.empty(count + 2 * LANES)
    start = -(room.ctypes.data // room.itemsize) % LANES
    return room[start:start + count + LANES]


def _grouped(keys, count):
    """Return the numbers of the items with each key, one key after the other, and where those of a key begin."""
    order = np.argsort(keys, kind="stable").astype(np.intc)
    bounds = np.searchsorted(keys[order], np.arange(count + 1)).astype(np.intc)
    return bounds, np.concatenate([order, np.zeros(1, dtype=np.intc)])


def fronts_of(const Py_ssize_t[::1] order, const Py_ssize_t[::1] starts, const Py_ssize_t[::1] bounds,
              const Py_ssize_t[::1] later):
    """Join pivots into fronts; see `momentsos.solvers.native.ordering.Ordering`.

    Returns
    -------
    pointers, rows, own, parent, front_of : arrays
        See `momentsos.solvers.native.compiled.tree.Tree`.
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
