"""One node of the tree: its box is propagated, its relaxation solved with more and more products, its bound proved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from .model import Model
from .program import Basis, LinearProgram, Outcome
from .propagation import Emptied, propagated
from .rows import PRODUCT, Key, Workshop
from .safe import Rows, SafeBound, safe_bound
from .separation import Separation
from .steps import Bounded, Closed, Step

Floats = NDArray[np.float64]

#: Rounds of separation at a node, and rows a round at least.
ROUNDS, MANY = 8, 40
#: Rounds that end with squares along eigenvectors: at the root, and elsewhere.
_SPECTRAL = (20, 4)
#: They are asked again where they have closed this share of a gap lately, and at one node in so many.
_PAYS, _AGAIN = 0.2, 16
#: Rounds go on while the bound rises by this share of what is missing.
_RISING = 1e-3
#: A reduced cost counts from here on.
_COST = 1e-9


class State(Enum):
    """What became of a node."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    LATE = "late"


@dataclass(frozen=True, eq=False)
class Node:
    """A box, with what is known of it.

    Attributes
    ----------
    low, high : (C,) arrays
        Of the columns.
    bound : float
        The objective, divided by its scale, is at least this at points that matter.
    keys : tuple of Key
        The rows of its parent's last program, without those of every node.
    basis : Basis or None
    depth : int
    place : int
        The number of its record.
    """

    low: Floats
    high: Floats
    bound: float
    keys: tuple[Key, ...] = ()
    basis: Basis | None = None
    depth: int = 0
    place: int = 0


@dataclass(frozen=True, eq=False)
class Seen:
    """A node that was looked at.

    Attributes
    ----------
    state : State
    node : Node
        With its box and bound as they are now.
    steps : tuple of Step
    closed : Closed or None
    point : (C,) array or None
        Of the last program.
    weights : (C,) array or None
        The absolute remainders of the objective after the constraints alone: what each product is worth.
    last : Last or None
        The last program, for more of them with the same rows.
    """

    state: State
    node: Node
    steps: tuple[Step, ...]
    closed: Closed | None = None
    point: Floats | None = None
    weights: Floats | None = None
    last: Last | None = None


@dataclass(frozen=True, eq=False)
class Last:
    """The rows of the last program of a node, with their keys, the box that they were made on, and the basis.

    `stepped`: whether a step has changed the box since.
    """

    keys: tuple[Key, ...]
    rows: Rows
    low: Floats
    high: Floats
    basis: Basis
    stepped: bool


@dataclass(eq=False)
class Worker:
    """Looks at nodes; it keeps one linear program, and the forms of squares."""

    model: Model
    until: Callable[[], float]
    program: LinearProgram = field(default_factory=LinearProgram)
    forms: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.separation = Separation(self.model, self.forms)
        self._pays, self._asked = 1.0, 0

    def workshop(self, low: Floats, high: Floats, cutoff: float) -> Workshop:
        """Return what makes rows on a box."""
        return Workshop(self.model, low, high, cutoff, self.forms)

    def propagate(self, low: Floats, high: Floats, cutoff: float, steps: list[Step], **options: float) -> None:
        """Tighten a box in place by all constraints and the cut; see `propagated`."""
        keys, rows = self.workshop(low, high, cutoff).base()
        propagated(self.model, keys, rows, low, high, steps, **options)  # type: ignore[arg-type]

    def look(self, node: Node, cutoff: float) -> Seen:
        """Look at a node: close it, or raise its bound and tighten its box."""
        low, high, steps = node.low.copy(), node.high.copy(), list[Step]()
        try:
            self.propagate(low, high, cutoff, steps)
        except Emptied as empty:
            return Seen(State.CLOSED, replace(node, low=low, high=high), tuple(steps), empty.closed)
        node = replace(node, low=low, high=high)
        return _Relaxing(self, node, cutoff, steps).seen()

    def tighten(self, seen: Seen, cutoff: float, which: Sequence[int]) -> Seen:
        """Tighten the intervals of lifted variables by two programs each, with the rows of the last program."""
        assert seen.last is not None
        last, model, steps = seen.last, self.model, list(seen.steps)
        low, high = seen.node.low.copy(), seen.node.high.copy()
        keys, rows = _with_cut(self.workshop(last.low, last.high, cutoff), last.keys, last.rows, cutoff)
        basis = last.basis.with_rows(range(len(last.rows)), len(rows) - len(last.rows))
        form = np.zeros(len(model.columns))
        self.program.load(form, rows, low, high, basis)
        found: list[Step] = []
        for i in which:
            for upper, sign in ((False, 1.0), (True, -1.0)):
                if self.until() <= 0 or not high[i] - low[i] > 1e-7:
                    continue
                self.program.price(i, sign)
                outcome = self.program.run(self.until())
                self.program.price(i, 0.0)
                if outcome is Outcome.INFEASIBLE:
                    closed = self._refuted(keys, rows, low, high)
                    if closed is not None:
                        closed = replace(closed, fresh=not (found or last.stepped))
                        node = replace(seen.node, low=low, high=high)
                        return replace(seen, state=State.CLOSED, node=node, steps=(*steps, *found), closed=closed)
                if outcome is not Outcome.OPTIMAL:
                    continue
                form[i] = sign
                # rows are those of the box that they were made on; the box of the columns may be smaller by now
                safe = safe_bound(form, 0.0, rows, self.program.multipliers, low, high)
                form[i] = 0.0
                own = _bounded(i, upper, sign * safe.value, low, high)
                if own is not None:
                    found.append(Step(_used(keys, safe.multipliers), (own,), fresh=not (found or last.stepped)))
                    self.program.bound(i, float(low[i]), float(high[i]))
        return replace(seen, node=replace(seen.node, low=low, high=high), steps=(*steps, *found))

    def spectral_rounds(self, node: Node) -> int:
        """Return how many rounds may end with squares along eigenvectors: few where they have not paid."""
        if node.depth == 0:
            return _SPECTRAL[0]
        self._asked += 1
        return _SPECTRAL[1] if self._pays > _PAYS or self._asked % _AGAIN == 0 else 0

    def learn_from(self, before: float, after: float, cutoff: float) -> None:
        """Remember what share of the gap such rounds have closed."""
        if np.isfinite(cutoff) and cutoff > before:
            share = (min(after, cutoff) - before) / (cutoff - before)
            self._pays = max(0.9 * self._pays, share) if share > _PAYS else 0.9 * self._pays

    def _refuted(self, keys: Sequence[Key], rows: Rows, low: Floats, high: Floats) -> Closed | None:
        """Return the proof that no point satisfies the rows on a box, None where the ray is none."""
        ray = self.program.ray
        if ray is None or len(ray) != len(rows):
            return None
        size = np.abs(ray).max(initial=0.0)
        if not 0.0 < size < np.inf:
            return None
        for sign in (1.0, -1.0):
            safe = safe_bound(np.zeros(len(low)), 0.0, rows, sign * ray / size, low, high)
            if safe.value > 0.0:
                return Closed(_used(keys, safe.multipliers))
        return None


class _Relaxing:
    """The rounds of one node."""

    def __init__(self, worker: Worker, node: Node, cutoff: float, steps: list[Step]) -> None:
        self.worker, self.node, self.cutoff, self.steps = worker, node, cutoff, steps
        self.model, self.program = worker.model, worker.program
        self.workshop = worker.workshop(node.low, node.high, cutoff)
        base_keys, base = worker.workshop(node.low, node.high, np.inf).base()
        cut_gone = not self.workshop.cut_is_factor
        keep = [k for k, key in enumerate(node.keys) if not (cut_gone and self._has_cut(key))]
        own = [node.keys[k] for k in keep]
        self.n_base, self.many = len(base), max(MANY, 2 * self.model.size)
        self.keys = [*base_keys, *own]
        self.rows = base.joined(self.workshop.rows(own)) if own else base
        basis = node.basis
        if basis is not None and len(keep) < len(node.keys):
            basis = basis.with_rows([*range(self.n_base), *(self.n_base + k for k in keep)], 0)
        self.program.load(self.model.objective, self.rows, node.low, node.high, basis)

    def _has_cut(self, key: Key) -> bool:
        cut = 2 * self.model.size + self.model.n_inequalities + 1
        return key.kind == PRODUCT and cut in (key.a, key.b)

    def seen(self) -> Seen:
        """Solve, prove, separate until the node is closed or nothing helps any more."""
        low, high = self.node.low, self.node.high
        best: SafeBound | None = None
        best_keys: list[Key] = []
        point = None
        last, before, spent = -np.inf, -np.inf, 0
        spectral = self.worker.spectral_rounds(self.node)
        most = ROUNDS + spectral
        for number in range(most + 1):
            outcome = self.program.run(self.worker.until())
            if outcome is Outcome.FAILED:
                self.program.load(self.model.objective, self.rows, low, high)
                outcome = self.program.run(self.worker.until())
            if outcome is Outcome.LIMIT:
                return Seen(State.LATE, self.node, tuple(self.steps))
            if outcome is Outcome.INFEASIBLE:
                closed = self.worker._refuted(self.keys, self.rows, low, high)
                if closed is None:
                    break
                return Seen(State.CLOSED, self.node, tuple(self.steps), closed)
            if outcome is not Outcome.OPTIMAL:
                break
            point = self.program.point
            safe = safe_bound(
                self.model.objective,
                self.model.objective_constant,
                self.rows,
                self.program.multipliers,
                low,
                high,
            )
            if best is None or safe.value > best.value:
                best, best_keys = safe, list(self.keys)
            if spent:
                self.worker.learn_from(before, best.value, self.cutoff)
            if best.value >= self.cutoff:
                return Seen(State.CLOSED, self.node, tuple(self.steps), self._closed(best, best_keys))
            missing = max(self.cutoff - best.value, 0.0) if np.isfinite(self.cutoff) else abs(best.value)
            stalled = number >= 4 and best.value - last < _RISING * missing
            if number == most:
                break
            last = best.value
            have = set(self.keys[self.n_base :])
            new = [] if stalled else self.worker.separation.violated(self.workshop, point, self.many, have)
            if not new:
                if spent == spectral:
                    break
                before = best.value if spent == 0 else before
                new, spent = self.worker.separation.eigenvectors(self.workshop, point, have), spent + 1
            if not new:
                break
            self._add(new)
        if best is None or point is None:
            return Seen(State.UNKNOWN, self.node, tuple(self.steps))
        return self._left(best, best_keys, point)

    def _add(self, new: list[Key]) -> None:
        """Add rows; where there are many, those that are slack go."""
        if len(self.keys) - self.n_base > 3 * len(self.model.columns):
            slack = np.flatnonzero(self.program.basis.basic_rows())
            slack = slack[slack >= self.n_base]
            if len(slack):
                self.program.remove(slack)
                kept = np.setdiff1d(np.arange(len(self.keys)), slack)
                self.keys, self.rows = [self.keys[k] for k in kept], self.rows.kept(kept)
        rows = self.workshop.rows(new)
        self.program.add(rows)
        self.keys, self.rows = [*self.keys, *new], self.rows.joined(rows)

    def _closed(self, safe: SafeBound, keys: list[Key]) -> Closed:
        one = 2 * self.model.size + self.model.n_inequalities
        return Closed(((Key(PRODUCT, one, one + 1), 1.0), *_used(keys, safe.multipliers)))

    def _left(self, best: SafeBound, best_keys: list[Key], point: Floats) -> Seen:
        """Return a node that stays open: with the bound, a box tightened by reduced costs, and the rows that count."""
        low, high = self.node.low.copy(), self.node.high.copy()
        bound = max(best.value, self.node.bound)
        found: list[Bounded] = []
        if np.isfinite(self.cutoff):
            room = self.cutoff - best.value
            room += 1e-12 * (abs(self.cutoff) + abs(best.value))
            for i in np.flatnonzero(np.abs(best.remainder[: self.model.size]) > _COST).tolist():
                cost = float(best.remainder[i])
                value = low[i] + room / cost if cost > 0 else high[i] + room / cost
                own = _bounded(i, cost > 0, float(value), low, high)
                found += [] if own is None else [own]
        if found:
            self.steps.append(Step(self._closed(best, best_keys).rows, tuple(found)))
        basis = self.program.basis
        basic = basis.basic_rows()
        if len(basic) != len(self.keys):  # HiGHS has no basis to give
            kept = list(range(len(self.keys)))
            basis_kept = None
        else:
            kept = [*range(self.n_base), *(k for k in range(self.n_base, len(self.keys)) if not basic[k])]
            basis_kept = basis.with_rows(kept, 0)
        own_keys = tuple(self.keys[k] for k in kept[self.n_base :])
        node = replace(self.node, low=low, high=high, bound=bound, keys=own_keys, basis=basis_kept)
        multipliers = best.multipliers[: self.n_base]
        remainder = self.model.objective - multipliers @ self.rows.coefficients[: self.n_base]
        last = None
        if basis_kept is not None:
            last = Last(tuple(self.keys), self.rows, self.node.low, self.node.high, basis, bool(found))
        return Seen(State.OPEN, node, tuple(self.steps), None, point, np.abs(remainder), last)


def _with_cut(workshop: Workshop, keys: Sequence[Key], rows: Rows, cutoff: float) -> tuple[list[Key], Rows]:
    """Return rows with the cut as one more, where there is one."""
    if not np.isfinite(cutoff):
        return list(keys), rows
    base_keys, base = workshop.base()
    return [*keys, base_keys[-1]], rows.joined(base.kept(np.array([len(base) - 1])))


def _used(keys: Sequence[Key], multipliers: Floats) -> tuple[tuple[Key, float], ...]:
    """Return the rows that count, with their multipliers."""
    return tuple((keys[k], float(multipliers[k])) for k in np.flatnonzero(multipliers).tolist())


def _bounded(i: int, upper: bool, value: float, low: Floats, high: Floats) -> Bounded | None:
    """Take a bound of a lifted variable over into a box where it takes off enough."""
    from .intervals import short_above, short_below

    width = float(high[i] - low[i])
    if not np.isfinite(value):
        return None
    value = short_above(value, width) if upper else short_below(value, width)
    gain = high[i] - value if upper else value - low[i]
    if not gain > 0.01 * width:
        return None
    value = max(value, float(low[i])) if upper else min(value, float(high[i]))
    (high if upper else low)[i] = value
    return Bounded(i, upper, value)
