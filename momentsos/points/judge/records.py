"""What the judge says of a point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, Context, Decimal
from enum import Enum, StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: The largest float.
_MOST = float(np.finfo(float).max)


class Feasibility(StrEnum):
    """How it is known that a point is feasible."""

    #: Every constraint holds at the point of the verdict, in exact arithmetic.
    EXACT = "exact"
    #: A feasible point is proved to exist within 1e-32 of the point of the verdict, and the value encloses its value.
    PROVED = "proved"
    #: Newton's method went on to 120 digits after the point; nothing is proved.
    CONVERGED = "converged"


class Refusal(Enum):
    """Why a point is not feasible, as far as is known."""

    #: A coordinate is infinite or not a number.
    NOT_FINITE = "not finite"
    #: A constraint is a constant, and does not hold.
    EMPTY = "empty"
    #: What would mend the violations moves the point farther than the limit, or no move does.
    TOO_FAR = "too far"
    #: Violations do not vanish near the point, or so slowly that nothing can be said.
    STALLED = "stalled"
    #: Numbers leave the range of floats, or a constraint does not change at the point.
    DEGENERATE = "degenerate"
    #: The time was up.
    NO_TIME = "no time"


@dataclass(frozen=True)
class Value:
    """The objective at a point, enclosed: at least `low` and at most `high`, which are the same where it is exact.

    Attributes
    ----------
    low, high : Fraction
        They agree to thirty digits at least, unless the value is that of a point known to fewer.
    """

    low: Fraction
    high: Fraction

    @classmethod
    def exactly(cls, number: Fraction) -> Value:
        """Return a value that is known."""
        return cls(number, number)

    @property
    def is_exact(self) -> bool:
        """Whether nothing is left open."""
        return self.low == self.high

    @property
    def upper(self) -> float:
        """The smallest float that is not below the value; infinity beyond all floats."""
        return rounded_up(self.high)

    @property
    def size(self) -> Fraction:
        """The largest absolute value that it may have."""
        return max(abs(self.low), abs(self.high))

    @property
    def lower(self) -> float:
        """The largest float that is not above the value; minus infinity below all floats."""
        return -rounded_up(-self.low)

    def decimal(self, digits: int = 30) -> str:
        """Return the value as a decimal number of so many digits, rounded up."""
        context = Context(prec=digits, rounding=ROUND_CEILING, Emin=MIN_EMIN, Emax=MAX_EMAX)
        return str(context.divide(Decimal(self.high.numerator), Decimal(self.high.denominator)))

    def __repr__(self) -> str:
        return f"Value({self.upper!r}{'' if self.is_exact else ', rounded'})"


@dataclass(frozen=True, eq=False)
class Verdict:
    """What is known of a point.

    Attributes
    ----------
    feasibility : Feasibility or None
        None for a point that is not accepted.
    point, fine : (n,) arrays
        The point that is judged, the sum of both: the one that was asked about, moved where that mends it. For one
        that is not accepted, the one that was asked about.
    value : Value or None
        The objective at that point; None for a point that is not accepted.
    moved : float
        By how much the point was moved: the largest change of a coordinate in its unit.
    reason : Refusal or None
        Why it is not accepted.
    exact_point : tuple of Fraction or None
        The point itself, where it is feasible exactly and no sum of two floats a coordinate, such as one third.
    """

    feasibility: Feasibility | None
    point: Floats
    fine: Floats
    value: Value | None = None
    moved: float = 0.0
    reason: Refusal | None = None
    exact_point: tuple[Fraction, ...] | None = None

    @property
    def feasible(self) -> bool:
        """Whether the point is accepted."""
        return self.feasibility is not None

    @property
    def upper(self) -> float:
        """The value, rounded up to a float; infinity for a point that is not accepted."""
        return math.inf if self.value is None else self.value.upper

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Verdict):
            return NotImplemented
        same = self._facts() == other._facts()
        arrays = ((self.point, other.point), (self.fine, other.fine))
        return same and all(np.array_equal(a, b, equal_nan=True) for a, b in arrays)

    def __hash__(self) -> int:
        return hash(self._facts())

    def _facts(self) -> tuple[object, ...]:
        return self.feasibility, self.value, self.moved, self.reason, self.exact_point

    def __repr__(self) -> str:
        if self.feasibility is None:
            return f"Verdict(refused: {self.reason.value if self.reason else 'unknown'})"
        return f"Verdict({self.feasibility.value}, {self.upper!r}, moved={self.moved:.1e})"


def rounded_up(number: Fraction) -> float:
    """Return the smallest float that is at least `number`."""
    if abs(number) > _MOST:
        return math.inf if number > 0 else -_MOST
    nearest = float(number)
    return nearest if Fraction(nearest) >= number else math.nextafter(nearest, math.inf)
