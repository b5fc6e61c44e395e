"""Where a search begins: the frame in which boxes have about unit width, and the bounds that constraints state."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from .model import Model
from .monomials import Frame
from .rows import EQUALITY, PRODUCT, Key
from .steps import Bounded, Step

Floats = NDArray[np.float64]

#: A box that is this many widths away from the origin is moved there; no width below this share of its place is scaled.
_AWAY, _THIN = 2.0, 1e-5
#: Bits of a shift, beyond the width.
_BITS = 4


def frame_of(low: Floats, high: Floats, units: Floats) -> Frame:
    """Return a frame in which a box has widths from one half to one.

    Parameters
    ----------
    low, high : (n,) arrays
        Infinite where nothing is known.
    units : (n,) array
        Natural sizes of the variables, for those.
    """
    shifts, widths = [], []
    for a, b, unit in zip(low.tolist(), high.tolist(), units.tolist(), strict=True):
        width = b - a
        if not math.isfinite(width):
            shifts.append(Fraction(0))
            widths.append(Fraction(math.ldexp(1.0, _exponent(unit))))
            continue
        largest = max(abs(a), abs(b))
        scale = _exponent(max(width, _THIN * largest, _THIN * unit, 1e-300))
        if max(-b, a) > _AWAY * width:  # far from the origin
            grid = scale - _BITS
            shifts.append(Fraction(math.floor(math.ldexp(a, -grid))) * Fraction(2) ** grid)
            widths.append(Fraction(2) ** scale)
        else:
            shifts.append(Fraction(0))
            widths.append(Fraction(2) ** _exponent(max(largest, _THIN * unit, 1e-300)))
    return Frame(tuple(shifts), tuple(widths))


def _exponent(size: float) -> int:
    """Return the power of two next above a positive number."""
    mantissa, exponent = math.frexp(size)
    return exponent - 1 if mantissa == 0.5 else exponent


def stated_bounds(model: Model) -> tuple[Floats, Floats, list[Step]]:
    """Return the box that constraints in one variable state, exactly, infinite elsewhere; with the steps to it."""
    low, high = np.full(len(model.columns), -np.inf), np.full(len(model.columns), np.inf)
    steps: list[Step] = []
    one = 2 * model.size + model.n_inequalities
    framed = model.framed
    for equal, polynomials in ((False, framed.inequalities), (True, framed.equalities)):
        for number, p in enumerate(polynomials):
            monomials = [e for e in p if any(e)]
            if len(monomials) != 1 or sum(monomials[0]) != 1:
                continue
            i, rate = monomials[0].index(1), p[monomials[0]]
            value = -p.get((0,) * framed.n, Fraction(0)) / rate
            key = Key(EQUALITY, number) if equal else Key(PRODUCT, 2 * model.size + number, one)
            sides = (False, True) if equal else (rate < 0,)
            for upper in sides:
                bound = at_least(value) if upper else -at_least(-value)
                sign = 1.0 if not equal or (rate > 0) != upper else -1.0
                if (bound < high[i]) if upper else (bound > low[i]):
                    (high if upper else low)[i] = bound
                    steps.append(Step(((key, sign),), (Bounded(i, upper, bound),)))
    return low, high, steps


def at_least(value: Fraction) -> float:
    """Return the smallest float that is at least a number."""
    found = float(value)
    return found if Fraction(found) >= value else math.nextafter(found, math.inf)
