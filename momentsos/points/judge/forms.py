"""The polynomials of a problem with coefficients that are binary fractions of size one, and the constraints among them.

A constraint may be multiplied by any positive number: by a power of two, so that its largest coefficient has size one,
and by the common denominator of its fractions. Every number of a form is then known exactly in binary arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb, fmpq, fmpz

from ...polynomials import Polynomial
from ...polynomials.exponents import Exponents
from ...problem import Problem
from .records import Floats

#: Coefficients of size one have a relative rounding error of 2^-53 from here on.
_NORMAL = 1e-290


@dataclass(frozen=True, eq=False)
class Form:
    """A polynomial divided by a positive `factor`, which makes its coefficients binary fractions.

    Attributes
    ----------
    exponents : (terms, n) integer array
    floats : (terms,) array
        The coefficients, of size at most one, rounded.
    numerators : list of int, or None
        Times ``2**-shift`` the coefficients; None where the floats are exact.
    shift : int
    factor : Fraction
        The polynomial is this times the form.
    """

    exponents: Exponents
    floats: Floats
    numerators: list[int] | None
    shift: int
    factor: Fraction

    @classmethod
    def of(cls, polynomial: Polynomial) -> Form:
        """Divide a polynomial that is not zero."""
        if not polynomial.is_exact:
            power = math.frexp(float(np.abs(polynomial.values).max()))[1]
            floats = np.ldexp(polynomial.values, -power)
            if np.abs(floats).min() >= _NORMAL:
                return cls(polynomial.exponents, floats, None, 0, _power_of_two(power))
        fractions = [Fraction(value) for value in polynomial.coefficients.tolist()]
        denominator = math.lcm(*(value.denominator for value in fractions))
        numerators = [value.numerator * (denominator // value.denominator) for value in fractions]
        shift = max(abs(value) for value in numerators).bit_length()
        floats = np.array([float(Fraction(value, 1 << shift)) for value in numerators])
        return cls(polynomial.exponents, floats, numerators, shift, Fraction(1 << shift, denominator))

    @property
    def is_trusted(self) -> bool:
        """Whether the floats are the coefficients up to a relative error of 2^-53."""
        return self.numerators is None or bool(np.abs(self.floats).min() >= _NORMAL)

    @property
    def starts_positive(self) -> bool:
        """Whether the first coefficient is positive."""
        return bool(self.floats[0] > 0) if self.numerators is None else self.numerators[0] > 0

    @property
    def bits(self) -> int:
        """The length of the coefficients as binary fractions over one denominator."""
        return 1100 if self.numerators is None else self.shift

    def balls(self) -> list[arb]:
        """Return the coefficients, exactly."""
        if self.numerators is None:
            return [arb(value) for value in self.floats.tolist()]
        return [arb((fmpz(value), fmpz(-self.shift))) for value in self.numerators]

    def rationals(self) -> list[fmpq]:
        """Return the coefficients, exactly."""
        if self.numerators is None:
            return [fmpq(*value.as_integer_ratio()) for value in self.floats.tolist()]
        return [fmpq(value, 1 << self.shift) for value in self.numerators]

    def integers(self) -> tuple[int, ...]:
        """Return the coprime integers that the coefficients are proportional to, the first one positive."""
        numbers = self.numerators
        if numbers is None:
            pairs = [value.as_integer_ratio() for value in self.floats.tolist()]
            largest = max(below for _, below in pairs)
            numbers = [above * (largest // below) for above, below in pairs]
        divisor = math.gcd(*numbers) * (1 if numbers[0] > 0 else -1)
        return tuple(value // divisor for value in numbers)


@dataclass(frozen=True, eq=False)
class Constraints:
    """The constraints of a problem, no two of them proportional.

    Attributes
    ----------
    equalities, inequalities : tuple of Form
    empty : bool
        Whether one of them is a constant that does not hold.
    """

    equalities: tuple[Form, ...]
    inequalities: tuple[Form, ...]
    empty: bool

    @classmethod
    def of(cls, problem: Problem) -> Constraints:
        """List the constraints: equalities, each once, and those inequalities that do not follow from one other.

        Of proportional ones the first is kept; two opposite inequalities are an equality.
        """
        equal = [p for p in problem.equalities if p]
        other = [p for p in problem.inequalities if p]
        constant = [p.coefficients[0] for p in other if p.degree == 0]
        empty = any(p.degree == 0 for p in equal) or any(value < 0 for value in constant)
        forms = [Form.of(p) for p in (*equal, *other) if p.degree]
        count = sum(p.degree > 0 for p in equal)
        is_equality = [place < count for place in range(len(forms))]
        kept: list[int] = []
        for same in _proportional(forms):
            first = same[0]
            signs = {forms[place].starts_positive for place in same}
            is_equality[first] = is_equality[first] or len(signs) == 2
            kept.append(first)
        kept.sort()
        return cls(
            tuple(forms[place] for place in kept if is_equality[place]),
            tuple(forms[place] for place in kept if not is_equality[place]),
            empty,
        )


def _proportional(forms: Sequence[Form]) -> list[list[int]]:
    """Return the places of forms, proportional ones together, each group in order."""
    lists: dict[bytes, list[int]] = {}
    for place, form in enumerate(forms):
        lists.setdefault(form.exponents.tobytes(), []).append(place)
    groups: list[list[int]] = []
    for places in lists.values():
        if len(places) == 1:
            groups.append(places)
            continue
        # Quotients of proportional floats are rounded to the same floats, which is quickly seen.
        quick = all(forms[place].numerators is None for place in places)
        alike: dict[bytes, list[int]] = {}
        for place in places:
            floats = forms[place].floats
            key = (floats / floats[np.abs(floats).argmax()]).tobytes() if quick else b""
            alike.setdefault(key, []).append(place)
        for few in alike.values():
            groups.extend([few] if len(few) == 1 else _exactly_proportional(forms, few))
    return groups


def _exactly_proportional(forms: Sequence[Form], places: Sequence[int]) -> list[list[int]]:
    found: dict[tuple[int, ...], list[int]] = {}
    for place in places:
        found.setdefault(forms[place].integers(), []).append(place)
    return list(found.values())


def _power_of_two(power: int) -> Fraction:
    return Fraction(1 << power) if power >= 0 else Fraction(1, 1 << -power)
