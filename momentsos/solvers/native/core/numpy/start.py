"""How a program comes to the core in NumPy: over independent moments, with the factor that the first point needs."""

from __future__ import annotations

from dataclasses import dataclass

from ...arrays import Array
from ...prepare.dependence import settle
from .blocks import factor_blocks, invert
from .iteration import Iteration
from .scaled import ScaledMatrices, with_reduced


@dataclass(frozen=True, eq=False)
class Start:
    """The program without dependent moments, and its core, which has no iterate yet.

    `ray` is a direction that changes the objective alone, when there is one.
    """

    program: ScaledMatrices
    core: Iteration
    ray: Array | None


def make_start(program: ScaledMatrices) -> Start:
    """Leave out dependent moments.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the Schur complement cannot be factored.
    """
    unit = program.cone.identity([1.0] * len(program.cone.groups))
    (factor,) = factor_blocks(program.cone, unit)
    inverse = invert(program.cone, factor)
    settled = settle(program, program.normal_matrix(unit, inverse, factor, factor))
    program = with_reduced(settled.program)
    return Start(program, Iteration(program, settled.schur), settled.ray)
