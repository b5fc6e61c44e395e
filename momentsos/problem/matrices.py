r"""Matrices of polynomials that are to be positive semidefinite, and the same thing in scalar inequalities.

A symmetric matrix is positive semidefinite exactly where all elementary symmetric functions :math:`e_k` of its
eigenvalues, the sums of its principal minors of size `k`, are nonnegative: its characteristic polynomial then has no
negative root. They are polynomials in the entries, formed here without rounding, so that points are judged and looked
for as in any other problem. Relaxations have the matrix itself.

Source: Horn and Johnson, *Matrix Analysis*, section 1.2 and Corollary 7.2.4.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np

from ..errors import InvalidInput, ProblemTooLarge
from ..machine.checks import items, shown
from ..polynomials import Polynomial
from .given import as_polynomial, is_of_sympy

Matrix = tuple[tuple[Polynomial, ...], ...]
#: Terms of one polynomial up to which scalar inequalities are formed, and bytes that one takes, about.
_MOST_TERMS, _TERM_BYTES = 20_000, 200
_EXPECTED = "a list of symmetric matrices, each a list of rows of polynomials"


def as_matrices(values: object, name: str) -> list[Matrix]:
    """Return what a user gives as matrices of polynomials, checked.

    Raises
    ------
    InvalidInput
        Something is no square symmetric matrix of polynomials; the message names the entry.
    """
    if isinstance(values, Polynomial) or not isinstance(values, Iterable):
        raise InvalidInput(f"{name}: expected {_EXPECTED}, got {shown(values)}")
    return [_as_matrix(each, f"{name}[{i}]") for i, each in enumerate(items(values, name, _EXPECTED))]


def _as_matrix(value: Any, name: str) -> Matrix:
    if is_of_sympy(value) and hasattr(value, "tolist"):
        value = value.tolist()
    expected = "a matrix, a list of rows of polynomials"
    if isinstance(value, Polynomial) or not isinstance(value, Iterable):
        raise InvalidInput(f"{name}: expected {expected}, got {shown(value)}")
    rows = []
    for i, row in enumerate(items(value, name, expected)):
        if isinstance(row, Polynomial | str) or not isinstance(row, Iterable):
            raise InvalidInput(f"{name}[{i}]: expected a row of polynomials, got {shown(row)}")
        given = items(row, f"{name}[{i}]", "a row of polynomials")
        rows.append(tuple(_as_entry(entry, f"{name}[{i}][{j}]") for j, entry in enumerate(given)))
    lengths = [len(row) for row in rows]
    if not rows or set(lengths) != {len(rows)}:
        raise InvalidInput(f"{name}: {len(rows)} rows of lengths {lengths!r:.60}: expected a square matrix")
    for i in range(len(rows)):
        for j in range(i):
            if rows[i][j] != rows[j][i]:
                raise InvalidInput(
                    f"{name}: not symmetric, [{i}][{j}] is {str(rows[i][j])!r:.40} and [{j}][{i}] is "
                    f"{str(rows[j][i])!r:.40}; for a matrix A that is not, state (A + A.T) / 2"
                )
    return tuple(rows)


def _as_entry(value: Any, name: str) -> Polynomial:
    if isinstance(value, Real) and not isinstance(value, bool) and not math.isfinite(value):
        raise InvalidInput(f"{name}: expected a polynomial or a finite number, got {shown(value)}")
    return as_polynomial(value, name)


def over(matrix: Matrix, variables: tuple[str, ...]) -> Matrix:
    """Return a matrix with its entries over other variables; entries that mirror each other are one object."""
    upper = {(i, j): matrix[i][j].over(variables) for i in range(len(matrix)) for j in range(i, len(matrix))}
    return tuple(tuple(upper[min(i, j), max(i, j)] for j in range(len(matrix))) for i in range(len(matrix)))


def upper_entries(matrix: Matrix) -> list[Polynomial]:
    """Return the entries on and above the diagonal, row by row."""
    return [matrix[i][j] for i in range(len(matrix)) for j in range(i, len(matrix))]


def from_upper(entries: Sequence[Polynomial], size: int) -> Matrix:
    """Return the symmetric matrix with these entries on and above the diagonal, row by row."""
    places = iter(entries)
    upper = {(i, j): next(places) for i in range(size) for j in range(i, size)}
    return tuple(tuple(upper[min(i, j), max(i, j)] for j in range(size)) for i in range(size))


def matrix_degree(matrix: Matrix) -> int:
    """Return the largest degree of an entry."""
    return max(p.degree for p in upper_entries(matrix))


def blocks_of(matrix: Matrix) -> list[list[int]]:
    """Return the rows of the blocks that a matrix falls into; each is semidefinite where the matrix is."""
    waiting, found = list(range(len(matrix))), []
    while waiting:
        block, new = set[int](), {waiting[0]}
        while new:
            block |= new
            new = {j for i in new for j in waiting if matrix[i][j]} - block
        found.append(sorted(block))
        waiting = [i for i in waiting if i not in block]
    return found


def scalar_inequalities(matrix: Matrix) -> list[Polynomial]:
    r"""Return polynomials that are all nonnegative exactly where a matrix is positive semidefinite.

    For each of its blocks the diagonal and :math:`e_2, \dots, e_m`; zero polynomials are left out.

    Raises
    ------
    ProblemTooLarge
        They have too many terms.
    """
    found = []
    for rows in blocks_of(matrix):
        found += [matrix[i][i] for i in rows]
        if len(rows) > 1:
            found += _symmetric_functions([[matrix[i][j] for j in rows] for i in rows])
    return [p for p in found if p]


def _symmetric_functions(block: list[list[Polynomial]]) -> list[Polynomial]:
    r"""Return :math:`e_2, \dots, e_m` of the eigenvalues, by the recursion of Faddeev and Le Verrier.

    :math:`N_1 = M`, :math:`N_k = M (N_{k-1} - e_{k-1} I)` up to sign, and :math:`k\,e_k` is a trace.
    """
    from flint import Ordering, fmpq, fmpq_mpoly_ctx  # here, so that stating a problem costs no import of it

    size, names = len(block), block[0][0].variables
    ring: Any = fmpq_mpoly_ctx.get([f"t{i}" for i in range(len(names))], Ordering.degrevlex)
    given = [[_packed(entry, ring) for entry in row] for row in block]
    power, found = given, []
    trace = sum((given[i][i] for i in range(size)), ring.constant(0))
    for number in range(2, size + 1):
        inner = [[(trace if i == j else 0) - power[i][j] for j in range(size)] for i in range(size)]
        power = []
        for row in given:
            power.append([sum((row[k] * inner[k][j] for k in range(size)), ring.constant(0)) for j in range(size)])
            most = max(len(entry) for entry in power[-1])
            if most > _MOST_TERMS:
                raise ProblemTooLarge(
                    f"a matrix inequality of size {size}: its characteristic polynomial, by which points are judged, "
                    f"has more than {_MOST_TERMS} terms; state it as several smaller ones, or with fewer variables",
                    most * size**2 * _TERM_BYTES,
                    _MOST_TERMS * size**2 * _TERM_BYTES,
                )
        trace = sum((power[i][i] for i in range(size)), ring.constant(0)) * fmpq(1, number)
        found.append(_unpacked(trace, names))
    return found


def _packed(p: Polynomial, ring: Any) -> Any:
    from flint import fmpq

    terms = zip(map(tuple, p.exponents.tolist()), p.coefficients.tolist(), strict=True)
    return ring.from_dict({row: fmpq(*Fraction(c).as_integer_ratio()) for row, c in terms})


def _unpacked(p: Any, names: tuple[str, ...]) -> Polynomial:
    """Return a polynomial in floats where these are its coefficients, else in fractions."""
    exact = [Fraction(int(c.p), int(c.q)) for c in p.coeffs()]
    rows = np.array(p.monoms(), dtype=np.int64).reshape(len(exact), len(names))
    try:
        floats = [float(c) for c in exact]
    except OverflowError:
        return Polynomial.from_terms(rows, exact, names)
    same = all(Fraction(f) == c for f, c in zip(floats, exact, strict=True))
    return Polynomial.from_terms(rows, floats if same else exact, names)
