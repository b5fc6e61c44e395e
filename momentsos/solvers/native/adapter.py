"""The native solver behind the contract of all solvers."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from ...machine.threads import limited_threads
from ...sdp import SDP, SDPSolution, SDPStatus
from ..contract import Solver, SolverOptions, finish, refuse_if_too_large
from . import rules
from .arrays import Array
from .options import NativeOptions
from .path import Ending, Limits, Run
from .prepare.estimates import cheaper_side, is_compiled, iteration_seconds, memory_bytes, peak_bytes
from .prepare.scaled import prepare
from .runs import run_compiled, run_in_numpy
from .warm import check_start

_STATUS = {
    Ending.CONVERGED: SDPStatus.OPTIMAL,
    Ending.STALLED: SDPStatus.INACCURATE,
    Ending.ITERATIONS: SDPStatus.LIMIT,
    Ending.TIME: SDPStatus.LIMIT,
    Ending.PRIMAL_INFEASIBLE: SDPStatus.PRIMAL_INFEASIBLE,
    Ending.DUAL_INFEASIBLE: SDPStatus.DUAL_INFEASIBLE,
}


class NativeSolver(Solver):
    """Interior-point method for moment programs; needs nothing but NumPy and SciPy.

    Primal-dual path following on the homogeneous self-dual embedding, HKM direction, Mehrotra's
    predictor-corrector, blocks of equal size stacked; it factors at the number of moments. An answer is
    `OPTIMAL` when the residuals that we recompute are below the tolerance asked for, `INACCURATE` when the
    iteration stalls above it. `KeyboardInterrupt` passes through.
    """

    name: ClassVar[str] = "native"
    accuracy: ClassVar[float] = rules.ACCURACY
    form: ClassVar[str] = "moments"

    @classmethod
    def check_options(cls, own: Mapping[str, object]) -> None:
        """See `Solver`."""
        NativeOptions.from_mapping(own)

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate from `momentsos.solvers.native.prepare.estimates`."""
        return memory_bytes(sdp)

    def preferred_side(self, sdp: SDP, options: SolverOptions) -> str:
        """Return ``"gram"`` where the cost model says that it takes less than half the time.

        Warm starts and more digits are answers to the program as it is stated.
        """
        as_stated = options.start is not None or options.own.get("digits")
        return "moments" if as_stated else cheaper_side(sdp)

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
        native = NativeOptions.from_mapping(options.own)
        if options.start is not None:
            check_start(sdp, options.start)
        started = time.perf_counter()
        deadline = math.inf if options.time_limit is None else started + options.time_limit
        refuse_if_too_large(self, sdp)
        least = 0.0 if options.time_limit is None else rules.FEWEST_ITERATIONS * iteration_seconds(sdp)
        if started + least > deadline:
            return _failure(sdp, f"no iterate worth having in the time: about {least:.3g} s", 0.0, SDPStatus.LIMIT)
        limits = Limits(options.tol, options.max_iterations or rules.MOST_ITERATIONS, deadline)
        with limited_threads(options.threads), np.errstate(all="ignore"):
            if native.digits:
                from .digits.digits import refuse_if_too_many_digits

                refuse_if_too_many_digits(sdp)
            prepared, run, is_warm = prepare(sdp), None, False
            if prepared.elimination.contradiction is not None:
                return _contradiction(sdp, prepared.elimination.contradiction, time.perf_counter() - started)
            if is_compiled(sdp) and not options.verbose and options.start is None:
                run = run_compiled(prepared, native, limits)
            if run is None:
                refuse_if_too_large(self, sdp, peak_bytes(sdp))
                try:
                    run, is_warm = run_in_numpy(prepared, native, limits, options.start, options.verbose)
                except np.linalg.LinAlgError as error:
                    return _failure(sdp, str(error), time.perf_counter() - started)
        return _solution(sdp, run, native, options.tol, started, deadline, is_warm)


def _contradiction(sdp: SDP, multipliers: Array, seconds: float) -> SDPSolution:
    """Return the answer for equalities that contradict each other: a ray with `X = 0`."""
    return finish(
        sdp,
        SDPStatus.PRIMAL_INFEASIBLE,
        "the equalities contradict each other",
        None,
        multipliers,
        np.zeros(sdp.operator.shape[0]),
        solver=NativeSolver.name,
        seconds=seconds,
    )


def _failure(sdp: SDP, reason: str, seconds: float, status: SDPStatus = SDPStatus.FAILED) -> SDPSolution:
    """Return the answer when not even the first iterate can be taken."""
    return finish(sdp, status, reason, None, None, None, solver=NativeSolver.name, seconds=seconds)


def _solution(
    sdp: SDP, run: Run, native: NativeOptions, tol: float, started: float, deadline: float, is_warm: bool
) -> SDPSolution:
    """Map the end of a run back to the program; what its own residuals do not bear out is not called optimal."""
    program, point, state, status = run.program, run.point, run.measure, _STATUS[run.ending]
    if run.ending is Ending.STALLED and not state.worst <= native.acceptable:
        status = SDPStatus.FAILED
    moments = program.moments(point.free / point.tau, 1.0)
    duals, gram = program.multipliers(state.pivot_gradient / point.tau), program.gram(point.gram / point.tau)
    statistics: dict[str, object] = {"tau": point.tau, "kappa": point.kappa, "mu": state.mu, "warm": is_warm}
    words = run.ending.value
    if native.digits and status in (SDPStatus.OPTIMAL, SDPStatus.INACCURATE):
        from .digits.digits import refine

        refined = refine(program, point, native.digits, deadline)
        moments, duals, gram = refined.rounded(sdp)
        statistics["refined"] = refined
        words = f"{words}, refined to {refined.worst:.1e}"
    if run.dual_ray is not None:
        duals, gram = run.dual_ray
    if run.primal_ray is not None:
        moments = run.primal_ray
    answer = finish(
        sdp,
        status,
        words,
        moments,
        duals,
        gram,
        solver=NativeSolver.name,
        iterations=run.iterations,
        seconds=time.perf_counter() - started,
        statistics=statistics,
    )
    worst = np.inf if answer.residuals is None else answer.residuals.worst
    if status is SDPStatus.OPTIMAL and not worst <= max(rules.DOUBTFUL, tol):
        doubtful = SDPStatus.INACCURATE if worst <= native.acceptable else SDPStatus.FAILED
        return replace(answer, status=doubtful, words=f"{words}, but not in the program's own units")
    return answer
