"""What `learn` was asked, handed on to `solve` for each formulation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..hierarchy.methods import methods_named
from ..hierarchy.result import Result
from ..hierarchy.solve import solve
from .formulate import Formulation


@dataclass(frozen=True, eq=False)
class Options:
    """The options of one call of `learn`; see there for their meaning.

    Attributes
    ----------
    until : float
        When, by `time.perf_counter`, the time limit is over; infinite without one.
    radius : "auto", float or None
        The argument `bound`.
    """

    method: str
    solver: str
    tol: float
    order: int | None
    max_order: int | None
    until: float
    solver_options: Mapping[str, Any] | None
    radius: str | float | None
    memory_limit: int | None
    seed: int
    progress: Callable[[str], None] | None

    def solve(self, formulation: Formulation, candidates: NDArray[np.float64], least_scale: float = 0.0) -> Result:
        """Solve a formulation in the time that is left.

        Parameters
        ----------
        formulation : Formulation
        candidates : (r, n) array
            Points of its problem to begin with.
        least_scale : float
            Absolute gaps are measured against at least this.
        """
        left = self.until - time.perf_counter()
        scale = formulation.scale * methods_named(self.method, formulation.problem).methods[0].resolution
        return solve(
            formulation.problem,
            self.order,
            self.max_order,
            self.method,
            self.solver,
            self.tol,
            max(1e-3, left) if np.isfinite(left) else None,
            self.solver_options,
            bound=self.radius,
            candidates=candidates,
            objective_scale=max(scale, least_scale),
            squares=formulation.squares,
            memory_limit=self.memory_limit,
            seed=self.seed,
            progress=self.progress,
        )
