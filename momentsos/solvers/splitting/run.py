"""The driver: steps, and every so many of them a look at the bound that holds, until it is enough or no more comes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from . import rules
from .iteration import Iterate, Iteration
from .lift import Held, Interior, held
from .projection import identities

Floats = NDArray[np.float64]
Search = Callable[[Floats], "tuple[Floats, Limits] | None"]


class Ending(Enum):
    """Why the iteration ended, in the words shown to the user."""

    CONVERGED = "converged"
    STALLED = "no further progress"
    ITERATIONS = "iteration limit"
    TIME = "time limit"


@dataclass(frozen=True)
class Limits:
    """When to stop.

    Attributes
    ----------
    tol : float
        Relative gap and residual.
    enough : float
        The bound that is, in the units of the iteration; infinite where no point is known.
    loss : float or None
        What lifting may cost, in the same units; None: by the tolerance.
    max_iterations : int
    deadline : float
        By `time.perf_counter`.
    """

    tol: float
    enough: float
    loss: float | None
    max_iterations: int
    deadline: float


@dataclass(frozen=True, eq=False)
class Look:
    """An iterate, the dual vectors that hold next to it, and the objective of its moments."""

    iterate: Iterate
    dual: Held
    objective: float

    @property
    def worst(self) -> float:
        """The larger of the relative gap and what the blocks of the moments lack."""
        size = max(abs(self.objective), abs(self.dual.bound), rules.LEAST_SIZE)
        gap = abs(self.objective - self.dual.bound) / size if np.isfinite(self.dual.bound) else np.inf
        return max(gap, self.iterate.primal)

    @property
    def distance(self) -> float:
        """The larger of what the blocks of both sides lack."""
        return max(self.iterate.primal, self.iterate.dual)


@dataclass(frozen=True, eq=False)
class Run:
    """How a run ended: the look with the best bound, the last two looks, and why.

    `closed` says that the bound is enough, `start` are the moments of the best points then.
    """

    best: Look
    last: Look
    before: Look
    ending: Ending
    iterations: int
    closed: bool
    start: Floats | None


def follow(
    iteration: Iteration,
    interior: Interior | None,
    start: Floats | None,
    limits: Limits,
    tell: float | None = None,
    search: Search | None = None,
) -> Run:
    """Iterate until the bound is enough, residuals are small, or a limit or a stall ends the run.

    Parameters
    ----------
    iteration : Iteration
        At its start.
    interior : Interior or None
    start : (n,) array or None
        The moments that it starts from.
    limits : Limits
    tell : float, optional
        Looks are told on stderr, with objectives multiplied by this.
    search : callable, optional
        Takes moments that were reached, and returns those of better points with the limits that they set, or None.
    """
    shift = 0.0 if interior is not None or start is None else _lowered(iteration, start, limits)
    best: Look | None = None
    before: Look | None = None
    lowest, since, again = np.inf, 0, rules.FIRST_SEARCH
    while True:
        iterate = iteration.step()
        is_last = iteration.count >= limits.max_iterations
        is_late = time.perf_counter() > limits.deadline
        if iteration.count % rules.LOOK_EVERY and not (is_last or is_late):
            continue
        if interior is None and not shift:
            shift = _lowered(iteration, iterate.moments, limits)
            lowest, since = np.inf, iteration.count
        dual = held(iteration.program, interior, shift, iterate.gram, iterate.multipliers)
        look = Look(iterate, dual, float(iteration.program.cost @ iterate.moments))
        best = look if best is None or _is_better(look, best) else best
        if tell is not None:
            _told(iteration.count, look, best, tell)
        better = None
        if search is not None and iteration.count >= again and best.dual.bound < limits.enough:
            again = 2 * iteration.count
            better = search(iterate.moments)
        if better is not None:
            start, limits = better
            iteration.start_at(start, iteration.gram)
            shift = 0.0 if interior is not None else _lowered(iteration, start, limits)
            lowest, since = np.inf, iteration.count
        reached = min(look.worst, look.distance)
        if reached < rules.STALL_FACTOR * lowest:
            lowest, since = reached, iteration.count
        ending = None
        closed = best.dual.bound >= limits.enough
        if closed:
            ending = Ending.CONVERGED
        elif look.worst <= limits.tol:
            ending, best = Ending.CONVERGED, look
        elif is_late or is_last:
            ending = Ending.TIME if is_late else Ending.ITERATIONS
        elif iteration.count - since >= rules.STALL_STEPS or not np.isfinite(iterate.primal):
            ending = Ending.STALLED
        if ending is not None:
            return Run(best, look, before or look, ending, iteration.count, closed, start)
        before = look


def _is_better(look: Look, best: Look) -> bool:
    """Whether a bound is higher, or is as little one while the dual blocks lack less."""
    if not np.isfinite(max(look.dual.bound, best.dual.bound)):
        return look.iterate.dual < best.iterate.dual
    return look.dual.bound > best.dual.bound


def _lowered(iteration: Iteration, moments: Floats, limits: Limits) -> float:
    """Lower the cost by a multiple of the traces of the blocks; return the multiple, see `lift`."""
    program = iteration.program
    whole = identities(program, np.ones(len(program.sizes)))
    trace = float(whole @ (iteration.operator @ moments))
    size = max(abs(float(program.cost @ moments)), rules.LEAST_SIZE)
    loss = rules.LIFT_SHARE * limits.tol * size if limits.loss is None else limits.loss
    if not (np.isfinite(trace) and trace > 0.0):
        return 0.0
    iteration.turned(program.cost - loss / trace * (iteration.transposed @ whole))
    return loss / trace


def _told(count: int, look: Look, best: Look, unit: float) -> None:
    line = (
        f"{count:6d}  blocks {look.iterate.primal:.1e}  dual {look.iterate.dual:.1e}  "
        f"objective {unit * look.objective:.9g}  bound {unit * best.dual.bound:.9g}"
    )
    print(line, file=sys.stderr, flush=True)
