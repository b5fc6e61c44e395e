"""Local optimisation: feasible points, and minimisers polished to full precision.

Nothing here proves anything; it supplies the upper side of the gap and the points that a certificate speaks of.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..polynomials.evaluator import Evaluator, SquaredEvaluator
from ..problem import Problem
from .feasibility import FEASIBILITY, ROUNDING, largest_violation
from .judge import Feasibility
from .local_methods import MANY_VARIABLES, Part, minimised_locally
from .sparse_evaluator import SparseEvaluator

#: Where a descent in a frame ends, relative to the objective: units are not yet those in which to go on.
ROUGH = 1e-9


@dataclass(frozen=True, eq=False)
class LocalPoint:
    """A point with its objective value and its relative constraint violation.

    The point is ``point + fine``: where data are so large that rounding a point to floats changes the objective,
    `fine` holds the digits that were lost. `value` is an upper end: what rounding can have taken away, a few units in
    the last place of the sum of the absolute terms, has been added, and for an epigraph what it can have taken away in
    the constraints. Far out, where terms of size 1e40 cancel, it is therefore no low value.

    `feasibility` is the judge's word; without it point and value are what floats in changed variables say, which is
    enough to search by, and for nothing else.
    """

    point: NDArray[np.float64]
    value: float
    violation: float
    fine: NDArray[np.float64] | float = 0.0
    feasibility: Feasibility | None = None

    @property
    def feasible(self) -> bool:
        """Whether no constraint is violated by more than `FEASIBILITY`."""
        return self.violation <= FEASIBILITY


class LocalSearch:
    """Local search on one problem; evaluators are compiled once.

    Parameters
    ----------
    problem : Problem
        Best in units in which its numbers are of size one; see `momentsos.conditioning.affine`.
    squares : sequence of Polynomial
        Polynomials whose squares add up to the objective, if known.
    upwards : (n,) array, optional
        The direction of an epigraph variable, see `momentsos.conditioning.epigraph`: along it the objective and some
        constraints grow at constant rates, and the other constraints do not change. Points are moved along it to the
        best feasible place before they are judged.
    until : float
        When descents end, by `time.perf_counter`.
    """

    def __init__(
        self,
        problem: Problem,
        squares: Sequence[Polynomial] = (),
        upwards: NDArray[np.float64] | None = None,
        until: float = np.inf,
    ) -> None:
        self.problem, self.until = problem, until
        kind: type[Evaluator] | type[SparseEvaluator] = (
            SparseEvaluator if problem.n_variables >= MANY_VARIABLES else Evaluator
        )
        self._objective: Evaluator | SparseEvaluator | SquaredEvaluator = (
            SquaredEvaluator(Evaluator(tuple(squares))) if squares else kind((problem.minimize,))
        )
        self._inequalities = kind(problem.inequalities)
        self._equalities = kind(problem.equalities)
        self._upwards = None
        if upwards is not None:
            slopes = self._inequalities.jacobian(np.zeros(problem.n_variables)) @ upwards
            rising = slopes > 1e-9 * np.abs(slopes).max()
            if rising.any():
                rate = float(self._objective.jacobian(np.zeros(problem.n_variables))[0] @ upwards)
                self._upwards = upwards, np.flatnonzero(rising), slopes[rising], rate

    def assess(self, point: NDArray[np.float64]) -> LocalPoint:
        """Evaluate objective and violation at `point`."""
        if not np.isfinite(point).all():
            return LocalPoint(point, np.inf, np.inf)
        with np.errstate(over="ignore", invalid="ignore"):
            point = self._moved_upwards(point)
            value = float(self._objective.values(point)[0]) + self._rounding(point)
            violation = self._violation(point)
        finite = np.isfinite(value) and np.isfinite(violation)
        return LocalPoint(point, value, violation) if finite else LocalPoint(point, np.inf, np.inf)

    def _moved_upwards(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._upwards is None:
            return point
        direction, rising, slopes, _ = self._upwards
        return point + float((-self._inequalities.values(point)[rising] / slopes).max()) * direction

    def _rounding(self, point: NDArray[np.float64]) -> float:
        """Return what rounding errors can have taken from the objective, and from the epigraph variable in it."""
        error = ROUNDING * float(self._objective.sizes(point)[0])
        if self._upwards is None:
            return error
        _, rising, slopes, rate = self._upwards
        return error + rate * ROUNDING * float((self._inequalities.sizes(point)[rising] / slopes).max())

    def _violation(self, point: NDArray[np.float64]) -> float:
        """Return the largest violation, see `momentsos.points.feasibility`."""
        return largest_violation(self._inequalities, self._equalities, point)

    def descend(self, start: NDArray[np.float64], frame: NDArray[np.float64] | None = None) -> LocalPoint:
        """Run a local method from `start`, then polish; the better of the two feasible ends is returned.

        With a `frame`, an invertible matrix, the method sees the variables `t` of ``start + frame @ t``.
        """
        with np.errstate(all="ignore"):
            end = self._descended(start, frame=frame)
        return self.polish(end)

    def lowest_in_box(self, width: float, n: int, further: NDArray[np.float64] | None = None) -> LocalPoint | None:
        """Return the lowest feasible point that descents inside `|x_i| <= width` find, None if there is none.

        They begin at four random points, and at the rows of `further` moved into the box.
        """
        starts = random_starts(n, 4, 0, (1.0, width / 2))
        if further is not None:
            starts = np.concatenate([starts, further])
        starts = np.clip(starts, -width, width)
        with np.errstate(all="ignore"):
            ends = [self.assess(self._descended(start, width)) for start in starts]
        return min((end for end in ends if end.feasible), key=lambda end: end.value, default=None)

    def _descended(
        self, start: NDArray[np.float64], width: float | None = None, frame: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        parts = [
            Part(self._objective.values, self._objective.jacobian, 1),
            Part(self._inequalities.values, self._inequalities.jacobian, len(self.problem.inequalities)),
            Part(self._equalities.values, self._equalities.jacobian, len(self.problem.equalities)),
        ]
        if frame is None:
            return minimised_locally(parts, start, width, until=self.until)
        # Objective and constraints are divided by what one unit of the frame changes in the objective.
        size = float(np.abs(self._objective.jacobian(start)[0] @ frame).max()) or 1.0
        seen = [part.framed(start, frame, size) for part in parts]
        return np.asarray(
            start + frame @ minimised_locally(seen, np.zeros(len(start)), accuracy=ROUGH, until=self.until)
        )

    def polish(self, point: NDArray[np.float64], steps: int = 8) -> LocalPoint:
        """Improve a nearly optimal point by Newton's method on the optimality conditions of its active set.

        The step solves the KKT system in the least-squares sense, so degenerate multipliers and singular
        Hessians do no harm. A step is kept only where it lowers violation or objective; the input is never
        made worse.
        """
        best = self.assess(point)
        for _ in range(steps if time.perf_counter() < self.until else 0):
            candidate = self._newton_step(best.point)
            if candidate is None:
                break
            trial = self.assess(candidate)
            moved = float(np.abs(candidate - best.point).max())
            if not _better(trial, best) or moved > 0.1 * (1 + float(np.abs(best.point).max())):
                break
            best = trial
            if moved <= 1e-15 * (1 + float(np.abs(best.point).max())):
                break
        return best

    def _newton_step(self, point: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return where a Newton step leads, None where numbers are so hostile that there is none."""
        if not np.isfinite(point).all():
            return None
        with np.errstate(all="ignore"):
            try:
                return self._stepped(point)
            except np.linalg.LinAlgError:  # singular, or an iteration of LAPACK that did not converge
                return None

    def _stepped(self, point: NDArray[np.float64]) -> NDArray[np.float64] | None:
        n = len(point)
        gradient = self._objective.jacobian(point)[0]
        parts = self._equalities, self._inequalities
        steep, slopes = (part.jacobian(point) if part.polynomials else np.zeros((0, n)) for part in parts)
        if not all(np.isfinite(each).all() for each in (gradient, steep, slopes)):
            return None  # far out, where powers overflow
        values, normals, hessian_parts = [], [], []
        if self.problem.equalities:
            values.append(self._equalities.values(point))
            normals.append(steep)
            hessian_parts.append((self._equalities, np.arange(len(self.problem.equalities))))
        if self.problem.inequalities:
            g = self._inequalities.values(point)
            active = np.flatnonzero(g <= 1e-5)
            active = active[self._needed(gradient, normals, slopes[active]) | (g[active] < -1e-14)]
            values.append(g[active])
            normals.append(slopes[active])
            hessian_parts.append((self._inequalities, active))
        normal = np.concatenate(normals) if normals else np.zeros((0, n))
        value = np.concatenate(values) if values else np.zeros(0)
        multipliers = np.linalg.lstsq(normal.T, gradient, rcond=None)[0] if len(value) else np.zeros(0)
        hessian = self._objective.hessian(point, np.ones(1))
        place = 0
        for part, chosen in hessian_parts:
            weights = np.zeros(len(part.polynomials))
            weights[chosen] = multipliers[place : place + len(chosen)]
            hessian = hessian - part.hessian(point, weights)
            place += len(chosen)
        system = np.zeros((n + len(value), n + len(value)))
        system[:n, :n], system[:n, n:], system[n:, :n] = hessian, -normal.T, normal
        right = np.concatenate([-(gradient - normal.T @ multipliers), -value])
        if not (np.isfinite(system).all() and np.isfinite(right).all()):
            return None
        return point + _solved(system, right)[:n]

    def _needed(
        self, gradient: NDArray[np.float64], free: list[NDArray[np.float64]], normals: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return which of the active inequalities, given by their normals, nonnegative multipliers need."""
        if not len(normals):
            return np.zeros(0, dtype=bool)
        from scipy.optimize import nnls

        equal = np.concatenate([*free, normals[:0]])
        try:
            multipliers = nnls(np.concatenate([equal, -equal, normals]).T, gradient)[0]
        except RuntimeError:  # the iteration limit: keep all
            return np.ones(len(normals), dtype=bool)
        return multipliers[2 * len(equal) :] > 1e-9 * (1 + multipliers.max(initial=0.0))

    def multistart(
        self,
        starts: Iterable[NDArray[np.float64]],
        time_limit: float = np.inf,
        enough: int | None = None,
        patience: int | None = None,
    ) -> list[LocalPoint]:
        """Descend from one start after the other until `time_limit` seconds have passed; feasible ends, best first.

        With `enough`, stop as soon as the best value has been found that many times; with `patience`, when that many
        starts have led to no feasible point.
        """
        until = time.perf_counter() + time_limit
        ends: list[LocalPoint] = []
        for count, start in enumerate(starts, start=1):
            end = self.descend(start)
            if end.feasible:
                ends.append(end)
            if time.perf_counter() > until or (enough is not None and _hits(ends) >= enough):
                break
            if not ends and count == patience:
                break
        return sorted(ends, key=lambda end: end.value)


def _solved(system: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shortest least-squares solution; of a large system one of a slightly regularised system instead."""
    if len(system) < 4 * MANY_VARIABLES:
        return np.asarray(np.linalg.lstsq(system, right, rcond=1e-13)[0])
    shift = 1e-13 * np.abs(system).max()
    return np.asarray(np.linalg.solve(system + shift * np.eye(len(system)), right))


def _better(trial: LocalPoint, best: LocalPoint) -> bool:
    """Whether a Newton step is kept: it must restore feasibility, or lower the objective without losing any."""
    if not np.isfinite(trial.value):
        return False
    if best.violation > 1e-13 and trial.violation <= 0.5 * best.violation:
        return not best.feasible or trial.value <= best.value + 1e-6 * (1.0 + abs(best.value))
    slack = 1e-14 * (1.0 + abs(best.value))
    return trial.violation <= max(best.violation, 1e-13) and trial.value <= best.value + slack


def _hits(ends: Sequence[LocalPoint]) -> int:
    if not ends:
        return 0
    lowest = min(end.value for end in ends)
    return sum(end.value <= lowest + 1e-9 * (1.0 + abs(lowest)) for end in ends)


def random_starts(n: int, count: int, seed: int, radii: Sequence[float] = (1.0, 0.3, 3.0)) -> NDArray[np.float64]:
    """Return the origin and `count - 1` normal random points of the given radii in turn, shape (count, n)."""
    rng = np.random.default_rng(seed)
    starts = rng.standard_normal((count, n)) * np.resize(np.asarray(radii), count)[:, None]
    starts[0] = 0.0
    return starts
