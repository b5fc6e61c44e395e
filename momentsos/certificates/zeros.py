r"""The face on which a polynomial that vanishes somewhere is a sum of squares, in exact arithmetic.

Let :math:`p = \sum_i g_i^2` vanish at a rational point `z`. Then every :math:`g_i` vanishes there. Where the Hessian of
`p` at `z` has a kernel, `p` vanishes to a higher order along the lines :math:`z + s v`, `v` in the kernel: of order
`2m` in `s`, it lets no :math:`g_i` have an order below `m`. All these are linear conditions with rational coefficients,
and the combinations of monomials that satisfy them span the face.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_mpoly, fmpq_poly
from numpy.typing import NDArray

from ..sdp.exposing import Rows
from .frame import fraction, monomials, rational
from .shape import Shape

#: Zeros are looked for at the nearest points with these denominators; flat ones are known to few digits.
_DENOMINATORS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 24, 30, 36, 60, 120, 840)


def vanishing_rows(shape: Shape, bound: Fraction, zeros: NDArray[np.float64]) -> list[Rows] | None:
    """Return for each block the combinations that vanish as they must at rational zeros; None where there are none.

    Points that are not recognised as rational, with the bound as the exact value there, are left out.

    Parameters
    ----------
    shape : Shape
        Its blocks have no factors.
    bound : Fraction
    zeros : (r, n) array
        Points in the variables of the problem at which the objective is the bound, as far as floats tell.
    """
    frame = shape.frame
    p = frame.objective - rational(bound) * frame.denominator
    places = list(dict.fromkeys(_recognised(shape, p, zeros)))
    if not places:
        return None
    lines = [(place, line, order) for place in places for line, order in _lines(p, place)]
    faces = []
    for block in shape.blocks:
        keys = [tuple(key) for key in block.basis.tolist()]
        rows = [[_monomial(place, key) for key in keys] for place in places]
        for place, line, order in lines:
            expanded = [_along(((key, fmpq(1)),), place, line) for key in keys]
            rows += [[q[k] if k <= q.degree() else fmpq(0) for q in expanded] for k in range(order)]
        transposed = fmpq_mat([[rational(v) for v in row] for row in block.combination]).transpose()
        faces.append(_kernel(fmpq_mat(rows) * transposed))
    return faces


def _recognised(shape: Shape, p: fmpq_mpoly, zeros: NDArray[np.float64]) -> Iterator[tuple[fmpq, ...]]:
    """Yield rational points near the given ones, in the variables of the identity, at which `p` is zero."""
    units = [row[i] for i, row in enumerate(shape.frame.matrix)]
    for z in zeros.tolist():
        tried = set()
        for denominator in _DENOMINATORS:
            near = tuple(Fraction(round(x * denominator), denominator) for x in z)
            if near in tried or not any(near):
                continue
            tried.add(near)
            place = tuple(rational(q / u) for q, u in zip(near, units, strict=True))
            if not p(*place):
                yield place
                break


def _lines(p: fmpq_mpoly, place: tuple[fmpq, ...]) -> Iterator[tuple[list[fmpq], int]]:
    """Yield directions in the kernel of the Hessian, with half the order to which `p` vanishes along them."""
    n = len(place)
    first = [p.derivative(i) for i in range(n)]
    hessian = fmpq_mat([[first[i].derivative(j)(*place) for j in range(n)] for i in range(n)])
    kernel = [[rational(v) for v in row] for row in _kernel(hessian)]
    terms = tuple(zip(monomials(p), p.coeffs(), strict=True))
    pairs = [[a + c * b for a, b in zip(u, v, strict=True)] for u, v in combinations(kernel, 2) for c in (1, -1)]
    for direction in (*kernel, *pairs):
        along = _along(terms, place, direction)
        order = next((k for k in range(along.degree() + 1) if along[k]), None)
        yield direction, (p.total_degree() if order is None else order) // 2 + (order is None)


def _along(terms: tuple[tuple[tuple[int, ...], fmpq], ...], place: tuple[fmpq, ...], line: list[fmpq]) -> fmpq_poly:
    """Return a polynomial at `place + s line`, as one in `s`."""
    coordinates = [fmpq_poly([a, b]) for a, b in zip(place, line, strict=True)]
    total = fmpq_poly([0])
    for key, value in terms:
        product = fmpq_poly([value])
        for x, power in zip(coordinates, key, strict=True):
            if power:
                product *= x**power
        total += product
    return total


def _monomial(place: tuple[fmpq, ...], key: tuple[int, ...]) -> fmpq:
    product = fmpq(1)
    for value, power in zip(place, key, strict=True):
        if power:
            product *= value**power
    return product


def _kernel(matrix: fmpq_mat) -> Rows:
    """Return a basis of the vectors that a matrix maps to zero."""
    echelon, rank = matrix.rref()
    table, width = echelon.tolist(), matrix.ncols()
    pivots = [next(j for j in range(width) if table[i][j]) for i in range(rank)]
    rows = []
    for free in (j for j in range(width) if j not in pivots):
        row = [Fraction(0)] * width
        row[free] = Fraction(1)
        for i, pivot in enumerate(pivots):
            row[pivot] = -fraction(table[i][free])
        rows.append(tuple(row))
    return tuple(rows)
