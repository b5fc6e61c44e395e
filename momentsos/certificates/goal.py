"""What is to be proved, and by when."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

#: A document, and the value at a feasible point that it proves, if it has one.
Proved = tuple[dict[str, Any], Fraction | None]


@dataclass(frozen=True, eq=False)
class Goal:
    """What is to be proved, in the units and in the sense of what is minimised, and by when.

    Attributes
    ----------
    lower : float
        The numerical bound.
    allowed : float
        The largest loss.
    solver : str
    until : float
        On the clock of `time.perf_counter`.
    """

    lower: float
    allowed: float
    solver: str
    until: float

    def left(self) -> float | None:
        """Seconds that are left, None without a limit."""
        return None if np.isinf(self.until) else max(self.until - time.perf_counter(), 0.1)

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return time.perf_counter() > self.until
