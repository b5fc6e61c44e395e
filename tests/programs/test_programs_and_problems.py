"""Programs that bound a polynomial agree with the hierarchy, and rise with their degree."""

from __future__ import annotations

import numpy as np
import pytest

import momentsos as ms
from momentsos.polynomials import Polynomial, monomial_basis

T = ms.unknown("t")


def random_objective(rng: np.random.Generator, n: int, degree: int) -> Polynomial:
    rows = monomial_basis(n, degree)
    values = rng.integers(-5, 6, len(rows)) + np.where(rows.sum(axis=1) == degree, 0.5, 0.0)
    return Polynomial.from_terms(rows, values, [f"x{i}" for i in range(n)])


@pytest.mark.parametrize("seed", range(12))
def test_the_bound_of_a_program_is_the_one_of_the_relaxation_of_the_same_degree(seed):
    rng = np.random.default_rng(seed)
    n, degree = int(rng.integers(1, 4)), int(rng.choice([2, 4]))
    f = random_objective(rng, n, degree)
    ball = [1 - sum(x**2 for x in ms.variables(*f.variables))]
    result = ms.SOSProgram([ms.sos(f - T, on=ball)], maximize=T).solve()
    assert result.status is ms.Status.CERTIFIED
    solved = ms.solve(ms.Problem(minimize=f, inequalities=ball), method="dense")
    scale = max(1.0, abs(solved.upper_bound))
    assert result.value <= solved.upper_bound + 1e-9 * scale
    if solved.order == degree // 2:
        assert result.value == pytest.approx(solved.lower_bound, abs=1e-5 * scale)


@pytest.mark.parametrize("seed", range(4))
def test_bounds_rise_with_the_degree_and_stay_below_the_minimum(seed):
    rng = np.random.default_rng(100 + seed)
    f = random_objective(rng, 2, 3)
    x, y = ms.variables("x0 x1")
    on = [1 - x**2, 1 - y**2, x * y + 0.2]
    values = []
    for degree in (4, 6, 8):
        result = ms.SOSProgram([ms.sos(f - T, on=on, degree=degree)], maximize=T).solve()
        assert result.status is ms.Status.CERTIFIED
        values.append(result.value)
    points = rng.uniform(-1, 1, (2000, 2))
    points = points[points.prod(axis=1) >= -0.2]
    assert values[0] <= values[1] + 1e-6 and values[1] <= values[2] + 1e-6
    assert values[2] <= f(points).min() + 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_a_sum_of_random_squares_is_one_and_less_its_minimum_more_is_not(seed):
    rng = np.random.default_rng(200 + seed)
    forms = [random_objective(rng, 2, 2) for _ in range(4)]
    total = sum(form * form for form in forms)
    assert ms.SOSProgram([ms.sos(total)]).solve().status is ms.Status.CERTIFIED
    point = rng.standard_normal(2)
    below = total - (total(point) + 0.1)
    assert ms.SOSProgram([ms.sos(below)]).solve().status is ms.Status.INFEASIBLE
