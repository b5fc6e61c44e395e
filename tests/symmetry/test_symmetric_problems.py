"""Symmetries are found and are such; half-spaces keep a point of each orbit; bounds agree with the whole problem."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest

import momentsos as ms
from momentsos import Status
from momentsos.conditioning.symmetry import half_spaces, symmetries_of


def packing(points: int) -> ms.Problem:
    """The largest smallest squared distance of points in the unit square, as minus its negative."""
    names = [f"{axis}{i}" for i in range(points) for axis in "xy"]
    *v, t = ms.variables([*names, "t"])
    walls = [side for x in v for side in (x, 1 - x)]
    p = [(v[2 * i], v[2 * i + 1]) for i in range(points)]
    apart = [(p[i][0] - p[j][0]) ** 2 + (p[i][1] - p[j][1]) ** 2 - t for i in range(points) for j in range(i)]
    return ms.Problem(-t, inequalities=[*walls, *apart])


def random_symmetric(seed: int) -> ms.Problem:
    """A quartic on a box or a ball, the mean over a group of changes of signs or of permutations."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 4))
    x = ms.variables([f"x{i}" for i in range(n)])
    terms = [tuple(rng.multinomial(int(rng.integers(1, 5)), np.ones(n) / n).tolist()) for _ in range(5)]
    values = rng.integers(-5, 6, 5).tolist()
    images = list(permutations(range(n))) if seed % 2 else [tuple(range(n))]
    signs = list(product((1, -1), repeat=n)) if seed % 3 == 0 else [(1,) * n]
    f = 0 * x[0]
    for image, sign in product(images, signs):
        for powers, value in zip(terms, values, strict=True):
            monomial = 0 * x[0] + value
            for i, power in enumerate(powers):
                monomial = monomial * (sign[i] * x[image[i]]) ** power
            f = f + monomial
    ball = sum(a * a for a in x)
    constraints = [1 - ball] if seed % 4 == 0 else [1 - a**2 for a in x]
    return ms.Problem(f + sum(a**4 for a in x), inequalities=constraints)


def test_three_points_in_a_square_have_48_symmetries_and_close_at_the_lowest_order() -> None:
    problem = packing(3)
    symmetries = symmetries_of(problem)
    assert symmetries is not None and len(symmetries.elements) == 47
    result = ms.solve(problem)
    assert (
        result.status is Status.CERTIFIED
        and result.order == 2
        and result.symmetry is not None
        and len(result.symmetry) > 0
    )
    assert result.upper_bound == pytest.approx(-(8 - 4 * 3**0.5), abs=1e-7)
    assert "half-spaces" in result.message
    certificate = result.certify()
    assert certificate.verify(problem).holds and "symmetries" in certificate.statement


def test_two_points_in_a_square_are_in_opposite_corners() -> None:
    result = ms.solve(packing(2))
    assert result.status is Status.CERTIFIED and result.upper_bound == pytest.approx(-2, abs=1e-7)


@pytest.mark.parametrize("seed", range(12))
def test_elements_leave_values_as_they_are(seed) -> None:
    problem = random_symmetric(seed)
    symmetries = symmetries_of(problem)
    assert symmetries is not None or seed % 6 in (1, 2, 4, 5) or problem.n_variables == 0
    if symmetries is None:
        return
    rng = np.random.default_rng(seed)
    point = tuple(Fraction(int(v), 7) for v in rng.integers(-9, 10, problem.n_variables))
    for element in symmetries.elements:
        image = symmetries.image(element, point)
        own, moved = (problem.minimize(np.array([float(v) for v in each])) for each in (point, image))
        assert moved == pytest.approx(own, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_every_orbit_has_a_point_in_the_half_spaces(seed) -> None:
    problem = packing(3)
    symmetries = symmetries_of(problem)
    assert symmetries is not None
    rng = np.random.default_rng(seed)
    cuts = half_spaces(symmetries, problem, rng.random(7)).polynomials
    point = tuple(Fraction(float(v)) for v in rng.random(7))
    orbit = [point, *(symmetries.image(element, point) for element in symmetries.elements)]
    exact = [dict(zip(map(tuple, cut.exponents.tolist()), cut.exact, strict=True)) for cut in cuts]

    def value(cut: dict, place: tuple) -> Fraction:
        return sum(c * (place[key.index(1)] if any(key) else 1) for key, c in cut.items())

    assert any(all(value(cut, place) >= 0 for cut in exact) for place in orbit)


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(s, marks=pytest.mark.slow) for s in range(12, 60))])
def test_bounds_agree_with_the_solve_that_uses_no_symmetry(seed) -> None:
    problem = random_symmetric(seed)
    own, plain = ms.solve(problem), ms.solve(problem, method="dense")
    for result in (own, plain):
        assert result.lower_bound <= result.upper_bound
    slack = 1e-5 * max(1.0, abs(plain.upper_bound))
    assert own.lower_bound <= plain.upper_bound + slack and plain.lower_bound <= own.upper_bound + slack
    if plain.status is Status.CERTIFIED:
        assert own.status is Status.CERTIFIED and own.upper_bound == pytest.approx(plain.upper_bound, abs=slack)


def test_a_problem_without_symmetry_has_none() -> None:
    x, y = ms.variables("x y")
    assert symmetries_of(ms.Problem(x**4 + 2 * y**4 + x * y**3 + x, inequalities=[1 - x])) is None
    assert symmetries_of(ms.Problem(x**2 + 2 * x + 3 * y**3 + y)) is None


def test_reflections_are_about_the_middle_of_bounds() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem((x - 1) ** 2 * (y - 2), bounds={"x": (0, 2), "y": (1, 5)})
    symmetries = symmetries_of(problem)
    assert symmetries is not None
    assert symmetries.elements == (((0, -1), (1, 1)),) and symmetries.middles == (1, 3)


def test_large_problems_are_not_looked_at() -> None:
    x = ms.variables([f"x{i}" for i in range(30)])
    assert symmetries_of(ms.Problem(sum(a**2 for a in x))) is None
