from .normal cimport Normal
from .terms cimport Metric
from .vectors cimport Point


cdef class Beginning(Normal):
    # The iterate; the metrics of it, the one with the number `at`, and of an earlier one.
    cdef Point point
    cdef Metric[2] metrics
    cdef int at
    cdef double *flat
    cdef double *missing

    cdef void _write_unit(self, double multiple, double* flat) noexcept nogil
