"""Matrices of binary fractions in exact arithmetic: integers over one common power of two (FLINT)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz, fmpz_mat
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Bits of a float's mantissa.
_MANTISSA = 53


@dataclass(frozen=True, eq=False)
class Dyadic:
    r"""The matrix :math:`2^e M`.

    Attributes
    ----------
    whole : fmpz_mat
        The integers `M`.
    exponent : int
        The `e`.
    """

    whole: fmpz_mat
    exponent: int

    @classmethod
    def of(cls, array: Floats) -> Dyadic:
        """Return a matrix of floats exactly."""
        mantissas, exponents = np.frexp(array)
        whole = np.ldexp(mantissas, _MANTISSA).astype(np.int64)
        places = exponents.astype(np.int64) - _MANTISSA
        least = int(places[whole != 0].min(initial=0)) if whole.any() else 0
        moved = np.where(whole != 0, places - least, 0)
        entries = [w << s for w, s in zip(whole.reshape(-1).tolist(), moved.reshape(-1).tolist(), strict=True)]
        return cls(fmpz_mat(array.shape[0], array.shape[1], entries), least)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.whole.nrows()), int(self.whole.ncols())

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.shape, [int(w) for w in self.whole.entries()], self.exponent)

    def at(self, exponent: int) -> fmpz_mat:
        """Return the integers over a smaller power of two."""
        return self.whole * fmpz(1 << self.exponent - exponent)

    def __add__(self, other: Dyadic) -> Dyadic:
        least = min(self.exponent, other.exponent)
        return Dyadic(self.at(least) + other.at(least), least)

    def __sub__(self, other: Dyadic) -> Dyadic:
        least = min(self.exponent, other.exponent)
        return Dyadic(self.at(least) - other.at(least), least)

    def __matmul__(self, other: Dyadic) -> Dyadic:
        return Dyadic(self.whole * other.whole, self.exponent + other.exponent)

    def times(self, number: Fraction) -> Dyadic:
        """Return the matrix times a binary fraction."""
        bits = number.denominator.bit_length() - 1
        assert number.denominator == 1 << bits
        return Dyadic(self.whole * fmpz(number.numerator), self.exponent - bits)

    def congruent(self, by: Dyadic) -> Dyadic:
        r"""Return :math:`B^\top M B`."""
        return by.transposed() @ self @ by

    def symmetric(self) -> Dyadic:
        """Return half the sum with the transposed matrix."""
        return Dyadic(self.whole + self.whole.transpose(), self.exponent - 1)

    def transposed(self) -> Dyadic:
        """Return the transposed matrix."""
        return Dyadic(self.whole.transpose(), self.exponent)

    @property
    def is_zero(self) -> bool:
        """Whether all entries are zero."""
        return not any(self.whole.entries())

    def sums(self, first: NDArray[np.intp], second: NDArray[np.intp], place: NDArray[np.intp], count: int) -> list[int]:
        r"""Return :math:`\sum M_{ij}` over all pairs with the same place, of a symmetric matrix, in units of its grid.

        Pairs are listed once, `first` at most `second`, and those off the diagonal count twice.
        """
        entries, width = self.whole.entries(), self.shape[1]
        found = [fmpz(0)] * count
        for i, j, k in zip(first.tolist(), second.tolist(), place.tolist(), strict=True):
            value = entries[i * width + j]
            found[k] += value if i == j else 2 * value
        return [int(value) for value in found]

    def fractions(self) -> list[list[Fraction]]:
        """Return the rows as fractions."""
        unit, width = Fraction(2) ** self.exponent, self.shape[1]
        entries = [unit * int(w) for w in self.whole.entries()]
        return [entries[start : start + width] for start in range(0, len(entries), width)]

    def rounded(self, bits: int) -> Dyadic:
        """Return the matrix rounded down on a grid of so many bits below its largest entry."""
        entries = [int(w) for w in self.whole.entries()]
        spare = max((abs(w).bit_length() for w in entries), default=0) - bits
        if spare <= 0:
            return self
        return Dyadic(fmpz_mat(*self.shape, [w >> spare for w in entries]), self.exponent + spare)

    def floats(self) -> Floats:
        """Return the nearest floats, up to one unit in the last place."""
        values = [nearest(int(w), self.exponent) for w in self.whole.entries()]
        return np.array(values).reshape(self.shape)


def _restored(shape: tuple[int, int], entries: list[int], exponent: int) -> Dyadic:
    return Dyadic(fmpz_mat(*shape, entries), exponent)


def nearest(whole: int, exponent: int) -> float:
    """Return the float next to an integer times two to a power, up to one unit in the last place."""
    spare = max(0, whole.bit_length() - 64)
    return math.ldexp(float(whole >> spare), spare + exponent)
