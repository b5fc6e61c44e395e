"""Sets that are a point, thin, empty by a margin, or in two pieces."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random

from ..case import EMPTY, Case, attained
from ..family import dyadic, family, nonzero, place, positive
from ..rational import affine, squared_norm, total, unknowns
from .curves import TRIPLES


def margin(draw: Random) -> Fraction:
    """Return a width between 0.1 and 1e-9."""
    return Fraction(draw.randint(1, 9), 10 ** draw.randint(1, 9))


@family("points and thin sets")
def single_point(draw: Random) -> Case:
    """`Σ β_i (x_i - a_i)^{2k} ≤ 0` or `= 0`, or coordinates fixed by squared equations."""
    n, k = draw.choice((1, 2, 2, 3)), draw.choice((1, 1, 2, 3))
    a = place(draw, n)
    x = unknowns(n)
    powers = total((positive(draw) * (v - c) ** (2 * k) for v, c in zip(x, a, strict=True)), n)
    objective = affine(place(draw, n)) + draw.choice((0, 1)) * x[0] ** 3
    truth = attained(objective(a), a)
    return Case(objective, (-powers,), (), truth) if draw.random() < 0.5 else Case(objective, (), (powers,), truth)


@family("points and thin sets")
def point_between_constraints(draw: Random) -> Case:
    """Inequalities that leave one point: `g ≥ 0` and `-g ≥ 0` for as many forms as variables."""
    n = draw.choice((2, 3))
    a = place(draw, n)
    x = unknowns(n)
    own = [v - c for v, c in zip(x, a, strict=True)]
    forms = own[:1]
    for before, form in pairwise(own):  # each adds one unknown, so that they vanish together at `a` alone
        forms.append(form + draw.randint(-2, 2) * before ** draw.choice((1, 2)))
    around = 100 - squared_norm(n)
    objective = affine(place(draw, n)) + draw.choice((0, 1)) * squared_norm(n, place(draw, n))
    return Case(objective, (around, *forms, *(-f for f in forms)), (), attained(objective(a), a))


@family("points and thin sets")
def thin_band(draw: Random) -> Case:
    """Minimise `y` in the band of width `ε` around `y = β (x - a)²`, or `y` and `x` around a parabola in a box."""
    x, y = unknowns(2)
    width, a, b = margin(draw), dyadic(draw, -2, 2), positive(draw)
    curve = y - b * (x - a) ** 2
    return Case(y, (width - curve, curve + width), (), attained(-width, (a, -width)))


@family("points and thin sets")
def thin_ring(draw: Random) -> Case:
    """Minimise `u·x` for a direction of rational length in a ring between the radii `r` and `r + ε`."""
    p, q, length = draw.choice(TRIPLES)
    r, width = positive(draw, 2, 2), margin(draw)
    centre = place(draw, 2)
    objective = affine([p, q])
    far = tuple(c - (r + width) * Fraction(u, length) for c, u in zip(centre, (p, q), strict=True))
    distance = squared_norm(2, centre)
    return Case(objective, (distance - r**2, (r + width) ** 2 - distance), (), attained(objective(far), far))


@family("points and thin sets")
def thin_box(draw: Random) -> Case:
    """A convex quadratic centred at a corner of a box whose sides are down to 1e-9 wide."""
    n = draw.choice((2, 3))
    corner = place(draw, n)
    widths = [draw.choice((Fraction(1), margin(draw))) for _ in range(n)]
    x = unknowns(n)
    walls = [g for v, c, w in zip(x, corner, widths, strict=True) for g in (v - c, c + w - v)]
    slopes = affine([positive(draw) for _ in range(n)])
    objective = slopes + positive(draw) * squared_norm(n, corner)
    return Case(objective, tuple(walls), (), attained(objective(corner), corner))


@family("empty sets")
def empty_line(draw: Random) -> Case:
    """`x ≥ a + m` and `x ≤ a` for the first variable, or the same of an affine form."""
    n, gap = draw.choice((1, 2, 3)), margin(draw)
    form = affine([nonzero(draw) for _ in range(n)], dyadic(draw, -2, 2))
    objective = affine(place(draw, n)) + draw.choice((0, 1)) * squared_norm(n)
    return Case(objective, (form - gap, -form), (), EMPTY)


@family("empty sets")
def empty_disc(draw: Random) -> Case:
    """A disc of radius `r` and the half-plane beyond it by `m`; or no disc at all, `|x - a|² ≤ -m`."""
    gap, r = margin(draw), positive(draw, 2, 2)
    n = draw.choice((2, 2, 3))
    centre = place(draw, n)
    objective = affine(place(draw, n))
    if draw.random() < 0.5:
        return Case(objective, (-gap - squared_norm(n, centre),), (), EMPTY)
    p, q, length = draw.choice(TRIPLES)
    plane = affine([p, q, *([0] * (n - 2))])
    plane = plane - plane(centre)
    return Case(objective, (r**2 - squared_norm(n, centre), plane - length * (r + gap)), (), EMPTY)


@family("empty sets")
def empty_curve(draw: Random) -> Case:
    """`y ≥ (x - a)^{2k} + m` and `y ≤ 0`; `x y ≥ r² / 2 + m` in a disc of radius `r`; `p² + m = 0`."""
    x, y = unknowns(2)
    gap, a, r = margin(draw), dyadic(draw, -2, 2), positive(draw, 2, 2)
    objective = affine(place(draw, 2))
    kind = draw.randrange(3)
    if kind == 0:
        return Case(objective, (y - (x - a) ** draw.choice((2, 4, 6)) - gap, -y), (), EMPTY)
    if kind == 1:
        return Case(objective, (x * y - r**2 / 2 - gap, r**2 - squared_norm(2)), (), EMPTY)
    return Case(objective, (9 - squared_norm(2),), ((x**2 - a * y) ** 2 + gap,), EMPTY)


@family("empty sets")
def empty_system(draw: Random) -> Case:
    """Equations without a common real root: two values of one polynomial; a sum of squares that is negative."""
    x, y = unknowns(2)
    gap = margin(draw)
    p = x**2 + nonzero(draw) * x * y + nonzero(draw) * y
    box = (4 - x**2, 4 - y**2)
    pair = (p - 1, (p - 1 - gap) * draw.randint(1, 3)) if draw.random() < 0.5 else (x**2 + y**2 - 2, x * y - 1 - gap)
    return Case(affine(place(draw, 2)), box, pair, EMPTY)


@family("two components")
def outside_an_interval(draw: Random) -> Case:
    """`(x - a)(x - b) ≥ 0` in a longer interval, with an objective that is linear or a parabola between the pieces."""
    (x,) = unknowns(1)
    a = dyadic(draw, -2, 2)
    b, low = a + positive(draw, 2), a - positive(draw, 2)
    high = b + positive(draw, 2)
    middle = a + (b - a) * Fraction(draw.randint(1, 7), 8)
    objective = (x - middle) ** 2 if draw.random() < 0.5 else nonzero(draw) * x
    ends = [(end,) for end in (low, a, b, high)]
    best = min(ends, key=objective)  # monotone on each piece
    others = [end for end in ends if end != best]
    return Case(objective, ((x - a) * (x - b), x - low, high - x), (), attained(objective(best), best, *others))


@family("two components")
def two_discs(draw: Random) -> Case:
    """Minimise `u·x` over the union of two discs, where the product of their functions is at most zero.

    The discs are apart, so the product is negative in one of them only.
    """
    p, q, length = draw.choice(TRIPLES)
    objective = affine([p, q])
    radii = [positive(draw, 1, 2), positive(draw, 1, 2)]
    first = place(draw, 2)
    second = (first[0] + draw.choice((-1, 1)) * (sum(radii) + positive(draw)), first[1] + dyadic(draw, -2, 2))
    lows = []
    for centre, r in zip((first, second), radii, strict=True):
        lows.append(tuple(c - r * Fraction(u, length) for c, u in zip(centre, (p, q), strict=True)))
    lows.sort(key=objective)
    discs = [squared_norm(2, c) - r**2 for c, r in zip((first, second), radii, strict=True)]
    return Case(objective, (-discs[0] * discs[1],), (), attained(objective(lows[0]), *lows))


@family("two components")
def two_points(draw: Random) -> Case:
    """`Σ ((x_i - a_i)(x_i - b_i))² = 0`, or an equation for each coordinate: the corners of a box."""
    n = draw.choice((1, 2, 3))
    sides = [tuple(sorted(place(draw, 2, 2, 2))) for _ in range(n)]
    x = unknowns(n)
    equations = [(v - low) * (v - high) for v, (low, high) in zip(x, sides, strict=True)]
    slopes = [nonzero(draw) for _ in range(n)]
    objective = affine(slopes)
    best = tuple(side[0] if slope > 0 else side[1] for side, slope in zip(sides, slopes, strict=True))
    if draw.random() < 0.5:
        equations = [total((e * e for e in equations), n)]
    return Case(objective, (), tuple(equations), attained(objective(best), best))


@family("two components")
def isolated_point(draw: Random) -> Case:
    """Minimise where `(x - a)^{2k} (x - b) ≥ 0`, `a` below `b`: at `a`, which no descent finds; or nowhere else."""
    n, k = draw.choice((1, 1, 2)), draw.choice((1, 1, 2))
    x = unknowns(n)
    a, width = dyadic(draw, -2, 2), positive(draw)
    walls = [(x[0] - a) ** (2 * k) * (x[0] - a - width), 36 - squared_norm(n)]
    if draw.random() < 0.4:
        walls.append(a + width - margin(draw) * width - x[0])
    c = dyadic(draw, -2, 2)
    objective = positive(draw) * x[0] + (positive(draw) * (x[1] - c) ** 2 if n > 1 else 0)
    point = (a, c)[:n]
    return Case(objective, tuple(walls), (), attained(objective(point), point))
