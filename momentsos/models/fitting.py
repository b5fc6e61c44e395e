"""The coefficients of all activations: together and globally where that can be done, else in blocks that are.

Blocks hold the last activation and as many others as the bound carries, the rest is as it is; after them
Levenberg-Marquardt runs over all. What was global then is each block, not the whole, and the status says so.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ProblemTooLarge
from ..hierarchy.request import Asked, Facts
from ..hierarchy.result import Result
from ..hierarchy.solve import minimise
from ..hierarchy.status import Status
from ..learning.losses.penalties import Penalties
from ..polynomials.factored import Factor
from ..problem import Problem
from .baselines import Inputs
from .descent import descended
from .factor import Reduced, reduced
from .model import Model
from .search import searched
from .series import Series
from .size import Predicted, predicted_for
from .sought import Sought
from .widened import Grid, Widening, grid_of, widening

Floats = NDArray[np.float64]

#: Folds of the samples, for cross-validation.
FOLDS = 4
#: Monomials up to which two activations or fewer are sought together whatever the bound takes.
_TOGETHER = 400
#: Times around over all blocks.
_SWEEPS = 2
#: Seconds that the last activation alone has at least.
_LEAST = 10.0
#: The unit of relative gaps, as a share of what counts as nothing, as in `momentsos.learn`.
_NEGLIGIBLE = 1e-8


@dataclass(frozen=True)
class Step:
    """One search on the way.

    Attributes
    ----------
    sites : tuple of int
        The activations that were sought, the others as they were.
    status : Status
    lower, upper : float or None
        Bounds of the loss over these.
    """

    sites: tuple[int, ...]
    status: Status
    lower: float | None
    upper: float | None


@dataclass(frozen=True, eq=False)
class Fitted:
    """What was found.

    Attributes
    ----------
    result : Result
        Its bounds are those of the loss over all coefficients that are sought.
    series : list of Series
    steps : tuple of Step
    widening : Widening
    """

    result: Result
    series: list[Series]
    steps: tuple[Step, ...]
    widening: Widening


@dataclass(frozen=True, eq=False)
class Task:
    """What is to be fitted.

    Attributes
    ----------
    model : Model
    X : (N, ...) array
    Y : (N, m) array
    weights : (N,) array or None
        Of the samples.
    inputs : tuple of Inputs
    sought : Sought
    asked : Asked
    ridge : float
    widen : float or None
        The weight of the penalty on widened grids; None: by cross-validation.
    until : float
        When, by `time.perf_counter`, the time is over.
    """

    model: Model
    X: NDArray[Any]
    Y: Floats
    weights: Floats | None
    inputs: tuple[Inputs, ...]
    sought: Sought
    asked: Asked
    ridge: float
    widen: float | None
    until: float

    @property
    def left(self) -> float:
        """Seconds until the time is over."""
        return self.until - time.perf_counter()

    @property
    def folds(self) -> NDArray[np.intp]:
        """A fold for each sample."""
        order = np.random.default_rng(self.asked.seed).permutation(len(self.X))
        return order % min(FOLDS, len(self.X))

    def data(self, sought: Sought) -> Reduced:
        """Return what is left of the data for these unknowns."""
        return reduced(self.model, self.X, self.Y, sought, weights=self.weights, folds=self.folds, until=self.until)

    def size(self, sought: Sought) -> Predicted:
        """Return the size of the bound for these unknowns, from one sample."""
        return predicted_for(self.model, self.X[:1], sought)


def fitted(task: Task, starts: Sequence[Sequence[Series]]) -> Fitted:
    """Return the best coefficients, and what is proved of them.

    Parameters
    ----------
    task : Task
    starts : sequence of one polynomial for each activation
        Where searches begin.
    """
    size = task.size(task.sought)
    few = len(task.sought.sites) <= 2 and size.monomials is not None and size.monomials <= _TOGETHER
    points = [task.sought.vector(start) for start in starts]
    if few or size.seconds <= task.left:
        data = task.data(task.sought)
        grid = grid_of(task.model, task.inputs, data)
        try:
            return _together(task, data, grid, points)
        except ProblemTooLarge:
            if task.left <= 0.0:
                raise
    return _in_blocks(task, points)


def _together(task: Task, data: Reduced, grid: Grid, starts: Sequence[Floats]) -> Fitted:
    """Fit all coefficients at once."""
    ends = searched(data.factor(), starts, task.asked.seed, _share_of(task, 0.2))
    chosen = Widening(task.widen or 0.0)
    if task.widen is None:
        chosen = widening(data, grid, ends[0], _share_of(task, 0.3))
    result = _solved(task, data, grid, chosen.weight, [*ends, *starts])
    x = result.minimizers[0] if len(result.minimizers) else ends[0]
    step = Step(tuple(range(len(task.sought.sites))), result.status, result.lower_bound, result.upper_bound)
    return Fitted(result, task.sought.series(x), (step,), chosen)


def _share_of(task: Task, share: float) -> float:
    """Return when a share of the time that is left is over."""
    left = task.left
    return np.inf if left == np.inf else time.perf_counter() + share * left


def _solved(task: Task, data: Reduced, grid: Grid, weight: float, starts: Sequence[Floats]) -> Result:
    """Bound the loss over the unknowns of some data, from the best points that a search finds."""
    factor = Penalties(task.ridge).in_factor(grid.beside(data.factor(), weight))
    assert factor is not None
    points = searched(factor, starts, task.asked.seed, _share_of(task, 0.2))
    problem = _problem_of(factor)
    assert problem.squares is not None
    facts = Facts(data.scale, _NEGLIGIBLE * data.scale, 0.0, problem.squares.polynomials)
    left = task.left
    asked = replace(task.asked, time_limit=max(1e-3, left) if np.isfinite(left) else None)
    return minimise(problem, asked, facts, points)


def _problem_of(factor: Factor) -> Problem:
    return Problem(factor.expanded, variables=factor.variables, squares=factor)


def _in_blocks(task: Task, starts: Sequence[Floats]) -> Fitted:
    """Fit blocks of the activations, each with the last one, and all of them by Levenberg-Marquardt."""
    sought, weight = task.sought, task.widen or 0.0
    last = _last_sites(task.model)
    blocks = _blocks(task, starts[0], last)
    losses = [_loss(task, sought.series(x)) for x in starts]
    x = starts[int(np.argmin(losses))]
    steps: list[Step] = []

    def solve(block: tuple[int, ...], x: Floats, until: float) -> tuple[Result, Floats]:
        """Return what is found for some activations, the others as they are, and all coefficients then."""
        own, timed = sought.freed(block, x), replace(task, until=until)
        data = timed.data(own)
        now = own.vector(sought.series(x))
        result = _solved(timed, data, grid_of(task.model, task.inputs, data), weight, [now])
        steps.append(Step(block, result.status, result.lower_bound, result.upper_bound))
        if not len(result.minimizers):
            return result, x
        return result, sought.vector(own.series(result.minimizers[0]))

    turns = [*blocks] * _SWEEPS
    for number, block in enumerate(turns):
        try:
            x = solve(block, x, _share_of(task, 0.8 / (len(turns) - number)))[1]
        except ProblemTooLarge:  # the time is over before there is a problem: the next one may be smaller
            continue
    linear = [place for j in last for place in sought.sites[j].places if place is not None]
    x = descended(task.model, task.X, task.Y, sought, x, linear, task.weights, _share_of(task, 0.8))
    until = max(time.perf_counter() + _LEAST, task.until)
    result, x = solve(last, x, until)  # quadratic: its bounds meet, and its upper one is the loss of the whole
    whole_steps = [step for step in steps if step.status is Status.CERTIFIED]
    words = ", ".join(" + ".join(task.model.sites[j].name for j in step.sites) for step in whole_steps)
    message = (
        f"{Status.BOUNDED.meaning} Global are only the steps that are certified, the other activations as they were: "
        f"{words}. All together were improved by Levenberg-Marquardt. The lower bound of the whole is that of a square."
    )
    whole = replace(result, status=Status.BOUNDED, lower_bound=0.0, message=message)
    return Fitted(whole, sought.series(x), tuple(steps), Widening(weight))


def _last_sites(model: Model) -> tuple[int, ...]:
    """Return the sites behind which there is no other: the outputs are affine in their coefficients."""
    before = {j for site in model.sites for j in site.after}
    return tuple(j for j in range(len(model.sites)) if j not in before)


def _blocks(task: Task, x: Floats, last: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return blocks that cover all activations, of as many as the bound carries in the time that is left."""
    others = [j for j in range(len(task.model.sites)) if j not in last]
    for width in (2, 1):
        groups = [tuple(others[k : k + width]) for k in range(0, len(others), width)]
        blocks = [(*group, *last) for group in groups]
        sizes = [task.size(task.sought.freed(block, x)).seconds for block in blocks]
        if _SWEEPS * sum(sizes) <= 0.6 * task.left:
            return blocks[::-1]
    return []


def _loss(task: Task, series: Sequence[Series]) -> float:
    """Return the mean squared error of a forward pass, infinite where it leaves the floats."""
    with np.errstate(all="ignore"):
        outputs = np.concatenate([each.outputs for each in task.model.passes(task.X, series)])
        errors = ((outputs - task.Y) ** 2).mean(axis=1)
        value = float(np.average(errors, weights=task.weights))
    return value if np.isfinite(value) else np.inf
