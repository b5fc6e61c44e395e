"""One step: predictor, correctors, and how far to go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .core.iterate import Iterate
from .core.numpy.blocks import Factor, factor_blocks
from .core.numpy.blocks import longest_step as _longest
from .core.numpy.direction import Direction, Linearisation
from .core.numpy.scaled import ScaledMatrices
from .options import NativeOptions

#: The shortest step that is taken, and the one below which another direction is tried.
_SHORTEST, _SHORT = 1e-5, 0.2
#: From this length on one further corrector is enough.
_LONG = 0.97


@dataclass(frozen=True, eq=False)
class Move:
    """A new point with its factors, and how it was reached."""

    point: Iterate
    gram_factor: Factor
    slack_factor: Factor
    length: float
    centring: float


def longest_step(lin: Linearisation, step: Direction) -> float:
    """Return the largest step that stays in the cone."""
    cone, point, metric = lin.program.cone, lin.point, lin.metric
    length = _longest(cone, (metric.slack_factor, step.slack), (metric.gram_factor, step.gram))
    for value, change in ((point.tau, step.tau), (point.kappa, step.kappa)):
        if change < 0:
            length = min(length, -value / change)
    return length


def _moved(program: ScaledMatrices, point: Iterate, step: Direction, length: float, centring: float) -> Move:
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
            gram_factor, slack_factor = factor_blocks(program.cone, end.gram, end.slack)
        except np.linalg.LinAlgError:
            length *= 0.7
            continue
        return Move(end, gram_factor, slack_factor, length, centring)
    raise np.linalg.LinAlgError("no step stays in the interior")


def _refined(
    lin: Linearisation, step: Direction, share: float, longest: float, options: NativeOptions, tolerance: float
) -> tuple[Direction, float]:
    """Refine a direction; return how far it can be taken then, which was `longest`."""
    better = lin.refined(step, share, options.refinements, tolerance)
    return better, longest if better is step else longest_step(lin, better)


def advance(lin: Linearisation, options: NativeOptions, tolerance: float, floor: float) -> Move:
    """Take one step: affine predictor, Mehrotra's corrector, and further correctors while they lengthen it.

    A further corrector puts the second-order term of the last direction in the place of the affine one
    (Gondzio, Comput. Optim. Appl. 6, 1996, and Carpenter, Lustig, Mulvey, Shanno, SIAM J. Optim. 3, 1993,
    for linear programs); it costs a solve with the factor at hand. The direction chosen in the end alone is refined.

    Parameters
    ----------
    lin : Linearisation
    options : NativeOptions
    tolerance : float
        Error of the dual equation, in units of the program times `τ`, down to which directions are refined.
    floor : float
        Complementarity below which there is nothing to gain.

    Raises
    ------
    numpy.linalg.LinAlgError
        When no step stays in the interior.
    """
    affine = lin.direction(0.0, 1.0, None)
    reach = min(1.0, longest_step(lin, affine))
    share = 1.0 - (1.0 - reach) ** 3
    centring = max(1.0 - share, min(1.0, floor / lin.measure.mu))
    step = lin.direction(centring, share, affine)
    longest = longest_step(lin, step)
    for turn in range(options.correctors):
        if longest >= (1.0 if turn == 0 else _LONG):
            break
        other = lin.direction(centring, share, step)
        length = longest_step(lin, other)
        if length <= longest:
            break
        step, longest = other, length
    step, longest = _refined(lin, step, share, longest, options, tolerance)
    if longest < _SHORT:
        # The second-order terms do harm where the linearisation is poor: centre without them.
        plain = max(centring, 0.5)
        other = lin.direction(plain, 1.0 - plain, None)
        other, length = _refined(lin, other, 1.0 - plain, longest_step(lin, other), options, tolerance)
        if length > longest:
            step, longest, centring = other, length, plain
    fraction = min(options.step_fraction, 0.9 + 0.1 * reach)
    return _moved(lin.program, lin.point, step, min(1.0, fraction * longest), centring)
