"""Convex quartics from sums of squares, as shape-constrained fits make them."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import Case, attained
from ..family import dyadic, family, nonzero, place, positive
from ..rational import Point, affine, squared_norm, total


def _forms(draw: Random, p: Point, count: int) -> list:
    forms = []
    for _ in range(count):
        form = affine([nonzero(draw, 2, 2) if draw.random() < 0.7 else Fraction(0) for _ in p])
        forms.append(form - form(p))
    return forms


@family("convex")
def convex_quartic(draw: Random) -> Case:
    """`Σ w_k ((l_k + r_k)⁴ + (l_k - r_k)⁴) + Σ l²` with forms `l` that vanish at `p`: least there, `2 Σ w_k r_k⁴`."""
    n = draw.choice((1, 2, 3, 4, 5, 6))
    p = place(draw, n)
    objective, least = total([], n), Fraction(0)
    for form in _forms(draw, p, n + draw.randint(0, 2)):
        w, r = positive(draw, 2), draw.choice((Fraction(0), positive(draw, 1)))
        objective, least = objective + w * ((form + r) ** 4 + (form - r) ** 4), least + 2 * w * r**4
    objective = objective + total((form**2 for form in _forms(draw, p, draw.randint(0, n))), n)
    return Case(objective, (), (), attained(least, p))


@family("convex")
def convex_in_many_variables(draw: Random) -> Case:
    """The same in eight to eleven variables, forms in two of them, of coefficients that differ in size."""
    n = draw.choice((8, 9, 10, 11))
    p = place(draw, n, 1)
    objective, least = total([], n), Fraction(0)
    for i in range(n):
        j = draw.choice([k for k in range(n) if k != i])
        form = affine([nonzero(draw, 2, 2) if k in (i, j) else Fraction(0) for k in range(n)])
        form = (form - form(p)) * draw.choice((Fraction(1), Fraction(1, 8), Fraction(4)))
        r = draw.choice((Fraction(0), positive(draw, 1)))
        objective, least = objective + (form + r) ** 4 + (form - r) ** 4, least + 2 * r**4
    objective = objective + squared_norm(n, p) * draw.choice((Fraction(0), Fraction(1, 64), Fraction(1)))
    return Case(objective, (), (), attained(least, p))


@family("convex")
def convex_program(draw: Random) -> Case:
    """A convex quartic plus a linear term that a multiplier of an active ball balances: `f - f(p) ≥ λ g ≥ 0`."""
    n = draw.choice((2, 3))
    p = place(draw, n)
    centre = place(draw, n)
    ball = squared_norm(n, centre)(p) - squared_norm(n, centre)
    objective = total((form**4 for form in _forms(draw, p, n)), n)
    objective = objective + squared_norm(n, p) * positive(draw) + ball * dyadic(draw, 0, 2)
    least = dyadic(draw, -3, 3)
    return Case(objective + least, (ball,), (), attained(least, p))


@family("convex")
def least_squares_fit(draw: Random) -> Case:
    """`Σ (a_k·x - b_k)²` with `b = A p + r`, `A' r = 0`: least `|r|²`, which may be small against `|b|²`."""
    n = draw.choice((1, 2, 3))
    p = place(draw, n, 4)
    small = draw.choice((Fraction(1), Fraction(1, 2**10), Fraction(1, 2**20)))
    objective, least = total([], n), Fraction(0)
    for _ in range(n + 1):
        row = [nonzero(draw) for _ in range(n)]
        form, r = affine(row) - affine(row)(p), dyadic(draw, 0, 2) * small
        objective, least = objective + (form + r) ** 2 + (form - r) ** 2, least + 2 * r**2
    return Case(objective, (), (), attained(least, p))
