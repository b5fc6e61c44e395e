cdef class Rooms:
    cdef void **_chunks
    cdef size_t *_sizes
    cdef int _count, _places
    cdef size_t _used

    cdef double* take(self, Py_ssize_t count, bint zero) except NULL
    cdef int _add(self, size_t size) except -1
