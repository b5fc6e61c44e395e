r"""Losses of all samples, solved by reductions: few residuals, or sums of them, that are enough at the minimiser.

A reduction of a loss (`momentsos.learning.losses.sampled`) is nowhere larger than the loss. So each lower bound of a
reduced problem is one of the loss, and it meets the loss at a point where the reduction loses nothing. The first
reduction is made at a local minimiser. Where its own minimum lies lower, somewhere else, the next one loses less there,
too; where the relaxation left a gap, the next one sees more of the residuals that matter at the best point.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..bounds.region import EVERYTHING, Box, Everything
from ..hierarchy.gaps import closes
ABSOLUTE_GAP=1e-8
from ..hierarchy.result import Result
from ..hierarchy.status import Status
from ..hierarchy.verdict import NOT_ABSORBED
from ..points.known import SAME_POINT
from ..points.local_methods import MANY_VARIABLES
from . import Formulation, PolynomialNetwork, formulate
from .descent import descended, natural_frame
from .expansion import Expansion
from .losses.sampled import Parts, SampledLoss
from .residuals import ResidualTable
from .starts import least_squares_points

Floats = NDArray[np.float64]

#: Residuals that the first reduction sees alone, for each coefficient.
ALONE = 3
#: Reductions at most.
ROUNDS = 8
#: Ends of the least-squares search from which the loss is lowered.
STARTS = 2
#: Known points that are handed to the search in a reduction.
CANDIDATES = 4
#: A point below the best loss by this share of the tolerance counts as another minimiser of a reduction.
_LOWER = 0.1

#: Solves a formulation from candidate points, in the seconds that are left; absolute gaps are measured against a scale
#: that is at least the number given.
Ask = Callable[[Formulation, Floats, float], Result]


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
    squared : Formulation
        Of the mean squared error: its residuals hold what all samples say about the coefficients.
    """

    result: Result
    formulation: Formulation
    squared: Formulation


class _Known:
    """The residuals of all samples, and the points known so far with their losses; best first."""

    def __init__(
        self, loss: SampledLoss, network: PolynomialNetwork, X: Floats, Y: Floats, seed: int, memory_limit: int | None
    ) -> None:
        began = time.perf_counter()
        self.loss = loss
        self.table = ResidualTable.of(Expansion.of(network), X, Y, memory_limit)
        self.scale = loss.scale(Y)
        self.squared = formulate(network, X, Y, "mse")
        self.formed = time.perf_counter() - began
        self.points: list[tuple[float, Floats]] = []
        self._data = X, Y
        for start in least_squares_points(self.squared, seed)[:STARTS]:
            self.add(start)
        if not self.points or self.best[0] > self.scale:
            self.add(np.zeros(len(self.table.names)))

    def add(self, start: Floats) -> None:
        """Lower the loss from a point, and keep start and end. Losses are those of the network on all data."""
        for point in (start, descended(self.loss, self.table, start)):
            network = self.squared.network.with_coefficients(self.squared.coefficients(point))
            value = self.loss.value(network, *self._data)
            if np.isfinite(value):
                self.points.append((value, point))
        self.points.sort(key=lambda pair: pair[0])

    @property
    def best(self) -> tuple[float, Floats]:
        """The lowest loss and its coefficients."""
        return self.points[0]

    def rounding(self, point: Floats) -> float:
        """Return what rounding can change in the loss at a point: at least a unit in the last place of the targets."""
        return max(self.loss.norm(self.table.rounding(point)), float(np.finfo(float).eps) * self.scale)

    @property
    def least_scale(self) -> float:
        """The scale of absolute gaps is at least this: where the loss is rounding, a gap may be rounding too.

        It is never above the loss of predicting nothing: where outputs are so large that they round to more, a lower
        loss may be elsewhere.
        """
        value, point = self.best
        return min(self.rounding(point) / ABSOLUTE_GAP, self.scale) if value <= self.rounding(point) else 0.0

    def meets(self, result: Result, tol: float) -> bool:
        """Whether the bound of a reduction meets the best loss; at the wall of a ball of our own that is no minimum."""
        settled = result.status is Status.CERTIFIED or isinstance(result.region, Everything | Box)
        return settled and closes(result.lower_bound, self.best[0], max(result.scale, self.least_scale), tol)

    def within(self, slack: float) -> list[Floats]:
        """Return the points within `slack` of the best, near duplicates merged."""
        kept: list[Floats] = []
        for value, point in self.points:
            near = (np.abs(point - other).max() <= SAME_POINT * (1 + np.abs(other).max()) for other in kept)
            if value <= self.best[0] + slack and not any(near):
                kept.append(point)
        return kept


def solve_by_reductions(
    network: PolynomialNetwork,
    X: Floats,
    Y: Floats,
    loss: SampledLoss,
    ask: Ask,
    *,
    tol: float,
    seed: int,
    until: float,
    memory_limit: int | None,
) -> Reduced:
    """Minimise a loss of all samples.

    Parameters
    ----------
    network : PolynomialNetwork
    X, Y : (N, m_0) and (N, m_{D+1}) arrays
    loss : SampledLoss
    ask : callable
        Solves one formulation from candidate points; see `Ask`.
    tol, seed, memory_limit
        As for `momentsos.learn`.
    until : float
        When, by `time.perf_counter`, no further reduction is begun.

    Raises
    ------
    ProblemTooLarge
        When the residuals of all samples do not fit into memory.
    """
    known = _Known(loss, network, X, Y, seed, memory_limit)
    n = len(known.table.names)
    parts = _first_parts(known, ALONE * n)
    answers: list[tuple[Result, Formulation]] = []
    while True:
        weights = loss.weights(parts, known.table.at(known.best[1]))
        written = loss.reduced(known.table, weights, known.scale)
        formulation = Formulation(network, loss.name, written.problem, written.residuals, written.scale, ())
        candidates = np.array([formulation.lifted(point) for point in known.within(np.inf)[:CANDIDATES]])
        result = ask(formulation, candidates, known.least_scale)
        answers.append((result, formulation))
        found = [point[:n] for point in result.minimizers]
        for point in found:
            known.add(point)
        if known.meets(result, tol) or len(answers) == ROUNDS or time.perf_counter() > until:
            break
        one_bound = written.problem.n_variables == n + 1
        room = len(parts) if one_bound else min(len(parts), MANY_VARIABLES - 1 - written.problem.n_variables)
        finer = _finer(known, parts, weights, found, room, tol)
        if len(finer) == len(parts):
            break
        parts = finer
    return _combined(answers, known, tol)


def _first_parts(known: _Known, alone: int) -> Parts:
    """Return the parts of the reduction for the best point."""
    values, slopes = known.table.at(known.best[1]), known.table.jacobian(known.best[1])
    return known.loss.parts(alone, values, slopes @ natural_frame(slopes))


def _finer(known: _Known, parts: Parts, weights: csr_matrix, found: list[Floats], room: int, tol: float) -> Parts:
    """Return parts that see more: where the reduction is lower than the best loss, or else at the best point."""
    loss, best = known.loss, known.best[0]
    for point in found:
        values = known.table.at(point)
        if loss.reduced_norm(weights @ values) < best * (1 - _LOWER * tol):
            return loss.refined(parts, weights, values, room)
    return loss.enlarged(parts, known.table.at(known.best[1]), room)


def _combined(answers: list[tuple[Result, Formulation]], known: _Known, tol: float) -> Reduced:
    """Join the highest lower bound with the lowest loss of all samples.

    A bound that lies above that loss by more than the tolerance does not hold, and is dropped. Without any, or with
    a negative one, the bound is zero: a norm is never negative.
    """
    upper = known.best[0]
    holding = [
        pair
        for pair in answers
        if pair[0].lower_bound is not None and (pair[0].lower_bound <= upper or known.meets(pair[0], tol))
    ]
    best, formulation = max(holding or answers[-1:], key=lambda pair: (known.meets(pair[0], tol), _lower(pair[0])))
    lower = max(0.0, min(_lower(best), upper)) if holding else 0.0  # no norm is negative
    closed = known.meets(best, tol) if holding else closes(lower, upper, known.least_scale, tol)
    status = Status.CERTIFIED if closed else Status.BOUNDED
    slack = max(_LOWER * tol * upper, ABSOLUTE_GAP * best.scale)
    points = np.array([_lifted(formulation, point, upper) for point in known.within(slack)])
    result = replace(
        best,
        status=status,
        lower_bound=lower,
        upper_bound=upper,
        region=best.region if holding else EVERYTHING,
        scale=max(best.scale, known.least_scale),
        minimizers=points,
        fine=np.zeros_like(points),
        attempts=tuple(attempt for answer, _ in answers for attempt in answer.attempts),
        message=f"{_message(status, best)} {_extent(formulation, known, len(answers))}",
        seconds=MappingProxyType({**_times(answers), "formulate": known.formed}),
    )
    return Reduced(result, formulation, known.squared)


def _times(answers: list[tuple[Result, Formulation]]) -> dict[str, float]:
    phases = answers[0][0].seconds
    return {phase: sum(answer.seconds[phase] for answer, _ in answers) for phase in phases}


def _lower(result: Result) -> float:
    return -np.inf if result.lower_bound is None else result.lower_bound


def _lifted(formulation: Formulation, coefficients: Floats, loss: float) -> Floats:
    """Return the point of a reduced problem whose objective is the loss of all samples, which is never smaller."""
    point = formulation.lifted(coefficients)
    n = formulation.n_coefficients
    point[n] += max(0.0, loss - float(point[n:].sum()))
    return point


def _message(status: Status, best: Result) -> str:
    if best.status is status:
        return best.message
    doubt = "" if best.absorbed else NOT_ABSORBED
    return " ".join(part for part in (status.meaning, doubt, status.remedy) if part)


def _extent(formulation: Formulation, known: _Known, rounds: int) -> str:
    """Say what was relaxed, and whether the loss is a number at all."""
    value, point = known.best
    extent = (
        f"The bound is that of a reduction to {len(formulation.residuals)} polynomials ({rounds} solved), which is "
        f"nowhere above the loss; the upper bound is the loss of all {len(known.table.values)} residuals."
    )
    return extent + (" It is what rounding can make of zero." if value <= known.rounding(point) else "")
