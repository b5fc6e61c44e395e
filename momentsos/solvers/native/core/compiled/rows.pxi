"""Rows of the blocks of a program: equalities put into them, products with them, and the matrix `AᵀA` of the start.

Rows are compressed, one for each entry of the upper triangles; `upper` and `lower` are the two entries of a flat vector
that a row stands for, equal on the diagonal.
"""


cdef int _compare(const void* a, const void* b) noexcept nogil:
    return (<const int*>a)[0] - (<const int*>b)[0]


def arrange(const int[::1] pointers, const int[::1] columns, const double[::1] values, const double[::1] row_scale,
            const double[::1] moment_scale, const int[::1] place):
    """Return the columns and values of scaled rows over moments in another order, given the place of each."""
    cdef int n_rows = pointers.shape[0] - 1, r, e
    found = np.empty(columns.shape[0], dtype=np.intc), np.empty(columns.shape[0])
    cdef int[::1] new_columns = found[0]
    cdef double[::1] new_values = found[1]
    for r in range(n_rows):
        for e in range(pointers[r], pointers[r + 1]):
            new_columns[e] = place[columns[e]]
            new_values[e] = values[e] * row_scale[r] * moment_scale[columns[e]]
    return found


def put_in(const int[::1] pointers, const int[::1] columns, const double[::1] values, int head,
           const int[::1] coupling_pointers, const int[::1] coupling_columns, const double[::1] coupling, double floor):
    """Return rows over the first `head` moments, where the others are less `coupling` times these.

    Parameters
    ----------
    pointers, columns, values : arrays
        The rows; the columns below `head` ascend.
    coupling_pointers, coupling_columns, coupling : arrays
        What the moments from `head` on are, a row each.
    floor : float
        A sum below this share of its terms is their rounding, and left out.

    Returns
    -------
    pointers, columns, values : arrays
        The rows, without zeros, their columns ascending.
    """
    cdef int n_rows = pointers.shape[0] - 1, r, e, c, k, t, count, at = 0
    cdef Py_ssize_t room = 0, own
    cdef double share
    for r in range(n_rows):
        own = 0
        for e in range(pointers[r], pointers[r + 1]):
            c = columns[e] - head
            own += 1 if c < 0 else coupling_pointers[c + 1] - coupling_pointers[c]
        room += min(own, head)
    found = np.empty(n_rows + 1, dtype=np.intc), np.empty(room, dtype=np.intc), np.empty(room)
    cdef int[::1] ends = found[0], new_columns = found[1]
    cdef double[::1] new_values = found[2]
    # Of a row that has others in it: its own entries, what is taken away, and the sizes of the terms.
    cdef double[::1] before = np.zeros(head), moved = np.zeros(head), size = np.zeros(head)
    cdef int[::1] touched = np.empty(max(1, head), dtype=np.intc)
    cdef unsigned char[::1] marked = np.zeros(head, dtype=np.uint8)
    cdef bint hit
    with nogil:
        ends[0] = 0
        for r in range(n_rows):
            hit = False
            for e in range(pointers[r], pointers[r + 1]):
                c = columns[e] - head
                hit = hit or (c >= 0 and coupling_pointers[c + 1] > coupling_pointers[c])
            if not hit:
                for e in range(pointers[r], pointers[r + 1]):
                    if columns[e] < head and values[e] != 0.0:
                        new_columns[at], new_values[at] = columns[e], values[e]
                        at += 1
                ends[r + 1] = at
                continue
            count = 0
            for e in range(pointers[r], pointers[r + 1]):
                c = columns[e]
                if c < head:
                    before[c] += values[e]
                    size[c] += fabs(values[e])
                    if not marked[c]:
                        marked[c] = True
                        touched[count] = c
                        count += 1
                    continue
                for k in range(coupling_pointers[c - head], coupling_pointers[c - head + 1]):
                    t, share = coupling_columns[k], values[e] * coupling[k]
                    moved[t] += share
                    size[t] += fabs(share)
                    if not marked[t]:
                        marked[t] = True
                        touched[count] = t
                        count += 1
            if 16 * count < head:
                qsort(&touched[0], count, sizeof(int), _compare)
            else:
                count = 0
                for c in range(head):
                    if marked[c]:
                        touched[count] = c
                        count += 1
            for k in range(count):
                c = touched[k]
                share = before[c] - moved[c]
                if fabs(share) > floor * size[c]:
                    new_columns[at], new_values[at] = c, share
                    at += 1
                before[c] = moved[c] = size[c] = 0.0
                marked[c] = False
            ends[r + 1] = at
    return found[0], found[1][:at], found[2][:at]


def restrict(const int[::1] pointers, const int[::1] columns, const double[::1] values, const int[::1] place):
    """Return rows over some of the moments, whose new numbers are in `place`, -1 for those that are left out."""
    cdef int n_rows = pointers.shape[0] - 1, r, e, at = 0
    found = np.empty(n_rows + 1, dtype=np.intc), np.empty(columns.shape[0], dtype=np.intc), np.empty(columns.shape[0])
    cdef int[::1] ends = found[0], new_columns = found[1]
    cdef double[::1] new_values = found[2]
    ends[0] = 0
    for r in range(n_rows):
        for e in range(pointers[r], pointers[r + 1]):
            if place[columns[e]] >= 0:
                new_columns[at], new_values[at] = place[columns[e]], values[e]
                at += 1
        ends[r + 1] = at
    return found[0], found[1][:at], found[2][:at]


def apply_rows(const int[::1] pointers, const int[::1] columns, const double[::1] values, const int[::1] upper,
               const int[::1] lower, const double[:, ::1] moments, int dimension):
    """Return the flat blocks of several vectors of moments, one a column."""
    cdef int n_rows = upper.shape[0], count = moments.shape[1], r, e, c, k
    cdef double[:, ::1] flat = np.zeros((dimension, count))
    cdef double value
    with nogil:
        for r in range(n_rows):
            for e in range(pointers[r], pointers[r + 1]):
                c, value = columns[e], values[e]
                for k in range(count):
                    flat[upper[r], k] += value * moments[c, k]
            for k in range(count):
                flat[lower[r], k] = flat[upper[r], k]
    return np.asarray(flat)


def effect_of_rows(const int[::1] pointers, const int[::1] columns, const double[::1] values, const int[::1] member,
                   const double[::1] factor, const double[:, ::1] moments):
    """Return the largest absolute entry of the product with each of several vectors of moments, one a column.

    The rows are the different ones; see `normal_matrix`.
    """
    cdef int n_rows = pointers.shape[0] - 1, count = moments.shape[1], r, e, k
    cdef double[::1] tops = np.zeros(count), entries = np.empty(count), scales = np.zeros(n_rows)
    cdef double *entry
    cdef double *top
    cdef const double *moment
    cdef double value
    if count == 0:
        return np.asarray(tops)
    entry, top = &entries[0], &tops[0]
    with nogil:
        for r in range(member.shape[0]):
            if factor[r] != 0.0:
                scales[member[r]] = max(scales[member[r]], fabs(factor[r]))
        for r in range(n_rows):
            memset(entry, 0, count * sizeof(double))
            for e in range(pointers[r], pointers[r + 1]):
                moment, value = &moments[columns[e], 0], values[e]
                for k in range(count):
                    entry[k] += value * moment[k]
            for k in range(count):
                top[k] = max(top[k], scales[r] * fabs(entry[k]))
    return np.asarray(tops)


def adjoint_of_rows(const int[::1] pointers, const int[::1] columns, const double[::1] values, const int[::1] upper,
                    const int[::1] lower, const double[:, ::1] flat, int n):
    """Return the adjoint of `apply`: both halves of the blocks count."""
    cdef int n_rows = upper.shape[0], count = flat.shape[1], r, e, c, k
    cdef double[:, ::1] image = np.zeros((n, count))
    cdef double value
    with nogil:
        for k in range(count):
            for r in range(n_rows):
                value = flat[upper[r], k]
                if upper[r] != lower[r]:
                    value += flat[lower[r], k]
                for e in range(pointers[r], pointers[r + 1]):
                    image[columns[e], k] += values[e] * value
    return np.asarray(image)


def residual_sums(const int[::1] pointers, const int[::1] columns, const double[::1] values,
                  const int[::1] all_pointers, const int[::1] all_columns, const double[::1] all_values,
                  const int[::1] upper, const int[::1] lower, const double[::1] constant, const double[::1] gradient,
                  const double[::1] units, const double[::1] free, const double[::1] slack, const double[::1] gram,
                  double tau, int n):
    """Return what `program.Sums` has, from the rows over the unknowns and those over all moments.

    Symmetric blocks have the same entries in both halves; what is not a number makes the largest entries so.
    """
    cdef int n_rows = upper.shape[0], r, e, u
    cdef double[::1] primal = np.zeros(constant.shape[0]), image = np.zeros(n)
    cdef double value, left, missing = 0.0, largest = 0.0, share, cost = 0.0, offset = 0.0, product = 0.0
    with nogil:
        for r in range(n_rows):
            u, share, value = upper[r], 1.0 if upper[r] == lower[r] else 2.0, 0.0
            for e in range(pointers[r], pointers[r + 1]):
                value += values[e] * free[columns[e]]
            value += tau * constant[u]
            primal[u] = primal[lower[r]] = left = value - slack[u]
            left, value = fabs(left) * units[u], fabs(value) * units[u]
            if not (left <= missing or missing != missing):
                missing = left
            if not (value <= largest or largest != largest):
                largest = value
            offset += share * constant[u] * gram[u]
            product += share * slack[u] * gram[u]
            value = share * gram[u]
            for e in range(all_pointers[r], all_pointers[r + 1]):
                image[all_columns[e]] += all_values[e] * value
        for e in range(gradient.shape[0]):
            cost += gradient[e] * free[e]
    return np.asarray(primal), np.asarray(image), missing, largest, cost, offset, product


def normal_matrix(const int[::1] pointers, const int[::1] columns, const double[::1] values, const int[::1] member,
                  const double[::1] factor, const int[::1] upper, const int[::1] lower, int n):
    """Return `AᵀA`, a lower triangle in column order.

    Parameters
    ----------
    pointers, columns, values : arrays
        The different rows, their columns ascending.
    member, factor : (rows,) arrays
        Which of them each row is, and what it is multiplied by; see `folding`.
    """
    cdef int n_rows = member.shape[0], count = pointers.shape[0] - 1, r, d, e, other
    cdef double[::1] weights = np.zeros(count)
    cdef double[::1] matrix = np.zeros(<Py_ssize_t>n * n)
    cdef double *column
    cdef double value
    with nogil:
        for r in range(n_rows):
            if factor[r] != 0.0:
                weights[member[r]] += factor[r] * factor[r] * (1.0 if upper[r] == lower[r] else 2.0)
        for d in range(count):
            for e in range(pointers[d], pointers[d + 1]):
                column, value = &matrix[<Py_ssize_t>columns[e] * n], weights[d] * values[e]
                for other in range(e, pointers[d + 1]):
                    column[columns[other]] += value * values[other]
    return np.asarray(matrix).reshape((n, n), order="F")
