r"""What a polynomial in one variable is at most, and where it is not negative, rounded outwards.

Roots are enclosed by Arb (python-flint); coefficients are floats, taken as the binary fractions that they are.
Everything is about :math:`t \ge 0`: the other half-line is that of :math:`p(-t)`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb, ctx, fmpq, fmpz_poly

#: Polynomials of higher degree are not looked at.
MOST_DEGREE = 60
#: Bits in which polynomials are evaluated and their roots enclosed.
_BITS = 100
#: A root that is a multiple of the inverse of this number is recognised.
_SHORT = 2**20

Coefficients = tuple[float, ...]
#: Floats, the first not above and the second not below a number.
Enclosure = tuple[float, float]


def feasible_part(p: Sequence[float], low: float, high: float) -> Enclosure | None:
    r"""Return an interval with all :math:`t \in [l, h]` for which :math:`p(t) \ge 0`; None where there are none.

    Parameters
    ----------
    p : sequence of float
        Finite coefficients by ascending powers.
    low, high : float
        The `l` and `h` with :math:`0 \le l \le h`; `h` may be infinite.
    """
    p = _trimmed(p)
    if len(p) > MOST_DEGREE + 1:
        return low, high
    with ctx.workprec(_BITS):
        begins = not _value(p, low) < 0
        ends = (p[-1] >= 0 if len(p) > 1 else begins) if high == math.inf else not _value(p, high) < 0
        if begins and ends:
            return low, high
        roots = [(a, b) for a, b in _roots(p) if b >= low and a <= high]
    if not roots:  # of one sign, and negative at one end
        return None
    first, last = min(a for a, _ in roots), max(b for _, b in roots)
    return low if begins else max(low, first), high if ends else min(high, last)


@dataclass(frozen=True)
class Bounded:
    r"""A polynomial, and upper bounds of its local maxima at positive arguments.

    Attributes
    ----------
    coefficients : tuple of float
    peaks : tuple of (Enclosure, float)
        Where they are, and what is not exceeded there.
    """

    coefficients: Coefficients
    peaks: tuple[tuple[Enclosure, float], ...]

    @classmethod
    def of(cls, p: Sequence[float]) -> Bounded:
        """Find the local maxima of a polynomial of degree at most `MOST_DEGREE`."""
        p = _trimmed(p)
        if len(p) <= 2 or all(c >= 0 for c in p[1:]) or all(c <= 0 for c in p[1:]):
            return cls(p, ())
        with ctx.workprec(_BITS):
            if len(p) == 3:
                places = _enclosed([-arb(p[1]) / (2 * arb(p[2]))])
            else:
                places = _enclosed(_real_roots(_integral(p).derivative()))
            peaks = [((a, b), float_above(_value(p, arb(a).union(arb(b))))) for a, b in places]
        return cls(p, tuple(peaks))

    def supremum(self, low: float, high: float) -> float:
        """Return a number that no value between `low` and `high` exceeds, infinity where there is none."""
        p = self.coefficients
        if len(p) == 1:
            return p[0]
        if high == math.inf and p[-1] > 0:
            return math.inf
        with ctx.workprec(_BITS):
            found = [float_above(_value(p, low))]
            if high != math.inf:
                found.append(float_above(_value(p, high)))
        return max(*found, *(top for (a, b), top in self.peaks if b >= low and a <= high), found[0])


def float_above(x: arb) -> float:
    """Return a float that no number of a ball exceeds."""
    f = float(x.upper())
    return f if math.isnan(f) or arb(f) >= x else math.nextafter(f, math.inf)


def float_below(x: arb) -> float:
    """Return a float that no number of a ball is below."""
    return -float_above(-x)


def _trimmed(p: Sequence[float]) -> Coefficients:
    end = len(p)
    while end > 1 and p[end - 1] == 0:
        end -= 1
    return tuple(p[:end])


def _value(p: Coefficients, t: float | arb) -> arb:
    found = arb(p[-1])
    for c in p[-2::-1]:
        found = found * t + c
    return found


def _roots(p: Coefficients) -> list[Enclosure]:
    """Return enclosures of all real roots that are not negative, perhaps of some that are none."""
    skipped = next(k for k, c in enumerate(p) if c)
    found: list[arb] = [arb(0)] * min(skipped, 1)
    p = p[skipped:]
    if len(p) == 1:
        pass
    elif not any(p[1:-1]):
        ratio = -arb(p[0]) / p[-1]
        if not ratio < 0:
            found.append(ratio.nonnegative_part().root(len(p) - 1))
    elif len(p) == 3:
        found += _quadratic_roots(*p)
    else:
        found += _real_roots(_integral(p))
    return _enclosed(found)


def _real_roots(p: fmpz_poly) -> list[arb]:
    """Return balls around all real roots, those with few digits as they are."""
    found = []
    pairs: Any = p.complex_roots()
    for x in (root.real for root, _ in pairs if root.imag == 0):
        short = round(float(x.mid()) * _SHORT) if abs(x) < 2**30 else 0
        found.append(arb(short) / _SHORT if short and p(fmpq(short, _SHORT)) == 0 else x)
    return found


def _enclosed(numbers: list[arb]) -> list[Enclosure]:
    """Return floats around those of the numbers that may be positive or zero."""
    return sorted((max(float_below(x), 0.0), float_above(x)) for x in numbers if not x < 0)


def _quadratic_roots(c: float, b: float, a: float) -> list[arb]:
    square = arb(b) * b - 4 * arb(a) * c
    if square < 0:
        return []
    large = -(arb(b) + square.nonnegative_part().sqrt() * (1 if b >= 0 else -1)) / 2
    return [large / a, arb(c) / large]  # `large` is at least half of `b`, which is not zero


def _integral(p: Coefficients) -> fmpz_poly:
    """Return the polynomial times a power of two that makes its coefficients integers."""
    parts = [math.frexp(c) for c in p]
    least = min(e for m, e in parts if m)
    return fmpz_poly([int(m * 2.0**53) << (e - least) if m else 0 for m, e in parts])
