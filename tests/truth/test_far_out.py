"""What is said of all of R^n is proved: an identity that was mended in floats alone says nothing of what is far out."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest

import momentsos as ms

#: Of (x + p)² (y + q)² ..., in the order of `EXPONENTS`, and the infimum, which is approached for y → ∞ only.
EXPONENTS = [(2, 2), (2, 1), (2, 0), (1, 2), (1, 1), (1, 0), (0, 2), (0, 1), (0, 0)]
EXCEEDED = [
    ([1.0, -1.75, 3.640625, 0.5, -3.375, 4.0078125, 0.0625, -0.734375, 4.3369140625], 2),
    ([1.0, 0.25, 2.265625, 2.5, -2.625, 5.2578125, 1.5625, -3.671875, 5.9228515625], 0.25),
    ([1.0, -0.75, 0.765625, 2.0, -5.25, 2.9375, 1.0, -4.5, 5.6875], 0),
    ([1.0, 0.25, 2.515625, 3.0, -3.0, 7.078125, 2.25, -5.0625, 8.47265625], 0),
    ([1.0, -2.75, 3.015625, -4.0, 7.75, -7.59375, 4.0, -4.5, 7.390625], 1.625),
]


@pytest.mark.parametrize(("coefficients", "infimum"), EXCEEDED)
def test_an_infimum_at_infinity_is_not_exceeded_by_rounding(coefficients: list[float], infimum: float) -> None:
    objective = ms.Polynomial.from_terms(np.array(EXPONENTS), coefficients, ("x", "y"))
    result = ms.solve(ms.Problem(objective))
    assert result.lower_bound <= infimum


def _squares_at_infinity(draw: Random) -> tuple[ms.Polynomial, Fraction]:
    """Return (u v - c)² + a u² + b in sheared and shifted coordinates: its infimum b is reached far out only."""
    x, y = ms.variables("x y")
    a, b, c, p, q, s = (Fraction(draw.randint(1, 24), 8) for _ in range(6))
    u, v = x + p, y - draw.choice((0, q)) * x - s
    return (u * v ** draw.choice((1, 1, 2)) - c) ** 2 + a / 8 * u ** draw.choice((2, 4)) + b, b


@pytest.mark.parametrize("seed", range(12))
def test_bounds_over_everything_are_proved_or_not_called_so(seed: int) -> None:
    objective, infimum = _squares_at_infinity(Random(seed))
    result = ms.solve(ms.Problem(objective), time_limit=10)
    if result.lower_bound is not None and result.region.everything:
        assert Fraction(result.lower_bound) <= infimum
        assert result.rigorous
