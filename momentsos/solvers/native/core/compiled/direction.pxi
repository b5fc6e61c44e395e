"""Directions of the embedding in compiled code; the formulas are in `momentsos.solvers.native.core.numpy.direction`."""

cdef enum:  # directions that are kept
    SLOTS = 3


cdef class Directions(Start):
    """A program with an iterate, its residuals and directions from it; see `Layout` for the arguments."""

    # What is left of the equations, and of complementarity.
    cdef double *primal
    cdef double *dual
    cdef double gap_residual
    cdef readonly double mu
    # What directions share: the change with `τ`.
    cdef double *slope
    cdef double *slope_slack
    cdef double *slope_gram
    cdef double *primal_image
    cdef double slope_gain
    cdef Point[SLOTS] steps
    # Work space.
    cdef double *_image
    cdef double *_moved

    def __init__(self, *args, rules, tree=None):
        super().__init__(*args, rules=rules, tree=tree)
        cdef int n = self.n, d = self.dimension, i
        for i in range(SLOTS):
            self.make_point(&self.steps[i])
        self.primal, self.dual, self._moved = self.room(d), self.room(n), self.room(d)
        self.slope, self.slope_slack, self.slope_gram = self.room(n), self.room(d), self.room(d)
        self.primal_image, self._image = self.room(d), self.room(n)

    def linearise(self):
        """See `contract.Core`."""
        with nogil:
            self._linearise(&self.metrics[self.at])

    cdef void _linearise(self, Metric* metric) noexcept nogil:
        """Solve for what all directions at the iterate share."""
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

    def direct(self, int which, double centring, double share, int before=-1):
        """See `contract.Core`."""
        with nogil:
            self._direct(centring, share, NULL if before < 0 else &self.steps[before], &self.steps[which])

    cdef void _direct(self, double centring, double share, Point* before, Point* step) noexcept nogil:
        """Write a direction, with the second-order terms of the one `before`."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef Point* point = &self.point
        cdef double target = centring * self.mu, scalar = target - point.tau * point.kappa, gap, tau
        combine(self.dimension, target, metric.inverse, -1.0, point.gram, step.gram)
        add(self.dimension, -share, self.primal_image, step.gram)
        if before != NULL:
            self.product(before.gram, before.slack, metric.inverse, self.flat)
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

    def lacking(self, int which, double share):
        """See `contract.Core`."""
        cdef Point* step = &self.steps[which]
        cdef double size
        with nogil:
            self.adjoint(step.gram, self._image)
            combine(self.n, step.tau, self.gradient, -1.0, self._image, self.missing)
            add(self.n, share, self.dual, self.missing)
            size = largest(self.n, self.missing, self.gradient_units)
        return size

    def correct(self, int which, bint at_anchor):
        """See `contract.Core`."""
        cdef Point* step = &self.steps[which]
        cdef Metric* metric = &self.metrics[self.anchor if at_anchor else self.at]
        with nogil:
            self.solve(metric, self.missing)
            self.apply(self.missing, self._moved)
            self.image(metric, self._moved, self.flat)
            add(self.dimension, 1.0, self.flat, step.gram)
            if not at_anchor:
                add(self.n, -1.0, self.missing, step.free)
                add(self.dimension, -1.0, self._moved, step.slack)

    def repair(self, const double[::1] missing):
        """See `contract.Core`."""
        cdef double[::1] change = np.empty(self.outer_dimension)
        memcpy(self.missing, &missing[0], self.n * sizeof(double))
        self.solve(&self.metrics[self.at], self.missing)
        self.apply(self.missing, self._moved)
        self.image(&self.metrics[self.at], self._moved, self.flat)
        self.take_out(self.flat, &change[0])
        return np.asarray(change)
