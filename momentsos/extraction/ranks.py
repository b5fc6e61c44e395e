"""Numerical rank by the largest gap between eigenvalues, with a word on how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Rank:
    """A numerical rank.

    Attributes
    ----------
    value : int
    gap : float
        Ratio of the last eigenvalue that counts to the first that does not; infinite for full rank.
    doubtful : bool
        Whether the gap is too small to call the rank known.
    """

    value: int
    gap: float
    doubtful: bool


@dataclass(frozen=True)
class RankRule:
    """Rank of a positive semidefinite matrix from the gaps of its eigenvalues.

    Eigenvalues are divided by the largest; those below `noise` count as `noise`. The rank is where the ratio of
    neighbours is largest. No gap of `least` leaves the matrix at full rank; a gap below `sure` is doubtful.

    Attributes
    ----------
    noise : float
        Relative size of what the solver's error can produce.
    least, sure : float
    """

    noise: float = 1e-9
    least: float = 30.0
    sure: float = 1e3

    def __call__(self, matrix: NDArray[np.float64]) -> Rank:
        """Return the rank of a symmetric matrix."""
        eigenvalues = np.linalg.eigvalsh(matrix)[::-1]
        if eigenvalues[0] <= 0:
            return Rank(0, np.inf, False)
        relative = np.maximum(eigenvalues / eigenvalues[0], self.noise)
        if len(relative) == 1:
            return Rank(1, np.inf, False)
        ratios = relative[:-1] / relative[1:]
        place = int(np.argmax(ratios))
        gap = float(ratios[place])
        if gap < self.least:
            full = int((relative > self.noise).sum())
            return Rank(full, np.inf, bool(relative[-1] < 1.0 / self.sure))
        return Rank(place + 1, gap, gap < self.sure)
