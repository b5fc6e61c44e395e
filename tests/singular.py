"""Sums of squares whose every Gram matrix is singular: leading forms vanish on curves; the minimum is planted.

Each problem is a sum of weighted squares of polynomials with a common zero, plus a constant, the minimum. Coefficients
are multiples of an eighth and small, so that floats hold the expanded objective exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np

import momentsos as ms

Squares = list[tuple[int, ms.Polynomial]]


def singular_problem(seed: int) -> tuple[ms.Problem, float]:
    """Return a problem of one of the kinds, in turn, and its minimum."""
    rng = np.random.default_rng([20261130, seed])
    kind = KINDS[seed % len(KINDS)]
    squares = kind(rng)
    offset = float(rng.integers(-8, 9)) / 4
    return ms.Problem(sum((weight * p * p for weight, p in squares), 0 * squares[0][1]) + offset), offset


def _number(rng: np.random.Generator, parts: int = 4) -> Fraction:
    """Return a multiple of one over `parts` between -2 and 2, not zero."""
    return Fraction(int(rng.choice([-1, 1])) * int(rng.integers(1, 2 * parts + 1)), parts)


def _weight(rng: np.random.Generator) -> int:
    return int(rng.choice([1, 1, 2, 5, 10, 100]))


def _through(p: ms.Polynomial, point: list[Fraction], names: tuple[str, ...]) -> ms.Polynomial:
    """Return a polynomial less its value at a point."""
    own = p.over(names)
    value = sum(
        (
            Fraction(c) * _power(point, row)
            for c, row in zip(own.coefficients.tolist(), own.exponents.tolist(), strict=True)
        ),
        Fraction(0),
    )
    return own - float(value)


def _power(point: list[Fraction], row: list[int]) -> Fraction:
    found = Fraction(1)
    for value, power in zip(point, row, strict=True):
        found *= value**power
    return found


def _start(
    rng: np.random.Generator, low: int, high: int
) -> tuple[list[ms.Polynomial], list[Fraction], tuple[str, ...]]:
    n = int(rng.integers(low, high))
    x = list(ms.variables(" ".join(f"x{i}" for i in range(1, n + 1))))
    return x, [Fraction(int(rng.integers(-2, 3)), 2) for _ in range(n)], tuple(f"x{i}" for i in range(1, n + 1))


def valley(rng: np.random.Generator) -> Squares:
    """Each variable follows a quadratic of the one before; Rosenbrock's chains are of this kind."""
    x, point, names = _start(rng, 2, 5)
    parts = [(_weight(rng), _through(x[0], point, names))]
    for before, after in pairwise(x):
        curve = float(_number(rng)) * before**2 + float(rng.integers(-1, 2)) * before
        parts.append((_weight(rng), _through(after - curve, point, names)))
    return parts


def cubic_valley(rng: np.random.Generator) -> Squares:
    """Two variables near a cubic curve."""
    x, point, names = _start(rng, 2, 3)
    curve = float(_number(rng, 2)) * x[0] ** 3 + float(_number(rng, 2)) * x[0] ** 2
    return [(_weight(rng), _through(x[1] - curve, point, names)), (_weight(rng), _through(x[0], point, names))]


def flat_directions(rng: np.random.Generator) -> Squares:
    """Squares of linear forms, and fourth powers of others that do not span; Powell's function is of this kind."""
    x, point, names = _start(rng, 3, 5)

    def form() -> ms.Polynomial:
        chosen = rng.choice(len(x), 2, replace=False)
        return _through(sum((float(_number(rng, 1)) * x[i] for i in chosen), 0 * x[0]), point, names)

    parts = [(_weight(rng), form()) for _ in range(len(x))]
    return parts + [(_weight(rng), form() ** 2) for _ in range(len(x) - 2)]


def common_factor(rng: np.random.Generator) -> Squares:
    """Quadratics whose leading forms have a linear factor in common."""
    x, point, names = _start(rng, 2, 4)
    shared = sum((float(_number(rng, 1)) * each for each in x), 0 * x[0])
    parts = []
    for _ in range(len(x)):
        other = sum((float(_number(rng, 2)) * each for each in x), 0 * x[0])
        lower = sum((float(_number(rng, 2)) * each for each in x), 0 * x[0])
        parts.append((_weight(rng), _through(shared * other + lower, point, names)))
    return parts


def products(rng: np.random.Generator) -> Squares:
    """Residuals that are linear in one variable, with powers of the other; Beale's function is of this kind."""
    x, point, names = _start(rng, 2, 3)
    return [
        (_weight(rng), _through(x[0] * (float(_number(rng, 1)) - x[1] ** power), point, names))
        for power in range(1, int(rng.integers(2, 4)) + 1)
    ]


KINDS: tuple[Callable[[np.random.Generator], Squares], ...] = (
    valley,
    cubic_valley,
    flat_directions,
    common_factor,
    products,
)
