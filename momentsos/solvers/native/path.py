"""Path following on the homogeneous embedding with Mehrotra's predictor-corrector."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from enum import Enum
from functools import partial

import numpy as np

from .arrays import Array
from .core.iterate import Iterate, Measure, measure
from .core.numpy.blocks import factor_blocks
from .core.numpy.direction import linearise
from .core.numpy.metric import ILL_CONDITIONED, WELL_CONDITIONED, make_metric
from .core.numpy.scaled import ScaledMatrices
from .core.numpy.square_root import make_square_root
from .options import NativeOptions
from .prepare.scaled import Scaled
from .rays import dual_ray, primal_ray
from .start import Start
from .step import Move, advance

#: Iterations without a better point after which a run ends, the first when that point is good.
_PATIENCE, _LONG_PATIENCE, _GOOD = 12, 30, 1e-6
#: What a better point is, its worst residual against that of the best one. Where that is below the third number and the
#: Schur complement singular up to rounding, the digits are used up: a point has to be much better, and an iteration
#: without one counts as several.
_BETTER, _MUCH_BETTER, _VERY_GOOD, _HASTE = 0.9, 0.5, 1e-9, 3


class Ending(Enum):
    """Why the iteration ended, in the words shown to the user."""

    CONVERGED = "converged"
    STALLED = "no further progress"
    ITERATIONS = "iteration limit"
    TIME = "time limit"
    PRIMAL_INFEASIBLE = "a dual ray was found"
    DUAL_INFEASIBLE = "a primal ray was found"


@dataclass(frozen=True, eq=False)
class Run:
    """The program with the best point of a run, its residuals, and why the run ended."""

    program: Scaled
    point: Iterate
    measure: Measure
    ending: Ending
    iterations: int
    dual_ray: tuple[Array, Array] | None = None
    primal_ray: Array | None = None


def _mu_floor(program: ScaledMatrices, point: Iterate, state: Measure, tol: float) -> float:
    """Return the complementarity of a gap a hundred times below `tol`: to go lower only costs digits.

    It is 0 while the primal residual is above `tol`, as that falls with the complementarity.
    """
    if state.primal_error > tol:
        return 0.0
    size = 1.0 + abs(state.primal_objective) + abs(state.dual_objective)
    scaled = 0.01 * tol * size / abs(program.objective_unit)
    return scaled * point.tau**2 / (program.cone.degree + 1)


def _waited(before: int, point: Iterate, worst: float, best: float, singular: bool) -> int:
    """Return for how many iterations there was no better point, given whether the Schur complement was singular."""
    used_up = singular and best <= _VERY_GOOD
    # With κ ahead of τ the iterates are on their way to a ray, not to a better point.
    if worst < (_MUCH_BETTER if used_up else _BETTER) * best or point.kappa > point.tau:
        return 0
    return before + (_HASTE if used_up else 1)


def follow_path(
    begin: Start,
    options: NativeOptions,
    *,
    tol: float,
    max_iterations: int,
    deadline: float,
    verbose: bool,
) -> Run:
    """Iterate until the residuals are below `tol`, or a ray, a limit or a stall ends the run.

    An answer that has just the digits asked for is iterated once more: those after them are worth an iteration.
    """
    program, point = begin.program, begin.point
    gram_factor, slack_factor = factor_blocks(program.cone, point.gram, point.slack)
    state = measure(program, point)
    best, since_best, iteration = (point, state), 0, 0
    if begin.ray is not None:
        return Run(program, *best, Ending.DUAL_INFEASIBLE, 0, primal_ray=begin.ray)
    ending = Ending.ITERATIONS
    anchor, square_root, once_more = None, None, False
    while iteration < max_iterations:
        if time.perf_counter() > deadline:
            ending = Ending.TIME
            break
        try:
            metric = make_metric(program, point, gram_factor, slack_factor, square_root)
            if square_root is None and metric.schur.smallest_pivot < ILL_CONDITIONED:
                square_root = make_square_root(program)
                if square_root is not None:
                    metric = make_metric(program, point, gram_factor, slack_factor, square_root)
            if anchor is None or metric.schur.smallest_pivot >= WELL_CONDITIONED:
                anchor = metric
            lin = linearise(program, point, state, metric, anchor)
            against = falling = None
            if not once_more:
                against = dual_ray(program, point, partial(metric.repair, program))
                falling = primal_ray(program, point)
            if against is not None:
                return Run(program, *best, Ending.PRIMAL_INFEASIBLE, iteration, dual_ray=against)
            if falling is not None:
                return Run(program, *best, Ending.DUAL_INFEASIBLE, iteration, primal_ray=falling)
            move = advance(lin, options, 1e-2 * tol * point.tau, _mu_floor(program, point, state, tol))
        except np.linalg.LinAlgError:
            ending = Ending.STALLED
            break
        iteration += 1
        point, gram_factor, slack_factor = move.point, move.gram_factor, move.slack_factor
        state = measure(program, point)
        if verbose:
            _log(iteration, point, state, move)
        since_best = _waited(since_best, point, state.worst, best[1].worst, metric.schur.shift > 0.0)
        if state.worst < best[1].worst:
            best = point, state
        if best[1].worst <= 0.1 * tol or once_more:
            break
        once_more = best[1].worst <= tol
        if since_best >= (_PATIENCE if best[1].worst <= _GOOD else _LONG_PATIENCE):
            ending = Ending.STALLED
            break
    return Run(program, *best, Ending.CONVERGED if best[1].worst <= tol else ending, iteration)


def _log(iteration: int, point: Iterate, state: Measure, move: Move) -> None:
    """Write one line of the log to stderr."""
    if iteration == 1:
        print("  it      mu       tau      kappa    primal     dual      gap   objective", file=sys.stderr)
    print(
        f"{iteration:4d} {state.mu:8.1e} {point.tau:8.1e} {point.kappa:8.1e} {state.primal_error:8.1e}"
        f" {state.dual_error:8.1e} {state.gap:8.1e} {state.primal_objective: .10e}"
        f"  step {move.length:.3f} centring {move.centring:.1e}",
        file=sys.stderr,
    )
