"""No point is believed that is not feasible: one kind of fault after another, with the inputs that once showed it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from oracle import judged

import momentsos as ms
from momentsos.points.judge import PointJudge

x, y = ms.variables("x y")
Problem = ms.Problem

#: Problems whose points once were believed; the least value; points that look feasible; points that are.
KINDS = {
    "epigraph of a flat minimum": (
        Problem(y, [y - (x - 0.25) ** 4, y + 5]),
        Fraction(0),
        [[0.25, -5], [0.25, -1e-6], [0.26, -1e-7], [-5.8e5, -5]],
        [[0.25, 0.0], [0.25, 1e-300], [0.35, 1e-4], [1.25, 1.0], [0.25 + 1e-3, 1e-12 - 1e-14]],
    ),
    "epigraph alone": (
        Problem(y, [y - (x - 0.25) ** 4]),
        Fraction(0),
        [[0.25, -5.8e22], [1e6, -5.8e22], [1e22, 1e22]],
        [[1e6, 1.1e24]],
    ),
    "hyperbola": (
        Problem(100 * x, [x * y**3 - 1, x, 1 - y]),
        Fraction(100),
        [[-7.8e-13, -1e4], [1e-12, 1e4], [0, 1e300], [1e-30, 1e10], [0, -1e9], [1 - 1e-6, 1.0]],
        [[1, 1], [1 - 1e-10, 1], [2, 0.8]],
    ),
    "hyperbola, sums": (
        Problem(x + y, [x * y**3 - 1, x, 10 - x]),
        Fraction(17547653506033, 10**13),
        [[-1e-13, -2.2e4], [1e-15, -1e5], [0, 0]],
        [[(1 / 3) ** -0.75, 3**0.25 * (1 + 1e-8)], [1.3717421124828533, 0.9]],
    ),
    "mean inequality": (
        Problem(x + y, [x * y - 1, x]),
        Fraction(2),
        [[-5e-16, -2e15], [0, -1e300], [-1, -1], [1 - 1e-5, 1 + 1e-10]],
        [[1, 1], [1 + 1e-9, 1 - 1e-9], [1e8, 1e-8]],
    ),
    "cusp": (
        Problem(x, [], [x**3 - y**2]),
        Fraction(0),
        [[-1e-3, 0], [-1e-7, 1e-11], [-1e-7, 0]],
        [[0, 0], [-1e-9, 0], [4, 8], [1e-4, 1e-6], [2, 8**0.5]],
    ),
    "cusp elsewhere": (
        Problem(x, [(x - 3) ** 3 - (y - 5) ** 2]),
        Fraction(3),
        [[3 - 1e-5, 5], [3 - 1e-3, 5]],
        [[3, 5], [3 - 1e-9, 5 + 1e-9], [4, 6]],
    ),
    "tangency": (
        Problem(y, [x - y**4, -x]),
        Fraction(0),
        [[0, -1e-5], [1e-20, -1e-5], [0, -0.2], [-1e-9, -1e-3]],
        [[0, 0], [1e-9, -1e-9], [-1e-9, 1e-9]],
    ),
    "point as a sum of squares": (
        Problem(x, [], [x**2 + y**2]),
        Fraction(0),
        [[-1e-3, 0], [1e-7, 0]],
        [[0, 0], [1e-9, -1e-9]],
    ),
    "point as a square": (
        Problem(x, [-((x - 1) ** 2)], [], ("x",)),
        Fraction(1),
        [[1 - 1e-7], [0.9]],
        [[1], [1 - 1e-9], [1 + 1e-9]],
    ),
    "circle as a negative square": (
        Problem(x, [-((x**2 + y**2 - 1) ** 2)]),
        Fraction(-1),
        [[-1 - 1e-6, 0], [0.5, 0.5]],
        [[-1, 0], [-1 - 1e-9, 0], [0.6, 0.8], [0.5, 0.75**0.5]],
    ),
    "disc as a cube": (
        Problem(x, [(1 - x**2 - y**2) ** 3]),
        Fraction(-1),
        [[-1 - 1e-6, 0], [1, 1]],
        [[-1 - 1e-9, 0], [0.6, 0.8], [0.5, 0.75**0.5]],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_points_below_the_minimum_are_refused_and_feasible_ones_accepted(kind) -> None:
    problem, least, false, true = KINDS[kind]
    for point in false:
        assert not judged(problem, point).feasible, point
    for point in true:
        verdict = judged(problem, point)
        assert verdict.feasible, point
        assert verdict.value.high >= least


@pytest.mark.parametrize(
    "problem",
    [
        Problem(x, [x, -1 - y], [x * y**3 - 1]),
        Problem(x, [x - 1, 1 - Fraction(1, 10**12) - x]),
        Problem(x, [-(x**2) - y**2 - 1e-12]),
        Problem(x, [], [x**2 + y**2 - 1, x - 1 - Fraction(1, 10**12)]),
        Problem(x, [], [x + y, 2 * x + 2 * y - 1e-12]),
        Problem(x, [], [x**2 + 1e-300]),
        Problem(x, [], [(x**2 - 2) ** 2 + Fraction(1, 10**60)]),
        Problem(x, [-(x**2) + y - 1, 1 - y - Fraction(1, 10**12)]),
        Problem(x, [Fraction(-1, 10**30) + 0 * x]),
        Problem(x, [], [ms.Polynomial.constant(1e-300)]),
    ],
    ids=str,
)
def test_in_an_empty_set_no_point_is_accepted(problem, rng) -> None:
    judge = PointJudge(problem)
    places = [[0, 0], [1, 0], [0, 1], [1, 1], [-8e-13, -1e4], [0, -1e200], [2**0.5, 1e-30]]
    for place in places:
        for size in (0.0, 1e-16, 1e-12, 1e-9, 1e-6):
            assert not judge(place + size * rng.normal(size=2)).feasible
            assert not judge.mend(place + size * rng.normal(size=2)).feasible
