"""Polynomials are a ring, agree with sympy, and stay exact where the user was."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import momentsos as ms
from momentsos.polynomials import ExponentIndex, Polynomial, basis_size, from_sympy, monomial_basis, to_sympy
from momentsos.polynomials.exponents import unique_rows
from momentsos.polynomials.products import _by_chunks, _by_table

NAMES = ("x", "y", "z")
integers = st.integers(-5, 5)
terms = st.lists(st.tuples(st.tuples(*[st.integers(0, 4)] * 3), integers), max_size=6)


def build(listed: list[tuple[tuple[int, ...], int]]) -> Polynomial:
    rows = np.array([row for row, _ in listed], dtype=np.int64).reshape(len(listed), 3)
    return Polynomial.from_terms(rows, [float(c) for _, c in listed], NAMES)


@settings(max_examples=60, deadline=None)
@given(terms, terms, terms)
def test_ring_laws_hold_exactly_on_small_integers(a, b, c) -> None:
    p, q, r = build(a), build(b), build(c)
    assert p * (q + r) == p * q + p * r
    assert p * q == q * p
    assert (p - q) + q == p
    assert p * 1 == p and p * 0 == 0 and p**2 == p * p


@settings(max_examples=40, deadline=None)
@given(terms, terms)
def test_products_and_derivatives_agree_with_sympy(a, b) -> None:
    p, q = build(a), build(b)
    x = sympy.Symbol("x")
    assert sympy.expand(to_sympy(p * q) - to_sympy(p) * to_sympy(q)) == 0
    assert sympy.expand(to_sympy(p.derivative("x")) - sympy.diff(to_sympy(p), x)) == 0
    assert from_sympy(to_sympy(p), NAMES) == p


@settings(max_examples=30, deadline=None)
@given(terms, terms, st.tuples(integers, integers, integers))
def test_substitution_is_composition(a, b, point) -> None:
    p, q = build(a), build(b)
    composed = p.substitute({"x": q})
    at = np.array(point, dtype=float)
    assert composed(at) == pytest.approx(p(np.array([q(at), at[1], at[2]])), rel=1e-9, abs=1e-6)


def test_evaluation_on_many_points_is_evaluation_on_each(rng) -> None:
    p = Polynomial.from_terms(monomial_basis(3, 4), rng.standard_normal(basis_size(3, 4)), NAMES)
    points = rng.standard_normal((50, 3))
    assert np.allclose(p(points), [p(point) for point in points])


def test_two_ways_of_multiplying_agree(rng) -> None:
    left, right = rng.integers(0, 6, (40, 4)), rng.integers(0, 6, (30, 4))
    names = [f"v{i}" for i in range(4)]
    p = Polynomial.from_terms(left, rng.integers(-9, 9, 40), names)
    q = Polynomial.from_terms(right, rng.integers(-9, 9, 30), names)
    arguments = (p.exponents, p.values, q.exponents, q.values)
    top = p.exponents.max(axis=0) + q.exponents.max(axis=0) + 1
    one = Polynomial.from_terms(*_by_table(*arguments, top, int(np.prod(top))), names)
    other = Polynomial.from_terms(*_by_chunks(*arguments), names)
    assert one == other == p * q


def test_exponents_too_large_to_pack_are_sorted_row_by_row(rng) -> None:
    names = [f"v{i}" for i in range(12)]
    rows = rng.integers(0, 200, (20, 12))
    p = Polynomial.from_terms(rows, np.ones(20), names)
    assert (unique_rows(p.exponents)[1] == np.arange(20)).all()
    assert (p * p)(np.full(12, 1.0)) == 400.0
    index = ExponentIndex.of(rows)
    assert (index.rows[index.find(rows)] == rows).all()
    assert index.find(rows + 1).max() == -1


@pytest.mark.slow
def test_a_product_of_two_polynomials_of_ten_thousand_terms(rng) -> None:
    basis = monomial_basis(8, 8)[:10_000]
    p = Polynomial.from_terms(basis, rng.standard_normal(10_000), [f"v{i}" for i in range(8)])
    square = p * p
    point = rng.uniform(-1, 1, 8)
    assert square(point) == pytest.approx(p(point) ** 2, rel=1e-9)


def test_fractions_stay_exact_and_floats_become_the_binary_fractions_that_they_are() -> None:
    x, y = ms.variables("x y")
    p = Fraction(1, 3) * x + 0.1 * y
    assert p.is_exact
    assert p.coefficient((1, 0)) == Fraction(1, 3)
    assert p.coefficient((0, 1)) == Fraction(0.1) != Fraction(1, 10)
    assert (p * 3).coefficient((1, 0)) == 1
    assert from_sympy(sympy.Rational(1, 3) * sympy.Symbol("x")).coefficient((1,)) == Fraction(1, 3)


@pytest.mark.parametrize(
    ("number", "exact"),
    [
        (sympy.Rational(1, 3), Fraction(1, 3)),
        (np.int64(2**53 + 1), Fraction(2**53 + 1)),
        (np.int64(-(2**63)), Fraction(-(2**63))),
        (np.uint64(2**64 - 1), Fraction(2**64 - 1)),
        (np.int64(3), 3.0),
        (np.float32(0.1), float(np.float32(0.1))),
    ],
    ids=str,
)
def test_numbers_with_more_digits_than_floats_keep_them(number, exact) -> None:
    (x,) = ms.variables("x")
    assert (x * number).coefficients.tolist() == [exact]
    assert Polynomial.from_terms([[1], [0]], [number, 1.0], ["x"]).coefficient((1,)) == exact
    assert ms.Problem(number, variables=("x",)).minimize.coefficients.tolist() == [exact]


def test_arrays_of_long_integers_and_long_floats_of_sympy_keep_their_digits() -> None:
    listed = Polynomial.from_terms([[0], [1]], np.array([1, 2**53 + 1]), ["x"])
    assert listed.coefficients.tolist() == [1, 2**53 + 1]
    symbol = sympy.Symbol("x")
    long = from_sympy(sympy.Float("0.1", 40) * symbol).coefficient((1,))
    assert abs(long - Fraction(1, 10)) < Fraction(1, 10**40)
    assert from_sympy(0.1 * symbol).coefficient((1,)) == 0.1


def test_polynomials_in_different_variables_combine_by_name() -> None:
    (x,), (y,) = ms.variables("x"), ms.variables("y")
    assert (x + y).variables == ("x", "y")
    assert x + y == y + x
    assert hash(x + 0 * y) == hash(x)


def test_a_graded_basis_lists_low_degrees_first() -> None:
    assert monomial_basis(2, 2).tolist() == [[0, 0], [1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    assert len(monomial_basis(6, 6)) == basis_size(6, 6) == 924


def test_numpy_scalars_and_arrays_of_coefficients_behave(rng) -> None:
    (x,) = ms.variables("x")
    assert np.float64(2.0) * x == 2 * x == x * np.int64(2)
    assert x - np.uint8(1) == x - 1 and np.uint8(1) - x == 1 - x  # -np.uint8(1) is 255
    with pytest.raises(TypeError):
        x + "1"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ms.variables("x", "x"), "distinct"),
        (lambda: ms.variables("2x"), "identifiers"),
        (lambda: ms.variables("x")[0] ** -1, "nonnegative integer"),
        (lambda: ms.variables("x")[0] / 0, "division"),
        (lambda: ms.variables("x")[0] * float("nan"), "finite"),
        (lambda: ms.variables("x")[0]([1.0, 2.0]), "expected"),
        (lambda: Polynomial.from_terms([[0.5]], [1.0], ["x"]), "nonnegative integers"),
        (lambda: ms.variables("x")[0].substitute({"y": 1.0}), "not among the variables"),
        (lambda: from_sympy("x + 1"), "sympy expression"),
        (lambda: from_sympy(sympy.sin(sympy.Symbol("x"))), "not a polynomial"),
    ],
)
def test_bad_input_is_one_clear_line(call, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words):
        call()
