"""Feasible points: rational and exact where there is one near, enclosed where there is none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from catalogue import CASES

import momentsos as ms
from momentsos.certificates.enclosure import enclosed_point
from momentsos.certificates.frame import exact_terms
from momentsos.certificates.points import feasible_point


def value(polynomial: ms.Polynomial, point: tuple[Fraction, ...]) -> Fraction:
    total = Fraction(0)
    for row, coefficient in exact_terms(polynomial).items():
        for x, power in zip(point, row, strict=True):
            coefficient *= x**power
        total += coefficient
    return total


@pytest.mark.parametrize("case", [c for c in CASES if c.minimizers], ids=lambda c: c.name)
def test_points_of_the_catalogue_are_exactly_feasible_and_near(case) -> None:
    problem = case.problem()
    given = np.array(case.minimizers)
    point = feasible_point(problem, given)
    if point is None:
        assert case.name in {"circle_in_space", "hock_schittkowski_40", "polynomial_system"}
        found = enclosed_point(problem, given)
        assert found is not None
        assert np.abs(given - np.array([float(x) for x in found.center])).max(axis=1).min() <= 1e-9
        assert max(sum(map(abs, row)) for row in found.directions) <= Fraction(1, 10**15)
        return
    assert all(value(g, point) >= 0 for g in problem.inequalities)
    assert all(value(h, point) == 0 for h in problem.equalities)
    moved = np.abs(given - np.array([float(x) for x in point])).max(axis=1).min()
    assert moved <= 2e-5 * max(1.0, np.abs(given).max())


def test_simple_coordinates_are_preferred() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(minimize=x + y, inequalities=[x - 1, y - x])
    assert feasible_point(problem, np.array([[1 + 1e-12, 1 - 1e-12]])) == (1, 1)


def test_coupled_affine_equalities_are_eliminated() -> None:
    x, y, z = ms.variables("x y z")
    problem = ms.Problem(minimize=x, equalities=[x + y + z - 1, x - y + 3 * z, z * (x + y) - z + z**2])
    point = feasible_point(problem, np.array([[0.3333, 0.8333, -0.16667]]))
    assert point is not None and all(value(h, point) == 0 for h in problem.equalities)


def test_an_empty_set_of_points_has_none() -> None:
    (x,) = ms.variables("x")
    assert feasible_point(ms.Problem(minimize=x), np.zeros((0, 1))) is None


def test_a_feasible_point_is_enclosed_where_inequalities_are_active() -> None:
    """On x³ + y³ = 3 with x ≥ 1: at x = 1 is y³ = 2; the box lies a little inside."""
    x, y = ms.variables("x y")
    problem = ms.Problem(minimize=x, inequalities=[x - 1, 3 - y], equalities=[x**3 + y**3 - 3])
    given = np.array([[1.0, 2 ** (1 / 3)]])
    assert feasible_point(problem, given) is None
    found = enclosed_point(problem, given)
    assert found is not None
    assert all(low >= 1 for low in [found.center[0] - sum(map(abs, found.directions[0]))])
    assert float(found.center[0]) <= 1 + 1e-4


def test_nothing_is_enclosed_at_a_point_that_is_not_regular_or_not_near_the_equalities() -> None:
    x, y = ms.variables("x y")
    square = ms.Problem(minimize=x, equalities=[(x**3 + y**3 - 3) ** 2])
    assert enclosed_point(square, np.array([[1.0, 2 ** (1 / 3)]])) is None
    cubic = ms.Problem(minimize=x, equalities=[x**3 + y**3 - 3])
    assert enclosed_point(cubic, np.array([[1.0, 0.5]])) is None
    outside = ms.Problem(minimize=x, inequalities=[1 - x - y], equalities=[x**3 + y**3 - 3])
    assert enclosed_point(outside, np.array([[1.0, 2 ** (1 / 3)]])) is None
    twice = ms.Problem(minimize=x, equalities=[x**3 + y**3 - 3, 2 * (x**3 + y**3 - 3)])
    assert enclosed_point(twice, np.array([[1.0, 2 ** (1 / 3)]])) is None
