"""Boxes that constraints imply: no feasible point is outside, and simple constraints give the box that they are."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from catalogue import CASES, HARD
from chains import broyden, in_a_box, ring_of_spins, rosenbrock, styblinski_tang

import momentsos as ms
from momentsos.bounds.implied import implied_box
from momentsos.conditioning.affine import half_widths
from momentsos.polynomials import Polynomial

x, y, z = ms.variables("x y z")
THIRD = Fraction(1, 3)


@pytest.mark.parametrize(
    ("inequalities", "equalities", "low", "high"),
    [
        ([1 - x**2], [], (-1, None, None), (1, None, None)),
        ([3 * x - x**4], [], (0, None, None), (3 ** (1 / 3), None, None)),
        ([(x - 1) * (2 - x) * (x - 4)], [], (None, None, None), (4, None, None)),
        ([5 + 4 * x - x**2 - y**2], [], (-1, -3, None), (5, 3, None)),
        ([1 - x**2 - x * y - y**2], [], (-(2 / 3**0.5), -(2 / 3**0.5), None), (2 / 3**0.5, 2 / 3**0.5, None)),
        ([1 - x**4 - x**2 * y**2 - y**4 - z**6], [], (-1, -1, -1), (1, 1, 1)),
        ([x * y - 1, x, 10 - x, 5 - y], [], (0.2, 0.1, None), (10, 5, None)),
        ([x - 1, y - 1, 4 - x * y], [], (1, 1, None), (4, 4, None)),
        ([y - x**4, 16 - y], [], (-2, 0, None), (2, 16, None)),
        ([3 * THIRD - 3 * x, x + THIRD], [], (-1 / 3, None, None), (1 / 3, None, None)),
        ([], [x**2 + y**2 - 1, z - x * y], (-1, -1, -1), (1, 1, 1)),
        ([], [x**2 - 2], (-(2**0.5), None, None), (2**0.5, None, None)),
        ([z, 1 - x - y - z, x, y], [], (0, 0, 0), (1, 1, 1)),
    ],
)
def test_simple_sets_have_the_box_that_is_seen(inequalities, equalities, low, high) -> None:
    box = implied_box(ms.Problem(x + y + z, inequalities, equalities))
    assert not box.empty
    for found, seen in ((box.low, low), (box.high, high)):
        expected = np.array([math.nan if value is None else float(value) for value in seen])
        assert np.isfinite(found[~np.isnan(expected)]).all()
        assert found[~np.isnan(expected)] == pytest.approx(expected[~np.isnan(expected)], abs=1e-12)
    assert all(box.low[i] == -math.inf for i, value in enumerate(low) if value is None)


@pytest.mark.parametrize(
    ("objective", "value", "high"),
    [
        (x**4 + y**4 - x * y, 1, 1.26),  # terms inside the simplex of the powers
        (100 * (y - x**2) ** 2 + (1 - x) ** 2, 1, 8.01),  # a term on its face, which takes all of two powers
        (x**2 + y**2 + x * y - 3 * x, 0, 4.01),  # an ellipsoid off centre
        (x**6 + y**2 - 5 * x**2 * y, 10, 200.0),
    ],
)
def test_points_that_are_as_good_as_the_best_are_bounded_by_the_objective_alone(objective, value, high, rng) -> None:
    problem = ms.Problem(objective, variables=("x", "y"))
    assert not np.isfinite(implied_box(problem).half_widths).any()
    box = implied_box(problem, value)
    assert box.finite and box.half_widths.max() <= high
    points = rng.uniform(-10, 10, (20_000, 2)) * rng.uniform(0, 1, (20_000, 1))
    good = points[problem.minimize(points) <= value]
    assert len(good) and (box.low <= good).all() and (good <= box.high).all()


@pytest.mark.parametrize(
    ("inequalities", "equalities"),
    [
        ([x, -1 - y], [x * y**3 - 1]),
        ([x - 1, -x], []),
        ([], [x**2 + 1]),
        ([], [x**2 + y**2 - 1, x + y - 1.5]),
        ([-1 - x**2 - x * y - y**2], []),
        ([Polynomial.constant(-1.0, ("x",))], []),
        ([x - THIRD, Fraction(333333333333333, 10**15) - x], []),
    ],
)
def test_sets_without_a_point_are_seen_to_be_empty(inequalities, equalities) -> None:
    assert implied_box(ms.Problem(x + y, inequalities, equalities)).empty


@pytest.mark.parametrize("inequality", [[x - THIRD, THIRD - x], [x - 0.1, 0.1 - x], [-(x**2)], [2 * x - x**2 - 1]])
def test_sets_with_one_point_are_not(inequality) -> None:
    box = implied_box(ms.Problem(x, inequality))
    assert not box.empty and box.high[0] - box.low[0] <= 1e-7


def planted(seed: int) -> tuple[ms.Problem, list[Fraction]]:
    """A random problem with a point that is feasible in exact arithmetic, on the boundary of some constraints."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    names = [f"x{i}" for i in range(n)]
    scale = 10.0 ** rng.integers(-3, 4)
    point = [Fraction(float(v)) for v in np.round(scale * rng.standard_normal(n), 3)]

    def value(p: Polynomial) -> Fraction:
        terms = zip(p.exponents.tolist(), p.coefficients.tolist(), strict=True)
        return sum((Fraction(c) * math.prod(map(pow, point, row)) for row, c in terms), Fraction(0))

    def polynomial() -> Polynomial:
        rows = rng.integers(0, 4, (int(rng.integers(1, 7)), n)) * (rng.random((1, n)) < 0.7)
        values = rng.integers(-5, 6, len(rows)).astype(float) if rng.random() < 0.5 else rng.standard_normal(len(rows))
        even = np.zeros((n, n), dtype=np.int64)
        np.fill_diagonal(even, 2 * rng.integers(1, 3, n))
        return Polynomial.from_terms(np.concatenate([rows, even]), [*values, *-rng.random(n)], names)

    inequalities, equalities = [], []
    for _ in range(int(rng.integers(1, 5))):
        g = polynomial()
        inequalities.append(g - value(g) + (Fraction(float(rng.random())) if rng.random() < 0.5 else 0))
    if rng.random() < 0.3:
        h = polynomial()
        equalities.append(h - value(h))
    return ms.Problem(-polynomial(), inequalities, equalities, names), point


@pytest.mark.parametrize("seed", range(150))
def test_a_planted_point_is_in_the_box(seed) -> None:
    problem, point = planted(seed)
    terms = zip(problem.minimize.exponents.tolist(), problem.minimize.coefficients.tolist(), strict=True)
    value = sum((Fraction(c) * math.prod(map(pow, point, row)) for row, c in terms), Fraction(0))
    for box in (implied_box(problem), implied_box(problem, value), implied_box(problem, looks=2)):
        assert not box.empty
        for low, high, entry in zip(box.low.tolist(), box.high.tolist(), point, strict=True):
            assert low <= entry <= high


@pytest.mark.parametrize("case", [*CASES, *HARD], ids=lambda case: case.name)
def test_known_minimisers_are_inside_and_no_bound_is_weaker_than_one_that_is_read_off(case) -> None:
    problem = case.problem()
    infimum = getattr(case, "optimum", None) if hasattr(case, "optimum") else case.infimum
    box = implied_box(problem)
    assert not box.empty or infimum == math.inf
    if not box.empty:
        assert (box.half_widths <= half_widths(problem) * (1 + 1e-14)).all()
    if math.isfinite(infimum):
        box = implied_box(problem, infimum + 1e-6 * max(1.0, abs(infimum)))
        for point in getattr(case, "minimizers", ()):
            slack = 1e-9 * (1 + np.abs(point))
            assert not box.empty and (box.low - slack <= point).all() and (point <= box.high + slack).all()


@pytest.mark.parametrize("make", [broyden, styblinski_tang, rosenbrock])
def test_the_work_grows_with_the_number_of_terms(make, monkeypatch) -> None:
    from momentsos.bounds.sides import Side

    asked = []
    whole = Side.tightened

    def counted(self, box):
        asked.append(self.terms)
        return whole(self, box)

    monkeypatch.setattr(Side, "tightened", counted)
    work = []
    for n in (50, 200):
        asked.clear()
        assert implied_box(in_a_box(make(n), 2.0), 1.0).finite
        work.append(sum(asked))
    assert work[1] <= 5 * work[0]


def test_a_ring_of_circles_is_bounded() -> None:
    box = implied_box(ring_of_spins(51))
    assert (box.low == -1).all() and (box.high == 1).all()


def test_a_box_that_is_known_is_used() -> None:
    problem = ms.Problem(x, [x * y - 1], variables=("x", "y"))
    assert implied_box(problem, within=([0, 0], [4, 2])).low == pytest.approx([0.5, 0.25])
    assert implied_box(problem, within=([0, -3], [4, -1])).empty
