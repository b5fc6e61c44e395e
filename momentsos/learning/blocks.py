r"""Training in blocks: some layers together and globally, the others as they are, in turn with Levenberg-Marquardt.

What a certificate of the whole does not reach is searched in three steps. Levenberg-Marquardt runs from many starts, by
passes through the network. From its best ends, blocks of two layers (or of one where two are too large) are searched
from many starts each, and each better point is followed by a run over all coefficients, until no block is better. Then
each block is bounded: where its bound meets its value, no coefficients of that block make a smaller loss as long as the
others stay, and where it does not, the search goes on from what was found. Of the whole loss that proves nothing; its
lower bound is what linear algebra says, zero at least.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption, ProblemTooLarge
from ..hierarchy.gaps import closes
from ..hierarchy.result import Result
from ..hierarchy.status import Status
from ..machine.notebooks import Row
from ..machine.progress import tell
from ..machine.records import Record
from ..points.least_squares import Projected
from ..polynomials.exponents import Exponents, unique_rows
from .charts import chart_at, moved
from .expansion import Expansion
from .formulate import Goal, formulated
from .limits import nearest
from .losses.mean_squared import MeanSquared
from .natural import natural_units
from .network import PolynomialNetwork
from .normalising import is_chosen
from .options import NEGLIGIBLE, Options
from .passes import Passes

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]

#: Starts of Levenberg-Marquardt at most, how often the best value is found before that is enough, and how many ends
#: are searched in blocks.
STARTS, ENOUGH, ENDS = 40, 3, 3
#: Starts of the search in one block.
_TRIES = 8
#: Monomials of a block at most, and products of two of them: more are too slow to be bounded in turn.
_MOST, _PRODUCTS = 250, 1_200
#: Monomials of the whole at most that linear algebra is asked about, and seconds for counting them.
_MOST_OF_ALL, _COUNTING = 1_500, 5.0
#: Sizes of random starts, in natural units, in turn.
_SIZES = (1.0, 0.1, 10.0, 0.3)
#: Shares of the time that is left: for the first search, for that in blocks, and for counting.
_FIRST, _SECOND, _SHARE = 0.5, 0.7, 0.05
#: A loss is smaller by this share, or it is the same.
_SMALLER = 1e-7
#: How often blocks are bounded again after one of them was better than the search had found.
_ROUNDS = 3


@dataclass(frozen=True, eq=False, repr=False)
class Step(Record):
    """What is proved of one block.

    Attributes
    ----------
    layers : tuple of int
        The layers whose activations it holds, from 1.
    result : Result
        Its bounds are those of the loss over the coefficients of these layers, all others as they are in the fit;
        `result.certify` proves its lower one.
    """

    layers: tuple[int, ...]
    result: Result

    @property
    def status(self) -> Status:
        """The status of its result."""
        return self.result.status

    @property
    def lower(self) -> float:
        """The lower bound of the loss over its coefficients where it holds for all of them, else zero."""
        found = self.result
        return found.lower_bound if found.lower_bound is not None and found.region.everything else 0.0

    def _table_rows(self) -> list[Row]:
        found = self.result
        return [
            ("layers", " + ".join(map(str, self.layers))),
            ("status", found.status.name),
            ("lower bound", found.lower_bound),
            ("loss", found.upper_bound),
        ]


@dataclass(frozen=True, eq=False)
class InBlocks:
    """Where training in blocks ended.

    Attributes
    ----------
    network : PolynomialNetwork
        In the chart that suits the point.
    point : (n,) array
        Its unknowns.
    last : Numbers
        The unknowns in which the outputs are affine.
    steps : tuple of Step
    lower : float
        A lower bound of the loss over all coefficients.
    """

    network: PolynomialNetwork
    point: Floats
    last: Numbers
    steps: tuple[Step, ...]
    lower: float

    @property
    def learned(self) -> tuple[int, ...]:
        """The layers that are learned, from 1."""
        return tuple(sorted({layer + 1 for layer, _ in self.network.unknowns.places}))

    @property
    def message(self) -> str:
        """Which steps are global."""
        proved = [step for step in self.steps if step.status is Status.CERTIFIED]
        words = "; ".join(" + ".join(map(str, step.layers)) for step in proved) or "none"
        return (
            f"{Status.BOUNDED.meaning} Trained in blocks: global are the blocks that are certified, the other layers "
            f"as they are (layers {words}). The lower bound of the whole is that of linear algebra."
        )


def refuse_goal(goal: Goal) -> None:
    """Raise `BadOption` for a goal that is no sum of squares over samples in memory."""
    if not isinstance(goal.loss, MeanSquared):
        raise BadOption(
            f"method 'blocks' trains by passes through the network: it has the loss 'mse' of samples in memory, not "
            f"{goal.loss.name!r} or data in pieces; take method='auto'"
        )
    if goal.penalties.absolute:
        raise BadOption("method 'blocks' has no absolute penalty: take ridge=, or method='auto'")


def trained_in_blocks(
    network: PolynomialNetwork, X: Floats, Y: Floats, goal: Goal, options: Options, starts: Sequence[Floats] = ()
) -> InBlocks:
    """Train a network; see the module.

    Parameters
    ----------
    network : PolynomialNetwork
    X, Y : arrays
        Checked.
    goal : Goal
    options : Options
    starts : sequence of (n,) arrays
        Unknowns of the network without normalisation where that is chosen, to begin with.

    Raises
    ------
    BadOption
        As `refuse_goal`.
    """
    refuse_goal(goal)
    given = goal.suited(network).seeing(X)
    free = replace(given, normalisation="none") if is_chosen(given) else given
    passes = Passes(free, X, Y, goal.loss.importance, goal.penalties.ridge)
    tell(options.asked.progress, f"searching in {free.unknowns.count} coefficients by Levenberg-Marquardt")
    ends = _searched(passes, options, starts)
    blocks = _Blocks(goal, options)
    best: tuple[float, Passes, Floats] | None = None
    until = options.share(_SECOND)
    nothing = NEGLIGIBLE * goal.loss.scale(Y)
    for point in ends:
        if best is not None and closes(0.0, best[0], nothing, options.asked.tol):
            break
        own, there = _in_chart(given, passes, point)
        loss = own.loss(there)
        if not closes(0.0, loss, nothing, options.asked.tol):
            loss, there = blocks.improved(own, there, until)
        if best is None or loss < best[0]:
            best = loss, own, there
    assert best is not None
    loss, own, there = best
    if closes(0.0, loss, nothing, options.asked.tol):  # there is nothing below it
        return InBlocks(own.network, there, own.network.unknowns.last, (), 0.0)
    there, steps = blocks.bounded(own, there)
    lower = _least(own, there, goal, options)
    return InBlocks(own.network, there, own.network.unknowns.last, steps, lower)


def _searched(passes: Passes, options: Options, starts: Sequence[Floats]) -> list[Floats]:
    """Return the best distinct ends of Levenberg-Marquardt, best first, at least one point."""
    unknowns, until = passes.unknowns, options.share(_FIRST)
    whole = Projected(passes, unknowns.inner.tolist(), unknowns.last.tolist())
    units = natural_units(passes.network, passes.X)
    rng = np.random.default_rng(options.asked.seed)
    random = (units * _SIZES[k % 3] * rng.standard_normal(unknowns.count) for k in range(STARTS))
    ends: list[tuple[float, Floats]] = []
    for start in (*starts, *random):
        lowest = min((loss for loss, _ in ends), default=np.inf)
        if ends and (time.perf_counter() > until or _hits(ends, lowest) >= ENOUGH):
            break
        point = _run(whole, start)
        if point is not None:
            ends.append((passes.loss(point), point))
    ends.append((passes.loss(np.zeros(unknowns.count)), np.zeros(unknowns.count)))
    kept: list[tuple[float, Floats]] = []
    for loss, point in sorted(ends, key=lambda pair: pair[0]):
        if len(kept) < ENDS and all(loss > (1 + _SMALLER) * other for other, _ in kept):
            kept.append((loss, point))
    return [nearest(unknowns.inequalities, point) for _, point in kept]


def _hits(ends: list[tuple[float, Floats]], lowest: float) -> int:
    return sum(loss <= lowest * (1 + _SMALLER) for loss, _ in ends)


def _run(projected: Projected, start: Floats) -> Floats | None:
    with np.errstate(all="ignore"):
        return projected.search(start[projected.inner])


def _in_chart(given: PolynomialNetwork, passes: Passes, point: Floats) -> tuple[Passes, Floats]:
    """Return the same loss in the chart that suits a point, and the point there."""
    if passes.network is given:
        return passes, point
    coefficients = passes.unknowns.coefficients(point)
    with np.errstate(all="ignore"):
        chart = chart_at(given, coefficients, passes.X)
        there = replace(given, normalisation=chart)
        found = there.unknowns.flatten(moved(given, coefficients, chart))
    if not np.isfinite(found).all():  # at infinity in every chart: zero coefficients, for one
        return passes, point
    return replace(passes, network=there), found


class _Blocks:
    """Searches in blocks of layers, and bounds of these.

    Parameters
    ----------
    goal : Goal
    options : Options
    """

    def __init__(self, goal: Goal, options: Options) -> None:
        self.goal, self.options = goal, options

    def improved(self, passes: Passes, point: Floats, until: float) -> tuple[float, Floats]:
        """Search block by block, and all together after each gain, until no block is better or the time is over."""
        rng, loss = np.random.default_rng(self.options.asked.seed), passes.loss(point)
        blocks, number, stale = _blocks(passes), 0, 0
        while stale < len(blocks) and time.perf_counter() < until:
            found = _better(passes, blocks[number % len(blocks)], point, rng, until)
            number += 1
            if found is not None and passes.loss(found) < (1 - _SMALLER) * loss:
                loss, point = _all_together(passes, found)
                stale = 0
            else:
                stale += 1
        return loss, point

    def bounded(self, passes: Passes, point: Floats) -> tuple[Floats, tuple[Step, ...]]:
        """Bound each block that is small; where that finds a better point, go on from there."""
        blocks = [block for block in _blocks(passes) if self._is_small(passes, point, block)]
        loss, steps = passes.loss(point), list[Step]()
        for _ in range(_ROUNDS):
            steps = []
            for number, block in enumerate(blocks):
                words = " and ".join(str(layer + 1) for layer in block)
                tell(self.options.asked.progress, f"bounding the loss over the coefficients of layers {words}")
                result, found = self._bound(passes, block, point, self.options.share(1.0 / (len(blocks) - number)))
                if result is not None:
                    steps.append(Step(tuple(layer + 1 for layer in block), result))
                if passes.loss(found) < (1 - _SMALLER) * loss:
                    loss, point = _all_together(passes, found)
                    loss, point = self.improved(passes, point, self.options.share(_SECOND))
                    break
            else:
                break
        return point, tuple(steps)

    def _is_small(self, passes: Passes, point: Floats, block: tuple[int, ...]) -> bool:
        until = min(self.options.until, time.perf_counter() + _COUNTING)
        try:
            exponents = Expansion.of(_held(passes, block, point), until=until).exponents
        except ProblemTooLarge:
            return False
        return len(exponents) <= _MOST and _products(exponents) <= _PRODUCTS

    def _bound(
        self, passes: Passes, block: tuple[int, ...], point: Floats, until: float
    ) -> tuple[Result | None, Floats]:
        """Return what is proved of a block, None where there is no time for it, and the best coefficients then."""
        free, own = _numbers(passes, block), replace(self.options, until=until)
        try:
            network = _held(passes, block, point)
            formulation = formulated(network, passes.X, passes.Y, self.goal, own.formed_until)
        except ProblemTooLarge:
            return None, point
        result = own.solve(formulation, formulation.lifted(point[free])[None, :])
        found = point.copy()
        if len(result.minimizers):
            found[free] = result.minimizers[0][: len(free)]
            if result.lower_bound is not None:  # the problem has rounded coefficients
                lower = max(0.0, result.lower_bound - formulation.rounding(result.minimizers[0]))
                result = replace(result, lower_bound=lower)
        return result, found


def _products(exponents: Exponents) -> int:
    """Return the number of products of two monomials."""
    return len(unique_rows((exponents[:, None, :] + exponents).reshape(-1, exponents.shape[1]))[0])


def _blocks(passes: Passes) -> list[tuple[int, ...]]:
    """Return all blocks of two layers, last ones first; the one layer where there are no two."""
    layers = sorted({layer for layer, _ in passes.unknowns.places})
    pairs = sorted(combinations(layers, 2), key=lambda pair: (pair[1], pair[0]), reverse=True)
    return list(pairs) or [(layers[0],)]


def _numbers(passes: Passes, block: tuple[int, ...]) -> Numbers:
    return np.flatnonzero([layer in block for layer, _ in passes.unknowns.places])


def _held(passes: Passes, block: tuple[int, ...], point: Floats) -> PolynomialNetwork:
    return passes.network.holding(_numbers(passes, block), point)


def _better(
    passes: Passes, block: tuple[int, ...], point: Floats, rng: np.random.Generator, until: float
) -> Floats | None:
    """Return the best end of a search in one block, all coefficients, from where they are and from random starts."""
    free = _numbers(passes, block)
    held = replace(passes, network=_held(passes, block, point))
    own = held.unknowns
    projected = Projected(held, own.inner.tolist(), own.last.tolist())
    units = natural_units(held.network, passes.X)
    ends: list[tuple[float, Floats]] = []
    for number in range(_TRIES if len(own.inner) else 1):
        random = units * _SIZES[number % 4] * rng.standard_normal(len(free))
        end = _run(projected, random if number else point[free])
        if end is not None:
            end = nearest(own.inequalities, end)
            ends.append((held.loss(end), end))
        if time.perf_counter() > until:
            break
    if not ends:
        return None
    found = point.copy()
    found[free] = min(ends, key=lambda pair: pair[0])[1]
    return found


def _all_together(passes: Passes, point: Floats) -> tuple[float, Floats]:
    """Run Levenberg-Marquardt over all coefficients from a point; return the better one of both ends, and its loss."""
    unknowns = passes.unknowns
    end = _run(Projected(passes, unknowns.inner.tolist(), unknowns.last.tolist()), point)
    ends = [point] if end is None else [point, nearest(unknowns.inequalities, end)]
    return min(((passes.loss(each), each) for each in ends), key=lambda pair: pair[0])


def _least(passes: Passes, point: Floats, goal: Goal, options: Options) -> float:
    """Return the loss where each product of coefficients is free, less what rounding can change; zero where unknown.

    The last entry of the triangular factor is the distance of the targets from the span of the monomials.
    """
    counted = min(options.share(_SHARE), time.perf_counter() + _COUNTING)
    try:
        exponents = Expansion.of(passes.network, until=counted).exponents
        if len(exponents) > min(_MOST_OF_ALL, passes.Y.size - 1):
            return 0.0
        whole = formulated(passes.network, passes.X, passes.Y, goal, options.until)
    except ProblemTooLarge:
        return 0.0
    if whole.problem.squares is None:
        return 0.0
    columns = whole.problem.squares.matrix
    left = float(np.linalg.norm(columns[:, -1] - columns[:, :-1] @ np.linalg.lstsq(columns[:, :-1], columns[:, -1])[0]))
    return max(0.0, left**2 - whole.rounding(point))
