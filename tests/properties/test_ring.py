"""Polynomials against a slow reference in rationals: ring laws, derivatives, substitution, variables."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import momentsos as ms

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.campaign.rational import Poly

NAMES = ("x", "y", "z")
#: Floats of few bits, so that sums and products of a few do not round, and fractions that are no floats.
dyadic = st.integers(-64, 64).map(lambda k: k / 8)
fractions = st.fractions(-5, 5, max_denominator=30)
powers = st.tuples(*[st.integers(0, 3)] * 3)


def terms(coefficients):
    return st.dictionaries(powers, coefficients, max_size=5)


def built(listed) -> ms.Polynomial:
    rows = np.array(list(listed), dtype=np.int64).reshape(len(listed), 3)
    return ms.Polynomial.from_terms(rows, list(listed.values()), NAMES)


def slow(listed) -> Poly:
    return Poly(3, {power: Fraction(value) for power, value in listed.items()})


def equal(polynomial: ms.Polynomial, reference: Poly) -> bool:
    whole = polynomial.over(NAMES)
    rows = zip(whole.exponents.tolist(), whole.coefficients.tolist(), strict=True)
    return {tuple(row): Fraction(value) for row, value in rows if value} == reference.terms


either = st.one_of(terms(dyadic), terms(fractions))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(either, either, either)
def test_sums_products_and_powers_are_those_of_rationals(a, b, c) -> None:
    p, q, r = map(built, (a, b, c))
    s, t, u = map(slow, (a, b, c))
    assert equal(p + q - r, s + t - u)
    assert equal(p * q, s * t)
    assert equal(p**3, s**3)
    assert equal(p * (q + r) - p * q - p * r, s * 0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(either, either)
def test_equal_polynomials_are_equal_and_hash_alike_whatever_their_variables(a, b) -> None:
    p, q = built(a), built(b)
    assert (p == q) == (slow(a) == slow(b))
    turned = p.over(("z", "x", "y", "w"))
    assert turned == p and hash(turned) == hash(p)
    assert (p + q) == (q + p) and hash(p + q) == hash(q + p)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(either)
def test_derivatives_are_those_of_rationals(a) -> None:
    for i, name in enumerate(NAMES):
        assert equal(built(a).derivative(name), slow(a).derivative(i))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(either, either, terms(dyadic), fractions)
def test_substitution_is_composition(a, b, c, value) -> None:
    images = [slow(b), slow(c), Poly(3, {(0, 0, 0): value})]
    replaced = built(a).substitute({"x": built(b), "y": built(c), "z": value})
    exact = built({power: Fraction(v) for power, v in a.items()})
    assert equal(exact.substitute({"x": built(b), "y": built(c), "z": value}), slow(a).at(images))
    assert replaced == exact.substitute({"x": built(b), "y": built(c), "z": value})


@settings(max_examples=60, deadline=None, derandomize=True)
@given(terms(dyadic), st.tuples(*[st.integers(-4, 4)] * 3))
def test_values_at_whole_points_are_exact(a, point) -> None:
    assert Fraction(built(a)(np.array(point, dtype=float))) == slow(a)(tuple(map(Fraction, point)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(either, either, either)
def test_a_problem_comes_back_from_json(a, b, c) -> None:
    problem = ms.Problem(built(a), [built(b)], [built(c)], variables=NAMES)
    again = ms.Problem.from_json(problem.as_dict())
    assert again.minimize == problem.minimize and again.variables == problem.variables
    assert again.inequalities == problem.inequalities and again.equalities == problem.equalities
