"""Boxes and balls: minima by enumeration of faces, or planted with multipliers and squares."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import Case, attained, enclosed
from ..family import dyadic, family, nonzero, place, positive
from ..oracles import quadratic_on_box, univariate
from ..rational import Point, Poly, affine, constant, squared_norm, total, unknowns

#: Points of rational length: coordinates and length.
ON_SPHERES = {
    2: ((3, 4, 5), (5, 12, 13), (-4, 3, 5), (1, 0, 1)),
    3: ((1, 2, 2, 3), (2, 3, 6, 7), (-2, 1, 2, 3), (0, 3, 4, 5)),
    4: ((1, 1, 1, 1, 2), (2, 4, 5, 6, 9), (1, -1, 1, -1, 2)),
}


def random_quadratic(draw: Random, n: int) -> Poly:
    """Return a quadratic with random signs of curvature."""
    x = unknowns(n)
    square = total((dyadic(draw, -2, 2) * x[i] * x[j] for i in range(n) for j in range(i + 1)), n)
    return square + affine(place(draw, n, 3), dyadic(draw, -3, 3))


def on_sphere(draw: Random, n: int) -> tuple[Point, Fraction]:
    """Return a rational point and its rational length."""
    *point, length = draw.choice(ON_SPHERES[n])
    return tuple(Fraction(p) for p in point), Fraction(length)


@family("boxes and balls")
def quadratic_on_a_box(draw: Random) -> Case:
    """A random quadratic over a box, written with linear or quadratic walls; the minimum over all faces."""
    n = draw.choice((1, 2, 2, 3, 3, 4))
    low = place(draw, n)
    high = tuple(p + positive(draw) for p in low)
    objective = random_quadratic(draw, n)
    x = unknowns(n)
    if draw.random() < 0.5:
        walls = [(v - a) * (b - v) for v, a, b in zip(x, low, high, strict=True)]
    else:
        walls = [g for v, a, b in zip(x, low, high, strict=True) for g in (v - a, b - v)]
    value, point = quadratic_on_box(objective, low, high)
    return Case(objective, tuple(walls), (), attained(value, point, low, high))


@family("boxes and balls")
def quadratic_on_a_ball(draw: Random) -> Case:
    """`f = (x - p)' M (x - p) - μ (|x|² - |p|²)` in the ball of radius `|p|`, or on its sphere.

    With `M` positive semidefinite and `μ ≥ 0` the minimum is 0, at `p`; on the sphere `μ` has any sign.
    """
    n = draw.choice((2, 2, 3, 4))
    p, _ = on_sphere(draw, n)
    squares = total((affine(v) ** 2 for v in (place(draw, n) for _ in range(draw.randint(1, n)))), n)
    x = unknowns(n)
    squares = squares.at([v - c for v, c in zip(x, p, strict=True)])
    ball = squared_norm(n)(p) - squared_norm(n)
    least = dyadic(draw, -4, 4)
    if draw.random() < 0.4:
        return Case(squares + dyadic(draw, -3, 3) * ball + least, (), (ball,), attained(least, p))
    return Case(squares + dyadic(draw, 0, 3) * ball + least, (ball,), (), attained(least, p))


def vanishing(draw: Random, p: Point, degree: int) -> Poly:
    """Return a random polynomial of degree 1 or 2 that is zero at `p`."""
    n = len(p)
    form = affine([nonzero(draw, 2, 2) for _ in range(n)])
    if degree == 2:
        x = unknowns(n)
        form = form + total((dyadic(draw, -1, 1, 1) * v * w for v in x for w in x), n)
    return form - form(p)


def planted(draw: Random, p: Point, constraints: list[Poly], degree: int = 2) -> Poly:
    """Return `Σ q_j² + Σ (λ_i or s_i²) g_i` with all `q_j` and `s_i` zero at `p`, and multipliers where `g_i(p) = 0`.

    It is nonnegative where the constraints are, and zero at `p`.
    """
    n = len(p)
    objective = total((vanishing(draw, p, degree) ** 2 for _ in range(draw.randint(1, n))), n)
    for g in constraints:
        factor = constant(n, dyadic(draw, 0, 2)) if g(p) == 0 else vanishing(draw, p, 1) ** 2 * dyadic(draw, 0, 1)
        objective = objective + factor * g
    return objective


@family("boxes and balls")
def quartic_on_a_ball(draw: Random) -> Case:
    """Squares and multipliers planted at a point in a ball, or on its sphere."""
    n = draw.choice((2, 2, 3))
    p, length = on_sphere(draw, n)
    ball = length**2 + draw.choice((Fraction(0), positive(draw))) - squared_norm(n)
    least = dyadic(draw, -4, 4)
    return Case(planted(draw, p, [ball]) + least, (ball,), (), attained(least, p))


@family("boxes and balls")
def quartic_on_a_box(draw: Random) -> Case:
    """The same in a box, with the point in it, on a face or in a corner."""
    n = draw.choice((1, 2, 2, 3))
    p = tuple(draw.choice((Fraction(1), Fraction(-1), dyadic(draw, -1, 1))) for _ in range(n))
    x = unknowns(n)
    walls = [1 - v * v for v in x] if draw.random() < 0.5 else [g for v in x for g in (1 - v, 1 + v)]
    least = dyadic(draw, -4, 4)
    return Case(planted(draw, p, walls) + least, tuple(walls), (), attained(least, p))


@family("boxes and balls")
def separable_on_a_box(draw: Random) -> Case:
    """A sum of random polynomials of one variable each over a box; the minima of the parts are enclosed."""
    n = draw.choice((1, 2, 3))
    x = unknowns(n)
    objective, low, high = constant(n, 0), Fraction(0), Fraction(0)
    walls: list[Poly] = []
    for v in x:
        coefficients = [dyadic(draw, -3, 3) for _ in range(draw.choice((4, 5, 5, 7)))]
        left = dyadic(draw, -2, 0)
        right = left + positive(draw)
        a, b, _ = univariate(coefficients, left, right)
        low, high = low + a, high + b
        objective = objective + total((c * v**k for k, c in enumerate(coefficients)), n)
        walls += [v - left, right - v]
    return Case(objective, tuple(walls), (), enclosed(low, high))


@family("boxes and balls")
def ball_of_the_user(draw: Random) -> Case:
    """A radius given as ``bound=``: a quadratic with its minimum on the sphere, or a polynomial of one variable."""
    if draw.random() < 0.5:
        coefficients = [dyadic(draw, -3, 3) for _ in range(draw.choice((3, 4, 5, 6)))] + [positive(draw)]
        radius = positive(draw)
        (x,) = unknowns(1)
        low, high, _ = univariate(coefficients, -radius, radius)
        objective = total((c * x**k for k, c in enumerate(coefficients)), 1)
        return Case(objective, (), (), enclosed(low, high, (radius,), (-radius,)), radius=radius)
    n = draw.choice((2, 3))
    p, length = on_sphere(draw, n)
    ball = length**2 - squared_norm(n)
    squares = total((vanishing(draw, p, draw.choice((1, 2))) ** 2 for _ in range(draw.randint(1, n))), n)
    return Case(squares + positive(draw) * ball, (), (), attained(0, p), radius=length)
