"""What the driver asks of NumPy, see `momentsos.solvers.native.core.contract`."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ... import rules
from ...arrays import Array
from ...factors.dense_factor import SchurFactor
from ...factors.sparse_factor import SparseFactor
from ..contract import NONE
from ..iterate import Iterate, measure
from .blocks import Factor, factor_blocks, longest_step
from .direction import Direction, Slope, direct, linearise
from .metric import Metric, make_metric
from .scaled import ScaledMatrices
from .square_root import SquareRoot, make_square_root

_Point = tuple[Array, Array, Array, float, float]


class Iteration:
    """The core in NumPy.

    Parameters
    ----------
    program : ScaledMatrices
    factor : SchurFactor or SparseFactor
        That of the Schur complement of the unit of the cone.
    """

    roots_at_once = True

    _factors: tuple[Factor, Factor]
    _metric: Metric
    _anchor: Metric
    _slope: Slope
    _missing: Array

    def __init__(self, program: ScaledMatrices, factor: SchurFactor | SparseFactor) -> None:
        self.program = program
        self._unit_factor = factor
        self._directions: list[Direction | None] = [None, None, None]

    # The iterate -------------------------------------------------------------------------------------------------

    @property
    def tau(self) -> float:
        """See `Core`."""
        return self._point.tau

    @property
    def kappa(self) -> float:
        """See `Core`."""
        return self._point.kappa

    def least_sizes(self) -> tuple[float, float]:
        """See `Core`."""
        program, solve, cone = self.program, self._unit_factor.solve, self.program.cone
        slack = program.constant - program.apply(solve(program.apply_adjoint(program.constant)))
        gram = program.apply(solve(program.gradient))
        root = max(1, cone.degree) ** 0.5
        return float(np.linalg.norm(slack)) / root, float(np.linalg.norm(gram)) / root

    def place(self, slack: float, gram: float, kappa: float) -> None:
        """See `Core`."""
        cone = self.program.cone
        unit = cone.identity([1.0] * len(cone.groups))
        self.take(Iterate(np.zeros_like(self.program.gradient), slack * unit, gram * unit, 1.0, kappa))

    def take(self, point: Iterate) -> None:
        """Make a point the iterate.

        Raises
        ------
        numpy.linalg.LinAlgError
            When it is not in the interior.
        """
        gram_factor, slack_factor = factor_blocks(self.program.cone, point.gram, point.slack)
        self._point, self._factors = point, (gram_factor, slack_factor)

    def iterate(self) -> _Point:
        """See `Core`."""
        return self._point.parts

    def remember(self) -> None:
        """See `Core`."""
        self._best = self._point

    def best(self) -> _Point:
        """See `Core`."""
        return self._best.parts

    def measure(self) -> float:
        """See `Core`."""
        state = measure(self.program, self._point)
        self._state = state
        self.mu, self.gap, self.worst = state.mu, state.gap, state.worst
        self.primal_error, self.dual_error = state.primal_error, state.dual_error
        self.objective = state.primal_objective
        self.objective_size = 1.0 + abs(state.primal_objective) + abs(state.dual_objective)
        return self.worst

    # Its metric --------------------------------------------------------------------------------------------------

    @cached_property
    def _root(self) -> SquareRoot | None:
        return make_square_root(self.program)

    @property
    def has_root(self) -> bool:
        """See `Core`."""
        return self._root is not None

    def factorise(self, by_root: bool) -> None:
        """See `Core`."""
        self._metric = make_metric(self.program, self._point, *self._factors, self._root if by_root else None)
        self.smallest_pivot, self.shift = self._metric.schur.smallest_pivot, self._metric.schur.shift

    def hold(self) -> None:
        """See `Core`."""
        self._anchor = self._metric

    def repair(self, missing: Array) -> Array:
        """See `Core`."""
        return self._metric.repair(self.program, missing)

    # Directions --------------------------------------------------------------------------------------------------

    def linearise(self) -> None:
        """See `Core`."""
        self._slope = linearise(self.program, self._state, self._metric)

    def direct(self, which: int, centring: float, share: float, before: int = NONE) -> None:
        """See `Core`."""
        second = None if before == NONE else self._direction(before)
        made = direct(self.program, self._point, self._state, self._metric, self._slope, centring, share, second)
        self._directions[which] = made

    def _direction(self, which: int) -> Direction:
        found = self._directions[which]
        assert found is not None
        return found

    def longest(self, which: int) -> float:
        """See `Core`."""
        step, (gram_factor, slack_factor) = self._direction(which), self._factors
        length = longest_step(self.program.cone, (slack_factor, step.slack), (gram_factor, step.gram))
        for value, change in ((self.tau, step.tau), (self.kappa, step.kappa)):
            if change < 0:
                length = min(length, -value / change)
        return min(length, rules.FURTHEST)

    def lacking(self, which: int, share: float) -> float:
        """See `Core`."""
        program, step = self.program, self._direction(which)
        units = program.elimination.select(program.gradient_units)
        missing = step.tau * program.gradient + share * self._state.dual - program.apply_adjoint(step.gram)
        self._missing = missing
        return float((np.abs(missing) * units).max(initial=0.0))

    def correct(self, which: int, at_anchor: bool) -> None:
        """See `Core`."""
        program, step, missing = self.program, self._direction(which), self._missing
        if at_anchor:
            free, slack, gram = step.free, step.slack, step.gram + self._anchor.repair(program, missing)
        else:
            extra = self._metric.schur.solve(-missing)
            shift = program.apply(extra)
            free, slack = step.free + extra, step.slack + shift
            gram = step.gram - self._metric.image(program, shift)
        self._directions[which] = Direction(free, slack, gram, step.tau, step.kappa)

    def move(self, which: int, length: float) -> bool:
        """See `Core`."""
        point, step = self._point, self._direction(which)
        end = Iterate(
            point.free + length * step.free,
            point.slack + length * step.slack,
            point.gram + length * step.gram,
            point.tau + length * step.tau,
            point.kappa + length * step.kappa,
        )
        try:
            self.take(end)
        except np.linalg.LinAlgError:
            return False
        return True

    # Rays --------------------------------------------------------------------------------------------------------

    def fall(self) -> tuple[float, float]:
        """See `Core`."""
        terms = self.program.gradient * self._point.free
        return -float(terms.sum()), float(np.abs(terms).sum())

    def gain(self) -> tuple[float, float]:
        """See `Core`."""
        terms = self.program.constant * self._point.gram
        return -float(terms.sum()), float(np.abs(terms).sum())

    def image_size(self) -> float:
        """See `Core`."""
        return float(np.abs(self.program.apply_adjoint(self._point.gram)).max(initial=0.0))

    def nearly_in_cone(self, violation: float, share: float) -> bool:
        """See `Core`."""
        blocks = self.program.apply(self._point.free)
        allowed = max(violation, share * float(np.abs(blocks).max(initial=0.0)))
        return self.program.cone.lowest(blocks) >= -allowed
