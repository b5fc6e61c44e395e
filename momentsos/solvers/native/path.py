"""Path following on the homogeneous embedding with Mehrotra's predictor-corrector: the one driver of both cores."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from enum import Enum

import numpy as np

from . import rules
from .arrays import Array
from .core.contract import Core
from .core.iterate import Iterate, Measure, measure
from .options import NativeOptions
from .prepare.scaled import Scaled
from .rays import Rays, find_rays, in_sight
from .step import Move, advance


class Ending(Enum):
    """Why the iteration ended, in the words shown to the user."""

    CONVERGED = "converged"
    STALLED = "no further progress"
    ITERATIONS = "iteration limit"
    TIME = "time limit"
    PRIMAL_INFEASIBLE = "a dual ray was found"
    DUAL_INFEASIBLE = "a primal ray was found"


@dataclass(frozen=True)
class Limits:
    """When to stop: the residual asked for, the most iterations, and the time by `time.perf_counter`."""

    tol: float
    max_iterations: int
    deadline: float


@dataclass(frozen=True, eq=False)
class Run:
    """The program with the best point of a run, its residuals, and why the run ended.

    `is_broken` where it stalled because nothing could be factored, or no step stayed in the interior.
    """

    program: Scaled
    point: Iterate
    measure: Measure
    ending: Ending
    iterations: int
    dual_ray: tuple[Array, Array] | None = None
    primal_ray: Array | None = None
    is_broken: bool = False


def follow(program: Scaled, core: Core, options: NativeOptions, limits: Limits, verbose: bool = False) -> Run:
    """Iterate until the residuals are below the tolerance, or a ray, a limit or a stall ends the run.

    An answer that has just the digits asked for is iterated once more: those after them are worth an iteration.
    """
    tol, best, iteration, waited = limits.tol, core.measure(), 0, 0
    core.remember()
    by_root = once_more = poorly_refined = False
    ending, rays, is_broken = Ending.ITERATIONS, Rays(), False
    while iteration < limits.max_iterations:
        if time.perf_counter() > limits.deadline:
            ending = Ending.TIME
            break
        try:
            by_root = _factorise(core, by_root, poorly_refined)
            if not iteration or core.smallest_pivot >= rules.WELL_CONDITIONED:
                core.hold()
            core.linearise()
            if best > tol and in_sight(core):
                rays = find_rays(program, core)
                if rays.found:
                    break
            used_up = best <= rules.VERY_GOOD and core.shift > 0.0
            move = advance(program, core, options, tol, poorly_refined)
        except np.linalg.LinAlgError:
            ending, is_broken = Ending.STALLED, True
            break
        poorly_refined = move.poorly_refined
        iteration += 1
        worst = core.measure()
        if verbose:
            _log(iteration, core, move)
        # With κ ahead of τ the iterates are on their way to a ray, not to a better point.
        if worst < (rules.MUCH_BETTER if used_up else rules.BETTER) * best or core.kappa > core.tau:
            waited = 0
        else:
            waited += rules.HASTE if used_up else 1
        if worst < best:
            best = worst
            core.remember()
        if best <= rules.ENOUGH * tol or once_more:
            break
        once_more = best <= tol
        if waited >= (rules.PATIENCE if best <= rules.GOOD else rules.LONG_PATIENCE):
            ending = Ending.STALLED
            break
    if rays.found:
        ending = Ending.PRIMAL_INFEASIBLE if rays.dual is not None else Ending.DUAL_INFEASIBLE
    elif best <= tol:
        ending = Ending.CONVERGED
    point = Iterate(*core.best())
    return Run(program, point, measure(program, point), ending, iteration, rays.dual, rays.primal, is_broken)


def _factorise(core: Core, by_root: bool, poorly_refined: bool) -> bool:
    """Factor the Schur complement, by its square root once that is needed; return whether it was."""
    core.factorise(by_root)
    if by_root or core.smallest_pivot >= rules.ILL_CONDITIONED:
        return by_root
    if not core.has_root or not (poorly_refined or core.roots_at_once):
        return False
    core.factorise(True)
    return True


def _log(iteration: int, core: Core, move: Move) -> None:
    """Write one line of the log to stderr."""
    if iteration == 1:
        print("  it      mu       tau      kappa    primal     dual      gap   objective", file=sys.stderr)
    print(
        f"{iteration:4d} {core.mu:8.1e} {core.tau:8.1e} {core.kappa:8.1e} {core.primal_error:8.1e}"
        f" {core.dual_error:8.1e} {core.gap:8.1e} {core.objective: .10e}"
        f"  step {move.length:.3f} centring {move.centring:.1e}",
        file=sys.stderr,
    )
