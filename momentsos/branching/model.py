r"""The linear model of a framed problem: its columns, its rows in floats, and how products of factors become rows.

Columns are monomials: the lifted variables :math:`v_1, ..., v_N` first, then products of two of them. A row is a
polynomial that is nonnegative (or zero) at feasible points, as coefficients of the columns and a constant. Coefficients
in floats are the exact ones, each rounded once; `momentsos.branching.safe` bounds what that may do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .monomials import Exponents, Framed, Terms, times

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Up to so many lifted variables every product of two has a column; beyond, those that occur.
ALL_PRODUCTS = 30


@dataclass(frozen=True, eq=False)
class Model:
    """The linear model of a framed problem.

    Attributes
    ----------
    framed : Framed
    columns : tuple of exponents
        Lifted variables first.
    column_of : (N + 1, N + 1) integer array
        The column of a product of two lifted variables, -1 where there is none; index 0 stands for the constant 1.
    first, second : (C,) integer arrays
        The factors of each column, for its interval: of a lifted variable of the problem itself and -1.
    pair_i, pair_j : integer arrays
        All pairs that have a column.
    select : sparse matrix or None
        From these pairs to the columns behind the lifted variables; None where it is the identity.
    rows, constants : (m, C) and (m,) arrays
        Inequalities, then equalities, each divided by `scales`, powers of two.
    scales : (m,) array
    n_inequalities : int
    objective, objective_constant, objective_scale
        Of the objective, divided by its scale.
    linear, linear_numbers : (k, N + 1) array, tuple of int
        Inequalities without products: constant and coefficients; which they are.
    equal, equal_numbers : (k, N + 1) array, tuple of int
        Equalities without products.
    products : tuple of (int, int, int, Fraction, Fraction)
        Equalities that say :math:`c (v_i - a)(v_j - b) = 0`: number, i, j, a, b.
    """

    framed: Framed
    columns: tuple[Exponents, ...]
    column_of: Ints
    first: Ints
    second: Ints
    pair_i: Ints
    pair_j: Ints
    select: csr_matrix | None
    rows: Floats
    constants: Floats
    scales: Floats
    n_inequalities: int
    objective: Floats
    objective_constant: float
    objective_scale: float
    linear: Floats
    linear_numbers: tuple[int, ...]
    equal: Floats
    equal_numbers: tuple[int, ...]
    products: tuple[tuple[int, int, int, Fraction, Fraction], ...]

    @classmethod
    def of(cls, framed: Framed, all_products: int = ALL_PRODUCTS) -> Model:
        """Make the model of a framed problem."""
        lifted = framed.lifted
        size = len(lifted)
        every = (framed.objective, *framed.inequalities, *framed.equalities)
        occurring = {e for p in every for e in p if any(e)}
        number: dict[Exponents, int] = {}
        for k, e in enumerate(lifted):
            number.setdefault(e, k)
        pair_of: dict[Exponents, tuple[int, int]] = {}
        column_of = np.full((size + 1, size + 1), -1, dtype=np.int64)
        column_of[0, 1:] = column_of[1:, 0] = np.arange(size)
        wanted, listed = [], []
        for i in range(size):
            for j in range(i, size):
                e = times(lifted[i], lifted[j])
                if e in number or e in occurring or size <= all_products:
                    pair_of.setdefault(e, (i, j))
                    wanted.append((i, j, e))
        for _, _, e in wanted:
            if e not in number:
                number[e] = len(number)
                listed.append(e)
        for i, j, e in wanted:
            column_of[i + 1, j + 1] = column_of[j + 1, i + 1] = number[e]
        columns = (*lifted, *listed)
        of_lifted = [(-1, -1)] * framed.n + list(framed.pairs)
        factors = np.array([*of_lifted, *(pair_of[e] for e in listed)], dtype=np.int64).reshape(-1, 2)
        pair_i = np.array([i for i, _, _ in wanted], dtype=np.int64)
        pair_j = np.array([j for _, j, _ in wanted], dtype=np.int64)
        places = np.array([number[e] for _, _, e in wanted], dtype=np.int64)
        select = None
        if not np.array_equal(places, np.arange(size, size + len(listed))):
            one = np.ones(len(places))
            select = csr_matrix((one, (np.arange(len(places)), places)), shape=(len(places), len(columns)))
        rows, constants, scales = _rows((*framed.inequalities, *framed.equalities), number, len(columns))
        objective, constant, scale = _rows((framed.objective,), number, len(columns))
        linear = [k for k, p in enumerate(framed.inequalities) if _is_linear(p, number, size)]
        equal = [k for k, p in enumerate(framed.equalities) if _is_linear(p, number, size)]
        shift = len(framed.inequalities)
        return cls(
            framed,
            columns,
            column_of,
            factors[:, 0],
            factors[:, 1],
            pair_i,
            pair_j,
            select,
            rows,
            constants,
            scales,
            shift,
            objective[0],
            float(constant[0]),
            float(scale[0]),
            np.column_stack([constants[linear], rows[linear][:, :size]]),
            tuple(linear),
            np.column_stack([constants[shift:][equal], rows[shift:][equal][:, :size]]),
            tuple(equal),
            tuple(found for k, p in enumerate(framed.equalities) for found in _product_of(k, p, number, size)),
        )

    @property
    def size(self) -> int:
        """The number of lifted variables."""
        return len(self.column_of) - 1

    def products_of(self, a: Floats, b: Floats) -> tuple[Floats, Floats]:
        """Return the rows and constants of products of affine factors, given as (m, N + 1) arrays."""
        size = self.size
        found = np.zeros((len(a), len(self.columns)))
        found[:, :size] = a[:, :1] * b[:, 1:] + b[:, :1] * a[:, 1:]
        if len(self.pair_i):
            i, j = self.pair_i + 1, self.pair_j + 1
            values = a[:, i] * b[:, j] + np.where(i == j, 0.0, 1.0) * a[:, j] * b[:, i]
            if self.select is None:
                found[:, size:] = values
            else:
                found += values @ self.select
        return found, a[:, 0] * b[:, 0]

    def moments(self, values: Floats) -> Floats:
        """Return the matrix of the products of (1, v) that columns stand for, NaN where there is no column."""
        found = np.where(self.column_of < 0, np.nan, values[self.column_of])
        found[0, 0] = 1.0
        return np.asarray(found)

    def squares_of_point(self, v: Floats) -> Floats:
        """Return the values of all columns at values of the lifted variables."""
        later = v[self.first[self.size :]] * v[self.second[self.size :]]
        return np.concatenate([v, later])

    def lifted_point(self, t: Floats) -> Floats:
        """Return the values of the lifted variables at a point."""
        v = np.empty(self.size)
        v[: len(t)] = t
        for k in range(len(t), self.size):
            v[k] = v[self.first[k]] * v[self.second[k]]
        return v


def _rows(polynomials: tuple[Terms, ...], number: dict[Exponents, int], columns: int) -> tuple[Floats, Floats, Floats]:
    """Return coefficients, constants and scales: powers of two next above the largest coefficients."""
    rows, constants, scales = (
        np.zeros((len(polynomials), columns)),
        np.zeros(len(polynomials)),
        np.ones(len(polynomials)),
    )
    for k, p in enumerate(polynomials):
        largest = max((abs(c) for e, c in p.items() if any(e)), default=Fraction(1))
        scales[k] = math.ldexp(1.0, math.frexp(float(largest))[1])
        exact = Fraction(scales[k])
        for e, c in p.items():
            if any(e):
                rows[k, number[e]] = float(c / exact)
            else:
                constants[k] = float(c / exact)
    return rows, constants, scales


def _is_linear(p: Terms, number: dict[Exponents, int], size: int) -> bool:
    return any(map(any, p)) and all(number[e] < size for e in p if any(e))


def _product_of(
    k: int, p: Terms, number: dict[Exponents, int], size: int
) -> list[tuple[int, int, int, Fraction, Fraction]]:
    """Return how an equality says that one of two factors :math:`v_i - a`, :math:`v_j - b` is zero, if it does."""
    n = len(next(iter(p), ()))
    one = (0,) * n
    top = [e for e in p if sum(e) == 2]
    if len(top) != 1 or len(p) > 4 or any(sum(e) > 2 for e in p):
        return []
    where = [i for i, power in enumerate(top[0]) for _ in range(power)]
    i, j = where
    c = p[top[0]]
    unit = [tuple(int(k == i) for k in range(n)) for i in (i, j)]
    if any(e not in (one, *unit) for e in p if sum(e) < 2):
        return []
    if i != j:  # c (t_i - a)(t_j - b)
        a, b = -p.get(unit[1], Fraction(0)) / c, -p.get(unit[0], Fraction(0)) / c
        return [(k, i, j, a, b)] if p.get(one, Fraction(0)) == c * a * b else []
    half, rest = p.get(unit[0], Fraction(0)) / (2 * c), p.get(one, Fraction(0)) / c
    root = _square_root(half * half - rest)
    return [] if root is None else [(k, i, i, -half - root, -half + root)]


def _square_root(value: Fraction) -> Fraction | None:
    """Return the rational square root of a number that has one."""
    if value < 0:
        return None
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Fraction(top, bottom) if top * top == value.numerator and bottom * bottom == value.denominator else None
