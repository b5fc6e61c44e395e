"""One variable: minima from isolated real roots of the derivative."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import Case, enclosed
from ..family import dyadic, family, nonzero, positive
from ..oracles import univariate
from ..rational import Poly, total, unknowns


def polynomial(coefficients: list[Fraction]) -> Poly:
    """Return the polynomial with these coefficients, in rising powers."""
    (x,) = unknowns(1)
    return total((c * x**k for k, c in enumerate(coefficients)), 1)


@family("one variable")
def even_polynomial(draw: Random) -> Case:
    """A random polynomial of even degree that rises on both sides."""
    degree = draw.choice((2, 4, 4, 6, 6, 8))
    coefficients = [*(dyadic(draw, -4, 4) for _ in range(degree)), positive(draw)]
    low, high, _ = univariate(coefficients)
    return Case(polynomial(coefficients), (), (), enclosed(low, high))


@family("one variable")
def polynomial_on_an_interval(draw: Random) -> Case:
    """A random polynomial over an interval, given by two walls, their product, or a half-line where it rises."""
    coefficients = [dyadic(draw, -4, 4) for _ in range(draw.randint(3, 9))]
    left = dyadic(draw, -2, 1)
    right: Fraction | None = left + positive(draw)
    (x,) = unknowns(1)
    kind = draw.randrange(3)
    if kind == 2:
        coefficients, right = [*coefficients, positive(draw)], None
        walls = [x - left]
    else:
        walls = [x - left, right - x] if kind else [(x - left) * (right - x)]
    low, high, _ = univariate(coefficients, left, right)
    return Case(polynomial(coefficients), tuple(walls), (), enclosed(low, high, (left,)))


@family("high degree")
def high_degree(draw: Random) -> Case:
    """Degrees 10 to 16 in one variable, on the line or on an interval."""
    degree = draw.choice((10, 12, 14, 16))
    coefficients = [
        *(dyadic(draw, -2, 2) if draw.random() < 0.6 else Fraction(0) for _ in range(degree)),
        positive(draw),
    ]
    if draw.random() < 0.5:
        low, high, _ = univariate(coefficients)
        return Case(polynomial(coefficients), (), (), enclosed(low, high))
    (x,) = unknowns(1)
    low, high, _ = univariate(coefficients, Fraction(-1), Fraction(1))
    return Case(polynomial(coefficients), (1 - x**2,), (), enclosed(low, high))


@family("one variable")
def far_minimum(draw: Random) -> Case:
    """Lower terms as in `a x - b x³ + c x⁴` with a tiny `c`: the minimum is far out, and very low."""
    tiny = Fraction(draw.randint(1, 9), 10 ** draw.randint(3, 10))
    shape = draw.randrange(3)
    if shape == 0:
        coefficients = [Fraction(0), nonzero(draw), Fraction(0), nonzero(draw, 100), Fraction(float(tiny))]
    elif shape == 1:
        coefficients = [Fraction(0), nonzero(draw), Fraction(float(tiny))]
    else:
        coefficients = [Fraction(0), nonzero(draw), -positive(draw), nonzero(draw), Fraction(float(tiny))]
    low, high, _ = univariate(coefficients)
    return Case(polynomial(coefficients), (), (), enclosed(low, high))


@family("one variable")
def close_minima(draw: Random) -> Case:
    """Two wells whose depths differ by down to 1e-9: `((x - a)(x - b))²` and a small slope."""
    (x,) = unknowns(1)
    a, b = dyadic(draw, -2, 0, 2), dyadic(draw, 0.25, 2, 2)
    slope = draw.choice((-1, 1)) * Fraction(1, 2 ** draw.randint(3, 30))
    objective = ((x - a) * (x - b)) ** draw.choice((2, 4)) + slope * x
    coefficients = [objective.terms.get((k,), Fraction(0)) for k in range(objective.degree + 1)]
    low, high, _ = univariate(coefficients)
    return Case(objective, (), (), enclosed(low, high))
