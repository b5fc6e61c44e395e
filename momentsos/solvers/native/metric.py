"""The metric of an iterate: its factors and its factored Schur complement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from .cone import Array, Factor
from .conjugate import RefinedFactor
from .iterate import Iterate
from .newton import SchurFactor
from .program import Program
from .sparse_factor import SparseFactor, factor_matrix
from .square_root import SquareRoot

#: Smallest pivot of the equilibrated Schur complement up to which it serves to repair later directions.
WELL_CONDITIONED = 1e-9
#: Smallest pivot below which the square root is factored instead, where that is cheap.
ILL_CONDITIONED = 1e-11


Factored = SchurFactor | SparseFactor | RefinedFactor


@dataclass(frozen=True, eq=False)
class Metric:
    """What linear systems at an iterate need.

    Attributes
    ----------
    gram, inverse : (dimension,) arrays
        `X` and :math:`S^{-1}`.
    gram_factor, slack_factor : Factor
    schur : SchurFactor, SparseFactor or RefinedFactor
    """

    gram: Array
    inverse: Array
    gram_factor: Factor
    slack_factor: Factor
    schur: Factored

    def image(self, program: Program, change: Array) -> Array:
        r"""Return :math:`\mathrm{sym}(X \Delta S S^{-1})` for a flat `change` of the slacks."""
        return program.cone.product(self.gram, change, self.inverse)

    def repair(self, program: Program, missing: Array) -> Array:
        r"""Return a change of `X` whose image under :math:`A^\top` is `missing`."""
        return self.image(program, program.apply(self.schur.solve(missing)))


def make_metric(
    program: Program,
    point: Iterate,
    gram_factor: Factor,
    slack_factor: Factor,
    square_root: SquareRoot | None = None,
) -> Metric:
    """Factor the Schur complement at a point, by its square root where that is given.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the Schur complement cannot be factored.
    """
    inverse = program.cone.inverse(slack_factor)
    schur: Factored
    if square_root is not None:
        schur = square_root.factor(gram_factor, slack_factor)
    else:
        schur = factor_matrix(program.normal_matrix(point.gram, inverse, gram_factor, slack_factor))
        if isinstance(schur, SparseFactor) and schur.smallest_pivot < WELL_CONDITIONED:
            schur = RefinedFactor(schur, partial(_operator, program, point.gram, inverse))
    return Metric(point.gram, inverse, gram_factor, slack_factor, schur)


def _operator(program: Program, gram: Array, inverse: Array, change: Array) -> Array:
    r"""Return the product of the Schur complement with a vector, :math:`A^\top \mathrm{sym}(X (A v) S^{-1})`."""
    return program.apply_adjoint(program.cone.product(gram, program.apply(change), inverse))
