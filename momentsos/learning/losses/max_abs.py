"""The largest absolute residual over all samples and outputs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .norms import AbsoluteNorm, Largest
from .sampled import Parts, SampledLoss, largest_first, rows_of_parts


class MaxAbs(SampledLoss):
    r"""The largest absolute residual, :math:`\max_{ij} |f_j(x_i; c) - y_{ij}|`.

    Epigraph form: minimise `theta` subject to :math:`\theta \pm r_{ij} \ge 0`. A reduction keeps some of the
    residuals; the maximum of fewer numbers is never larger.
    """

    name: ClassVar[str] = "max_abs"
    norm: ClassVar[AbsoluteNorm] = Largest()

    def of_residuals(self, values: NDArray[np.float64]) -> float:
        """Return the largest absolute value."""
        return self.norm.value(values)

    def scale(self, targets: NDArray[np.float64]) -> float:
        """Return the largest absolute target."""
        return self.norm.value(targets) or 1.0

    def parts(self, singles: int, values: NDArray[np.float64], slopes: NDArray[np.float64]) -> Parts:
        """Return the largest residuals."""
        return list(largest_first(np.abs(values), singles)[:, None])

    def weights(self, parts: Parts, values: NDArray[np.float64]) -> csr_matrix:
        """Return the matrix that picks the residuals; nothing is lost where the largest are among them."""
        return rows_of_parts(parts, np.ones(len(values)))

    def over_ranges(self, middle: NDArray[np.float64], half: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
        """Return the largest that residuals can be; those that can be the largest of all are single."""
        most, least = np.abs(middle) + half, np.abs(middle) - half
        return most, int((most >= least.max()).sum())

    def refined(self, parts: Parts, weights: csr_matrix, values: NDArray[np.float64], room: int) -> Parts:
        """Add the residuals that exceed all that are kept, the largest first."""
        exceed = int((np.abs(values) > self.norm.value(weights @ values)).sum())
        return [*parts, *largest_first(np.abs(values), min(room, exceed))[:, None]]

    def enlarged(self, parts: Parts, values: NDArray[np.float64], room: int) -> Parts:
        """Add the next largest residuals."""
        sizes = np.abs(values)
        sizes[np.concatenate(parts)] = -np.inf
        return [*parts, *largest_first(sizes, min(room, len(values) - len(parts)))[:, None]]
