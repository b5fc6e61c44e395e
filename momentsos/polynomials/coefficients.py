r"""Coefficients: floats, or exact rationals as soon as one of them is given as one.

Exact are `fractions.Fraction`, `decimal.Decimal`, every other rational number (those of SymPy among them) that is no
integer, and integers beyond :math:`2^{53}`, which floats cannot count. All else becomes a float, which smaller integers
are without an error. A polynomial whose coefficients hold one exact number holds exact ones alone; a float beside it is
taken as the binary fraction that it is. Operations on exact coefficients are exact; those on floats round, also where
the floats were integers and the result no longer is one below :math:`2^{53}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..machine.checks import converted, real_array

#: Integers up to this size are floats without an error.
COUNTED = 2**53
_NOT_FINITE = "coefficients: expected finite numbers, found NaN or infinity"


def as_coefficients(values: Any) -> NDArray[Any]:
    """Return coefficients as floats, or as an object array of fractions where one of them is exact.

    Raises
    ------
    InvalidInput
        What is not a real number, or not finite.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuO":
        counted = values.dtype.kind != "O" and -COUNTED <= values.min(initial=0) and values.max(initial=0) <= COUNTED
        values = values if counted else values.tolist()
    if isinstance(values, list | tuple) and any(_is_exact(value) for value in values):
        return as_fractions(values)
    array = real_array(values, "coefficients", "real numbers").reshape(-1)
    if not np.isfinite(array).all():
        raise InvalidInput(_NOT_FINITE)
    return array


def _is_exact(value: Any) -> bool:
    if isinstance(value, float):
        return False
    if isinstance(value, int):
        return abs(value) > COUNTED
    if isinstance(value, Fraction | Decimal):
        return True
    return isinstance(value, Rational) and (value.denominator != 1 or abs(int(value.numerator)) > COUNTED)


def as_fractions(values: Sequence[Any]) -> NDArray[Any]:
    """Return numbers as an object array of fractions; floats are the binary fractions that they are.

    Raises
    ------
    InvalidInput
        What is not a real number, or not finite.
    """
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = converted(_fraction, value, "coefficients", "real, finite numbers")
    return array


def _fraction(value: Any) -> Fraction:
    try:
        if isinstance(value, Rational):
            return Fraction(int(value.numerator), int(value.denominator))
        return Fraction(value if isinstance(value, Decimal) else float(value))
    except OverflowError as error:
        raise InvalidInput(_NOT_FINITE) from error


def same_kind(a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both as they are, or the floats as fractions where the others are."""
    if a.dtype == b.dtype:
        return a, b
    return (a, as_fractions(b.tolist())) if a.dtype == object else (as_fractions(a.tolist()), b)


def rounded(coefficients: NDArray[Any]) -> NDArray[np.float64]:
    """Return the floats nearest to fractions, infinite beyond the range of floats."""
    floats = np.array([_nearest(value) for value in coefficients.tolist()], dtype=np.float64)
    floats.setflags(write=False)
    return floats


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def rounding(coefficients: NDArray[Any], floats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what rounding to `floats` took from fractions, itself rounded; zero where a float is infinite."""
    pairs = zip(coefficients.tolist(), floats.tolist(), strict=True)
    return np.array([float(exact - Fraction(near)) if np.isfinite(near) else 0.0 for exact, near in pairs])
