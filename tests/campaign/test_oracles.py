"""The enumerations behind the planted optima, held against grids and against each other."""

from __future__ import annotations

import sys
from fractions import Fraction
from itertools import product
from pathlib import Path
from random import Random

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.campaign.families.boxes import random_quadratic
from benchmarks.campaign.family import dyadic
from benchmarks.campaign.oracles import (
    least,
    quadratic_on_box,
    quadratic_on_simplex,
    real_roots,
    univariate,
    vertices,
)
from benchmarks.campaign.rational import affine, solve_linear, squared_norm, total, unknowns

DRAW = Random(4)


def test_roots_are_enclosed_and_none_is_missed() -> None:
    (x,) = unknowns(1)
    roots = [Fraction(-3), Fraction(1, 2), Fraction(1, 2), Fraction(2)]
    polynomial = (x**2 + 1) * (x + 3) * (x - Fraction(1, 2)) ** 2 * (x - 2)
    found = real_roots([polynomial.terms.get((k,), Fraction(0)) for k in range(polynomial.degree + 1)])
    assert len(found) == 3
    for (low, high), root in zip(found, sorted(set(roots)), strict=True):
        assert low <= root <= high and high - low < Fraction(1, 10**100)


def test_minima_of_one_variable_are_those_of_a_fine_grid() -> None:
    for _ in range(20):
        coefficients = [dyadic(DRAW, -3, 3) for _ in range(6)]
        low, high, (left, right) = univariate(coefficients, Fraction(-1), Fraction(2))
        grid = np.polynomial.polynomial.polyval(np.linspace(-1, 2, 20_001), [float(c) for c in coefficients])
        assert high - low < Fraction(1, 10**100) and -1 <= (left + right) / 2 <= 2
        assert -1e-6 <= float(grid.min() - float(high)) < 1e-6


def test_minima_of_quadratics_on_boxes_and_simplices_are_below_every_sample() -> None:
    rng = np.random.default_rng(3)
    for n in (1, 2, 3):
        for _ in range(6):
            objective = random_quadratic(DRAW, n)
            low, high = (Fraction(-1),) * n, (Fraction(1),) * n
            value, point = quadratic_on_box(objective, low, high)
            assert objective(point) == value
            grid = [tuple(Fraction(k, 3) for k in p) for p in product(range(-3, 4), repeat=n)]
            assert min(map(objective, grid)) >= value
            form = objective - objective((Fraction(0),) * n)
            value, point = quadratic_on_simplex(form)
            assert form(point) == value and sum(point) == 1 and min(point) >= 0
            for row in rng.dirichlet(np.ones(n), 40):
                exact = [Fraction(v) for v in row]
                assert form([v / sum(exact) for v in exact]) >= value


def test_vertices_of_a_cut_square_are_its_corners() -> None:
    x, y = unknowns(2)
    walls = [1 + x, 1 - x, 1 + y, 1 - y, Fraction(3, 2) - x - y]
    half = Fraction(1, 2)
    assert set(vertices(walls)) == {(-1, -1), (-1, 1), (1, -1), (1, half), (half, 1)}
    assert least(x + 2 * y, list(vertices(walls))) == (-3, (-1, -1))


def test_polynomials_obey_their_laws() -> None:
    x, y = unknowns(2)
    p, q, r = x**2 - 3 * y + 1, x * y - Fraction(1, 3), y**3 + 2
    assert p * (q + r) == p * q + p * r and (p - p).terms == {} and p**2 == p * p
    point = (Fraction(2, 7), Fraction(-5))
    assert (p * q)(point) == p(point) * q(point)
    assert p.at([q, r])(point) == p((q(point), r(point)))
    radii = (Fraction(1, 10), Fraction(3))
    assert (p * q).around(point, radii)((Fraction(2), Fraction(-1))) == (p * q)(
        (point[0] + Fraction(1, 5), point[1] - 3)
    )
    assert (x**2 * y).derivative(0) == 2 * x * y and total([p, q], 2) == p + q
    assert squared_norm(2, (1, 2)) == (x - 1) ** 2 + (y - 2) ** 2 and affine([1, -2], 5) == x - 2 * y + 5


def test_linear_systems_are_solved_exactly_or_said_to_be_singular() -> None:
    matrix = [[Fraction(0), Fraction(2)], [Fraction(1), Fraction(1, 3)]]
    assert solve_linear(matrix, [Fraction(1), Fraction(1)]) == (Fraction(5, 6), Fraction(1, 2))
    assert solve_linear([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]], [Fraction(1), Fraction(2)]) is None
