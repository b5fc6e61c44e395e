r"""The metric of an iterate of a small program: inverse factors of its blocks, and its Schur complement.

With :math:`W_{pq}` the weights of the entries `p = (i, k)`, `q = (l, m)` of a block,

.. math::
    W_{pq} = f_p f_q (X_{kl} V_{im} + X_{km} V_{il} + X_{il} V_{km} + X_{im} V_{kl}), \qquad V = S^{-1},

`f` a half on the diagonal and one elsewhere, the Schur complement is :math:`B = A^\top W A`, with `A` sparse. Where it
is ill-conditioned, its factor comes from the square root, as in `momentsos.solvers.native.square_root`.
"""

from libc.math cimport fabs, isfinite, sqrt
from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport dtrsv
from scipy.linalg.cython_lapack cimport dgeqrf, dpotrf

from .blocks cimport factor, gram_of_root, invert
from .operator cimport Operator
from .vectors cimport Point, add, dot


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
        cdef int n = self.n, count = self.largest_block * (self.largest_block + 1) // 2
        self._schur = self.room(<Py_ssize_t>n * n)
        self._row, self._norms, self._weights = self.room(n), self.room(n), self.room(count)
        self._tall, self._spare = self.room(<Py_ssize_t>n * self.dimension), self.room(32 * n)

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

    cdef int make_metric(self, Point* point, Metric* metric) noexcept nogil:
        """Form and factor the Schur complement; return 1 when it cannot be factored."""
        cdef int j, r = 0
        memcpy(metric.gram, point.gram, self.dimension * sizeof(double))
        for j in range(self.n_blocks):
            gram_of_root(self.sizes[j], metric.slack_root + self.starts[j], metric.inverse + self.starts[j])
        if not self.by_square_root:
            memset(self._schur, 0, <size_t>self.n * self.n * sizeof(double))
            for j in range(self.n_blocks):
                self._add_block(metric, j, r)
                r += self.sizes[j] * (self.sizes[j] + 1) // 2
            if self._factor_schur(metric):
                return 1
            self.by_square_root = metric.smallest_pivot < 1e-11 and self.dimension >= self.n
        return self._factor_square_root(point, metric) if self.by_square_root else 0

    cdef void _add_block(self, Metric* metric, int j, int first) noexcept nogil:
        """Add `Aᵀ W A` of the block whose rows begin at `first`: row `p` of `W A` for each entry `p`."""
        cdef int s = self.sizes[j], i, k, r = first, q, e
        cdef int count = s * (s + 1) // 2
        cdef double weight
        for k in range(s):
            for i in range(k + 1):
                self._weigh(s, metric.gram + self.starts[j], metric.inverse + self.starts[j], i, k)
                memset(self._row, 0, self.n * sizeof(double))
                for q in range(count):
                    weight = self._weights[q]
                    for e in range(self.pointers[first + q], self.pointers[first + q + 1]):
                        self._row[self.columns[e]] += weight * self.values[e]
                for e in range(self.pointers[r], self.pointers[r + 1]):
                    q = self.columns[e]  # of a symmetric matrix in column order the lower half is written
                    add(self.n - q, self.values[e], self._row + q, self._schur + <Py_ssize_t>q * self.n + q)
                r += 1

    cdef void _weigh(self, int s, const double* gram, const double* inverse, int i, int k) noexcept nogil:
        """Write row `(i, k)` of `W`."""
        cdef const double *x = gram + i * s
        cdef const double *y = gram + k * s
        cdef const double *v = inverse + i * s
        cdef const double *w = inverse + k * s
        cdef double *row = self._weights
        cdef double half = 0.5 if i == k else 1.0, vm, wm, xm, ym
        cdef int l, m
        for m in range(s):
            vm, wm, xm, ym = half * v[m], half * w[m], half * x[m], half * y[m]
            for l in range(m + 1):
                row[l] = y[l] * vm + v[l] * ym + x[l] * wm + w[l] * xm
            row[m] *= 0.5
            row += m + 1

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
                metric.smallest_pivot = 1.0
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
        memset(self._tall, 0, <size_t>n * d * sizeof(double))
        self._fill_tall(point, metric)
        for a in range(n):
            column = self._tall + <Py_ssize_t>a * d
            norms[a] = sqrt(dot(d, column, column))
            if not norms[a] > 0.0:
                norms[a] = 1.0
            for b in range(d):
                column[b] /= norms[a]
        dgeqrf(&d, &n, self._tall, &d, self._row, self._spare, &room, &info)
        metric.smallest_pivot = 1.0
        for a in range(n):
            column = self._tall + <Py_ssize_t>a * d
            pivot = fabs(column[a])
            if not isfinite(pivot):
                return 1
            if pivot <= 1e-14:  # a combination of the columns before it
                column[a] = pivot = 1e14
            metric.smallest_pivot = min(metric.smallest_pivot, pivot)
            for b in range(a + 1):
                metric.schur[<Py_ssize_t>b * n + a] = column[b] * norms[a]
        return 0

    cdef void _fill_tall(self, Point* point, Metric* metric) noexcept nogil:
        """Add `Lᵀ A_a K⁻ᵀ` for `X = LLᵀ`, `S = KKᵀ` to column `a`: an entry is a product of rows of `L` and `K⁻ᵀ`."""
        cdef int j, s, at, i, k, r = 0, e
        cdef double *place
        for j in range(self.n_blocks):
            s, at = self.sizes[j], self.starts[j]
            factor(s, point.gram + at, self.work)
            for k in range(s):
                for i in range(k + 1):
                    for e in range(self.pointers[r], self.pointers[r + 1]):
                        place = self._tall + <Py_ssize_t>self.columns[e] * self.dimension + at
                        _add_outer(s, self.values[e], i, k, self.work, metric.slack_root + at, place)
                        if i != k:
                            _add_outer(s, self.values[e], k, i, self.work, metric.slack_root + at, place)
                    r += 1

    cdef void solve(self, Metric* metric, double* right) noexcept nogil:
        cdef int n = self.n, one = 1
        dtrsv("L", "N", "N", &n, metric.schur, &n, right, &one)
        dtrsv("L", "T", "N", &n, metric.schur, &n, right, &one)
