"""Random programs whose answer is known by construction: none is decided the wrong way."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.polynomials import Polynomial, monomial_basis

NAMES = ("a", "b")
A, B = ms.variables(*NAMES)


def random_polynomial(rng: np.random.Generator, degree: int) -> Polynomial:
    rows = monomial_basis(len(NAMES), degree)
    keep = rng.random(len(rows)) < 0.6
    keep[0] = True
    return Polynomial.from_terms(rows[keep], rng.integers(-3, 4, keep.sum()).astype(float), NAMES)


def random_squares(rng: np.random.Generator, degree: int) -> Polynomial:
    forms = [random_polynomial(rng, degree) for _ in range(2)]
    return forms[0] * forms[0] + forms[1] * forms[1]


@pytest.mark.parametrize("seed", range(25))
def test_a_program_with_a_solution_is_not_refuted_and_its_bounds_respect_it(seed):
    rng = np.random.default_rng(seed)
    v, t = ms.unknown("V", (A, B), degree=2), ms.unknown("t")
    numbers = {each: Fraction(int(rng.integers(-2, 3))) for each in (*v.coefficients, *t.coefficients)}
    constraints = []
    for expression in (v, v.diff(A) + t, t * random_polynomial(rng, 2) - v)[: int(rng.integers(1, 4))]:
        on = [random_polynomial(rng, 2) for _ in range(int(rng.integers(0, 2)))]
        equalities = [random_polynomial(rng, 1)] if rng.random() < 0.4 else []
        target = random_squares(rng, 1)
        for g in on:
            target = target + g * float(rng.integers(0, 3))
        for h in equalities:
            target = target + h * float(rng.integers(-2, 3))
        constraints.append(ms.sos(expression - expression.at(numbers) + target, on=on, equalities=equalities, degree=4))
    constraints.append(ms.sos(t - numbers[t.coefficients[0]] + 1))
    program = ms.SOSProgram(constraints, minimize=t) if seed % 2 else ms.SOSProgram(constraints)
    result = program.solve()
    assert result.status in (ms.Status.CERTIFIED, ms.Status.BOUNDED), str(result)
    assert result.certify().verify(program).holds
    assert result.lower_bound <= numbers[t.coefficients[0]]


@pytest.mark.parametrize("seed", range(25))
def test_a_program_that_fails_at_a_point_is_refuted(seed):
    rng = np.random.default_rng(1000 + seed)
    at = rng.integers(-2, 3, 2).astype(float)
    p = random_squares(rng, int(rng.integers(1, 3)))
    p = p - p(at) - float(rng.choice([1.0, 0.1, 0.01]))  # negative at the point, where the unknown part vanishes
    on = []
    for _ in range(int(rng.integers(0, 3))):
        g = random_polynomial(rng, 2)
        on.append(g - g(at) + float(rng.integers(0, 3)))
    program = ms.SOSProgram([ms.sos(p + ms.unknown("V", (A, B), degree=1) * (A - at[0]), on=on)])
    result = program.solve()
    assert result.status is ms.Status.INFEASIBLE, str(result)
    assert result.certify().verify(program).holds
