"""A proof that a problem is unbounded is checked point by point; a bounded one never has any."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from catalogue import BY_NAME, CASES, HARD

import momentsos as ms
from momentsos.points.falling import Falling, falling, falls_along
from momentsos.polynomials import Polynomial

x, y, z = ms.variables("x y z")
THIRD = Fraction(1, 3)


def value(p: Polynomial, point: tuple[Fraction, ...]) -> Fraction:
    terms = zip(p.exponents.tolist(), p.coefficients.tolist(), strict=True)
    return sum((Fraction(c) * math.prod(map(pow, point, row)) for row, c in terms), Fraction(0))


def holds(problem: ms.Problem, proof: Falling | None) -> bool:
    """Whether the constraints hold far out on the curve, in fractions, and the objective falls below every number."""
    assert proof is not None
    values = []
    for power in range(8):
        point = proof.point(proof.start * 100**power)
        assert all(value(g, point) >= 0 for g in problem.inequalities)
        assert all(value(h, point) == 0 for h in problem.equalities)
        values.append(value(problem.minimize, point))
    assert values == sorted(values, reverse=True) and len(set(values)) == len(values)
    assert values[-1] < -(10**4) * max(1, abs(values[0]))
    return True


UNBOUNDED = {
    "a cubic with a tiny leading coefficient": ms.Problem(1e-11 * x**3 + x**2),
    "the same beside a quartic": ms.Problem(1e-11 * x**3 + x**2 + y**4 - x * y),
    "a vertex of odd degree": ms.Problem(x**2 * y**3 + x**4 + y**2),
    "a form that is not definite": ms.Problem(x**4 + y**4 - 3 * x**2 * y**2),
    "a line where the square is zero": ms.Problem((x - y) ** 2 - x - y),
    "a saddle in a quadrant": ms.Problem(x * y - z, [x, 1 - z**2]),
    "a strip": ms.Problem(-x - y, [1 - (x - y) ** 2]),
    "below a parabola's square": ms.Problem(y - 2 * x**2, [y - x**2]),
    "between two parabolas": ms.Problem(-y, [y - x**2, 2 * x**2 - y]),
    "a hyperbola": ms.Problem(-x, [], [x * y - 1]),
    "a hyperbola with a cubic branch": ms.Problem(-x - y, [x], [x * y**3 - 1]),
    "a line": ms.Problem(x * y, [], [x + y - 1]),
    "a graph": ms.Problem(x - z, [y], [x**2 + y - z]),
    "a line between two walls": ms.Problem(-x, [THIRD * x - y, y - THIRD * x]),
    "large and small": ms.Problem(1e8 * x**2 - 1e-6 * x**3 * y**2),
}


@pytest.mark.parametrize("name", UNBOUNDED)
def test_falling_objectives_are_found_to_fall(name) -> None:
    assert holds(UNBOUNDED[name], falling(UNBOUNDED[name], seconds=20.0))


@pytest.mark.parametrize("name", [case.name for case in HARD if case.expected == "UNBOUNDED"])
def test_unbounded_problems_of_the_catalogue_are_proved(name) -> None:
    problem = BY_NAME[name].problem()
    assert holds(problem, falling(problem, seconds=20.0))


def test_a_strip_that_misses_the_origin_begins_at_a_known_point() -> None:
    problem = ms.Problem(-x - y, [1 - (x - y - Fraction(31, 3)) ** 2])
    assert holds(problem, falling(problem, [np.array([10.3, 0.1])], seconds=20.0))


def test_a_point_that_was_found_far_out_tells_the_weights() -> None:
    """Of five variables not all small weights are tried; a curve with the powers 1, 2, 3 is seen from one point."""
    names = ms.variables("a b c d e")
    a, b, c, d, e = names
    problem = ms.Problem(-c + d**2 + e**2, [b - a**2, 2 * a**2 - b, c - a * b, 2 * a * b - c])
    t = 1e4
    assert holds(problem, falling(problem, [np.array([t, 1.5 * t**2, 2.0 * t**3, 0.0, 0.1])], seconds=30.0))


BOUNDED = {
    "a quartic that turns far out": ms.Problem(117450 * x - 114525 * x**3 + 9.50574e-6 * x**4),
    "the plain one": ms.Problem(1e-11 * x**4 - x**3),
    "an infimum that is not attained": ms.Problem((x * y - 1) ** 2 + x**2),
    "Motzkin's": ms.Problem(x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1),
    "a parabola": ms.Problem(x - y**2, [x - y**2]),
    "the branch of a hyperbola": ms.Problem(x + y, [x], [x * y - 1]),
    "a cubic on a ray": ms.Problem(x**3, [x]),
    "a coefficient that a float does not see": ms.Problem(
        (Fraction(1) - Fraction(1, 10**20)) * x**2 - x**2 + Fraction(1, 10**19) * x**2 - x
    ),
    "an empty set": ms.Problem(-x, [-1 - x**2]),
}


@pytest.mark.parametrize("name", BOUNDED)
def test_bounded_problems_have_no_proof(name) -> None:
    far = [np.full(BOUNDED[name].n_variables, size) for size in (1e3, -1e6)]
    assert falling(BOUNDED[name], far, seconds=1.0) is None


@pytest.mark.parametrize("case", [c for c in (*CASES, *HARD) if getattr(c, "expected", "") != "UNBOUNDED"][::4])
def test_problems_of_the_catalogue_with_a_minimum_have_no_proof(case) -> None:
    assert falling(case.problem(), seconds=0.3) is None


def names_of(n: int) -> list[str]:
    return [f"x{i}" for i in range(n)]


def form(row: np.ndarray, names: list[str], constant: float = 0.0) -> Polynomial:
    n = len(names)
    return Polynomial.from_terms(
        np.concatenate([np.eye(n, dtype=np.int64), np.zeros((1, n), dtype=np.int64)]), [*row.tolist(), constant], names
    )


def planted(seed: int) -> tuple[ms.Problem, list[np.ndarray]]:
    """A random problem that falls along a direction of small integers, and a feasible point of it."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    names = names_of(n)
    while not (direction := rng.integers(-3, 4, n)).any():
        pass
    kind = seed % 4
    across = rng.integers(-3, 4, (n, n)).astype(float)
    across -= np.outer(across @ direction, direction) / (direction @ direction)  # zero along it, but for rounding
    exact = [[Fraction(a).limit_denominator(10**6) for a in row] for row in across.tolist()]
    flat = [sum((c * form(e, names) for c, e in zip(row, np.eye(n), strict=True)), 0 * form(direction, names))
            for row in exact]  # fmt: skip
    towards = form(direction.astype(float), names)
    point = np.zeros(n)
    if kind == 0:  # squares that vanish along it, and a linear term
        return ms.Problem(sum((p**2 for p in flat), Polynomial.constant(0.0, names)) - towards, (), (), names), [point]
    if kind == 1:  # a quartic form with one negative direction or more
        norm = sum((form(e, names) ** 2 for e in np.eye(n)), Polynomial.constant(0.0, names))
        quartic = norm**2 * float(direction @ direction) ** 2 - 2.0 * towards**4
        return ms.Problem(quartic + form(rng.standard_normal(n), names), (), (), names), [point]
    rows = rng.standard_normal((2 * n, n))
    if kind == 2:  # a cone with the direction inside
        rows *= np.sign(rows @ direction)[:, None]
        return ms.Problem(-towards, [form(row, names, 1.0) for row in rows], (), names), [point]
    # kind 3: a strip around it, and a curve that bends
    walls = [1.0 - p**2 for p in flat if p]
    return ms.Problem(-(towards**3) + towards**2, walls, (), names), [point]


@pytest.mark.parametrize("seed", range(40))
def test_planted_directions_are_found(seed) -> None:
    problem, points = planted(seed)
    assert holds(problem, falling(problem, points, seconds=30.0))


@pytest.mark.parametrize("seed", range(20))
def test_random_bounded_problems_have_no_proof(seed) -> None:
    """Even powers that outgrow everything else, or a ball."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    names = names_of(n)
    rows = rng.integers(0, 4, (8, n))
    rows[rows.sum(axis=1) > 5] = 0
    noise = Polynomial.from_terms(rows, rng.standard_normal(8) * 10.0 ** rng.integers(-8, 9, 8), names)
    tiny = 10.0 ** -float(rng.integers(0, 12))
    even = sum((tiny * form(e, names) ** 6 for e in np.eye(n)), Polynomial.constant(0.0, names))
    ball = 1e6 - sum((form(e, names) ** 2 for e in np.eye(n)), Polynomial.constant(0.0, names))
    problem = ms.Problem(noise + even) if seed % 2 else ms.Problem(noise, [ball])
    assert falling(problem, [1e3 * rng.standard_normal(n)], seconds=0.5) is None


def test_a_wrong_curve_is_no_proof() -> None:
    problem = UNBOUNDED["a strip"]
    one = Fraction(1)
    assert falls_along(problem, [{1: one}, {1: one}]) is not None
    assert falls_along(problem, [{1: one}, {1: one + Fraction(1, 10**15)}]) is None
    assert falls_along(problem, [{1: -one}, {1: -one}]) is None
    assert falls_along(UNBOUNDED["a hyperbola"], [{1: one}, {-1: one, -2: one}]) is None
