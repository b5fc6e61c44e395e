"""Constraints said more than once."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from ..case import Case
from ..family import family
from ..images import doubled
from ..rational import affine, constant
from .bases import COMPACT, EXACT, OPEN, base
from .systems import triangular_system, two_conics


@family("dependent constraints")
def doubled_constraints(draw: Random) -> Case:
    """Copies, multiples, sums and cubes of inequalities; combinations of equations; an equation as `g` and `-g`."""
    return doubled(base(draw), draw)


@family("dependent constraints")
def doubled_equations(draw: Random) -> Case:
    """Systems with planted roots, more equations than unknowns."""
    return doubled(draw.choice((*EXACT[:2], triangular_system, two_conics))(draw), draw)


@family("dependent constraints")
def idle_constraints(draw: Random) -> Case:
    """Constants, zeros and squares, nonnegative everywhere, beside the constraints that count."""
    case = base(draw, (*COMPACT, *OPEN))
    n = case.n
    more = [constant(n, 0), constant(n, 5), affine([1] * n) ** 2, affine([1] * n, 3) ** 2 + 1]
    idle = draw.sample(more, draw.randint(1, len(more)))
    zero = (constant(n, 0),) if draw.random() < 0.3 else ()
    return replace(case, inequalities=(*case.inequalities, *idle), equalities=(*case.equalities, *zero))
