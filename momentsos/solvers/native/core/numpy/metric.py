"""The metric of an iterate: its factors and its factored Schur complement."""

from __future__ import annotations

from dataclasses import dataclass

from ...arrays import Array
from ...factors.dense_factor import SchurFactor
from ...factors.sparse_factor import SparseFactor, factor_matrix
from ..iterate import Iterate
from .blocks import Factor, invert, product
from .scaled import ScaledMatrices
from .square_root import SquareRoot


@dataclass(frozen=True, eq=False)
class Metric:
    """What linear systems at an iterate need.

    Attributes
    ----------
    gram, inverse : (dimension,) arrays
        `X` and :math:`S^{-1}`.
    gram_factor, slack_factor : Factor
    schur : SchurFactor or SparseFactor
    """

    gram: Array
    inverse: Array
    gram_factor: Factor
    slack_factor: Factor
    schur: SchurFactor | SparseFactor

    def image(self, program: ScaledMatrices, change: Array) -> Array:
        r"""Return :math:`\mathrm{sym}(X \Delta S S^{-1})` for a flat `change` of the slacks."""
        return product(program.cone, self.gram, change, self.inverse)

    def repair(self, program: ScaledMatrices, missing: Array) -> Array:
        r"""Return a change of `X` whose image under :math:`A^\top` is `missing`."""
        return self.image(program, program.apply(self.schur.solve(missing)))


def make_metric(
    program: ScaledMatrices,
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
    inverse = invert(program.cone, slack_factor)
    schur: SchurFactor | SparseFactor
    if square_root is not None:
        schur = square_root.factor(gram_factor, slack_factor)
    else:
        schur = factor_matrix(program.normal_matrix(point.gram, inverse, gram_factor, slack_factor))
    return Metric(point.gram, inverse, gram_factor, slack_factor, schur)
