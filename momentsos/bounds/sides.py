r"""One inequality :math:`g(x) \ge 0` taken apart, and what it says of each variable when the others lie in a box.

Write :math:`g = c + \sum_i p_i(x_i) + \sum_t m_t(x)`, the :math:`m_t` with two variables or more. For one variable,
everything without it is at most the sum of the suprema, and what multiplies its powers lies in intervals; on each
half-line that leaves a polynomial in one variable that is not negative (`momentsos.bounds.univariate`). Taking suprema
of whole :math:`p_i`, not of their terms, finds the ball around (2, 0) from :math:`5 + 4 x - x^2 - y^2 \ge 0`.

Source: Neumaier, *Complete search in continuous global optimization and constraint satisfaction*, Acta Numerica 13
(2004), section 14; Belotti, Cafieri, Lee and Liberti, *On feasibility based bounds tightening* (2012).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..polynomials import Polynomial
from .rounded import Interval, enclosed, power, sum_above, times
from .univariate import MOST_DEGREE, Bounded, feasible_part

#: The least and the largest value of each variable.
Box = list[Interval]


@dataclass(frozen=True)
class Mixed:
    """A term with several variables: its coefficient, and the powers of its variables."""

    coefficient: Interval
    powers: tuple[tuple[int, int], ...]

    def without(self, variable: int, box: Box) -> Interval:
        """Return an interval with what multiplies the power of one variable; with -1, with all of the term."""
        found = self.coefficient
        for i, k in self.powers:
            if i != variable:
                found = times(found, power(box[i], k))
        return found


@dataclass(frozen=True)
class Side:
    r"""An inequality :math:`g \ge 0`.

    Attributes
    ----------
    constant : float
        Not below that of `g`.
    pure : mapping
        For each variable the coefficients of :math:`p_i`, without a constant, as intervals by ascending powers.
    mixed : tuple of Mixed
    """

    constant: float
    pure: Mapping[int, tuple[Interval, ...]]
    mixed: tuple[Mixed, ...]

    @classmethod
    def of(cls, g: Polynomial) -> Side:
        """Take a polynomial apart."""
        constant: list[float] = []
        pure: dict[int, dict[int, Interval]] = {}
        mixed = []
        rows, columns = np.nonzero(g.exponents)
        ends = np.searchsorted(rows, np.arange(len(g) + 1)).tolist()
        powers, numbers = g.exponents[rows, columns].tolist(), columns.tolist()
        for place, value in enumerate(g.coefficients.tolist()):
            interval = enclosed(value)
            start, end = ends[place], ends[place + 1]
            if start == end:
                constant.append(interval[1])
            elif end == start + 1:
                pure.setdefault(numbers[start], {})[powers[start]] = interval
            else:
                both = tuple(zip(numbers[start:end], powers[start:end], strict=True))
                mixed.append(Mixed(interval, both))
        parts = {
            i: tuple(terms.get(k, (0.0, 0.0)) for k in range(1, max(terms) + 1)) for i, terms in sorted(pure.items())
        }
        return cls(sum_above(constant), parts, tuple(mixed))

    @cached_property
    def variables(self) -> tuple[int, ...]:
        """Those that occur."""
        return tuple(sorted({*self.pure, *(i for term in self.mixed for i, _ in term.powers)}))

    @cached_property
    def terms(self) -> int:
        """How many terms it has, each counted for every variable in it."""
        return 1 + sum(map(len, self.pure.values())) + sum(len(term.powers) for term in self.mixed)

    @cached_property
    def _halves(self) -> dict[int, tuple[Bounded, Bounded] | None]:
        """For each variable the upper ends of its part at positive and at negative arguments, None where unknown."""
        found: dict[int, tuple[Bounded, Bounded] | None] = {}
        for i, part in self.pure.items():
            both = _upper(0.0, part), _upper(0.0, _reflected(part))
            known = len(part) <= MOST_DEGREE and all(map(math.isfinite, (*both[0], *both[1])))
            found[i] = (Bounded.of(both[0]), Bounded.of(both[1])) if known else None
        return found

    @cached_property
    def _having(self) -> dict[int, list[int]]:
        """For each variable the numbers of the mixed terms with it."""
        found: dict[int, list[int]] = {}
        for number, term in enumerate(self.mixed):
            for i, _ in term.powers:
                found.setdefault(i, []).append(number)
        return found

    def part_supremum(self, variable: int, interval: Interval) -> float:
        """Return a number that the part of one variable does not exceed on an interval."""
        halves = self._halves.get(variable)
        if halves is None:
            return math.inf
        low, high = interval
        found = []
        if high >= 0:
            found.append(halves[0].supremum(max(low, 0.0), high))
        if low <= 0:
            found.append(halves[1].supremum(max(-high, 0.0), -low))
        return max(found)

    def tightened(self, box: Box) -> dict[int, Interval] | None:
        """Return smaller intervals for variables of a box; None where no point of the box satisfies the inequality.

        They hold all points of the box that satisfy it.
        """
        parts = {i: self.part_supremum(i, box[i]) for i in self.pure}
        terms = [term.without(-1, box)[1] for term in self.mixed]
        everything = [self.constant, *parts.values(), *terms]
        infinite = sum(value == math.inf for value in everything)
        total = sum_above(value for value in everything if value != math.inf)
        if not infinite and total < 0:
            return None
        found: dict[int, Interval] = {}
        for i in self.variables:
            own = [*([parts[i]] if i in parts else []), *(terms[number] for number in self._having.get(i, []))]
            if infinite > sum(value == math.inf for value in own) or self._halves.get(i, 0) is None:
                continue
            rest = sum_above([total, *(-value for value in own if value != math.inf)])
            interval = self._solved(i, rest, box)
            if interval is None:
                return None
            if interval != box[i]:
                found[i] = interval
        return found

    def _solved(self, i: int, rest: float, box: Box) -> Interval | None:
        """Return where a variable can be, when all that is without it is at most `rest`."""
        coefficients = list(self.pure.get(i, ()))
        for number in self._having.get(i, []):
            term = self.mixed[number]
            k = dict(term.powers)[i]
            coefficients += [(0.0, 0.0)] * (k - len(coefficients))
            low, high = term.without(i, box)
            before = coefficients[k - 1]
            coefficients[k - 1] = -sum_above([-before[0], -low]), sum_above([before[1], high])
        low, high = box[i]
        ends: list[float] = []
        for sign, part, begin, end in (
            (1.0, coefficients, max(low, 0.0), high),
            (-1.0, _reflected(coefficients), max(-high, 0.0), -low),
        ):
            if end < begin:
                continue
            p = _upper(rest, part)
            inside = feasible_part(p, begin, end) if all(map(math.isfinite, p)) else (begin, end)
            if inside is not None:
                ends += [sign * inside[0], sign * inside[1]]
        return (max(low, min(ends)), min(high, max(ends))) if ends else None


def _upper(constant: float, part: list[Interval] | tuple[Interval, ...]) -> list[float]:
    """Return the coefficients of a polynomial that is not below, at positive arguments."""
    return [constant, *(high for _, high in part)]


def _reflected(part: list[Interval] | tuple[Interval, ...]) -> list[Interval]:
    """Return the part at the negative argument; the first coefficient is that of the first power."""
    return [(-high, -low) if k % 2 else (low, high) for k, (low, high) in enumerate(part, start=1)]
