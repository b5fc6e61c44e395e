"""Numerical rank by the largest gap between eigenvalues, with a word on how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..machine.records import Brief


@dataclass(frozen=True, repr=False)
class Rank(Brief):
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


@dataclass(frozen=True, repr=False)
class RankRule(Brief):
    """Rank of a positive semidefinite matrix from the gaps of its eigenvalues.

    Eigenvalues are divided by the largest; those below `noise` count as `noise`, and `noise` ends the list. The rank
    is where the ratio of neighbours is largest. No gap of `least` leaves the matrix at full rank; a gap below `sure`
    is doubtful, and so is full rank with an eigenvalue below its inverse.

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
        ratios = relative / np.append(relative[1:], self.noise)
        place = int(np.argmax(ratios))
        if place == len(relative) - 1 or ratios[place] < self.least:
            full = int((relative > self.noise).sum())
            return Rank(full, np.inf, bool(relative[-1] < 1.0 / self.sure))
        return Rank(place + 1, float(ratios[place]), bool(ratios[place] < self.sure))
