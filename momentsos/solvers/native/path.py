"""Path following on the homogeneous embedding with Mehrotra's predictor-corrector."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from enum import Enum

import numpy as np

from .cone import Array, Factor
from .direction import Direction, Linearisation, linearise
from .iterate import Iterate, Measure, measure
from .options import NativeOptions
from .program import Program
from .rays import dual_ray, primal_ray

#: Iterations without a better point after which a run ends, and the shortest useful step.
_PATIENCE = 12
_SHORTEST = 1e-5
#: A step below this is tried again with more centring.
_SHORT = 0.2


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
    """The best point of a run, its residuals, and why the run ended."""

    point: Iterate
    measure: Measure
    ending: Ending
    iterations: int
    dual_ray: tuple[Array, Array] | None = None
    primal_ray: Array | None = None


@dataclass(frozen=True, eq=False)
class Move:
    """A new point with its factors, and how it was reached."""

    point: Iterate
    gram_factor: Factor
    slack_factor: Factor
    length: float
    centring: float


def starting_point(program: Program, scale: float) -> Iterate:
    """Return the multiple `scale` of the unit of the cone."""
    unit = program.cone.identity([scale] * len(program.cone.groups))
    return Iterate(np.zeros(program.elimination.n_free), unit, unit.copy(), scale, scale)


def longest_step(lin: Linearisation, step: Direction) -> float:
    """Return the largest step that stays in the cone."""
    cone, point = lin.program.cone, lin.point
    length = min(cone.longest_step(lin.slack_factor, step.slack), cone.longest_step(lin.gram_factor, step.gram))
    for value, change in ((point.tau, step.tau), (point.kappa, step.kappa)):
        if change < 0:
            length = min(length, -value / change)
    return length


def _moved(program: Program, point: Iterate, step: Direction, length: float, centring: float) -> Move:
    """Take a step, shortened until its end is in the interior for the Cholesky factorisation as well.

    Raises
    ------
    numpy.linalg.LinAlgError
        When no length is short enough.
    """
    while length > _SHORTEST:
        end = Iterate(
            point.free + length * step.free,
            point.slack + length * step.slack,
            point.gram + length * step.gram,
            point.tau + length * step.tau,
            point.kappa + length * step.kappa,
        )
        try:
            gram_factor, slack_factor = program.cone.factor(end.gram), program.cone.factor(end.slack)
        except np.linalg.LinAlgError:
            length *= 0.7
            continue
        return Move(end, gram_factor, slack_factor, length, centring)
    raise np.linalg.LinAlgError("no step stays in the interior")


def advance(lin: Linearisation, options: NativeOptions, tolerance: float, floor: float) -> Move:
    """Take one step: affine predictor, Mehrotra's corrector, and further correctors while they lengthen the step.

    A further corrector puts the second-order term of the last direction in the place of the affine one (Gondzio,
    Comput. Optim. Appl. 6, 1996, and Carpenter, Lustig, Mulvey, Shanno, SIAM J. Optim. 3, 1993, for linear
    programs); it costs two solves with the factor at hand.
    """
    affine = lin.direction(0.0, 1.0, None, 0, tolerance)
    reach = min(1.0, longest_step(lin, affine))
    centring = max((1.0 - reach) ** 3, min(1.0, floor / lin.measure.mu))
    step = lin.direction(centring, 1.0 - centring, affine, options.refinements, tolerance)
    longest = longest_step(lin, step)
    for _ in range(options.correctors):
        if longest >= 1.0:
            break
        other = lin.direction(centring, 1.0 - centring, step, options.refinements, tolerance)
        length = longest_step(lin, other)
        if length <= longest:
            break
        step, longest = other, length
    if longest < _SHORT:
        # The second-order terms do harm where the linearisation is poor: centre without them.
        plain = max(centring, 0.5)
        other = lin.direction(plain, 1.0 - plain, None, options.refinements, tolerance)
        length = longest_step(lin, other)
        if length > longest:
            step, longest, centring = other, length, plain
    fraction = min(options.step_fraction, 0.9 + 0.09 * reach)
    return _moved(lin.program, lin.point, step, min(1.0, fraction * longest), centring)


def _mu_floor(program: Program, point: Iterate, state: Measure, tol: float) -> float:
    """Return the complementarity at which the gap is a hundredth of what is asked: to go lower only costs digits."""
    size = 1.0 + abs(state.primal_objective) + abs(state.dual_objective)
    scaled = 0.01 * tol * size / abs(program.objective_unit)
    return scaled * point.tau**2 / (program.cone.degree + 1)


def follow_path(
    program: Program,
    point: Iterate,
    options: NativeOptions,
    *,
    tol: float,
    max_iterations: int,
    deadline: float,
    verbose: bool,
) -> Run:
    """Iterate until the residuals are below `tol`, or a ray, a limit or a stall ends the run."""
    state = measure(program, point)
    best, since_best, iteration = (point, state), 0, 0
    gram_factor, slack_factor = program.cone.factor(point.gram), program.cone.factor(point.slack)
    ending = Ending.ITERATIONS
    while iteration < max_iterations:
        if time.perf_counter() > deadline:
            ending = Ending.TIME
            break
        try:
            lin = linearise(program, point, state, gram_factor, slack_factor)
            against = dual_ray(lin)
            if against is not None:
                return Run(*best, Ending.PRIMAL_INFEASIBLE, iteration, dual_ray=against)
            falling = primal_ray(program, point)
            if falling is not None:
                return Run(*best, Ending.DUAL_INFEASIBLE, iteration, primal_ray=falling)
            move = advance(lin, options, 1e-2 * tol * point.tau, _mu_floor(program, point, state, tol))
        except np.linalg.LinAlgError:
            ending = Ending.STALLED
            break
        iteration += 1
        point, gram_factor, slack_factor = move.point, move.gram_factor, move.slack_factor
        state = measure(program, point)
        if verbose:
            _log(iteration, point, state, move)
        since_best = 0 if state.worst < 0.9 * best[1].worst else since_best + 1
        if state.worst < best[1].worst:
            best = point, state
        if state.worst <= tol:
            ending = Ending.CONVERGED
            break
        if since_best >= _PATIENCE:
            ending = Ending.STALLED
            break
    return Run(*best, ending, iteration)


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
