"""The different rows of the blocks of a program, multiples of each other kept once."""


cdef enum:
    EMPTY = 0


cdef double _ratio(int length, const int* columns, const double* values, const int* others,
                   const double* known, double same) noexcept nogil:
    """Return what a row is times another one, up to a relative difference, or 0 where it is no multiple."""
    cdef int e
    cdef double ratio
    for e in range(length):
        if columns[e] != others[e]:
            return 0.0
    ratio = values[0] / known[0]
    for e in range(1, length):
        if not fabs(values[e] - ratio * known[e]) <= same * fabs(values[e]):
            return 0.0
    return ratio


def fold_rows(const int[::1] offsets, const int[::1] pointers, const int[::1] columns, const double[::1] values,
              double same):
    """Find the different rows of each block.

    Parameters
    ----------
    offsets : (blocks + 1,) array
        Where the rows of each block begin.
    pointers, columns, values : arrays
        The rows, compressed, without zeros, their columns ascending.
    same : float
        The relative difference up to which rows are multiples of each other.

    Returns
    -------
    member, factor : (rows,) arrays
        The number of the different row, and what it is multiplied by, 0 for an empty row.
    heads : (blocks + 1,) array
        The numbers with which the different rows of each block begin.
    pointers, columns, values : arrays
        The different rows, compressed.
    """
    cdef int n_blocks = offsets.shape[0] - 1, n_rows = pointers.shape[0] - 1, j
    cdef int[::1] member = np.zeros(n_rows, dtype=np.intc), heads = np.zeros(n_blocks + 1, dtype=np.intc)
    cdef int[::1] first = np.empty(n_rows, dtype=np.intc)
    cdef double[::1] factor = np.zeros(n_rows)
    cdef int size = 4, tallest = 0
    for j in range(n_blocks):
        tallest = max(tallest, offsets[j + 1] - offsets[j])
    while size < 2 * tallest:
        size *= 2
    cdef int[::1] table = np.zeros(size, dtype=np.intc)  # numbers of different rows, from 1 on
    cdef int r, e, at, length, found, count = 0
    cdef unsigned int hashed
    cdef double ratio
    with nogil:
        for j in range(n_blocks):
            heads[j] = count
            memset(&table[0], EMPTY, size * sizeof(int))
            for r in range(offsets[j], offsets[j + 1]):
                at = pointers[r]
                length = pointers[r + 1] - at
                if length == 0:
                    continue
                hashed = length
                for e in range(at, at + length):
                    hashed = hashed * 2654435761u + columns[e]
                hashed ^= hashed >> 15
                while True:
                    hashed = (hashed + 1) & (size - 1)
                    found = table[hashed]
                    if found == EMPTY:
                        first[count] = r
                        count += 1
                        table[hashed] = count
                        member[r], factor[r] = count - 1, 1.0
                        break
                    e = first[found - 1]
                    if pointers[e + 1] - pointers[e] != length:
                        continue
                    ratio = _ratio(length, &columns[at], &values[at], &columns[pointers[e]], &values[pointers[e]],
                                   same)
                    if ratio != 0.0:
                        member[r], factor[r] = found - 1, ratio
                        break
        heads[n_blocks] = count
    return np.asarray(member), np.asarray(factor), np.asarray(heads), *_chosen(first[:count], pointers, columns, values)


cdef _chosen(const int[::1] which, const int[::1] pointers, const int[::1] columns, const double[::1] values):
    """Return some of the rows, compressed."""
    cdef int count = which.shape[0], r, length
    cdef int[::1] ends = np.zeros(count + 1, dtype=np.intc)
    for r in range(count):
        ends[r + 1] = ends[r] + pointers[which[r] + 1] - pointers[which[r]]
    cdef int[::1] kept = np.empty(ends[count], dtype=np.intc)
    cdef double[::1] numbers = np.empty(ends[count])
    for r in range(count):
        length = ends[r + 1] - ends[r]
        if length:
            memcpy(&kept[ends[r]], &columns[pointers[which[r]]], length * sizeof(int))
            memcpy(&numbers[ends[r]], &values[pointers[which[r]]], length * sizeof(double))
    return np.asarray(ends), np.asarray(kept), np.asarray(numbers)
