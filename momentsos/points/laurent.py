r"""Sums of products of integer powers, negative ones too, in rational arithmetic, and curves that are such sums of `t`.

An equality :math:`c\, x_i\, x^\beta + r = 0` in which :math:`x_i` occurs nowhere else is solved by
:math:`x_i = -r / (c\, x^\beta)`, again such a sum. So the hyperbola :math:`x y = 1` leaves one free variable, and what
happens far out on it is seen along :math:`x = t,\; y = t^{-1}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..polynomials import Polynomial

#: Variables with their powers, which are not zero, in increasing order; then the coefficient, which is not zero.
Monomial = tuple[tuple[int, int], ...]
Laurent = dict[Monomial, Fraction]
#: The same in one variable `t`, by powers.
Curve = dict[int, Fraction]

#: Solving an equality may leave this many terms in an expression.
_MOST_TERMS = 5000


def laurent(p: Polynomial) -> Laurent:
    """Return a polynomial in this form; floats are the binary fractions that they are."""
    found: Laurent = {}
    for row, value in zip(p.exponents.tolist(), p.coefficients.tolist(), strict=True):
        found[tuple((i, k) for i, k in enumerate(row) if k)] = Fraction(value)
    return found


def product(a: Laurent, b: Laurent) -> Laurent:
    """Return the product of two sums."""
    found: Laurent = {}
    for first, c in a.items():
        for second, d in b.items():
            powers = dict(first)
            for i, k in second:
                powers[i] = powers.get(i, 0) + k
            key = tuple(sorted((i, k) for i, k in powers.items() if k))
            found[key] = found.get(key, Fraction(0)) + c * d
    return {key: c for key, c in found.items() if c}


@dataclass(frozen=True)
class Solved:
    """A variable that an equality gives as a sum in the others, each with its own variables.

    Attributes
    ----------
    variable : int
    expression : Laurent
    """

    variable: int
    expression: Laurent

    @classmethod
    def of(cls, h: Laurent, taken: frozenset[int]) -> Solved | None:
        """Solve an equality for a variable that occurs once, to the power one; for one whose factor is a number first.

        `taken` are variables that must not be solved for.
        """
        count: dict[int, int] = {}
        for key in h:
            for i, _ in key:
                count[i] = count.get(i, 0) + 1
        able = [(len(key), -len(h), i, key) for key in h for i, k in key if k == 1 and count[i] == 1 and i not in taken]
        if not able:
            return None
        _, _, variable, key = min(able)
        factor: Laurent = {tuple((i, -k) for i, k in key if i != variable): -1 / h[key]}
        rest = {other: c for other, c in h.items() if other != key}
        return cls(variable, product(rest, factor))

    def put_into(self, p: Laurent) -> Laurent | None:
        """Return a sum without the variable, None where it would be too long, or a power of a sum be negative."""
        powers: list[Laurent] = [{(): Fraction(1)}]
        found: Laurent = {}
        for key, c in p.items():
            k = dict(key).get(self.variable, 0)
            rest: Laurent = {tuple(pair for pair in key if pair[0] != self.variable): c}
            if k < 0:
                if len(self.expression) != 1:
                    return None
                ((own, d),) = self.expression.items()
                part: Laurent = {tuple((i, k * e) for i, e in own): d**k}
            else:
                while len(powers) <= k:
                    powers.append(product(powers[-1], self.expression))
                    if len(powers[-1]) > _MOST_TERMS:
                        return None
                part = powers[k]
            for other, d in product(rest, part).items():
                found[other] = found.get(other, Fraction(0)) + d
            if len(found) > _MOST_TERMS:
                return None
        return {other: d for other, d in found.items() if d}


def along(p: Laurent, curves: Mapping[int, Curve] | Sequence[Curve]) -> Curve | None:
    """Return a sum along curves, None where a negative power is taken of one with several terms, or of zero."""
    known: dict[tuple[int, int], Curve] = {}
    found: Curve = {}
    for key, c in p.items():
        term: Curve = {0: c}
        for i, k in key:
            if (i, k) not in known:
                part = _power(curves[i], k)
                if part is None:
                    return None
                known[i, k] = part
            term = _times(term, known[i, k])
        for k, d in term.items():
            found[k] = found.get(k, Fraction(0)) + d
    return {k: d for k, d in found.items() if d}


def _power(curve: Curve, k: int) -> Curve | None:
    if k < 0:
        if len(curve) != 1:
            return None
        ((own, c),) = curve.items()
        return {own * k: c**k}
    found: Curve = {0: Fraction(1)}
    for _ in range(k):
        found = _times(found, curve)
    return found


def _times(a: Curve, b: Curve) -> Curve:
    found: Curve = {}
    for k, c in a.items():
        for m, d in b.items():
            found[k + m] = found.get(k + m, Fraction(0)) + c * d
    return {k: d for k, d in found.items() if d}
