"""Epigraph variables: which variable is one, and that a local search gives it its best value."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from rational import value_at

import momentsos as ms
from momentsos.conditioning.affine import change_affinely
from momentsos.conditioning.epigraph import epigraph_variable
from momentsos.learning.instances import noisy_instance
from momentsos.points.local_search import LocalSearch

x, y, theta = ms.variables("x y theta")


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (ms.Problem(theta, [theta - x**2, theta + x]), "theta"),
        (ms.Problem(2 * theta + x**2, [1 - x**2, 0.5 * theta - x * y]), "theta"),  # besides others, at any rate
        (ms.Problem(theta, [theta - x], [x - y]), "theta"),
        (ms.Problem(x + theta**2, [x - y**2, 1 - y]), "x"),  # whatever it is called
        (ms.Problem(-theta, [theta - x]), None),  # falls without end
        (ms.Problem(theta, [x - theta]), None),  # bounded from above
        (ms.Problem(theta, [theta - x, 4 - theta]), None),
        (ms.Problem(theta, [theta - x], [theta - y]), None),  # fixed
        (ms.Problem(theta, [1 - x**2]), None),  # in no inequality
        (ms.Problem(x**2, [theta - x]), None),  # not in the objective
        (ms.Problem(theta + theta**2, [theta - x]), None),
        (ms.Problem(theta, [theta**3 - x]), None),
        (ms.Problem(theta, [theta - x, theta * y + 1]), None),
        (ms.Problem(theta * y, [theta - x]), None),
    ],
)
def test_an_epigraph_variable_only_has_to_be_large_enough(problem, expected) -> None:
    found = epigraph_variable(problem)
    assert (None if found is None else problem.variables[found]) == expected


def test_the_epigraph_variable_of_a_network_is_theta_and_a_squared_loss_has_none() -> None:
    case = noisy_instance((2, 2), samples=10, width=4)
    problem = ms.formulate(case.network, case.X, case.Y, loss="mean_residual").problem
    assert problem.variables[epigraph_variable(problem)] == "theta"
    assert epigraph_variable(ms.formulate(case.network, case.X, case.Y, loss="mse").problem) is None


def least_theta(problem: ms.Problem, point: list[Fraction], i: int) -> Fraction:
    """The smallest value of variable `i` that the constraints with it allow at the other coordinates."""
    zero = [Fraction(0) if j == i else entry for j, entry in enumerate(point)]
    one = [Fraction(1) if j == i else entry for j, entry in enumerate(point)]
    pairs = [(value_at(g, zero), value_at(g, one)) for g in problem.inequalities]
    return max(-at / (above - at) for at, above in pairs if above != at)


#: Constraints in which theta has different slopes, and one without it.
SLOPES = ms.Problem(
    3 * theta + x**2,
    [2 * theta - x * y + 1, 0.5 * theta + y, theta + x**3 - 0.1, 4 - x**2],
    variables=("x", "y", "theta"),
)


@pytest.mark.parametrize("seed", range(5))
def test_points_are_moved_to_the_least_feasible_value_whatever_the_slopes(seed) -> None:
    rng = np.random.default_rng(seed)
    i = epigraph_variable(SLOPES)
    search = LocalSearch(SLOPES, upwards=np.eye(3)[i])
    point = rng.uniform(-1.5, 1.5, 3)
    point[i] *= 1e3  # far too large or far too small
    found = search.assess(point)
    others = [j for j in range(3) if j != i]
    assert np.array_equal(found.point[others], point[others]) and found.feasible
    best = least_theta(SLOPES, [Fraction(v) for v in found.point.tolist()], i)
    assert abs(Fraction(found.point[i]) - best) <= Fraction(1, 10**12)
    again = search.assess(found.point)
    assert again.value == pytest.approx(found.value, abs=1e-11)  # the first step was 1e3 long


@pytest.mark.parametrize("seed", range(5))
def test_in_changed_variables_the_other_original_coordinates_stay(seed) -> None:
    rng = np.random.default_rng(seed)
    i = epigraph_variable(SLOPES)
    change = change_affinely(SLOPES, rng.uniform(-0.5, 0.5, 3), rng.uniform(-1, 1, (3, 3)) + 3 * np.eye(3))
    direction = np.linalg.solve(change.matrix, np.eye(3)[i])
    search = LocalSearch(change.problem, (), direction / np.abs(direction).max())
    start = change.inverse_point(np.append(rng.uniform(-1, 1, 2), 5.0))
    end = search.assess(start)
    before, after = change.point(start), change.point(end.point)
    others = [j for j in range(3) if j != i]
    assert np.allclose(after[others], before[others], rtol=0, atol=1e-12)
    best = least_theta(SLOPES, [Fraction(v) for v in after.tolist()], i)
    assert abs(Fraction(after[i]) - best) <= Fraction(1, 10**11)
    assert change.value(end.value) == pytest.approx(SLOPES.minimize(after), rel=1e-12)


def test_a_constraint_without_the_variable_is_not_repaired_by_it() -> None:
    search = LocalSearch(SLOPES, upwards=np.eye(3)[epigraph_variable(SLOPES)])
    assert search.assess(np.array([1.9, 0.5, 1.0])).feasible
    assert not search.assess(np.array([2.1, 0.5, 1.0])).feasible


def test_a_descent_ends_at_the_chebyshev_fit() -> None:
    """The best constant and slope for the parabola on [-1, 1], in five points: `x^2 - 1/2`, error 1/2."""
    a, b, t = ms.variables("a b t")
    residuals = [a + b * s - s * s for s in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    problem = ms.Problem(t, [g for r in residuals for g in (t - r, t + r)])
    i = epigraph_variable(problem)
    search = LocalSearch(problem, upwards=np.eye(3)[i])
    end = search.descend(np.array([3.0, -2.0, -100.0]))
    values = dict(zip(problem.variables, end.point, strict=True))
    assert end.feasible and end.value == pytest.approx(0.5, abs=1e-9)
    assert values["a"] == pytest.approx(0.5, abs=1e-8) and values["b"] == pytest.approx(0.0, abs=1e-8)
