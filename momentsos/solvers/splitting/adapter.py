"""The splitting solver behind the contract of all solvers."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...machine.threads import limited_threads
from ...sdp import SDP, SDPSolution, SDPStatus, check_dual_ray, check_primal_ray
from ...sdp.residuals import project_to_cone
from ..contract import KnownPoints, Solver, SolverOptions, finish, refuse_if_too_large
from . import rules
from .estimates import memory_bytes
from .iteration import Iteration
from .lift import interior_of
from .normal import NormalEquations
from .options import SplittingOptions
from .run import Ending, Limits, Run, follow
from .units import Scaled

Floats = NDArray[np.float64]
_STATUS = {
    Ending.CONVERGED: SDPStatus.OPTIMAL,
    Ending.STALLED: SDPStatus.INACCURATE,
    Ending.ITERATIONS: SDPStatus.LIMIT,
    Ending.TIME: SDPStatus.LIMIT,
}


class SplittingSolver(Solver):
    """First-order method for programs with large blocks; it starts at known points, and needs little memory.

    Relaxed Douglas-Rachford splitting with Anderson acceleration; of large blocks only the short side of the spectrum
    is computed. Its dual vectors satisfy their equations to rounding, and are lifted to where the blocks are
    semidefinite, so that the bound holds whenever the run ends. `OPTIMAL` means that the bound meets the best known
    point, or that gap and residuals are below the tolerance, which is 1e-7 at best; `INACCURATE`, that no more came.
    `KeyboardInterrupt` passes through.
    """

    name: ClassVar[str] = "splitting"
    accuracy: ClassVar[float] = 1e-6
    form: ClassVar[str] = "svec"

    @classmethod
    def check_options(cls, own: Mapping[str, object]) -> None:
        """See `Solver`."""
        SplittingOptions.from_mapping(own)

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate from `momentsos.solvers.splitting.estimates`."""
        return memory_bytes(sdp)

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
        own = SplittingOptions.from_mapping(options.own)
        refuse_if_too_large(self, sdp)
        started = time.perf_counter()
        deadline = math.inf if options.time_limit is None else started + options.time_limit
        with limited_threads(options.threads), np.errstate(all="ignore"):
            scaled = Scaled.of(sdp)
            try:
                normal = NormalEquations.of(scaled.program.operator, scaled.program.equalities)
                run = _run(scaled, normal, own, options, deadline)
            except np.linalg.LinAlgError as error:
                return finish(sdp, SDPStatus.FAILED, str(error), None, None, None, solver=self.name)
            return _solution(sdp, scaled, run, time.perf_counter() - started)


def _run(
    scaled: Scaled, normal: NormalEquations, own: SplittingOptions, options: SolverOptions, deadline: float
) -> Run:
    """Start from the mean of the known points, or from the answer to a program near by."""
    program = scaled.program
    iteration, start, known, near = Iteration(program, normal, program.cost, own), None, options.points, options.start
    tol = max(options.tol, rules.BEST_TOLERANCE)
    limits = Limits(tol, math.inf, None, options.max_iterations or rules.MOST_ITERATIONS, deadline)
    search = None
    if known is not None and len(known.moments):
        start, limits = _from_points(scaled, known, limits)
        improved = known.improved
        if improved is not None:

            def search(moments: Floats) -> tuple[Floats, Limits] | None:
                better = improved(moments)
                return None if better is None else _from_points(scaled, better, limits)

    elif near is not None and near.moments is not None:
        start = near.moments
    if start is not None:
        gram = None if near is None or near.gram is None else near.gram / (scaled.rows * scaled.cost)
        iteration.start_at(start, gram)
    tell = scaled.cost if options.verbose else None
    return follow(iteration, interior_of(program, normal), start, limits, tell, search)


def _from_points(scaled: Scaled, known: KnownPoints, limits: Limits) -> tuple[Floats, Limits]:
    """Return the mean of the moments of known points, and the limits that these set."""
    enough = known.enough / scaled.cost
    loss = rules.LIFT_SHARE * (float(scaled.program.cost @ known.moments[0]) - enough)
    return known.moments.mean(axis=0), replace(limits, enough=enough, loss=loss if loss > 0.0 else None)


def _solution(sdp: SDP, scaled: Scaled, run: Run, seconds: float) -> SDPSolution:
    """Map the end of a run back to the program; what its own residuals do not bear out is not called optimal."""
    status, words, best = _STATUS.get(run.ending, SDPStatus.UNKNOWN), run.ending.value, run.best
    moments = run.last.iterate.moments
    if run.closed and run.start is not None:
        words, moments = "the bound meets the best point", run.start  # which solves the program, as the bound shows
    rows, multipliers = scaled.back(best.dual.rows, best.dual.multipliers)
    if not np.isfinite(best.dual.bound):
        rows = project_to_cone(rows, sdp)
    if run.ending in (Ending.STALLED, Ending.ITERATIONS):
        ray = _ray(sdp, scaled, run)
        if ray is not None:
            status, moments, multipliers, rows = ray
            words = f"{words}: {status.value}"
    answer = finish(
        sdp,
        status,
        words,
        moments,
        multipliers,
        rows,
        solver=SplittingSolver.name,
        iterations=run.iterations,
        seconds=seconds,
        statistics={"bound": scaled.cost * best.dual.bound, "closed": run.closed},
    )
    worst = math.inf if answer.residuals is None else answer.residuals.worst
    if status is SDPStatus.OPTIMAL and not worst <= rules.DOUBTFUL:
        return replace(answer, status=SDPStatus.INACCURATE, words=f"{words}, but not in the program's own units")
    if status is SDPStatus.INACCURATE and not worst <= rules.ACCEPTABLE:
        return replace(answer, status=SDPStatus.FAILED)
    return answer


def _ray(sdp: SDP, scaled: Scaled, run: Run) -> tuple[SDPStatus, Floats, Floats, Floats] | None:
    """Return what the last movements prove: where a side has no solution they tend to a ray of the other one."""
    last, before = run.last.iterate, run.before.iterate
    moved = last.moments - before.moments
    rows, multipliers = scaled.back(last.gram - before.gram, last.multipliers - before.multipliers)
    for gram, duals in ((rows, multipliers), scaled.back(last.gram, last.multipliers)):
        projected = project_to_cone(gram, sdp)
        if np.isfinite(projected).all() and check_dual_ray(sdp, duals, projected) is not None:
            return SDPStatus.PRIMAL_INFEASIBLE, moved, duals, projected
    for direction in (moved, last.moments):
        if check_primal_ray(sdp, direction) is not None:
            return SDPStatus.DUAL_INFEASIBLE, direction, multipliers, rows
    return None
