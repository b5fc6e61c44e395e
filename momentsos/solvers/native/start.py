"""Where the iteration starts, and what is left out before it does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .cone import Array
from .dependence import SUSPICIOUS, without_dependent
from .iterate import Iterate
from .metric import Metric
from .program import Program, with_reduced
from .sparse_factor import factor_matrix
from .sparse_schur import restricted


@dataclass(frozen=True, eq=False)
class Start:
    """The program without dependent moments, the first point, and its metric.

    `ray` is a direction that changes the objective alone, when there is one.
    """

    program: Program
    point: Iterate
    metric: Metric
    ray: Array | None


def make_start(program: Program, scale: float) -> Start:
    """Return the point that is `scale` times the unit of the cone.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the Schur complement cannot be factored.
    """
    unit = program.cone.identity([scale] * len(program.cone.groups))
    (factor,) = program.cone.factor(unit)
    inverse = program.cone.inverse(factor)
    matrix = program.normal_matrix(unit, inverse, factor, factor)
    ray = None
    schur = factor_matrix(matrix)
    if schur.shift > 0 or schur.smallest_pivot < SUSPICIOUS:
        program, ray = without_dependent(program, matrix)
        if program.elimination.kept is not None:
            schur = factor_matrix(restricted(matrix, program.elimination.kept))
    point = Iterate(np.zeros(program.elimination.n_free), unit, unit, scale, scale)
    return Start(with_reduced(program), point, Metric(unit, inverse, factor, factor, schur), ray)
