"""Polytopes: concave objectives by their vertices, quadratics over the simplex by supports, bilinear by corners."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import Case, attained
from ..family import dyadic, family, nonzero, place, positive
from ..oracles import least, quadratic_on_simplex, vertices
from ..rational import Poly, affine, total, unknowns


def polytope(draw: Random, n: int) -> list[Poly]:
    """Return a box cut by half-spaces that all hold a ball around the origin."""
    x = unknowns(n)
    walls = [g for v in x for g in (v + positive(draw, 2), positive(draw, 2) - v)]
    cuts = (affine([nonzero(draw, 2) for _ in range(n)], positive(draw, 2)) for _ in range(draw.randint(0, 2)))
    return [*walls, *cuts]


@family("polytopes")
def concave_on_a_polytope(draw: Random) -> Case:
    """Minus a sum of squares of affine forms, least at a vertex."""
    n = draw.choice((2, 2, 3))
    walls = polytope(draw, n)
    forms = (affine(place(draw, n), dyadic(draw, -1, 1)) for _ in range(n))
    objective = total((-positive(draw, 2) * form**2 for form in forms), n) + affine(place(draw, n))
    value, point = least(objective, list(vertices(walls)))
    return Case(objective, tuple(walls), (), attained(value, point, (Fraction(0),) * n))


@family("polytopes")
def linear_program(draw: Random) -> Case:
    """A linear objective, least at a vertex; there may be several."""
    n = draw.choice((2, 3, 4))
    walls = polytope(draw, n)
    objective = affine([draw.choice((Fraction(0), nonzero(draw))) for _ in range(n)], dyadic(draw, -3, 3))
    value, point = least(objective, list(vertices(walls)))
    return Case(objective, tuple(walls), (), attained(value, point, (Fraction(0),) * n))


@family("polytopes")
def standard_quadratic(draw: Random) -> Case:
    """A random quadratic form over the standard simplex."""
    n = draw.choice((2, 3, 4, 5))
    x = unknowns(n)
    objective = total((dyadic(draw, -3, 3, 1) * x[i] * x[j] for i in range(n) for j in range(i + 1)), n)
    value, point = quadratic_on_simplex(objective)
    return Case(
        objective, tuple(x), (total(x, n) - 1,), attained(value, point, (Fraction(1), *([Fraction(0)] * (n - 1))))
    )


@family("polytopes")
def bilinear(draw: Random) -> Case:
    """A multilinear function over a box: least at a corner."""
    n = draw.choice((2, 3, 4))
    x = unknowns(n)
    low = place(draw, n)
    high = tuple(a + positive(draw) for a in low)
    objective = affine(place(draw, n))
    for i in range(n):
        for j in range(i):
            objective = objective + dyadic(draw, -2, 2) * x[i] * x[j]
    if n > 2:
        objective = objective + nonzero(draw, 2) * x[0] * x[1] * x[2]
    walls = [g for v, a, b in zip(x, low, high, strict=True) for g in (v - a, b - v)]
    value, point = least(objective, list(vertices(walls)))
    return Case(objective, tuple(walls), (), attained(value, point, low))
