"""What a loss is: its value on data, the polynomials that it makes small, and in which norm."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ...errors import BadOption
from ...polynomials import Polynomial
from ...polynomials.factored import Factor
from ..expansion import Expansion
from ..network import PolynomialNetwork
from .norms import Norm

if TYPE_CHECKING:
    from .sampled import SampledLoss


class Weightable:
    """A loss that has weights of the samples."""

    importance: NDArray[np.float64] | None

    def weighted(self, weights: NDArray[np.float64]) -> Self:
        """See `Loss`."""
        other = copy(self)
        other.importance = weights
        return other


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
    importance : (N,) array or None
        How much each sample counts, where that is not the same; its mean is one.
    """

    importance: NDArray[np.float64] | None = None

    name: ClassVar[str]
    norm: ClassVar[Norm]
    averaged: ClassVar[bool] = False

    def weighted(self, weights: NDArray[np.float64]) -> Loss:
        """Return the loss with these weights of the samples, whose mean is one.

        Raises
        ------
        BadOption
            The loss has none.
        """
        raise BadOption(f"sample_weight: loss {self.name!r} has no weights; leave samples out, or take another loss")

    @abstractmethod
    def value(self, network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
        """Return the loss of a network with coefficients on data, computed from the data."""

    def targets(self, Y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what outputs are compared with: the targets of all samples, or their mean."""
        return np.average(Y, axis=0, weights=self.importance) if self.averaged else Y

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
