"""Systems of equations with planted roots."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random

from ..case import Case, attained
from ..family import dyadic, family, nonzero, place
from ..images import moved, sheared
from ..oracles import least
from ..rational import Poly, affine, product_of, total, unknowns


def roots_of(draw: Random, count: int) -> list[Fraction]:
    """Return roots of small integers, some of which come more than once."""
    return [Fraction(draw.randint(-3, 3)) for _ in range(count)]


def chained(draw: Random, copies: bool) -> Case:
    """Equations `p(a) = 0`, `b = q(a)`, `c = constant` with a combination as objective; all roots are tried."""
    a, b, c = unknowns(3)
    roots = roots_of(draw, draw.choice((2, 3, 4)))
    p = product_of((a - r for r in roots), 3)
    q = (a - draw.choice(roots)) ** draw.choice((1, 2)) + draw.choice((0, dyadic(draw, -1, 1)))
    level = dyadic(draw, -2, 2)
    objective = affine(place(draw, 3)) + draw.choice((0, 1)) * a * b
    points = [(r, q((r, Fraction(0), Fraction(0))), level) for r in set(roots)]
    value, point = least(objective, points)
    equations = [p, b - q, c - level]
    if copies:
        equations += draw.sample([p, 2 * (b - q), c - level, p + c - level], draw.choice((1, 2)))
        draw.shuffle(equations)
    return Case(objective, (), tuple(equations), attained(value, point, *points))


@family("systems")
def chain_of_equations(draw: Random) -> Case:
    """The chain, each equation once."""
    return chained(draw, copies=False)


@family("dependent constraints")
def chain_with_copies(draw: Random) -> Case:
    """The chain with some equations twice, multiplied, or added to others."""
    return chained(draw, copies=True)


@family("systems")
def grid_of_roots(draw: Random) -> Case:
    """`Π_k (x_i - r_ik) = 0` for each variable, mixed by whole numbers and moved; all roots are tried."""
    n = draw.choice((2, 2, 3))
    x = unknowns(n)
    roots = [roots_of(draw, draw.choice((2, 3))) for _ in range(n)]
    equations = tuple(product_of((v - r for r in own), n) for v, own in zip(x, roots, strict=True))
    objective = affine(place(draw, n)) + dyadic(draw, -1, 1) * x[0] * x[1]
    value, point = least(objective, list(product(*roots)))
    case = sheared(Case(objective, (), equations, attained(value, point)), draw, 1)
    return moved(case, place(draw, n)) if draw.random() < 0.3 else case


@family("systems")
def two_conics(draw: Random) -> Case:
    """Two combinations of products of lines, which meet in four planted points."""
    while True:
        lines = [affine([nonzero(draw, 2, 1), dyadic(draw, -2, 2, 1)], dyadic(draw, -2, 2, 1)) for _ in range(4)]
        points = [_crossing(p, q) for p in lines[:2] for q in lines[2:]]
        if all(point is not None for point in points):
            break
    first, second = lines[0] * lines[1], lines[2] * lines[3]
    k = draw.choice((-2, -1, 1, 2))
    pair = (first + k * second, second) if draw.random() < 0.5 else (first, second)
    objective = affine(place(draw, 2)) + dyadic(draw, -1, 1) * unknowns(2)[0] ** 2
    value, point = least(objective, points)
    return Case(objective, (), pair, attained(value, point, *points))


def _crossing(p: Poly, q: Poly) -> tuple[Fraction, Fraction] | None:
    origin = (Fraction(0), Fraction(0))
    (a, b, e), (c, d, f) = ((*(form.derivative(i)(origin) for i in range(2)), form(origin)) for form in (p, q))
    bottom = a * d - b * c
    return None if bottom == 0 else ((b * f - d * e) / bottom, (c * e - a * f) / bottom)


@family("systems")
def triangular_system(draw: Random) -> Case:
    """`x_1` one of few roots, each further variable a polynomial of those before it, or a square root of one."""
    n = draw.choice((2, 3))
    x = unknowns(n)
    roots = roots_of(draw, 3)
    equations = [product_of((x[0] - r for r in roots), n)]
    partial: list[list[Fraction]] = [[r] for r in set(roots)]
    for i in range(1, n):
        square = draw.random() < 0.4
        q = nonzero(draw, 1, 1) * x[i - 1] + (draw.choice((0, 1)) * x[i - 1] ** 2)
        equations.append(x[i] ** 2 - q * q if square else x[i] - q)
        grown = []
        for point in partial:
            value = q([*point, *([Fraction(0)] * (n - len(point)))])
            grown += [[*point, v] for v in ({value, -value} if square else {value})]
        partial = grown
    objective = affine(place(draw, n))
    value, best = least(objective, [tuple(p) for p in partial])
    return Case(objective, (), tuple(equations), attained(value, best))


@family("systems")
def squares_of_equations(draw: Random) -> Case:
    """A polynomial system as the sum of its squares: zero at a planted root."""
    n = draw.choice((2, 3))
    p = place(draw, n)
    x = unknowns(n)
    objective = total([], n)
    for i in range(n):
        equation = x[i] ** 2 + nonzero(draw) * x[i - 1] * x[i] + affine(place(draw, n))
        objective = objective + (equation - equation(p)) ** 2
    return Case(objective, (), (), attained(0, p))
