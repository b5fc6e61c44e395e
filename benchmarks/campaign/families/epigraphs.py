"""Epigraphs of functions whose minimum is degenerate: points that violate by 1e-8 lie far below."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import Case, attained
from ..family import dyadic, family, nonzero, place, positive
from ..rational import Poly, affine, product_of, total, unknowns
from .nonnegative import motzkin


def epigraph(draw: Random, function: Poly, least: Fraction, *places: tuple[Fraction, ...]) -> Case:
    """Minimise `y` where `y` is at least a function of the others, which is least at `places`.

    Sometimes the constraint is scaled, and sometimes there is another one, far below.
    """
    n = function.n + 1
    x = unknowns(n)
    above = (x[-1] - function.at(x[:-1])) * draw.choice((Fraction(1), positive(draw, 8), Fraction(1, 64)))
    more = (x[-1] - least + draw.randint(1, 9),) if draw.random() < 0.4 else ()
    return Case(x[-1], (above, *more), (), attained(least, *((*p, least) for p in places)))


@family("degenerate minima")
def epigraph_of_a_power(draw: Random) -> Case:
    """`y ≥ β (x - a)^k + b`, `k` even."""
    (x,) = unknowns(1)
    a, b, k = dyadic(draw, -2, 2), dyadic(draw, -3, 3), draw.choice((2, 4, 4, 6, 8))
    return epigraph(draw, positive(draw, 2) * (x - a) ** k + b, b, (a,))


@family("degenerate minima")
def epigraph_of_two_minima(draw: Random) -> Case:
    """`y ≥ β ((x - a)(x - b))^k`, `k` even."""
    (x,) = unknowns(1)
    a, b = dyadic(draw, -2, 2, 2), dyadic(draw, -2, 2, 2)
    return epigraph(draw, positive(draw, 2) * ((x - a) * (x - b)) ** draw.choice((2, 2, 4)), Fraction(0), (a,), (b,))


@family("degenerate minima")
def epigraph_in_more_variables(draw: Random) -> Case:
    """`z ≥ Σ β_i l_i(x)^{k_i}` with even powers of affine forms that vanish at one point, or of a single form."""
    n = draw.choice((2, 2, 3))
    a = place(draw, n)
    forms = [affine(v) - affine(v)(a) for v in ([nonzero(draw) for _ in range(n)] for _ in range(draw.randint(1, n)))]
    function = total((positive(draw, 2) * form ** draw.choice((2, 4, 4)) for form in forms), n)
    return epigraph(draw, function, Fraction(0), a)


@family("degenerate minima")
def epigraph_of_a_square(draw: Random) -> Case:
    """`z ≥ m²` or `z ≥ m` with Motzkin's polynomial `m`, zero at `(±1, ±1)`."""
    m = motzkin()
    function = m * m if draw.random() < 0.5 else m
    ones = [(Fraction(s), Fraction(t)) for s in (1, -1) for t in (1, -1)]
    return epigraph(draw, function, Fraction(0), *ones)


@family("degenerate minima")
def nested_epigraph(draw: Random) -> Case:
    """Minimise `z` where `z ≥ y^k` and `y ≥ (x - a)^l`, or the same with equations."""
    x, y, z = unknowns(3)
    a = dyadic(draw, -2, 2)
    k, power = draw.choice((2, 4)), draw.choice((2, 4))
    first, second = z - y**k, y - positive(draw, 2) * (x - a) ** power
    truth = attained(0, (a, Fraction(0), Fraction(0)))
    return Case(z, (first,), (second,), truth) if draw.random() < 0.4 else Case(z, (first, second), (), truth)


@family("degenerate minima")
def flat_valley(draw: Random) -> Case:
    """Unconstrained: an even power of a curve's equation, or a product of such, plus a constant."""
    x, y = unknowns(2)
    a, b = place(draw, 2, 2, 2)
    curves = [x - a, y - b, x * y - a * b, (x - a) ** 2 - (y - b), (x - a) ** 3 - (y - b) ** 2]
    chosen = draw.sample(curves, 2)
    least = dyadic(draw, -4, 4)
    power = draw.choice((2, 2, 4))
    objective = product_of(chosen, 2) ** 2 if draw.random() < 0.3 else chosen[0] ** power + chosen[1] ** 2
    return Case(objective + least, (), (), attained(least, (a, b)))
