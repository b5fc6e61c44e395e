"""Cusps and tangencies: sets at whose points no first derivatives say where to go."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import Case, attained
from ..family import dyadic, family, place, positive
from ..images import moved
from ..rational import affine, squared_norm, unknowns

#: Directions of rational length: the legs and the hypotenuse.
TRIPLES = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (4, 3, 5), (-3, 4, 5), (12, -5, 13))


@family("cusps and tangencies")
def cusp(draw: Random) -> Case:
    """Minimise a multiple of `x - a` where `α (x - a)^k = β (y - b)²` with `k` odd: `x ≥ a`, so the minimum is 0."""
    k = draw.choice((3, 3, 3, 5, 7))
    x, y = unknowns(2)
    curve = positive(draw, 4, 1) * x**k - positive(draw, 4, 1) * y**2
    case = Case(positive(draw) * x, (), (curve,), attained(0, (Fraction(0),) * 2))
    if draw.random() < 0.5:
        case = Case(case.objective, (curve,), (), case.truth)
    return moved(case, place(draw, 2, 2, draw.choice((1, 3)))) if draw.random() < 0.7 else case


@family("cusps and tangencies")
def cusp_with_a_slope(draw: Random) -> Case:
    """Minimise `x + λ y`, `|λ| ≤ 1`, where `x³ ≥ y²` and `x ≤ 1`: at least `x - x^1.5 ≥ 0`, so 0, at the cusp."""
    x, y = unknowns(2)
    slope = dyadic(draw, -0.875, 0.875)
    case = Case(x + slope * y, (x**3 - y**2, 1 - x), (), attained(0, (Fraction(0),) * 2))
    return moved(case, place(draw, 2)) if draw.random() < 0.6 else case


@family("cusps and tangencies")
def tangent_line(draw: Random) -> Case:
    """A curve `x ≥ c (y - b)^k`, `k` even, met by `x ≤ 0`: the point `(0, b)` alone."""
    k, b = draw.choice((2, 4, 6)), dyadic(draw, -2, 2)
    x, y = unknowns(2)
    slope, up = dyadic(draw, -2, 2), dyadic(draw, -2, 2)
    curve = x - positive(draw, 2) * (y - b) ** k
    return Case(slope * x + up * y, (curve, -x), (), attained(up * b, (Fraction(0), b)))


@family("cusps and tangencies")
def touching_discs(draw: Random) -> Case:
    """Two discs that touch in a rational point, all that is feasible."""
    p, q, length = draw.choice(TRIPLES)
    unit = (Fraction(p, length), Fraction(q, length))
    first, second = positive(draw, 2, 2), positive(draw, 2, 2)
    start = place(draw, 2, 2, 2)
    far = tuple(s + (first + second) * u for s, u in zip(start, unit, strict=True))
    touch = tuple(s + first * u for s, u in zip(start, unit, strict=True))
    objective = affine(place(draw, 2))
    discs = (first**2 - squared_norm(2, start), second**2 - squared_norm(2, far))
    return Case(objective, discs, (), attained(objective(touch), touch))


@family("cusps and tangencies")
def tangent_parabolas(draw: Random) -> Case:
    """Between `y ≥ a x²` and `y ≤ b x²` with `a > b`: the origin alone; with `a < b`, `x ≥ 0`, a horn from there."""
    x, y = unknowns(2)
    low, more = dyadic(draw, -1, 1), positive(draw, 1)
    k = draw.choice((2, 2, 4))
    origin = (Fraction(0),) * 2
    if draw.random() < 0.5:
        objective = affine(place(draw, 2))
        case = Case(objective, (y - (low + more) * x**k, low * x**k - y), (), attained(0, origin))
    else:
        horn = (y - low * x**k, (low + more) * x**k - y, x, 1 - x)
        case = Case(x, horn, (), attained(0, origin))
    return moved(case, place(draw, 2)) if draw.random() < 0.5 else case


@family("cusps and tangencies")
def line_tangent_to_a_ball(draw: Random) -> Case:
    """A ball and an equation of a hyperplane that touches it: one point."""
    p, q, length = draw.choice(TRIPLES)
    n = draw.choice((2, 3))
    normal = (Fraction(p, length), Fraction(q, length), *([Fraction(0)] * (n - 2)))
    centre, radius = place(draw, n), positive(draw, 2, 2)
    touch = tuple(c + radius * u for c, u in zip(centre, normal, strict=True))
    plane = affine(normal)
    plane = plane - plane(touch)
    objective = affine(place(draw, n)) + draw.choice((0, 1)) * squared_norm(n)
    ball = radius**2 - squared_norm(n, centre)
    equation = ((ball,), (plane,)) if draw.random() < 0.5 else ((ball, plane), ())
    return Case(objective, *equation, attained(objective(touch), touch))
