r"""The path-following iteration on a small program, compiled as a whole.

The method is that of `path`, `direction`, `step`, `metric` and `iterate`, where the formulas are: the homogeneous
self-dual embedding, HKM direction, predictor-corrector, refinement by the exact operator. What is rare is left to
them: where the Schur complement is ill-conditioned, no step stays in the interior or a ray is in sight, the
iteration stops with the point at hand.

The rows of the operator `A` are the entries `(i, k)`, `i <= k`, of the blocks; blocks are flat as in `cone`. With
:math:`\hat W_{pq}` the weights of the entries `p = (i, k)`, `q = (l, m)`,

.. math::
    \hat W_{pq} = f_p f_q (X_{kl} V_{im} + X_{km} V_{il} + X_{il} V_{km} + X_{im} V_{kl}), \qquad V = S^{-1},

`f` a half on the diagonal and one elsewhere, the Schur complement is :math:`B = A^\top \hat W A`, `A` sparse.
"""

import time

import numpy as np

from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport fabs, isfinite, sqrt
from libc.string cimport memcpy, memset
from scipy.linalg.cython_blas cimport dtrsv
from scipy.linalg.cython_lapack cimport dgeqrf, dpotrf

from .blocks cimport factor, gram_of_root, invert, lowest, sandwich

# What a call of `follow` ends with.
RUNNING, CONVERGED, HAND_OVER, STALLED, ITERATIONS, TIME = range(6)

cdef enum:
    _RUNNING, _CONVERGED, _HAND_OVER, _STALLED

cdef struct Point:
    double *free
    double *slack
    double *gram
    double tau
    double kappa

cdef struct Metric:
    double *gram
    double *inverse
    double *gram_root
    double *slack_root
    double *schur
    double smallest_pivot


cdef inline double _dot(int n, const double* a, const double* b) noexcept nogil:
    cdef int i
    cdef double total = 0.0
    for i in range(n):
        total += a[i] * b[i]
    return total


cdef inline double _absolute_dot(int n, const double* a, const double* b) noexcept nogil:
    cdef int i
    cdef double total = 0.0
    for i in range(n):
        total += fabs(a[i] * b[i])
    return total


cdef inline double _largest(int n, const double* a, const double* units) noexcept nogil:
    cdef int i
    cdef double top = 0.0
    for i in range(n):
        top = max(top, fabs(a[i] * units[i]))
    return top


cdef inline void _add(int n, double share, const double* a, double* b) noexcept nogil:
    cdef int i
    for i in range(n):
        b[i] += share * a[i]


cdef inline void _add_outer(int s, double value, int i, int k, const double* lower, const double* root,
                            double* place) noexcept nogil:
    cdef int u, v
    cdef double share
    for u in range(i + 1):
        share = value * lower[i * s + u]
        for v in range(k, s):
            place[u * s + v] += share * root[v * s + k]


cdef class Embedding:
    """A program in the form of the iteration, and the work space; see `Scaled` and `Small` for the arguments."""

    cdef int n, dimension, degree, n_blocks, n_rows
    cdef int *sizes
    cdef int *starts
    cdef int *upper
    cdef int *lower
    cdef int *pointers
    cdef int *columns
    cdef double *values
    cdef double *constant
    cdef double *gradient
    cdef double *row_units
    cdef double *gradient_units
    cdef double objective_shift, objective_unit
    cdef object _kept
    # The iterate, its residuals, and the best iterate so far.
    cdef Point point, end, best
    cdef double *primal
    cdef double *dual
    cdef double mu, gap_residual, primal_error, worst, best_worst, size
    cdef readonly int iteration
    cdef int since_best
    # The metrics of the iterate and of the last one where it was well conditioned, and what directions share.
    cdef Metric[2] metrics
    cdef int at, anchor
    cdef bint by_square_root
    cdef double *slope
    cdef double *slope_slack
    cdef double *slope_gram
    cdef double *primal_image
    cdef double slope_gain
    cdef Point affine, step, other
    # Work space.
    cdef double *flat
    cdef double *missing
    cdef double *shift
    cdef double *schur
    cdef double *weights
    cdef double *row
    cdef double *work
    cdef double *tall
    cdef double *room
    # Options.
    cdef double tol, fraction
    cdef int refinements, correctors

    def __init__(self, int[::1] sizes, int[::1] starts, int[::1] upper, int[::1] lower, double[:, ::1] rows,
                 double[::1] constant, double[::1] gradient, double[::1] row_units, double[::1] gradient_units,
                 double objective_shift, double objective_unit):
        self._kept = [sizes, starts, upper, lower, constant, gradient, row_units, gradient_units]
        self.n, self.dimension = gradient.shape[0], constant.shape[0]
        self.n_blocks, self.n_rows, self.degree = sizes.shape[0], upper.shape[0], int(np.sum(sizes))
        self.sizes, self.starts, self.upper, self.lower = &sizes[0], &starts[0], &upper[0], &lower[0]
        self.constant, self.gradient = &constant[0], &gradient[0]
        self.row_units, self.gradient_units = &row_units[0], &gradient_units[0]
        self.objective_shift, self.objective_unit = objective_shift, objective_unit
        self._lay_out(int(np.max(sizes)))
        self._compress(rows)

    cdef _compress(self, double[:, ::1] rows):
        """Keep what is not zero."""
        cdef int[::1] pointers = np.empty(self.n_rows + 1, dtype=np.intc)
        cdef int[::1] columns = np.empty(max(1, np.count_nonzero(rows)), dtype=np.intc)
        cdef double[::1] values = np.empty(columns.shape[0])
        cdef int r, a, e = 0
        self._kept += [pointers, columns, values]
        self.pointers, self.columns, self.values = &pointers[0], &columns[0], &values[0]
        for r in range(self.n_rows):
            self.pointers[r] = e
            for a in range(self.n):
                if rows[r, a] != 0.0:
                    self.columns[e], self.values[e] = a, rows[r, a]
                    e += 1
        self.pointers[self.n_rows] = e

    cdef _lay_out(self, int largest):
        """Cut the work space into vectors."""
        cdef int n = self.n, d = self.dimension, i
        cdef Py_ssize_t square = <Py_ssize_t>n * n
        cdef Py_ssize_t total = 3 * square + 44 * n + 26 * d + (<Py_ssize_t>d + 3 * largest + 4) * max(n, largest)
        cdef double[::1] room = np.empty(total)
        cdef double *spot = &room[0]
        cdef Point *points[6]
        self._kept.append(room)
        points[:] = [&self.point, &self.end, &self.best, &self.affine, &self.step, &self.other]
        for i in range(6):
            points[i].free, points[i].slack, points[i].gram = spot, spot + n, spot + n + d
            spot += n + 2 * d
        for i in range(2):
            self.metrics[i].gram, self.metrics[i].inverse = spot, spot + d
            self.metrics[i].gram_root, self.metrics[i].slack_root = spot + 2 * d, spot + 3 * d
            self.metrics[i].schur = spot + 4 * d
            spot += 4 * d + square
        self.primal, self.slope_slack, self.slope_gram = spot, spot + d, spot + 2 * d
        self.primal_image, self.flat, self.shift = spot + 3 * d, spot + 4 * d, spot + 5 * d
        spot += 6 * d
        self.dual, self.slope, self.missing, self.row = spot, spot + n, spot + 2 * n, spot + 3 * n
        spot += 4 * n
        self.schur = spot
        self.weights, self.work = spot + square, spot + square + largest * largest
        self.room = self.work + 2 * largest * largest + 4 * largest
        self.tall = self.room + 32 * n

    def follow(self, double[::1] free, double[::1] slack, double[::1] gram, double tau, double kappa, *, double tol,
               double fraction, int refinements, int correctors, int max_iterations, double deadline):
        """Iterate from a point in the interior; return why the iteration stopped."""
        cdef int code
        memcpy(self.point.free, &free[0], self.n * sizeof(double))
        memcpy(self.point.slack, &slack[0], self.dimension * sizeof(double))
        memcpy(self.point.gram, &gram[0], self.dimension * sizeof(double))
        self.point.tau, self.point.kappa = tau, kappa
        self.tol, self.fraction, self.refinements, self.correctors = tol, fraction, refinements, correctors
        self.iteration = self.since_best = self.at = 0
        self.anchor, self.by_square_root = -1, False
        self._measure()
        self._remember()
        if self._factor(&self.point, &self.metrics[0]):
            return HAND_OVER
        while self.iteration < max_iterations:
            if time.perf_counter() > deadline:
                return TIME
            PyErr_CheckSignals()
            with nogil:
                code = self._iterate()
            if code != _RUNNING:
                return code
        return ITERATIONS

    def best_point(self):
        """Return the iterate with the smallest residuals: `z`, `S`, `X`, `τ`, `κ`."""
        cdef double[::1] free = np.empty(self.n), slack = np.empty(self.dimension), gram = np.empty(self.dimension)
        memcpy(&free[0], self.best.free, self.n * sizeof(double))
        memcpy(&slack[0], self.best.slack, self.dimension * sizeof(double))
        memcpy(&gram[0], self.best.gram, self.dimension * sizeof(double))
        return np.asarray(free), np.asarray(slack), np.asarray(gram), self.best.tau, self.best.kappa

    # One iteration ---------------------------------------------------------------------------------------------

    cdef int _iterate(self) noexcept nogil:
        if self._make_metric():
            return _HAND_OVER
        if self.anchor < 0 or self.metrics[self.at].smallest_pivot >= 1e-9:
            self.anchor = self.at
        self._linearise()
        if self._ray_in_sight() or self._advance():
            return _HAND_OVER
        self.iteration += 1
        self._measure()
        # With κ ahead of τ the iterates are on their way to a ray, not to a better point.
        if self.worst < 0.9 * self.best_worst or self.point.kappa > self.point.tau:
            self.since_best = 0
        else:
            self.since_best += 1
        if self.worst < self.best_worst:
            self._remember()
        if self.worst <= self.tol:
            return _CONVERGED
        return _STALLED if self.since_best >= (12 if self.best_worst <= 1e-6 else 30) else _RUNNING

    cdef void _remember(self) noexcept nogil:
        memcpy(self.best.free, self.point.free, self.n * sizeof(double))
        memcpy(self.best.slack, self.point.slack, self.dimension * sizeof(double))
        memcpy(self.best.gram, self.point.gram, self.dimension * sizeof(double))
        self.best.tau, self.best.kappa, self.best_worst = self.point.tau, self.point.kappa, self.worst

    cdef void _measure(self) noexcept nogil:
        """Compute the residuals, as `iterate.measure` does."""
        cdef int i
        cdef double tau = self.point.tau, top, value, bound, objective, other
        self._apply(self.point.free, self.flat)
        _add(self.dimension, tau, self.constant, self.flat)
        top = _largest(self.dimension, self.flat, self.row_units)
        for i in range(self.dimension):
            self.primal[i] = self.flat[i] - self.point.slack[i]
        self._adjoint(self.point.gram, self.dual)
        for i in range(self.n):
            self.dual[i] = tau * self.gradient[i] - self.dual[i]
        value = _dot(self.n, self.gradient, self.point.free)
        bound = -_dot(self.dimension, self.constant, self.point.gram)
        self.gap_residual = bound - value - self.point.kappa
        self.mu = _dot(self.dimension, self.point.slack, self.point.gram) + tau * self.point.kappa
        self.mu /= self.degree + 1
        objective = self.objective_shift + self.objective_unit * value / tau
        other = self.objective_shift + self.objective_unit * bound / tau
        self.size = 1.0 + fabs(objective) + fabs(other)
        self.primal_error = _largest(self.dimension, self.primal, self.row_units) / (tau + top)
        self.worst = max(self.primal_error, _largest(self.n, self.dual, self.gradient_units) / tau,
                         fabs(objective - other) / self.size)

    # The operator, and images of blocks -------------------------------------------------------------------------

    cdef void _apply(self, const double* free, double* flat) noexcept nogil:
        """Write `A z`, blocks in full."""
        cdef int r, e
        cdef double value
        for r in range(self.n_rows):
            value = 0.0
            for e in range(self.pointers[r], self.pointers[r + 1]):
                value += self.values[e] * free[self.columns[e]]
            flat[self.upper[r]] = flat[self.lower[r]] = value

    cdef void _adjoint(self, const double* flat, double* gradient) noexcept nogil:
        """Write `Aᵀ X`: both halves of the blocks count."""
        cdef int r, e
        cdef double value
        memset(gradient, 0, self.n * sizeof(double))
        for r in range(self.n_rows):
            value = flat[self.upper[r]]
            if self.upper[r] != self.lower[r]:
                value += flat[self.lower[r]]
            for e in range(self.pointers[r], self.pointers[r + 1]):
                gradient[self.columns[e]] += self.values[e] * value

    cdef void _product(self, const double* left, const double* middle, const double* right,
                       double* flat) noexcept nogil:
        cdef int j, at
        for j in range(self.n_blocks):
            at = self.starts[j]
            sandwich(self.sizes[j], left + at, middle + at, right + at, self.work, flat + at)

    cdef inline void _image(self, Metric* metric, const double* change, double* flat) noexcept nogil:
        """Write `sym(X ΔS S⁻¹)`."""
        self._product(metric.gram, change, metric.inverse, flat)

    # The metric -------------------------------------------------------------------------------------------------

    cdef int _factor(self, Point* point, Metric* metric) noexcept nogil:
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

    cdef int _make_metric(self) noexcept nogil:
        """Form and factor the Schur complement; return 1 when it cannot be factored."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef int j, r = 0
        memcpy(metric.gram, self.point.gram, self.dimension * sizeof(double))
        for j in range(self.n_blocks):
            gram_of_root(self.sizes[j], metric.slack_root + self.starts[j], metric.inverse + self.starts[j])
        if not self.by_square_root:
            memset(self.schur, 0, <size_t>self.n * self.n * sizeof(double))
            for j in range(self.n_blocks):
                self._add_block(metric, j, r)
                r += self.sizes[j] * (self.sizes[j] + 1) // 2
            if self._factor_schur(metric):
                return 1
            self.by_square_root = metric.smallest_pivot < 1e-11 and self.dimension >= self.n
        return self._factor_square_root(metric) if self.by_square_root else 0

    cdef void _add_block(self, Metric* metric, int j, int first) noexcept nogil:
        """Add `Aᵀ W A` of the block whose rows begin at `first`: row `p` of `W A` for each entry `p`."""
        cdef int s = self.sizes[j], i, k, r = first, q, e
        cdef int count = s * (s + 1) // 2
        cdef double weight
        for k in range(s):
            for i in range(k + 1):
                self._weigh(s, metric.gram + self.starts[j], metric.inverse + self.starts[j], i, k)
                memset(self.row, 0, self.n * sizeof(double))
                for q in range(count):
                    weight = self.weights[q]
                    for e in range(self.pointers[first + q], self.pointers[first + q + 1]):
                        self.row[self.columns[e]] += weight * self.values[e]
                for e in range(self.pointers[r], self.pointers[r + 1]):
                    q = self.columns[e]  # of a symmetric matrix in column order the lower half is written
                    _add(self.n - q, self.values[e], self.row + q, self.schur + <Py_ssize_t>q * self.n + q)
                r += 1

    cdef inline void _weigh(self, int s, const double* gram, const double* inverse, int i, int k) noexcept nogil:
        """Write row `(i, k)` of `W`."""
        cdef const double *x = gram + i * s
        cdef const double *y = gram + k * s
        cdef const double *v = inverse + i * s
        cdef const double *w = inverse + k * s
        cdef double *row = self.weights
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
            if not isfinite(self.schur[i * n + i]):
                return 1
            if not self.schur[i * n + i] > 0.0:
                self.schur[i * n + i] = 1.0
        while shift <= 1e-6:
            memcpy(metric.schur, self.schur, <size_t>n * n * sizeof(double))
            for i in range(n):
                metric.schur[i * n + i] *= 1.0 + shift
            dpotrf("L", &n, metric.schur, &n, &info)
            if info == 0:
                metric.smallest_pivot = 1.0
                for i in range(n):
                    pivot, entry = metric.schur[i * n + i], self.schur[i * n + i]
                    metric.smallest_pivot = min(metric.smallest_pivot, pivot * pivot / entry)
                return 0
            shift = max(1e-16, shift * 1e2)
        return 1

    cdef int _factor_square_root(self, Metric* metric) noexcept nogil:
        """Write the factor of the Schur complement from a QR factorisation, as `square_root` does."""
        cdef int n = self.n, d = self.dimension, a, b, info, room = 32 * n
        cdef double *norms = self.missing
        cdef double *column
        cdef double pivot
        memset(self.tall, 0, <size_t>n * d * sizeof(double))
        self._fill_tall(metric)
        for a in range(n):
            column = self.tall + <Py_ssize_t>a * d
            norms[a] = sqrt(_dot(d, column, column))
            if not norms[a] > 0.0:
                norms[a] = 1.0
            for b in range(d):
                column[b] /= norms[a]
        dgeqrf(&d, &n, self.tall, &d, self.row, self.room, &room, &info)
        metric.smallest_pivot = 1.0
        for a in range(n):
            column = self.tall + <Py_ssize_t>a * d
            pivot = fabs(column[a])
            if not isfinite(pivot):
                return 1
            if pivot <= 1e-14:  # a combination of the columns before it
                column[a] = pivot = 1e14
            metric.smallest_pivot = min(metric.smallest_pivot, pivot)
            for b in range(a + 1):
                metric.schur[<Py_ssize_t>b * n + a] = column[b] * norms[a]
        return 0

    cdef void _fill_tall(self, Metric* metric) noexcept nogil:
        """Add `Lᵀ A_a K⁻ᵀ` for `X = LLᵀ`, `S = KKᵀ` to column `a`: an entry is a product of rows of `L` and `K⁻ᵀ`."""
        cdef int j, s, at, i, k, r = 0, e
        cdef double *place
        for j in range(self.n_blocks):
            s, at = self.sizes[j], self.starts[j]
            factor(s, self.point.gram + at, self.work)
            for k in range(s):
                for i in range(k + 1):
                    for e in range(self.pointers[r], self.pointers[r + 1]):
                        place = self.tall + <Py_ssize_t>self.columns[e] * self.dimension + at
                        _add_outer(s, self.values[e], i, k, self.work, metric.slack_root + at, place)
                        if i != k:
                            _add_outer(s, self.values[e], k, i, self.work, metric.slack_root + at, place)
                    r += 1

    cdef void _solve(self, Metric* metric, double* right) noexcept nogil:
        cdef int n = self.n, one = 1
        dtrsv("L", "N", "N", &n, metric.schur, &n, right, &one)
        dtrsv("L", "T", "N", &n, metric.schur, &n, right, &one)

    # Directions -------------------------------------------------------------------------------------------------

    cdef void _linearise(self) noexcept nogil:
        """Solve for what all directions at the iterate share, as `direction.linearise` does."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef int i
        self._image(metric, self.constant, self.flat)
        self._adjoint(self.flat, self.slope)
        for i in range(self.n):
            self.slope[i] = -self.slope[i] - self.gradient[i]
        self._solve(metric, self.slope)
        self._apply(self.slope, self.slope_slack)
        _add(self.dimension, 1.0, self.constant, self.slope_slack)
        self._image(metric, self.slope_slack, self.slope_gram)
        for i in range(self.dimension):
            self.slope_gram[i] = -self.slope_gram[i]
        self._image(metric, self.primal, self.primal_image)
        self.slope_gain = -_dot(self.n, self.gradient, self.slope) - _dot(
            self.dimension, self.constant, self.slope_gram)

    cdef void _direct(self, double centring, double share, Point* before, int refinements,
                      Point* step) noexcept nogil:
        """Write the direction of `direction.Linearisation.direction`, with the second-order terms of `before`."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef Point* point = &self.point
        cdef double target = centring * self.mu, scalar = target - point.tau * point.kappa, gap, tau
        cdef int i
        for i in range(self.dimension):
            step.gram[i] = target * metric.inverse[i] - point.gram[i] - share * self.primal_image[i]
        if before != NULL:
            self._image_of(before, metric)
            _add(self.dimension, -1.0, self.flat, step.gram)
            scalar -= before.tau * before.kappa
        self._adjoint(step.gram, step.free)
        _add(self.n, -share, self.dual, step.free)
        self._solve(metric, step.free)
        self._apply(step.free, step.slack)
        self._image(metric, step.slack, self.flat)
        _add(self.dimension, -1.0, self.flat, step.gram)
        gap = share * self.gap_residual - _dot(self.n, self.gradient, step.free)
        gap -= _dot(self.dimension, self.constant, step.gram)
        tau = (scalar - point.tau * gap) / (point.kappa + point.tau * self.slope_gain)
        _add(self.n, tau, self.slope, step.free)
        _add(self.dimension, tau, self.slope_slack, step.slack)
        _add(self.dimension, share, self.primal, step.slack)
        _add(self.dimension, tau, self.slope_gram, step.gram)
        # From complementarity, not from the gap equation: its rounding would push κ to the boundary.
        step.tau, step.kappa = tau, (scalar - point.kappa * tau) / point.tau
        self._refine(step, share, refinements)

    cdef inline void _image_of(self, Point* before, Metric* metric) noexcept nogil:
        """Write the second-order term `sym(ΔX ΔS S⁻¹)`."""
        self._product(before.gram, before.slack, metric.inverse, self.flat)

    cdef void _refine(self, Point* step, double share, int refinements) noexcept nogil:
        """Reduce what the step leaves of the dual equation, first in the metric of the iterate, then of the anchor."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef Metric* anchor = &self.metrics[self.anchor]
        cdef double previous = 1e300, size, tolerance = 1e-2 * self.tol * self.point.tau
        cdef bint at_anchor = False
        cdef int i, turn
        for turn in range(refinements):
            self._adjoint(step.gram, self.missing)
            for i in range(self.n):
                self.missing[i] = step.tau * self.gradient[i] + share * self.dual[i] - self.missing[i]
            size = _largest(self.n, self.missing, self.gradient_units)
            if size <= tolerance:
                return
            at_anchor = at_anchor or size > 0.3 * previous
            previous = size
            self._solve(anchor if at_anchor else metric, self.missing)
            self._apply(self.missing, self.shift)
            self._image(anchor if at_anchor else metric, self.shift, self.flat)
            _add(self.dimension, 1.0, self.flat, step.gram)
            if not at_anchor:
                _add(self.n, -1.0, self.missing, step.free)
                _add(self.dimension, -1.0, self.shift, step.slack)

    cdef bint _ray_in_sight(self) noexcept nogil:
        """Return whether `rays` would look more closely at the iterate."""
        cdef double gain = -_dot(self.dimension, self.constant, self.point.gram)
        cdef double fall = -_dot(self.n, self.gradient, self.point.free)
        cdef double top = 0.0
        cdef int i
        if fall > max(1e3 * self.point.tau, 1e-9 * _absolute_dot(self.n, self.gradient, self.point.free)):
            return True
        if not gain > 1e-9 * _absolute_dot(self.dimension, self.constant, self.point.gram):
            return False
        self._adjoint(self.point.gram, self.missing)
        for i in range(self.n):
            top = max(top, fabs(self.missing[i]))
        return gain > 1e3 * top

    # One step ---------------------------------------------------------------------------------------------------

    cdef double _longest_step(self, Point* step) noexcept nogil:
        """Return the largest step in the cone, at most 1.25: from there on the step is 1."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef double low = -0.8, length
        cdef int j, at
        for j in range(self.n_blocks):
            at = self.starts[j]
            low = lowest(self.sizes[j], metric.slack_root + at, step.slack + at, low, self.work)
            low = lowest(self.sizes[j], metric.gram_root + at, step.gram + at, low, self.work)
        length = -1.0 / low
        if step.tau < 0.0:
            length = min(length, -self.point.tau / step.tau)
        if step.kappa < 0.0:
            length = min(length, -self.point.kappa / step.kappa)
        return length

    cdef int _advance(self) noexcept nogil:
        """Take the step of `step.advance`; return 1 when none stays in the interior."""
        cdef double reach, share, centring, longest, length, floor = 0.0
        cdef int turn
        if self.primal_error <= self.tol:
            floor = 0.01 * self.tol * self.size / fabs(self.objective_unit) * self.point.tau * self.point.tau
            floor /= self.degree + 1
        self._direct(0.0, 1.0, NULL, 0, &self.affine)
        reach = min(1.0, self._longest_step(&self.affine))
        share = 1.0 - (1.0 - reach) ** 3
        centring = max(1.0 - share, min(1.0, floor / self.mu))
        self._direct(centring, share, &self.affine, self.refinements, &self.step)
        longest = self._longest_step(&self.step)
        for turn in range(self.correctors):
            if longest >= 1.0:
                break
            self._direct(centring, share, &self.step, self.refinements, &self.other)
            length = self._longest_step(&self.other)
            if length <= longest:
                break
            self.step, self.other, longest = self.other, self.step, length
        if longest < 0.2:
            # The second-order terms do harm where the linearisation is poor: centre without them.
            centring = max(centring, 0.5)
            self._direct(centring, 1.0 - centring, NULL, self.refinements, &self.other)
            length = self._longest_step(&self.other)
            if length > longest:
                self.step, self.other, longest = self.other, self.step, length
        return self._move(min(1.0, min(self.fraction, 0.9 + 0.09 * reach) * longest))

    cdef int _move(self, double length) noexcept nogil:
        """Take a step, shortened until its end is in the interior for the Cholesky factorisation as well."""
        cdef int i, following = 1 - self.anchor
        while length > 1e-5:
            for i in range(self.n):
                self.end.free[i] = self.point.free[i] + length * self.step.free[i]
            for i in range(self.dimension):
                self.end.slack[i] = self.point.slack[i] + length * self.step.slack[i]
                self.end.gram[i] = self.point.gram[i] + length * self.step.gram[i]
            self.end.tau = self.point.tau + length * self.step.tau
            self.end.kappa = self.point.kappa + length * self.step.kappa
            if self._factor(&self.end, &self.metrics[following]) == 0:
                self.point, self.end = self.end, self.point
                self.at = following
                return 0
            length *= 0.7
        return 1
