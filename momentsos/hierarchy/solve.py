"""`solve`: orders are raised until the bounds meet, a limit is reached, or nothing more can be learned."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bounds.implied import implied_box
from ..bounds.region import EVERYTHING
from ..branching.prospect import prospect_of
from ..conditioning.symmetry import Symmetries, symmetries_of
from ..errors import InvalidInput
from ..machine.checks import items, real_array
from ..machine.memory import memory_errors_told
from ..machine.progress import LOG, reported
from ..machine.threads import limited_threads
from ..points.beginning import first_points
from ..points.known import Known
from ..points.least_squares import least_squares_ends
from ..polynomials import Polynomial
from ..polynomials.factored import Factor
from ..polynomials.tables import to_table
from ..problem import Problem
from ..relaxations import Relaxation, assemble
from .branched import NAME as BRANCH
from .branched import OPEN, QUICK_SECONDS, boxes_first, branched, check_branching, may_branch, with_branching
from .climb import climb
from .everywhere import is_free, of_homogeneous, seen_everywhere
from .evidence import Evidence
from .in_turn import asked_in_turn, exists
from .methods import methods_named
from .ratios import solve_ratios
from .request import (
    NO_FACTS,
    Asked,
    Facts,
    Progress,
    Request,
    check_facts,
    check_memory_limit,
    check_order,
    check_orders,
    check_problem,
    check_request,
    check_squares,
    is_number,
)
from .result import Result
from .status import Status
from .symmetric import better_of, may_be_halved, of_symmetric
from .verdict import result_of

#: Seconds that runs of Levenberg-Marquardt may take before the first relaxation.
LEAST_SQUARES_SECONDS = 1.5


def relax(
    problem: Problem, order: int | None = None, method: str = "dense", memory_limit: int | None = None
) -> Relaxation:
    """Build one relaxation of the problem as it is written; no solver is touched.

    Ratios of the objective are variables of their own there, see `Problem.lifted`.

    Parameters
    ----------
    problem : Problem
    order : int, optional
        The relaxation order; by default the lowest one.
    method : str
        As for `solve`.
    memory_limit : int, optional
        Bytes that assembling may take; by default half of what is free.

    Raises
    ------
    BadOption, OrderTooLow, ProblemTooLarge
    """
    check_problem(problem)
    check_memory_limit(memory_limit)
    problem = problem.lifted()
    chosen = methods_named(method, problem).methods[0]
    k = chosen.lowest_order(problem) if order is None else check_order(order, "order")
    with memory_errors_told(f"the {chosen.name} relaxation of order {k}"):
        return assemble(chosen.plan(problem, k, memory_limit))


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
    unit: float | None = None,
    memory_limit: int | None = None,
    seed: int = 0,
    squares: Sequence[Polynomial] = (),
    progress: Progress | bool | None = None,
) -> Result:
    r"""Minimise a polynomial globally, with bounds from both sides.

    Relaxations of rising order give lower bounds; atoms of their moments, local search and polishing give
    feasible points. The status is `CERTIFIED` when the two meet, and the lower one holds on the whole feasible set.

    Parameters
    ----------
    problem : Problem
    order : int, optional
        First order; by default the lowest. Alone, it is the only one tried.
    max_order : int, optional
        Last order; by default two more than the lowest.
    method : {"auto", "dense", "partial", "sparse", "branch"}
        ``"partial"`` relaxes only the variables in which the problem is not affine (or not quadratic); ``"sparse"``
        has a moment matrix for each group of variables that meet, divided by term sparsity. ``"auto"`` takes the
        sparse one where its lowest relaxation has at most half the moments of the dense and a tenth of those of the
        partial one, else the partial one where it has fewer than the dense one; and then the dense one where these
        gave no bound, or left a gap that a dense relaxation of up to 1400 moments may close. ``"branch"`` splits boxes
        until the gap is closed, and has no orders; ``"auto"`` asks it where orders leave gaps, before a second order
        where that is likely to close them.
    solver : str
        A name from `available_solvers`, or ``"auto"``.
    tol : float
        Relative gap at which the minimum counts as certified.
    time_limit : float, optional
        Seconds in all.
    solver_options : mapping, optional
        `max_iterations`, `verbose`, `threads`, `tol`, `isolate` (solve in a child process), and any option under the
        solver's own name. By default linear algebra uses one thread, and in the solver as many as there are from
        1000 moments on.
    bound : "auto", None or float
        A ball around the variables. ``None``: none. A number: its radius, in the units of the variables; the ball is
        part of the problem then, for bounds and points alike.
        ``"auto"``: none at first; where the gap stays open, the order is solved again with a ball. It contains
        the bounds that the constraints put on all variables, where they do, and then excludes nothing; else its
        radius is twice the norm of the best known point, in balanced units. `Result.coverage` says on which set
        the bound holds.
    candidates : (r, n) array, optional
        Points to start the local search from.
    unit : float, optional
        A relative gap is the gap over the larger one of this and of the absolute upper bound. By default 1, or what
        the objective varies by over the problem's natural sizes (its largest coefficient in balanced units) where that
        is smaller.
    memory_limit : int, optional
        Bytes that assembling may take; by default half of what is free.
    seed : int
        For the starting points of the local search.
    squares : sequence of Polynomial, optional
        Polynomials whose squares add up to the objective, if that is known; it saves digits. Each coefficient is
        compared, to 1e-9 of the sum of the absolute products that make it up. Where they add up exactly, and nothing
        is constrained, the bound is that of `Problem.least_squares`.
    progress : bool or callable, optional
        A function is called with one line for each step; where something is counted, the line is a
        `momentsos.machine.progress.Step`. True shows the lines: in place of each other in a terminal or a notebook,
        one after the other on stderr elsewhere. The log ``momentsos`` of `logging` gets them whatever is shown.

    Returns
    -------
    Result

    Raises
    ------
    BadOption, InvalidInput, OrderTooLow, ProblemTooLarge, SolverUnavailable
    """
    check_problem(problem)
    facts = Facts(unit=unit, squares=tuple(items(squares, "squares", "a list of polynomials")))
    check_facts(facts, problem)
    check_squares(facts.squares, problem)
    problem = _with_factor(problem, facts.squares)
    with reported(progress) as report, memory_errors_told("this problem"):
        asked = Asked(
            order, max_order, method, solver, tol, time_limit, solver_options, bound, memory_limit, seed, report
        )
        given = None if candidates is None else _points(candidates, problem)
        return minimise(problem, asked, facts, given, searched=False)


def minimise(
    problem: Problem,
    asked: Asked,
    facts: Facts = NO_FACTS,
    candidates: NDArray[np.float64] | None = None,
    searched: bool = True,
) -> Result:
    """Do what `solve` does, with what is known of the objective beforehand.

    With `searched` the candidates are what a search has found, and none precedes the first relaxation.

    Raises
    ------
    As `solve`.
    """
    began = time.perf_counter()
    check_problem(problem)
    check_request(asked)
    if problem.ratios:
        return solve_ratios(problem, asked, facts, candidates, minimise, began)
    if problem.matrix_inequalities and problem.minors is None:
        spelled = minimise(problem.spelled_out(), asked, facts, candidates, searched)
        return replace(spelled, problem=problem)
    if problem.squares is not None and not facts.squares:
        facts = replace(facts, squares=problem.squares.polynomials)
    free = is_free(problem, asked, facts)
    if free:
        with limited_threads(1):
            decided = of_homogeneous(Request.of(problem, asked, facts, began), began)
        if decided is not None:
            return _logged(decided)
    inside = is_number(asked.bound)  # a bound over everything is none for a ball alone
    if asked.method == BRANCH:
        check_branching(problem, asked)
    posed = replace(problem, squares=None) if inside else problem
    choice = methods_named("auto" if asked.method == BRANCH else asked.method, posed)
    first, *others = choice.methods
    orders = asked.order, asked.max_order
    if asked.method != BRANCH:
        first.check(problem, check_orders(first.lowest_order(problem), *orders)[0], asked.memory_limit)
    chosen = (first, *(other for other in others if exists(other, problem, *orders)))
    request = Request.of(problem, asked, facts, began)
    chose = time.perf_counter()
    with limited_threads(request.options.threads or 1):
        request.decide(f"method {asked.method}" if asked.method != "auto" else choice.reason)
        ends = None if searched and candidates is not None else _least_squares_ends(request)
        alone = first_points(request.posed, request.search_options(), _together(candidates if searched else None, ends))
        known = alone if candidates is None or searched else _with_candidates(alone, candidates, request)
        start = Evidence(request, first, known, began)
        start = start.timed(relax=chose - began, extract=time.perf_counter() - chose)
        if known.best is None and implied_box(request.posed).empty:  # a proof: no relaxation is needed
            excluded = result_of(replace(start, infeasible=True))
            if asked.method != BRANCH:
                return excluded
            boxes = branched(start, "")  # whose leaves are a certificate
            return _logged(boxes if boxes.status is Status.INFEASIBLE else excluded)
        if asked.method == BRANCH:
            return _logged(branched(start, ""))
        choice = replace(choice, methods=chosen)
        unasked = asked.method == "auto" and orders == (None, None)
        halved = may_be_halved(problem, asked, facts)
        prospect = prospect_of(problem) if unasked and not facts.squares and np.isinf(facts.lowest) else None
        begun, symmetric = None, None
        if prospect is not None and prospect.quick and may_branch(start) and implied_box(request.posed).finite:
            boxed, start = boxes_first(start, prospect, QUICK_SECONDS)
            if boxed is not None:
                return _logged(boxed)
        if halved or prospect is not None:
            lowest = check_orders(first.lowest_order(problem), *orders)[:1]
            begun = climb(lowest, True, replace(start, reason=choice.reason))
            symmetries = symmetries_of(problem) if halved and not begun.finished else None
            if free and symmetries is not None:
                decided = seen_everywhere(result_of(begun), request, began, last=False)
                if decided.status is Status.CERTIFIED:
                    return _logged(decided)
            symmetric = _by_symmetry(request, asked, begun, symmetries, began)
            if symmetric is not None and symmetric.status is Status.CERTIFIED:
                return _logged(symmetric)
            if prospect is not None and may_branch(begun):
                boxed, begun = boxes_first(begun, prospect)
                if boxed is not None:
                    return _logged(boxed)
        found = asked_in_turn(choice, start, *orders, begun=begun)
        if known is not alone and alone.best is not None and not found.finished and request.time_left() > 0:
            again = asked_in_turn(choice, replace(start, known=alone, seconds=found.seconds), *orders)
            again = replace(again, known=again.known.with_points(found.known.points)).without_refuted()
            found = max(found, again, key=lambda each: (each.finished, -each.gap))
        result = better_of(result_of(found), symmetric)
        result = seen_everywhere(result, request, began) if free else result
        if unasked and may_branch(found) and result.status in OPEN:
            result = with_branching(found, result)
        return _logged(result)


def _by_symmetry(
    request: Request, asked: Asked, begun: Evidence, symmetries: Symmetries | None, began: float
) -> Result | None:
    """Return what half-spaces that use symmetries say, None without any."""
    if symmetries is None or begun.known.best is None or begun.limit is not None:
        return None
    point, facts = begun.known.optimum[0][None, :], Facts(unit=request.facts.unit)
    own = partial(minimise, facts=facts, candidates=point)
    return of_symmetric(request, asked, begun.known, symmetries, own, began)


def _logged(result: Result) -> Result:
    """Return a result, after its status went into the log."""
    LOG.info("%s: lower bound %s, upper bound %s", result.status, result.lower_bound, result.upper_bound)
    return result


def _with_candidates(found: Known, candidates: NDArray[np.float64], request: Request) -> Known:
    """Return what was found together with the user's points, and what a search from each of them ends in.

    Where nothing was found they lead the search.
    """
    if found.best is None:
        return first_points(request.posed, request.search_options(), candidates)
    for point in found.change.inverse_point(candidates):
        ends = [found.local.assess(point)]
        if request.time_left() > 0:
            ends.append(found.local.descend(point))
        found = found.with_points(ends)
    return found


def _least_squares_ends(request: Request) -> NDArray[np.float64] | None:
    """Return what Levenberg-Marquardt finds for a sum of squares of residuals, None for other objectives."""
    if request.problem.squares is None or request.region is not EVERYTHING:
        return None
    until = time.perf_counter() + min(LEAST_SQUARES_SECONDS, 0.2 * request.time_left())
    return least_squares_ends(request.problem, request.seed, until)


def _together(candidates: NDArray[np.float64] | None, ends: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Return both lists of points as one, None for none."""
    given = [points for points in (candidates, ends) if points is not None]
    return np.concatenate(given) if given else None


def _with_factor(problem: Problem, squares: Sequence[Polynomial]) -> Problem:
    """Let a problem without constraints remember squares that add up to its objective exactly."""
    constrained = problem.inequalities or problem.equalities or problem.matrix_inequalities
    if not squares or constrained or problem.squares is not None or any(p.is_exact for p in squares):
        return problem
    rows, table = to_table([p.over(problem.variables) for p in squares])
    factor = Factor.of(rows, np.column_stack([table, np.zeros(len(table))]), problem.variables)
    return replace(problem, squares=factor) if factor.expanded == problem.minimize else problem


def _points(candidates: object, problem: Problem) -> NDArray[np.float64]:
    """Return points to begin with, one a row."""
    n = problem.n_variables
    points = np.atleast_2d(real_array(candidates, "candidates", f"an array of shape (r, {n})"))
    if points.ndim != 2 or points.shape[1] != n or not np.isfinite(points).all():
        raise InvalidInput(f"candidates of shape {points.shape}: expected (r, {n}), all of it finite")
    return points
