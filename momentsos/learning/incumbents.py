"""The points known so far of a loss of all samples, each lowered by a local descent."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from ..points.known import SAME_POINT
from .expansion import Expansion
from .formulate import Formulation
from .limits import nearest
from .losses.sampled import SampledLoss
from .residual_table import ResidualTable
from .sequential_lp import descend_by_linear_programs

Floats = NDArray[np.float64]

#: Ends of the least-squares search from which the loss is lowered.
ENDS = 2


class Incumbents:
    """The residuals of all samples, and the points known so far with their losses, best first; `add` adds to them.

    Attributes
    ----------
    loss : SampledLoss
    table : ResidualTable
    limits : (rows, n + 1) array
        The inequalities that coefficients keep.
    scale : float
        The size of the targets, in units of the loss.
    squared : Formulation
        Of the mean squared error: its residuals hold what all samples say about the coefficients.
    formed : float
        Seconds that forming the residuals took.
    searched : float
        Seconds that lowering the loss took.
    points : list of (loss, coefficients)
        Losses are those of the network on all data, with what rounding may have taken from them.
    """

    def __init__(
        self,
        loss: SampledLoss,
        squared: Formulation,
        points: Floats,
        X: Floats,
        Y: Floats,
        memory_limit: int | None,
        until: float = np.inf,
        formed_until: float = np.inf,
    ) -> None:
        began = time.perf_counter()
        self.loss = loss
        network = squared.network
        self.table = ResidualTable.of(Expansion.of(network, until=formed_until), X, Y, memory_limit)
        self.limits = network.unknowns.inequalities
        self.scale = loss.scale(loss.targets(Y))
        self.squared = squared
        self.formed, self.searched = time.perf_counter() - began, 0.0
        self._until = until
        self.points: list[tuple[float, Floats]] = []
        self._data = X, Y
        for start in points[:ENDS]:
            self.add(start)
        if not self.points or self.best[0] > self.scale:
            self.add(np.zeros(len(self.table.names)))

    def add(self, start: Floats) -> None:
        """Lower the loss from a point while there is time, and keep start and end."""
        began = time.perf_counter()
        start = nearest(self.limits, start)
        end = descend_by_linear_programs(self.loss, self.table, start, self.limits, self._until)
        for point in (start, end):
            network = self.squared.network.with_coefficients(self.squared.coefficients(point))
            value = self.loss.value(network, *self._data) + self.loss.of_residuals(self.table.rounding(point))
            if np.isfinite(value):
                self.points.append((value, point))
        self.points.sort(key=lambda pair: pair[0])
        self.searched += time.perf_counter() - began

    @property
    def best(self) -> tuple[float, Floats]:
        """The lowest loss and its coefficients."""
        return self.points[0]

    def rounding(self, point: Floats) -> float:
        """Return what rounding can change in the loss at a point: at least a unit in the last place of the targets."""
        return max(self.loss.of_residuals(self.table.rounding(point)), float(np.finfo(float).eps) * self.scale)

    def within(self, slack: float) -> list[Floats]:
        """Return the points within `slack` of the best, near duplicates merged."""
        kept: list[Floats] = []
        for value, point in self.points:
            near = (np.abs(point - other).max() <= SAME_POINT * (1 + np.abs(other).max()) for other in kept)
            if value <= self.best[0] + slack and not any(near):
                kept.append(point)
        return kept
