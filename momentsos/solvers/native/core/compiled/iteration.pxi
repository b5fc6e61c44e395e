r"""The path-following iteration on a small program, compiled as a whole.

The method is that of `path`, `direction`, `step`, `metric` and `iterate` in `momentsos.solvers.native`, where the
formulas are: the homogeneous self-dual embedding, HKM direction, predictor-corrector, refinement by the exact
operator. What is rare is left to them: where no step stays in the interior or the Schur complement cannot be factored,
the iteration stops and says so, and whether an iterate that may be a ray is one, `rays` is asked.
"""


# What a call of `follow` ends with.
RUNNING, HAND_OVER, STALLED, RAY, CONVERGED, ITERATIONS, TIME = range(7)

cdef enum:
    _RUNNING, _HAND_OVER, _STALLED, _RAY

cdef extern from "lanes.h" nogil:
    int definite_lanes(int s, double* matrix, const double* missing)
    int lower_lanes(int s, const double* root, const double* change, double* bound, double* work)
    int still_lower_lanes(int s, double bound, double* work)


cdef class Embedding(Beginning):
    """The embedding of a program, with an iterate; see `Operator` for the arguments."""

    # The iterate, its residuals, and the best iterate so far.
    cdef Point end, best
    cdef double *primal
    cdef double *dual
    cdef double mu, gap_residual, primal_error, dual_error, worst, best_worst, size
    cdef readonly int iteration
    cdef int since_best
    # The last metric that was well conditioned, and what directions share.
    cdef int anchor
    cdef double *slope
    cdef double *slope_slack
    cdef double *slope_gram
    cdef double *primal_image
    cdef double slope_gain
    cdef Point affine, step, other
    # Work space.
    cdef double *image_of_step
    cdef double *shift
    cdef double *_scaled
    cdef double *_spare_block
    # Options.
    cdef double tol, fraction
    cdef int refinements, correctors

    def __init__(self, *args, tree=None):
        super().__init__(*args, tree=tree)
        cdef int n = self.n, d = self.dimension, i
        cdef Point *points[5]
        points[:] = [&self.end, &self.best, &self.affine, &self.step, &self.other]
        for i in range(5):
            self.make_point(points[i])
        self.primal, self.dual, self.shift = self.room(d), self.room(n), self.room(d)
        self.slope, self.slope_slack, self.slope_gram = self.room(n), self.room(d), self.room(d)
        self.primal_image, self.image_of_step = self.room(d), self.room(n)
        self._scaled = self.room(self.largest_block * self.largest_block)
        self._spare_block = self.room(eigen_size(self.largest_block))

    def follow(self, *, double tol, double fraction, int refinements, int correctors, int max_iterations,
               double deadline, is_ray):
        """Iterate from where `begin` has placed the iterate; return why the iteration stopped.

        An answer that has just the digits asked for is iterated once more: those after them are worth an iteration.
        Where a ray may be in sight `is_ray` is called, which may look at `current_point` and `repair`, and the
        iteration goes on unless it returns true.
        """
        cdef int code
        cdef bint once_more = False
        self.tol, self.fraction, self.refinements, self.correctors = tol, fraction, refinements, correctors
        self.iteration = self.since_best = self.at = 0
        self.anchor, self.by_square_root, self.poorly_refined = -1, False, False
        self._measure()
        self._remember()
        if self.factor_blocks(&self.point, &self.metrics[0]):
            return HAND_OVER
        while self.iteration < max_iterations:
            if time.perf_counter() > deadline:
                return TIME
            PyErr_CheckSignals()
            with nogil:
                code = self._look()
            if code == _RAY:
                if self.best_worst > tol and is_ray():
                    return RAY
                code = _RUNNING
            if code == _RUNNING:
                with nogil:
                    code = self._go_on()
            if self.best_worst <= tol and (code != _RUNNING or self.best_worst <= 0.1 * tol or once_more):
                return CONVERGED
            if code != _RUNNING:
                return code
            once_more = self.best_worst <= tol
        return CONVERGED if self.best_worst <= tol else ITERATIONS

    def best_point(self):
        """Return the iterate with the smallest residuals: `z`, `S`, `X`, `τ`, `κ`."""
        return self._taken_out(&self.best)

    def current_point(self):
        """Return the iterate in the same way."""
        return self._taken_out(&self.point)

    cdef _taken_out(self, Point* point):
        cdef int d = self.outer_dimension
        cdef double[::1] free = np.empty(self.n), slack = np.empty(d), gram = np.empty(d)
        memcpy(&free[0], point.free, self.n * sizeof(double))
        self.take_out(point.slack, &slack[0])
        self.take_out(point.gram, &gram[0])
        return np.asarray(free), np.asarray(slack), np.asarray(gram), point.tau, point.kappa

    def repair(self, double[::1] missing):
        """Return a change of `X` whose image under `Aᵀ` is `missing`, in the metric of the iterate."""
        cdef double[::1] change = np.empty(self.outer_dimension)
        memcpy(self.missing, &missing[0], self.n * sizeof(double))
        self.solve(&self.metrics[self.at], self.missing)
        self.apply(self.missing, self.shift)
        self.image(&self.metrics[self.at], self.shift, self.flat)
        self.take_out(self.flat, &change[0])
        return np.asarray(change)

    # One iteration ---------------------------------------------------------------------------------------------

    cdef int _look(self) noexcept nogil:
        """Linearise at the iterate."""
        if self.make_metric(&self.point, &self.metrics[self.at]):
            return _HAND_OVER
        if self.anchor < 0 or self.metrics[self.at].smallest_pivot >= 1e-9:
            self.anchor = self.at
        self._linearise()
        return _RAY if self._ray_in_sight() else _RUNNING

    cdef int _go_on(self) noexcept nogil:
        """Take a step."""
        cdef bint used_up = self.metrics[self.at].shift > 0.0 and not self.by_square_root and self.best_worst <= 1e-9
        if self._advance():
            return _HAND_OVER
        self.iteration += 1
        self._measure()
        # With κ ahead of τ the iterates are on their way to a ray, not to a better point.
        if self.worst < (0.5 if used_up else 0.9) * self.best_worst or self.point.kappa > self.point.tau:
            self.since_best = 0
        else:
            self.since_best += 3 if used_up else 1
        if self.worst < self.best_worst:
            self._remember()
        return _STALLED if self.since_best >= (12 if self.best_worst <= 1e-6 else 30) else _RUNNING

    cdef void _remember(self) noexcept nogil:
        memcpy(self.best.free, self.point.free, self.n * sizeof(double))
        memcpy(self.best.slack, self.point.slack, self.dimension * sizeof(double))
        memcpy(self.best.gram, self.point.gram, self.dimension * sizeof(double))
        self.best.tau, self.best.kappa, self.best_worst = self.point.tau, self.point.kappa, self.worst

    cdef void _measure(self) noexcept nogil:
        """Compute the residuals, as `iterate.measure` does."""
        cdef double tau = self.point.tau, top, value, bound, objective, other
        self.apply(self.point.free, self.flat)
        add(self.dimension, tau, self.constant, self.flat)
        top = largest(self.dimension, self.flat, self.row_units)
        combine(self.dimension, 1.0, self.flat, -1.0, self.point.slack, self.primal)
        self.adjoint(self.point.gram, self.missing)
        combine(self.n, tau, self.gradient, -1.0, self.missing, self.dual)
        value = dot(self.n, self.gradient, self.point.free)
        bound = -dot(self.dimension, self.constant, self.point.gram)
        self.gap_residual = bound - value - self.point.kappa
        self.mu = dot(self.dimension, self.point.slack, self.point.gram) + tau * self.point.kappa
        self.mu /= self.degree + 1
        objective = self.objective_shift + self.objective_unit * value / tau
        other = self.objective_shift + self.objective_unit * bound / tau
        self.size = 1.0 + fabs(objective) + fabs(other)
        self.primal_error = largest(self.dimension, self.primal, self.row_units) / (tau + top)
        self.dual_error = largest(self.n, self.dual, self.gradient_units) / tau
        self.worst = max(self.primal_error, self.dual_error, fabs(objective - other) / self.size)

    # Directions -------------------------------------------------------------------------------------------------

    cdef void _linearise(self) noexcept nogil:
        """Solve for what all directions at the iterate share, as `direction.linearise` does."""
        cdef Metric* metric = &self.metrics[self.at]
        self.image(metric, self.constant, self.flat)
        self.adjoint(self.flat, self.missing)
        combine(self.n, -1.0, self.missing, -1.0, self.gradient, self.slope)
        self.solve(metric, self.slope)
        self.apply(self.slope, self.slope_slack)
        add(self.dimension, 1.0, self.constant, self.slope_slack)
        self.image(metric, self.slope_slack, self.flat)
        combine(self.dimension, -1.0, self.flat, 0.0, self.flat, self.slope_gram)
        self.image(metric, self.primal, self.primal_image)
        self.slope_gain = -dot(self.n, self.gradient, self.slope) - dot(
            self.dimension, self.constant, self.slope_gram)

    cdef void _direct(self, double centring, double share, Point* before, Point* step) noexcept nogil:
        """Write the direction of `direction.Linearisation.direction`, with the second-order terms of `before`."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef Point* point = &self.point
        cdef double target = centring * self.mu, scalar = target - point.tau * point.kappa, gap, tau
        combine(self.dimension, target, metric.inverse, -1.0, point.gram, step.gram)
        add(self.dimension, -share, self.primal_image, step.gram)
        if before != NULL:
            self._image_of(before, metric)
            add(self.dimension, -1.0, self.flat, step.gram)
            scalar -= before.tau * before.kappa
        self.adjoint(step.gram, step.free)
        add(self.n, -share, self.dual, step.free)
        self.solve(metric, step.free)
        self.apply(step.free, step.slack)
        self.image(metric, step.slack, self.flat)
        add(self.dimension, -1.0, self.flat, step.gram)
        gap = share * self.gap_residual - dot(self.n, self.gradient, step.free)
        gap -= dot(self.dimension, self.constant, step.gram)
        tau = (scalar - point.tau * gap) / (point.kappa + point.tau * self.slope_gain)
        add(self.n, tau, self.slope, step.free)
        add(self.dimension, tau, self.slope_slack, step.slack)
        add(self.dimension, share, self.primal, step.slack)
        add(self.dimension, tau, self.slope_gram, step.gram)
        # From complementarity, not from the gap equation: its rounding would push κ to the boundary.
        step.tau, step.kappa = tau, (scalar - point.kappa * tau) / point.tau

    cdef inline void _image_of(self, Point* before, Metric* metric) noexcept nogil:
        """Write the second-order term `sym(ΔX ΔS S⁻¹)`."""
        self.product(before.gram, before.slack, metric.inverse, self.flat)

    cdef double _refined(self, Point* step, double share, double longest) noexcept nogil:
        """Reduce what a step leaves of the dual equation, first in the metric of the iterate, then of the anchor.

        Return how far it can be taken then; before it was `longest`.
        """
        cdef Metric* metric = &self.metrics[self.at]
        cdef Metric* anchor = &self.metrics[self.anchor]
        cdef double previous = 1e300, size, tolerance = max(1e-2 * self.tol, 1e-3 * self.dual_error) * self.point.tau
        cdef bint at_anchor = False
        cdef int i, turn
        for turn in range(self.refinements):
            self.adjoint(step.gram, self.image_of_step)
            combine(self.n, step.tau, self.gradient, -1.0, self.image_of_step, self.missing)
            add(self.n, share, self.dual, self.missing)
            size = largest(self.n, self.missing, self.gradient_units)
            if size <= tolerance:
                return longest if turn == 0 else self._longest_step(step)
            self.poorly_refined = turn >= self.refinements - 1
            at_anchor = at_anchor or size > 0.3 * previous
            previous = size
            self.solve(anchor if at_anchor else metric, self.missing)
            self.apply(self.missing, self.shift)
            self.image(anchor if at_anchor else metric, self.shift, self.flat)
            add(self.dimension, 1.0, self.flat, step.gram)
            if not at_anchor:
                add(self.n, -1.0, self.missing, step.free)
                add(self.dimension, -1.0, self.shift, step.slack)
        return self._longest_step(step) if self.refinements else longest

    cdef bint _ray_in_sight(self) noexcept nogil:
        """Return whether `rays` would look more closely at the iterate."""
        cdef double gain = -dot(self.dimension, self.constant, self.point.gram)
        cdef double fall = -dot(self.n, self.gradient, self.point.free)
        cdef double top = 0.0
        cdef int i
        if fall > max(1e3 * self.point.tau, 1e-9 * absolute_dot(self.n, self.gradient, self.point.free)):
            if self._nearly_definite(fall):
                return True
        if not gain > 1e-9 * absolute_dot(self.dimension, self.constant, self.point.gram):
            return False
        self.adjoint(self.point.gram, self.missing)
        for i in range(self.n):
            top = max(top, fabs(self.missing[i]))
        return gain > 1e3 * top

    cdef bint _nearly_definite(self, double fall) noexcept nogil:
        """Return whether `A z` is in the cone up to what `rays` allows for a fall of the objective."""
        cdef double margin = 1e-8 * fall, top = 0.0
        cdef int c, i, s, lane
        cdef Batch *batch
        cdef double *block
        self.apply(self.point.free, self.flat)
        for i in range(self.dimension):
            top = max(top, fabs(self.flat[i]))
        if fall > 1e4 * self.point.tau:
            margin = max(margin, 1e-9 * top)
        for c in range(self.n_batches):
            batch = &self.batches[c]
            s, block = batch.size, self.flat + batch.start
            for i in range(s):
                for lane in range(batch.filled):
                    block[i * (s + 1) * batch.lanes + lane] += margin
            if batch.lanes > 1:
                if not definite_lanes(s, block, batch.missing):
                    return False
            elif factor(s, block, block):
                return False
        return True

    # One step ---------------------------------------------------------------------------------------------------

    cdef double _longest_step(self, Point* step) noexcept nogil:
        """Return the largest step in the cone, at most 1.25: from there on the step is 1."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef double low = -0.8, length
        cdef int c
        for c in range(self.n_batches):
            low = self._lowest(&self.batches[c], metric.slack_root, step.slack, low)
            low = self._lowest(&self.batches[c], metric.gram_root, step.gram, low)
        length = -1.0 / low
        if step.tau < 0.0:
            length = min(length, -self.point.tau / step.tau)
        if step.kappa < 0.0:
            length = min(length, -self.point.kappa / step.kappa)
        return length

    cdef double _lowest(self, Batch* batch, const double* root, const double* change, double bound) noexcept nogil:
        """Return the smallest eigenvalue of `R D Rᵀ` over the blocks of a batch, or `bound` where none is below."""
        cdef int s = batch.size, at = batch.start, lane, below
        if batch.lanes == 1:
            return lowest(s, root + at, change + at, bound, self.work)
        below = lower_lanes(s, root + at, change + at, &bound, self.work)
        lane = 0
        while below:
            while not below & (1 << lane):
                lane += 1
            self.take_block(batch, lane, self.work, self._scaled)
            bound = min(bound, smallest_eigenvalue(s, self._scaled, bound, self._spare_block))
            below ^= 1 << lane
            if below:
                below &= still_lower_lanes(s, bound, self.work)
        return bound

    cdef int _advance(self) noexcept nogil:
        """Take the step of `step.advance`; return 1 when none stays in the interior."""
        cdef double reach, share, centring, longest, length, floor = 0.0
        cdef int turn
        if self.primal_error <= self.tol:
            floor = 0.01 * self.tol * self.size / fabs(self.objective_unit) * self.point.tau * self.point.tau
            floor /= self.degree + 1
        self._direct(0.0, 1.0, NULL, &self.affine)
        reach = min(1.0, self._longest_step(&self.affine))
        share = 1.0 - (1.0 - reach) ** 3
        centring = max(1.0 - share, min(1.0, floor / self.mu))
        self._direct(centring, share, &self.affine, &self.step)
        longest = self._longest_step(&self.step)
        for turn in range(self.correctors):
            if longest >= (1.0 if turn == 0 else 0.97):
                break
            self._direct(centring, share, &self.step, &self.other)
            length = self._longest_step(&self.other)
            if length <= longest:
                break
            self.step, self.other, longest = self.other, self.step, length
        longest = self._refined(&self.step, share, longest)
        if longest < 0.2:
            # The second-order terms do harm where the linearisation is poor: centre without them.
            centring = max(centring, 0.5)
            self._direct(centring, 1.0 - centring, NULL, &self.other)
            length = self._refined(&self.other, 1.0 - centring, self._longest_step(&self.other))
            if length > longest:
                self.step, self.other, longest = self.other, self.step, length
        return self._move(min(1.0, min(self.fraction, 0.9 + 0.1 * reach) * longest))

    cdef int _move(self, double length) noexcept nogil:
        """Take a step, shortened until its end is in the interior for the Cholesky factorisation as well."""
        cdef int following = 1 - self.anchor
        while length > 1e-5:
            combine(self.n, 1.0, self.point.free, length, self.step.free, self.end.free)
            combine(self.dimension, 1.0, self.point.slack, length, self.step.slack, self.end.slack)
            combine(self.dimension, 1.0, self.point.gram, length, self.step.gram, self.end.gram)
            self.end.tau = self.point.tau + length * self.step.tau
            self.end.kappa = self.point.kappa + length * self.step.kappa
            if self.factor_blocks(&self.end, &self.metrics[following]) == 0:
                self.point, self.end = self.end, self.point
                self.at = following
                return 0
            length *= 0.7
        return 1
