"""Well-behaved planted problems that other families say in other words."""

from __future__ import annotations

from random import Random

from ..case import Case
from .boxes import quadratic_on_a_ball, quadratic_on_a_box, quartic_on_a_ball, quartic_on_a_box
from .convex import convex_program, convex_quartic
from .discrete import signs
from .epigraphs import epigraph_of_a_power
from .hyperbolas import hyperbola, hyperbola_of_powers
from .polytopes import concave_on_a_polytope
from .sets import outside_an_interval, thin_band, two_discs
from .systems import grid_of_roots

COMPACT = (
    quadratic_on_a_ball,
    quadratic_on_a_box,
    quartic_on_a_ball,
    quartic_on_a_box,
    concave_on_a_polytope,
    two_discs,
)
OPEN = (hyperbola, hyperbola_of_powers, epigraph_of_a_power, convex_program, convex_quartic, thin_band)
EXACT = (grid_of_roots, signs, outside_an_interval)


def base(draw: Random, among: tuple = (*COMPACT, *OPEN, *EXACT)) -> Case:
    """Return a problem of one of these families."""
    return draw.choice(among)(draw)
