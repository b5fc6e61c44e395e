r"""From Gram matrices in floating point to rational ones that satisfy the identity exactly.

The matrices are rounded to binary fractions. What is then left of the identity is a polynomial with tiny rational
coefficients. A monomial that a block without factors has as a product of two basis elements is put into that one
entry, exactly and without solving anything. The other monomials are matched by a small rational linear system, in as
many entries as there are equations.

Source: Peyrl and Parrilo, *Computing sum of squares decompositions with rational coefficients*, Theoret. Comput. Sci.
409 (2008), for rounding and projection; here entries are corrected sparsely so that most fractions stay short.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_mpoly
from numpy.typing import NDArray

from ..polynomials import ExponentIndex
from ..polynomials.exponents import Exponents
from ..sdp.triangles import independent
from .errors import CertificateError
from .frame import Exponent, fraction, monomials, rational
from .interior import Candidate, matrices
from .shape import GramBlock, Shape

#: Gram matrices are rounded to this many bits beyond their least eigenvalue.
_GUARD_BITS = 10


@dataclass(eq=False)
class ExactGram:
    """Rational Gram matrices (lower triangles) and multipliers, in the units of the problem."""

    gram: list[list[list[fmpq]]]
    multipliers: list[dict[Exponent, fmpq]]

    def add(self, block: int, a: int, b: int, value: fmpq) -> None:
        """Add `value` to the coefficient that the entries `(a, b)` and `(b, a)` have together."""
        row, column = max(a, b), min(a, b)
        self.gram[block][row][column] += value if a == b else value / 2


@dataclass(frozen=True, eq=False)
class _Column:
    """One unknown of the linear system: an entry `(a, b)` of a block, or (block None) a multiplier's coefficient.

    Its column has the `values`, `floats` when rounded, at the monomials `exponents`.
    """

    block: int | None
    a: int
    b: int
    exponents: Exponents
    values: list[fmpq]
    floats: NDArray[np.float64]
    room: float


def rounded(shape: Shape, candidate: Candidate) -> ExactGram:
    """Return the candidate in binary fractions, on a grid well below the least of all eigenvalues."""
    parts = matrices(shape.sdp, candidate) if shape.blocks else []
    least = min((float(np.linalg.eigvalsh(matrix)[0]) for matrix in parts), default=1.0)
    if least <= 0:
        raise CertificateError("a Gram matrix is not definite")
    fine = _GUARD_BITS - math.frexp(least / max(1, sum(shape.sdp.sizes)))[1]
    grams = []
    for block, matrix in zip(shape.blocks, parts, strict=True):
        bits = fine - math.frexp(block.scale)[1]
        scaled = (matrix * block.scale).tolist()
        grams.append([[_round(x, bits) for x in row[: i + 1]] for i, row in enumerate(scaled)])
    multipliers, place = [], 0
    for multiplier in shape.multipliers:
        values = candidate.duals[place : place + len(multiplier.basis)] * multiplier.scale
        place += len(multiplier.basis)
        bits = fine - math.frexp(multiplier.scale)[1]
        rows = map(tuple, multiplier.basis.tolist())
        multipliers.append({row: _round(float(v), bits) for row, v in zip(rows, values, strict=True)})
    return ExactGram(grams, multipliers)


def _round(value: float, bits: int) -> fmpq:
    scaled = Fraction(value) * Fraction(2) ** bits
    return rational(Fraction(round(scaled)) / Fraction(2) ** bits)


def exact_gram(shape: Shape, candidate: Candidate, bound: Fraction) -> ExactGram:
    """Return rational Gram matrices near the candidate that satisfy the identity with `bound` exactly.

    They are not checked to be semidefinite.

    Raises
    ------
    CertificateError
        The linear system has no solution.
    """
    exact = rounded(shape, candidate)
    free = _entries_of_plain_blocks(shape, exact)
    rest = residual(shape, exact, bound)
    tied = [m for m in monomials(rest) if m not in free]
    if tied:
        _solve(shape, exact, free, rest)
        rest = residual(shape, exact, bound)
    for monomial, value in zip(monomials(rest), rest.coeffs(), strict=True):
        if monomial not in free:
            raise CertificateError("the equations of the identity contradict each other after rounding")
        exact.add(*free[monomial], value)
    return exact


def residual(shape: Shape, exact: ExactGram, bound: Fraction) -> fmpq_mpoly:
    """Return what is left of the identity."""
    frame = shape.frame
    rest = frame.objective - rational(bound) * frame.denominator
    for block, gram in zip(shape.blocks, exact.gram, strict=True):
        rest -= _square(shape, block, gram) * frame.product(block.factors)
    for multiplier, values in zip(shape.multipliers, exact.multipliers, strict=True):
        rest -= frame.context.from_dict(values) * frame.equalities[multiplier.equality]
    return rest


def _square(shape: Shape, block: GramBlock, gram: list[list[fmpq]]) -> fmpq_mpoly:
    """Return the polynomial of one Gram matrix, without the factors."""
    forms = _forms(shape, block)
    total = shape.frame.context.constant(0)
    for i, row in enumerate(gram):
        inner = shape.frame.context.constant(0)
        for j, value in enumerate(row):
            inner += forms[j] * (value if i == j else 2 * value)
        total += forms[i] * inner
    return total


def _forms(shape: Shape, block: GramBlock) -> list[fmpq_mpoly]:
    """Return the polynomials `C b` of a block."""
    basis = list(map(tuple, block.basis.tolist()))
    return [shape.frame.polynomial(dict(zip(basis, row, strict=True))) for row in block.combination]


def _room(gram: list[list[fmpq]]) -> list[float]:
    """Return the roots of the diagonal."""
    return [math.sqrt(max(_float(row[-1]), 0.0)) for row in gram]


def _entries_of_plain_blocks(shape: Shape, exact: ExactGram) -> dict[Exponent, tuple[int, int, int]]:
    """Return for each monomial the entry of a block without factors that is this monomial and has the most room."""
    found: dict[Exponent, tuple[int, int, int]] = {}
    most: dict[Exponent, float] = {}
    for number, block in enumerate(shape.blocks):
        if block.factors:
            continue
        room = _room(exact.gram[number])
        singles = [(i, b) for i, b in enumerate(block.singles) if b is not None]
        for i, b in singles:
            for j, c in singles:
                if j <= i:
                    key = tuple(x + y for x, y in zip(b, c, strict=True))
                    if room[i] * room[j] > most.get(key, -1.0):
                        most[key], found[key] = room[i] * room[j], (number, i, j)
    return found


def _columns(shape: Shape, exact: ExactGram) -> Iterator[_Column]:
    """Yield the unknowns: one entry for each product of basis monomials and block, and the multipliers."""
    most = 1.0
    for number, block in enumerate(shape.blocks):
        product, forms, room = (
            shape.frame.product(block.factors),
            _forms(shape, block),
            _room(exact.gram[number]),
        )
        most = max(most, *(size * size for size in room))
        best: dict[Exponent, tuple[float, int, int]] = {}
        for i, b in enumerate(block.singles):
            for j, c in enumerate(block.singles[: i + 1]):
                if b is not None and c is not None:
                    key = tuple(x + y for x, y in zip(b, c, strict=True))
                    best[key] = max(best.get(key, (-1.0, 0, 0)), (room[i] * room[j], i, j))
                    continue
                column = product * forms[i] * forms[j]
                values = column.coeffs()
                yield _Column(number, i, j, _rows(column), values, _floats(values), room[i] * room[j])
        rows, values = _rows(product), product.coeffs()
        floats = _floats(values)
        for key, (size, i, j) in best.items() if block.factors else ():
            yield _Column(number, i, j, rows + np.array(key), values, floats, size)
    for number, multiplier in enumerate(shape.multipliers):
        h = shape.frame.equalities[multiplier.equality]
        rows, values = _rows(h), h.coeffs()
        floats = _floats(values)
        for place, row in enumerate(multiplier.basis):
            yield _Column(None, number, place, rows + row, values, floats, 10 * most)


def _rows(polynomial: fmpq_mpoly) -> Exponents:
    return np.array(monomials(polynomial), dtype=np.int64)


def _float(value: fmpq) -> float:
    return float(fraction(value))


def _floats(values: list[fmpq]) -> NDArray[np.float64]:
    return np.array([_float(value) for value in values])


def _solve(shape: Shape, exact: ExactGram, free: dict[Exponent, tuple[int, int, int]], rest: fmpq_mpoly) -> None:
    """Match the monomials that no plain block has, by a rational linear system in well chosen unknowns."""
    columns = list(_columns(shape, exact))
    every = np.concatenate([np.array(monomials(rest), dtype=np.int64), *(c.exponents for c in columns)])
    distinct = ExponentIndex.of(every).rows
    tied = ExponentIndex.of(distinct[[tuple(row) not in free for row in distinct.tolist()]])
    places = [tied.find(column.exponents) for column in columns]
    matrix = np.zeros((len(tied), len(columns)))
    for c, (column, place) in enumerate(zip(columns, places, strict=True)):
        matrix[place[place >= 0], c] = column.floats[place >= 0] * column.room
    rows, chosen = independent(matrix)
    terms = dict(zip(monomials(rest), rest.coeffs(), strict=True))
    right = [terms.get(tuple(tied.rows[row].tolist()), fmpq(0)) for row in rows]
    number = {int(row): i for i, row in enumerate(rows)}
    system = fmpq_mat(len(rows), len(chosen))
    for k, c in enumerate(chosen):
        for place, value in zip(places[c].tolist(), columns[c].values, strict=True):
            if place in number:
                system[number[place], k] = value
    try:
        solution = system.solve(fmpq_mat(len(rows), 1, right), algorithm="dixon")  # type: ignore[call-arg]
    except ZeroDivisionError as error:
        raise CertificateError("the linear system of the identity is singular") from error
    for k, c in enumerate(chosen):
        column, value = columns[c], solution[k, 0]
        if column.block is None:
            row = tuple(shape.multipliers[column.a].basis[column.b].tolist())
            exact.multipliers[column.a][row] += value
        else:
            exact.add(column.block, column.a, column.b, value)
