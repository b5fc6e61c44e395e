"""What a user may ask of `solve` and `learn`, checked before anything is computed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from inspect import signature
from typing import Any, TypeGuard

import numpy as np

from ..bounds.region import EVERYTHING, Ball, Region
from ..errors import BadOption, InvalidInput
from ..machine.checks import integer, positive, shown
from ..machine.mappings import ReadOnly
from ..machine.progress import tell
from ..machine.threads import limited_threads
from ..points.options import SearchOptions
from ..polynomials import Polynomial
from ..problem import Problem
from ..problem.matrices import upper_entries
from ..sdp import SDP, SDPSolution
from ..solvers import KnownPoints, SolverOptions, solve_sdp, solver_named

#: Orders beyond the lowest that are tried when the user names none.
EXTRA_ORDERS = 2
#: Coefficients beyond this, or below its inverse, over- or underflow in products.
LARGEST = 1e150
#: From this many moments on a solver gains from several threads; below, linear algebra is kept to one.
MANY_MOMENTS = 1_000

#: Orders beyond this have more moments, in two variables, than any machine has memory for.
MOST_ORDER = 10_000
#: By how much squares may miss the objective, as a share of what is added up.
_OF_SQUARES = 1e-9

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
    def of(cls, problem: Problem, asked: Asked, facts: Facts, began: float) -> Request:
        """Return what is asked, checked; the time began at `began`, by `time.perf_counter`."""
        return cls(
            problem=problem,
            facts=facts,
            solver=asked.solver,
            tol=asked.tol,
            until=began + (np.inf if asked.time_limit is None else asked.time_limit),
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

    def solve(self, sdp: SDP, tol: float | None = None, points: KnownPoints | None = None) -> SDPSolution:
        """Solve a program with the solver, in the time and with the options that the user gave.

        `tol` is for drafts, `points` are where a first-order solver starts.
        """
        left = self.time_left()
        options = replace(self.options, time_limit=max(left, 1e-3) if np.isfinite(left) else None)
        options = options if tol is None else replace(options, tol=max(tol, options.tol))
        options = options if points is None else replace(options, points=points)
        many = sdp.n_moments >= MANY_MOMENTS and self.options.threads is None
        with limited_threads(None if many else self.options.threads or 1):
            return solve_sdp(self.solver, sdp, options)

    def say(self, line: str) -> None:
        """Tell the stage that begins: the log, and the user's progress function if there is one."""
        tell(self.progress, line)

    def decide(self, line: str) -> None:
        """Tell what was decided, as `say` tells stages."""
        tell(self.progress, line, logging.INFO)


def check_request(asked: Asked) -> None:
    """Raise `BadOption` (or `SolverUnavailable`) for the first argument that is out of range."""
    tol, bound = asked.tol, asked.bound
    if not is_number(tol) or not 0 < tol < 1:
        raise BadOption(f"tol = {shown(tol)}: expected a number between 0 and 1")
    positive(asked.time_limit, "time_limit", "seconds above 0")
    if not (bound is None or (isinstance(bound, str) and bound == "auto")):
        if not is_number(bound) or not 0 < bound < np.inf:
            raise BadOption(f"bound = {shown(bound)}: expected 'auto', None, or a radius above 0")
    check_memory_limit(asked.memory_limit)
    integer(asked.seed, "seed", 0, 2**63)
    for order, name in ((asked.order, "order"), (asked.max_order, "max_order")):
        if order is not None:
            check_order(order, name)
    if asked.progress is not None and not _takes_a_line(asked.progress):
        raise BadOption(f"progress = {shown(asked.progress)}: expected True, False, None or a function of one line")
    if not isinstance(asked.method, str):
        raise BadOption(f"method = {shown(asked.method)}: expected a name")
    if not isinstance(asked.solver, str):
        raise BadOption(f"solver = {shown(asked.solver)}: expected a name, see momentsos.available_solvers()")
    solver_named(asked.solver).check_options(split_options(asked.solver_options).own)


def _takes_a_line(function: object) -> bool:
    """Whether something can be called with one line; where that cannot be told, whether it can be called."""
    if not callable(function):
        return False
    try:
        signature(function).bind("")
    except TypeError:
        return False
    except ValueError:  # builtins without a signature
        return True
    return True


def check_memory_limit(limit: object) -> None:
    """Raise `BadOption` unless a limit is a number of bytes, or None."""
    if limit is not None and (not is_number(limit) or not 0 < limit < np.inf):
        raise BadOption(f"memory_limit = {shown(limit)}: expected a number of bytes above 0, or None")


def check_facts(facts: Facts, problem: Problem) -> None:
    """Raise `BadOption` or `InvalidInput` for what cannot be known of the objective of `problem`."""
    positive(facts.unit, "unit", "a number above 0")
    for i, square in enumerate(facts.squares):
        if not isinstance(square, Polynomial):
            raise InvalidInput(f"squares[{i}]: expected a polynomial, got {shown(square)}")
        square.over(problem.variables)


def check_squares(squares: Sequence[Polynomial], problem: Problem) -> None:
    """Raise `InvalidInput` unless squares add up to the objective: each coefficient to 1e-9 of what makes it up."""
    if not squares:
        return
    if problem.ratios:
        raise InvalidInput("squares: the objective is a sum of ratios, expected a polynomial")
    objective = problem.minimize
    parts = [square.over(problem.variables) for square in squares]
    magnitudes = [Polynomial(part.support, np.abs(part.values), part.variables) for part in parts]
    total, size = sum((part * part for part in parts), 0 * objective), sum((m * m for m in magnitudes), 0 * objective)
    left = objective - total
    found = {tuple(row): abs(value) for row, value in zip(size.exponents.tolist(), size.values.tolist(), strict=True)}
    for row, value in zip(left.exponents.tolist(), left.values.tolist(), strict=True):
        if not abs(value) <= _OF_SQUARES * found.get(tuple(row), 0.0):
            raise InvalidInput(
                f"squares: they do not add up to the objective: in the coefficient of the monomial with exponents "
                f"{row!r:.80} {value:.3g} is missing"
            )


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a real number; a truth value is none."""
    return isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)


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
    return integer(order, name, 0, MOST_ORDER)


def check_problem(problem: object) -> None:
    """Raise `InvalidInput` unless `problem` is a `Problem` whose coefficients can be computed with."""
    if not isinstance(problem, Problem):
        raise InvalidInput(f"problem: expected a momentsos.Problem, got {shown(problem)}")
    try:
        every = [p.values for p in (problem.minimize, *problem.inequalities, *problem.equalities)]
        every += [p.values for pair in problem.ratios for p in pair]
        every += [p.values for matrix in problem.matrix_inequalities for p in upper_entries(matrix)]
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
        raise BadOption(f"solver_options: expected a mapping, got {shown(given)}")
    wrong = [name for name in given or () if not isinstance(name, str)]
    if wrong:
        raise BadOption(f"solver_options: expected names of options, got {shown(wrong[0])}")
    rest = dict(given or {})
    names = [item.name for item in fields(SolverOptions) if item.name not in ("own", "time_limit", "points")]
    common = {name: rest.pop(name) for name in names if name in rest}
    return SolverOptions(**common, own=ReadOnly(rest))
