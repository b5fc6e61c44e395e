r"""A lower bound of a loss of all samples by boxes of the inner coefficients, with a linear program in each.

For given inner coefficients the loss is convex in those of the last layer, so only the inner ones, few, are divided.
At a minimum where the loss is sharp, and with noise it is, as many residuals vanish as there are coefficients; there
the error of the program of a box falls with the square of its size and the loss rises with the distance, so that boxes
near it close soon.
"""

from __future__ import annotations

import heapq
import itertools
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .incumbents import Incumbents
from .inner_forms import CoefficientBox, InnerForms
from .inner_program import BoxProgram, Reduction
from .inner_start import first_box
from .sequential_lp import natural_frame

Floats = NDArray[np.float64]

#: Inner coefficients, and Bernstein polynomials times columns, at most: boxes are too many, programs too large.
MOST_INNER, MOST_POINTS = 4, 300
#: Boxes at most.
BOXES = 400
#: Residuals that are single in a program, at most.
MOST_SINGLES = 120
#: A box whose volume fell by this factor is looked at again before it is divided; so often at most.
_AGAIN, _LOOKS = 0.3, 4
#: The share of the tolerance by which boxes are closed below the best loss.
_CLOSED = 0.5


@dataclass(frozen=True)
class TreeBound:
    """A bound, and how many boxes it took.

    Attributes
    ----------
    lower : float
        Of the loss at all coefficients that keep their limits.
    boxes : int
    """

    lower: float
    boxes: int

    def __str__(self) -> str:
        where = "one box" if self.boxes == 1 else f"{self.boxes} boxes"
        return (
            f"The bound is that of linear programs on {where} of the inner coefficients, outside of which the loss is "
            "larger; the upper bound is the loss of all residuals."
        )


class InnerTree:
    """The search of a loss of all samples, in the space of the inner coefficients.

    Parameters
    ----------
    known : Incumbents
        Points of a smaller loss are added.
    forms : InnerForms
    root : CoefficientBox
        Outside of it the loss is larger than that of the best point.
    """

    def __init__(self, known: Incumbents, forms: InnerForms, root: CoefficientBox) -> None:
        self._known, self._forms, self._root = known, forms, root
        self._tol, self._until = 0.0, np.inf
        self._order = np.append(forms.inner, forms.last)
        self._values = forms.combined(known.table.values)
        self._looked = 0
        self._floor = np.inf  # the least loss that closed boxes may have

    @classmethod
    def of(cls, known: Incumbents) -> InnerTree | None:
        """Return the search; None where there are too many coefficients, or one has no limit."""
        forms = InnerForms.of(known.squared.network.unknowns, known.table)
        few = len(forms.inner) <= MOST_INNER and forms.points * (1 + len(forms.last)) <= MOST_POINTS
        if not few or not known.best[0] > 2.0 * known.rounding(known.best[1]):
            return None
        root = first_box(known.loss, known.table, forms, known.limits, known.best[0])
        return None if root is None else cls(known, forms, root)

    def divided(self, tol: float, until: float) -> TreeBound:
        """Divide boxes, the one with the lowest bound first, and return a bound of the loss.

        Parameters
        ----------
        tol : float
            The relative gap.
        until : float
            When the time is over, by `time.perf_counter`.
        """
        self._tol, self._until = tol, until
        number = itertools.count()
        open_boxes = [(0.0, next(number), self._root, self._known.best[1])]
        while open_boxes and self._looked < BOXES and time.perf_counter() < until:
            lower, _, box, near = heapq.heappop(open_boxes)
            if lower >= self._target:
                self._floor = min(self._floor, lower)
                continue
            for child, bound, point in self._looked_at(box, lower, near):
                heapq.heappush(open_boxes, (bound, next(number), child, point))
        lower = min([self._floor, *(each[0] for each in open_boxes)])
        return TreeBound(min(lower, self._known.best[0]), self._looked)

    @property
    def _target(self) -> float:
        return self._known.best[0] * (1.0 - _CLOSED * self._tol)

    def _looked_at(self, box: CoefficientBox, lower: float, near: Floats) -> list[tuple[CoefficientBox, float, Floats]]:
        """Return what is left of a box: nothing, or two parts of it."""
        self._looked += 1
        for _ in range(_LOOKS):
            target = self._target
            reduction = self._reduction(box, self._inside(box, near))
            program = BoxProgram(self._forms, box, reduction, self._known.best[0])
            answer = program.loss(self._seconds)
            if answer is None:
                break
            lower, near = max(lower, answer[0]), self._completed(answer[1])
            if lower >= target:
                self._floor = min(self._floor, lower)
                return []
            if self._looked & (self._looked - 1) == 0:
                self._known.add(near)
            smaller = program.tightened(self._seconds)
            self._floor = min(self._floor, self._known.best[0])  # what lies outside of it
            shrunk = _volume(smaller, box)
            box = smaller
            if shrunk > _AGAIN:
                break
        if not len(box.low):
            self._floor = min(self._floor, lower)
            return []
        i, at = self._place(box, near)
        return [(child, lower, near) for child in box.split(i, at)]

    @property
    def _seconds(self) -> float:
        return min(10.0, max(1e-3, self._until - time.perf_counter()))

    def _completed(self, point: Floats) -> Floats:
        whole = np.empty(len(point))
        whole[self._order] = point
        return whole

    def _inside(self, box: CoefficientBox, near: Floats) -> Floats:
        low, high = np.append(box.low, box.least), np.append(box.high, box.most)
        return self._completed(np.clip(near[self._order], low, high))

    def _reduction(self, box: CoefficientBox, point: Floats) -> Reduction:
        """Return what is nearly lossless on a box: residuals by themselves that decide there, the others in groups."""
        known = self._known
        centre, spread = box.ranges(self._forms, self._values)
        values, singles = known.loss.over_ranges(centre, spread)
        slopes = known.table.jacobian(point)
        parts = known.loss.parts(min(singles, MOST_SINGLES), values, slopes @ natural_frame(slopes))
        weights = known.loss.weights(parts, values)
        return Reduction(
            known.loss.norm,
            np.asarray(weights @ known.table.values),
            np.asarray(abs(weights) @ np.abs(known.table.values)),
            known.limits,
        )

    def _place(self, box: CoefficientBox, near: Floats) -> tuple[int, float]:
        """Return the inner coefficient whose range moves the residuals most, and where to divide it."""
        slopes = np.abs(self._known.table.jacobian(self._inside(box, near))[:, self._forms.inner]).sum(axis=0)
        i = int(np.argmax(slopes * (box.high - box.low)))
        middle, own = 0.5 * (box.low[i] + box.high[i]), near[self._forms.inner[i]]
        at = 0.5 * middle + 0.5 * float(np.clip(own, box.low[i], box.high[i]))
        return i, float(at)


def _volume(smaller: CoefficientBox, box: CoefficientBox) -> float:
    """Return the factor by which the ranges fell."""
    before = np.append(box.high - box.low, box.most - box.least)
    now = np.append(smaller.high - smaller.low, smaller.most - smaller.least)
    return float(np.prod(now[before > 0.0] / before[before > 0.0]))
