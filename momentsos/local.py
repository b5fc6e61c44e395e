"""Local optimisation: feasible points, and minimisers polished to full precision.

Nothing here proves anything; it supplies the upper side of the gap and the points that a certificate speaks of.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from .feasibility import FEASIBILITY, ROUNDING, largest_violation
from .polynomials import Polynomial
from .polynomials.exponents import Exponents, unique_rows
from .polynomials.tables import to_table
from .problem import Problem


@dataclass(frozen=True, eq=False)
class Evaluator:
    """Values and first and second derivatives of several polynomials at a point, over one list of monomials."""

    polynomials: tuple[Polynomial, ...]

    @cached_property
    def _values(self) -> _Table:
        return _Table.of(self.polynomials)

    @cached_property
    def _gradients(self) -> _Table:
        return self._values.differentiated()

    @cached_property
    def _hessians(self) -> _Table:
        return self._gradients.differentiated()

    def values(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values, shape (polynomials,)."""
        return self._values.at(point)

    def sizes(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sums of the absolute terms, which rounding errors are relative to, shape (polynomials,)."""
        return np.abs(self._values.monomials(point)) @ self._values.absolute

    @cached_property
    def scales(self) -> NDArray[np.float64]:
        """The largest absolute coefficient of each polynomial, 1 for the zero polynomial."""
        return np.array([p.scale or 1.0 for p in self.polynomials])

    def jacobian(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gradients, shape (polynomials, n)."""
        return self._gradients.at(point).reshape(len(self.polynomials), -1)

    def hessian(self, point: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the Hessian of the weighted sum of the polynomials, shape (n, n)."""
        n = len(point)
        return (weights @ self._hessians.at(point).reshape(len(self.polynomials), n * n)).reshape(n, n)


@dataclass(frozen=True, eq=False)
class _Table:
    """Several polynomials over one list of monomials: column `j` of `matrix` holds the coefficients of the `j`-th."""

    rows: Exponents
    matrix: NDArray[np.float64]

    @classmethod
    def of(cls, polynomials: Sequence[Polynomial]) -> _Table:
        if not polynomials:
            return cls(np.zeros((0, 0), dtype=np.int64), np.zeros((0, 0)))
        rows, table = to_table(polynomials)
        return cls(rows, np.ascontiguousarray(table.T))

    def differentiated(self) -> _Table:
        """Return the partial derivatives, those of one polynomial in all variables next to each other."""
        n, width = self.rows.shape[1], self.matrix.shape[1]
        lowered = np.maximum(self.rows[:, None, :] - np.eye(n, dtype=np.int64)[None, :, :], 0).reshape(-1, n)
        rows, index = unique_rows(lowered)
        matrix = np.zeros((len(rows), width, n))
        for i in range(n):
            occurs = self.rows[:, i] > 0  # then the lowered rows are distinct
            matrix[index[i::n][occurs], :, i] = self.rows[occurs, i : i + 1] * self.matrix[occurs]
        return _Table(rows, matrix.reshape(len(rows), width * n))

    def monomials(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return all monomials at one point, shape (terms,)."""
        if not len(self.rows):
            return np.zeros(0)
        key, (last, known) = point.tobytes(), self._last.get("monomials", (b"", np.zeros(0)))
        if key == last:
            return known
        powers = point[:, None] ** self._powers
        values = np.multiply.reduce(powers.reshape(-1)[self._places], axis=0)
        values.setflags(write=False)
        self._last["monomials"] = key, values
        return np.asarray(values)

    def at(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values of all columns."""
        key, (last, known) = point.tobytes(), self._last.get("values", (b"", np.zeros(0)))
        if key == last:
            return known
        values = self.monomials(point) @ self.matrix
        values.setflags(write=False)
        self._last["values"] = key, values
        return np.asarray(values)

    @cached_property
    def absolute(self) -> NDArray[np.float64]:
        return np.abs(self.matrix)

    @cached_property
    def _powers(self) -> NDArray[np.int64]:
        return np.arange(int(self.rows.max(initial=0)) + 1)

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """Where the factors of the monomials are in the table of powers, one row a variable."""
        return np.ascontiguousarray(self.rows.T) + len(self._powers) * np.arange(self.rows.shape[1])[:, None]

    @cached_property
    def _last(self) -> dict[str, tuple[bytes, NDArray[np.float64]]]:
        """The last point that was asked for, and what was returned: several parts of a search ask in turn."""
        return {}


@dataclass(frozen=True, eq=False)
class SquaredEvaluator:
    r"""The objective :math:`\sum_j r_j^2` from its roots, with the interface of `Evaluator` for one polynomial."""

    roots: Evaluator

    def values(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value, shape (1,)."""
        return np.array([float((self.roots.values(point) ** 2).sum())])

    def sizes(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what rounding errors of the sum of squares are relative to, shape (1,)."""
        roots = np.abs(self.roots.values(point))
        return np.array([float((roots**2).sum() + 2.0 * self.roots.sizes(point) @ roots)])

    def jacobian(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gradient, shape (1, n)."""
        return 2.0 * (self.roots.values(point) @ self.roots.jacobian(point))[None, :]

    def hessian(self, point: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the Hessian times the one weight, shape (n, n)."""
        jacobian = self.roots.jacobian(point)
        curvature = self.roots.hessian(point, self.roots.values(point))
        return 2.0 * float(weights[0]) * (jacobian.T @ jacobian + curvature)


@dataclass(frozen=True, eq=False)
class LocalPoint:
    """A point with its objective value and its relative constraint violation.

    The point is ``point + fine``: where data are so large that rounding a point to floats changes the objective,
    `fine` holds the digits that were lost. `value` is an upper end: what rounding can have taken away, a few units in
    the last place of the sum of the absolute terms, has been added. Far out, where terms of size 1e40 cancel, it is
    therefore no low value.
    """

    point: NDArray[np.float64]
    value: float
    violation: float
    fine: NDArray[np.float64] | float = 0.0

    @property
    def feasible(self) -> bool:
        """Whether no constraint is violated by more than `FEASIBILITY`."""
        return self.violation <= FEASIBILITY


class LocalSearch:
    """Local search on one problem; evaluators are compiled once.

    Parameters
    ----------
    problem : Problem
        Best in units in which its numbers are of size one; see `momentsos.conditioning`.
    squares : sequence of Polynomial
        Polynomials whose squares add up to the objective, if known.
    upwards : (n,) array, optional
        The direction of an epigraph variable, see `momentsos.epigraph`: along it the objective and some constraints
        grow at constant rates, and the other constraints do not change. Points are moved along it to the best
        feasible place before they are judged.
    """

    def __init__(
        self,
        problem: Problem,
        squares: Sequence[Polynomial] = (),
        upwards: NDArray[np.float64] | None = None,
    ) -> None:
        self.problem = problem
        self._objective: Evaluator | SquaredEvaluator = (
            SquaredEvaluator(Evaluator(tuple(squares))) if squares else Evaluator((problem.minimize,))
        )
        self._inequalities = Evaluator(problem.inequalities)
        self._equalities = Evaluator(problem.equalities)
        self._upwards = None
        if upwards is not None:
            slopes = self._inequalities.jacobian(np.zeros(problem.n_variables)) @ upwards
            rising = slopes > 1e-9 * np.abs(slopes).max()
            if rising.any():
                self._upwards = upwards, np.flatnonzero(rising), slopes[rising]

    def assess(self, point: NDArray[np.float64]) -> LocalPoint:
        """Evaluate objective and violation at `point`."""
        if not np.isfinite(point).all():
            return LocalPoint(point, np.inf, np.inf)
        with np.errstate(over="ignore", invalid="ignore"):
            point = self._moved_upwards(point)
            value = float(self._objective.values(point)[0] + ROUNDING * self._objective.sizes(point)[0])
            violation = self._violation(point)
        finite = np.isfinite(value) and np.isfinite(violation)
        return LocalPoint(point, value, violation) if finite else LocalPoint(point, np.inf, np.inf)

    def _moved_upwards(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._upwards is None:
            return point
        direction, rising, slopes = self._upwards
        return point + float((-self._inequalities.values(point)[rising] / slopes).max()) * direction

    def _violation(self, point: NDArray[np.float64]) -> float:
        """Return the largest violation, see `momentsos.feasibility`."""
        return largest_violation(self._inequalities, self._equalities, point)

    def descend(self, start: NDArray[np.float64]) -> LocalPoint:
        """Run a local method from `start`, then polish; the better of the two feasible ends is returned."""
        with np.errstate(all="ignore"):
            end = self._slsqp(start)
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
            ends = [self.assess(self._slsqp(start, width)) for start in starts]
        return min((end for end in ends if end.feasible), key=lambda end: end.value, default=None)

    def _slsqp(self, start: NDArray[np.float64], width: float | None = None) -> NDArray[np.float64]:
        constraints = []
        for kind, part in (("ineq", self._inequalities), ("eq", self._equalities)):
            if part.polynomials:
                constraints.append({"type": kind, "fun": part.values, "jac": part.jacobian})
        if width is not None:
            method, options = "SLSQP", {"maxiter": 200, "ftol": 1e-15}
        elif constraints:
            method, options = "SLSQP", {"maxiter": 150, "ftol": 1e-14}
        else:
            method, options = "BFGS", {"maxiter": 500, "gtol": 1e-9}
        answer = minimize(
            lambda x: float(self._objective.values(x)[0]),
            start,
            jac=lambda x: self._objective.jacobian(x)[0],
            constraints=constraints,
            method=method,
            bounds=None if width is None else [(-width, width)] * len(start),
            options=options,
        )
        return np.asarray(answer.x) if np.isfinite(answer.x).all() else start

    def polish(self, point: NDArray[np.float64], steps: int = 8) -> LocalPoint:
        """Improve a nearly optimal point by Newton's method on the optimality conditions of its active set.

        The step solves the KKT system in the least-squares sense, so degenerate multipliers and singular
        Hessians do no harm. A step is kept only where it lowers violation or objective; the input is never
        made worse.
        """
        best = self.assess(point)
        for _ in range(steps):
            with np.errstate(all="ignore"):
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
        if not np.isfinite(point).all():
            return None
        n = len(point)
        gradient = self._objective.jacobian(point)[0]
        values, normals, hessian_parts = [], [], []
        if self.problem.equalities:
            values.append(self._equalities.values(point))
            normals.append(self._equalities.jacobian(point))
            hessian_parts.append((self._equalities, np.arange(len(self.problem.equalities))))
        if self.problem.inequalities:
            g = self._inequalities.values(point)
            active = np.flatnonzero(g <= 1e-5)
            active = self._with_positive_multiplier(gradient, normals, point, active)
            values.append(g[active])
            normals.append(self._inequalities.jacobian(point)[active])
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
        system = np.block([[hessian, -normal.T], [normal, np.zeros((len(value), len(value)))]])
        right = np.concatenate([-(gradient - normal.T @ multipliers), -value])
        if not (np.isfinite(system).all() and np.isfinite(right).all()):
            return None
        step = np.linalg.lstsq(system, right, rcond=1e-13)[0][:n]
        return point + step

    def _with_positive_multiplier(
        self,
        gradient: NDArray[np.float64],
        equality_normals: list[NDArray[np.float64]],
        point: NDArray[np.float64],
        active: NDArray[np.intp],
    ) -> NDArray[np.intp]:
        """Keep the active inequalities that nonnegative multipliers need, and the violated ones."""
        if not len(active):
            return active
        from scipy.optimize import lsq_linear

        normals = self._inequalities.jacobian(point)[active]
        free = np.concatenate([*equality_normals, np.zeros((0, len(point)))])
        matrix = np.concatenate([free, normals]).T
        low = np.concatenate([np.full(len(free), -np.inf), np.zeros(len(active))])
        answer = lsq_linear(matrix, gradient, bounds=(low, np.inf))
        needed = answer.x[len(free) :] > 1e-9 * (1 + np.abs(answer.x).max(initial=0.0))
        violated = self._inequalities.values(point)[active] < -1e-14
        return active[needed | violated]

    def multistart(
        self, starts: NDArray[np.float64], time_limit: float = np.inf, enough: int | None = None
    ) -> list[LocalPoint]:
        """Descend from each row of `starts` until `time_limit` seconds have passed; feasible ends, best first.

        With `enough`, stop as soon as the best value has been found that many times.
        """
        until = time.perf_counter() + time_limit
        ends: list[LocalPoint] = []
        for start in starts:
            end = self.descend(start)
            if end.feasible:
                ends.append(end)
            if time.perf_counter() > until or (enough is not None and _hits(ends) >= enough):
                break
        return sorted(ends, key=lambda end: end.value)


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
