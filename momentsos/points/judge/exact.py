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
from flint import arb, ctx, fmpq

from .forms import Form
from .records import Value

#: Bits at which signs and values are looked at in turn, while they are in doubt.
_PRECISIONS = (256, 1024, 4096, 16384, 65536)
#: From this many terms on the last ones are left out.
_MANY, _FEWER = 20_000, 3
#: Bits to which a value is wanted, relative to itself: over thirty digits.
_ENOUGH = 120

Powers = dict[tuple[int, int], Any]


@dataclass(frozen=True, eq=False)
class ExactForm:
    """A form that can be evaluated in any ring."""

    form: Form

    @cached_property
    def _balls(self) -> list[arb]:
        return self.form.balls()

    @cached_property
    def _tree(self) -> list[tuple[int, tuple[int, int], int]]:
        """Monomials in an order of evaluation: the place of a divisor (or -1), the last factor, the term (or -1)."""
        rows, columns = np.nonzero(self.form.exponents)
        powers = self.form.exponents[rows, columns].tolist()
        nodes: list[tuple[int, tuple[int, int], int]] = []
        places: dict[tuple[int, tuple[int, int]], int] = {}
        ends = np.searchsorted(rows, np.arange(len(self.form.exponents) + 1)).tolist()
        letters = list(zip(columns.tolist(), powers, strict=True))
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

    def ball(self, point: Sequence[Any], powers: Powers) -> arb:
        """Return the value at a point of balls, at the precision that is set; `powers` is shared and filled."""
        return self._evaluate(self._balls, point, powers, arb(0))

    def rational(self, point: Sequence[fmpq], powers: Powers) -> fmpq:
        """Return the value at a rational point."""
        return self._evaluate(self.form.rationals(), point, powers, fmpq(0))

    def evaluate(self, coefficients: Sequence[Any], point: Sequence[Any], zero: Any) -> Any:
        """Return the value in another ring, given the coefficients there."""
        return self._evaluate(coefficients, point, {}, zero)

    def _evaluate(self, coefficients: Sequence[Any], point: Sequence[Any], powers: Powers, zero: Any) -> Any:
        constant = not self.form.exponents[0].any()  # terms are in graded order
        total = zero + coefficients[0] if constant else zero
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

    def sign(self, point: Sequence[arb], until: float) -> int | None:
        """Return the sign of the value at a point of binary fractions, None where digits or time do not suffice."""
        steps = _PRECISIONS if len(self._tree) < _MANY else _PRECISIONS[:_FEWER]
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

    def value(self, point: Sequence[arb]) -> Value:
        """Return the value of the polynomial at a point of balls or of binary fractions."""
        steps = _PRECISIONS if len(self._tree) < _MANY else _PRECISIONS[:_FEWER]
        exact_point = all(coordinate.is_exact() for coordinate in point)
        for precision in steps:
            with ctx.workprec(precision):
                value = self.ball(point, {})
                if value.is_exact() or value.rel_accuracy_bits() >= _ENOUGH:
                    break
                if not exact_point and precision > steps[0]:
                    break
        return enclosed(value, self.form.factor)


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
