"""Tabu search over variables with two values."""

from __future__ import annotations

import numpy as np
import pytest
from signs import optimum, signs

import momentsos as ms
from momentsos.points.flips import nearest_two_valued, two_valued_points


@pytest.mark.parametrize("n", [3, 8, 14])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_finds_the_optimum_of_signs(n, seed) -> None:
    problem = signs(n, seed)
    points = two_valued_points(problem, 0, np.inf)
    assert problem.minimize(points).min() == pytest.approx(optimum(problem), rel=1e-12)
    assert problem.minimize(points[:1])[0] == pytest.approx(problem.minimize(points).min(), rel=1e-12)


def test_any_two_roots_and_any_degree_will_do() -> None:
    x, y, z = ms.variables("x y z")
    objective = x**3 * y - 4 * x * y * z + z**2 * y + x
    problem = ms.Problem(objective, [], [x**2 - x, y**2 + y - 6, 2 * z**2 - 8 * z + 6])
    every = np.array([(a, b, c) for a in (0.0, 1.0) for b in (-3.0, 2.0) for c in (1.0, 3.0)])
    best = two_valued_points(problem, 0, np.inf)[0]
    assert problem.minimize(best[None])[0] == pytest.approx(problem.minimize(every).min())


def test_it_leads_down_from_the_nearest_point() -> None:
    problem = signs(10, 3)
    starts = np.random.default_rng(0).uniform(-1, 1, (4, 10))
    ends = nearest_two_valued(problem, starts)
    assert (np.abs(ends) == 1.0).all()
    assert (problem.minimize(ends) <= problem.minimize(np.sign(starts)) + 1e-12).all()


def test_other_problems_have_no_such_points() -> None:
    x, y = ms.variables("x y")
    for problem in (
        ms.Problem(x * y, [], [x**2 - 1]),
        ms.Problem(x * y, [x + y], [x**2 - 1, y**2 - 1]),
        ms.Problem(x * y, [], [x**2 - 1, y**2 + 1]),
        ms.Problem(x * y, [], [x**2 - 1, y**2 - x]),
        ms.Problem(x * y),
    ):
        assert two_valued_points(problem, 0, np.inf) is None
        assert nearest_two_valued(problem, np.zeros((1, 2))) is None


def test_the_same_seed_finds_the_same_points() -> None:
    problem = signs(12, 5)
    assert (two_valued_points(problem, 3, np.inf) == two_valued_points(problem, 3, np.inf)).all()


@pytest.mark.parametrize("objective", [0 * ms.variables("x y")[0], ms.variables("x y")[0] ** 2])
def test_an_objective_that_is_the_same_everywhere_has_points(objective) -> None:
    x, y = ms.variables("x y")
    result = ms.solve(ms.Problem(objective, [], [x**2 - 1, y**2 - y - 2]))
    assert result.status is ms.Status.CERTIFIED
    assert result.lower_bound == pytest.approx(float(objective((1.0, 2.0))), abs=1e-6)
