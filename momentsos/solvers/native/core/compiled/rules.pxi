"""The constants of `momentsos.solvers.native.rules` that compiled code works with; it has none of its own."""


cdef struct Rules:  # what is needed of `rules`
    double first_shift
    double shift_growth
    double last_shift
    double small_pivot
    double raised_pivot
    double dependent_column
    Py_ssize_t largest_root
    double furthest
    double precision


cdef Rules _taken(rules) except *:
    """Return the constants of the method that compiled code needs."""
    cdef Rules taken
    taken.first_shift, taken.shift_growth, taken.last_shift = rules.FIRST_SHIFT, rules.SHIFT_GROWTH, rules.LAST_SHIFT
    taken.small_pivot, taken.raised_pivot = rules.SMALL_PIVOT, rules.RAISED_PIVOT
    taken.dependent_column, taken.largest_root = rules.DEPENDENT_COLUMN, rules.LARGEST_COMPILED_ROOT
    taken.furthest, taken.precision = rules.FURTHEST, rules.EIGENVALUE_PRECISION
    return taken
