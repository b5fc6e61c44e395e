"""Products bounded from below: the mean inequalities, and sets that end in thin tails."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import EMPTY, Case, attained
from ..family import dyadic, family, positive
from ..images import lifted, moved
from ..rational import affine, product_of, unknowns


def mean_inequality(draw: Random, powers: list[int]) -> Case:
    r"""Minimise :math:`\sum a_i x_i` where :math:`\prod x_i^{k_i} \ge \prod p_i^{k_i}`, :math:`x \ge 0`.

    With :math:`a_i = t k_i / p_i` the weighted means of :math:`x_i / p_i` give the minimum :math:`t \sum k_i`, at `p`.
    """
    n = len(powers)
    point = tuple(positive(draw, 3, 2) for _ in powers)
    t = positive(draw, 4, 1)
    x = unknowns(n)
    level = Fraction(1)
    for p, k in zip(point, powers, strict=True):
        level *= p**k
    objective = affine([t * k / p for k, p in zip(powers, point, strict=True)])
    product = product_of((v**k for v, k in zip(x, powers, strict=True)), n)
    return Case(objective, (product - level, *x), (), attained(t * sum(powers), point))


@family("hyperbolas")
def hyperbola(draw: Random) -> Case:
    """Two variables, first powers; sometimes with the sign of one variable left to follow from the other."""
    case = mean_inequality(draw, [1, 1])
    kept = draw.choice((case.inequalities, case.inequalities[:2]))
    return Case(case.objective, kept, (), case.truth)


@family("hyperbolas")
def hyperbola_of_powers(draw: Random) -> Case:
    """Two variables, powers up to 3, as `x y³ ≥ 1`."""
    return mean_inequality(draw, draw.choice([[1, 3], [3, 1], [1, 2], [2, 1], [2, 3], [3, 2], [2, 2], [3, 3]]))


@family("hyperbolas")
def mean_of_several(draw: Random) -> Case:
    """Three or four variables; sometimes moved, or with a constant in the objective."""
    case = mean_inequality(draw, draw.choice([[1, 1, 1], [1, 1, 1, 1], [1, 2, 1], [2, 1, 1]]))
    case = moved(case, [draw.randint(-3, 3) for _ in range(case.n)]) if draw.random() < 0.5 else case
    return lifted(case, draw.randint(-5, 5)) if draw.random() < 0.3 else case


@family("hyperbolas")
def hyperbola_with_a_wall(draw: Random) -> Case:
    """Minimise `a x` where `x y^k ≥ c`, `x ≥ 0`, `y ≤ w`, `k` odd: `y` is positive, so the minimum is `a c / w^k`."""
    k, a = draw.choice((1, 3, 5)), draw.choice((1, 10, 100)) * positive(draw, 2)
    c, wall = positive(draw, 2), positive(draw, 2, 1)
    x, y = unknowns(2)
    least = c / wall**k
    return Case(a * x, (x * y**k - c, x, wall - y), (), attained(a * least, (least, wall)))


@family("hyperbolas")
def hyperbola_as_an_equation(draw: Random) -> Case:
    """The mean inequality on the curve itself, in the quadrant, with a box that excludes nothing near the minimum."""
    case = mean_inequality(draw, draw.choice([[1, 1], [1, 2], [1, 3]]))
    product, x, y = case.inequalities
    wide = 10 * max(case.truth.points[0])
    return Case(case.objective, (x, y, wide - x) if draw.random() < 0.5 else (x, y), (product,), case.truth)


@family("empty sets")
def hyperbola_missed(draw: Random) -> Case:
    """Where `x ≥ 0` and `y ≤ -w`, no odd power makes `x y^k` positive: empty, with tails that come near."""
    k, c = draw.choice((1, 3)), positive(draw, 2)
    x, y = unknowns(2)
    curve = x * y**k - c
    walls = (x, -positive(draw, 2) - y)
    objective = affine([draw.choice((0, 1)), dyadic(draw, -1, 1)])
    return (
        Case(objective, walls, (curve,), EMPTY) if draw.random() < 0.5 else Case(objective, (*walls, curve), (), EMPTY)
    )
