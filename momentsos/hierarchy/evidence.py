"""What a solve has learned so far: attempts, the best bound, and what they prove together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from ..bounds.dual import DualBound
from ..bounds.region import EVERYTHING, Box, Region
from ..machine.mappings import ReadOnly
from ..points.falling import Falling
from ..points.far import escapes
from ..points.known import Known
from ..points.violation import with_mended_points
from ..relaxations import Relaxation
from ..sdp import SDPSolution
from .gaps import closes
from .methods import Method, Setting
from .methods.base import Candidates, Tried
from .placing import Placed, near_box, placed
from .request import Request
from .result import Attempt
from .theorems import proved_bound, proved_empty, proved_everywhere

#: What floats may add to a bound, as a share of the bounds' size; what they may add elsewhere is part of its defect.
ACCURACY = 16 * float(np.finfo(float).eps)
#: The phases of a solve that are timed.
WORK = ("relax", "solve", "extract")


class Limit(Enum):
    """Why no further order or relaxation was tried."""

    TIME = "time"
    SIZE = "size"
    PROGRESS = "progress"


@dataclass(frozen=True, eq=False)
class Bound:
    """A lower bound with the set on which it holds, and the relaxation that gave it.

    Where it was proved (`momentsos.hierarchy.theorems`), `theorem` is what was proved, in the units of the objective.
    """

    dual: DualBound
    region: Region
    order: int
    setting: Setting
    relaxation: Relaxation
    solution: SDPSolution
    theorem: float | None = None

    @property
    def value(self) -> float:
        """The bound in the units of the objective."""
        return self.setting.change.value(self.dual.value) if self.theorem is None else self.theorem

    @property
    def absorbed(self) -> bool:
        """Whether nothing is left of the defect of its identity: it holds where the setting does."""
        return (self.dual.absorbed or self.theorem is not None) and not isinstance(self.region, Box)


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
    theorem : float or None
        The bound that the method has proved itself, in the units of the objective.
    """

    order: int
    setting: Setting
    relaxation: Relaxation
    solution: SDPSolution
    dual: DualBound | None
    candidates: Candidates
    theorem: float | None = None


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
    last : Solved or None
        The relaxation that was solved last.
    infeasible, at_infinity : bool
        What was found out about the problem.
    falling : Falling or None
        The proof that its objective falls without end.
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
    last: Solved | None = None
    infeasible: bool = False
    falling: Falling | None = None
    at_infinity: bool = False
    seen_far: bool = False
    limit: Limit | None = None
    limit_words: str = ""
    seconds: Mapping[str, float] = field(default_factory=lambda: ReadOnly(dict.fromkeys(WORK, 0.0)))

    # -- more is learned -----------------------------------------------------------------------------------

    def timed(self, **spent: float) -> Evidence:
        """Add to the times by phase."""
        return replace(self, seconds=ReadOnly({k: v + spent.get(k, 0.0) for k, v in self.seconds.items()}))

    def stopped(self, limit: Limit, words: str) -> Evidence:
        """Note why no more is tried."""
        return replace(self, limit=limit, limit_words=words)

    def with_solved(self, solved: Solved) -> Evidence:
        """Note one solved relaxation: the points that it gave, and the bound that it proves."""
        before = self.known.upper
        seen = replace(self, known=self.known.with_points(solved.candidates.points)).replaced()
        setting = solved.setting
        new = None if solved.dual is None else seen._placed(solved.dual, solved)
        attempt = seen._attempt(solved, new)
        infeasible = self.infeasible
        if setting.everywhere and solved.solution.dual_ray is not None and seen.known.best is None:
            infeasible = proved_empty(setting, solved.relaxation, solved.solution.dual_ray, self.request.until)
            if not infeasible:  # rounding may exclude a set without an interior: it may be a point
                seen = replace(seen, known=with_mended_points(seen.known, seed=2 + len(self.attempts)))
        seen = replace(
            seen,
            attempts=(*self.attempts, attempt),
            tried=(*self.tried, Tried(setting, solved.relaxation, attempt.lower_bound, before)),
            infeasible=infeasible,
            last=solved,
        )
        return seen if new is None else seen._with_bound(new)

    def replaced(self) -> Evidence:
        """Let the bound so far hold at the best point now known; without one where it is worth nothing there."""
        old = self.bound
        if old is None or old.absorbed or self.known.best is None or old.region.contains(self.known.optimum[0]):
            return self
        return replace(self, bound=self._believed(self._where(old.dual, old.setting), old))

    def _placed(self, dual: DualBound, solved: Solved) -> Bound | None:
        """Return a bound with the set on which it holds, None where it is worth nothing."""
        setting, relaxation = solved.setting, solved.relaxation
        theorem = solved.theorem
        unproved = self._unsure(setting) if dual.absorbed else self.closes(setting.change.value(dual.gamma))
        if theorem is None and unproved:
            theorem = proved_everywhere(dual, setting, relaxation, solved.solution)
        bound = Bound(dual, setting.region, solved.order, setting, relaxation, solved.solution, theorem)
        return bound if theorem is not None else self._believed(self._where(dual, setting), bound)

    def _believed(self, found: Placed | None, old: Bound) -> Bound | None:
        """Return a bound where it was placed; of an identity in rounded coordinates what is proved on that box."""
        if found is None:
            return None
        new = replace(old, dual=found.dual, region=found.region, theorem=None)
        if not (found.dual.absorbed and isinstance(found.region, Box)):
            return new
        assert self.known.upper is not None  # there is no such box without a point
        parts = found.dual, old.setting, old.relaxation, old.solution
        theorem = proved_bound(*parts, found.region, self.known.upper)
        return None if theorem is None else replace(new, theorem=theorem)

    def _where(self, dual: DualBound, setting: Setting) -> Placed | None:
        """Return a bound that is not proved with the set on which it holds, None where it is worth nothing."""
        found = placed(dual, setting, self.known, self.closes)
        if found is None or not (found.dual.absorbed and found.region.everything and self._unsure(setting)):
            return found
        return None if self.known.best is None else Placed(dual, near_box(self.known))

    def _unsure(self, setting: Setting) -> bool:
        """Whether rounded coefficients may hide what counts far out, where nothing else bounds the objective."""
        return setting.change.rounds and not np.isfinite(self.request.facts.lowest)

    def proved(self) -> Evidence:
        """Prove the bound in the user's own problem, if that can be done; a proof that leaves a gap replaces none.

        An identity that was absorbed in floats alone says nothing of what is far out, where all of R^n is meant and
        nothing is known of the objective beforehand: there a bound is what is proved, everywhere or on a box.
        """
        old, upper = self.bound, self.known.upper
        if old is None or upper is None or old.theorem is not None:
            return self
        doubted = old.absorbed and old.region.everything and not np.isfinite(self.request.facts.lowest)
        if self.request.time_left() <= 0 and not doubted:
            return self
        value = proved_bound(old.dual, old.setting, old.relaxation, old.solution, old.region, upper)
        new = None if value is None else replace(old, theorem=value)
        if new is not None and (not self.certified or self._closed(new)):
            return replace(self, bound=new)
        if not doubted:
            return self
        near = self._believed(Placed(old.dual, near_box(self.known)), old)
        found = [bound for bound in (new, near) if bound is not None]
        return replace(self, bound=max(found, key=self._rank, default=None))

    def without_refuted(self) -> Evidence:
        """Drop the bound where a point that was found since lies below it."""
        if self.bound is None or not self.refuted(self.value(self.bound), self.region):
            return self
        return replace(self, bound=None)

    def looked_beyond(self, near: bool = False) -> Evidence:
        """Ask whether the infimum is attained, when a bound over everything is known and the best point is far out.

        With `near` it is asked wherever that point is.
        """
        if self.bound is None or not self.bound.setting.everywhere or self.at_infinity:
            return self
        if self.certified and np.isfinite(self.request.facts.lowest):  # far out a loss that is zero is all rounding
            return self
        return replace(self, at_infinity=escapes(self.known, self.value(self.bound), near))

    def _attempt(self, solved: Solved, bound: Bound | None) -> Attempt:
        """Return the record of one solved relaxation for the result, in the units of the objective."""
        setting, solution = solved.setting, solved.solution
        return Attempt(
            order=solved.order,
            region=setting.region if bound is None else bound.region,
            sdp_status=solution.status,
            words=solution.words,
            lower_bound=None if bound is None else self.value(bound),
            correction=0.0 if bound is None else setting.change.value(bound.dual.correction),
            absorbed=bound is not None and bound.absorbed,
            residuals=solution.residuals,
            flatness=solved.candidates.flatness,
            dropped=solved.candidates.dropped,
            sizes=ReadOnly(solved.relaxation.sizes),
            seconds=solution.seconds,
        )

    def _with_bound(self, new: Bound) -> Evidence:
        """Keep the better bound: one that closes the gap, then one that covers everything, then the higher one."""
        if self.refuted(self.value(new), new.region):
            return self
        return replace(self, bound=new) if self.bound is None or self._rank(new) > self._rank(self.bound) else self

    def _rank(self, bound: Bound) -> tuple[bool, bool, bool, float]:
        closed = self._closed(bound)
        return (closed, bound.region.everything, bound.setting.everywhere, bound.value)

    # -- what it proves ------------------------------------------------------------------------------------

    @property
    def unit(self) -> float:
        """The unit of relative gaps; see `momentsos.hierarchy.gaps`."""
        return min(1.0, self.known.terms) if self.request.facts.unit is None else self.request.facts.unit

    def closes(self, lower: float) -> bool:
        """Whether a lower bound meets the best point known."""
        return closes(*self.request.problem.sense.bounds(lower, self.known.upper), self.unit, self.request.tol)

    def value(self, bound: Bound) -> float:
        """Return a bound without what floats may have added, or the one known beforehand where that is higher."""
        size = 0.0 if bound.theorem is not None else max(abs(bound.value), abs(self.known.upper or 0.0))
        return max(bound.value - ACCURACY * size, self.request.facts.lowest)

    def _closed(self, bound: Bound) -> bool:
        """Whether a bound meets the best point known; at the wall of a ball of our own that point is no minimum."""
        if not self.closes(self.value(bound)):
            return False
        return bound.region.everything or not bound.region.at_the_wall(self.known.optimum[0])

    def refuted(self, lower: float, region: Region) -> bool:
        """Whether a feasible point in its region lies below a bound, which then does not hold."""
        upper = self.known.upper
        return upper is not None and lower > upper and region.contains(self.known.optimum[0])

    @property
    def rigorous(self) -> bool:
        """Whether the lower bound is proved: by an identity in the user's own numbers, or known beforehand."""
        if self.bound is None or self.value(self.bound) <= self.request.facts.lowest:
            return self.lower is not None
        return self.bound.theorem is not None

    @property
    def lower(self) -> float | None:
        """The lower bound: the best one, or what is known beforehand."""
        lowest = self.request.facts.lowest
        if self.bound is None:
            return lowest if np.isfinite(lowest) else None
        return self.value(self.bound)

    @property
    def unbounded(self) -> bool:
        """Whether the objective is proved to fall without end."""
        return self.falling is not None

    @property
    def certified(self) -> bool:
        """Whether the bounds meet."""
        if self.unbounded or self.at_infinity:
            return False
        return self.closes(self.request.facts.lowest) or (self.bound is not None and self._closed(self.bound))

    @property
    def finished(self) -> bool:
        """Whether no further relaxation can teach anything."""
        return self.certified or self.infeasible or self.unbounded or self.at_infinity

    @property
    def proved_bounded(self) -> bool:
        """Whether an exact identity bounds the objective everywhere, so that it cannot fall without end."""
        return self.bound is not None and self.bound.setting.everywhere and self.bound.absorbed

    @property
    def doubtful(self) -> bool:
        """Whether the bounds meet, and nobody has looked for lower points outside the box on which the lower one holds.

        A defect of 1e-10 in the solver's identity exceeds everything far out.
        """
        return self.certified and not self.seen_far and isinstance(self.region, Box)

    @property
    def region(self) -> Region:
        """The set on which the bound holds, without looking any further at what is small in the identity."""
        if self.bound is None or self.value(self.bound) <= self.request.facts.lowest:
            return EVERYTHING
        return self.bound.region

    @property
    def gap(self) -> float:
        """The gap that is left, infinite while a bound is missing."""
        upper, lower = self.known.upper, self.lower
        return np.inf if upper is None or lower is None else upper - lower
