"""Twice the working precision: sums and products without error, and changes of variables that are rounded once."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from momentsos.polynomials import Polynomial, monomial_basis
from momentsos.polynomials.affine import change_polynomials, expand_linearly
from momentsos.polynomials.precise import precise_product
from momentsos.polynomials.shift import add_multiple, taylor_shift, two_product, two_sum

Terms = dict[tuple[int, ...], Fraction]


def multiplied(p: Terms, q: Terms) -> Terms:
    result: Terms = {}
    for (a, x), (b, y) in product(p.items(), q.items()):
        key = tuple(i + j for i, j in zip(a, b, strict=True))
        result[key] = result.get(key, Fraction(0)) + x * y
    return result


def changed_exactly(rows, values, shift, fine, matrix) -> Terms:
    """Substitute `x = shift + fine + matrix t` in rational arithmetic, one factor after the other."""
    n = len(shift)
    unit = [tuple(row) for row in np.eye(n, dtype=int).tolist()]
    forms: list[Terms] = [
        {(0,) * n: Fraction(shift[i]) + Fraction(fine[i]), **{unit[j]: Fraction(matrix[i][j]) for j in range(n)}}
        for i in range(n)
    ]
    result: Terms = {}
    for row, value in zip(rows.tolist(), values.tolist(), strict=True):
        term: Terms = {(0,) * n: Fraction(value)}
        for form, power in zip(forms, row, strict=True):
            for _ in range(power):
                term = multiplied(term, form)
        for key, entry in term.items():
            result[key] = result.get(key, Fraction(0)) + entry
    return {key: entry for key, entry in result.items() if entry}


def spread(rng: np.random.Generator, size: int, decades: float) -> np.ndarray:
    return rng.standard_normal(size) * 10.0 ** rng.uniform(-decades, decades, size)


# -- sums and products -------------------------------------------------------------------------------------------


def test_sums_and_products_come_with_their_exact_errors(rng) -> None:
    a, b = spread(rng, 400, 30), spread(rng, 400, 30)
    b[:100] = -a[:100] * (1 + rng.standard_normal(100) * 1e-12)  # nearly cancelling
    for (value, error), exact, plain in (
        (two_sum(a, b), [Fraction(x) + Fraction(y) for x, y in zip(a, b, strict=True)], a + b),
        (two_product(a, b), [Fraction(x) * Fraction(y) for x, y in zip(a, b, strict=True)], a * b),
    ):
        assert np.array_equal(value, plain) and np.count_nonzero(error) > 100
        assert [Fraction(x) + Fraction(y) for x, y in zip(value, error, strict=True)] == exact


def test_adding_a_multiple_keeps_thirty_digits(rng) -> None:
    size = 200
    high, source = spread(rng, size, 3), spread(rng, size, 3)
    a, a_low, places = 1 / 3, 1e-18, rng.permutation(size)
    high[places[:50]] = -source[:50] * a  # what is left is rounding errors alone
    low, source_low = high * 2.0**-54 * rng.uniform(-1, 1, size), source * 2.0**-54 * rng.uniform(-1, 1, size)
    before = [Fraction(x) + Fraction(y) for x, y in zip(high, low, strict=True)]
    add_multiple(high, low, places, source, source_low, a, a_low)
    for i, place in enumerate(places):
        step = (Fraction(source[i]) + Fraction(source_low[i])) * (Fraction(a) + Fraction(a_low))
        error = abs(Fraction(high[place]) + Fraction(low[place]) - before[place] - step)
        assert error <= Fraction(2) ** -102 * (abs(before[place]) + abs(step))


# -- the Taylor shift --------------------------------------------------------------------------------------------


def test_a_taylor_shift_is_exact_to_thirty_digits_and_lists_the_divisors(rng) -> None:
    rows = np.array([[3, 1, 0], [0, 2, 2], [1, 0, 1], [0, 0, 0]])
    table = rng.standard_normal((2, 4)) * 1e9
    shift = np.array([1.7, -0.3, 0.0])  # the last variable stays
    fine = shift * 1e-17 * rng.standard_normal(3)
    monomials, high, low = taylor_shift(rows, table, shift, fine)
    divisors = {(i, j, 0) for i in range(4) for j in range(2)} | {(0, j, 2) for j in range(3)}
    assert set(map(tuple, monomials.tolist())) == divisors | {(1, 0, 1), (0, 0, 1)}
    for values, rounded, rest in zip(table, high, low, strict=True):
        exact = changed_exactly(rows, values, shift, fine, np.eye(3))
        sizes = changed_exactly(rows, np.abs(values), np.abs(shift), np.abs(fine), np.eye(3))
        for key, a, b in zip(map(tuple, monomials.tolist()), rounded, rest, strict=True):
            assert abs(Fraction(a) + Fraction(b) - exact.get(key, 0)) <= Fraction(2) ** -97 * sizes.get(key, 0)
            assert a == a + b


def test_a_shift_by_digits_below_the_floats_is_not_lost() -> None:
    """`(1e8 + 1e-9)^2 - 1e16` is 0.2 plus 1e-18; the fine part alone makes the difference."""
    monomials, high, low = taylor_shift(
        np.array([[0], [2]]), np.array([[-1e16, 1.0]]), np.array([1e8]), np.array([1e-9])
    )
    assert monomials.tolist() == [[0], [1], [2]]
    exact = (Fraction(1e8) + Fraction(1e-9)) ** 2 - Fraction(1e16)
    assert high[0, 0] == float(exact) and high[0, 0] == pytest.approx(0.2)
    assert abs(Fraction(high[0, 0]) + Fraction(low[0, 0]) - exact) <= Fraction(1, 10**14)


# -- products of matrices ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("terms", [7, 5000])  # more than what is exact at once
def test_a_product_of_matrices_is_rounded_once_whatever_cancels(terms, rng) -> None:
    left, right = spread(rng, 3 * terms, 3).reshape(3, terms), spread(rng, terms * 2, 3).reshape(terms, 2)
    left[0], half = rng.uniform(0.9, 1.0, terms), terms // 2
    right[:, 0] = rng.uniform(0.9, 1.0, terms)  # sums of slices grow as large as they can, and then cancel
    right[half : 2 * half, 0] = -right[:half, 0] * left[0, :half] / left[0, half : 2 * half]
    right[2 * half :, 0] = 0.0
    left_low, right_low = left * 1e-17, right * -2e-17
    found = precise_product(left, left_low, right, right_low)
    for i in range(3):
        row = [Fraction(a) + Fraction(b) for a, b in zip(left[i], left_low[i], strict=True)]
        for j in range(2):
            column = [Fraction(a) + Fraction(b) for a, b in zip(right[:, j], right_low[:, j], strict=True)]
            exact = sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0))
            lost = Fraction(2) ** -95 * terms * max(map(abs, row)) * max(map(abs, column))
            assert abs(Fraction(found[i, j]) - exact) <= Fraction(np.spacing(abs(float(exact)))) + lost
    assert 0 < abs(found[0, 0]) < 1e-12 * terms


# -- changes of variables ----------------------------------------------------------------------------------------


def cancelling(rng: np.random.Generator, n: int, degree: int, shift: np.ndarray) -> Polynomial:
    """Coefficients of 1e9, of which value and gradient at `shift` are left with about 1e-2."""
    rows = monomial_basis(n, degree)
    values = rng.standard_normal(len(rows)) * 1e9
    for _ in range(3):  # each pass takes away what rounding has left of the one before
        at = changed_exactly(rows, values, shift, np.zeros(n), np.eye(n))
        wanted = rng.uniform(0.5, 2.0, n + 1) * 1e-2
        for i in range(1, n + 1):
            values[i] -= float(at[tuple(rows[i].tolist())]) - wanted[i]
        at = changed_exactly(rows, values, shift, np.zeros(n), np.eye(n))
        values[0] -= float(at[(0,) * n]) - wanted[0]
    return Polynomial.from_terms(rows, values, [f"x{i}" for i in range(n)])


@pytest.mark.parametrize("seed", range(4))
def test_every_coefficient_of_a_changed_polynomial_is_right_to_two_units_in_the_last_place(seed) -> None:
    rng = np.random.default_rng(seed)
    n = 3
    shift, fine = rng.uniform(0.5, 2.0, n), np.zeros(n)
    if seed % 2:
        fine = shift * 2.0**-54 * rng.uniform(-1, 1, n)
    matrix = rng.standard_normal((n, n)) * 10.0 ** -rng.uniform(0, 3, n)
    polynomials = [cancelling(rng, n, 3, shift) for _ in range(2)]
    before = [(p.exponents.copy(), p.values.copy()) for p in polynomials]
    changed = change_polynomials(polynomials, shift, matrix, fine)
    assert changed[0].values[0] != 0 and abs(changed[0].values[0]) < 1.0  # of 1e9
    for p, q in zip(polynomials, changed, strict=True):
        exact = changed_exactly(p.exponents, p.values, shift, fine, matrix)
        got = dict(zip(map(tuple, q.exponents.tolist()), q.values.tolist(), strict=True))
        assert got.keys() == exact.keys()
        for key, value in exact.items():
            assert abs(Fraction(got[key]) - value) <= 2 * Fraction(np.spacing(abs(float(value)))), key
    for (rows, values), p in zip(before, polynomials, strict=True):
        assert np.array_equal(rows, p.exponents) and np.array_equal(values, p.values)


def test_expansions_of_monomials_in_linear_forms_are_exact_to_thirty_digits(rng) -> None:
    rows = np.array([[0, 0, 0], [2, 0, 1], [0, 3, 0], [1, 1, 1]])
    matrix = rng.standard_normal((3, 3))
    matrix[0, 2] = matrix[1, 0] = 0.0  # sparse forms have fewer monomials
    monomials, high, low = expand_linearly(rows, matrix)
    for row, a, b in zip(rows, high, low, strict=True):
        exact = changed_exactly(row[None, :], np.ones(1), np.zeros(3), np.zeros(3), matrix)
        sizes = changed_exactly(row[None, :], np.ones(1), np.zeros(3), np.zeros(3), np.abs(matrix))
        assert exact.keys() <= set(map(tuple, monomials.tolist()))
        for key, x, y in zip(map(tuple, monomials.tolist()), a, b, strict=True):
            assert abs(Fraction(x) + Fraction(y) - exact.get(key, 0)) <= Fraction(2) ** -98 * sizes.get(key, 0)


def test_a_change_keeps_its_digits_whatever_the_units_of_the_variables(rng) -> None:
    rows, units = monomial_basis(2, 6), np.array([1e6, 1e-4])
    values = rng.standard_normal(len(rows)) / np.prod(units**rows, axis=1)  # of size one in these units
    shift, matrix = 30.0 * units, np.diag(units)
    changed = change_polynomials([Polynomial.from_terms(rows, values, ("x", "y"))], shift, matrix)[0]
    exact = changed_exactly(rows, values, shift.tolist(), [0.0, 0.0], matrix.tolist())
    for row, value in zip(changed.exponents.tolist(), changed.values.tolist(), strict=True):
        assert value == pytest.approx(float(exact[tuple(row)]), rel=1e-15)


def test_a_change_that_mixes_variables_of_very_different_sizes_is_rounded_once(rng) -> None:
    units = np.array([2.0**-30, 1.0, 2.0**31])
    rows = monomial_basis(3, 3)
    values = rng.standard_normal((2, len(rows))) / np.prod(units**rows, axis=1)
    shift, fine = units * rng.standard_normal(3), units * 1e-17 * rng.standard_normal(3)
    matrix = units[:, None] * rng.standard_normal((3, 3)) * 1e-2
    given = [Polynomial.from_terms(rows, row, ("x", "y", "z")) for row in values]
    for polynomial, row in zip(change_polynomials(given, shift, matrix, fine), values, strict=True):
        exact = changed_exactly(rows, row, shift, fine, matrix)
        found = dict(zip(map(tuple, polynomial.exponents.tolist()), polynomial.values.tolist(), strict=True))
        assert found.keys() == exact.keys()
        assert all(abs(Fraction(found[key]) - exact[key]) <= abs(exact[key]) * Fraction(1, 2**52) for key in exact)
