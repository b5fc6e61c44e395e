"""Units: variables, objective and constraints of sizes 1e-8 to 1e8, and origins that are up to 1e6 away."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from ..case import Case
from ..family import family, power_of_ten
from ..images import moved, stretched, weighted
from .bases import COMPACT, base


@family("scaled")
def scaled_variables(draw: Random) -> Case:
    """Each variable in its own unit, a power of ten or of two."""
    case = base(draw)
    widest = draw.choice((2, 4, 8))
    if draw.random() < 0.5:
        return stretched(case, [power_of_ten(draw, -widest, widest) for _ in case.names])
    return stretched(case, [Fraction(2) ** draw.randint(-3 * widest, 3 * widest) for _ in case.names])


@family("scaled")
def scaled_together(draw: Random) -> Case:
    """All variables in one unit."""
    case = base(draw)
    return stretched(case, [power_of_ten(draw, -8, 8)] * case.n)


@family("scaled")
def scaled_objective(draw: Random) -> Case:
    """The objective multiplied by 1e-8 to 1e8."""
    return weighted(base(draw), power_of_ten(draw, -8, 8))


@family("scaled")
def scaled_constraints(draw: Random) -> Case:
    """Each constraint multiplied by its own factor of 1e-8 to 1e8."""
    case = base(draw)
    return weighted(case, Fraction(1), [power_of_ten(draw, -8, 8) for _ in range(9)])


@family("shifted")
def shifted_little(draw: Random) -> Case:
    """The origin up to 10 away, in steps of a quarter."""
    case = base(draw)
    return moved(case, [Fraction(draw.randint(-40, 40), 4) for _ in case.names])


@family("shifted")
def shifted_far(draw: Random) -> Case:
    """The origin up to 1e6 away: terms cancel to the last digit."""
    case = base(draw)
    size = 10 ** draw.randint(1, 6)
    return moved(case, [draw.randint(-size, size) for _ in case.names])


@family("shifted")
def shifted_and_scaled(draw: Random) -> Case:
    """Compact problems with another origin and other units at once, as raw data have."""
    case = base(draw, COMPACT)
    case = stretched(case, [power_of_ten(draw, -3, 3) for _ in case.names])
    return moved(case, [draw.randint(-1000, 1000) * unit for unit in case.units])
