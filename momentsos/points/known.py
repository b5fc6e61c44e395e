"""The feasible points that are known for one problem, and the local searches that find more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import AffineChange, half_widths
from ..conditioning.centring import centred_change, variation
from ..polynomials import Polynomial
from ..problem import Problem
from .judge import PointJudge
from .local_methods import MANY_VARIABLES
from .local_search import LocalPoint, LocalSearch, random_starts
from .options import SearchOptions

Floats = NDArray[np.float64]

#: Seconds that the local search may take before the first relaxation, and again after the last.
LOCAL_SECONDS = 1.5
#: A local minimiser farther out than this, in balanced units, guides the units only if it is seen not to run away.
FAR = 1e3
#: A best point within this distance, in search units, is not asked whether it runs away.
ESCAPE = 30.0
#: Points closer than this, relative to their size, are one point.
SAME_POINT = 1e-5
#: A violation, in coordinates of size one, beyond which the judge is not asked whether a point can be mended.
MENDABLE = 1e-2
#: How often the problem is centred around its best point, each time with more digits.
_CENTRINGS = 3


@dataclass(frozen=True, eq=False)
class Changed:
    """A problem in changed variables, with a local search on it.

    Attributes
    ----------
    change : AffineChange
    local : LocalSearch
        On ``change.problem``, or one with the same points.
    """

    change: AffineChange
    local: LocalSearch

    @classmethod
    def of(
        cls,
        change: AffineChange,
        epigraph: int | None,
        squares: Sequence[Polynomial] = (),
        regular: Problem | None = None,
        until: float = np.inf,
    ) -> Changed:
        """Compile the search.

        Parameters
        ----------
        change : AffineChange
        epigraph : int or None
            The number of the epigraph variable, if there is one.
        squares : sequence of Polynomial
            Polynomials whose squares the changed objective is.
        regular : Problem, optional
            The changed problem with other constraints that say the same.
        until : float
            When descents end, by `time.perf_counter`.
        """
        return cls(change, LocalSearch(regular or change.problem, squares, _upwards(change, epigraph), until))


def _upwards(change: AffineChange, epigraph: int | None) -> Floats | None:
    """Return the direction of the epigraph variable in changed variables, None without one."""
    if epigraph is None:
        return None
    direction: Floats = np.linalg.solve(change.matrix, np.eye(len(change.matrix))[epigraph])
    return direction / np.abs(direction).max()


@dataclass(frozen=True, eq=False)
class Known:
    """Known feasible points of a problem, best first, in units in which its numbers have size one.

    What finds more points returns another record; `momentsos.points.beginning` makes the first one. Units are balanced
    over the terms, then enlarged to the bounds that constraints show, or to the best local minimiser found. All points
    are kept in these units; `change` leads back.

    Attributes
    ----------
    problem : Problem
        In the user's units.
    options : SearchOptions
    judge : PointJudge
        Of the problem as the user gave it: every point that is kept has passed it.
    epigraph : int or None
        The number of the epigraph variable; see `momentsos.conditioning.epigraph`.
    search : Changed
        From the user's units to the search's, and the search there.
    points : tuple of LocalPoint
    terms : float
        Largest coefficient of the objective in balanced units, in the units of the objective; around the best point
        where the problem is centred there.
    waiting : tuple of (n,) arrays
        Starting points that were not used yet, in the user's units.
    near : Changed or None
        Variables around the best point, where the problem is far from the origin; see
        `momentsos.conditioning.centring`.
    """

    problem: Problem
    options: SearchOptions
    judge: PointJudge
    epigraph: int | None
    search: Changed
    terms: float
    points: tuple[LocalPoint, ...] = ()
    waiting: tuple[Floats, ...] = ()
    near: Changed | None = None

    # -- what is known -------------------------------------------------------------------------------------

    @property
    def change(self) -> AffineChange:
        """From the user's units to the search's."""
        return self.search.change

    @property
    def local(self) -> LocalSearch:
        """The local search in the search's units."""
        return self.search.local

    @property
    def centred(self) -> AffineChange | None:
        """To variables around the best point, where the problem is far from the origin."""
        return None if self.near is None else self.near.change

    @property
    def best(self) -> LocalPoint | None:
        """The best feasible point known."""
        return self.points[0] if self.points else None

    @property
    def upper(self) -> float | None:
        """The best feasible value, in the units of the objective."""
        return self.change.value(self.points[0].value) if self.points else None

    @property
    def optimum(self) -> tuple[Floats, Floats]:
        """The best point in the user's units, and the digits that its floats have not."""
        assert self.best is not None
        units = np.diag(self.change.matrix)
        return units * self.best.point, units * (np.zeros(len(units)) + self.best.fine)

    @property
    def is_far(self) -> bool:
        """Whether no point is known, or the best one is far out."""
        return self.best is None or float(np.abs(self.best.point).max()) > ESCAPE

    @property
    def scale(self) -> float:
        """The objective's own scale, in its units.

        As requested, or else its largest coefficient in balanced units: what it varies by when the variables
        change by their natural sizes. It depends on the data alone, not on the points found.
        """
        return self.terms if self.options.scale is None else self.options.scale

    @property
    def reach(self) -> Floats:
        """Half-widths, in units of the search, of the box on which the defect of an identity is bounded.

        The bounds that the constraints put on a variable; elsewhere the best point, within limits.
        """
        n = self.problem.n_variables
        known = np.abs(self.best.point) if self.best else np.ones(n)
        widths = half_widths(self.problem) / np.diag(self.change.matrix)
        return np.where(np.isfinite(widths), np.maximum(widths, 1e-3), np.clip(known, 1.0, FAR))

    def minimizers(self, slack: float) -> tuple[Floats, Floats]:
        """Return the points within `slack` (units of the objective) of the best, near duplicates merged.

        Returns
        -------
        points, fine : (r, n) arrays
            In the user's units, best first: floats, and the digits that they have not.
        """
        kept: list[LocalPoint] = []
        for point in self.points:
            if point.value > self.points[0].value + self.change.inverse_value(slack):
                break
            if not any(_same(point, other) for other in kept):
                kept.append(point)
        n, units = self.problem.n_variables, np.diag(self.change.matrix)
        points = np.array([units * p.point for p in kept]).reshape(-1, n)
        return points, np.array([units * (np.zeros(n) + p.fine) for p in kept]).reshape(-1, n)

    # -- points that are found; nothing is kept ------------------------------------------------------------

    def descend(self, change: AffineChange, start: Floats) -> LocalPoint:
        """Descend in changed variables of the original problem; the end is given in the units of the search.

        Its value is taken in the changed variables, where it has more digits when these are centred near a minimiser.
        """
        if change is self.change:
            return self.local.descend(start)
        return self.seen_from(change, Changed.of(change, self.epigraph, until=self.options.until).local.descend(start))

    def seen_from(self, change: AffineChange, end: LocalPoint) -> LocalPoint:
        """Return a point of a changed problem in the units of the search."""
        point, fine = change.fine_point(end.point)
        units, value = np.diag(self.change.matrix), self.change.inverse_value(change.value(end.value))
        return LocalPoint(point / units, value, end.violation, fine / units)

    def improve(self, start: Floats) -> LocalPoint:
        """Polish a candidate, descend from it too, and return the better feasible end, or the one nearest to one."""
        ends = [self.local.polish(start), self.local.descend(start)]
        feasible = [point for point in ends if point.feasible]
        if feasible:
            return min(feasible, key=lambda p: p.value)
        return min(self.local.assess(start), *ends, key=lambda p: p.violation)

    def mended(self, point: LocalPoint) -> LocalPoint | None:
        """Return a point that floats call feasible, or what the judge makes of one that is nearly so; None otherwise.

        At multiple roots and where constraints touch, no descent comes near enough to be called feasible.
        """
        return point if point.feasible else self.accepted(point)

    # -- more points ---------------------------------------------------------------------------------------

    def with_points(self, points: Iterable[LocalPoint]) -> Known:
        """Keep those of `points` that the judge accepts, polished around the best one where the problem is far out."""
        kept = list(self.points)
        for point in sorted(points, key=lambda p: (not p.feasible, p.value)):
            if not any(_same(point, other) and not _lower(point, other) for other in kept):
                polished = point if self.near is None or not point.feasible else self._polished(point, self.near)
                accepted = self.accepted(polished)
                kept += [] if accepted is None else [accepted]
        return replace(self, points=tuple(sorted(kept, key=lambda p: p.value)))

    def accepted(self, point: LocalPoint) -> LocalPoint | None:
        """Return a point as the judge of the user's problem sees it, moved where that mends it; None when refused."""
        if point.feasibility is not None:
            return point
        if not point.violation <= MENDABLE:
            return None
        units = np.diag(self.change.matrix)
        place, fine = units * point.point, units * (np.zeros(len(units)) + point.fine)
        until = self.options.until
        verdict = None
        if point.feasible:
            verdict = None if self.epigraph is None else self.judge.raised(place, fine, self.epigraph)
            verdict = verdict or self.judge(place, fine, units=units, until=until)
        if verdict is None or not verdict.feasible:
            verdict = self.judge.mend(place, fine, units=units, until=until)
        value = self.change.inverse_value(verdict.upper)
        if not verdict.feasible or not np.isfinite(value):
            return None
        return LocalPoint(verdict.point / units, value, 0.0, verdict.fine / units, verdict.feasibility)

    def _polished(self, point: LocalPoint, near: Changed) -> LocalPoint:
        change, units = near.change, np.diag(self.change.matrix)
        offset = (units * point.point - change.shift) + (units * point.fine - change.fine)
        return self.seen_from(change, near.local.polish(offset / np.diag(change.matrix)))

    def looked_further(self, enough: int = 2, patience: int | None = None) -> Known:
        """Descend from the starts that are left, until the best value was found `enough` times or time is up.

        With `patience` also until so many starts have led to no feasible point.
        """
        waiting = iter(self.waiting)
        starts = (self.change.inverse_point(point) for point in waiting)
        found = self.local.multistart(starts, self._budget(), enough, patience)
        return replace(self.with_points(found), waiting=tuple(waiting))

    def _budget(self) -> float:
        return max(0.0, min(LOCAL_SECONDS, 0.2 * self.options.time_left()))

    def with_best_improved(self, frame: Floats) -> Known:
        """Descend from the best point, in variables in which a change of size one is natural.

        Parameters
        ----------
        frame : (n, n) array
            The user's variables are the best point plus `frame` times these.
        """
        assert self.best is not None
        units = np.diag(self.change.matrix)
        return self.with_points([self.local.descend(self.best.point, frame / units[:, None])])

    def centred_around_best(self) -> Known:
        """Centre the problem around the best point, which is polished there, as far from the origin digits cancel."""
        known = self
        if known.near is not None or known.problem.n_variables >= MANY_VARIABLES:
            return known
        for _ in range(_CENTRINGS):
            if known.best is None or known.options.squares:
                break
            change = centred_change(known.problem, *known.optimum, np.diag(known.change.matrix))
            if change is None:
                break
            found, near = known.points, Changed.of(change, known.epigraph, until=known.options.until)
            known = replace(known, points=(), near=near)
            end = known.seen_from(change, near.local.descend(np.zeros(known.problem.n_variables)))
            known = known.with_points([end, *found])
            known = replace(known, terms=min(known.terms, variation(change) or known.terms))
        return known

    def gathered(self) -> Known:
        """Look for further minimisers, from starts around the best point's distance."""
        if self.best is None:
            return self
        n = self.problem.n_variables
        if self.near is not None:
            around = self.near.local.multistart(random_starts(n, 30, 1, (3.0, 1.0)), min(0.5, self._budget()))
            return self.with_points([self.seen_from(self.near.change, end) for end in around])
        reach = 1.5 * max(1.0, float(np.abs(self.best.point).max()))
        starts = random_starts(n, 60, 1, (reach, reach / 3))
        return self.with_points(self.local.multistart(starts, min(0.5, self._budget())))


def _lower(point: LocalPoint, other: LocalPoint) -> bool:
    """Whether the value of a point is lower than that of another one by more than rounding, in any units."""
    return point.value < other.value - 1e-13 * abs(other.value)


def _same(point: LocalPoint, other: LocalPoint) -> bool:
    distance = float(np.abs(point.point - other.point).max())
    return distance <= SAME_POINT * (1 + float(np.abs(other.point).max()))
