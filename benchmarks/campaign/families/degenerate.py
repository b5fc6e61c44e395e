"""Minima of high multiplicity, without and with constraints."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import Case, attained
from ..family import dyadic, family, nonzero, place, positive
from ..rational import affine, squared_norm, total, unknowns


@family("degenerate minima")
def power_of_distance(draw: Random) -> Case:
    """`|x - a|^{2k}` plus a constant, or a weighted sum of even powers of coordinates."""
    n = draw.choice((1, 2, 3))
    a, least = place(draw, n), dyadic(draw, -3, 3)
    if draw.random() < 0.5:
        objective = positive(draw) * squared_norm(n, a) ** draw.choice((2, 3, 4))
    else:
        x = unknowns(n)
        objective = total((positive(draw) * (v - c) ** draw.choice((2, 4, 6)) for v, c in zip(x, a, strict=True)), n)
    return Case(objective + least, (), (), attained(least, a))


@family("degenerate minima")
def multiple_root(draw: Random) -> Case:
    """One variable: squares of factors `(x - r)^m`, with another that stays positive; zero at the roots."""
    (x,) = unknowns(1)
    roots = [dyadic(draw, -2, 2) for _ in range(draw.randint(1, 3))]
    objective = positive(draw) * (x**2 + positive(draw))
    for root in roots:
        objective = objective * (x - root) ** draw.choice((2, 4))
    least = draw.choice((Fraction(0), dyadic(draw, -3, 3)))
    return Case(objective + least, (), (), attained(least, *((root,) for root in roots)))


@family("degenerate minima")
def power_on_an_edge(draw: Random) -> Case:
    """Even powers of forms over a box with the zero on its boundary, where multipliers vanish."""
    n = draw.choice((1, 2, 3))
    a = tuple(draw.choice((Fraction(-1), Fraction(1), dyadic(draw, -1, 1))) for _ in range(n))
    forms = [affine(v) - affine(v)(a) for v in ([nonzero(draw) for _ in range(n)] for _ in range(n))]
    objective = total((positive(draw) * form ** draw.choice((2, 4)) for form in forms), n)
    walls = tuple(1 - v * v for v in unknowns(n))
    return Case(objective, walls, (), attained(0, a))


@family("degenerate minima")
def circle_of_minima(draw: Random) -> Case:
    """`(|x - a|² - r²)^{2k}` and more that vanishes on part of the sphere; a minimiser is rational."""
    n = draw.choice((2, 2, 3))
    a, r = place(draw, n), positive(draw, 2, 2)
    point = (a[0] + r, *a[1:])
    objective = (squared_norm(n, a) - r**2) ** draw.choice((2, 2, 4))
    x = unknowns(n)
    objective = objective + draw.choice((0, 1)) * (x[1] - a[1]) ** draw.choice((2, 4))
    return Case(objective, (), (), attained(0, point))


@family("degenerate minima")
def linear_over_a_flat_set(draw: Random) -> Case:
    """Minimise a linear function where `Σ β_i (x_i - a_i)^{2k} ≤ r^{2k}` in one coordinate each, a flat boundary.

    With the objective along one axis, the minimum is at `a - r e_1` for weights of 1 there.
    """
    n, k = draw.choice((2, 3)), draw.choice((2, 3, 4))
    a, r = place(draw, n), positive(draw, 2, 1)
    x = unknowns(n)
    weights = [Fraction(1), *(positive(draw) for _ in range(n - 1))]
    powers = (w * (v - c) ** (2 * k) for w, v, c in zip(weights, x, a, strict=True))
    set_ = r ** (2 * k) - total(powers, n)
    slope = positive(draw)
    return Case(slope * x[0], (set_,), (), attained(slope * (a[0] - r), (a[0] - r, *a[1:])))
