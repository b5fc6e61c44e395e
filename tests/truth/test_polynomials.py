"""Polynomials without constraints on which bounds were once false: two as they were found, ten more of each kind.

Those that are made here have few binary digits, so that their minimum is known exactly.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from pathlib import Path

import numpy as np
import pytest

import momentsos as ms

from .test_table import claims_hold

HERE = Path(__file__).parent
SEEDS = range(10)
#: Seconds that one solve may take: what is claimed then is true all the same.
LIMIT = 2.0


def values_are_those_of_the_points(result: ms.Result) -> None:
    assert len(result.minimizers)
    value = float(result.problem.minimize(result.minimizers[0]))
    assert result.upper_bound == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.slow
def test_the_upper_bound_of_a_convex_quartic_in_eleven_variables() -> None:
    """A fit with a constraint on its shape; its upper bound was once 11 % below the minimum."""
    result = ms.solve(ms.Problem.from_json(HERE / "convex_quartic.json"), time_limit=20)
    values_are_those_of_the_points(result)
    assert result.upper_bound >= 0.3609 - 1e-6
    assert result.lower_bound is None or not result.region.everything or result.lower_bound <= 0.3609 + 1e-6
    if result.status in (ms.Status.CERTIFIED, ms.Status.CERTIFIED_WITHIN):
        assert 0.0 <= result.relative_gap <= result.tol and result.upper_bound <= 0.3609 + 1e-6


@pytest.mark.slow
def test_the_gap_of_a_sum_of_squares_whose_coefficients_were_rounded() -> None:
    """The squares of a fit's residuals, 0.019 at the best fit; a gap of 2.6e-3 was once called closed.

    What rounding left of the highest terms, some 1e-17, falls without end from about 1e20 on: over everything there is
    no lower bound.
    """
    problem = ms.Problem.from_json(HERE / "least_squares.json")
    t = Fraction(2) ** 72
    far = dict(zip(problem.variables, (t, 1, t, -1, -1, -1, -1), strict=True))
    terms = zip(problem.minimize.exponents.tolist(), problem.minimize.values.tolist(), strict=True)
    assert sum(Fraction(c) * prod(x**k for x, k in zip(far.values(), row, strict=True)) for row, c in terms) < -(
        10**100
    )
    result = ms.solve(problem, time_limit=20)
    assert result.lower_bound is None or not result.region.everything
    assert result.status in (ms.Status.UNBOUNDED, ms.Status.CERTIFIED_WITHIN, ms.Status.BOUNDED, ms.Status.STOPPED)
    if result.status is not ms.Status.UNBOUNDED:
        assert result.upper_bound >= 0.018
    if result.status is ms.Status.CERTIFIED_WITHIN:
        assert 0.0 <= result.relative_gap <= result.tol and result.upper_bound == pytest.approx(0.019, abs=1e-3)


def quarters(draw: np.random.Generator, *shape: int) -> np.ndarray:
    return draw.integers(-8, 9, shape) / 4


@pytest.mark.parametrize("seed", SEEDS)
def test_convex_quartics_in_many_variables(seed: int) -> None:
    draw = np.random.default_rng(400 + seed)
    z = ms.variables([f"z{i}" for i in range(int(draw.integers(5, 10)))])
    away = [z_i - float(c) for z_i, c in zip(z, quarters(draw, len(z)), strict=True)]
    minimum = float(quarters(draw, 1)[0])
    objective = minimum + sum(a**4 for a in away[::2]) + sum(a**2 for a in away)
    for row in quarters(draw, 4, len(z)):
        objective = objective + sum(float(c) * a for c, a in zip(row, away, strict=True)) ** 2
    result = ms.solve(ms.Problem(objective), time_limit=LIMIT)
    claims_hold(result, minimum)
    values_are_those_of_the_points(result)


@pytest.mark.parametrize("seed", SEEDS)
def test_least_squares_with_a_small_minimum_beside_large_coefficients(seed: int) -> None:
    draw = np.random.default_rng(500 + seed)
    z = ms.variables([f"z{i}" for i in range(int(draw.integers(2, 5)))])
    at = quarters(draw, len(z))
    objective = ms.Polynomial.constant(0.01953125, tuple(f"z{i}" for i in range(len(z))))
    for row in quarters(draw, 6, 3, len(z)):
        forms = [sum(float(c) * z_i for c, z_i in zip(part, z, strict=True)) for part in row]
        model = forms[0] * forms[1] + 8 * forms[2]
        objective = objective + (model - float(model(at))) ** 2
    result = ms.solve(ms.Problem(objective), time_limit=LIMIT)
    claims_hold(result, 0.01953125)
    values_are_those_of_the_points(result)
