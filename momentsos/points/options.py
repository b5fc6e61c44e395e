"""What a search for points is told, beyond the problem."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from ..polynomials import Polynomial


@dataclass(frozen=True, eq=False)
class SearchOptions:
    """What a search for points is told.

    Attributes
    ----------
    squares : tuple of Polynomial
        Polynomials whose squares add up to the objective, if known.
    scale : float or None
        The objective's own scale, if the user names it.
    seed : int
        For the starting points.
    until : float
        When the time is over, by `time.perf_counter`.
    """

    squares: tuple[Polynomial, ...] = ()
    scale: float | None = None
    seed: int = 0
    until: float = np.inf

    def time_left(self) -> float:
        """Seconds until the time limit, infinite without one."""
        return self.until - time.perf_counter()
