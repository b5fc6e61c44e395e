"""Values of polynomials in exact arithmetic or in balls, term by term, on a tree of monomials.

Coefficients and coordinates that are binary fractions make all values binary fractions. Ball arithmetic gives them
exactly once its precision holds all their digits; before that, a ball that does not contain zero decides a sign.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx, fmpq

from ...machine.remembered import remembered
from ...polynomials.exponents import Exponents
from .forms import Form
from .records import Floats, Value

#: Bits at which signs and values are looked at in turn, while they are in doubt.
_PRECISIONS = (256, 1024, 4096, 16384, 65536)
#: From this many terms on the last ones are left out.
_MANY, _FEWER = 20_000, 3
#: Bits to which a value is wanted, relative to itself: over thirty digits.
_ENOUGH = 120

Powers = dict[tuple[int, int], Any]
#: The place of a divisor (or -1), the last factor, the term (or -1).
Node = tuple[int, tuple[int, int], int]


@remembered
def _tree_of(exponents: Exponents) -> list[Node]:
    """Return monomials in an order of evaluation."""
    rows, columns = np.nonzero(exponents)
    letters = list(zip(columns.tolist(), exponents[rows, columns].tolist(), strict=True))
    ends = np.searchsorted(rows, np.arange(len(exponents) + 1)).tolist()
    nodes: list[Node] = []
    places: dict[tuple[int, tuple[int, int]], int] = {}
    for term, (begin, end) in enumerate(pairwise(ends)):
        parent = -1
        for letter in letters[begin:end]:
            key = (parent, letter)
            if key not in places:
                places[key] = len(nodes)
                nodes.append((parent, letter, -1))
            parent = places[key]
        if parent >= 0:
            nodes[parent] = (*nodes[parent][:2], term)
    return nodes


@dataclass(frozen=True, eq=False)
class Terms:
    """Monomials in graded order, to be evaluated in any ring."""

    exponents: Exponents

    @cached_property
    def _tree(self) -> list[Node]:
        return _tree_of(self.exponents)

    def __len__(self) -> int:
        return len(self.exponents)

    def evaluate(self, coefficients: Sequence[Any], point: Sequence[Any], zero: Any, powers: Powers) -> Any:
        """Return the value at a point, given coefficients and the zero of a ring; `powers` is shared and filled."""
        total = zero if self.exponents[0].any() else zero + coefficients[0]
        found: list[Any] = []
        for parent, letter, term in self._tree:
            factor = powers.get(letter)
            if factor is None:
                variable, power = letter
                factor = powers[letter] = raised(point[variable], power)
            product = factor if parent < 0 else found[parent] * factor
            found.append(product)
            if term >= 0:
                total = total + coefficients[term] * product
        return total

    def monomials(self, point: Sequence[Any], one: Any, powers: Powers) -> list[Any]:
        """Return the values of the monomials at a point; `powers` is shared and filled."""
        found: list[Any] = []
        values = [one] * len(self)
        for parent, letter, term in self._tree:
            factor = powers.get(letter)
            if factor is None:
                factor = powers[letter] = raised(point[letter[0]], letter[1])
            product = factor if parent < 0 else found[parent] * factor
            found.append(product)
            if term >= 0:
                values[term] = product
        return values


@dataclass(frozen=True, eq=False)
class ExactForm:
    """A form that can be evaluated exactly, or as exactly as the precision that is set."""

    form: Form

    @cached_property
    def terms(self) -> Terms:
        """The monomials."""
        return Terms(self.form.exponents)

    @cached_property
    def balls(self) -> list[arb]:
        """The coefficients."""
        return self.form.balls()

    @cached_property
    def _slopes(self) -> list[tuple[int, Terms, list[arb]]]:
        """The variables that occur, and the derivatives by them."""
        found = []
        for i in np.flatnonzero(self.form.exponents.any(axis=0)).tolist():
            kept = np.flatnonzero(self.form.exponents[:, i])
            powers = self.form.exponents[kept, i].tolist()
            lowered = self.form.exponents[kept].copy()
            lowered[:, i] -= 1
            balls = [self.balls[term] * power for term, power in zip(kept.tolist(), powers, strict=True)]
            found.append((i, Terms(lowered), balls))
        return found

    def ball(self, point: Sequence[arb], powers: Powers) -> arb:
        """Return the value at a point of balls, at the precision that is set."""
        return self.terms.evaluate(self.balls, point, arb(0), powers)

    def slopes(self, point: Sequence[arb], powers: Powers) -> Floats:
        """Return the gradient, rounded to floats."""
        gradient = np.zeros(self.form.exponents.shape[1])
        for i, terms, balls in self._slopes:
            gradient[i] = float(terms.evaluate(balls, point, arb(0), powers))
        return gradient

    def rational(self, point: Sequence[fmpq], powers: Powers) -> fmpq:
        """Return the value at a rational point."""
        return self.terms.evaluate(self.form.rationals(), point, fmpq(0), powers)

    def sign(self, point: Sequence[arb], until: float) -> int | None:
        """Return the sign of the value at a point of binary fractions, None where digits or time do not suffice."""
        steps = _PRECISIONS if len(self.terms) < _MANY else _PRECISIONS[:_FEWER]
        for precision in steps:
            with ctx.workprec(precision):
                value = self.ball(point, {})
                if value > 0:
                    return 1
                if value < 0:
                    return -1
                if value.is_zero():
                    return 0
            if time.perf_counter() > until:
                return None
        return None

    def exact_value(self, point: Sequence[fmpq]) -> Value:
        """Return the value of the polynomial at a rational point."""
        value = self.rational(point, {})
        return Value.exactly(Fraction(int(value.p), int(value.q)) * self.form.factor)

    def value(self, point: Sequence[arb]) -> Value:
        """Return the value of the polynomial at a point of balls or of binary fractions."""
        steps = _PRECISIONS if len(self.terms) < _MANY else _PRECISIONS[:_FEWER]
        exact_point = all(coordinate.is_exact() for coordinate in point)
        for precision in steps:
            with ctx.workprec(precision):
                value = self.ball(point, {})
                if value.is_exact() or value.rel_accuracy_bits() >= _ENOUGH:
                    break
                if not exact_point and precision > steps[0]:
                    break
        return enclosed(value, self.form.factor)


def balls_at(forms: Sequence[ExactForm], point: Sequence[arb]) -> list[arb]:
    """Return the values of forms at the precision that is set; what have the same monomials share them."""
    groups: dict[bytes, list[int]] = {}
    for place, each in enumerate(forms):
        groups.setdefault(each.form.exponents.tobytes(), []).append(place)
    powers: Powers = {}
    found = [arb(0)] * len(forms)
    for places in groups.values():
        monomials = forms[places[0]].terms.monomials(point, arb(1), powers)
        rows = arb_mat([forms[place].balls for place in places])
        values = rows * arb_mat(len(monomials), 1, monomials)
        for row, place in enumerate(places):
            found[place] = values[row, 0]
    return found


def values_of(forms: Sequence[ExactForm], point: Sequence[arb]) -> list[Value]:
    """Return the values of polynomials at a point as `ExactForm.value` does."""
    with ctx.workprec(_PRECISIONS[0]):
        balls = balls_at(forms, point)
        known = [ball.is_exact() or ball.rel_accuracy_bits() >= _ENOUGH for ball in balls]
    return [
        enclosed(ball, each.form.factor) if good else each.value(point)
        for each, ball, good in zip(forms, balls, known, strict=True)
    ]


def raised(base: Any, power: int) -> Any:
    """Return a positive power, by multiplications alone: in balls that hold zero, others are not defined."""
    result = None
    while True:
        if power & 1:
            result = base if result is None else result * base
        power >>= 1
        if not power:
            return result
        base = base * base


def enclosed(ball: arb, factor: Fraction) -> Value:
    """Return a ball, times a positive number, as an interval of fractions."""
    middle, radius = fraction_of(ball.mid()) * factor, fraction_of(ball.rad()) * factor
    return Value(middle - radius, middle + radius)


def fraction_of(number: arb) -> Fraction:
    """Return a ball of radius zero as a fraction."""
    mantissa, exponent = (int(part) for part in number.man_exp())
    return Fraction(mantissa << exponent) if exponent >= 0 else Fraction(mantissa, 1 << -exponent)


def sums_of_floats(point: Sequence[float], fine: Sequence[float]) -> list[arb]:
    """Return the sums of two floats a coordinate, exactly."""
    if not any(fine):
        return [arb(x) for x in point]
    with ctx.workprec(2200):  # more than the bits between the largest and the smallest float
        return [arb(x) + arb(d) for x, d in zip(point, fine, strict=True)]
