"""Polynomials in complex variables and their conjugates: the ring, conjugation, what is real-valued."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.hermitian.parts import parts
from momentsos.polynomials.conjugates import ComplexPolynomial

z, w = ms.complex_variables("z w")
x, y = ms.variables("x y")


def some(rng: np.random.Generator, degree: int = 3, terms: int = 5) -> ComplexPolynomial:
    """Return a random polynomial in z, w, their conjugates and x."""
    p = ComplexPolynomial.of(0.0)
    for _ in range(terms):
        factors = [[z, w, z.conj(), w.conj(), x][i] for i in rng.integers(0, 5, rng.integers(0, degree + 1))]
        number = complex(*rng.standard_normal(2))
        for factor in factors:
            number = factor * number
        p = p + number
    return p


def at(p: ComplexPolynomial, values: dict[str, complex]) -> complex:
    return p([values[name] for name in p.variables])


@pytest.mark.parametrize("seed", range(8))
def test_operations_are_those_of_complex_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, q = some(rng), some(rng)
    values = {"z": complex(*rng.standard_normal(2)), "w": complex(*rng.standard_normal(2)), "x": rng.standard_normal()}
    a, b = at(p, values), at(q, values)
    for found, expected in (
        (p + q, a + b),
        (p - 2j, a - 2j),
        (2.5 - p, 2.5 - a),
        (p * q, a * b),
        (p**3, a**3),
        (p / (1 + 2j), a / (1 + 2j)),
        (p.conj(), a.conjugate()),
        (ms.real(p), a.real),
        (ms.imag(p), a.imag),
        (ms.abs2(p), abs(a) ** 2),
        (ms.conj(x * p), values["x"] * a.conjugate()),
    ):
        assert np.isclose(at(found, values), expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("seed", range(8))
def test_parts_are_the_real_and_imaginary_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = some(rng, degree=5, terms=8)
    u = rng.standard_normal(5)
    re, im = parts(p, ("z_re", "z_im", "w_re", "w_im", "x"))
    value = at(p, {"z": complex(*u[:2]), "w": complex(*u[2:4]), "x": u[4]})
    assert np.isclose(re(u), value.real, rtol=1e-11) and np.isclose(im(u), value.imag, rtol=1e-11)
    real_z, _ = parts(p, ("z_re", "w_re", "w_im", "x"), frozenset({"z"}))
    value = at(p, {"z": u[0], "w": complex(*u[2:4]), "x": u[4]})
    assert np.isclose(real_z([u[0], *u[2:]]), value.real, rtol=1e-11)


def test_fractions_stay_exact_through_conjugation_and_parts() -> None:
    third = Fraction(1, 3)
    p = ms.abs2(z * third + 1j * w * third)
    re, im = parts(p, ("z_re", "z_im", "w_re", "w_im"))
    assert not im and set(re.exact) == {Fraction(1, 9), Fraction(2, 9), Fraction(-2, 9)}
    assert ms.conj(p) == p


def test_parts_of_floats_are_exact_where_they_have_to_be_fractions() -> None:
    re, _ = parts(ms.real(z**3 * 0.1), ("z_re", "z_im"))
    assert re.coefficient([1, 2]) == -3 * Fraction(0.1) != -0.30000000000000004
    re, _ = parts(ms.real(z**3 * 0.25), ("z_re", "z_im"))
    assert not re.is_exact


def test_conjugates_of_real_variables_and_numbers_are_their_own() -> None:
    assert ms.conj(x) is x and ms.conj(2.0) == 2.0 and ms.conj(1 + 2j) == ComplexPolynomial.of(1 - 2j)
    assert 1j * x - 2j == 1j * (x - 2) and 2j - x == -(x - 2j) and x + 1j == 1j + x
    assert ms.conj(x * z) == x * z.conj() and ms.real(x) == x and not ms.imag(x)


def test_text_equality_copies() -> None:
    p = 1j * z - 2 + (1 + 2j) * z * w.conj()
    assert str(p) == "-2 + i*z + (1+2i)*z*conj(w)"
    assert p == pickle.loads(pickle.dumps(p)) == copy.deepcopy(p) and hash(p) == hash(copy.deepcopy(p))
    assert str(ComplexPolynomial.of(0)) == "0" and str(ComplexPolynomial.of(2j)) == "2i"
    assert p != z and z != "z" and not (z == 1)


def test_numbers_of_numpy_stand_on_either_side() -> None:
    assert np.complex128(2j) * z == z * 2j and np.float64(3) + z == z + 3 and z - np.int64(1) == z - 1


WRONG = {
    "text": lambda: z + "w",
    "a truth value": lambda: z * True,
    "division by a polynomial": lambda: 1 / z,
}


@pytest.mark.parametrize("name", WRONG)
def test_what_polynomials_do_not_know_is_left_to_python(name: str) -> None:
    with pytest.raises(TypeError):
        WRONG[name]()


REFUSED = {
    "conj of text": (lambda: ms.conj("z"), "got 'z'"),
    "not finite": (lambda: z * complex(0, np.inf), "finite"),
    "a strict comparison": (lambda: z < 1, "<= or >="),
    "a negative power": (lambda: z**-1, "nonnegative integer"),
    "division by zero": (lambda: z / 0, "by zero"),
    "names that clash": (lambda: z + ms.variables("z")[0], "z: the name of a real and of a complex variable"),
    "names that clash in products": (lambda: ms.variables("w")[0] * (z + w), "w: the name"),
    "a constraint as a truth value": (lambda: bool(ms.abs2(z) <= 1), "neither true nor false"),
    "a shape": (lambda: z([1.0]), "expected (points, 2)"),
    "names twice": (lambda: ms.complex_variables("z z"), "distinct"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_in_one_line(name: str) -> None:
    call, words = REFUSED[name]
    with pytest.raises(ms.InvalidInput) as caught:
        call()
    assert words in str(caught.value) and "\n" not in str(caught.value)
