"""What `learn` was asked, handed on to `solve` for each formulation."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..hierarchy.methods import methods_named
from ..hierarchy.request import Asked, Facts
from ..hierarchy.result import Result
from ..hierarchy.solve import minimise
from .formulate import Formulation

#: Seconds that writing a problem down may take beyond the time limit.
GRACE = 1.0
#: Relative gaps are measured against at least this share of the targets, in the loss's own power.
NEGLIGIBLE = 1e-8


@dataclass(frozen=True, eq=False)
class Options:
    """The options of one call of `learn`; see there for their meaning.

    Attributes
    ----------
    asked : Asked
    until : float
        When, by `time.perf_counter`, the time limit is over; infinite without one.
    """

    asked: Asked
    until: float

    @property
    def formed_until(self) -> float:
        """When writing the problem down ends at the latest: without a problem there is nothing to answer."""
        return self.until + GRACE

    def share(self, share: float) -> float:
        """Return when, by `time.perf_counter`, a share of the time that is left is over."""
        now = time.perf_counter()
        return now + share * max(0.0, self.until - now)

    def solve(self, formulation: Formulation, candidates: NDArray[np.float64] | None) -> Result:
        """Solve a formulation in the time that is left; a loss is never below zero.

        Parameters
        ----------
        formulation : Formulation
        candidates : (r, n) array or None
            Points of its problem to begin with.
        """
        left = self.until - time.perf_counter()
        asked = replace(self.asked, time_limit=max(1e-3, left) if np.isfinite(left) else None)
        resolution = methods_named(asked.method, formulation.problem).methods[0].resolution
        facts = Facts(formulation.scale * resolution, unit_of(formulation), 0.0, formulation.squares)
        return minimise(formulation.problem, asked, facts, candidates)


def unit_of(formulation: Formulation) -> float:
    """Return the unit of relative gaps of a loss; see `momentsos.hierarchy.gaps`."""
    return NEGLIGIBLE * formulation.scale
