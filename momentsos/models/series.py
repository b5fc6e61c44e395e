"""A polynomial in one variable, in natural units of its input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import NDArray

from ..machine.records import Record

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Series(Record):
    r"""The polynomial :math:`p(t) = \sum_k c_k u^k` of :math:`u = (t - \text{centre}) / \text{scale}`.

    Attributes
    ----------
    coefficients : (d + 1,) array
        The `c`, ascending.
    centre, scale : float
    """

    coefficients: Floats
    centre: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        own = np.array(self.coefficients, dtype=np.float64)
        own.setflags(write=False)
        object.__setattr__(self, "coefficients", own)

    @property
    def degree(self) -> int:
        """The number of coefficients less one."""
        return len(self.coefficients) - 1

    def at(self, t: Any) -> Any:
        """Return the values at an array or a tensor, by Horner's rule."""
        u = (t - self.centre) / self.scale
        value = 0.0 * u + float(self.coefficients[-1])
        for c in self.coefficients[-2::-1].tolist():
            value = value * u + c
        return value

    @property
    def powers(self) -> Floats:
        """The coefficients of the ascending powers of `t`."""
        return self._as_long(self._in_powers().coef)

    def chebyshev(self, low: float, high: float) -> Floats:
        """Return the coefficients of the Chebyshev polynomials of [low, high] brought to [-1, 1], ascending."""
        middle, half = 0.5 * (low + high), 0.5 * (high - low) or 1.0
        inner = Polynomial([(middle - self.centre) / self.scale, half / self.scale])
        return self._as_long(Polynomial(self.coefficients)(inner).convert(kind=Chebyshev).coef)

    def _in_powers(self) -> Polynomial:
        return Polynomial(self.coefficients)(Polynomial([-self.centre / self.scale, 1.0 / self.scale]))

    def _as_long(self, given: NDArray[Any]) -> Floats:
        found = np.zeros(len(self.coefficients))
        found[: len(given)] = given[: len(found)]
        return found
