"""Coefficients that are no floats, and huge ones that cancel."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import Case, attained
from ..family import awkward, family, place, positive
from ..images import lifted, moved, stretched, weighted
from ..rational import squared_norm, unknowns
from .bases import base


@family("fractions")
def thirds_and_sevenths(draw: Random) -> Case:
    """Problems in units, and around origins, that are no floats."""
    case = base(draw)
    case = stretched(case, [awkward(draw) for _ in case.names])
    return moved(case, [awkward(draw) for _ in case.names]) if draw.random() < 0.5 else weighted(case, awkward(draw))


@family("fractions")
def cancelling_offsets(draw: Random) -> Case:
    """`x² - (2A - b) x + (A² - A b)` and the like: squares around `A - b / 2` minus `b² / 4`, with `A` up to 1e9."""
    n = draw.choice((1, 1, 2))
    far = [Fraction(10) ** draw.randint(3, 9) + draw.randint(0, 9) - awkward(draw) / 2 for _ in range(n)]
    x = unknowns(n)
    objective = squared_norm(n, far)
    if draw.random() < 0.3:
        objective = objective + sum(((v - c) ** 4 for v, c in zip(x, far, strict=True)), start=0 * x[0])
    least = -(awkward(draw) ** 2)
    return Case(objective + least, (), (), attained(least, tuple(far)))


@family("fractions")
def huge_constant(draw: Random) -> Case:
    """A small objective, as a narrow valley, on top of a constant of up to 1e14."""
    if draw.random() < 0.5:
        return lifted(base(draw), draw.choice((-1, 1)) * (Fraction(10) ** draw.randint(6, 14) + awkward(draw)))
    x, y = unknowns(2)
    a, b = place(draw, 2)
    height = Fraction(10) ** draw.randint(6, 13)
    valley = (y - b - (x - a) ** 2) ** 2 + positive(draw) * Fraction(1, 2 ** draw.choice((0, 10, 26))) * (x - a) ** 2
    return Case(valley + height, (), (), attained(height, (a, b)))
