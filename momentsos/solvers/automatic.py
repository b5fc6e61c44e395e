"""Solving one program with the named solver, or with the one that `auto` means and a second opinion."""

from __future__ import annotations

import time
from dataclasses import replace
from types import MappingProxyType

from ..errors import ProblemTooLarge, SolverFailed
from ..sdp import SDP, SDPSolution
from .base import SolverOptions
from .isolation import solve_isolated
from .registry import choose_solvers, solver_named

#: An answer whose worst residual is below this is not asked for again.
GOOD_ENOUGH = 1e-8


def solve_sdp(name: str, sdp: SDP, options: SolverOptions) -> SDPSolution:
    """Solve `sdp` with the solver `name`.

    With `options.isolate` this happens in a child process. ``"auto"`` asks the solvers of `choose_solvers` in turn
    until one returns a checked ray of infeasibility or an answer whose residuals, recomputed by us, are below 1e-8;
    otherwise the answer with the smallest ones is returned.

    Raises
    ------
    BadOption, ProblemTooLarge, SolverFailed, SolverUnavailable
    """
    if options.isolate:
        return solve_isolated(name, sdp, replace(options, isolate=False), time_limit=options.time_limit)
    if name != "auto":
        return solver_named(name).solve(sdp, options)
    until = None if options.time_limit is None else time.perf_counter() + options.time_limit
    answers: list[SDPSolution] = []
    refusal: ProblemTooLarge | None = None
    for solver in choose_solvers(sdp):
        left = None if until is None else until - time.perf_counter()
        if left is not None and left <= 0 and answers:
            break
        try:
            limit = None if left is None else max(left, 1e-3)
            answers.append(solver.solve(sdp, replace(options, time_limit=limit)))
            options = replace(options, native=MappingProxyType({}))  # another solver has other names for its options
        except ProblemTooLarge as error:
            refusal = error
            continue
        if answers[-1].primal_ray or answers[-1].dual_ray or _worst(answers[-1]) <= GOOD_ENOUGH:
            break
    if not answers:
        raise refusal or SolverFailed("no solver is installed that can take this program")
    proved = [answer for answer in answers if answer.primal_ray or answer.dual_ray]
    return proved[0] if proved else min(answers, key=_worst)


def _worst(answer: SDPSolution) -> float:
    return answer.residuals.worst if answer.residuals is not None else float("inf")
