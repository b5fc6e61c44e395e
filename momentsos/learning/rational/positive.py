"""Whether a symmetric matrix of polynomials in one variable is positive definite on [-1, 1], proved in balls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb, arb_poly

#: Intervals that are looked at before the proof is given up.
_INTERVALS = 4000


def is_definite(matrix: Sequence[Sequence[arb_poly]]) -> bool:
    r"""Return whether a proof was found.

    The matrix is definite at 0, which its leading minors show, and its determinant has no zero on the interval; so no
    eigenvalue changes its sign.
    """
    at_zero = [[_at(entry, arb(0)) for entry in row] for row in matrix]
    for size in range(1, len(matrix) + 1):
        if not _determinant([row[:size] for row in at_zero[:size]], arb(1)) > 0:
            return False
    return is_positive(_determinant(matrix, arb_poly([1])))


def is_positive(polynomial: arb_poly) -> bool:
    """Return whether a polynomial was proved to be positive on [-1, 1]: by halves, each with its Taylor polynomial."""
    left, looked = [(arb(0), arb(1))], 0
    while left:
        middle, radius = left.pop()
        looked += 1
        if looked > _INTERVALS:
            return False
        taylor = polynomial(arb_poly([middle, radius])).coeffs() or [arb(0)]
        if _holds(taylor):
            continue
        if not taylor[0] > 0:
            return False
        half = radius / 2
        left += [(middle - half, half), (middle + half, half)]
    return True


def _holds(taylor: list[Any]) -> bool:
    """Return whether a polynomial is positive on [-1, 1]: its terms of degree two against all others."""
    value, slope, curve = (*taylor, arb(0), arb(0))[:3]
    rest = sum((arb(v.abs_upper()) for v in taylor[3:]), arb(0))
    if value - abs(slope) - abs(curve) - rest > 0:
        return True
    return bool(curve > 0 and value - rest - slope * slope / (4 * curve) > 0)


def _determinant(matrix: Sequence[Sequence[Any]], one: Any) -> Any:
    """Return a determinant by its minors, row after row."""
    size = len(matrix)
    minors: dict[tuple[int, ...], Any] = {(): one}
    for k in range(size):
        larger: dict[tuple[int, ...], Any] = {}
        for columns, minor in minors.items():
            for j in range(size):
                if j in columns:
                    continue
                kept = tuple(sorted((*columns, j)))
                term = matrix[k][j] * minor
                later = sum(c > j for c in columns)
                term = term if later % 2 == 0 else -term
                larger[kept] = larger[kept] + term if kept in larger else term
        minors = larger
    return minors[tuple(range(size))]


def _at(polynomial: arb_poly, place: arb) -> arb:
    return polynomial(place)
