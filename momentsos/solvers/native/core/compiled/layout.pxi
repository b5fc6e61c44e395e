"""How a program is laid out for the iteration: which blocks are taken together, and where their entries are.

The rows of the operator `A` are the entries `(i, k)`, `i <= k`, of the upper triangles of the blocks, column by column
as in `svec`. A block has many entries that are multiples of each other, as a Hankel matrix has: a row is a factor and
the number of one of the *different* rows, which alone are kept. Blocks with the same pattern of them are taken several
at a time, their entries side by side; see `lanes.h`. Flat vectors have that order here, and that of `cone` outside.
"""


cdef extern from "lanes.h" nogil:
    enum:
        LARGEST_LANES

cdef enum:  # the fewest blocks that are put together
    FEWEST = 3


cdef struct Batch:  # blocks of one size whose entries are multiples of different ones in the same places
    int size
    int lanes  # how many have room
    int first  # the number of the first one in `members`
    int filled  # how many there are
    int different  # their different entries
    int start  # where their entries begin in a flat vector
    int slots  # where their different entries begin
    bint together  # whether the rows of all are over the same moments
    const int *member  # the places of their entries among the different ones
    double *factor
    double *missing
    double *values  # of their rows, where all are over the same moments


cdef class Layout:
    """A program in the form of the iteration; see `ScaledRows` for the arguments, over the unknowns alone."""

    cdef int n, dimension, outer_dimension, degree, n_blocks, n_rows, n_entries, n_slots, largest_block, n_batches
    cdef int *sizes
    # Where the blocks begin in flat vectors of the program, and the two places of their rows there and here.
    cdef int *outer_starts
    cdef int *outer_upper
    cdef int *outer_lower
    cdef int *upper
    cdef int *lower
    # The different entries: which one each row is a multiple of, and their rows, those of a block after each other.
    cdef int *member
    cdef double *factor
    cdef int *heads
    cdef int *pointers
    cdef int *columns
    cdef double *values
    # Of each block: its first row, and its rows' different ones numbered within it.
    cdef int *first
    cdef int *within
    cdef Batch *batches
    cdef int *members
    cdef double *constant
    cdef double *gradient
    cdef double *row_units
    cdef double *gradient_units
    cdef double objective_shift, objective_unit
    cdef double *work
    cdef double *entries
    cdef double *gradients
    cdef object _kept
    cdef Workspace _workspace

    def __init__(self, int[::1] sizes, int[::1] starts, int[::1] upper, int[::1] lower, int[::1] member,
                 double[::1] factor, int[::1] heads, int[::1] pointers, int[::1] columns, double[::1] values,
                 double[::1] constant, double[::1] gradient, double[::1] row_units, double[::1] gradient_units,
                 double objective_shift, double objective_unit, *, int[::1] order=None):
        cdef int j
        self._workspace = Workspace()
        self._kept = [sizes, starts, upper, lower, member, factor, heads, pointers, columns, values, gradient,
                      gradient_units]
        self.n, self.outer_dimension = gradient.shape[0], constant.shape[0]
        self.n_blocks, self.n_rows = sizes.shape[0], upper.shape[0]
        self.n_entries = pointers.shape[0] - 1
        self.sizes, self.outer_starts = &sizes[0], &starts[0]
        self.outer_upper, self.outer_lower = &upper[0], &lower[0]
        self.member, self.factor, self.heads, self.pointers = &member[0], &factor[0], &heads[0], &pointers[0]
        self.columns, self.values, self.gradient = &columns[0], &values[0], &gradient[0]
        self.gradient_units = &gradient_units[0]
        self.objective_shift, self.objective_unit = objective_shift, objective_unit
        self.degree = self.largest_block = 0
        for j in range(self.n_blocks):
            self.degree += sizes[j]
            self.largest_block = max(self.largest_block, sizes[j])
        self._lay_out(self._counted() if order is None else &order[0])
        self._place()
        self.constant, self.row_units = self.room(self.dimension), self.room(self.dimension)
        self.bring_in(&constant[0], self.constant)
        self.bring_in(&row_units[0], self.row_units)

    cdef double* room(self, Py_ssize_t count, bint zero=True) except NULL:
        """Return aligned room for `count` numbers, zero or whatever was there, kept as long as the program."""
        return self._workspace.take(max(count, 1), zero)

    cdef int* integers(self, Py_ssize_t count) except NULL:
        """Return room for whole numbers, whatever was there."""
        return <int*>self.room((count + 1) // 2, False)

    cdef make_point(self, Point* point):
        """Give a point its vectors."""
        point.free, point.slack, point.gram = self.room(self.n), self.room(self.dimension), self.room(self.dimension)

    cdef int* _counted(self) except NULL:
        """Return the numbers of the blocks."""
        cdef int *numbers = self.integers(self.n_blocks)
        cdef int j
        for j in range(self.n_blocks):
            numbers[j] = j
        return numbers

    cdef int _lay_out(self, const int* order) except -1:
        """Put blocks with the same pattern together, those over the same moments first, else in the given order."""
        cdef int *within = self.integers(self.n_rows)
        cdef int *first = self.integers(self.n_blocks)
        cdef int *pattern = self.integers(self.n_blocks)
        cdef int *kind = self.integers(self.n_blocks)
        cdef int *sorted_blocks = self.integers(2 * self.n_blocks)
        cdef int j, r = 0, end, kinds
        for j in range(self.n_blocks):
            first[j] = r
            end = r + self.sizes[j] * (self.sizes[j] + 1) // 2
            while r < end:
                within[r] = self.member[r] - self.heads[j] if self.factor[r] != 0.0 else 0
                r += 1
        self.within, self.first = within, first
        self._number(order, False, pattern)
        kinds = self._number(order, True, kind)
        # Numbers are in the order of first appearance, and sorting leaves equal ones in theirs.
        _sort(self.n_blocks, kinds, kind, order, sorted_blocks + self.n_blocks, self.integers(kinds + 1))
        _sort(self.n_blocks, kinds, pattern, sorted_blocks + self.n_blocks, sorted_blocks, self.integers(kinds + 1))
        self.members = self.integers(self.n_blocks)
        self.batches = <Batch*>self.room(self.n_blocks * sizeof(Batch) // sizeof(double) + 1)
        self.n_batches = self.dimension = self.n_slots = 0
        self._cut(sorted_blocks, pattern, kind, True)  # what is side by side has to be aligned
        self._cut(sorted_blocks, pattern, kind, False)
        return 0

    cdef int _number(self, const int* order, bint whole, int* numbers) except -1:
        """Number the patterns of blocks, or what they are as a whole, and return how many there are."""
        cdef int slots = 4, count = 0, i, j, k
        cdef unsigned int place
        while slots < 2 * self.n_blocks:
            slots *= 2
        cdef int *table = self.integers(slots)
        memset(table, 0, slots * sizeof(int))
        for i in range(self.n_blocks):
            j = order[i]
            place = self._hash(j, whole)
            while True:
                place &= slots - 1
                k = table[place] - 1
                if k < 0 or self._alike(j, k, whole):
                    break
                place += 1
            if k < 0:
                table[place] = j + 1
                numbers[j] = count
                count += 1
            else:
                numbers[j] = numbers[k]
        return count

    cdef unsigned int _hash(self, int j, bint whole) noexcept nogil:
        """Return a number for what `_alike` compares."""
        cdef unsigned int many = 2654435761u, found = self.sizes[j]
        cdef int low = self.heads[j], high = self.heads[j + 1], r
        for r in range(self.first[j], self.first[j] + self.sizes[j] * (self.sizes[j] + 1) // 2):
            found = found * many + <unsigned int>self.within[r]
        if whole:
            for r in range(self.pointers[low], self.pointers[high]):
                found = found * many + <unsigned int>self.columns[r]
        return found ^ (found >> 15)

    cdef bint _alike(self, int j, int k, bint whole) noexcept nogil:
        """Return whether two blocks have one pattern, and as a whole rows over the same moments."""
        cdef int s = self.sizes[j], r
        cdef const int *one = self.pointers + self.heads[j]
        cdef const int *two = self.pointers + self.heads[k]
        cdef int different = self.heads[j + 1] - self.heads[j], shift = two[0] - one[0]
        if self.sizes[k] != s or self.heads[k + 1] - self.heads[k] != different:
            return False
        if memcmp(self.within + self.first[j], self.within + self.first[k], s * (s + 1) // 2 * sizeof(int)) != 0:
            return False
        if not whole:
            return True
        for r in range(different + 1):
            if two[r] - one[r] != shift:
                return False
        return memcmp(self.columns + one[0], self.columns + two[0], (one[different] - one[0]) * sizeof(int)) == 0

    cdef void _cut(self, const int* blocks, const int* pattern, const int* kind, bint lanes) noexcept nogil:
        """Write the batches of several lanes, or of one; a few blocks that are left over stand alone."""
        cdef int start = 0, end, whole, i, last
        cdef bint together
        while start < self.n_blocks:
            end = start
            while end < self.n_blocks and pattern[blocks[end]] == pattern[blocks[start]]:
                end += 1
            whole = start
            if self.sizes[blocks[start]] <= LARGEST_LANES:
                whole = end - (end - start) % LANES
                if LANES > 1 and end - whole >= FEWEST:
                    whole = end
            if LANES == 1:
                whole = start
            i = start if lanes else whole
            last = whole if lanes else end
            while i < last:
                self._add_batch(blocks + i, min(LANES if lanes else 1, last - i), lanes, kind)
                i += LANES if lanes else 1
            start = end

    cdef void _add_batch(self, const int* blocks, int count, bint lanes, const int* kind) noexcept nogil:
        """Write a batch after those that are there."""
        cdef Batch *batch = &self.batches[self.n_batches]
        cdef int j = blocks[0], i
        batch.size, batch.filled, batch.lanes = self.sizes[j], count, LANES if lanes else 1
        batch.first = 0 if self.n_batches == 0 else (batch - 1).first + (batch - 1).filled
        batch.different = self.heads[j + 1] - self.heads[j]
        batch.start, batch.slots, batch.member = self.dimension, self.n_slots, self.within + self.first[j]
        batch.together = lanes
        for i in range(count):
            self.members[batch.first + i] = blocks[i]
            batch.together = batch.together and kind[blocks[i]] == kind[j]
        self.dimension += batch.lanes * batch.size * batch.size
        self.n_slots += batch.lanes * batch.different
        self.n_batches += 1

    cdef _place(self):
        """Find the places of rows, and put factors and values of batches side by side."""
        cdef int *upper = self.integers(self.n_rows)
        cdef int *lower = self.integers(self.n_rows)
        cdef int c, lane, j, i, k, r, s, e, start, length, widest = min(self.largest_block, LARGEST_LANES)
        cdef Py_ssize_t numbers = 0
        cdef Batch *batch
        cdef double *place
        cdef bint some = False
        for c in range(self.n_batches):
            batch = &self.batches[c]
            numbers += batch.lanes * (batch.size * (batch.size + 1) // 2 + 1)
            if batch.together:
                some = True
                numbers += batch.lanes * self._length(self.members[batch.first])
        place = self.room(numbers)
        for c in range(self.n_batches):
            batch = &self.batches[c]
            s, batch.missing, batch.factor = batch.size, place, place + batch.lanes
            place += batch.lanes * (s * (s + 1) // 2 + 1)
            for lane in range(batch.filled, batch.lanes):
                batch.missing[lane] = 1.0
            for lane in range(batch.filled):
                j = self.members[batch.first + lane]
                r = self.first[j]
                for k in range(s):
                    for i in range(k + 1):
                        upper[r] = batch.start + (i * s + k) * batch.lanes + lane
                        lower[r] = batch.start + (k * s + i) * batch.lanes + lane
                        batch.factor[(r - self.first[j]) * batch.lanes + lane] = self.factor[r]
                        r += 1
            batch.values = NULL
            if batch.together:
                batch.values, length = place, self._length(self.members[batch.first])
                place += batch.lanes * length
                for lane in range(batch.filled):
                    start = self.pointers[self.heads[self.members[batch.first + lane]]]
                    for e in range(length):
                        batch.values[e * batch.lanes + lane] = self.values[start + e]
        self.upper, self.lower = upper, lower
        s = self.largest_block
        self.work = self.room(max(3 * LANES * widest * widest, s * s + max(s * s, <Py_ssize_t>eigen_size(s))))
        self.entries = self.room(self.n_slots + LANES)  # a block without entries has one, of factor zero
        self.gradients = self.room(LANES * self.n) if some else NULL

    cdef int _length(self, int j):
        """Return how many numbers the rows of a block have."""
        return self.pointers[self.heads[j + 1]] - self.pointers[self.heads[j]]

    cdef void bring_in(self, const double* outer, double* flat) noexcept nogil:
        """Put a flat vector of the program, symmetric, in the order of the batches."""
        cdef int r
        for r in range(self.n_rows):
            flat[self.upper[r]] = flat[self.lower[r]] = outer[self.outer_upper[r]]

    cdef void take_out(self, const double* flat, double* outer) noexcept nogil:
        """Put a flat vector in the order of the program."""
        cdef int r
        for r in range(self.n_rows):
            outer[self.outer_upper[r]] = outer[self.outer_lower[r]] = flat[self.upper[r]]

    cdef void take_block(self, Batch* batch, int lane, const double* flat, double* matrix) noexcept nogil:
        """Write one block by itself; `flat` is the part of the batch."""
        cdef int e
        for e in range(batch.size * batch.size):
            matrix[e] = flat[e * batch.lanes + lane]


cdef void _sort(int count, int kinds, const int* keys, const int* items, int* result, int* places) noexcept nogil:
    """Write items in the order of their keys, equal ones in theirs; `places` has room for one more than the keys."""
    cdef int i
    memset(places, 0, (kinds + 1) * sizeof(int))
    for i in range(count):
        places[keys[i] + 1] += 1
    for i in range(kinds):
        places[i + 1] += places[i]
    for i in range(count):
        result[places[keys[items[i]]]] = items[i]
        places[keys[items[i]]] += 1
