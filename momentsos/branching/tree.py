"""The search: the node with the lowest bound is looked at first, closed or split, until none is left."""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .intervals import joined_products
from .model import Model
from .node import Node, Seen, State, Worker
from .propagation import Emptied
from .rule import split_of
from .safe import Rows, safe_bound
from .steps import Closed, Ended, Record, Split, Step
from .unbounded import bounded_by_programs

Floats = NDArray[np.float64]

#: Rounds of tightening at the root, as long as an interval loses a fifth.
_TIGHTENINGS, _SHRUNK = 6, 0.8
#: Points are searched from each node up to this depth, and beyond while that takes no more than a share of the time.
_DEPTH, _SHARE = 2, 0.2


@dataclass(frozen=True)
class Counts:
    """What a search has done: nodes looked at, nodes that are open, linear programs solved."""

    nodes: int
    open: int
    programs: int


@dataclass(frozen=True, eq=False)
class Tree:
    """A search that has ended.

    Attributes
    ----------
    model : Model
    ended : Ended
    bound : float
        The objective is at least this, divided by its scale, at all points of the root's box; infinite where there is
        none.
    cutoff : float
        What it was asked to stay below at last; infinite where no point was known.
    records : tuple of Record
        What the proof is made of; empty where it was too long to be kept.
    forms : tuple of arrays
        The affine forms whose squares are rows.
    counts : Counts
    stated : bool
        Whether the proof begins with nothing: the root's box was derived step by step.
    """

    model: Model
    ended: Ended
    bound: float
    cutoff: float
    records: tuple[Record, ...]
    forms: tuple[Floats, ...]
    counts: Counts
    stated: bool = True


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a search asks of those who called it.

    Attributes
    ----------
    cutoff : callable
        Takes a point in framed variables, or None, and returns what the objective is to stay below, divided by its
        scale: infinite while no point is known. It may look for better points from that one.
    time_left : callable
    told : callable
        Takes the lowest bound of open nodes and the counts.
    most_nodes : int
        Open nodes that memory allows.
    """

    cutoff: Callable[[Floats | None], float]
    time_left: Callable[[], float]
    told: Callable[[float, Counts], None]
    most_nodes: int = 100_000
    most_records: int = 20_000


@dataclass(eq=False)
class Search:
    """One search, which is changed in place while it runs."""

    model: Model
    around: Surroundings
    open: list[tuple[float, int, Node]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    nodes: int = 0
    narrow: float = math.inf
    current: float = math.inf
    stuck: list[Node] = field(default_factory=list)
    kept: bool = True
    searching: float = 0.0
    began: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self.worker = Worker(self.model, self.around.time_left)
        self.cut = self.around.cutoff(None)

    def run(self, low: Floats, high: Floats, steps: tuple[Step, ...] = ()) -> Tree:
        """Search a box, to which steps have led."""
        self.records.append(Record(-1, 0, steps))
        node = Node(low, high, self._by_intervals(low, high))
        try:
            ended = self._root(node) or self._searched()
        except KeyboardInterrupt:
            ended = Ended.INTERRUPTED
        return self._ended(ended)

    def _by_intervals(self, low: Floats, high: Floats) -> float:
        """Return the bound that the intervals of the columns prove, so that there is one from the beginning."""
        size = len(self.model.columns)
        none = Rows(np.zeros((0, size)), np.zeros(0), np.zeros(0, dtype=bool), np.zeros(0))
        form, constant = self.model.objective, self.model.objective_constant
        return safe_bound(form, constant, none, np.zeros(0), low, high).value

    # -- the root ------------------------------------------------------------------------------------------

    def _root(self, node: Node) -> Ended | None:
        """Look at the root again and again while its box becomes smaller; return why that was the end, if it was."""
        self._push(node)
        for _ in range(_TIGHTENINGS):
            seen = self.worker.look(node, self.cut)
            self._note(node.place, seen, self.cut)
            if seen.state is State.LATE:
                self._replace(seen.node)
                return Ended.TIME
            if self._closed(seen):
                self.open.clear()
                return Ended.CLOSED
            before = self.cut
            self._searched_from(seen)
            node = seen.node
            if seen.last is None or self.around.time_left() <= 0:
                break
            width = self._widths(node)
            which = self._nonlinear()
            tight = self.worker.tighten(seen, self.cut, which)
            self._note(node.place, replace(tight, steps=tight.steps[len(seen.steps) :]), self.cut)
            node = tight.node
            if tight.state is State.CLOSED:
                self._end(node.place, tight.closed)
                self.open.clear()
                return Ended.CLOSED
            share = self._widths(node) / np.where(width > 0, width, 1.0)
            if share[which].min(initial=1.0) > _SHRUNK and self.cut == before:
                break
        self._replace(node)
        return None

    def _replace(self, node: Node) -> None:
        self.open = [(node.bound, 0, node)]

    def _widths(self, node: Node) -> Floats:
        return node.high[: self.model.size] - node.low[: self.model.size]

    def _nonlinear(self) -> list[int]:
        """Return the variables of the problem that products have."""
        model = self.model
        rows = np.concatenate([model.rows, model.objective[None, :]])
        used = np.flatnonzero((rows != 0.0).any(axis=0))
        used = used[used >= model.framed.n]
        names = {i for c in used.tolist() for i, k in enumerate(model.columns[c]) if k}
        return sorted(names)

    # -- the rest ------------------------------------------------------------------------------------------

    def _searched(self) -> Ended:
        while self.open:
            if self.around.time_left() <= 0:
                return Ended.TIME
            if len(self.open) > self.around.most_nodes:
                return Ended.MEMORY
            bound, _, node = self.open[0]
            seen = self.worker.look(node, self.cut)
            self.nodes += 1
            if seen.state is State.LATE:
                return Ended.TIME
            self.current = bound  # an interruption leaves no node out
            heapq.heappop(self.open)
            self._note(node.place, seen, self.cut)
            if not self._closed(seen):
                if node.depth <= _DEPTH or self.searching < _SHARE * (time.perf_counter() - self.began):
                    self._searched_from(seen)
                self._split(seen)
            self.current = math.inf
            self.around.told(self._lowest(), self._counts())
            if not self.open:
                self._look_again()
        return Ended.CLOSED if math.isinf(self.narrow) else Ended.NARROW

    def _look_again(self) -> None:
        """Open narrow boxes again that the best point found since closes."""
        left = [node for node in self.stuck if node.bound < self.cut]
        for node in self.stuck:
            if node.bound >= self.cut:
                self._push(node)
        self.stuck, self.narrow = left, min((node.bound for node in left), default=math.inf)

    def _split(self, seen: Seen) -> None:
        node = seen.node
        split = split_of(self.model, seen)
        if split is None:
            self._searched_from(seen)
            if node.bound >= self.cut:  # the point that was found just now closes it
                self._push(node)
                return
            self.narrow = min(self.narrow, node.bound)
            self.stuck.append(node)
            return
        self._end(node.place, split)
        for side, (variable, (least, most)) in enumerate(zip(split.variables, split.sides, strict=True)):
            low, high = node.low.copy(), node.high.copy()
            low[variable], high[variable] = max(low[variable], least), min(high[variable], most)
            place = len(self.records)
            if self.kept:
                self.records.append(Record(node.place, side))
            if low[variable] > high[variable]:
                self._end(place, Closed(()))
                continue
            self._push(replace(node, low=low, high=high, depth=node.depth + 1, place=place))
        if len(self.records) > self.around.most_records:
            self.kept = False
            self.records.clear()

    def _push(self, node: Node) -> None:
        heapq.heappush(self.open, (node.bound, self.nodes * 4 + len(self.open), node))

    def _note(self, place: int, seen: Seen, cutoff: float) -> None:
        if self.kept:
            record = self.records[place]
            steps = (replace(step, cutoff=cutoff) for step in seen.steps)
            self.records[place] = replace(record, steps=(*record.steps, *steps))

    def _closed(self, seen: Seen) -> bool:
        if seen.state is not State.CLOSED:
            return False
        self._end(seen.node.place, seen.closed)
        return True

    def _end(self, place: int, end: Closed | Split | None) -> None:
        if self.kept:
            end = replace(end, cutoff=self.cut) if isinstance(end, Closed) else end
            self.records[place] = replace(self.records[place], end=end)

    def _searched_from(self, seen: Seen) -> None:
        if seen.point is None:
            return
        began = time.perf_counter()
        self.cut = min(self.cut, self.around.cutoff(seen.point[: self.model.framed.n]))
        self.searching += time.perf_counter() - began

    def _lowest(self) -> float:
        lowest = self.open[0][0] if self.open else math.inf
        return min(lowest, self.narrow, self.current, self.cut)

    def _counts(self) -> Counts:
        return Counts(self.nodes + 1, len(self.open), self.worker.program.solved)

    def _ended(self, ended: Ended) -> Tree:
        records = tuple(self.records) if self.kept else ()
        parts = records, tuple(self.worker.forms), self._counts()
        return Tree(self.model, ended, self._lowest(), self.cut, *parts)


def propagated_root(
    model: Model, low: Floats, high: Floats, cutoff: float, worker: Worker, centre: Floats | None = None
) -> tuple[list[Step], Closed | None]:
    """Tighten the first box in place until nothing changes; return the steps, and the proof where nothing is left.

    With a `centre`, the best point or another one, variables that are unbounded after that are looked at by programs.
    """
    steps: list[Step] = []
    if not joined_products(model, low, high, steps):
        return steps, Closed(())
    try:
        worker.propagate(low, high, cutoff, steps, rounds=40, worth=0.02)
        if centre is not None:
            bounded_by_programs(model, low, high, cutoff, worker, centre, steps)
    except Emptied as empty:
        return steps, empty.closed
    return steps, None
