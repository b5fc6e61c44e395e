"""The feasible points that are known for one problem, and the local searches that add to them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from ..conditioning.affine import AffineChange, balanced_units, half_widths, scale_by
from ..conditioning.centring import centred_change, variation
from ..conditioning.epigraph import epigraph_variable
from ..errors import InvalidInput
from ..hierarchy.request import Request
from ..polynomials.affine import change_polynomials
from ..problem import Problem
from .descents import MANY_VARIABLES
from .local import LocalPoint, LocalSearch, random_starts

#: Seconds that the local search may take before the first relaxation, and again after the last.
LOCAL_SECONDS = 1.5
#: A local minimiser farther out than this, in balanced units, guides the units only if it is seen not to run away.
FAR = 1e3
#: It does not when a further descent, in units of its own size, moves its large coordinates by at most this share.
SETTLED = 0.05
#: A best point within this distance, in search units, is not asked whether it runs away.
ESCAPE = 30.0
#: How often the problem is centred around its best point, each time with more digits.
_CENTRINGS = 3
#: Points closer than this, relative to their size, are one point.
SAME_POINT = 1e-5


class Search:
    """Known feasible points of a problem, best first, in units in which its numbers have size one.

    Where a candidate is feasible and near, nothing is searched at first: a method calls `look_further` when it needs
    it.

    Units are balanced over the terms, then enlarged to the bounds that constraints show, or to the best local
    minimiser found. All points are kept in these units; `change` leads back.

    Attributes
    ----------
    problem : Problem
        In the user's units.
    change : AffineChange
        From the user's units to the search's.
    local : LocalSearch
        On ``change.problem``.
    points : list of LocalPoint
    terms : float
        Largest coefficient of the objective in balanced units, in the units of the objective; around the best point
        where the problem is centred there.
    centred : AffineChange or None
        To variables around the best point, where the problem is far from the origin; see
        `momentsos.conditioning.centring`.
    """

    def __init__(self, problem: Problem, request: Request, candidates: NDArray[np.float64] | None = None) -> None:
        self.problem = problem
        self._request = request
        self._epigraph = epigraph_variable(problem)
        units = balanced_units(problem)
        widths = half_widths(problem)
        units = np.where(np.isfinite(widths) & (widths > 0), widths, units)
        self._measure(units)
        self.terms = self.change.objective * (self.change.problem.minimize.scale or 1.0)
        starts = self.change.point(random_starts(problem.n_variables, 24, request.seed))
        self.points: list[LocalPoint] = []
        self.centred: AffineChange | None = None
        if candidates is not None:
            given = np.atleast_2d(np.asarray(candidates, dtype=np.float64))
            self.add(self.local.assess(point) for point in self.change.inverse_point(given))
            starts = np.concatenate([given, starts])
        self._waiting = iter(starts)
        if self.best is None:
            self.look_further(4)
            self._waiting = iter(())
        elif float(np.abs(self.best.point).max()) > ESCAPE:
            self.look_further(1)  # where it ends tells whether it runs away
        if self.points:
            self._enlarge_units(np.where(np.isfinite(widths), 1.0, np.abs(self.points[0].point)))
        if request.scale is None:  # the objective's own size is to be judged where the problem happens
            self.centre()

    def _budget(self) -> float:
        return max(0.0, min(LOCAL_SECONDS, 0.2 * self._request.time_left()))

    def _measure(self, units: NDArray[np.float64]) -> None:
        self.change: AffineChange = scale_by(self.problem, units)
        squares = self._request.squares
        if squares:
            zero = np.zeros(self.problem.n_variables)
            roots = change_polynomials(squares, zero, self.change.matrix)
            squares = tuple(r * self.change.objective**-0.5 for r in roots)
        self.local = LocalSearch(self.change.problem, squares, self._upwards(self.change))

    def _upwards(self, change: AffineChange) -> NDArray[np.float64] | None:
        """Return the direction of the epigraph variable in changed variables, None without one."""
        if self._epigraph is None:
            return None
        direction: NDArray[np.float64] = np.linalg.solve(change.matrix, np.eye(len(change.matrix))[self._epigraph])
        return direction / np.abs(direction).max()

    def _enlarge_units(self, size: NDArray[np.float64]) -> None:
        """Measure in units in which the best point has size one, unless it is far out because it runs away."""
        if size.max() <= 2:
            return
        if size.max() > FAR and not self._settled(self.points[0]):
            return
        old, found = self.change, self.points
        self._measure(np.diag(old.matrix) * np.maximum(size, 1.0))
        self.points = []
        self.add(self.local.assess(self.change.inverse_point(old.point(p.point))) for p in found)  # none is fine yet

    def _settled(self, point: LocalPoint) -> bool:
        """Whether a descent from a point, in units of its own size and of its value, leaves large coordinates there."""
        large = np.abs(point.point) > FAR
        place, value = self.change.point(point.point), self.change.value(point.value)
        try:
            own = scale_by(self.problem, np.where(place == 0.0, 1.0, np.abs(place)))
        except InvalidInput:  # so far out that powers overflow
            return False
        problem, start = own.problem, own.inverse_point(place)
        objective = problem.minimize * (own.objective / max(abs(value), 1e-300))
        same = Problem(objective, problem.inequalities, problem.equalities, problem.variables)
        end = LocalSearch(same, (), self._upwards(own)).descend(start)
        return float(np.abs(end.point - start)[large].max()) <= SETTLED

    def centre(self) -> None:
        """Centre the problem around the best point, which is polished there, as far from the origin digits cancel."""
        if self.centred is not None or self.problem.n_variables >= MANY_VARIABLES:
            return
        for _ in range(_CENTRINGS):
            if self.best is None or self._request.squares:
                return
            change = centred_change(self.problem, *self.optimum, np.diag(self.change.matrix))
            if change is None:
                return
            found, self.points = self.points, []
            self.centred, self._near = change, LocalSearch(change.problem, (), self._upwards(change))
            self.add([self.descend(change, np.zeros(self.problem.n_variables)), *found])
            self.terms = min(self.terms, variation(change) or self.terms)

    # -- points --------------------------------------------------------------------------------------------

    def add(self, points: Iterable[LocalPoint]) -> None:
        """Keep the feasible ones among `points`, judged around the best point where the problem is centred there."""
        if self.centred is not None:
            points = [self._judged_near(point, self.centred) for point in points if point.feasible]
        self.points = sorted([*self.points, *(p for p in points if p.feasible)], key=lambda p: p.value)

    def _judged_near(self, point: LocalPoint, change: AffineChange) -> LocalPoint:
        units = np.diag(self.change.matrix)
        offset = (units * point.point - change.shift) + (units * point.fine - change.fine)
        return self._from(change, self._near.polish(offset / np.diag(change.matrix)))

    @property
    def best(self) -> LocalPoint | None:
        """The best feasible point known."""
        return self.points[0] if self.points else None

    @property
    def upper(self) -> float | None:
        """The best feasible value, in the units of the objective."""
        return self.change.value(self.points[0].value) if self.points else None

    @property
    def optimum(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The best point in the user's units, and the digits that its floats have not."""
        assert self.best is not None
        units = np.diag(self.change.matrix)
        return units * self.best.point, units * (np.zeros(len(units)) + self.best.fine)

    def descend(self, change: AffineChange, start: NDArray[np.float64]) -> LocalPoint:
        """Descend in changed variables of the original problem; the end is given in the units of the search.

        Its value is taken in the changed variables, where it has more digits when these are centred near a minimiser.
        """
        if change is self.change:
            return self.local.descend(start)
        return self._from(change, LocalSearch(change.problem, (), self._upwards(change)).descend(start))

    def _from(self, change: AffineChange, end: LocalPoint) -> LocalPoint:
        """Return a point of a changed problem in the units of the search."""
        point, fine = change.fine_point(end.point)
        units, value = np.diag(self.change.matrix), self.change.inverse_value(change.value(end.value))
        return LocalPoint(point / units, value, end.violation, fine / units)

    def improve(self, start: NDArray[np.float64]) -> LocalPoint:
        """Polish a candidate, descend from it too, and return the better feasible end."""
        polished, descended = self.local.polish(start), self.local.descend(start)
        pair = [point for point in (polished, descended) if point.feasible]
        return min(pair, key=lambda p: p.value) if pair else min(polished, descended, key=lambda p: p.violation)

    def improve_best(self, frame: NDArray[np.float64]) -> None:
        """Descend from the best point, in variables in which a change of size one is natural.

        Parameters
        ----------
        frame : (n, n) array
            The user's variables are the best point plus `frame` times these.
        """
        assert self.best is not None
        units = np.diag(self.change.matrix)
        self.add([self.local.descend(self.best.point, frame / units[:, None])])

    def look_further(self, enough: int = 2) -> None:
        """Descend from the starts that are left, until the best value was found `enough` times or time is up."""
        starts = (self.change.inverse_point(point) for point in self._waiting)
        self.add(self.local.multistart(starts, self._budget(), enough))

    def gather(self) -> None:
        """Look for further minimisers, from starts around the best point's distance."""
        if self.best is None:
            return
        n = self.problem.n_variables
        if self.centred is not None:
            around = self._near.multistart(random_starts(n, 30, 1, (3.0, 1.0)), min(0.5, self._budget()))
            self.add([self._from(self.centred, end) for end in around])
            return
        reach = 1.5 * max(1.0, float(np.abs(self.best.point).max()))
        starts = random_starts(n, 60, 1, (reach, reach / 3))
        self.add(self.local.multistart(starts, min(0.5, self._budget())))

    def minimizers(self, slack: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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

    # -- scales --------------------------------------------------------------------------------------------

    @property
    def scale(self) -> float:
        """The objective's own scale, in its units.

        As requested, or else its largest coefficient in balanced units: what it varies by when the variables
        change by their natural sizes. It depends on the data alone, not on the points found.
        """
        return self.terms if self._request.scale is None else self._request.scale

    @property
    def reach(self) -> NDArray[np.float64]:
        """Half-widths, in units of the search, of the box on which the defect of an identity is bounded.

        The bounds that the constraints put on a variable; elsewhere the best point, within limits.
        """
        n = self.problem.n_variables
        known = np.abs(self.best.point) if self.best else np.ones(n)
        widths = half_widths(self.problem) / np.diag(self.change.matrix)
        return np.where(np.isfinite(widths), np.maximum(widths, 1e-3), np.clip(known, 1.0, FAR))

    # -- what has no minimum -------------------------------------------------------------------------------

    def falls_without_end(self) -> bool:
        """Follow the objective into boxes of growing size; whether it keeps falling.

        It does when the best feasible value in the last of three boxes, each a hundred times wider than the one
        before, lies below -1e5 times the objective's largest term and near the wall, and each fall exceeds ten times
        the last: inside the last box, a term that is small up to there may have turned the objective up. The
        points found on the way are kept: one below a lower bound shows that this does not hold.
        """
        lows = [self._lowest_far_out(width) for width in (1e2, 1e4, 1e6)]
        self.add(low for low in lows if low is not None)
        values = [low.value for low in lows if low is not None]
        if len(values) < 3:
            return False
        first, second = -np.diff(values)
        if lows[-1] is None or float(np.abs(lows[-1].point).max()) < 0.3e6:
            return False
        return bool(values[-1] < -1e5 * self.change.inverse_value(self.terms) and second > 10 * first > 0)

    def _lowest_far_out(self, width: float) -> LocalPoint | None:
        """Return the lowest feasible point that descents in a wide box find; None without any.

        They take place in the units of the search, and in those of the box: in the first, terms of size 1e24 can end a
        descent before it begins; in the second, what happens near an axis is not seen.
        """
        n = self.problem.n_variables
        found = [self.local.lowest_in_box(width, n)]
        with suppress(InvalidInput):  # of powers that overflow
            change = scale_by(self.problem, width * np.diag(self.change.matrix))
            local = LocalSearch(change.problem, (), self._upwards(change))
            low = local.lowest_in_box(1.0, n)
            if low is not None:
                ends = (low.point, local.polish(low.point).point)
                found += [self.local.polish(self.change.inverse_point(change.point(end))) for end in ends]
        feasible = [point for point in found if point is not None and point.feasible]
        return min(feasible, key=lambda point: point.value, default=None)

    def escapes(self, lower: float, near: bool = False) -> bool:
        """Whether the infimum is approached only as variables grow without end, as far as local search can tell.

        Asked when the best point is far out, or, with `near`, wherever it is. The objective is followed into three
        boxes, each ten times wider than the one before. The infimum is at infinity when the lowest points lie near the
        walls of all three, the values fall, each fall is less than half of the one before, what is left above `lower`
        (units of the objective) has fallen to a tenth, and the limit that Aitken's process sees for it is below half of
        that: values that settle above the bound show nothing of the infimum.
        """
        if self.best is None or (not near and float(np.abs(self.best.point).max()) < ESCAPE):
            return False
        values, further = [], self.best.point[None, :]
        for width in (10.0, 100.0, 1000.0):
            low = self.local.lowest_in_box(width, self.problem.n_variables, further)
            if low is None or float(np.abs(low.point).max()) < 0.3 * width:
                return False
            values.append(low.value - self.change.inverse_value(lower))
            further = np.array([low.point, 10.0 * low.point, self.best.point])
        first, second = -np.diff(values)
        if not (first > 2.0 * second > 0.0 and values[-1] < 0.1 * values[0]):
            return False
        return bool(values[-1] - second**2 / (first - second) <= 0.5 * values[-1])


def _same(point: LocalPoint, other: LocalPoint) -> bool:
    distance = float(np.abs(point.point - other.point).max())
    return distance <= SAME_POINT * (1 + float(np.abs(other.point).max()))
