"""What a user may ask of `solve` and `learn`, checked before anything is computed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, TypeGuard

import numpy as np

from ..bounds.region import EVERYTHING, Ball, Region
from ..errors import BadOption, InvalidInput
from ..machine.mappings import ReadOnly
from ..machine.threads import limited_threads
from ..points.options import SearchOptions
from ..polynomials import Polynomial
from ..problem import Problem
from ..sdp import SDP, SDPSolution
from ..solvers import SolverOptions, solve_sdp, solver_named

#: Orders beyond the lowest that are tried when the user names none.
EXTRA_ORDERS = 2
#: Coefficients beyond this, or below its inverse, over- or underflow in products.
LARGEST = 1e150
#: From this many moments on a solver gains from several threads; below, linear algebra is kept to one.
MANY_MOMENTS = 1_000

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Asked:
    """What the user asks of a solve; see `momentsos.solve` for the meaning of each part. Nothing is checked yet."""

    order: int | None = None
    max_order: int | None = None
    method: str = "auto"
    solver: str = "auto"
    tol: float = 1e-6
    time_limit: float | None = None
    solver_options: Mapping[str, Any] | None = None
    bound: str | float | None = "auto"
    memory_limit: int | None = None
    seed: int = 0
    progress: Progress | None = None


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of an objective beforehand.

    Attributes
    ----------
    scale : float or None
        The size of the data of a loss, for conditioning; None: the objective's own scale.
    unit : float or None
        Of relative gaps; None: see `momentsos.hierarchy.gaps`.
    floor : float
        The objective is never below this, such as zero for a norm.
    squares : tuple of Polynomial
        Polynomials whose squares add up to the objective: it is never below zero.
    """

    scale: float | None = None
    unit: float | None = None
    floor: float = -np.inf
    squares: tuple[Polynomial, ...] = ()

    @property
    def lowest(self) -> float:
        """What the objective is never below."""
        return max(self.floor, 0.0) if self.squares else self.floor


NO_FACTS = Facts()


@dataclass(frozen=True, eq=False)
class Request:
    """A checked request; see `momentsos.solve` for the meaning of each part.

    Attributes
    ----------
    problem : Problem
        As the user gave it; `posed` has the ball of the user's radius as well.
    facts : Facts
        What is known of its objective.
    radius : float, "auto" or None
        The ball that the user asks for, or whether one may be added.
    """

    problem: Problem
    facts: Facts
    solver: str
    tol: float
    until: float
    options: SolverOptions
    radius: str | float | None
    memory_limit: int | None
    seed: int
    progress: Progress | None

    @classmethod
    def of(cls, problem: Problem, asked: Asked, facts: Facts) -> Request:
        """Return what is asked, checked; the time begins now."""
        return cls(
            problem=problem,
            facts=facts,
            solver=asked.solver,
            tol=asked.tol,
            until=time.perf_counter() + (np.inf if asked.time_limit is None else asked.time_limit),
            options=split_options(asked.solver_options),
            radius=asked.bound,
            memory_limit=asked.memory_limit,
            seed=asked.seed,
            progress=asked.progress,
        )

    @cached_property
    def posed(self) -> Problem:
        """The problem with the ball that the user asks for as its last inequality."""
        return self.region.restrict(self.problem) if isinstance(self.region, Ball) else self.problem

    @cached_property
    def region(self) -> Region:
        """The set that the user asks about."""
        if not is_number(self.radius):
            return EVERYTHING
        return Ball.of(np.full(self.problem.n_variables, float(self.radius)))

    def time_left(self) -> float:
        """Seconds until the time limit, infinite without one."""
        return self.until - time.perf_counter()

    def search_options(self) -> SearchOptions:
        """Return what the search for points is told."""
        return SearchOptions(self.facts.squares, self.facts.scale, self.seed, self.until)

    def solve(self, sdp: SDP, tol: float | None = None) -> SDPSolution:
        """Solve a program with the solver, in the time and with the options that the user gave; `tol` is for drafts."""
        left = self.time_left()
        options = replace(self.options, time_limit=max(left, 1e-3) if np.isfinite(left) else None)
        options = options if tol is None else replace(options, tol=max(tol, options.tol))
        many = sdp.n_moments >= MANY_MOMENTS and self.options.threads is None
        with limited_threads(None if many else self.options.threads or 1):
            return solve_sdp(self.solver, sdp, options)

    def say(self, line: str) -> None:
        """Pass a line to the user's progress function, if there is one."""
        if self.progress is not None:
            self.progress(line)


def check_request(*, solver: str, tol: object, time_limit: object, bound: object) -> None:
    """Raise `BadOption` (or `SolverUnavailable`) for the first argument that is out of range."""
    if not is_number(tol) or not 0 < tol < 1:
        raise BadOption(f"tol = {tol!r}: expected a number between 0 and 1")
    if time_limit is not None and not (is_number(time_limit) and time_limit > 0):
        raise BadOption(f"time_limit = {time_limit!r}: expected seconds above 0, or None")
    if not (bound is None or bound == "auto" or (is_number(bound) and 0 < bound < np.inf)):
        raise BadOption(f"bound = {bound!r}: expected 'auto', None, or a radius above 0")
    if not isinstance(solver, str):
        raise BadOption(f"solver = {solver!r}: expected a name, see momentsos.available_solvers()")
    solver_named(solver)


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a real number; a truth value is none."""
    return isinstance(value, int | float | np.floating) and not isinstance(value, bool)


def check_orders(lowest: int, order: int | None, max_order: int | None) -> tuple[int, ...]:
    """Return the orders to try: `order` alone, or up to `max_order`, by default two beyond the lowest."""
    first = lowest if order is None else check_order(order, "order")
    last = first if order is not None else lowest + EXTRA_ORDERS
    last = last if max_order is None else check_order(max_order, "max_order")
    if last < first:
        raise BadOption(f"max_order = {last} is below the first order, {first}")
    return tuple(range(first, last + 1))


def check_order(order: object, name: str) -> int:
    """Return `order` as an int; raise `BadOption` unless it is a nonnegative integer."""
    if isinstance(order, bool) or not isinstance(order, int | np.integer) or order < 0:
        raise BadOption(f"{name} = {order!r}: expected a nonnegative integer")
    return int(order)


def check_problem(problem: object) -> None:
    """Raise `InvalidInput` unless `problem` is a `Problem` whose coefficients can be computed with."""
    if not isinstance(problem, Problem):
        raise InvalidInput(f"problem: expected a momentsos.Problem, got {type(problem).__name__}")
    try:
        every = [p.values for p in (problem.minimize, *problem.inequalities, *problem.equalities)]
        sizes = np.abs(np.concatenate(every))
    except OverflowError:
        sizes = np.array([np.inf])
    if len(sizes) and not (sizes.min() * LARGEST >= 1.0 and sizes.max() <= LARGEST):
        raise InvalidInput(
            f"problem: the polynomials have coefficients of sizes {sizes.min():.2g} to {sizes.max():.2g}, expected "
            f"sizes between {1 / LARGEST:.0e} and {LARGEST:.0e}: change the units of variables, objective or data"
        )


def split_options(given: Mapping[str, Any] | None) -> SolverOptions:
    """Split a mapping into the common options and the solver's own ones."""
    if given is not None and not isinstance(given, Mapping):
        raise BadOption(f"solver_options: expected a mapping, got {type(given).__name__}")
    rest = dict(given or {})
    names = [item.name for item in fields(SolverOptions) if item.name not in ("own", "time_limit")]
    common = {name: rest.pop(name) for name in names if name in rest}
    return SolverOptions(**common, own=ReadOnly(rest))
