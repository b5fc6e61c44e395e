"""The least-squares problem for the logarithms of the scales by its normal equations, see the module of that name.

Blocks that are alike are summed before anything else: their non-zeros are then gone through once for all of them.
"""


cdef class _AlikeBlocks:
    """The non-zeros of the blocks, and which of these are alike.

    A block stands for itself and all that are alike: `like` is the first of them, `following` the next one in a list
    that begins there, and `counts` their number, 0 but for those that stand. The unknowns of one that stands begin at
    `first`, and end at `end`; those of each are at `places` in the answer.
    """

    cdef int n_blocks, end, largest
    cdef const Py_ssize_t[::1] offsets
    cdef const int[::1] pointers, columns
    cdef int[::1] sizes, like, following, counts, first
    cdef Py_ssize_t[::1] places

    def __init__(self, const Py_ssize_t[::1] offsets, const int[::1] pointers, const int[::1] columns):
        cdef int count = offsets.shape[0] - 1, j
        self.n_blocks, self.offsets, self.pointers, self.columns = count, offsets, pointers, columns
        numbers = np.empty((4, count), dtype=np.intc)
        self.sizes, self.like, self.following, self.first = numbers
        self.counts, self.places = np.zeros(count, dtype=np.intc), np.zeros(count + 1, dtype=np.intp)
        for j in range(count):
            self.sizes[j] = _size_of_svec(offsets[j + 1] - offsets[j])
            self.places[j + 1] = self.places[j] + self.sizes[j]
            self.largest = max(self.largest, self.sizes[j])
        _find_alike(self)
        for j in range(count):
            if self.counts[j]:
                self.first[j] = self.end
                self.end += self.sizes[j]


cdef int _size_of_svec(Py_ssize_t length) noexcept nogil:
    """Return the size of a block, given the length of its svec."""
    return <int>((sqrt(8.0 * length + 1.0) - 1.0) / 2.0)


cdef int _find_alike(_AlikeBlocks blocks) except -1:
    """Find the first block with the size and the non-zeros of each."""
    cdef int room = 4, j, k
    while room < 2 * blocks.n_blocks:
        room *= 2
    cdef int[::1] table = np.full(room, -1, dtype=np.intc)
    cdef unsigned int place
    with nogil:
        for j in range(blocks.n_blocks):
            place = _hash_of_entries(blocks, j)
            while True:
                place &= room - 1
                k = table[place]
                if k < 0:
                    table[place] = k = j
                    blocks.following[k] = -1
                if k == j or _same_entries(blocks, j, k):
                    break
                place += 1
            blocks.like[j] = k
            blocks.counts[k] += 1
            if k != j:
                blocks.following[j] = blocks.following[k]
                blocks.following[k] = j
    return 0


cdef unsigned int _hash_of_entries(_AlikeBlocks blocks, int j) noexcept nogil:
    """Return a number for the non-zeros of a block, four at a time: each product waits for the one before."""
    cdef const int* lengths = &blocks.pointers[blocks.offsets[j]]
    cdef const int* columns = &blocks.columns[0] + lengths[0]
    cdef int height = blocks.offsets[j + 1] - blocks.offsets[j], count = lengths[height] - lengths[0], i
    cdef unsigned int many = 2654435761u, a = height, b = 1, c = 2, d = 3
    for i in range(height):
        a = a * many + <unsigned int>(lengths[i + 1] - lengths[i])
    for i in range(0, count - 3, 4):
        a = a * many + <unsigned int>columns[i]
        b = b * many + <unsigned int>columns[i + 1]
        c = c * many + <unsigned int>columns[i + 2]
        d = d * many + <unsigned int>columns[i + 3]
    for i in range(count - count % 4, count):
        a = a * many + <unsigned int>columns[i]
    a = ((a * many + b) * many + c) * many + d
    return a ^ (a >> 15)


cdef bint _same_entries(_AlikeBlocks blocks, int j, int k) noexcept nogil:
    """Return whether two blocks have the same size and the same non-zeros."""
    cdef const int* one = &blocks.pointers[blocks.offsets[j]]
    cdef const int* two = &blocks.pointers[blocks.offsets[k]]
    cdef int height = blocks.offsets[j + 1] - blocks.offsets[j], shift = two[0] - one[0], r
    if blocks.sizes[j] != blocks.sizes[k]:
        return False
    for r in range(height):
        if two[r + 1] - one[r + 1] != shift:
            return False
    return memcmp(&blocks.columns[0] + one[0], &blocks.columns[0] + two[0],
                  (one[height] - one[0]) * sizeof(int)) == 0


cdef class _Equations:
    """The normal equations.

    Those of the `n` moments are diagonal, `own`; `coupling` has the products of moments with all `rest` others, and
    `pairs` those of the others among each other, the lower half. `sums` are of the right sides of each svec row.
    """

    cdef int n, rest
    cdef double[:, ::1] coupling, pairs
    cdef double[::1] own, right, shares, sums

    def __init__(self, int n, int rest, Py_ssize_t rows):
        self.n, self.rest = n, rest
        self.coupling, self.pairs = np.zeros((n, rest)), np.zeros((rest, rest))
        self.own, self.right, self.shares = np.zeros(n), np.zeros(n + rest), np.ones(rest)
        self.sums = np.empty(rows)

    cdef void add_blocks(self, _AlikeBlocks blocks, const double* logarithms, double* total) noexcept nogil:
        """Add the equations of all blocks; `total` is room for the sums over blocks that are alike."""
        cdef int j, e, begin, there, length, i
        cdef Py_ssize_t r
        cdef double value
        for j in range(blocks.n_blocks):
            begin = blocks.pointers[blocks.offsets[j]]
            there = blocks.pointers[blocks.offsets[blocks.like[j]]]
            length = blocks.pointers[blocks.offsets[j + 1]] - begin
            if blocks.like[j] == j:
                memcpy(total + begin, logarithms + begin, length * sizeof(double))
            else:
                for e in range(length):
                    total[there + e] += logarithms[begin + e]
            for r in range(blocks.offsets[j], blocks.offsets[j + 1]):
                value = 0.0
                for e in range(blocks.pointers[r], blocks.pointers[r + 1]):
                    value += logarithms[e]
                self.sums[r] = value
        for j in range(blocks.n_blocks):
            if blocks.counts[j]:
                self.add_block(blocks, j, total)
                for i in range(blocks.sizes[j]):
                    self.shares[blocks.first[j] + i] = blocks.counts[j]

    cdef void add_block(self, _AlikeBlocks blocks, int j, const double* total) noexcept nogil:
        """Add the equations of a block and of all that are alike, given the sums of their right sides."""
        cdef int first = blocks.first[j], i, k, e, c
        cdef Py_ssize_t r = blocks.offsets[j]
        cdef double weight = blocks.counts[j], value
        cdef double* right = &self.right[self.n + first]
        cdef double* coupling
        _add_squares(blocks.sizes[j], &blocks.pointers[r], weight, &self.pairs[first, first], self.rest)
        for k in range(blocks.sizes[j]):
            for i in range(k + 1):
                value = 0.0
                for e in range(blocks.pointers[r], blocks.pointers[r + 1]):
                    c = blocks.columns[e]
                    value += total[e]
                    self.right[c] += total[e]
                    self.own[c] += weight
                    coupling = &self.coupling[c, first]
                    coupling[i] += weight
                    coupling[k] += weight
                right[i] += value
                right[k] += value
                r += 1

    cdef void add_rows(self, int number, const int* pointers, int count, const int* columns,
                       const double* values) noexcept nogil:
        """Add the equations of rows, whose unknowns begin at `number`; without `columns` they are full."""
        cdef int r, e, c
        cdef double value
        for r in range(count):
            for e in range(pointers[r], pointers[r + 1]):
                if values[e] == 0.0:
                    continue
                c, value = columns[e] if columns else e, -log2(fabs(values[e]))
                self.own[c] += 1.0
                self.pairs[number + r, number + r] += 1.0
                self.coupling[c, number + r] += 1.0
                self.right[c] += value
                self.right[self.n + number + r] += value

    cdef double by_how_much(self, double raised) noexcept nogil:
        """Return a share of the largest diagonal entry, of which those of means count as those of one block."""
        cdef double top = 1.0
        cdef int i
        for i in range(self.n):
            top = max(top, self.own[i])
        for i in range(self.rest):
            top = max(top, self.pairs[i, i] / self.shares[i])
        return raised * top

    cdef bint solve(self, double raised) noexcept nogil:
        """Write the answer over the right side; return False when the matrix is not definite to rounding.

        A number is added to the diagonal. The moments are eliminated first, and the equations are overwritten.
        """
        cdef int n = self.n, rest = self.rest, i, k, one = 1
        cdef double root, minus = -1.0, plus = 1.0
        cdef double* coupling = &self.coupling[0, 0]
        cdef double* right = &self.right[0]
        for i in range(rest):
            self.pairs[i, i] += raised * self.shares[i]
        for i in range(n):
            self.own[i] = root = sqrt(self.own[i] + raised)
            right[i] /= root
            for k in range(rest):
                self.coupling[i, k] /= root
        # The matrices are transposed to BLAS, and the lower half is the upper one.
        dsyrk("U", "N", &rest, &n, &minus, coupling, &rest, &plus, &self.pairs[0, 0], &rest)
        dgemv("N", &rest, &n, &minus, coupling, &rest, right, &one, &plus, right + n, &one)
        if factor(rest, &self.pairs[0, 0], &self.pairs[0, 0]):
            return False
        _substitute(rest, &self.pairs[0, 0], right + n)
        dgemv("T", &rest, &n, &minus, coupling, &rest, right + n, &one, &plus, right, &one)
        for i in range(n):
            right[i] /= self.own[i]
        return True

    cdef bint spread(self, _AlikeBlocks blocks, double raised, double* work, double* sides) noexcept nogil:
        """Write the answer for the rows of all blocks, and return as `solve`, given the one with their means.

        The room for work is for the matrix of a block and its svec.
        """
        cdef int j, k, size
        cdef const double* means = &self.right[self.n]
        for j in range(blocks.n_blocks):
            if not blocks.counts[j]:
                continue
            size = blocks.sizes[j]
            if blocks.counts[j] == 1:
                memcpy(sides + blocks.places[j], means + blocks.first[j], size * sizeof(double))
                continue
            memset(work, 0, <size_t>size * size * sizeof(double))
            _add_squares(size, &blocks.pointers[blocks.offsets[j]], 1.0, work, size)
            for k in range(size):
                work[k * size + k] += raised
            if factor(size, work, work):
                return False
            self.take_moments(blocks, j, work + <Py_ssize_t>size * size)
            k = j
            while k >= 0:
                self.leave(size, &self.sums[blocks.offsets[k]], work + <Py_ssize_t>size * size,
                           sides + blocks.places[k])
                _substitute(size, work, sides + blocks.places[k])
                k = blocks.following[k]
        return True

    cdef void take_moments(self, _AlikeBlocks blocks, int j, double* taken) noexcept nogil:
        """Write for each svec row of a block the sum over its moments."""
        cdef Py_ssize_t r
        cdef int e
        for r in range(blocks.offsets[j], blocks.offsets[j + 1]):
            taken[0] = 0.0
            for e in range(blocks.pointers[r], blocks.pointers[r + 1]):
                taken[0] += self.right[blocks.columns[e]]
            taken += 1

    cdef void leave(self, int size, const double* sums, const double* taken, double* sides) noexcept nogil:
        """Write for each row of a block the sum of what its moments leave of the right sides."""
        cdef int i, k, r = 0
        memset(sides, 0, size * sizeof(double))
        for k in range(size):
            for i in range(k + 1):
                sides[i] += sums[r] - taken[r]
                sides[k] += sums[r] - taken[r]
                r += 1


cdef void _add_squares(int size, const int* pointers, double weight, double* matrix, Py_ssize_t stride) noexcept nogil:
    """Add the products among the unknowns of a block whose svec rows begin at `pointers`, the lower half."""
    cdef int i, k
    cdef double value
    for k in range(size):
        for i in range(k + 1):
            value = weight * (pointers[1] - pointers[0])
            matrix[i * stride + i] += value
            matrix[k * stride + k] += value
            # An entry of the diagonal has its unknown twice: the square of two is four.
            matrix[k * stride + i] += 2.0 * value if i == k else value
            pointers += 1


cdef void _substitute(int size, const double* lower, double* x) noexcept nogil:
    """Solve with a Cholesky factor and its transpose, in place."""
    cdef int i, j
    cdef const double* row
    for i in range(size):
        row = lower + <Py_ssize_t>i * size
        for j in range(i):
            x[i] -= row[j] * x[j]
        x[i] /= row[i]
    for i in range(size - 1, -1, -1):
        row = lower + <Py_ssize_t>i * size
        x[i] /= row[i]
        for j in range(i):
            x[j] -= row[j] * x[i]


def solve_logarithms(const Py_ssize_t[::1] offsets, const int[::1] pointers, const int[::1] columns,
                     const double[::1] logarithms, const int[::1] row_pointers, const int[::1] row_columns,
                     const double[::1] row_values, const double[::1] cost, Py_ssize_t most, double raised):
    """Return the logarithms of the scales, by a factorisation of the normal equations.

    Parameters
    ----------
    offsets : (blocks + 1,) array
        Where the svec rows of each block begin.
    pointers, columns, logarithms : arrays
        The svec rows, compressed, and for each non-zero the right side.
    row_pointers, row_columns, row_values : arrays
        The equalities, compressed.
    cost : (n,) array
    most : int
        How many numbers a matrix may have.
    raised : float
        The share of the largest diagonal entry that is added to all.

    Returns
    -------
    moments : (n,) array
    sides : array
        Those of the rows of all blocks, one block after the other.

    Nothing is returned where a matrix has too many numbers. All logarithms are zero, as without a scaling, where it is
    not definite to rounding.
    """
    cdef _AlikeBlocks blocks = _AlikeBlocks(offsets, pointers, columns)
    cdef int n = cost.shape[0], p = row_pointers.shape[0] - 1, largest = blocks.largest
    cdef Py_ssize_t rest = blocks.end + p + 1
    cdef int[2] full
    full[0], full[1] = 0, n
    if max(rest, n) * rest > most:
        return None
    cdef _Equations equations = _Equations(n, rest, pointers.shape[0] - 1)
    cdef double[::1] total = np.empty(max(logarithms.shape[0], (largest * (3 * <Py_ssize_t>largest + 1)) // 2))
    answer = np.empty(blocks.places[blocks.n_blocks])
    cdef double[::1] sides = answer
    cdef bint found
    with nogil:
        equations.add_blocks(blocks, &logarithms[0], &total[0])
        equations.add_rows(blocks.end, &row_pointers[0], p, &row_columns[0], &row_values[0])
        equations.add_rows(blocks.end + p, full, 1, NULL, &cost[0])
        raised = equations.by_how_much(raised)
        found = equations.solve(raised) and equations.spread(blocks, raised, &total[0], &sides[0])
    if not found:
        return np.zeros(n), np.zeros(sides.shape[0])
    return np.asarray(equations.right)[:n], answer


def nearest_powers(const Py_ssize_t[::1] offsets, const double[::1] moments, const double[::1] sides):
    """Return the scales of moments and of svec rows, the nearest powers of 2, given the logarithms of `solve`."""
    cdef int n_blocks = offsets.shape[0] - 1, size, i, k, j
    cdef Py_ssize_t at = 0, r = 0, c
    scales, rows = np.empty(moments.shape[0]), np.empty(offsets[n_blocks])
    cdef double[::1] of_moments = scales, of_rows = rows
    with nogil:
        for c in range(moments.shape[0]):
            of_moments[c] = ldexp(1.0, <int>rint(moments[c]))
        for j in range(n_blocks):
            size = _size_of_svec(offsets[j + 1] - offsets[j])
            for k in range(size):
                for i in range(k + 1):
                    of_rows[r] = ldexp(1.0, <int>(rint(sides[at + i]) + rint(sides[at + k])))
                    r += 1
            at += size
    return scales, rows
