"""What the driver asks of compiled code, see `momentsos.solvers.native.core.contract`."""

cdef extern from "lanes.h" nogil:
    int definite_lanes(int s, double* matrix, const double* missing)
    int lower_lanes(int s, const double* root, const double* change, double* bound, double* work)
    int still_lower_lanes(int s, double bound, double* work)


cdef class Iteration(Directions):
    """The core in compiled code.

    Parameters
    ----------
    sizes, starts, upper, lower : integer arrays
        The blocks, where they begin in flat vectors, and the two places there of each row of their triangles.
    member, factor, heads, pointers, columns, values : arrays
        The rows, by the different ones; see ``folding.pxi``.
    constant, gradient, row_units, gradient_units : arrays
    objective_shift, objective_unit : float
        See `momentsos.solvers.native.prepare.scaled.Scaled`.
    rules : module
        `momentsos.solvers.native.rules`.
    tree : Tree or None
        The fronts of a sparse factorisation; None for a dense one.
    """

    cdef Point best_one, end
    cdef readonly double primal_error, dual_error, gap, worst, objective, objective_size, smallest_pivot, shift
    cdef double *_scaled
    cdef double *_spare_block

    roots_at_once = False

    def __init__(self, *args, rules, tree=None):
        super().__init__(*args, rules=rules, tree=tree)
        self.make_point(&self.best_one)
        self.make_point(&self.end)
        self._scaled = self.room(self.largest_block * self.largest_block)
        self._spare_block = self.room(eigen_size(self.largest_block))

    @property
    def tau(self):
        return self.point.tau

    @property
    def kappa(self):
        return self.point.kappa

    @property
    def has_root(self):
        return self._whole != NULL

    # The iterate ------------------------------------------------------------------------------------------------

    def iterate(self):
        """See `contract.Core`."""
        return self._taken_out(&self.point)

    def best(self):
        """See `contract.Core`."""
        return self._taken_out(&self.best_one)

    cdef _taken_out(self, Point* point):
        cdef int d = self.outer_dimension
        cdef double[::1] free = np.empty(self.n), slack = np.empty(d), gram = np.empty(d)
        memcpy(&free[0], point.free, self.n * sizeof(double))
        self.take_out(point.slack, &slack[0])
        self.take_out(point.gram, &gram[0])
        return np.asarray(free), np.asarray(slack), np.asarray(gram), point.tau, point.kappa

    def remember(self):
        """See `contract.Core`."""
        memcpy(self.best_one.free, self.point.free, self.n * sizeof(double))
        memcpy(self.best_one.slack, self.point.slack, self.dimension * sizeof(double))
        memcpy(self.best_one.gram, self.point.gram, self.dimension * sizeof(double))
        self.best_one.tau, self.best_one.kappa = self.point.tau, self.point.kappa

    def measure(self):
        """See `contract.Core`."""
        with nogil:
            self._measure()
        return self.worst

    cdef void _measure(self) noexcept nogil:
        """Compute the residuals, as `iterate.measure` does."""
        cdef double tau = self.point.tau, top, value, bound, other
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
        self.objective = self.objective_shift + self.objective_unit * value / tau
        other = self.objective_shift + self.objective_unit * bound / tau
        self.objective_size = 1.0 + fabs(self.objective) + fabs(other)
        self.primal_error = largest(self.dimension, self.primal, self.row_units) / (tau + top)
        self.dual_error = largest(self.n, self.dual, self.gradient_units) / tau
        self.gap = fabs(self.objective - other) / self.objective_size
        self.worst = max(self.primal_error, self.dual_error, self.gap)

    # Its metric -------------------------------------------------------------------------------------------------

    def factorise(self, bint by_root):
        """See `contract.Core`."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef int failed
        with nogil:
            memcpy(metric.gram, self.point.gram, self.dimension * sizeof(double))
            if by_root:
                self.invert_slacks(metric)
                failed = self.factor_root(&self.point, metric)
            else:
                failed = self.form(metric)
        if failed:
            raise np.linalg.LinAlgError("the Schur complement cannot be factored")
        self.smallest_pivot, self.shift = metric.smallest_pivot, metric.shift

    def hold(self):
        """See `contract.Core`."""
        self.anchor = self.at

    # A step -----------------------------------------------------------------------------------------------------

    def longest(self, int which):
        """See `contract.Core`."""
        cdef double length
        with nogil:
            length = self._longest(&self.steps[which])
        return length

    cdef double _longest(self, Point* step) noexcept nogil:
        """Return the largest step in the cone, at most `rules.FURTHEST`."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef double low = -1.0 / self.rules.furthest, length
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
        cdef double precision = self.rules.precision
        if batch.lanes == 1:
            return lowest(s, root + at, change + at, bound, precision, self.work)
        below = lower_lanes(s, root + at, change + at, &bound, self.work)
        lane = 0
        while below:
            while not below & (1 << lane):
                lane += 1
            self.take_block(batch, lane, self.work, self._scaled)
            bound = min(bound, smallest_eigenvalue(s, self._scaled, bound, precision, self._spare_block))
            below ^= 1 << lane
            if below:
                below &= still_lower_lanes(s, bound, self.work)
        return bound

    def move(self, int which, double length):
        """See `contract.Core`."""
        cdef Point* step = &self.steps[which]
        cdef int following = 1 - self.anchor, outside
        with nogil:
            combine(self.n, 1.0, self.point.free, length, step.free, self.end.free)
            combine(self.dimension, 1.0, self.point.slack, length, step.slack, self.end.slack)
            combine(self.dimension, 1.0, self.point.gram, length, step.gram, self.end.gram)
            self.end.tau = self.point.tau + length * step.tau
            self.end.kappa = self.point.kappa + length * step.kappa
            outside = self.factor_blocks(&self.end, &self.metrics[following])
        if outside:
            return False
        self.point, self.end, self.at = self.end, self.point, following
        return True

    # Rays -------------------------------------------------------------------------------------------------------

    def fall(self):
        """See `contract.Core`."""
        cdef double fall = -dot(self.n, self.gradient, self.point.free)
        return fall, absolute_dot(self.n, self.gradient, self.point.free)

    def gain(self):
        """See `contract.Core`."""
        cdef double gain = -dot(self.dimension, self.constant, self.point.gram)
        return gain, absolute_dot(self.dimension, self.constant, self.point.gram)

    def image_size(self):
        """See `contract.Core`."""
        cdef double top = 0.0
        cdef int i
        self.adjoint(self.point.gram, self.missing)
        for i in range(self.n):
            top = max(top, fabs(self.missing[i]))
        return top

    def nearly_in_cone(self, double violation, double share):
        """See `contract.Core`."""
        cdef double top = 0.0
        cdef int c, i, s, lane
        cdef Batch *batch
        cdef double *block
        self.apply(self.point.free, self.flat)
        for i in range(self.dimension):
            top = max(top, fabs(self.flat[i]))
        violation = max(violation, share * top)
        for c in range(self.n_batches):
            batch = &self.batches[c]
            s, block = batch.size, self.flat + batch.start
            for i in range(s):
                for lane in range(batch.filled):
                    block[i * (s + 1) * batch.lanes + lane] += violation
            if batch.lanes > 1:
                if not definite_lanes(s, block, batch.missing):
                    return False
            elif factor(s, block, block):
                return False
        return True
