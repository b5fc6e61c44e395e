"""Rational numbers with small denominators next to the coordinates of a point.

Optima of problems that people write down often have such coordinates, and there equations can hold exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from flint import arb
from numpy.typing import NDArray

from .compiled import Compiled
from .exact import fraction_of
from .records import Floats

#: The denominator of the first try, a power of two: such coordinates are floats.
_BINARY = 64
#: The largest denominator, and how many steps of a continued fraction lead there at most.
_LARGEST, _STEPS = 10_000, 24
#: Beyond this, floats are integers.
_WHOLE = 2.0**52
#: The largest denominator of a limit of Newton's method, and how close it has to be.
_LONGEST, _NEXT = 10**15, Fraction(1, 10**29)


def feasible_neighbour(
    compiled: Compiled, point: Floats, tolerances: Floats, refused: Floats, until: float
) -> tuple[Fraction, ...] | None:
    """Return a point with simple coordinates within the tolerances at which all constraints hold; None without one.

    The point `refused` is not tried again.
    """
    for rounded, denominators in _neighbours(point, tolerances):
        if denominators is None and (rounded == refused).all():
            continue
        signs = compiled.tables.at(rounded)
        if not compiled.may_hold(signs):
            continue
        if denominators is None:
            if compiled.holds([arb(value) for value in rounded.tolist()], signs, until):
                return tuple(map(Fraction, rounded.tolist()))
            continue
        fractions = tuple(
            Fraction(round(value * below), below) if below else Fraction(value)
            for value, below in zip(rounded.tolist(), denominators.tolist(), strict=True)
        )
        if compiled.fits(fractions) and compiled.holds_exactly(fractions, signs):
            return fractions
    return None


def feasible_limit(compiled: Compiled, point: list[arb]) -> tuple[Fraction, ...] | None:
    """Return the fractions that a point with many digits is next to, if all constraints hold there; None otherwise."""
    found = []
    for ball in point:
        exact = fraction_of(ball)
        simple = exact.limit_denominator(_LONGEST)
        if abs(simple - exact) > _NEXT * max(abs(exact), Fraction(1)):
            return None
        found.append(simple)
    signs = compiled.tables.at(np.array([float(value) for value in found]))
    if compiled.may_hold(signs) and compiled.fits(found) and compiled.holds_exactly(found, signs):
        return tuple(found)
    return None


def _neighbours(point: Floats, tolerances: Floats) -> Iterator[tuple[Floats, NDArray[np.int64] | None]]:
    """Yield points whose coordinates are replaced by simple fractions where one is within its tolerance.

    Yields
    ------
    rounded : (n,) array
    denominators : (n,) integer array, or None
        A coordinate is the fraction with this denominator that is closest to `rounded`, or `rounded` itself where the
        denominator is 0; None where the floats are exact.
    """
    with np.errstate(all="ignore"):
        binary = np.where(np.abs(point) < _WHOLE, np.round(point * _BINARY) / _BINARY, point)
        binary = np.where(np.abs(binary - point) <= tolerances, binary, point)
    yield binary, None
    denominators = _simplest(point, tolerances)
    rounded = np.where(denominators > 0, np.round(point * denominators) / np.maximum(denominators, 1), point)
    if (denominators & (denominators - 1)).any() and (np.abs(rounded - point) <= tolerances).all():
        yield rounded, denominators


def _simplest(point: Floats, tolerances: Floats) -> NDArray[np.int64]:
    """Return the denominators of the first convergents within the tolerances, 0 where they are too large."""
    found = np.zeros(len(point), dtype=np.int64)
    small = np.abs(point) < _WHOLE / _LARGEST
    rest = np.where(small, point, 0.5)
    before, now = np.zeros(len(point)), np.ones(len(point))
    whole = np.floor(rest)
    rest = rest - whole
    open_ = small.copy()
    for _ in range(_STEPS):
        near = open_ & (np.abs(np.round(point * now) / now - point) <= tolerances)
        found[near] = now[near].astype(np.int64)
        open_ &= ~near & (rest > 0.0)
        if not open_.any():
            break
        turned = 1.0 / np.where(open_, rest, 1.0)
        whole = np.floor(turned)
        rest = turned - whole
        before, now = now, np.where(open_, whole * now + before, now)
        open_ &= now <= _LARGEST
    return found
