"""An iterate in compiled code, and where it is placed first."""


cdef class Start(Schur):
    """A program with an iterate; see `Layout` for the arguments."""

    # The iterate; the metrics of it, the one with the number `at`, and of the anchor.
    cdef Point point
    cdef Metric[2] metrics
    cdef int at, anchor
    cdef double *flat
    cdef double *missing

    def __init__(self, *args, rules, tree=None):
        super().__init__(*args, rules=rules, tree=tree)
        cdef int i
        self.make_point(&self.point)
        for i in range(2):
            self.make_metric(&self.metrics[i])
        self.flat, self.missing = self.room(self.dimension), self.room(self.n)

    def open(self):
        """Factor the Schur complement `AᵀA` of the unit of the cone; return its smallest pivot, 0 when regularised."""
        self._write_unit(1.0, self.point.slack)
        self._write_unit(1.0, self.point.gram)
        self._write_unit(1.0, self.metrics[0].gram)
        self.at = 0
        if self.factor_blocks(&self.point, &self.metrics[0]) or self.form(&self.metrics[0]):
            return 0.0
        return 0.0 if self.metrics[0].shift > 0.0 else self.metrics[0].smallest_pivot

    def load(self, double[::1, :] factor):
        """Take the Cholesky factor of the same, found elsewhere."""
        self.at = 0
        memcpy(self.metrics[0].schur, &factor[0, 0], <size_t>self.n * self.n * sizeof(double))

    def least_sizes(self):
        """See `contract.Core`; with the factor of `open` or `load`."""
        cdef Metric* metric = &self.metrics[self.at]
        cdef double slack, gram
        self.adjoint(self.constant, self.missing)
        self.solve(metric, self.missing)
        self.apply(self.missing, self.flat)
        add(self.dimension, -1.0, self.constant, self.flat)
        slack = sqrt(dot(self.dimension, self.flat, self.flat) / max(1, self.degree))
        memcpy(self.missing, self.gradient, self.n * sizeof(double))
        self.solve(metric, self.missing)
        self.apply(self.missing, self.flat)
        gram = sqrt(dot(self.dimension, self.flat, self.flat) / max(1, self.degree))
        return slack, gram

    def place(self, double slack, double gram, double kappa):
        """See `contract.Core`."""
        memset(self.point.free, 0, self.n * sizeof(double))
        self._write_unit(slack, self.point.slack)
        self._write_unit(gram, self.point.gram)
        self.point.tau, self.point.kappa, self.at = 1.0, kappa, 0
        if self.factor_blocks(&self.point, &self.metrics[0]):
            raise np.linalg.LinAlgError("the first point is not in the interior")

    cdef void _write_unit(self, double multiple, double* flat) noexcept nogil:
        """Write a multiple of the unit of the cone."""
        cdef int c, i, lane
        cdef Batch *batch
        memset(flat, 0, self.dimension * sizeof(double))
        for c in range(self.n_batches):
            batch = &self.batches[c]
            for i in range(batch.size):
                for lane in range(batch.filled):
                    flat[batch.start + i * (batch.size + 1) * batch.lanes + lane] = multiple

    def solved(self, double[::1] right):
        """Return `B⁻¹ r` with the Schur complement factored last."""
        cdef double[::1] result = np.array(right)
        self.solve(&self.metrics[self.at], &result[0])
        return np.asarray(result)
