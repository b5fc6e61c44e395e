"""Work space of a compiled iteration, some of which is kept for the next one.

Memory that comes anew from the operating system costs a tenth of a small solve: every page is cleared when it is first
touched.
"""


cdef enum:  # bytes that rooms are aligned to, those of the first chunk, and the most that are kept
    ALIGNED = 64
    FIRST = 262144
    KEPT = 8388608

#: What is kept while nobody uses it.
cdef void *_spare = NULL
cdef size_t _spare_size = 0


cdef class Workspace:
    """Chunks of memory, the rooms in them one after the other; all are given back together."""

    cdef void **_chunks
    cdef size_t *_sizes
    cdef int _count, _places
    cdef size_t _used

    def __cinit__(self):
        global _spare, _spare_size
        if _spare == NULL:
            self._add(FIRST)
            return
        self._add(0)
        self._chunks[0], self._sizes[0] = _spare, _spare_size
        _spare, _spare_size = NULL, 0

    def __dealloc__(self):
        global _spare, _spare_size
        cdef size_t total = 0
        cdef int i, kept = -1
        for i in range(self._count):
            total += self._sizes[i]
        if _spare == NULL and 0 < total <= KEPT:
            if self._count == 1:
                _spare, _spare_size, kept = self._chunks[0], self._sizes[0], 0
            else:  # next time as many in one chunk
                _spare = malloc(total)
                _spare_size = total if _spare != NULL else 0
        for i in range(self._count):
            if i != kept:
                free(self._chunks[i])
        free(self._chunks)
        free(self._sizes)

    cdef int _add(self, size_t size) except -1:
        """Begin a chunk; none is allocated for size 0."""
        cdef void *grown
        cdef int places = 2 * self._places + 4
        if self._count == self._places:
            grown = realloc(self._chunks, places * sizeof(void*))
            if grown == NULL:
                raise MemoryError
            self._chunks = <void**>grown
            grown = realloc(self._sizes, places * sizeof(size_t))
            if grown == NULL:
                raise MemoryError
            self._sizes = <size_t*>grown
            self._places = places
        self._chunks[self._count] = malloc(size) if size > 0 else NULL
        if size > 0 and self._chunks[self._count] == NULL:
            raise MemoryError
        self._sizes[self._count] = size
        self._count += 1
        self._used = 0
        return 0

    cdef double* take(self, Py_ssize_t count, bint zero) except NULL:
        """Return aligned room for numbers, zero or whatever was there."""
        cdef size_t size = (count * sizeof(double) + ALIGNED - 1) // ALIGNED * ALIGNED + ALIGNED
        cdef uintptr_t start
        if self._sizes[self._count - 1] - self._used < size:
            self._add(max(size, 2 * self._sizes[self._count - 1] if self._sizes[self._count - 1] < KEPT else 0))
        start = <uintptr_t>self._chunks[self._count - 1] + self._used
        start += ALIGNED - start % ALIGNED
        self._used += size
        if zero:
            memset(<void*>start, 0, count * sizeof(double))
        return <double*>start


def kept_space():
    """Return how many pieces of memory are kept for the next solve, and their bytes."""
    return int(_spare != NULL), _spare_size if _spare != NULL else 0


def give_back_space():
    """Give back what is kept."""
    global _spare, _spare_size
    free(_spare)
    _spare, _spare_size = NULL, 0


MOST_KEPT_SPACE = KEPT
