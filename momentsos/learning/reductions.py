r"""Losses of all samples, solved by reductions: few residuals, or sums of them, that are enough at the minimiser.

A reduction of a loss (`momentsos.learning.losses.sampled`) is nowhere larger than the loss. So each lower bound of a
reduced problem is one of the loss, and it meets the loss at a point where the reduction loses nothing. The first
reduction is made at a local minimiser. Where its own minimum lies lower, somewhere else, the next one loses less there,
too; where the relaxation left a gap, the next one sees more of the residuals that matter at the best point.

Where few inner coefficients have limits, by the user or by the loss, boxes of them (`momentsos.learning.inner_tree`)
come after the first reduction at the lowest order, and higher orders only where these do not close.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..bounds.region import EVERYTHING, Box, Everything
from ..hierarchy.gaps import closes
from ..hierarchy.result import Result
from ..hierarchy.status import Status
from ..hierarchy.verdict import NOT_ABSORBED
from ..machine.mappings import ReadOnly
from ..machine.progress import tell
from ..points.judge import Feasibility
from .formulate import Formulation, Goal
from .free_bound import free_bound
from .incumbents import Incumbents
from .inner_tree import InnerTree
from .losses.norms import Bounds
from .losses.sampled import Parts, SampledLoss
from .options import Options
from .sequential_lp import natural_frame

Floats = NDArray[np.float64]

#: Residuals that are single in the first reduction, for each coefficient.
SINGLES_PER_COEFFICIENT = 3
#: Reductions at most.
ROUNDS = 8
#: Reductions with a bound for each part have at most this many variables: seconds in the solver.
MOST_VARIABLES = 150
#: Reductions before boxes of the inner coefficients, at the lowest order. A second one costs more than the boxes.
QUICK_ROUNDS = 1
#: Said of the bound of the linear program.
_FREE = "The bound is that of a linear program in which each product of coefficients is free."
#: Known points that are handed to the search in a reduction.
CANDIDATES = 4
#: A point below the best loss by this share of the tolerance counts as another minimiser of a reduction.
_LOWER = 0.1


@dataclass(frozen=True, eq=False)
class Reduced:
    """The answer to a loss of all samples.

    Attributes
    ----------
    result : Result
        Lower bound and relaxation are those of the reduction with the highest bound; the upper bound is the loss of
        the network at `minimizers` on all data.
    formulation : Formulation
        Of that reduction.
    """

    result: Result
    formulation: Formulation


@dataclass(frozen=True)
class Other:
    """A lower bound over the whole space that is not from a reduction, and what is said of it."""

    lower: float
    words: str


NO_OTHER = Other(0.0, "")


def solve_by_reductions(
    squared: Formulation, points: Floats, X: Floats, Y: Floats, loss: SampledLoss, options: Options
) -> Reduced:
    """Minimise a loss of all samples.

    Parameters
    ----------
    squared : Formulation
        Of the mean squared error.
    points : (r, n) array
        Ends of its least-squares search, best first.
    X, Y : (N, m_0) and (N, m_{D+1}) arrays
    loss : SampledLoss
    options : Options
        Each reduction is solved with these; no further one is begun when the time is over.

    Raises
    ------
    ProblemTooLarge
        When the residuals of all samples do not fit into memory.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large is refused when it is formulated
        limits = options.asked.memory_limit, options.until, options.formed_until
        known = Incumbents(loss, squared, points, X, Y, *limits)
    other = NO_OTHER
    answers: list[tuple[Result, Formulation]] = []
    asked = options.asked
    boxes = None
    if asked.order is None and asked.max_order is None:
        boxes = InnerTree.of(known)
    if boxes is not None:
        quick = replace(options, asked=replace(asked, max_order=1))
        answers = _answers(known, squared, loss, quick, QUICK_ROUNDS)
        if not _settled(answers, known, asked.tol):
            tell(asked.progress, "dividing the space of the inner coefficients into boxes")
            tree = boxes.divided(asked.tol, options.until)
            other = Other(max(0.0, tree.lower - known.rounding(known.best[1])), str(tree))
    if not _settled(answers, known, asked.tol) and not _meets_other(other, answers, known, asked.tol):
        answers = [*answers, *_answers(known, squared, loss, options, ROUNDS)]
        if not _settled(answers, known, asked.tol):
            free = Other(free_bound(loss, known.table, known.best[1], options.until), _FREE)
            other = max(other, free, key=lambda each: each.lower)
    return _combined(answers, known, asked.tol, other)


def _answers(
    known: Incumbents, squared: Formulation, loss: SampledLoss, options: Options, rounds: int
) -> list[tuple[Result, Formulation]]:
    """Solve one reduction after the other, each of which sees what the one before does not, `rounds` at most."""
    parts = _first_parts(known)
    answers: list[tuple[Result, Formulation]] = []
    while True:
        weights = loss.weights(parts, known.table.at(known.best[1]))
        formulation = Formulation.of(
            squared.network, Goal(loss), known.table.combined(weights), known.scale, squared.units
        )
        tell(options.asked.progress, f"reduction {len(answers) + 1}, {len(parts)} parts of the loss")
        candidates = np.array([formulation.lifted(point) for point in known.within(np.inf)[:CANDIDATES]])
        result = options.solve(formulation, candidates)
        answers.append((result, formulation))
        found = [point[: formulation.n_coefficients] for point in result.minimizers]
        for point in found:
            known.add(point)
        if _meets(result, known, options.asked.tol) or len(answers) == rounds or time.perf_counter() > options.until:
            return answers
        room = _room(loss.norm.bounds, len(parts), formulation.problem.n_variables)
        finer = _finer(known, parts, weights, found, room, options.asked.tol)
        if len(finer) == len(parts):
            return answers
        parts = finer


def _settled(answers: list[tuple[Result, Formulation]], known: Incumbents, tol: float) -> bool:
    """Whether one bound over the whole space meets the best loss."""
    return any(result.region.everything and _meets(result, known, tol) for result, _ in answers)


def _meets_other(other: Other, answers: list[tuple[Result, Formulation]], known: Incumbents, tol: float) -> bool:
    return any(closes(other.lower, known.best[0], result.unit, tol) for result, _ in answers)


def _first_parts(known: Incumbents) -> Parts:
    """Return the parts of the reduction for the best point."""
    values, slopes = known.table.at(known.best[1]), known.table.jacobian(known.best[1])
    singles = SINGLES_PER_COEFFICIENT * len(known.table.names)
    return known.loss.parts(singles, values, slopes @ natural_frame(slopes))


def _room(bounds: Bounds, parts: int, variables: int) -> int:
    """Return how many parts the next reduction may have more: as many again, and not too many variables."""
    return parts if bounds is Bounds.ONE else min(parts, MOST_VARIABLES - variables)


def _finer(known: Incumbents, parts: Parts, weights: csr_matrix, found: list[Floats], room: int, tol: float) -> Parts:
    """Return parts that see more: where the reduction is lower than the best loss, or else at the best point."""
    loss, best = known.loss, known.best[0]
    for point in found:
        values = known.table.at(point)
        if loss.norm.value(weights @ values) < best * (1 - _LOWER * tol):
            return loss.refined(parts, weights, values, room)
    return loss.enlarged(parts, known.table.at(known.best[1]), room)


def _combined(
    answers: list[tuple[Result, Formulation]], known: Incumbents, tol: float, other: Other = NO_OTHER
) -> Reduced:
    """Join the highest lower bound with the lowest loss of all samples.

    A bound that lies above that loss does not hold, and is dropped. Without any the bound is zero: a norm is never
    negative.
    """
    upper = known.best[0]
    holding = [pair for pair in answers if pair[0].lower_bound is not None and _lower(pair[0], known) <= upper]
    best, formulation = max(
        holding or answers[-1:], key=lambda pair: (_meets(pair[0], known, tol), _lower(pair[0], known))
    )
    lower, region = (_lower(best, known), best.region) if holding else (0.0, EVERYTHING)
    closed = closes(lower, upper, best.unit, tol) and (not holding or _is_settled(best))
    extent = _extent(formulation, known, len(answers))
    free = other.lower
    wider = not region.everything and closes(free, upper, best.unit, tol)
    if free <= upper and (wider or (not closed and lower < free)):
        lower, region, extent = free, EVERYTHING, other.words
        closed = closes(lower, upper, best.unit, tol)
        best = replace(best, relaxation=None, solution=None, proved=False)
    certified = Status.CERTIFIED if region.everything or best.status is Status.CERTIFIED else Status.CERTIFIED_WITHIN
    status = certified if closed else Status.BOUNDED
    points = np.array([_at_loss(formulation, point, upper) for point in known.within(_LOWER * tol * upper)])
    result = replace(
        best,
        status=status,
        lower_bound=lower,
        upper_bound=upper,
        region=region,
        minimizers=points,
        fine=np.zeros_like(points),
        feasibility=Feasibility.EXACT,
        attempts=tuple(attempt for answer, _ in answers for attempt in answer.attempts),
        message=f"{_message(status, best)} {extent}",
        seconds=ReadOnly(_times(answers, known)),
    )
    return Reduced(result, formulation)


def _meets(result: Result, known: Incumbents, tol: float) -> bool:
    """Whether the bound of a reduction meets the best loss."""
    return _is_settled(result) and closes(_lower(result, known), known.best[0], result.unit, tol)


def _is_settled(result: Result) -> bool:
    """Whether a bound says more than that of a ball of our own, at whose wall the best point is no minimum."""
    return result.status is Status.CERTIFIED or isinstance(result.region, Everything | Box)


def _times(answers: list[tuple[Result, Formulation]], known: Incumbents) -> dict[str, float]:
    """Return the times of all reductions by phase; points are searched for beside them."""
    phases = answers[0][0].seconds
    times = {phase: sum(answer.seconds[phase] for answer, _ in answers) for phase in phases}
    return {**times, "formulate": known.formed, "extract": times["extract"] + known.searched}


def _lower(result: Result, known: Incumbents) -> float:
    """Return the bound of a reduction without what rounding of the residuals may have added to it at the best point."""
    if result.lower_bound is None:
        return -np.inf
    return max(0.0, result.lower_bound - known.rounding(known.best[1]))


def _at_loss(formulation: Formulation, coefficients: Floats, loss: float) -> Floats:
    """Return the point of a reduced problem whose objective is the loss of all samples, which is never smaller."""
    point = formulation.lifted(coefficients)
    n = formulation.n_coefficients
    point[n] += max(0.0, loss - float(point[n:].sum()))
    return point


def _message(status: Status, best: Result) -> str:
    if best.status is status:
        return best.message
    return " ".join(part for part in (status.meaning, _doubt(best), status.remedy) if part)


def _doubt(result: Result) -> str:
    """Return what a result says against its own bound, which stays true of it with any status."""
    return "" if result.absorbed else NOT_ABSORBED


def _extent(formulation: Formulation, known: Incumbents, rounds: int) -> str:
    """Say what was relaxed, and whether the loss is a number at all."""
    value, point = known.best
    extent = (
        f"The bound is that of a reduction to {len(formulation.residuals)} polynomials ({rounds} solved), which is "
        f"nowhere above the loss; the upper bound is the loss of all {len(known.table.values)} residuals."
    )
    return extent + (" It is what rounding can make of zero." if value <= 2.0 * known.rounding(point) else "")
