r"""The metric of an iterate of a small program: inverse factors of its blocks, and its Schur complement.

With :math:`W_{pq}` the weights of the entries `p = (i, k)`, `q = (l, m)` of a block,

.. math::
    W_{pq} = f_p f_q (X_{kl} V_{im} + X_{km} V_{il} + X_{il} V_{km} + X_{im} V_{kl}), \qquad V = S^{-1},

`f` a half on the diagonal and one elsewhere, the Schur complement is :math:`B = A^\top W A`. Of a block of `A = P D`
the rows of `P` are those of the identity times a factor and those of `D` sparse, so that :math:`B = D^\top (P^\top W P)
D`, over the moments of the block alone. Where it is ill-conditioned, its factor comes from the square root, as in
`momentsos.solvers.native.square_root`.
"""

import numpy as np

from libc.math cimport fabs, isfinite, sqrt
from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport dtrsv
from scipy.linalg.cython_lapack cimport dgeqrf, dpotrf

from .blocks cimport factor, gram_of_root, invert
from .operator cimport Operator
from .vectors cimport Point, add, dot


cdef extern from "kernels.h" nogil:
    void fold_weights(int s, const double* x, const double* v, const int* member, const double* factor, int h,
                      double* row, double* folded)
    void add_congruence(int h, int w, const double* f, const int* pointers, const int* columns, const double* values,
                        double* tall, double* flat, double* target)

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


cdef class Normal(Operator):
    """Forms and factors the linear system of the Newton steps."""

    def __init__(self, *args):
        super().__init__(*args)
        cdef int n = self.n
        self._schur, self._row, self._norms, self._spare = (
            self.room(<Py_ssize_t>n * n), self.room(n), self.room(n), self.room(32 * n))
        self._find_supports()

    cdef _find_supports(self):
        """Number the moments of each block, and the different rows within it."""
        cdef int n = self.n, j, d, e, c, count, high, r = 0, total = 0
        cdef int[::1] local = np.empty(max(1, self.pointers[self.n_entries]), dtype=np.intc)
        cdef int[::1] within = np.empty(self.n_rows, dtype=np.intc)
        cdef int[::1] bounds = np.zeros(self.n_blocks + 1, dtype=np.intc)
        cdef int[::1] mark = np.zeros(n, dtype=np.intc), place = np.empty(n, dtype=np.intc)
        cdef Py_ssize_t tall = 0, wide = 0, square = 0
        supports = []
        for j in range(self.n_blocks):
            for d in range(self.heads[j], self.heads[j + 1]):
                for e in range(self.pointers[d], self.pointers[d + 1]):
                    mark[self.columns[e]] = j + 1
            support = np.flatnonzero(np.asarray(mark) == j + 1).astype(np.intc)
            count, high = support.shape[0], self.heads[j + 1] - self.heads[j]
            np.asarray(place)[support] = np.arange(count, dtype=np.intc)
            for d in range(self.heads[j], self.heads[j + 1]):
                for e in range(self.pointers[d], self.pointers[d + 1]):
                    local[e] = place[self.columns[e]]
            for c in range(self.sizes[j] * (self.sizes[j] + 1) // 2):
                within[r] = self.member[r] - self.heads[j] if self.factor[r] != 0.0 else 0
                r += 1
            supports.append(support)
            total += count
            bounds[j + 1] = total
            tall, square = max(tall, <Py_ssize_t>high * count), max(square, <Py_ssize_t>high * high)
            if count < n:
                wide = max(wide, <Py_ssize_t>count * count)
        cdef int[::1] moments = np.concatenate([*supports, np.zeros(1, dtype=np.intc)])
        self._kept += [local, within, bounds, moments]
        self._local, self._within, self._bounds, self._moments = &local[0], &within[0], &bounds[0], &moments[0]
        self._weights = self.room(self.largest_block * (self.largest_block + 1) // 2)
        self._folded, self._tall, self._flat, self._part = (
            self.room(square), self.room(tall), self.room(tall), self.room(wide))

    cdef make_room(self, Metric* metric):
        """Give a metric its vectors."""
        cdef int d = self.dimension
        metric.gram, metric.inverse, metric.gram_root, metric.slack_root = (
            self.room(d), self.room(d), self.room(d), self.room(d))
        metric.schur = self.room(<Py_ssize_t>self.n * self.n)

    cdef void image(self, Metric* metric, const double* change, double* flat) noexcept nogil:
        """Write `sym(X ΔS S⁻¹)`."""
        self.product(metric.gram, change, metric.inverse, flat)

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

    cdef int form(self, Metric* metric) noexcept nogil:
        """Form and factor the Schur complement by itself; return 1 when it cannot be factored."""
        cdef int j, r = 0
        for j in range(self.n_blocks):
            gram_of_root(self.sizes[j], metric.slack_root + self.starts[j], metric.inverse + self.starts[j])
        memset(self._schur, 0, <size_t>self.n * self.n * sizeof(double))
        for j in range(self.n_blocks):
            if self.heads[j + 1] > self.heads[j]:
                self._add_block(metric, j, r)
            r += self.sizes[j] * (self.sizes[j] + 1) // 2
        return self._factor_schur(metric)

    cdef int make_metric(self, Point* point, Metric* metric) noexcept nogil:
        """Form and factor the Schur complement, by its square root once it is ill-conditioned; return 1 on failure."""
        cdef int j
        cdef bint too_large
        memcpy(metric.gram, point.gram, self.dimension * sizeof(double))
        if not self.by_square_root:
            if self.form(metric):
                return 1
            too_large = <Py_ssize_t>self.n * self.dimension > LARGEST_ROOT
            if metric.smallest_pivot >= 1e-11 or self.dimension < self.n or too_large:
                return 0
            self.by_square_root = True
        else:
            for j in range(self.n_blocks):
                gram_of_root(self.sizes[j], metric.slack_root + self.starts[j], metric.inverse + self.starts[j])
        if self._whole == NULL:
            with gil:
                self._whole = self.room(<Py_ssize_t>self.n * self.dimension)
        return self._factor_square_root(point, metric)

    cdef void _add_block(self, Metric* metric, int j, int first) noexcept nogil:
        """Add the term of the block whose rows begin at `first`."""
        cdef int at = self.starts[j], h = self.heads[j + 1] - self.heads[j], a, b
        cdef int w = self._bounds[j + 1] - self._bounds[j]
        cdef int *moments = self._moments + self._bounds[j]
        cdef double *target = self._schur
        cdef double *column
        fold_weights(self.sizes[j], metric.gram + at, metric.inverse + at, self._within + first, self.factor + first, h,
                     self._weights, self._folded)
        if w < self.n:
            target = self._part
            memset(target, 0, <size_t>w * w * sizeof(double))
        add_congruence(h, w, self._folded, self.pointers + self.heads[j], self._local, self.values, self._tall,
                       self._flat, target)
        if w < self.n:
            for a in range(w):
                column = self._schur + <Py_ssize_t>moments[a] * self.n
                for b in range(a, w):
                    column[moments[b]] += target[<Py_ssize_t>a * w + b]

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
        cdef int n = self.n, d = self.dimension, a, b, info, room = 32 * n
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
        cdef int j, s, at, i, k, r = 0, e
        cdef double value
        cdef double *place
        for j in range(self.n_blocks):
            s, at = self.sizes[j], self.starts[j]
            factor(s, point.gram + at, self.work)
            for k in range(s):
                for i in range(k + 1):
                    if self.factor[r] != 0.0:
                        for e in range(self.pointers[self.member[r]], self.pointers[self.member[r] + 1]):
                            place = self._whole + <Py_ssize_t>self.columns[e] * self.dimension + at
                            value = self.factor[r] * self.values[e]
                            _add_outer(s, value, i, k, self.work, metric.slack_root + at, place)
                            if i != k:
                                _add_outer(s, value, k, i, self.work, metric.slack_root + at, place)
                    r += 1

    cdef void solve(self, Metric* metric, double* right) noexcept nogil:
        cdef int n = self.n, one = 1
        dtrsv("L", "N", "N", &n, metric.schur, &n, right, &one)
        dtrsv("L", "T", "N", &n, metric.schur, &n, right, &one)
