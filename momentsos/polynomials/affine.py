"""The change of variables `x = a + T t` on many polynomials at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..machine.remembered import remembered
from .exponents import ExponentIndex, Exponents, row_keys, rows_from_keys, unique_rows
from .polynomial import Polynomial
from .precise import precise_product
from .shift import Floats, add_multiple, taylor_shift
from .tables import from_table, to_fine_table

Places = NDArray[np.intp]

#: Points are at most so many powers of two as large as what variables are measured in.
_WIDE = 60.0


def expand_linearly(rows: Exponents, matrix: Floats) -> tuple[Exponents, Floats, Floats]:
    r"""Expand monomials :math:`x^\alpha` at :math:`x = T t` in monomials of `t`, in twice the working precision.

    Expansions are built from lower degrees, :math:`x^\alpha = x_i\, x^{\alpha - e_i}` with `i` the first variable
    that occurs, on one list of monomials that is closed under the steps.

    Parameters
    ----------
    rows : (terms, n) integer array
    matrix : (n, n) array

    Returns
    -------
    monomials : (m, n) integer array
    high, low : (terms, m) arrays
        The expansions are their sum.
    """
    plan = _Expansions.of(rows, matrix != 0)
    shape = plan.terms, len(plan.monomials)
    high, low = np.zeros(shape), np.zeros(shape)
    high[plan.one] = 1.0
    for i, lower, columns, places, goals in plan.steps:
        source, source_low = high[lower[:, None], columns], low[lower[:, None], columns]
        for j, goal in goals:
            add_multiple(high, low, (places[:, None], goal), source, source_low, float(matrix[i, j]))
    return plan.monomials, high[plan.chosen], low[plan.chosen]


@dataclass(frozen=True, eq=False)
class _Expansions:
    """How monomials are expanded, for all matrices with the same entries that are not zero.

    Attributes
    ----------
    monomials : (m, n) integer array
        Of the expansions.
    terms : int
        The number of monomials that are expanded on the way.
    one : (int, int)
        Where the 1 of the monomial 1 is.
    steps : list
        The variable that is replaced; the monomials without it, the places of what their expansions can have, and the
        monomials with it; for each variable that takes its place, its number and the places in the product.
    chosen : (rows,) integer array
        Where the given monomials are among those that are expanded.
    """

    monomials: Exponents
    terms: int
    one: tuple[int, int]
    steps: list[tuple[int, Places, Places, Places, list[tuple[int, Places]]]]
    chosen: Places

    @staticmethod
    @remembered
    def of(rows: Exponents, nonzero: NDArray[np.bool_]) -> _Expansions:
        """Plan the expansion of `rows`; `nonzero` are the entries of the matrix that are not zero."""
        n = rows.shape[1]
        needed = _closure(rows)
        support = [np.flatnonzero(nonzero[i]) for i in range(n)]
        targets, index = ExponentIndex.of(_targets(needed, support)), ExponentIndex.of(needed)
        unit = np.eye(n, dtype=np.int64)
        shifted = [targets.find(targets.rows + unit[j]) for j in range(n)]
        degrees, first = needed.sum(axis=1), (needed > 0).argmax(axis=1)
        one = (
            int(index.find(np.zeros((1, n), dtype=np.int64))[0]),
            int(targets.find(np.zeros((1, n), dtype=np.int64))[0]),
        )
        occurs = np.zeros((len(needed), len(targets)), dtype=bool)
        occurs[one] = True
        below = index.find(np.maximum(needed - unit[first], 0))
        steps = []
        for degree in range(1, int(degrees.max(initial=0)) + 1):
            for i in range(n):
                places = np.flatnonzero((degrees == degree) & (first == i))
                lower = below[places]
                columns = np.flatnonzero(occurs[lower].any(axis=0))
                if not columns.size:
                    continue
                goals = [(int(j), shifted[j][columns]) for j in support[i]]
                for _, goal in goals:
                    occurs[places[:, None], goal] |= occurs[lower[:, None], columns]
                steps.append((i, lower, columns, places, goals))
        return _Expansions(targets.rows, len(needed), one, steps, index.find(rows))


def _closure(rows: Exponents) -> Exponents:
    """Return all rows that arise by lowering the first nonzero exponent again and again, low degrees first."""
    found = [np.ascontiguousarray(rows)]
    current = rows
    while current.any():
        current = current[current.any(axis=1)].copy()
        first = (current > 0).argmax(axis=1)
        current[np.arange(len(current)), first] -= 1
        found.append(current)
    return unique_rows(np.concatenate([*found, np.zeros((1, rows.shape[1]), dtype=np.int64)]))[0]


def _targets(needed: Exponents, support: Sequence[NDArray[np.intp]]) -> Exponents:
    """Return all monomials that the expansions of `needed` can have."""
    n, radix = needed.shape[1], int(needed.sum(axis=1).max(initial=0)) + 1
    steps = row_keys(np.eye(n, dtype=np.int64), radix) if radix > 1 else None
    zero = np.zeros((1, n), dtype=np.int64)
    if steps is not None:
        return rows_from_keys(_target_keys(needed, support, steps), radix, n)
    sets: dict[bytes, Exponents] = {}
    for row in needed:
        used = np.flatnonzero(row)
        if not used.size:
            sets[row.tobytes()] = zero
            continue
        i = used[0]
        lower = row.copy()
        lower[i] -= 1
        below = sets[lower.tobytes()]
        raised = []
        for j in support[i]:
            step = below.copy()
            step[:, j] += 1
            raised.append(step)
        sets[row.tobytes()] = unique_rows(np.concatenate([*raised, np.zeros((0, needed.shape[1]), dtype=np.int64)]))[0]
    return unique_rows(np.concatenate(list(sets.values())))[0]


def _target_keys(needed: Exponents, support: Sequence[NDArray[np.intp]], steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the packed `_targets`, which are additive, in their order."""
    own = (needed @ steps).tolist()
    known = {0: np.zeros(1, dtype=np.int64)}
    first = (needed > 0).argmax(axis=1).tolist()
    for key, i in zip(own, first, strict=True):
        if key:
            raised = np.add.outer(steps[support[i]], known[key - int(steps[i])])
            known[key] = np.unique(raised)
    return np.unique(np.concatenate([known[key] for key in own]))


def change_polynomials(
    polynomials: Sequence[Polynomial],
    shift: Floats,
    matrix: Floats,
    fine: Floats | None = None,
) -> list[Polynomial]:
    """Substitute `x = a + T t` in polynomials over the same variables; coefficients become floats.

    The shift `a` is the float `shift` or the sum ``shift + fine``. All is carried out in twice the working precision,
    beginning with the coefficients where they are exact, and rounded once: what cancels costs no digits. Variables are
    first measured in units of their own, powers of two: products in slices keep digits relative to the largest number
    of a row, not to each.
    """
    units = _units(matrix, shift)
    rows, table, rest = to_fine_table(polynomials)
    factors = np.prod(units**rows, axis=1)
    fine = np.zeros(len(shift)) if fine is None else fine / units
    rest = None if rest is None else rest * factors
    rows, high, low = taylor_shift(rows, table * factors, shift / units, fine, rest)
    mixing = matrix / units[:, None]
    if np.array_equal(mixing, np.eye(len(mixing))):  # units of powers of two: nothing is left to be substituted
        return from_table(rows, high + low, polynomials[0].variables)
    monomials, changed = substitute_linearly(rows, high, low, mixing)
    return from_table(monomials, changed, polynomials[0].variables)


def _units(matrix: Floats, shift: Floats) -> Floats:
    """Return powers of two in which variables are measured on the way: those next to the largest entries of the rows.

    Variables that mix share digits, terms of all degrees with each other; so their units are as many times as large as
    the point that is moved to the origin is in the middle of them.
    """
    sizes = np.abs(matrix).max(axis=1, initial=0.0)
    moved = (sizes > 0) & (shift != 0)
    if moved.any() and np.count_nonzero(matrix) != np.count_nonzero(np.diag(matrix)):
        wide = float(np.median(np.log2(np.abs(shift[moved])) - np.log2(sizes[moved])))
        sizes = sizes * 2.0 ** min(max(0.0, wide), _WIDE)
    return np.asarray(2.0 ** np.round(np.log2(np.where(sizes > 0, sizes, 1.0))))


def substitute_linearly(rows: Exponents, high: Floats, low: Floats, matrix: Floats) -> tuple[Exponents, Floats]:
    """Substitute `x = T t` in polynomials with coefficients ``high + low``; round once."""
    monomials, expansions, rest = expand_linearly(rows, matrix)
    return monomials, precise_product(high, low, expansions, rest)
