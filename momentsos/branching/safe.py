r"""Bounds that any multipliers prove, with all that rounding may do subtracted.

For rows :math:`p_k \ge 0` (or zero) and any multipliers :math:`y` of the right signs, a linear form of the columns is
:math:`c = \sum_k y_k p_k + r` with some remainder :math:`r`, so that :math:`c \ge \inf r` over the box of the columns.
The remainder is evaluated in floats. With :math:`|p_k|` the sum of the absolute terms of a row over the box, of a
product the product of those of its factors, everything that rounding does to data, products and sums is at most
:math:`(m + 16)\, \epsilon\, (|c| + \sum_k |y_k| |p_k|)`.

Source: Neumaier and Shcherbina, *Safe bounds in linear and mixed-integer linear programming*, Math. Program. 99 (2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that hold on a box.

    Attributes
    ----------
    coefficients, constants : (m, C) and (m,) arrays
    equal : (m,) boolean array
    sizes : (m,) array
        Sums of absolute terms over the box, at least.
    """

    coefficients: Floats
    constants: Floats
    equal: NDArray[np.bool_]
    sizes: Floats

    def __len__(self) -> int:
        return len(self.constants)

    def joined(self, other: Rows) -> Rows:
        """Return these rows and others."""
        return Rows(
            np.concatenate([self.coefficients, other.coefficients]),
            np.concatenate([self.constants, other.constants]),
            np.concatenate([self.equal, other.equal]),
            np.concatenate([self.sizes, other.sizes]),
        )

    def kept(self, which: NDArray[np.intp]) -> Rows:
        """Return some of them."""
        return Rows(self.coefficients[which], self.constants[which], self.equal[which], self.sizes[which])


@dataclass(frozen=True, eq=False)
class SafeBound:
    """A bound that multipliers prove.

    Attributes
    ----------
    value : float
        The form is at least this on the box, where the rows hold.
    multipliers : (m,) array
        With their signs right.
    remainder : (C,) array
        What is left of the form, as floats.
    """

    value: float
    multipliers: Floats
    remainder: Floats


def safe_bound(form: Floats, constant: float, rows: Rows, multipliers: Floats, low: Floats, high: Floats) -> SafeBound:
    """Return what multipliers prove of a linear form of the columns on a box that is finite.

    Where a bound is infinite and counts the value is minus infinity.
    """
    y = np.where(rows.equal, multipliers, np.maximum(multipliers, 0.0))
    y = np.where(np.isfinite(y), y, 0.0)
    used = np.flatnonzero(y)
    part, weights = rows.coefficients[used], y[used]
    remainder = form - weights @ part
    with np.errstate(invalid="ignore", over="ignore"):
        largest = np.maximum(np.abs(low), np.abs(high))
        least = np.where(remainder == 0.0, 0.0, np.minimum(remainder * low, remainder * high))
        sizes = np.where(form == 0.0, 0.0, np.abs(form) * largest).sum() + abs(constant)
        sizes = sizes + float(np.abs(weights) @ rows.sizes[used])
        error = (len(used) + len(form) + 32) * _EPS * sizes
        value = constant - float(weights @ rows.constants[used]) + float(least.sum()) - 2.0 * error
    return SafeBound(value if value == value else -np.inf, y, remainder)
