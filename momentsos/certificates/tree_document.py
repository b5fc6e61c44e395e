"""The document of a tree of boxes: what the search has noted, as fractions, in the order in which it is checked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..branching.model import Model
from ..branching.rows import EQUALITY, PRODUCT, Key
from ..branching.steps import OWN_FACTORS, Closed, Record, Split, Step
from ..problem import Problem
from .document import numbers_of, problem_document
from .enclosure import enclosed_point
from .format import Refused, digest, write_number
from .points import feasible_point
from .statement import describe
from .tree_check import check_tree
from .tree_format import NAME, OWN, VERSION

if TYPE_CHECKING:
    from ..branching.tree import Tree
    from ..hierarchy.result import Result

#: Seconds that the verifier may take for a certificate that has just been made.
_CHECK_SECONDS = 300.0


def sealed_tree(
    result: Result, tree: Tree, bound: Fraction | None, seconds: float = _CHECK_SECONDS
) -> tuple[dict[str, Any], Fraction | None, Fraction | None]:
    """Return the complete document of a tree that is closed, the bound, and the value at a feasible point.

    Parameters
    ----------
    result : Result
        For its problem and its points.
    tree : Tree
    bound : Fraction or None
        Of what is minimised, at most what the tree was closed with; None for a proof that no point is feasible.

    Raises
    ------
    Refused
        By the verifier; the message names the defect.
    """
    problem = result.problem
    body = {**tree_body(problem, tree, bound), "statement": "", "digest": ""}
    if bound is not None:
        point = feasible_point(problem, result.minimizers)
        around = None if point is not None else enclosed_point(problem, result.minimizers)
        if point is not None:
            body["point"] = list(map(write_number, point))
        elif around is not None:
            body["point"] = list(map(write_number, around.center))
            body["directions"] = [list(map(write_number, row)) for row in around.directions]
    proved, attained = check_tree(body, seconds)
    body["statement"] = describe(body, proved, attained)
    return {**body, "digest": digest(body)}, proved, attained


def proved_empty_by(problem: Problem, tree: Tree, seconds: float) -> bool:
    """Return whether a tree proves in exact arithmetic that no point is feasible."""
    if not tree.records or not tree.stated:
        return False
    try:
        check_tree({**tree_body(problem, tree, None), "statement": "", "digest": ""}, seconds)
    except Refused:
        return False
    return True


def tree_body(problem: Problem, tree: Tree, bound: Fraction | None) -> dict[str, Any]:
    """Return the document without statement and digest, and without a feasible point."""
    model, sense = tree.model, problem.sense
    writer = _Writer(model, bound)
    return {
        "format": NAME,
        "version": VERSION,
        "numbers": numbers_of(problem),
        "problem": problem_document(problem, sense),
        "bound": [] if bound is None else [str(sense.turned(bound))],
        "frame": {
            "shift": list(map(write_number, model.framed.frame.shift)),
            "width": list(map(write_number, model.framed.frame.width)),
        },
        "lifted": [list(pair) for pair in model.framed.pairs],
        "forms": [[[k, _number(value)] for k, value in enumerate(form.tolist()) if value] for form in tree.forms],
        "nodes": [writer.node(record) for record in _in_preorder(tree.records)],
        "point": [],
        "directions": [],
    }


def _in_preorder(records: Sequence[Record]) -> Iterator[Record]:
    """Yield each node before its children, the first child and all below it before the second one."""
    children: dict[int, list[int]] = {}
    for place, record in enumerate(records):
        children.setdefault(record.parent, []).append(place)
    waiting = children.get(-1, [])[:1]
    while waiting:
        place = waiting.pop()
        yield records[place]
        waiting += sorted(children.get(place, []), key=lambda child: -records[child].side)


def _number(value: float | Fraction) -> str:
    return write_number(Fraction(value))


class _Writer:
    """Writes nodes; multipliers of rows in floats are those of the polynomials as they are, without their scales."""

    def __init__(self, model: Model, bound: Fraction | None) -> None:
        self.model = model
        self.one = 2 * model.size + model.n_inequalities
        self.cut = self.one + 1
        self.scale = Fraction(model.objective_scale)
        self.bound = bound

    def node(self, record: Record) -> dict[str, Any]:
        """Return a node of the document."""
        end = record.end
        return {
            "steps": [self.step(step) for step in record.steps],
            "fresh": int(not isinstance(end, Closed) or end.fresh),
            "rows": self.rows(end.rows, end.cutoff) if isinstance(end, Closed) else [],
            "split": _split(end) if isinstance(end, Split) else {"variables": [], "values": [], "equality": []},
        }

    def step(self, step: Step) -> dict[str, Any]:
        """Return a step of the document."""
        size, bounds = self.model.size, []
        for column, upper, value, other in step.bounds:
            pair = (-1, column) if column < size else (int(self.model.first[column]), int(self.model.second[column]))
            told = OWN if other == OWN_FACTORS else max(other, 0)
            bounds.append([pair[0] + 1, pair[1] + 1, int(upper), _number(value), told])
        return {"fresh": int(step.fresh), "rows": self.rows(step.rows, step.cutoff), "bounds": bounds}

    def rows(self, rows: Sequence[tuple[Key, float | Fraction]], cutoff: float) -> list[list[Any]]:
        """Return rows with their multipliers.

        Where a factor is the cut, the search had it with a higher value: the difference is a row of its own.
        """
        found: dict[tuple[int, int, int], Fraction] = {}
        for key, multiplier in rows:
            weight = Fraction(multiplier)
            if key.kind == PRODUCT:
                for number in (key.a, key.b):
                    weight /= self._scale(number)
                a, b = sorted((key.a, key.b))
                found[0, a, b] = found.get((0, a, b), Fraction(0)) + weight
                if b == self.cut and a != self.one and self.bound is not None and math.isfinite(cutoff):
                    more = Fraction(cutoff) * self.scale - self.bound
                    if a == self.cut:
                        continue
                    other = (0, *sorted((a, self.one)))
                    if more > 0:
                        found[other] = found.get(other, Fraction(0)) + weight * more  # type: ignore[index, arg-type]
            elif key.kind == EQUALITY:
                weight /= Fraction(float(self.model.scales[self.model.n_inequalities + key.a]))
                found[1, key.a, key.b] = found.get((1, key.a, key.b), Fraction(0)) + weight
            else:
                found[2, key.a, 0] = found.get((2, key.a, 0), Fraction(0)) + weight
        return [[kind, a, b, write_number(weight)] for (kind, a, b), weight in found.items() if weight]

    def _scale(self, number: int) -> Fraction:
        """Return what the search has divided a factor by."""
        if number == self.cut:
            return self.scale
        if 2 * self.model.size <= number < self.one:
            return Fraction(float(self.model.scales[number - 2 * self.model.size]))
        return Fraction(1)


def _split(split: Split) -> dict[str, Any]:
    if split.equality < 0:
        return {"variables": [split.variables[0]], "values": [_number(split.sides[0][1])], "equality": []}
    assert split.zeros is not None
    values: list[float | Fraction] = [*split.zeros, *split.sides[0], *split.sides[1]]
    return {
        "variables": list(split.variables),
        "values": [_number(value) for value in values],
        "equality": [split.equality],
    }
