"""Losses that see every sample: norms of all residuals, and reductions of them to few polynomials."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ...polynomials import Polynomial
from ..expansion import Expansion
from ..network import PolynomialNetwork
from ..residual_table import ResidualTable
from .loss import Loss
from .norms import AbsoluteNorm

#: Residuals, by position, that share a row of a reduction; one array for each row.
Parts = list[NDArray[np.intp]]


class SampledLoss(Loss):
    r"""A function of all residuals `r`, one for each sample and output, that is a norm of few of them or of sums.

    Each has *reductions*: a matrix `W` with few rows such that the norm of :math:`W r` is never more than the loss,
    for whatever values of `r`. A lower bound of the reduced problem is one of the loss. The residuals that have a
    weight in a row are one of its *parts*; a residual that is a part by itself is *single*.
    """

    norm: ClassVar[AbsoluteNorm]

    @abstractmethod
    def of_residuals(self, values: NDArray[np.float64]) -> float:
        """Return the loss from the values of all residuals."""

    @abstractmethod
    def parts(self, singles: int, values: NDArray[np.float64], slopes: NDArray[np.float64]) -> Parts:
        """Return the parts of a reduction that is good near a point.

        Parameters
        ----------
        singles : int
            How many residuals are parts by themselves.
        values : (R,) array
            The residuals at the point.
        slopes : (R, n) array
            Their derivatives there, times any invertible matrix.
        """

    @abstractmethod
    def weights(self, parts: Parts, values: NDArray[np.float64]) -> csr_matrix:
        """Return the `W` with these parts that loses as little as can be at a point with these values."""

    @abstractmethod
    def refined(self, parts: Parts, weights: csr_matrix, values: NDArray[np.float64], room: int) -> Parts:
        """Return parts of at most `room` more rows that lose less at a point; the same where nothing is lost."""

    @abstractmethod
    def enlarged(self, parts: Parts, values: NDArray[np.float64], room: int) -> Parts:
        """Return parts with up to `room` more singles, those that matter most where the residuals have these values."""

    @abstractmethod
    def over_ranges(self, middle: NDArray[np.float64], half: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
        """Return values for `parts`, and a number of singles, with which a reduction loses nothing on intervals.

        Parameters
        ----------
        middle, half : (R,) arrays
            Middle and half width of an interval of each residual.
        """

    @property
    def sampled(self) -> SampledLoss:
        """The loss itself."""
        return self

    def value(self, network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
        """Return the loss from the residuals of the network."""
        return self.of_residuals((network.predict(X) - Y).reshape(-1))

    def residuals(
        self, expansion: Expansion, X: NDArray[np.float64], targets: NDArray[np.float64]
    ) -> tuple[Polynomial, ...]:
        """Return all residuals, weighted; they grow with the samples. `learn` takes reductions of them."""
        table = ResidualTable.of(expansion, X, targets)
        every = np.zeros(len(table.values))
        return table.combined(self.weights(list(np.arange(len(every))[:, None]), every))


def largest_first(importance: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Return where the largest numbers are, largest first."""
    return np.argsort(-importance, kind="stable")[:count]


def rows_of_parts(parts: Parts, entries: NDArray[np.float64]) -> csr_matrix:
    """Return the matrix with a row for each part, which has these entries in the columns of the part."""
    rows = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    columns = np.concatenate(parts)
    return csr_matrix((entries[columns], (rows, columns)), shape=(len(parts), len(entries)))
