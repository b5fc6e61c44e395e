"""One step: predictor, correctors, and how far to go."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import rules
from .core.contract import AFFINE, OTHER, STEP, Core
from .options import NativeOptions
from .prepare.scaled import Scaled


class Move(NamedTuple):
    """How a step went: its length, the share of `μ` aimed at, and whether refinement left more than it should."""

    length: float
    centring: float
    poorly_refined: bool


def advance(program: Scaled, core: Core, options: NativeOptions, tol: float, poorly_refined: bool) -> Move:
    """Take one step: affine predictor, Mehrotra's corrector, and further correctors while they lengthen it.

    A further corrector puts the second-order term of the last direction in the place of the affine one
    (Gondzio, Comput. Optim. Appl. 6, 1996, and Carpenter, Lustig, Mulvey, Shanno, SIAM J. Optim. 3, 1993,
    for linear programs); it costs a solve with the factor at hand. The direction chosen in the end alone is refined.

    Parameters
    ----------
    program : Scaled
    core : Core
        Linearised at its iterate, which is moved.
    options : NativeOptions
    tol : float
        The residual asked for.
    poorly_refined : bool
        What the last step has found; it stands where there is nothing to refine.

    Raises
    ------
    numpy.linalg.LinAlgError
        When no step stays in the interior.
    """
    core.direct(AFFINE, 0.0, 1.0)
    reach = min(1.0, core.longest(AFFINE))
    share = 1.0 - (1.0 - reach) ** rules.CENTRING_POWER
    floor = _mu_floor(program, core, tol)
    centring = max(1.0 - share, floor / core.mu if floor < core.mu else 1.0)
    step, other = STEP, OTHER
    core.direct(step, centring, share, AFFINE)
    longest = core.longest(step)
    for turn in range(options.correctors):
        if longest >= (rules.LONG_STEP if turn else 1.0):
            break
        core.direct(other, centring, share, step)
        length = core.longest(other)
        if length <= longest:
            break
        step, other, longest = other, step, length
    tolerance = max(rules.REFINED * tol, rules.REFINED_SHARE * core.dual_error) * core.tau
    found = _refine(core, step, share, tolerance, options.refinements)
    longest = core.longest(step) if found.turns else longest
    poorly_refined = found.is_poor if found.turns else poorly_refined
    if longest < rules.SHORT_STEP:
        # The second-order terms do harm where the linearisation is poor: centre without them.
        plain = max(centring, rules.PLAIN_CENTRING)
        core.direct(other, plain, 1.0 - plain)
        found = _refine(core, other, 1.0 - plain, tolerance, options.refinements)
        poorly_refined = found.is_poor if found.turns else poorly_refined
        length = core.longest(other)
        if length > longest:
            step, longest, centring = other, length, plain
    first, more = rules.CAUTION
    length = _moved(core, step, min(1.0, min(options.step_fraction, first + more * reach) * longest))
    return Move(length, centring, poorly_refined)


def _mu_floor(program: Scaled, core: Core, tol: float) -> float:
    """Return the complementarity of a gap far below `tol`: to go lower only costs digits.

    It is 0 while the primal residual is above `tol`, as that falls with the complementarity.
    """
    if not core.primal_error <= tol:
        return 0.0
    scaled = rules.NEGLIGIBLE_GAP * tol * core.objective_size / abs(program.objective_unit)
    return scaled * core.tau * core.tau / (program.cone.degree + 1)


class _Refined(NamedTuple):
    """How often a direction was corrected, and whether the last correction was the last one allowed."""

    turns: int
    is_poor: bool


def _refine(core: Core, which: int, share: float, tolerance: float, most: int) -> _Refined:
    r"""Reduce what a direction leaves of the dual equation, keeping the others.

    A small share of what the equation lacks at the iterate may be left: no step removes all of it. The direction is
    corrected in the metric of the iterate while that helps. Late in a run it does not: the terms of :math:`X \Delta S
    S^{-1}` are large and cancel. Then `X` alone is corrected in the metric of the anchor, which has no such terms and,
    being that of the cone, leaves `X` definite.
    """
    previous, at_anchor = np.inf, False
    for turn in range(most):
        size = core.lacking(which, share)
        if size <= tolerance:
            return _Refined(turn, False)
        at_anchor = at_anchor or size > rules.REFINING * previous
        previous = size
        core.correct(which, at_anchor)
    return _Refined(most, True)


def _moved(core: Core, which: int, length: float) -> float:
    """Take a step, shortened until its end is in the interior for the Cholesky factorisation as well.

    Raises
    ------
    numpy.linalg.LinAlgError
        When no length is short enough.
    """
    while length > rules.SHORTEST_STEP:
        if core.move(which, length):
            return length
        length *= rules.SHORTENING
    raise np.linalg.LinAlgError("no step stays in the interior")
