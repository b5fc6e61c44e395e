"""All real roots of finitely many equations: planted ones, counts by other means, and refusals that name the cause."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.points.quotient import quotient_of

x, y, z = ms.variables("x y z")


def test_a_circle_and_a_hyperbola_meet_in_four_points() -> None:
    found = ms.real_roots([x**2 + y**2 - 5, ms.equal(x * y, 2)])
    assert np.array_equal(found.points, [[-2, -1], [-1, -2], [1, 2], [2, 1]])
    assert found.multiplicities == (1, 1, 1, 1) and found.complex_count == 4 and found.variables == ("x", "y")


def test_enclosures_contain_the_roots_and_are_apart() -> None:
    found = ms.real_roots([x**2 - 2, y**3 - 3 * y + 1])
    assert len(found) == 6
    for box in found.enclosures:
        (a, b), (c, d) = box
        assert min(a * a, b * b) <= 2 <= max(a * a, b * b) and b - a < Fraction(1, 10**20)
        assert (c**3 - 3 * c + 1) * (d**3 - 3 * d + 1) <= 0
    assert len({tuple(box) for box in found.enclosures}) == 6


def test_no_real_root_is_an_answer() -> None:
    assert len(ms.real_roots(x**2 + 1)) == 0
    assert len(ms.real_roots([x - 1, x - 2])) == 0 and ms.real_roots([x - 1, x - 2]).complex_count == 0


def test_multiple_roots_are_found_once_with_their_multiplicity() -> None:
    found = ms.real_roots([(x - 1) ** 2 * (x + 2), y - x**2])
    assert np.array_equal(found.points, [[-2, 4], [1, 1]]) and found.multiplicities == (1, 2)
    tangent = ms.real_roots([x**2 + y**2 + z**2 - 3, x * y * z - 1, x + y + z - 3])
    assert np.array_equal(tangent.points, [[1, 1, 1]]) and tangent.multiplicities == (6,)


@pytest.mark.parametrize("seed", range(40))
def test_planted_roots_are_all_found(seed) -> None:
    """Products of linear forms in triangular position have the roots that were planted, and no others."""
    rng = np.random.default_rng(seed)
    firsts = rng.choice(np.arange(-5, 6), rng.integers(1, 4), replace=False).tolist()
    seconds = rng.choice(np.arange(-5, 6), rng.integers(1, 4), replace=False).tolist()
    a, b, c = rng.integers(-3, 4, 3).tolist()
    p, q = x * 0 + 1, x * 0 + 1
    for value in firsts:
        p = p * (x + a * y - value)
    for value in seconds:
        q = q * (y - Fraction(value, 2))
    linear = z - b * x - c * y**2
    combined = [p + int(rng.integers(-2, 3)) * q * x, q, linear + int(rng.integers(-2, 3)) * q]
    found = ms.real_roots(combined)
    halves = [Fraction(value, 2) for value in seconds]
    wanted = {(value - a * h, h) for h in halves for value in firsts}
    wanted_points = {(first, h, b * first + c * h * h) for first, h in wanted}
    assert {tuple(Fraction(v) for v in row) for row in found.points.tolist()} == wanted_points


@pytest.mark.parametrize("seed", range(20))
def test_one_polynomial_has_as_many_roots_as_sturm_counts(seed) -> None:
    sympy = pytest.importorskip("sympy")
    rng = np.random.default_rng(100 + seed)
    coefficients = rng.integers(-9, 10, int(rng.integers(3, 9))).tolist()
    coefficients[0] = coefficients[0] or 1
    p = sum(c * x**k for k, c in enumerate(reversed(coefficients)))
    t = sympy.Symbol("t")
    assert len(ms.real_roots(p)) == sympy.Poly(coefficients, t).count_roots()


def test_floats_are_the_numbers_that_they_are() -> None:
    found = ms.real_roots(x**2 - 0.1)
    low, high = found.enclosures[1][0]
    assert low * low <= Fraction(0.1) <= high * high


@pytest.mark.parametrize(
    ("equations", "words"),
    [
        ([x**2 + y**2 - 1], "dimension 1"),
        ([x * y, x * z], "dimension 2"),
        ([], "at least one"),
        ([x * 0], "at least one"),
        (["x"], "expected a polynomial"),
        ([x >= 1], "an inequality"),
        (3, "list"),
    ],
)
def test_what_has_no_finite_answer_is_named_in_one_line(equations, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words) as caught:
        ms.real_roots(equations)
    assert "\n" not in str(caught.value)


def test_too_many_roots_are_refused() -> None:
    with pytest.raises(ms.ProblemTooLarge, match="more than"):
        ms.real_roots([x**20 - y, y**20 - x])


def test_multiplications_commute_and_satisfy_the_equations() -> None:
    equations = [x**2 + x * y + 2 * y**2 - 3, x * y**2 - 2 * x + y]
    quotient = quotient_of([p.over(("x", "y")) for p in equations])
    m, n = quotient.multiplications
    zero = m * n - n * m
    assert not any(any(row) for row in zero.tolist())
    assert not any(any(row) for row in (m * n * n - m * 2 + n).tolist())


def test_records_are_copied_and_shown() -> None:
    found = ms.real_roots([x**2 - 2])
    assert pickle.loads(pickle.dumps(found)) == found
    assert "2 real roots" in str(found) and "real roots" in found._repr_html_()
