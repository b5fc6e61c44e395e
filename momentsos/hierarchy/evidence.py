"""What a solve has learned so far: attempts, the best bound, and what they prove together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..bounds.dual import DualBound, excludes_all
from ..bounds.region import EVERYTHING, WALL, Box, Region
from ..conditioning.affine import half_widths
from ..points.far import escapes
from ..points.known import Known
from ..problem import Problem
from ..relaxations import Relaxation
from ..sdp import SDPSolution
from .gaps import closes
from .methods import Method, Setting
from .methods.base import Candidates, Tried
from .request import Request
from .result import Attempt

#: The phases of a solve that are timed.
WORK = ("relax", "solve", "extract")


class Limit(Enum):
    """Why no further order or relaxation was tried."""

    TIME = "time"
    SIZE = "size"
    PROGRESS = "progress"


@dataclass(frozen=True, eq=False)
class Bound:
    """A lower bound with the relaxation that gave it."""

    dual: DualBound
    order: int
    setting: Setting
    relaxation: Relaxation
    solution: SDPSolution

    @property
    def value(self) -> float:
        """The bound in the units of the objective."""
        return self.setting.change.value(self.dual.value)


@dataclass(frozen=True, eq=False)
class Solved:
    """One relaxation that was solved and read.

    Attributes
    ----------
    order : int
    setting : Setting
    relaxation : Relaxation
    solution : SDPSolution
    dual : DualBound or None
        The bound that its dual vectors prove.
    candidates : Candidates
    """

    order: int
    setting: Setting
    relaxation: Relaxation
    solution: SDPSolution
    dual: DualBound | None
    candidates: Candidates


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a method has learned of a problem; every step returns another record.

    Attributes
    ----------
    request : Request
    method : Method
    known : Known
        The feasible points.
    started : float
        On the clock of `time.perf_counter`.
    reason : str
        Why this method was taken.
    attempts : tuple of Attempt
    tried : tuple of Tried
    bound : Bound or None
        The best one.
    infeasible, unbounded, at_infinity : bool
        What was found out about the problem.
    seen_far : bool
        Whether lower points were looked for far out.
    limit : Limit or None
        Why no more was tried, and in words.
    limit_words : str
    seconds : mapping
        Times by phase.
    """

    request: Request
    method: Method
    known: Known
    started: float
    reason: str = ""
    attempts: tuple[Attempt, ...] = ()
    tried: tuple[Tried, ...] = ()
    bound: Bound | None = None
    infeasible: bool = False
    unbounded: bool = False
    at_infinity: bool = False
    seen_far: bool = False
    limit: Limit | None = None
    limit_words: str = ""
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType(dict.fromkeys(WORK, 0.0)))

    # -- more is learned -----------------------------------------------------------------------------------

    def timed(self, **spent: float) -> Evidence:
        """Add to the times by phase."""
        return replace(self, seconds=MappingProxyType({k: v + spent.get(k, 0.0) for k, v in self.seconds.items()}))

    def stopped(self, limit: Limit, words: str) -> Evidence:
        """Note why no more is tried."""
        return replace(self, limit=limit, limit_words=words)

    def with_solved(self, solved: Solved) -> Evidence:
        """Note one solved relaxation: the points that it gave, and the bound that it proves."""
        before = self.known.upper
        seen = replace(self, known=self.known.with_points(solved.candidates.points))
        setting, dual = solved.setting, seen._with_best(solved.dual, solved.setting)
        attempt = _attempt(solved, dual)
        infeasible = self.infeasible
        if setting.everywhere and solved.solution.dual_ray is not None and seen.known.best is None:
            widths = _extent(self.request.problem) / np.diag(setting.change.matrix)
            infeasible = excludes_all(solved.relaxation, solved.solution.dual_ray, widths, self.request.until)
        seen = replace(
            seen,
            attempts=(*self.attempts, attempt),
            tried=(*self.tried, Tried(setting, solved.relaxation, attempt.lower_bound, before)),
            infeasible=infeasible,
        ).widened()
        if dual is None:
            return seen
        return seen._with_bound(Bound(dual, solved.order, setting, solved.relaxation, solved.solution))

    def widened(self) -> Evidence:
        """Let the bound so far cover the best point now known; without one where it is worth nothing there."""
        if self.bound is None:
            return self
        dual = self._with_best(self.bound.dual, self.bound.setting)
        return replace(self, bound=None if dual is None else replace(self.bound, dual=dual))

    def looked_beyond(self, near: bool = False) -> Evidence:
        """Ask whether the infimum is attained, when a bound over everything is known and the best point is far out.

        With `near` it is asked wherever that point is.
        """
        if self.bound is None or not self.bound.setting.everywhere or self.at_infinity:
            return self
        return replace(self, at_infinity=escapes(self.known, self.bound.value, near))

    def _with_best(self, dual: DualBound | None, setting: Setting) -> DualBound | None:
        """Return a bound on a box that contains the best point now known, None where it is worth nothing."""
        if dual is None or self.known.best is None or not setting.everywhere:
            return dual
        return dual.containing(setting.change.inverse_point(self.known.optimum[0]))

    def _with_bound(self, new: Bound) -> Evidence:
        """Keep the better bound: one that closes the gap, then one that covers everything, then the higher one."""
        if self.contradicts(new):
            return self
        return replace(self, bound=new) if self.bound is None or self._rank(new) > self._rank(self.bound) else self

    def _rank(self, bound: Bound) -> tuple[bool, bool, bool, float]:
        closed = self._closed(bound)
        return (closed, bound.setting.everywhere, closed and bound.dual.absorbed, bound.value)

    # -- what it proves ------------------------------------------------------------------------------------

    def closes(self, lower: float) -> bool:
        """Whether a lower bound meets the best point known."""
        return closes(lower, self.known.upper, self.known.scale, self.request.tol)

    def _closed(self, bound: Bound) -> bool:
        """Whether a bound meets the best point known; at the wall of a ball of our own that point is no minimum."""
        return self.closes(bound.value) and (bound.setting.everywhere or self._inside(bound.setting))

    def _inside(self, setting: Setting) -> bool:
        if self.known.best is None or self.request.radius != "auto":
            return True
        added = setting.change.original.inequalities[len(self.request.problem.inequalities) :]
        return all(ball(self.known.optimum[0]) >= WALL for ball in added)

    def contradicts(self, bound: Bound) -> bool:
        """Whether a feasible point lies below the bound: the residuals hid a bound that does not hold."""
        upper = self.known.upper
        return upper is not None and bound.value > upper and not self._closed(bound)

    @property
    def certified(self) -> bool:
        """Whether the bounds meet."""
        return self.bound is not None and not (self.unbounded or self.at_infinity) and self._closed(self.bound)

    @property
    def finished(self) -> bool:
        """Whether no further relaxation can teach anything."""
        return self.certified or self.infeasible or self.unbounded or self.at_infinity

    @property
    def proved_bounded(self) -> bool:
        """Whether an exact identity bounds the objective everywhere, so that it cannot fall without end."""
        return self.bound is not None and self.bound.setting.everywhere and self.bound.dual.absorbed

    @property
    def doubtful(self) -> bool:
        """Whether the bounds meet, and nobody has looked for lower points outside the box on which the lower one holds.

        A defect of 1e-10 in the solver's identity exceeds everything far out.
        """
        return self.certified and not self.seen_far and isinstance(self.region, Box)

    @property
    def region(self) -> Region:
        """The set on which the bound holds, without looking any further at what is small in the identity."""
        if self.bound is None:
            return EVERYTHING
        dual, setting = self.bound.dual, self.bound.setting
        if dual.absorbed or not setting.everywhere:
            return setting.region
        widths, change = half_widths(self.request.problem), setting.change
        if np.isfinite(widths).all():
            extent = np.abs(np.linalg.inv(change.matrix)) @ (widths + np.abs(change.shift))
            if (extent <= (1 + 1e-9) * dual.reach).all():
                return setting.region
        return Box.of(change.shift, change.matrix, dual.reach)

    @property
    def gap(self) -> float:
        """The gap that is left, infinite while a bound is missing."""
        upper = self.known.upper
        return np.inf if upper is None or self.bound is None else upper - self.bound.value


def _attempt(solved: Solved, dual: DualBound | None) -> Attempt:
    """Return the record of one solved relaxation for the result, in the units of the objective."""
    change, solution = solved.setting.change, solved.solution
    return Attempt(
        order=solved.order,
        region=solved.setting.region,
        sdp_status=solution.status,
        words=solution.words,
        lower_bound=None if dual is None else change.value(dual.value),
        correction=0.0 if dual is None else change.value(dual.correction),
        absorbed=dual is not None and dual.absorbed,
        residuals=solution.residuals,
        flatness=solved.candidates.flatness,
        dropped=solved.candidates.dropped,
        sizes=MappingProxyType(solved.relaxation.sizes),
        seconds=solution.seconds,
    )


def _extent(problem: Problem) -> NDArray[np.float64]:
    """Return bounds of the coordinates of some feasible point, if there is one: 0 where no constraint asks for more."""
    used = np.zeros(problem.n_variables, dtype=bool)
    for constraint in (*problem.inequalities, *problem.equalities):
        used |= constraint.exponents.any(axis=0)
    return np.where(used, half_widths(problem), 0.0)
