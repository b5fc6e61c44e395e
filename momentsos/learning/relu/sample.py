"""The data of a regression: as they were given, as integers, and in coordinates for floats."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import fmpq_mat, fmpz_mat
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput
from ...machine.checks import real_array
from .whitening import Whitened, whitened

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sample:
    r"""Inputs with a column of ones, and targets.

    Attributes
    ----------
    X : (N, d) array
    y : (N,) array
    intercept : bool
        Whether there is the column of ones.
    columns : tuple of int
        Columns that are independent, exactly, and span the others; the ones are column `d`.
    rows : N lists of integers
        The entries of these columns times powers of two.
    powers : tuple of int
        The entries are ``rows * 2**power``.
    """

    X: Floats
    y: Floats
    intercept: bool
    columns: tuple[int, ...]
    rows: list[list[int]]
    powers: tuple[int, ...]

    @classmethod
    def of(cls, X: ArrayLike, y: ArrayLike, intercept: bool = True) -> Sample:
        """Return checked data; `InvalidInput` for shapes that do not match and what is not finite."""
        inputs, targets = real_array(X, "X"), real_array(y, "y")
        inputs = inputs[:, None] if inputs.ndim == 1 else inputs
        targets = targets[:, 0] if targets.ndim == 2 and targets.shape[1] == 1 else targets
        if inputs.ndim != 2 or not inputs.size:
            raise InvalidInput(f"X: expected an array of shape (N, d) with N, d >= 1, got shape {inputs.shape}")
        if targets.shape != (len(inputs),):
            raise InvalidInput(f"y: expected shape ({len(inputs)},), one target a row of X, got {targets.shape}")
        for name, array in (("X", inputs), ("y", targets)):
            if not np.isfinite(array).all():
                raise InvalidInput(f"{name}: expected finite numbers, got NaN or infinity")
        if not isinstance(intercept, bool | np.bool_):
            raise InvalidInput(f"intercept: expected True or False, got {intercept!r:.60}")
        whole = np.hstack([inputs, np.ones((len(inputs), 1))]) if intercept else inputs
        powers = [_lowest_power(column) for column in whole.T]
        entries = [[_integer(v, p) for v, p in zip(row, powers, strict=True)] for row in whole.tolist()]
        kept = _pivots(entries)
        rows = [[row[j] for j in kept] for row in entries]
        return cls(inputs, targets, bool(intercept), kept, rows, tuple(powers[j] for j in kept))

    @cached_property
    def white(self) -> Whitened:
        """The rows in coordinates whose columns are orthogonal."""
        return whitened(self.rows)

    @cached_property
    def targets(self) -> list[int]:
        """The targets times a power of two."""
        power = _lowest_power(self.y)
        return [_integer(v, power) for v in self.y.tolist()]

    @cached_property
    def squares(self) -> int:
        """The sum of the squared `targets`."""
        return sum(v * v for v in self.targets)

    @cached_property
    def scaled(self) -> Floats:
        """The targets times a power of two for which the squares add up to something between 1/4 and 4; rounded."""
        unit = 2 ** (self.squares.bit_length() // 2)
        return np.array([v / unit for v in self.targets])

    @cached_property
    def unit(self) -> Fraction:
        """The sum of squared residuals in units of `scaled`, times this, is the mean squared residual."""
        return Fraction(4 ** (self.squares.bit_length() // 2)) * self.square_of_target / len(self.y)

    @cached_property
    def square_of_target(self) -> Fraction:
        """What one unit of a squared integer target is worth."""
        power = 2 * _lowest_power(self.y)
        return Fraction(2) ** power

    def mean(self, squares: Fraction) -> Fraction:
        """Return the mean squared residual for a sum of squares of residuals of the integer targets."""
        return squares * self.square_of_target / len(self.y)

    def weights(self, theta: list[Fraction]) -> tuple[Floats, float]:
        """Return weights and bias, rounded, for coefficients of the integer rows that make the integer targets."""
        unit = Fraction(2) ** _lowest_power(self.y)
        found = np.zeros(self.X.shape[1] + 1)
        for column, value, power in zip(self.columns, theta, self.powers, strict=True):
            found[column] = _rounded(value * unit / Fraction(2) ** power)
        return found[:-1], float(found[-1])

    def coefficients(self, white: Floats) -> list[Fraction]:
        """Return coefficients of the integer rows for those of the white ones, in units of `scaled`."""
        unit, change = 2 ** (self.squares.bit_length() // 2), self.white.change
        own = [Fraction(float(v)) * unit for v in white]
        return [sum((u * v for u, v in zip(row, own, strict=True)), Fraction(0)) for row in change]

    def loss(self, w: Floats, b: float) -> Fraction:
        """Return the mean squared residual of a ReLU, exactly."""
        weights, bias, total = [Fraction(float(v)) for v in w], Fraction(b), Fraction(0)
        for row, target in zip(self.X.tolist(), self.y.tolist(), strict=True):
            inner = bias + sum((a * Fraction(v) for a, v in zip(weights, row, strict=True)), Fraction(0))
            total += (Fraction(target) - max(inner, Fraction(0))) ** 2
        return total / len(self.y)


def _lowest_power(values: Floats) -> int:
    """Return the least power of two that is a bit of one of the values."""
    found = [Fraction(v) for v in np.asarray(values).tolist() if v]
    return min((_power_of(f) for f in found), default=0)


def _power_of(value: Fraction) -> int:
    down = value.denominator.bit_length() - 1
    return -down if down else (value.numerator & -value.numerator).bit_length() - 1


def _integer(value: float, power: int) -> int:
    return int(Fraction(value) / Fraction(2) ** power)


def _pivots(rows: list[list[int]]) -> tuple[int, ...]:
    """Return columns that are independent and span the others, the last ones first: ones are kept where there are."""
    width = len(rows[0])
    turned = fmpq_mat(fmpz_mat([row[::-1] for row in rows]))
    reduced, rank = turned.rref()
    found = [next(j for j in range(width) if reduced[i, j] != 0) for i in range(rank)]
    return tuple(sorted(width - 1 - j for j in found))


def _rounded(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float(np.finfo(np.float64).max) * (1 if value > 0 else -1)
