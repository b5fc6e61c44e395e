"""The change of variables `x = a + T t` on many polynomials at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .exponents import ExponentIndex, Exponents, unique_rows
from .polynomial import Polynomial


def expand_affinely(
    rows: Exponents, shift: NDArray[np.float64], matrix: NDArray[np.float64]
) -> tuple[Exponents, NDArray[np.float64]]:
    r"""Expand monomials :math:`x^\alpha` at :math:`x = a + T t` in monomials of `t`.

    Expansions are built from lower degrees, :math:`x^\alpha = x_i\, x^{\alpha - e_i}` with `i` the first variable
    that occurs, on one list of monomials that is closed under the steps.

    Parameters
    ----------
    rows : (terms, n) integer array
    shift : (n,) array
    matrix : (n, n) array

    Returns
    -------
    monomials : (m, n) integer array
    expansions : (terms, m) array
    """
    n = rows.shape[1]
    needed = _closure(rows)
    support = [np.flatnonzero(matrix[i]) for i in range(n)]
    targets = ExponentIndex.of(_targets(needed, support))
    m = len(targets)
    unit = np.eye(n, dtype=np.int64)
    shifted = np.stack([targets.find(targets.rows + unit[j]) for j in range(n)]) if m else np.zeros((n, 0))
    expansions = np.zeros((len(needed), m))
    place = {row.tobytes(): i for i, row in enumerate(needed)}
    for position, row in enumerate(needed):
        used = np.flatnonzero(row)
        if not used.size:
            expansions[position, targets.find(row[None, :])] = 1.0
            continue
        i = used[0]
        lower = expansions[place[(row - unit[i]).tobytes()]]
        total = shift[i] * lower
        nonzero = np.flatnonzero(lower)
        for j in support[i]:
            np.add.at(total, shifted[j, nonzero], matrix[i, j] * lower[nonzero])
        expansions[position] = total
    return targets.rows, expansions[[place[row.tobytes()] for row in np.ascontiguousarray(rows)]]


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
        raised = [below]
        for j in support[i]:
            step = below.copy()
            step[:, j] += 1
            raised.append(step)
        sets[row.tobytes()] = unique_rows(np.concatenate(raised))[0]
    return unique_rows(np.concatenate(list(sets.values())))[0]


def change_polynomials(
    polynomials: Sequence[Polynomial], shift: NDArray[np.float64], matrix: NDArray[np.float64]
) -> list[Polynomial]:
    """Substitute `x = a + T t` in polynomials over the same variables; coefficients become floats."""
    rows, index = unique_rows(np.concatenate([p.exponents for p in polynomials]))
    monomials, expansions = expand_affinely(rows, shift, matrix)
    changed = []
    for places, p in zip(np.split(index, np.cumsum([len(p) for p in polynomials])[:-1]), polynomials, strict=True):
        changed.append(Polynomial.from_terms(monomials, p.values @ expansions[places], p.variables))
    return changed
