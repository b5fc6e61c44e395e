r"""The metric of an iterate of a small program block by block, and the terms of its Schur complement.

With :math:`W_{pq}` the weights of the entries `p = (i, k)`, `q = (l, m)` of a block,

.. math::
    W_{pq} = f_p f_q (X_{kl} V_{im} + X_{km} V_{il} + X_{il} V_{km} + X_{im} V_{kl}), \qquad V = S^{-1},

`f` a half on the diagonal and one elsewhere, the Schur complement is :math:`B = A^\top W A`. Of a block of `A = P D`
the rows of `P` are those of the identity times a factor and those of `D` sparse, so that its term is :math:`D^\top
(P^\top W P) D`, over the moments of the block alone.
"""

import numpy as np

from libc.stdlib cimport qsort

from .blocks cimport factor, gram_of_root, invert
from .operator cimport Operator
from .vectors cimport Point

cdef extern from "kernels.h" nogil:
    void fold_weights(int s, const double* x, const double* v, const int* member, const double* factor, int h,
                      double* row, double* folded)
    void add_congruence(int h, int w, const double* f, const int* pointers, const int* columns, const double* values,
                        double* tall, double* flat, double* target)


cdef int _compare(const void* a, const void* b) noexcept nogil:
    return (<const int*>a)[0] - (<const int*>b)[0]


cdef void _sort(int n, int count, int* numbers, const int* mark, int marked) noexcept nogil:
    """Sort some of the first `n` numbers, those with a mark."""
    cdef int c, at = 0
    if 16 * count < n:
        qsort(numbers, count, sizeof(int), _compare)
        return
    for c in range(n):
        if mark[c] == marked:
            numbers[at] = c
            at += 1


cdef class Terms(Operator):
    """Factors the blocks of a point and forms their terms."""

    def __init__(self, *args):
        super().__init__(*args)
        self._find_supports()

    cdef _find_supports(self):
        """Number the moments of each block, and the different rows within it."""
        cdef int n = self.n, j, d, e, c, count, high, r = 0, total = 0
        cdef int[::1] local = np.empty(max(1, self.pointers[self.n_entries]), dtype=np.intc)
        cdef int[::1] within = np.empty(self.n_rows, dtype=np.intc)
        cdef int[::1] first = np.empty(self.n_blocks, dtype=np.intc)
        cdef int[::1] bounds = np.zeros(self.n_blocks + 1, dtype=np.intc)
        cdef int[::1] mark = np.zeros(n, dtype=np.intc), place = np.empty(n, dtype=np.intc)
        cdef int[::1] moments = np.zeros(self.pointers[self.n_entries] + 1, dtype=np.intc)
        cdef int *support
        cdef Py_ssize_t tall = 0, wide = 0, square = 0
        for j in range(self.n_blocks):
            count, high, support = 0, self.heads[j + 1] - self.heads[j], &moments[total]
            for d in range(self.heads[j], self.heads[j + 1]):
                for e in range(self.pointers[d], self.pointers[d + 1]):
                    c = self.columns[e]
                    if mark[c] != j + 1:
                        mark[c] = j + 1
                        support[count] = c
                        count += 1
            _sort(n, count, support, &mark[0], j + 1)
            for c in range(count):
                place[support[c]] = c
            for d in range(self.heads[j], self.heads[j + 1]):
                for e in range(self.pointers[d], self.pointers[d + 1]):
                    local[e] = place[self.columns[e]]
            first[j] = r
            for c in range(self.sizes[j] * (self.sizes[j] + 1) // 2):
                within[r] = self.member[r] - self.heads[j] if self.factor[r] != 0.0 else 0
                r += 1
            total += count
            bounds[j + 1] = total
            tall, square = max(tall, <Py_ssize_t>high * count), max(square, <Py_ssize_t>high * high)
            wide = max(wide, <Py_ssize_t>count * count)
        self._kept += [local, within, bounds, moments, first]
        self.first = &first[0]
        self.local, self.within, self.bounds, self.moments = &local[0], &within[0], &bounds[0], &moments[0]
        self._weights = self.room(self.largest_block * (self.largest_block + 1) // 2)
        self._folded, self._tall, self._flat, self.part = (
            self.room(square), self.room(tall), self.room(tall), self.room(wide))

    def supports(self):
        """Return where the moments of each block begin, and the moments."""
        cdef int total = self.bounds[self.n_blocks]
        return np.array(<int[:self.n_blocks + 1]>self.bounds), np.array(<int[:total + 1]>self.moments)[:total]

    cdef make_vectors(self, Metric* metric):
        """Give a metric its vectors."""
        cdef int d = self.dimension
        metric.gram, metric.inverse, metric.gram_root, metric.slack_root = (
            self.room(d), self.room(d), self.room(d), self.room(d))

    cdef int factor_blocks(self, Point* point, Metric* metric) noexcept nogil:
        """Write the inverse Cholesky factors of all blocks; return 1 when one is not definite."""
        cdef int j, at, s
        for j in range(self.n_blocks):
            s, at = self.sizes[j], self.starts[j]
            if factor(s, point.slack + at, self.work):
                return 1
            invert(s, self.work, metric.slack_root + at)
            if factor(s, point.gram + at, self.work):
                return 1
            invert(s, self.work, metric.gram_root + at)
        return 0

    cdef void invert_slacks(self, Metric* metric) noexcept nogil:
        """Write `S⁻¹`."""
        cdef int j
        for j in range(self.n_blocks):
            gram_of_root(self.sizes[j], metric.slack_root + self.starts[j], metric.inverse + self.starts[j])

    cdef void image(self, Metric* metric, const double* change, double* flat) noexcept nogil:
        """Write `sym(X ΔS S⁻¹)`."""
        self.product(metric.gram, change, metric.inverse, flat)

    cdef void add_term(self, Metric* metric, int j, double* target) noexcept nogil:
        """Add the lower half, by columns, of the term of a block."""
        cdef int at = self.starts[j], first = self.first[j], h = self.heads[j + 1] - self.heads[j], w = self.bounds[j + 1] - self.bounds[j]
        fold_weights(self.sizes[j], metric.gram + at, metric.inverse + at, self.within + first, self.factor + first, h,
                     self._weights, self._folded)
        add_congruence(h, w, self._folded, self.pointers + self.heads[j], self.local, self.values, self._tall,
                       self._flat, target)
