"""Signs, zeros and ones, small integers: minima by trying all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations, product
from random import Random

from ..case import EMPTY, Case, attained
from ..family import dyadic, family
from ..oracles import least
from ..rational import Poly, affine, product_of, total, unknowns


def _tried(objective: Poly, values: Sequence[Sequence[Fraction]], holds: Callable[[tuple], bool] = lambda _: True):
    points = [p for p in product(*values) if holds(p)]
    if not points:
        return EMPTY
    value, point = least(objective, points)
    return attained(value, point, *points[:2])


@family("discrete")
def signs(draw: Random) -> Case:
    """A random quadratic or cubic in up to six signs, `x² = 1`."""
    n = draw.choice((2, 3, 4, 5, 6))
    x = unknowns(n)
    objective = total((dyadic(draw, -2, 2, 1) * x[i] * x[j] for i, j in combinations(range(n), 2)), n)
    objective = objective + affine([dyadic(draw, -2, 2, 1) for _ in range(n)])
    if n > 2 and draw.random() < 0.3:
        objective = objective + draw.choice((-1, 1)) * x[0] * x[1] * x[2]
    truth = _tried(objective, [(Fraction(-1), Fraction(1))] * n)
    return Case(objective, (), tuple(v * v - 1 for v in x), truth)


@family("discrete")
def zeros_and_ones(draw: Random) -> Case:
    """A random quadratic where `x² = x`, sometimes with a knapsack that may leave nothing."""
    n = draw.choice((2, 3, 4, 5))
    x = unknowns(n)
    objective = total((dyadic(draw, -2, 2, 1) * x[i] * x[j] for i, j in combinations(range(n), 2)), n)
    objective = objective + affine([dyadic(draw, -2, 2, 1) for _ in range(n)])
    walls: list[Poly] = []
    if draw.random() < 0.5:
        weights = [draw.randint(1, 9) for _ in range(n)]
        walls.append(affine(weights, -draw.randint(1, sum(weights) + 2)))
    truth = _tried(objective, [(Fraction(0), Fraction(1))] * n, lambda p: all(g(p) >= 0 for g in walls))
    return Case(objective, tuple(walls), tuple(v * v - v for v in x), truth)


@family("discrete")
def partition(draw: Random) -> Case:
    """`(Σ a_i x_i)²` in signs: zero where the numbers divide evenly, and otherwise a gap that relaxations miss."""
    n = draw.choice((3, 4, 5))
    numbers = [draw.randint(1, 20) for _ in range(n)]
    objective = affine(numbers) ** 2
    truth = _tried(objective, [(Fraction(-1), Fraction(1))] * n)
    return Case(objective, (), tuple(v * v - 1 for v in unknowns(n)), truth)


@family("discrete")
def autocorrelation(draw: Random) -> Case:
    """The sum of squared autocorrelations of a sequence of signs, a quartic."""
    n = draw.choice((3, 4, 5, 6))
    x = unknowns(n)
    objective = total((total((x[i] * x[i + k] for i in range(n - k)), n) ** 2 for k in range(1, n)), n)
    objective = objective + draw.choice((0, 1)) * affine([dyadic(draw, -1, 1) for _ in range(n)])
    truth = _tried(objective, [(Fraction(-1), Fraction(1))] * n)
    return Case(objective, (), tuple(v * v - 1 for v in x), truth)


@family("discrete")
def small_integers(draw: Random) -> Case:
    """Each variable one of three or four integers, by an equation; a quadratic objective."""
    n = draw.choice((1, 2, 2, 3))
    x = unknowns(n)
    values = [sorted(draw.sample(range(-3, 4), draw.choice((2, 3, 4)))) for _ in range(n)]
    objective = total((dyadic(draw, -2, 2, 1) * x[i] * x[j] for i in range(n) for j in range(i + 1)), n)
    objective = objective + affine([dyadic(draw, -3, 3) for _ in range(n)])
    equations = tuple(product_of((v - k for k in own), n) for v, own in zip(x, values, strict=True))
    return Case(objective, (), equations, _tried(objective, [[Fraction(k) for k in own] for own in values]))
