"""What a loss is: its value on data, the polynomials that it makes small, and in which norm."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...polynomials import Polynomial
from ...polynomials.factored import Factor
from ..expansion import Expansion
from ..network import PolynomialNetwork
from .norms import Norm

if TYPE_CHECKING:
    from .sampled import SampledLoss


class Loss(ABC):
    """One loss. All that others have to know of it is declared here.

    Attributes
    ----------
    name : str
        The name users type.
    norm : Norm
        What is minimised of its residuals.
    averaged : bool
        Whether outputs and targets are averaged over the samples before the norm, so that errors of single samples
        cancel.
    """

    name: ClassVar[str]
    norm: ClassVar[Norm]
    averaged: ClassVar[bool] = False

    @abstractmethod
    def value(self, network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
        """Return the loss of a network with coefficients on data, computed from the data."""

    def targets(self, Y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what outputs are compared with: the targets of all samples, or their mean."""
        return Y.mean(axis=0) if self.averaged else Y

    @abstractmethod
    def residuals(
        self, expansion: Expansion, X: NDArray[np.float64], targets: NDArray[np.float64]
    ) -> tuple[Polynomial, ...]:
        """Return the polynomials in the coefficients whose norm is the loss."""

    def factor(self, expansion: Expansion, X: NDArray[np.float64], targets: NDArray[np.float64]) -> Factor | None:
        """Return the residuals as one record, where the loss is the sum of their squares; else None."""
        return None

    @abstractmethod
    def scale(self, targets: NDArray[np.float64]) -> float:
        """Return the size that gaps are measured against: that of `targets`, in units of the loss."""

    @property
    def sampled(self) -> SampledLoss | None:
        """The loss itself where its residuals grow with the samples, so that it is solved by reductions; else None."""
        return None
