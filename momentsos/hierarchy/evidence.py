"""What a solve has learned so far, and the result that follows from it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from ..bounds.dual import DualBound, excludes_all
from ..conditioning.affine import half_widths
from ..points.known import Search
from ..problem import Problem
from ..relaxations import Relaxation
from ..sdp import SDPSolution, SDPStatus
from .methods import Method, Setting
from .methods.base import BOX, EVERYWHERE, Candidates, Tried
from .request import ABSOLUTE_GAP, Request
from .result import GAP_FLOOR, Attempt, Result, Status, closes

#: A point at which the constraint of a ball, one minus a sum of squares, is less than this is at its wall.
WALL = 0.02
#: Said of a bound whose identity could not be made exact; see `momentsos.bounds.repair`.
NOT_ABSORBED = (
    "The residual of the solver's identity was bounded on a box of the size of the best point; farther out the bound "
    "rests on the solver's accuracy."
)
#: What rounding may change in the objective, as a share of its own scale.
_ROUNDING = 1e-13


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


@dataclass
class Evidence:
    """Collects attempts; decides what they prove."""

    request: Request
    method: Method
    search: Search
    reason: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)
    bound: Bound | None = None
    infeasible: bool = False
    unbounded: bool = False
    at_infinity: bool = False
    seen_far: bool = False
    limit: str = ""
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("relax", "solve", "extract"), 0.0))
    started: float = field(default_factory=time.perf_counter)

    def record(
        self,
        order: int,
        setting: Setting,
        relaxation: Relaxation,
        solution: SDPSolution,
        bound: DualBound | None,
        candidates: Candidates,
        known: float | None,
    ) -> None:
        """Note one solved relaxation, the bound that it proves and the candidates that it gave.

        `known` is the best feasible value before these.
        """
        change, bound = setting.change, self._with_best(bound, setting)
        attempt = Attempt(
            order=order,
            coverage=setting.coverage,
            sdp_status=solution.status,
            words=solution.words,
            lower_bound=None if bound is None else change.value(bound.value),
            correction=0.0 if bound is None else change.value(bound.correction),
            absorbed=bound is not None and bound.absorbed,
            residuals=solution.residuals,
            flatness=candidates.flatness,
            dropped=candidates.dropped,
            sizes=MappingProxyType(relaxation.sizes),
            seconds=solution.seconds,
        )
        self.attempts.append(attempt)
        self.tried.append(Tried(setting, relaxation, attempt.lower_bound, known))
        if setting.everywhere and solution.dual_ray is not None and self.search.best is None:
            widths = _extent(self.request.problem) / np.diag(change.matrix)
            self.infeasible = excludes_all(relaxation, solution.dual_ray, widths, self.request.until)
        self._widen()
        if bound is not None:
            self._keep(Bound(bound, order, setting, relaxation, solution))

    def _with_best(self, dual: DualBound | None, setting: Setting) -> DualBound | None:
        """Return a bound on a box that contains the best point now known, None where it is worth nothing."""
        if dual is None or self.search.best is None or not setting.everywhere:
            return dual
        return dual.containing(setting.change.inverse_point(self.search.optimum[0]))

    def _widen(self) -> None:
        """Let the bound so far cover the best point now known."""
        if self.bound is not None:
            dual = self._with_best(self.bound.dual, self.bound.setting)
            self.bound = None if dual is None else replace(self.bound, dual=dual)

    def _keep(self, new: Bound) -> None:
        """Keep the better bound: one that closes the gap, then one that covers everything, then the higher one."""
        if self._contradicted(new):
            return
        old = self.bound
        if old is None or self._rank(new) > self._rank(old):
            self.bound = new

    def _rank(self, bound: Bound) -> tuple[bool, bool, bool, float]:
        closed = self._closed(bound)
        return (closed, bound.setting.everywhere, closed and bound.dual.absorbed, bound.value)

    def closes(self, lower: float) -> bool:
        """Whether a lower bound meets the best point known."""
        return closes(lower, self.search.upper, self.search.scale, self.request.tol)

    def _closed(self, bound: Bound) -> bool:
        """Whether a bound meets the best point known; at the wall of a ball of our own that point is no minimum."""
        return self.closes(bound.value) and (bound.setting.everywhere or self._inside(bound.setting))

    def _inside(self, setting: Setting) -> bool:
        if self.search.best is None or self.request.bound != "auto":
            return True
        added = setting.change.original.inequalities[len(self.request.problem.inequalities) :]
        return all(ball(self.search.optimum[0]) >= WALL for ball in added)

    def _contradicted(self, bound: Bound) -> bool:
        """Whether a feasible point lies below the bound: the residuals hid a bound that does not hold."""
        upper = self.search.upper
        return upper is not None and bound.value > upper and not self._closed(bound)

    @property
    def certified(self) -> bool:
        """Whether the bounds meet."""
        return self.bound is not None and not (self.unbounded or self.at_infinity) and self._closed(self.bound)

    def look_beyond(self, near: bool = False) -> None:
        """Ask whether the infimum is attained, when a bound over everything is known and the best point is far out.

        With `near` it is asked wherever that point is.
        """
        if self.bound is not None and self.bound.setting.everywhere and not self.at_infinity:
            self.at_infinity = self.search.escapes(self.bound.value, near)

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
        return self.certified and not self.seen_far and self.coverage == BOX

    @property
    def coverage(self) -> str:
        """The set on which the bound holds, without looking any further at what is small in the identity."""
        if self.bound is None:
            return EVERYWHERE
        dual, setting = self.bound.dual, self.bound.setting
        if dual.absorbed or not setting.everywhere:
            return setting.coverage
        widths, change = half_widths(self.request.problem), setting.change
        if not np.isfinite(widths).all():
            return BOX
        extent = np.abs(np.linalg.inv(change.matrix)) @ (widths + np.abs(change.shift))
        return setting.coverage if (extent <= (1 + 1e-9) * dual.reach).all() else BOX

    @property
    def gap(self) -> float:
        """The gap that is left, infinite while a bound is missing."""
        upper = self.search.upper
        return np.inf if upper is None or self.bound is None else upper - self.bound.value

    # -- the end -------------------------------------------------------------------------------------------

    def result(self) -> Result:
        """Make the record, in the user's units."""
        search, request = self.search, self.request
        self._widen()
        if self.bound is not None and self._contradicted(self.bound):
            self.bound = None
        last = self.attempts[-1] if self.attempts else None
        if self.certified and last is not None and last.flatness is not None and not last.flatness.flat:
            search.gather()
        status = self._status()
        excluded = status in (Status.INFEASIBLE, Status.UNBOUNDED)
        upper = None if excluded else search.upper
        lower = None if excluded or self.bound is None else self.bound.value
        if lower is not None and upper is not None:
            lower = min(lower, upper)  # an excess is within the corrections here
        slack = 0.0 if upper is None else self._slack(upper)
        known = upper is not None and status is not Status.AT_INFINITY  # a far-away point is no minimiser
        points, fine = search.minimizers(slack) if known else (np.zeros((0, request.problem.n_variables)),) * 2
        bound = self.bound
        return Result(
            status=status,
            lower_bound=lower,
            upper_bound=upper,
            minimizers=points,
            fine=fine,
            order=bound.order if bound else (last.order if last else None),
            method=self.method.name,
            solver=bound.solution.solver if bound else request.solver,
            coverage=self.coverage,
            scale=search.scale,
            tol=request.tol,
            problem=request.problem,
            attempts=tuple(self.attempts),
            message=self._message(status),
            reason=self.reason,
            seconds=MappingProxyType({"formulate": 0.0, **self.seconds, "total": time.perf_counter() - self.started}),
            sizes=MappingProxyType(bound.relaxation.sizes if bound else dict(last.sizes) if last else {}),
            relaxation=bound.relaxation if bound else None,
            solution=bound.solution if bound else None,
            change=bound.setting.change if bound else None,
        )

    def _slack(self, upper: float) -> float:
        """Return what the value of another minimiser may lie above that of the best point.

        A gap that the objective's own scale allows may be wide against its values: no point further above than twice
        the gap is a minimiser, as far as rounding tells.
        """
        allowed = ABSOLUTE_GAP * self.search.scale
        if self.bound is not None:
            allowed = min(allowed, max(2.0 * self.gap, _ROUNDING * self.search.scale))
        return max(0.1 * self.request.tol * abs(upper), allowed)

    def _status(self) -> Status:
        if self.infeasible:
            return Status.INFEASIBLE
        if self.unbounded:
            return Status.UNBOUNDED
        if self.at_infinity:
            return Status.AT_INFINITY
        if self.certified:
            return Status.CERTIFIED
        if self.bound is not None:
            return Status.BOUNDED if self.search.best is not None else Status.LOWER_BOUND_ONLY
        stopped = bool(self.limit) or any(a.sdp_status is SDPStatus.LIMIT for a in self.attempts)
        return Status.STOPPED if stopped else Status.FAILED

    def _message(self, status: Status) -> str:
        meaning = status.meaning
        if status is Status.CERTIFIED and self.coverage != EVERYWHERE:
            meaning = f"The minimum over {self.coverage} is proved to the tolerance."
        if status is Status.CERTIFIED and self.gap > self.request.tol * max(abs(self.search.upper or 0.0), GAP_FLOOR):
            meaning += (
                f" The gap of {self.gap:.1e} is small against the objective's own scale, {self.search.scale:.1e}."
            )
        doubt = NOT_ABSORBED if self.bound is not None and not self.bound.dual.absorbed else ""
        return " ".join(part for part in (meaning, doubt, self.limit, status.remedy) if part)


def _extent(problem: Problem) -> NDArray[np.float64]:
    """Return bounds of the coordinates of some feasible point, if there is one: 0 where no constraint asks for more."""
    used = np.zeros(problem.n_variables, dtype=bool)
    for constraint in (*problem.inequalities, *problem.equalities):
        used |= constraint.exponents.any(axis=0)
    return np.where(used, half_widths(problem), 0.0)
