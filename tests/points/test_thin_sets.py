"""Sets without an interior: their points are found where no descent comes near enough to be called feasible."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

import momentsos as ms
from momentsos import Problem as P
from momentsos.points.beginning import first_points
from momentsos.points.judge import PointJudge
from momentsos.points.options import SearchOptions

(X,) = ms.variables("x")
u, v = ms.variables("x y")
x, y, z = ms.variables("x y z")

#: Constraints that hold at one point only, and the point.
POINTS = [
    ("six-fold root", P(-X, [], [1.375 * (X - 1.75) ** 6]), [1.75]),
    ("two four-fold roots", P(u + v, [-1.25 * (u - 0.625) ** 4 - 2.5 * (v + 0.875) ** 4]), [0.625, -0.875]),
    ("tangent line, to the fourth order", P(-0.875 * v, [u - 0.875 * (v - 0.75) ** 4, -u]), [0.0, 0.75]),
    ("tangent line, to the sixth order", P(0.125 * v, [u - 1.875 * (v + 0.375) ** 6, -u]), [0.0, -0.375]),
    ("touching parabolas", P(-1.5 * v - 2 * u, [v - 1.375 * u**4, 0.625 * u**4 - v]), [0.0, 0.0]),
    (
        "ball and plane, in fractions",
        P(
            x + y + z,
            [
                1 - (x - F(1, 4)) ** 2 - (y + F(39, 40)) ** 2 - (z + F(1, 8)) ** 2,
                F(3, 5) * y + F(4, 5) * x - (F(3, 5) * F(-3, 8) + F(4, 5) * F(21, 20)),
            ],
        ),
        [1.05, -0.375, -0.125],
    ),
]


@pytest.mark.parametrize(("kind", "problem", "point"), POINTS, ids=[kind for kind, *_ in POINTS])
def test_the_only_point_of_a_set_is_found(kind: str, problem: P, point: list[float]) -> None:
    known = first_points(problem, SearchOptions())
    assert known.best is not None
    assert np.allclose(known.optimum[0], point, atol=1e-8)


@pytest.mark.parametrize("away", [1e-9, 1e-7, 1e-5, 1e-3])
def test_simple_coordinates_are_found_at_any_distance_within_the_limit(away: float) -> None:
    problem, point = POINTS[-1][1:]
    start = np.array(point) + away * np.array([0.3, -0.8, 0.5])
    verdict = PointJudge(problem).mend(start, limit=1e-2)
    assert verdict.feasible and np.allclose(verdict.point, point, atol=1e-12)


def test_atoms_at_double_roots_are_mended() -> None:
    roots = ms.solve(P(X, [], [(X + 1) ** 2 * (X + 0.5) ** 2]), time_limit=20)
    assert roots.upper_bound == -1.0
    third = u - v - 1
    grid = ms.solve(P(0.125 * u * v - 2.75 * u, [], [(u - 3) * (u + 1), (third + 1) ** 2 * (third + 2)]), time_limit=20)
    assert grid.upper_bound == 0.125 * 9 - 8.25 and grid.minimizers[0].tolist() == [3.0, 3.0]


def test_a_single_point_is_no_empty_set() -> None:
    result = ms.solve(P(-1.75 * X, [], [1.375 * (X - 1.75) ** 6]), time_limit=20)
    assert result.status is not ms.Status.INFEASIBLE and result.upper_bound == -3.0625


def test_descents_see_no_squared_factors_and_lose_no_point() -> None:
    walls = [(u + 1) ** 3, -((u - 2) ** 3), v**2 * (v + 1) ** 2, (v - 3) * (v - 1) ** 2]
    regular = PointJudge(P(u + v, walls)).regular
    assert regular is not None
    assert sorted(g.degree for g in regular.inequalities) == [1, 1, 3]  # the last one has a point at v = 1
    found = ms.solve(P(u + v, [(u + 1) ** 3, -((u - 2) ** 3), (v + 4) ** 3, -((v - 1) ** 3)]), time_limit=20)
    assert found.upper_bound == -5.0
