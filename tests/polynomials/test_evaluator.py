"""An evaluator returns what the polynomials and their derivatives are at a point."""

from __future__ import annotations

import numpy as np
import pytest

from momentsos.polynomials import Polynomial, monomial_basis
from momentsos.polynomials.evaluator import Evaluator


@pytest.fixture
def polynomials(rng) -> tuple[Polynomial, ...]:
    rows = monomial_basis(3, 4)
    names = ("x", "y", "z")
    chosen = [rng.choice(len(rows), 8, replace=False) for _ in range(4)]
    return tuple(Polynomial.from_terms(rows[c], rng.standard_normal(8), names) for c in chosen)


@pytest.mark.parametrize("place", [(0.7, -1.3, 0.4), (0.0, 2.0, -1.0), (0.0, 0.0, 0.0)])
def test_values_gradients_and_hessians_are_those_of_the_polynomials(rng, polynomials, place) -> None:
    evaluator, point, weights = Evaluator(polynomials), np.array(place), rng.standard_normal(4)
    gradients = [p.gradient() for p in polynomials]
    hessian = sum(
        w * np.array([[h(point) for h in g.gradient()] for g in own]) for w, own in zip(weights, gradients, strict=True)
    )
    assert np.allclose(evaluator.values(point), [p(point) for p in polynomials], rtol=1e-13, atol=1e-13)
    assert np.allclose(
        evaluator.jacobian(point), [[g(point) for g in own] for own in gradients], rtol=1e-13, atol=1e-13
    )
    assert np.allclose(evaluator.hessian(point, weights), hessian, rtol=1e-12, atol=1e-12)


def test_the_point_that_was_asked_for_last_is_not_mistaken_for_another(polynomials) -> None:
    evaluator, one, two = Evaluator(polynomials), np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, -3.0])
    first = evaluator.values(one).copy()
    evaluator.jacobian(two)
    assert np.array_equal(evaluator.values(one), first)
    assert not np.array_equal(evaluator.values(two), first)
