"""Branch and bound for one problem: the first box, the points on the way, the search, and what it proves."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..bounds.implied import implied_box
from ..bounds.region import EVERYTHING, Box, Region
from ..machine.progress import Report, Step, tell
from ..points.known import Known
from ..problem import Problem
from .model import Model
from .monomials import Frame, Framed
from .node import Worker
from .pieces import Pieces
from .points import VertexDescent
from .start import frame_of, stated_bounds
from .steps import Ended, Record
from .steps import Step as BoxStep
from .tree import Counts, Search, Surroundings, Tree, propagated_root

Floats = NDArray[np.float64]

#: The share of the tolerance that the cut stays below the best value.
CUT = 0.9
#: Where nothing bounds a variable, the box is so many times wider than the best point and the natural sizes.
ROOM = 10.0
#: Frames are no narrower than this share of the box that propagation derives.
_NARROWED = 1 / 32
#: Bytes that an open node takes for each column, roughly.
_BYTES = 120


@dataclass(frozen=True, eq=False)
class Wanted:
    """What a search is asked for.

    Attributes
    ----------
    tol, unit : float
        See `momentsos.hierarchy.gaps`.
    until : float
        On the clock of `time.perf_counter`.
    own_box : float
        Seconds at most in a box that we put around variables which nothing bounds: of the whole set it proves nothing.
    memory : float
        Bytes.
    report : callable or None
        Progress.
    """

    tol: float
    unit: float
    until: float = math.inf
    own_box: float = math.inf
    memory: float = math.inf
    report: Report | None = None

    def cutoff(self, upper: float | None) -> float:
        """Return what the objective is to stay below, so that the gap counts as closed where it cannot."""
        if upper is None:
            return math.inf
        return upper - CUT * self.tol * max(abs(upper), self.unit)


@dataclass(frozen=True, eq=False)
class Branched:
    """What a search has found out.

    Attributes
    ----------
    known : Known
        With the points that were found.
    tree : Tree
    bound : float or None
        The objective is at least this in `region`; None where nothing is known, infinite where no point is feasible.
    region : Region
        Everything, or the box that was put around the variables.
    """

    known: Known
    tree: Tree
    bound: float | None
    region: Region


def branch(problem: Problem, known: Known, wanted: Wanted) -> Branched:
    """Search for the minimum of a problem.

    Parameters
    ----------
    problem : Problem
        With polynomials alone.
    known : Known
        The feasible points of that problem so far.
    wanted : Wanted
    """
    return _Branch(problem, known, wanted).run()


class _Branch:
    """One call: the points known grow while it runs."""

    def __init__(self, problem: Problem, known: Known, wanted: Wanted) -> None:
        self.problem, self.known, self.wanted = problem, known, wanted
        box = implied_box(problem)
        self.low, self.high = box.low, box.high
        self.known = self._with_vertices()
        self._take(self._frame_of(box.low, box.high))
        frame = self._frame_of(*self._derived_box())
        if frame != self.frame:
            self._take(frame)

    def run(self) -> Branched:
        """Derive the box, search it, say what that proves."""
        most = max(100, int(self.wanted.memory / (_BYTES * len(self.model.columns) + 2_000)))
        around = Surroundings(self._cutoff, self._time_left, self._told, most)
        search = Search(self.model, around)
        low, high, steps = self._stated()
        more, closed = propagated_root(self.model, low, high, search.cut, search.worker, self._centre())
        done = tuple(replace(step, cutoff=search.cut) for step in (*steps, *more))
        if closed is not None:
            records = (Record(-1, 0, done, replace(closed, cutoff=search.cut)),)
            tree = Tree(self.model, Ended.CLOSED, search.cut, search.cut, records, (), Counts(1, 0, 0))
            return self._concluded(tree, EVERYTHING, stated=True)
        region, stated = self._completed(low, high, search)
        if not region.everything:
            until = min(self.wanted.until, time.perf_counter() + self.wanted.own_box)
            self.wanted = replace(self.wanted, until=until)
        return self._concluded(search.run(low, high, done), region, stated)

    @property
    def frame(self) -> Frame:
        """The frame of the model."""
        return self.model.framed.frame

    def _take(self, frame: Frame) -> None:
        self.model = Model.of(Framed.of(self.problem, frame))
        self.scale, self.pieces = self.model.objective_scale, Pieces(self.problem, self.model)

    # -- the box -------------------------------------------------------------------------------------------

    def _stated(self) -> tuple[Floats, Floats, list[BoxStep]]:
        """Return the bounds that are stated; variables that occur nowhere are zero, which changes nothing."""
        low, high, steps = stated_bounds(self.model)
        model, n = self.model, self.model.framed.n
        used = np.zeros(n, dtype=bool)
        for p in (model.framed.objective, *model.framed.inequalities, *model.framed.equalities):
            for e in p:
                used |= np.array(e) > 0
        low[:n], high[:n] = np.where(used, low[:n], 0.0), np.where(used, high[:n], 0.0)
        return low, high, steps

    def _centre(self) -> Floats:
        """Return the best point in framed variables, their origin without one."""
        if self.known.best is None:
            return np.zeros(self.model.framed.n)
        pairs = zip(self.known.optimum[0].tolist(), self.frame.shift, self.frame.width, strict=True)
        return np.array([float((Fraction(x) - s) / w) for x, s, w in pairs])

    def _units(self) -> Floats:
        units = np.abs(np.diag(self.known.change.matrix))
        return units if self.known.best is None else np.maximum(units, np.abs(self.known.optimum[0]))

    def _frame_of(self, low: Floats, high: Floats) -> Frame:
        return frame_of(low, high, self._units())

    def _derived_box(self) -> tuple[Floats, Floats]:
        """Return the box that constraints and cut imply, in the user's units; narrower where more is known."""
        worker, cut = Worker(self.model, self._time_left), self._cutoff(None)
        low, high, _ = self._stated()
        propagated_root(self.model, low, high, cut, worker, self._centre())
        low, high = self._in_user_box(low, high)
        if self.known.upper is None:
            return np.minimum(low, high), high
        box = implied_box(self.problem, self.known.upper)
        self.low, self.high = box.low, box.high
        return _nearer(low, high, box.low, box.high)

    def _in_user_box(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Return a box in the user's units, roughly: frames are made of it, and nothing is claimed."""
        n = self.model.framed.n
        shift = np.array([float(s) for s in self.frame.shift])
        width = np.array([float(w) for w in self.frame.width])
        return shift + width * low[:n], shift + width * high[:n]

    def _completed(self, low: Floats, high: Floats, search: Search) -> tuple[Region, bool]:
        """Make the box finite where it is not: by what is proved elsewhere, else by a box of our own."""
        n, size = self.model.framed.n, self.model.size
        if np.isfinite(low[:size]).all() and np.isfinite(high[:size]).all():
            return EVERYTHING, True
        self._cut_to(low, high, self.low, self.high)
        region: Region = EVERYTHING
        if not (np.isfinite(low[:n]).all() and np.isfinite(high[:n]).all()):
            sides = ROOM * self._units()
            inside = np.isfinite(self.low) & np.isfinite(self.high)
            sides = np.where(inside, np.maximum(np.abs(self.low), np.abs(self.high)), sides)
            region = Box(tuple((0.0 * sides).tolist()), tuple(sides.tolist()))
            self._cut_to(low, high, -sides, sides)
        propagated_root(self.model, low, high, search.cut, search.worker)
        return region, False

    def _cut_to(self, low: Floats, high: Floats, least: Floats, most: Floats) -> None:
        """Cut a box in place to one in the user's units."""
        n = len(least)
        low[:n] = np.maximum(low[:n], _framed(least, self.frame, False))
        high[:n] = np.minimum(high[:n], _framed(most, self.frame, True))

    # -- points --------------------------------------------------------------------------------------------

    def _with_vertices(self) -> Known:
        """Return the points with those that descents along vertices find, where constraints are linear."""
        problem = self.problem
        self._vertices = None
        constraints = (*problem.inequalities, *problem.equalities)
        if not constraints or any(p.degree != 1 for p in constraints):
            return self.known
        self._vertices = VertexDescent(problem, self.low, self.high)
        starts = [] if self.known.best is None else [self.known.optimum[0]]
        n = problem.n_variables
        starts += [np.zeros(n), *np.random.default_rng(self.known.options.seed).standard_normal((4, n))]
        units = np.abs(np.diag(self.known.change.matrix))
        return self._with_ends([units * start if k else start for k, start in enumerate(starts)])

    def _with_ends(self, starts: list[Floats]) -> Known:
        known = self.known
        assert self._vertices is not None
        ends = [self._vertices.descend(start, max(self._time_left(), 1e-3)) for start in starts]
        places = [known.change.inverse_point(end) for end in ends if end is not None]
        return known.with_points(known.local.assess(place) for place in places)

    def _cutoff(self, t: Floats | None) -> float:
        """Return the cut after a search from a point of the relaxation, in the units of the model."""
        if t is not None and self._time_left() > 0:
            point = self._in_user_units(t)
            start = self.known.change.inverse_point(point)
            found = [self.known.local.descend(start)]
            if not found[0].feasible:
                found.append(self.known.local.assess(start))
            self.known = self.known.with_points(found)
            if self._vertices is not None:
                self.known = self._with_ends([point])
            if self.model.products and self._time_left() > 0:
                on_piece = self.pieces.point(self.known, t)
                self.known = self.known.with_points([] if on_piece is None else [on_piece])
        value = self.wanted.cutoff(self.known.upper)
        return math.nextafter(value, -math.inf) / self.scale if math.isfinite(value) else math.inf

    def _in_user_units(self, t: Floats) -> Floats:
        pairs = zip(t.tolist(), self.frame.shift, self.frame.width, strict=True)
        return np.array([float(s + Fraction(value) * w) for value, s, w in pairs])

    def _time_left(self) -> float:
        return self.wanted.until - time.perf_counter()

    def _told(self, bound: float, counts: Counts) -> None:
        upper = self.known.upper
        note = (
            f"{counts.open:,} open, bounds {bound * self.scale:.8g} and {'none' if upper is None else f'{upper:.8g}'}"
        )
        tell(self.wanted.report, Step("nodes", counts.nodes, None, note))

    # -- the end -------------------------------------------------------------------------------------------

    def _concluded(self, tree: Tree, region: Region, stated: bool) -> Branched:
        bound: float | None = tree.bound * self.scale
        if bound == -math.inf or bound != bound:
            bound = None
        return Branched(self.known, replace(tree, stated=stated), bound, region)


def _nearer(low: Floats, high: Floats, least: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Return a box cut to another one, but no narrower than a share of it, so that frames hold the first one, too."""
    least, most = np.maximum(low, least), np.minimum(high, most)
    with np.errstate(invalid="ignore"):
        lacking = np.maximum(_NARROWED * (high - low) - (most - least), 0.0)
    lacking = np.where(np.isfinite(lacking), 0.5 * lacking, 0.0)
    return np.maximum(low, least - lacking), np.minimum(high, most + lacking)


def _framed(values: Floats, frame: Frame, upwards: bool) -> Floats:
    """Return an end of a box in framed variables, rounded outwards."""
    found = []
    for value, s, w in zip(values.tolist(), frame.shift, frame.width, strict=True):
        if not math.isfinite(value):
            found.append(value)
            continue
        exact = (Fraction(value) - s) / w
        near = float(exact)
        if upwards and Fraction(near) < exact:
            near = math.nextafter(near, math.inf)
        elif not upwards and Fraction(near) > exact:
            near = math.nextafter(near, -math.inf)
        found.append(near)
    return np.array(found)
