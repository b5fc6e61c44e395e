"""Losses whose data are in pieces: the loss holds them, and the arrays beside it are a few rows that stand for all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import BadOption
from ...polynomials import Polynomial
from ...polynomials.factored import Factor
from ..chunked import ChunkedData
from ..expansion import Expansion
from ..network import PolynomialNetwork
from .loss import Loss
from .mean_residual import MeanResidual
from .mean_squared import SQUARED_SHARE, MeanSquared
from .norms import Norm

Floats = NDArray[np.float64]


class OverChunks(Loss):
    """A loss over data in pieces; arguments that are data are ignored.

    Attributes
    ----------
    base : MeanSquared or MeanResidual
    data : ChunkedData
    """

    norm: Norm  # type: ignore[misc]  # that of the loss it is
    name: str  # type: ignore[misc]
    averaged: bool  # type: ignore[misc]

    def __init__(self, base: MeanSquared | MeanResidual, data: ChunkedData) -> None:
        self.base, self.data = base, data
        self.name, self.norm, self.averaged = base.name, base.norm, base.averaged

    @classmethod
    def of(cls, base: Loss, data: ChunkedData) -> OverChunks:
        """Return a loss over these data.

        Raises
        ------
        BadOption
            It sees single samples, and these have to be in memory.
        """
        if not isinstance(base, MeanSquared | MeanResidual):
            raise BadOption(f"loss {base.name!r} needs all samples in memory; 'mse' and 'mean_residual' take chunks")
        return cls(base, data)

    def value(self, network: PolynomialNetwork, X: Floats, Y: Floats) -> float:
        """Return the loss over all pieces."""
        if self.averaged:
            return self.base.norm.value(self.data.mean_error(network))
        return self.data.squared_error(network)

    def targets(self, Y: Floats) -> Floats:
        """Return the mean target where samples are averaged."""
        return self.data.survey.targets / self.data.survey.weight if self.averaged else Y

    def residuals(self, expansion: Expansion, X: Floats, targets: Floats) -> tuple[Polynomial, ...]:
        """See `Loss`."""
        if isinstance(self.base, MeanResidual):
            return self.base.of_mean(expansion, self.data.mean_outputs(expansion), targets)
        return self.base.of_triangle(expansion, self._triangle(expansion)).polynomials

    def factor(self, expansion: Expansion, X: Floats, targets: Floats) -> Factor | None:
        """See `Loss`."""
        if isinstance(self.base, MeanResidual):
            return None
        return self.base.of_triangle(expansion, self._triangle(expansion))

    def _triangle(self, expansion: Expansion) -> Floats:
        """Return the triangular factor whose squares add up to the mean squared error."""
        count = self.data.survey.weight * self.data.widths[1]
        return self.data.triangular_factor(expansion) / count**0.5

    def scale(self, targets: Floats) -> float:
        """See `Loss`."""
        if self.averaged:
            return self.base.scale(targets)
        survey = self.data.survey
        return SQUARED_SHARE * (float(survey.squares.sum()) / (survey.weight * self.data.widths[1]) or 1.0)
