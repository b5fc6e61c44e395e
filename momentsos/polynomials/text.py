"""Terms of polynomials as text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Bits of numerator and denominator up to which a fraction is shown as one.
_SHOWN = 256


def term(row: NDArray[np.int64], value: Any, names: Sequence[str]) -> str:
    """Return one term, such as ``-2*x^2*y``."""
    factors = [name if power == 1 else f"{name}^{power}" for name, power in zip(names, row, strict=True) if power]
    number = _number(value) if isinstance(value, Fraction) else f"{float(value):.6g}"
    if not factors:
        return number
    sign = {"1": "", "-1": "-"}.get(number)
    return (f"{number}*" if sign is None else sign) + "*".join(factors)


def _number(value: Fraction) -> str:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) <= _SHOWN:
        return str(value)
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.6g}"
