"""What a loss is: its value on data, the polynomials that it makes small, and in which norm."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...polynomials import Polynomial
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
        Whether residuals are averaged over the samples before the norm, so that errors of single samples cancel.
    """

    name: ClassVar[str]
    norm: ClassVar[Norm]
    averaged: ClassVar[bool] = False

    @abstractmethod
    def value(self, network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
        """Return the loss of a network with coefficients on data, computed from the data."""

    @abstractmethod
    def residuals(self, expansion: Expansion, X: NDArray[np.float64], Y: NDArray[np.float64]) -> tuple[Polynomial, ...]:
        """Return the polynomials in the coefficients whose norm is the loss."""

    @abstractmethod
    def scale(self, Y: NDArray[np.float64]) -> float:
        """Return the size that gaps are measured against: that of the targets, in units of the loss."""

    @property
    def sampled(self) -> SampledLoss | None:
        """The loss itself where its residuals grow with the samples, so that it is solved by reductions; else None."""
        return None
