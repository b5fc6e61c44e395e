r"""The box that constraints imply, by interval propagation that is rounded outwards: every feasible point is in it.

Each inequality is asked again and again what it says of each of its variables while the others lie in the box
(`momentsos.bounds.sides`), until nothing changes any more, relative to the widths, or the work is done. Where mixed
terms leave variables without bounds, inequalities that follow from the given ones take part as well: without mixed
terms where even powers outgrow these (`momentsos.bounds.majorant`), and the ellipsoids of definite quadratic parts
(`momentsos.bounds.ellipsoid`). With `value`, points that are worse than the best one known are left out: a box can then
come from the objective alone.

Coefficients are the numbers that they are, floats binary fractions, fractions between the floats next to them.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..problem import Problem
from .ellipsoid import Ellipsoid
from .majorant import majorant
from .rounded import Interval
from .sides import Box, Side

#: A variable is followed up when its interval shrank by more than this share.
_PROGRESS = 1e-2
#: How often each term is looked at, on average, before propagation ends.
_LOOKS = 40


@dataclass(frozen=True, eq=False)
class ImpliedBox:
    """A box that holds all feasible points, or all that are at least as good as a value.

    Attributes
    ----------
    low, high : (n,) arrays
        Infinite where nothing is implied.
    empty : bool
        Whether it is proved that there are no such points; `low` and `high` are then what was known last.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    empty: bool = False

    @property
    def finite(self) -> bool:
        """Whether every variable has two bounds."""
        return bool(np.isfinite(self.low).all() and np.isfinite(self.high).all())

    @property
    def half_widths(self) -> NDArray[np.float64]:
        """Bounds of the absolute values of the variables."""
        return np.maximum(np.abs(self.low), np.abs(self.high))


def implied_box(
    problem: Problem,
    value: float | Fraction | None = None,
    within: tuple[Sequence[float], Sequence[float]] | None = None,
    looks: float = _LOOKS,
) -> ImpliedBox:
    """Return a box that holds every feasible point, by proof.

    Parameters
    ----------
    problem : Problem
    value : float or Fraction, optional
        Only points at which the objective is at most this much are to lie in the box.
    within : two sequences of n floats, optional
        A box that is known to hold the points.
    looks : float
        Propagation ends when each term of the problem was looked at this many times, on average.
    """
    box = [(-math.inf, math.inf)] * problem.n_variables
    if within is not None:
        box = list(zip(map(float, within[0]), map(float, within[1]), strict=True))
    sides = [side for g in _inequalities(problem, value) for side in (Side.of(g),) if _says_something(side)]
    room = [looks * sum(side.terms for side in sides)]
    known: list[Side | Ellipsoid] = list(sides)
    empty = not _propagated(known, box, room)
    if not empty and any(side.mixed and not _is_bounded(side, box) for side in sides):
        more = [_implied(side, box) for side in sides if side.mixed]
        known += [rule for rules in more for rule in rules]
        room[0] += looks * sum(side.terms for side in sides)
        empty = not _propagated(known, box, room)
    low, high = np.array([interval[0] for interval in box]), np.array([interval[1] for interval in box])
    return ImpliedBox(low, high, empty)


def _inequalities(problem: Problem, value: float | Fraction | None) -> Iterable[Polynomial]:
    yield from problem.inequalities
    for h in problem.equalities:
        yield h
        yield -h
    if value is not None and not value == math.inf:
        constant = Polynomial.constant(Fraction(value), problem.variables)
        yield constant - problem.minimize


def _says_something(side: Side) -> bool:
    return bool(side.variables) or side.constant < 0


def _is_bounded(side: Side, box: Box) -> bool:
    return all(math.isfinite(low) and math.isfinite(high) for low, high in (box[i] for i in side.variables))


def _implied(side: Side, box: Box) -> list[Side | Ellipsoid]:
    """Return inequalities without mixed terms, and ellipsoids, that follow from one with mixed terms."""
    return [rule for rule in (majorant(side, box), Ellipsoid.of(side)) if rule is not None]


def _propagated(rules: Sequence[Side | Ellipsoid], box: Box, room: list[float]) -> bool:
    """Tighten a box in place until nothing changes much; False where it is proved that nothing is left of it.

    `room` is what work may still be done, in terms.
    """
    own = [rule if isinstance(rule, Side) else rule.side for rule in rules]
    having: dict[int, list[int]] = {}
    for number, side in enumerate(own):
        for i in side.variables:
            having.setdefault(i, []).append(number)
    waiting, queued = deque(range(len(rules))), [True] * len(rules)
    while waiting and room[0] > 0:
        number = waiting.popleft()
        queued[number] = False
        room[0] -= own[number].terms
        found = rules[number].tightened(box)
        if found is None:
            return False
        for i, interval in found.items():
            before, box[i] = box[i], interval
            if _worth_following(before, interval):
                for other in having[i]:
                    if not queued[other]:
                        queued[other] = True
                        waiting.append(other)
    return True


def _worth_following(before: Interval, after: Interval) -> bool:
    """Whether an end became finite, or the width shrank by a share that counts."""
    for old, new in zip(before, after, strict=True):
        if math.isinf(old) and not math.isinf(new):
            return True
    width = before[1] - before[0]
    return math.isfinite(width) and after[1] - after[0] < (1.0 - _PROGRESS) * width
