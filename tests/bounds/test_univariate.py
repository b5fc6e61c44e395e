"""Polynomials in one variable against exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from momentsos.bounds.rounded import enclosed, power, sum_above, times
from momentsos.bounds.univariate import Bounded, feasible_part

INFINITY = math.inf


def value(p, t: float) -> Fraction:
    return sum((Fraction(c) * Fraction(t) ** k for k, c in enumerate(p)), Fraction(0))


@pytest.mark.parametrize(
    ("p", "low", "high", "part"),
    [
        ((1, 0, -1), 0, INFINITY, (0, 1)),
        ((5, 4, -1), 0, INFINITY, (0, 5)),
        ((-2, 3, -1), 0, INFINITY, (1, 2)),
        ((-6, 11, -6, 1), 0, 2.5, (1, 2)),
        ((-6, 11, -6, 1), 0, INFINITY, (1, INFINITY)),
        ((-1, -2, -1), 0, INFINITY, None),
        ((-1, 2, -1), 0, INFINITY, (1, 1)),
        ((0, 0, -1), 0, 7, (0, 0)),
        ((-1, 0, 0, 0, 0, 1), 0, INFINITY, (1, INFINITY)),
        ((-1, 2, -1, 0, 0), 2, 3, None),
        ((3,), 1, 2, (1, 2)),
        ((-3,), 1, 2, None),
    ],
)
def test_parts_where_a_polynomial_is_not_negative(p, low, high, part) -> None:
    assert feasible_part(p, low, high) == part


@pytest.mark.parametrize("seed", range(60))
def test_no_feasible_argument_is_left_out_and_no_value_exceeds_the_supremum(seed) -> None:
    rng = np.random.default_rng(seed)
    p = (rng.standard_normal(int(rng.integers(1, 8))) * 10.0 ** rng.integers(-6, 7)).tolist()
    low, width = rng.uniform(0, 2, 2)
    high = INFINITY if rng.random() < 0.3 else low + width
    part, top = feasible_part(p, low, high), Bounded.of(p).supremum(low, high)
    for t in np.linspace(low, min(high, 50.0), 300).tolist():
        exact = value(p, t)
        assert exact <= top or top == INFINITY
        if exact >= 0:
            assert part is not None and part[0] <= t <= part[1]


def test_roots_are_enclosed_to_the_last_digits() -> None:
    low, high = feasible_part((-2.0, 0.0, 0.0, 1.0), 0.0, 3.0)
    assert Fraction(low) ** 3 <= 2 <= Fraction(math.nextafter(math.nextafter(low, 9), 9)) ** 3
    assert high == 3.0


@pytest.mark.parametrize("seed", range(20))
def test_rounded_operations_are_on_the_right_side(seed) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(50):
        a, b, c, d = (rng.standard_normal(4) * 10.0 ** rng.uniform(-9, 9, 4)).tolist()
        first, second = (min(a, b), max(a, b)), (min(c, d), max(c, d))
        products = [Fraction(s) * Fraction(t) for s in first for t in second]
        low, high = times(first, second)
        assert low <= min(products) and max(products) <= high
        k = int(rng.integers(1, 6))
        low, high = power(first, k)
        powers = [Fraction(s) ** k for s in first] + ([Fraction(0)] if first[0] < 0 < first[1] else [])
        assert low <= min(powers) and max(powers) <= high
        total = sum(map(Fraction, (a, b, c, d)), Fraction(0))
        assert total <= sum_above([a, b, c, d]) <= math.nextafter(float(total), INFINITY)


def test_fractions_lie_between_the_floats_next_to_them() -> None:
    low, high = enclosed(Fraction(1, 3))
    assert Fraction(low) < Fraction(1, 3) < Fraction(high) and math.nextafter(low, 1) == high
    assert enclosed(Fraction(1, 4)) == (0.25, 0.25)
    assert enclosed(Fraction(10) ** 400)[1] == INFINITY and math.isfinite(enclosed(Fraction(10) ** 400)[0])
    assert times((0.0, 0.0), (-INFINITY, INFINITY)) == (0.0, 0.0)
