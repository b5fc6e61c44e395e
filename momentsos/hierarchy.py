"""`solve`: orders are raised until the bounds meet, the limit is reached, or nothing more can be learned."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from .bounds import dual_bound
from .candidates import Candidates, dense_candidates, distinct
from .conditioning import Scaling, balanced_units, scale_by
from .errors import BadOption, InvalidInput, ProblemTooLarge
from .local import LocalPoint, LocalSearch, random_starts
from .polynomials import Polynomial
from .problem import Problem
from .relaxations import Relaxation, assemble, dense_plan
from .relaxations.bounding import Ball, add_ball
from .result import ABSOLUTE_GAP, Attempt, Result, Status, closes
from .sdp import SDPSolution, SDPStatus
from .solvers import SolverOptions, solver_named

METHODS = ("auto", "dense")
#: Orders beyond the lowest that are tried when the user names none.
EXTRA_ORDERS = 2
#: The default ball has this many times the norm of the best known point as its radius (scaled units, at least 1).
BALL_FACTOR = 2.0
#: Seconds that the local search may take before the first relaxation, and again after the last.
LOCAL_SECONDS = 1.5
#: A local minimiser farther out than this, in balanced units, is no guide to the units of the variables.
FAR = 1e3
EVERYWHERE = "all of R^n"

Progress = Callable[[str], None]


def relax(
    problem: Problem, order: int | None = None, method: str = "dense", memory_limit: int | None = None
) -> Relaxation:
    """Build one relaxation; no solver is touched.

    Parameters
    ----------
    problem : Problem
    order : int, optional
        The relaxation order; by default the lowest one.
    method : str
        ``"dense"``.
    memory_limit : int, optional
        Bytes that assembling may take; by default half of what is free.

    Raises
    ------
    BadOption, OrderTooLow, ProblemTooLarge
    """
    check_problem(problem)
    if method not in METHODS:
        raise BadOption(f"method {method!r}: expected one of {', '.join(METHODS)}")
    order = problem.minimum_order if order is None else check_order(order, "order")
    return assemble(dense_plan(problem, order, memory_limit))


def solve(
    problem: Problem,
    order: int | None = None,
    max_order: int | None = None,
    method: str = "auto",
    solver: str = "auto",
    tol: float = 1e-6,
    time_limit: float | None = None,
    solver_options: Mapping[str, Any] | None = None,
    *,
    bound: str | float | None = "auto",
    candidates: NDArray[np.float64] | None = None,
    objective_scale: float | None = None,
    memory_limit: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Result:
    r"""Minimise a polynomial globally, with bounds from both sides.

    Relaxations of rising order give lower bounds; atoms of their moments, local search and polishing give
    feasible points. The status is `CERTIFIED` when the two meet.

    Parameters
    ----------
    problem : Problem
    order : int, optional
        First order; by default the lowest. Alone, it is the only one tried.
    max_order : int, optional
        Last order; by default two more than the lowest.
    method : {"auto", "dense"}
    solver : str
        A name from `available_solvers`, or ``"auto"``.
    tol : float
        Relative gap at which the minimum counts as certified.
    time_limit : float, optional
        Seconds in all.
    solver_options : mapping, optional
        `max_iterations`, `verbose`, `threads`, `tol`, and any option under the solver's own name.
    bound : "auto", None or float
        A ball around the variables. ``None``: none. A number: its radius, in the units of the variables.
        ``"auto"``: none at first; where the gap stays open and a feasible point is known, the order is solved
        again with a ball of twice that point's norm (in balanced units). `Result.coverage` says on which set the
        bound holds.
    candidates : (r, n) array, optional
        Points to start the local search from.
    objective_scale : float, optional
        The size against which an absolute gap is measured; by default the size of the objective's terms at the
        best point, or its largest coefficient in balanced units, whichever is larger.
    memory_limit : int, optional
        Bytes that assembling may take; by default half of what is free.
    seed : int
        For the starting points of the local search.
    progress : callable, optional
        Called with one line for each step.

    Returns
    -------
    Result

    Raises
    ------
    BadOption, InvalidInput, OrderTooLow, ProblemTooLarge, SolverUnavailable
    """
    check_problem(problem)
    check_request(method=method, solver=solver, tol=tol, time_limit=time_limit, bound=bound)
    orders = check_orders(problem.minimum_order, order, max_order)
    until = time.perf_counter() + (np.inf if time_limit is None else time_limit)
    options = split_options(solver_options)
    request = _Request(
        problem, orders, "dense", solver, tol, until, options, bound, objective_scale, memory_limit, progress
    )
    run = _Run(request)
    run.prepare(candidates, seed)
    for k in run.request.orders:
        if run.request.time_left() <= 0:
            run.limit = "the time limit was reached"
            break
        try:
            finished = run.try_order(k)
        except ProblemTooLarge as error:
            if not run.attempts:
                raise
            run.limit = f"order {k} was not tried: {error}"
            break
        if finished:
            break
    return run.result()


@dataclass(frozen=True)
class _Request:
    """What was asked for, checked."""

    problem: Problem
    orders: tuple[int, ...]
    method: str
    solver: str
    tol: float
    until: float
    options: SolverOptions
    bound: str | float | None
    scale: float | None
    memory_limit: int | None
    progress: Progress | None

    def time_left(self) -> float:
        return self.until - time.perf_counter()


def check_request(*, method: object, solver: str, tol: object, time_limit: object, bound: object) -> None:
    """Raise `BadOption` (or `SolverUnavailable`) for the first argument that is out of range."""
    if method not in METHODS:
        raise BadOption(f"method {method!r}: expected one of {', '.join(METHODS)}")
    if not _is_number(tol) or not 0 < tol < 1:
        raise BadOption(f"tol = {tol!r}: expected a number between 0 and 1")
    if time_limit is not None and not (_is_number(time_limit) and time_limit > 0):
        raise BadOption(f"time_limit = {time_limit!r}: expected seconds above 0, or None")
    if not (bound is None or bound == "auto" or (_is_number(bound) and 0 < bound < np.inf)):
        raise BadOption(f"bound = {bound!r}: expected 'auto', None, or a radius above 0")
    solver_named(solver)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float | np.floating) and not isinstance(value, bool)


def check_orders(lowest: int, order: int | None, max_order: int | None) -> tuple[int, ...]:
    """Return the orders to try: `order` alone, or up to `max_order`, by default two beyond the lowest."""
    first = lowest if order is None else check_order(order, "order")
    last = first if order is not None else lowest + EXTRA_ORDERS
    last = last if max_order is None else check_order(max_order, "max_order")
    if last < first:
        raise BadOption(f"max_order = {last} is below the first order, {first}")
    return tuple(range(first, last + 1))


def split_options(given: Mapping[str, Any] | None) -> SolverOptions:
    """Split a mapping into the common options and the solver's own ones."""
    given = dict(given or {})
    common = {key: given.pop(key) for key in ("tol", "max_iterations", "verbose", "threads") if key in given}
    return SolverOptions(**common, native=MappingProxyType(given))


def check_problem(problem: object) -> None:
    """Raise `InvalidInput` unless `problem` is a `Problem`."""
    if not isinstance(problem, Problem):
        raise InvalidInput(f"problem: expected a momentsos.Problem, got {type(problem).__name__}")


def check_order(order: object, name: str) -> int:
    """Return `order` as an int; raise `BadOption` unless it is an integer of at least 1."""
    if isinstance(order, bool) or not isinstance(order, int | np.integer) or order < 1:
        raise BadOption(f"{name} = {order!r}: expected an integer of at least 1")
    return int(order)


@dataclass
class _Run:
    """The state of one solve: what was learned so far, in scaled units."""

    request: _Request
    change: Scaling = field(init=False)
    search: LocalSearch = field(init=False)
    points: list[LocalPoint] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    best: tuple[float, int, str, Relaxation, SDPSolution, str] | None = None
    infeasible: bool = False
    unbounded: bool = False
    looked: bool = False
    terms: float = 1.0
    certified: bool = False
    limit: str = ""
    seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("relax", "solve", "extract"), 0.0)
    )
    started: float = field(default_factory=time.perf_counter)

    # -- before the first order ----------------------------------------------------------------------------

    def prepare(self, candidates: NDArray[np.float64] | None, seed: int) -> None:
        """Balance the units, search locally, and measure the variables by the best point found."""
        began = time.perf_counter()
        problem = self.request.problem
        units = balanced_units(problem)
        self.change = scale_by(problem, units)
        self.search = LocalSearch(self.change.problem)
        starts = random_starts(problem.n_variables, 24, seed)
        if candidates is not None:
            given = np.atleast_2d(np.asarray(candidates, dtype=np.float64))
            starts = np.concatenate([self.change.scaled_point(given), starts])
        self.points = self.search.multistart(starts, self._budget(), enough=4)
        self.terms = self.change.objective * self.change.problem.minimize.scale
        if self.points:
            self._rescale(np.maximum(np.abs(self.points[0].point), 1.0))
        self._lap("extract", began)

    def _budget(self) -> float:
        return min(LOCAL_SECONDS, 0.2 * self.request.time_left())

    def _rescale(self, size: NDArray[np.float64]) -> None:
        if size.max() <= 2 or size.max() > FAR:
            return
        old = self.change
        self.change = scale_by(old.original, old.variables * size)
        self.search = LocalSearch(self.change.problem)
        moved = [self.search.assess(self.change.scaled_point(old.point(p.point))) for p in self.points]
        self.points = sorted((p for p in moved if p.feasible), key=lambda p: p.value)

    def _look_for_unboundedness(self) -> None:
        """Follow the objective into boxes of growing size; note the problem as unbounded when it keeps falling.

        It does when the best feasible value in the last box lies below -1e6 times the objective's scale, and
        the fall from box to box grows with the box.
        """
        if self.looked:
            return
        self.looked = True
        n = self.request.problem.n_variables
        values = [self.search.lowest_in_box(width, n) for width in (1e2, 1e4, 1e6)]
        falls = -np.diff(values)
        self.unbounded = bool(
            np.isfinite(values).all()
            and values[-1] < -1e6 * self.terms / self.change.objective
            and falls[1] > 10 * falls[0] > 0
        )

    # -- one order -----------------------------------------------------------------------------------------

    def try_order(self, k: int) -> bool:
        """Solve order `k`, with a ball if that is asked for or needed; return whether there is no more to learn."""
        bound = self.request.bound
        if isinstance(bound, int | float):
            return self._attempt(k, self._ball_of(float(bound)))
        if self._attempt(k, None):
            return True
        self._look_for_unboundedness()
        if self.unbounded:
            return True
        if bound == "auto" and self.points and not self.unbounded:
            radius = BALL_FACTOR * max(1.0, float(np.linalg.norm(self.points[0].point)))
            return self._attempt(k, Ball(radius, self.change.variables))
        return False

    def _ball_of(self, radius: float) -> Ball:
        return Ball(radius, np.ones(self.request.problem.n_variables))

    def _attempt(self, k: int, ball: Ball | None) -> bool:
        coverage = EVERYWHERE if ball is None else str(ball)
        self._say(f"order {k} over {coverage}: building")
        began = time.perf_counter()
        problem = self.change.problem
        if ball is not None:
            problem = _with_ball(problem, ball, self.change.variables)
        relaxation = assemble(dense_plan(problem, k, self.request.memory_limit))
        began = self._lap("relax", began)
        solver = solver_named(self.request.solver, relaxation.sdp)
        left = self.request.time_left()
        options = replace(self.request.options, time_limit=left if np.isfinite(left) else None)
        self._say(f"order {k}: {relaxation.sizes['moments']} moments, {solver.name}")
        solution = solver.solve(relaxation.sdp, options)
        began = self._lap("solve", began)
        candidates = dense_candidates(problem, relaxation, solution, self.search)
        self.points = sorted(
            [*self.points, *(p for p in candidates.points if self._inside(p, ball))], key=lambda p: p.value
        )
        closed = self._record(k, coverage, ball, relaxation, solution, candidates)
        self._lap("extract", began)
        return closed

    def _inside(self, point: LocalPoint, ball: Ball | None) -> bool:
        return self.search.assess(point.point).feasible

    def _record(
        self,
        k: int,
        coverage: str,
        ball: Ball | None,
        relaxation: Relaxation,
        solution: SDPSolution,
        candidates: Candidates,
    ) -> bool:
        """Note the attempt, and keep the lower bound when it is the best over what it covers."""
        bound = dual_bound(relaxation, solution, self._reach(ball))
        attempt = Attempt(
            order=k,
            coverage=coverage,
            sdp_status=solution.status,
            native_status=solution.native_status,
            lower_bound=None if bound is None else self.change.value(bound.value),
            correction=0.0 if bound is None else self.change.value(bound.correction),
            residuals=solution.residuals,
            flatness=candidates.flatness,
            dropped=candidates.dropped,
            sizes=MappingProxyType(relaxation.sizes),
            seconds=solution.seconds,
        )
        self.attempts.append(attempt)
        if ball is None and solution.dual_ray is not None and not any(p.feasible for p in self.points):
            weights = np.prod(10.0**relaxation.monomials.rows, axis=1)
            self.infeasible = solution.dual_ray.violation * float(weights.sum()) < 1.0
            if self.infeasible:
                return True
        if bound is None:
            return False
        upper = self.points[0].value if self.points else None
        certified = closes(bound.value, upper, self._scale(), self.request.tol)
        if upper is not None and bound.value > upper and not certified:
            return False  # a feasible point lies below: the residuals hid a bound that does not hold
        everywhere = coverage == EVERYWHERE
        held = self.best is not None and self.best[2] == EVERYWHERE
        better = (
            self.best is None
            or (certified and not self.certified)
            or ((everywhere or not held) and bound.value > self.best[0])
        )
        if better:
            name = f"{solution.solver}"
            self.best = (bound.value, k, coverage, relaxation, solution, name)
            self.certified = certified
        return certified

    def _reach(self, ball: Ball | None) -> NDArray[np.float64]:
        n = self.request.problem.n_variables
        if ball is not None:
            return ball.radius * ball.units / self.change.variables
        known = np.abs(self.points[0].point) if self.points else np.ones(n)
        return np.clip(known, 1.0, FAR)

    def _scale(self) -> float:
        """The objective's own scale, in scaled units.

        The sum of its absolute terms at the best point, or its largest coefficient in balanced units, whichever
        is larger; both are fixed by the data, whatever units the solver is given.
        """
        if self.request.scale is not None:
            return self.request.scale / self.change.objective
        terms = self.terms / self.change.objective
        if not self.points:
            return terms
        f = self.change.problem.minimize
        at_point = float(Polynomial(f.exponents, np.abs(f.values), f.variables)(np.abs(self.points[0].point)))
        return max(terms, at_point)

    # -- the end -------------------------------------------------------------------------------------------

    def result(self) -> Result:
        """Make the record, in the user's units."""
        if self.best is not None and self.points and self.best[0] > self.points[0].value:
            if not closes(self.best[0], self.points[0].value, self._scale(), self.request.tol):
                self.best = None  # contradicted by a point that was found later
        if self.certified and self.attempts[-1].flatness is not None and not self.attempts[-1].flatness.flat:
            self._gather()
        upper = self.points[0].value if self.points and not self.unbounded else None
        lower = self.best[0] if self.best else None
        status = self._status(lower, upper)
        if status in (Status.INFEASIBLE, Status.UNBOUNDED):
            lower = upper = None
        if (
            lower is not None
            and upper is not None
            and lower > upper
            and closes(lower, upper, self._scale(), self.request.tol)
        ):
            lower = (
                upper  # the excess is within the corrections; a lower bound never exceeds a feasible value
            )
        points = self._minimizers(upper)
        last = self.attempts[-1] if self.attempts else None
        total = time.perf_counter() - self.started
        return Result(
            status=status,
            lower_bound=None if lower is None else self.change.value(lower),
            upper_bound=None if upper is None else self.request.problem.minimize(points[0]),
            minimizers=points,
            order=self.best[1] if self.best else (last.order if last else None),
            method=self.request.method,
            solver=self.best[5] if self.best else self.request.solver,
            coverage=self.best[2] if self.best else EVERYWHERE,
            scale=self.change.value(self._scale()),
            tol=self.request.tol,
            problem=self.request.problem,
            attempts=tuple(self.attempts),
            message=self._message(status),
            seconds=MappingProxyType({"formulate": 0.0, **self.seconds, "total": total}),
            sizes=MappingProxyType(self.best[3].sizes if self.best else dict(last.sizes) if last else {}),
            relaxation=self.best[3] if self.best else None,
            solution=self.best[4] if self.best else None,
            change=self.change,
        )

    def _gather(self) -> None:
        """Look for further minimisers of a certified minimum whose moments are not flat."""
        reach = 1.5 * max(1.0, float(np.abs(self.points[0].point).max()))
        starts = random_starts(self.request.problem.n_variables, 40, 1, (reach,))
        found = self.search.multistart(starts, min(0.5, self._budget()))
        self.points = sorted([*self.points, *found], key=lambda p: p.value)

    def _status(self, lower: float | None, upper: float | None) -> Status:
        if self.infeasible:
            return Status.INFEASIBLE
        if self.unbounded:
            return Status.UNBOUNDED
        if closes(lower, upper, self._scale(), self.request.tol):
            return Status.CERTIFIED
        if lower is not None:
            return Status.BOUNDED if upper is not None else Status.LOWER_BOUND_ONLY
        return (
            Status.STOPPED
            if self.limit or any(a.sdp_status is SDPStatus.LIMIT for a in self.attempts)
            else Status.FAILED
        )

    def _message(self, status: Status) -> str:
        parts = [status.meaning]
        if status is Status.CERTIFIED and self.best is not None and self.best[2] != EVERYWHERE:
            parts = [f"The minimum over {self.best[2]} is proved to the tolerance."]
        parts += [part for part in (self.limit, status.remedy) if part]
        return " ".join(parts)

    def _minimizers(self, upper: float | None) -> NDArray[np.float64]:
        n = self.request.problem.n_variables
        if upper is None:
            return np.zeros((0, n))
        slack = max(0.1 * self.request.tol * abs(upper), ABSOLUTE_GAP * self._scale())
        kept = distinct([p for p in self.points if p.feasible], upper, slack)
        return np.array([self.change.point(p.point) for p in kept])

    def _lap(self, phase: str, began: float) -> float:
        now = time.perf_counter()
        self.seconds[phase] += now - began
        return now

    def _say(self, line: str) -> None:
        if self.request.progress is not None:
            self.request.progress(line)


def _with_ball(problem: Problem, ball: Ball, units: NDArray[np.float64]) -> Problem:
    """Add the ball, given in original variables, to the scaled problem."""
    half_axes: Sequence[float] = ball.radius * ball.units / units
    if np.allclose(half_axes, half_axes[0]):
        return add_ball(problem, float(half_axes[0]))
    n = problem.n_variables
    rows = np.concatenate([np.zeros((1, n), dtype=np.int64), 2 * np.eye(n, dtype=np.int64)])
    values = np.concatenate([[1.0], -1.0 / np.asarray(half_axes) ** 2])
    constraint = Polynomial.from_terms(rows, values, problem.variables)
    return Problem(
        problem.minimize, (*problem.inequalities, constraint), problem.equalities, variables=problem.variables
    )
