"""A sum of squares, times a power of a denominator, as a quadratic form in monomials, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..polynomials.dyadic import Dyadic
from ..polynomials.evaluation import exact_value
from ..polynomials.exponents import Exponents, unique_rows
from ..polynomials.factored import Factor

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Form:
    r"""With monomials `b`, the last of which is 1, :math:`f w = b^\top G b` and :math:`w = b^\top J b`.

    Attributes
    ----------
    exponents : (K, n + e) integer array
        The monomials, in the variables and, behind them, in one variable for each polynomial that takes the place of
        a monomial: a bound with these free is one with them as they are.
    rows : (rows, K) array
        Floats near a matrix `A` with :math:`G = A^\top A`.
    gram, ones : Dyadic
        The `G` and `J`.
    extra : tuple of e Polynomial
        In the variables alone.
    """

    exponents: Exponents
    rows: Floats
    gram: Dyadic
    ones: Dyadic
    extra: tuple[Polynomial, ...] = ()

    def basis_at(self, point: Floats) -> Floats:
        """Return the values of the basis at a point of the variables."""
        whole = np.concatenate([point, [polynomial(point) for polynomial in self.extra]])
        return np.asarray(np.prod(whole**self.exponents, axis=1))

    def basis_exactly(self, point: Floats) -> Dyadic:
        """Return the values of the basis at a point of floats, as a column without rounding."""
        place = [Fraction(float(x)) for x in point]
        values = [*place, *(exact_value(polynomial, place) for polynomial in self.extra)]
        whole = [_monomial(values, row) for row in self.exponents.tolist()]
        bits = max(value.denominator.bit_length() - 1 for value in whole)
        return Dyadic(fmpz_mat(len(whole), 1, [int(value * 2**bits) for value in whole]), -bits)

    def __len__(self) -> int:
        return len(self.exponents)


def _monomial(values: list[Fraction], powers: list[int]) -> Fraction:
    return prod((value**power for value, power in zip(values, powers, strict=True) if power), start=Fraction(1))


def _elements(factor: Factor) -> tuple[Exponents, NDArray[np.intp], list[Polynomial]]:
    """Return the basis of a factor, where each column of it is in there, and the polynomials that became variables.

    Returns
    -------
    exponents : (K, n + e) integer array
        Distinct, the constant monomial last.
    place : (T + 1,) integer array
        Of the columns of the matrix, the one for -1 included.
    polynomials : list of e Polynomial
    """
    n, mixed = len(factor.variables), factor.combination
    constant = np.zeros((1, n), dtype=np.int64)
    if mixed is None:
        rows, own = np.concatenate([factor.exponents, constant]), []
    else:
        starts, single = mixed.indptr, np.diff(mixed.indptr) == 1
        single &= np.array([v == 1.0 for v in mixed.data[np.minimum(starts[:-1], mixed.nnz - 1)]])
        rows = np.zeros((len(single) + 1, n + int((~single).sum())), dtype=np.int64)
        rows[:-1][single, :n] = factor.exponents[mixed.indices[starts[:-1][single]]]
        rows[np.flatnonzero(~single), n + np.arange(int((~single).sum()))] = 1
        own = [
            Polynomial.from_terms(factor.exponents[mixed[i].indices], mixed[i].data, factor.variables)
            for i in np.flatnonzero(~single)
        ]
    distinct, place = unique_rows(rows)
    last = len(distinct)  # the constant comes first in graded order, and is moved to the end
    return np.roll(distinct, -1, axis=0), (place - 1) % last, own


def form_of(factor: Factor) -> Form:
    """Return the form of order 0."""
    exponents, place, extra = _elements(factor)
    spread = np.zeros((len(place), len(exponents)))
    spread[np.arange(len(place)), place] = 1.0
    spread[-1] *= -1.0
    rows = factor.matrix @ spread
    entries = np.abs(factor.matrix) @ np.abs(spread)
    seen: NDArray[np.bool_] = entries.max(axis=0) > 0.0  # a monomial without entries is in no residual
    seen[-1] = True
    exponents, spread, rows = exponents[seen], spread[:, seen], rows[:, seen]
    exact = Dyadic.of(factor.matrix) @ Dyadic.of(spread)
    ones = np.zeros((len(exponents), len(exponents)))
    ones[-1, -1] = 1.0
    return Form(exponents, rows, exact.transposed() @ exact, Dyadic.of(ones), tuple(extra))


def raised(form: Form, inner: tuple[int, ...], centre: Floats, widths: Floats) -> Form:
    r"""Return the form times :math:`1 + \sum_i ((u_i - a_i) / s_i)^2`.

    Parameters
    ----------
    form : Form
    inner : tuple of int
        Which variables the `u` are.
    centre, widths : arrays
        The `a` and `s`; the latter are taken as the nearest powers of two.
    """
    units = 2.0 ** np.round(np.log2(widths))
    parts = [form.exponents]
    for i in inner:
        moved = form.exponents.copy()
        moved[:, i] += 1
        parts.append(moved)
    distinct, place = unique_rows(np.concatenate(parts))
    places = np.split((place - 1) % len(distinct), len(parts))
    exponents = np.roll(distinct, -1, axis=0)
    embeddings = []
    for number in range(len(parts)):  # b times one of 1, (u_i - a_i) / s_i, in the larger basis
        matrix = np.zeros((len(form), len(exponents)))
        rows = np.arange(len(form))
        matrix[rows, places[number]] = 1.0 if number == 0 else 1.0 / units[number - 1]
        if number:
            matrix[rows, places[0]] = -centre[number - 1] / units[number - 1]
        embeddings.append(matrix)
    stacked = np.concatenate([form.rows @ matrix for matrix in embeddings])
    gram, ones = (
        _total([exact.congruent(Dyadic.of(matrix)) for matrix in embeddings]) for exact in (form.gram, form.ones)
    )
    return Form(exponents, stacked, gram, ones, form.extra)


def _total(parts: list[Dyadic]) -> Dyadic:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
