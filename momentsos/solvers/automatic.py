"""Solving one program with the named solver, or with the one that `auto` means and a second opinion."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import MomentSOSError, ProblemTooLarge, SolverFailed, SolverUnavailable
from ..machine.mappings import ReadOnly
from ..sdp import (
    SDP,
    SDPSolution,
    SDPStatus,
    independent_moments,
    on_moments,
    search_seconds,
)
from .contract import Solver, SolverOptions, finish
from .isolation import solve_isolated
from .registry import choose_solvers, solver_named, split_first
from .sides import solve_side
from .splitting import SplittingSolver

#: An answer whose worst residual is below this is not asked for again.
GOOD_ENOUGH = 1e-8


def solve_sdp(name: str, sdp: SDP, options: SolverOptions) -> SDPSolution:
    """Solve `sdp` with the solver `name`.

    With `options.isolate` this happens in a child process. ``"auto"`` asks the first of `choose_solvers`, and where
    that gives neither a checked ray of infeasibility nor an answer whose residuals, recomputed by us, are below
    1e-8, the next one that answers at all, for a second opinion. The answer with the smallest residuals is returned;
    its `statistics["asked"]` says in a line each who was asked and what came. No solver sees moments that are
    combinations of others, where these are many; see `momentsos.sdp.independent_moments`.

    Raises
    ------
    BadOption, ProblemTooLarge, SolverFailed, SolverUnavailable
    """
    search = options.time_limit is None or search_seconds(sdp) <= 0.2 * options.time_limit
    kept = independent_moments(sdp) if search else None
    if kept is None:
        return _solve(name, sdp, options)
    without = replace(options, points=None)  # their moments are all there
    return _on_all_moments(sdp, kept, _solve(name, on_moments(sdp, kept), without))


def _answer(solver: Solver, sdp: SDP, options: SolverOptions) -> SDPSolution:
    """Ask one solver; an interruption that it caught itself, as SCS does, is one of the whole run.

    Compiled code that panics raises what is neither an `Exception` nor an end of the session: it has failed.
    """
    try:
        answer = solve_side(solver, sdp, options)
    except (Exception, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as panic:
        raise SolverFailed(f"{solver.name} broke down: {panic}") from panic
    if answer.status is SDPStatus.INTERRUPTED:
        raise KeyboardInterrupt
    return answer


def _solve(name: str, sdp: SDP, options: SolverOptions) -> SDPSolution:
    if options.isolate:
        points = None if options.points is None else replace(options.points, improved=None)
        inside = replace(options, isolate=False, points=points)
        return solve_isolated(name, sdp, inside, time_limit=options.time_limit)
    if name != "auto":
        return _answer(solver_named(name), sdp, options)
    split = None if options.points is None or options.own or options.start is not None else split_first(sdp)
    if split is None:
        return _with_second_opinion(choose_solvers(sdp), sdp, options)
    return _split_or(sdp, options, split)


def _split_or(sdp: SDP, options: SolverOptions, seconds: float) -> SDPSolution:
    """Ask `splitting` first, in the time that it is worth, and where its bound falls short those asked otherwise."""
    began = time.perf_counter()
    left = seconds if options.time_limit is None else min(seconds, options.time_limit)
    first: SDPSolution | None = None
    try:
        first = _answer(SplittingSolver(), sdp, replace(options, time_limit=left))
        line = _line(first)
        if _settled(first):
            return replace(first, statistics=ReadOnly({**first.statistics, "asked": (line,)}))
    except ProblemTooLarge as error:
        line = f"{SplittingSolver.name}: {error}"
    if options.time_limit is not None:
        remaining = options.time_limit - (time.perf_counter() - began)
        if first is not None and remaining <= 0:
            return first
        options = replace(options, time_limit=max(remaining, 1e-3))
    try:
        other = _with_second_opinion(choose_solvers(sdp), sdp, options)
    except (ProblemTooLarge, SolverFailed, SolverUnavailable):
        if first is None:
            raise
        return first
    answers = [other] if first is None else [first, other]
    best = min(answers, key=lambda answer: (not _proved(answer, answers), _worst(answer)))
    asked = (line, *map(str, _asked_of(other)))
    return replace(best, statistics=ReadOnly({**best.statistics, "asked": asked}))


def _asked_of(answer: SDPSolution) -> tuple[object, ...]:
    found = answer.statistics.get("asked", ())
    return found if isinstance(found, tuple) else ()


def _on_all_moments(sdp: SDP, kept: NDArray[np.intp], answer: SDPSolution) -> SDPSolution:
    """Return what an answer for some of the moments says about all: the others are zero, residuals are recomputed."""
    moments, duals, gram = answer.moments, answer.equality_duals, answer.gram
    if answer.primal_ray is not None:
        moments = answer.primal_ray.moments
    if answer.dual_ray is not None:
        duals, gram = answer.dual_ray.equality_duals, answer.dual_ray.gram
    full = None
    if moments is not None:
        full = np.zeros(sdp.n_moments)
        full[kept] = moments
    return finish(
        sdp,
        answer.status,
        answer.words,
        full,
        duals,
        gram,
        solver=answer.solver,
        iterations=answer.iterations,
        seconds=answer.seconds,
        statistics=answer.statistics,
    )


def _with_second_opinion(solvers: Iterable[Solver], sdp: SDP, options: SolverOptions) -> SDPSolution:
    until = np.inf if options.time_limit is None else time.perf_counter() + options.time_limit
    answers: list[SDPSolution] = []
    asked: list[str] = []
    refusal: MomentSOSError = SolverFailed("no solver is installed that can take this program")
    for solver in solvers:
        left = until - time.perf_counter()
        if len(answers) == 2 or (answers and (_settled(answers[0]) or left <= 0)):
            break
        try:
            answers.append(
                _ask(solver, sdp, replace(options, time_limit=max(left, 1e-3) if np.isfinite(left) else None))
            )
        except (ProblemTooLarge, SolverFailed, SolverUnavailable) as error:
            refusal = error
            asked.append(f"{solver.name}: {error}")
            continue
        asked.append(_line(answers[-1]))
        options = replace(options, own=ReadOnly())  # another solver has other names for its options
    if not answers:
        raise refusal
    best = min(answers, key=lambda answer: (not _proved(answer, answers), _worst(answer)))
    return replace(best, statistics=ReadOnly({**best.statistics, "asked": tuple(asked)}))


def _ask(solver: Solver, sdp: SDP, options: SolverOptions) -> SDPSolution:
    """Solve here, or in a child process with a solver that may take the session with it."""
    if solver.may_exit:
        return solve_isolated(solver.name, sdp, options, time_limit=options.time_limit)
    return _answer(solver, sdp, options)


def _settled(answer: SDPSolution) -> bool:
    return _proved(answer, ()) or _worst(answer) <= GOOD_ENOUGH or bool(answer.statistics.get("closed"))


def _proved(answer: SDPSolution, answers: Iterable[SDPSolution]) -> bool:
    """Whether an answer holds a ray that none of the others refutes.

    A ray of violation `v` excludes moments with a norm below about `1/v`; a solution with larger ones is no
    contradiction to it, and is then what was asked for.
    """
    if answer.dual_ray is not None:
        reach = 1.0 / max(answer.dual_ray.violation, np.finfo(float).tiny)
        moments = (a.moments for a in answers if a.status is SDPStatus.OPTIMAL and a.moments is not None)
        return all(float(np.abs(y).sum()) < reach for y in moments)
    return answer.primal_ray is not None


def _worst(answer: SDPSolution) -> float:
    return answer.residuals.worst if answer.residuals is not None else float("inf")


def _line(answer: SDPSolution) -> str:
    ray = answer.primal_ray or answer.dual_ray
    size = f"a checked ray, violation {ray.violation:.0e}" if ray else f"worst residual {_worst(answer):.0e}"
    return f"{answer.solver}: {answer.status.value}, {size}"
