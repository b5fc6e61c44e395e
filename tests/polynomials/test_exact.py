"""Exact coefficients stay exact through everything that can be exact, and are rounded once for floats."""

from __future__ import annotations

import json
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy

import momentsos as ms
from momentsos.conditioning.affine import change_affinely
from momentsos.polynomials import Polynomial, from_sympy, to_sympy
from momentsos.polynomials.affine import change_polynomials

A = 10**7
ROOTS = [Fraction(A), Fraction(A) - Fraction(1, 10)]


def far_quadratic() -> Polynomial:
    """The quadratic with the two roots."""
    (x,) = ms.variables("x")
    return x**2 - (2 * A - Fraction(1, 10)) * x + (Fraction(A) ** 2 - Fraction(A, 10))


def exact_value(p: Polynomial, point: Fraction) -> Fraction:
    return sum((c * point ** int(row[0]) for row, c in zip(p.exponents, p.exact, strict=True)), Fraction(0))


def test_a_polynomial_far_out_keeps_its_coefficients() -> None:
    (x,) = ms.variables("x")
    f = far_quadratic()
    assert f == (x - ROOTS[0]) * (x - ROOTS[1])
    assert f.exact == (Fraction(A) ** 2 - Fraction(A, 10), Fraction(1, 10) - 2 * A, Fraction(1))
    assert [exact_value(f, root) for root in ROOTS] == [0, 0]
    assert ms.Problem(f).minimize.exact == f.exact


@pytest.mark.parametrize(
    "operation",
    [
        lambda f, x: f + f - f,
        lambda f, x: 0 - (0 - f),
        lambda f, x: (f * x + f) - x * f,
        lambda f, x: f * Fraction(1, 3) * 3,
        lambda f, x: f / 7 * 7,
        lambda f, x: (f**2).derivative("x") - 2 * f * f.derivative("x") + f,
        lambda f, x: f.substitute({"x": x + Fraction(1, 3)}).substitute({"x": x - Fraction(1, 3)}),
        lambda f, x: f.over(("y", "x")).over(("x",)),
        lambda f, x: pickle.loads(pickle.dumps(f)),
        lambda f, x: ms.Problem.from_json(json.loads(json.dumps(ms.Problem(f).as_dict()))).minimize,
        lambda f, x: from_sympy(to_sympy(f)),
        lambda f, x: ms.Problem.from_sympy(*ms.Problem(f).to_sympy()).minimize,
    ],
)
def test_what_can_be_exact_is_exact(operation) -> None:
    (x,) = ms.variables("x")
    found = operation(far_quadratic(), x)
    assert found.exact == far_quadratic().exact


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (Fraction(1, 3), Fraction(1, 3)),
        (2**53 + 1, 2**53 + 1),
        (-(2**53) - 1, -(2**53) - 1),
        (10**400, 10**400),
        (np.int64(2**53 + 1), 2**53 + 1),
        (sympy.Rational(1, 3), Fraction(1, 3)),
        (sympy.Integer(2**53 + 1), 2**53 + 1),
        (0.1, Fraction(0.1)),
        (3, 3),
    ],
)
def test_every_kind_of_number_is_taken_as_what_it_is(value, exact) -> None:
    (x,) = ms.variables("x")
    for p in (value * x, x * value, Polynomial.from_terms([[1]], [value], ["x"])):
        assert p.exact == (exact,)
    assert (x + value).coefficient((0,)) == ms.Problem(x, [value]).inequalities[0].coefficient((0,)) == exact


def test_arrays_of_integers_and_decimals_are_taken_as_what_they_are() -> None:
    rows = [[0], [1]]
    assert Polynomial.from_terms(rows, np.array([2**53 + 1, 1]), ["x"]).exact == (2**53 + 1, 1)
    assert Polynomial.from_terms(rows, np.array([2**64 - 1, 1], dtype=np.uint64), ["x"]).exact == (2**64 - 1, 1)
    assert Polynomial.from_terms(rows, np.array([-(2**63), 1]), ["x"]).exact == (-(2**63), 1)
    assert Polynomial.from_terms(rows, [Decimal("0.1"), 0.5], ["x"]).exact == (Fraction(1, 10), Fraction(1, 2))


def test_what_is_no_exact_number_stays_a_float() -> None:
    (x,) = ms.variables("x")
    for p in (0.1 * x, 3 * x, x / 3, np.int64(2**53) * x, sympy.Integer(5) * x, True * x):
        assert p.coefficients.dtype == np.float64 and not p.is_exact
        assert p.values is p.coefficients
        assert not p.fine.any()


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity"), "1", None, 1j])
def test_what_is_no_finite_real_number_is_refused_beside_a_fraction_too(wrong) -> None:
    with pytest.raises(ms.InvalidInput, match="coefficients"):
        Polynomial.from_terms([[0], [1]], [Fraction(1, 3), wrong if wrong != "1" else "one"], ["x"])
    with pytest.raises(ms.InvalidInput, match="real"):
        Polynomial.from_terms([[0]], np.array([1j]), ["x"])


def test_values_are_rounded_once_and_fine_is_the_rest() -> None:
    (x,) = ms.variables("x")
    p = Fraction(1, 3) * x + Fraction(2, 3) * x + 10**30 + 1 - Fraction(1, 7)
    assert p.coefficient((1,)) == 1
    assert p.values.tolist() == [float(c) for c in p.exact]
    for value, rest, exact in zip(p.values.tolist(), p.fine.tolist(), p.exact, strict=True):
        assert abs(Fraction(value) + Fraction(rest) - exact) <= abs(exact) * Fraction(1, 2**105)
    assert (10**400 * x - 10**400).values.tolist() == [-np.inf, np.inf]


def test_sympy_keeps_rationals_beside_floats_and_large_floats_as_floats() -> None:
    u, v = sympy.symbols("u v")
    mixed = from_sympy(sympy.Rational(1, 3) * u + 0.1 * v + sympy.Integer(2) ** 60 + 1)
    assert [mixed.coefficient(row) for row in ((1, 0), (0, 1), (0, 0))] == [Fraction(1, 3), Fraction(0.1), 2**60 + 1]
    (x,) = ms.variables("x")
    assert not from_sympy(to_sympy(1e300 * x)).is_exact
    assert from_sympy(u / 3 + sympy.sqrt(2)).coefficient((1,)) == Fraction(1, 3)


def test_json_keeps_fractions_as_strings_and_refuses_endless_ones() -> None:
    (x,) = ms.variables("x")
    written = ms.Problem(far_quadratic()).as_dict()["minimize"]
    assert written == [["99999999000000", [0]], ["-199999999/10", [1]], ["1", [2]]]
    assert ms.Problem.from_json({"variables": ["x"], "minimize": [[2**53 + 1, [1]]]}).minimize.exact == (2**53 + 1,)
    assert ms.Problem.from_json({"variables": ["x"], "minimize": [["0.1", [1]]]}).minimize.exact == (Fraction(1, 10),)
    longest = ms.Problem(x * Fraction(2**6499 - 1, 2**6499))
    assert ms.Problem.from_json(longest.as_dict()).minimize.exact == longest.minimize.exact
    with pytest.raises(ms.InvalidInput, match="4000 digits"):
        ms.Problem(x * Fraction(1, 10**5000)).as_dict()


def test_long_fractions_are_shown_short() -> None:
    (x,) = ms.variables("x")
    assert str(x * Fraction(1, 3)) == "1/3*x"
    assert str(x * Fraction(1, 10**5000)) == "1e-5000*x"
    assert len(repr(x * Fraction(3**3000, 2**3000))) < 40


def test_a_shift_begins_with_the_exact_coefficients() -> None:
    f = far_quadratic()
    middle = np.array([A - 0.05])
    (shifted,) = change_polynomials([f], middle, np.eye(1))
    rest = Fraction(A) - Fraction(1, 20) - Fraction(middle[0])
    lost = 2.0**-100 * A**2  # thirty digits of the largest number
    for value, exact in zip(shifted.values.tolist(), [rest**2 - Fraction(1, 400), -2 * rest, Fraction(1)], strict=True):
        assert abs(Fraction(value) - exact) <= lost
    change = change_affinely(ms.Problem(f), middle, np.eye(1))
    assert change.problem.minimize.values == pytest.approx(change.exact().minimize.values, rel=0, abs=lost)


def test_exact_and_rounded_polynomials_shift_together(rng) -> None:
    x, y = ms.variables("x y")
    some = [Fraction(1, 3) * x**2 - y, 0.1 * x * y, x + Fraction(1, 7) * y**3]
    shift, matrix = rng.standard_normal(2), rng.standard_normal((2, 2))
    together = change_polynomials(some, shift, matrix)
    t = {"x": x, "y": y}
    forms = {
        name: Fraction(a) + sum((Fraction(m) * t[other] for m, other in zip(row, "xy", strict=True)), 0 * x)
        for name, a, row in zip("xy", shift.tolist(), matrix.tolist(), strict=True)
    }
    for found, p in zip(together, some, strict=True):
        exact = (p * Fraction(1)).substitute(forms)
        for row, value in zip(exact.exponents.tolist(), exact.exact, strict=True):
            assert abs(Fraction(float(found.coefficient(row))) - value) <= abs(value) * Fraction(1, 2**52)


def test_the_minimum_far_out_is_the_one_of_the_exact_coefficients() -> None:
    result = ms.solve(ms.Problem(far_quadratic()))
    assert result.lower_bound <= -0.0025 + 1e-12
    assert result.lower_bound == pytest.approx(-0.0025, abs=1e-8)
