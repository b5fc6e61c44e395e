"""The order of elimination of a sparse Schur complement, from the pattern alone.

The method, its sources and the same in Python are in `momentsos.solvers.native.prepare.ordering`. The vertices, moments
in the same blocks, come from partition refinement: each block divides the classes that it meets (Paige, Tarjan, *Three
partition refinement algorithms*, SIAM J. Comput. 16 (1987)).
"""


cdef _vertices(const int[::1] bounds, const int[::1] moments, int n):
    """Return the vertex of each moment, numbered by their first moments, -1 in no block, and their weights."""
    cdef int j, i, m, c, unused = 0, next = 1, count = 0
    # Class 0 has the moments that no block had so far. At most one class for each moment, and a new one, are in use.
    cdef int[::1] label = np.zeros(n, dtype=np.intc), size = np.zeros(n + 2, dtype=np.intc)
    cdef int[::1] divided = np.full(n + 2, -1, dtype=np.intc), into = np.empty(n + 2, dtype=np.intc)
    cdef int[::1] spare = np.empty(n + 2, dtype=np.intc), number = np.full(n + 2, -1, dtype=np.intc)
    cdef int[::1] weight = np.zeros(n, dtype=np.intc)
    size[0] = n
    with nogil:
        for j in range(bounds.shape[0] - 1):
            for i in range(bounds[j], bounds[j + 1]):
                m = moments[i]
                c = label[m]
                if divided[c] != j:
                    divided[c] = j
                    if unused:
                        unused -= 1
                        into[c] = spare[unused]
                    else:
                        into[c] = next
                        next += 1
                label[m] = into[c]
                size[into[c]] += 1
                size[c] -= 1
                if size[c] == 0 and c:
                    spare[unused] = c
                    unused += 1
        for m in range(n):
            c = label[m]
            if c and number[c] < 0:
                number[c] = count
                count += 1
            label[m] = number[c] if c else -1
            if c:
                weight[label[m]] += 1
    return np.asarray(label), np.asarray(weight)[:count].copy()


cdef inline unsigned long long _mixed(unsigned long long x) noexcept nogil:
    """Return the number with its bits mixed, as in the generator SplitMix64."""
    x = (x + 1) * 0x9E3779B97F4A7C15ull
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull
    return x ^ (x >> 27)


def distinct_supports(const int[::1] offsets, const int[::1] pointers, const int[::1] columns, int n, double most):
    """Return the sets of columns, of `n`, that blocks of rows touch, each once.

    Parameters
    ----------
    offsets : (blocks + 1,) array
        Where the rows of each block begin.
    pointers, columns : arrays
        The rows, compressed.
    most : float
        The most that the squares of the sizes of these sets may add up to.

    Returns
    -------
    bounds, columns : arrays or None
        Where each set begins, and the sets; None where there is more.
    """
    cdef int blocks = offsets.shape[0] - 1, room = 4, j, e, c, count = 0, at = 0, i, other
    while room < 2 * blocks:
        room *= 2
    cdef int[::1] bounds = np.zeros(blocks + 1, dtype=np.intc), mark = np.full(n, -1, dtype=np.intc)
    cdef int[::1] moments = np.empty(pointers[offsets[blocks]] + 1, dtype=np.intc)
    cdef int[::1] table = np.full(room, -1, dtype=np.intc)
    cdef unsigned long long signature, slot
    cdef double total = 0.0
    with nogil:
        for j in range(blocks):
            at, signature = bounds[count], 0
            for e in range(pointers[offsets[j]], pointers[offsets[j + 1]]):
                c = columns[e]
                if mark[c] != j:
                    mark[c] = j
                    signature += _mixed(c)
                    moments[at] = c
                    at += 1
            if at == bounds[count]:
                continue
            slot = signature & (room - 1)
            while table[slot] >= 0:  # a support of the same length whose moments are all in this one is the same
                other = table[slot]
                i = bounds[other]
                if bounds[other + 1] - i == at - bounds[count]:
                    while i < bounds[other + 1] and mark[moments[i]] == j:
                        i += 1
                    if i == bounds[other + 1]:
                        break
                slot = (slot + 1) & (room - 1)
            if table[slot] >= 0:
                continue
            table[slot] = count
            total += <double>(at - bounds[count]) * (at - bounds[count])
            count += 1
            bounds[count] = at
            if total > most:
                break
    return None if total > most else (np.asarray(bounds)[:count + 1], np.asarray(moments))


def order_moments(const int[::1] bounds, const int[::1] moments, int n, double most, int few):
    """Order `n` moments for elimination.

    Parameters
    ----------
    bounds, moments : arrays
        The moments of each block and where they begin, each set of moments once.
    most : float
        The most multiplications.
    few : int
        A block is looked for inside others where one of its vertices is in this many of them or fewer.

    Returns
    -------
    tuple or None
        The fields of `momentsos.solvers.native.prepare.ordering.Ordering`; None where it takes more multiplications.
    """
    vertex, weight = _vertices(bounds, moments, n)
    cdef Quotient graph = Quotient(bounds, moments, vertex, weight, few)
    cdef int code
    with nogil:
        code = graph.eliminate(most)
    if code < 0:
        raise MemoryError
    if code:
        return None
    order, starts = graph.arranged(vertex)
    rows, later = graph.touched()
    filled = graph.filled + <long long>starts[0]
    return order, filled, graph.multiplications, starts, rows, later
