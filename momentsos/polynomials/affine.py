"""The change of variables `x = a + T t` on many polynomials at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .exponents import ExponentIndex, Exponents, unique_rows
from .polynomial import Polynomial
from .precise import precise_product
from .shift import Floats, add_multiple, taylor_shift
from .tables import from_table, to_table


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
    n = rows.shape[1]
    needed = _closure(rows)
    support = [np.flatnonzero(matrix[i]) for i in range(n)]
    targets = ExponentIndex.of(_targets(needed, support))
    m = len(targets)
    unit = np.eye(n, dtype=np.int64)
    shifted = np.stack([targets.find(targets.rows + unit[j]) for j in range(n)]) if m else np.zeros((n, 0))
    high, low = np.zeros((len(needed), m)), np.zeros((len(needed), m))
    place = {row.tobytes(): i for i, row in enumerate(needed)}
    for position, row in enumerate(needed):
        used = np.flatnonzero(row)
        if not used.size:
            high[position, targets.find(row[None, :])] = 1.0
            continue
        i = used[0]
        below = place[(row - unit[i]).tobytes()]
        nonzero = np.flatnonzero(high[below])
        lower = high[below, nonzero], low[below, nonzero]
        for j in support[i]:
            add_multiple(high[position], low[position], shifted[j, nonzero], *lower, matrix[i, j])
    chosen = [place[row.tobytes()] for row in np.ascontiguousarray(rows)]
    return targets.rows, high[chosen], low[chosen]


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
    zero = np.zeros((1, needed.shape[1]), dtype=np.int64)
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


def change_polynomials(
    polynomials: Sequence[Polynomial],
    shift: Floats,
    matrix: Floats,
    fine: Floats | None = None,
) -> list[Polynomial]:
    """Substitute `x = a + T t` in polynomials over the same variables; coefficients become floats.

    The shift `a` is the float `shift` or the sum ``shift + fine``. All is carried out in twice the working precision
    and rounded once: what cancels costs no digits.
    """
    rows, table = to_table(polynomials)
    rows, high, low = taylor_shift(rows, table, shift, np.zeros(len(shift)) if fine is None else fine)
    monomials, changed = substitute_linearly(rows, high, low, matrix)
    return from_table(monomials, changed, polynomials[0].variables)


def substitute_linearly(rows: Exponents, high: Floats, low: Floats, matrix: Floats) -> tuple[Exponents, Floats]:
    """Substitute `x = T t` in polynomials with coefficients ``high + low``; round once."""
    monomials, expansions, rest = expand_linearly(rows, matrix)
    return monomials, precise_product(high, low, expansions, rest)
