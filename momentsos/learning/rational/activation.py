"""Rational activations with a positive denominator, which has one coefficient."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidInput
from ...machine.checks import converted, is_integer, items, shown
from ...machine.records import Record

Floats = NDArray[np.float64]

#: The largest degree of a numerator: a determinant has one row and column more.
MAX_DEGREE = 5
#: The highest power of an input that is formed anywhere.
MAX_POWER = 2 * (MAX_DEGREE + 2)


@dataclass(frozen=True, eq=False, repr=False)
class RationalActivation(Record):
    r"""An activation :math:`(c_0 + c_1 t + \dots + c_p t^p) / q(t)` whose denominator is positive.

    Parameters
    ----------
    degree : int
        The degree `p` of the numerator, from 0 to 5.
    denominator : {"cauchy", "pade"}
        :math:`q(t) = t^2 + \delta`, where :math:`\delta` stands for a square :math:`d^2`, or
        :math:`q(t) = 1 + \delta t^2`.
    interval : (float, float)
        Least and largest value of :math:`\delta`; positive for ``"cauchy"``, not negative for ``"pade"``.

    Raises
    ------
    InvalidInput
        Another denominator or degree, or an interval in which a denominator may vanish.

    Notes
    -----
    Cauchy activations are those of XNet, :math:`(\lambda_1 t + \lambda_2) / (t^2 + d^2)`. The scale of Padé
    approximants is fixed by the 1.
    """

    degree: int = 1
    denominator: str = "cauchy"
    interval: tuple[float, float] = (0.05, 20.0)

    def __post_init__(self) -> None:
        if not is_integer(self.degree) or not 0 <= self.degree <= MAX_DEGREE:
            raise InvalidInput(f"degree {shown(self.degree)}: expected an integer from 0 to {MAX_DEGREE}")
        if self.denominator not in ("cauchy", "pade"):
            raise InvalidInput(f"denominator {shown(self.denominator)}: expected 'cauchy' or 'pade'")
        ends = items(self.interval, "interval", "(least, largest) value of the denominator's coefficient")
        if len(ends) != 2:
            raise InvalidInput(f"interval: expected two numbers, got {len(ends)}")
        low, high = (float(converted(float, end, "interval", "two numbers")) for end in ends)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise InvalidInput(f"interval ({low:g}, {high:g}): expected two finite numbers, the lower one first")
        if low < 0.0 or (low == 0.0 and self.is_cauchy):
            raise InvalidInput(
                f"interval ({low:g}, {high:g}): the denominator is to be positive for every input; expected "
                f"{'a number above 0' if self.is_cauchy else 'at least 0'} as the lower end"
            )
        object.__setattr__(self, "degree", int(self.degree))
        object.__setattr__(self, "interval", (low, high))

    @property
    def is_cauchy(self) -> bool:
        """Whether the denominator is that of Cauchy activations."""
        return self.denominator == "cauchy"

    @property
    def title(self) -> str:
        """What kind of function it is, in a few words."""
        return f"{self.denominator}, numerator of degree {self.degree}"

    def elements(self, inputs: Floats, delta: float | Floats) -> Floats:
        """Return :math:`t^k / q(t)` for all `k`, on a last axis more."""
        squares = np.square(inputs)
        below = squares + delta if self.is_cauchy else 1.0 + delta * squares
        return np.asarray(inputs[..., None] ** np.arange(self.degree + 1) / below[..., None])

    def at(self, inputs: Floats, coefficients: Floats, delta: float) -> Floats:
        """Return the values, in the shape of `inputs`."""
        return np.asarray(self.elements(inputs, delta) @ coefficients)

    def pieces(self, largest: float) -> list[tuple[float, float]]:
        r"""Cut the interval into pieces on which Taylor series of :math:`1 / q` converge like those of 1 / 3.

        Parameters
        ----------
        largest : float
            The largest squared input.
        """
        low, high = self.interval
        ends = [low]
        while ends[-1] < high:
            step = 2.0 * ends[-1] if self.is_cauchy else 2.0 * ends[-1] + 1.0 / max(largest, 1e-300)
            ends.append(min(high, step))
        return list(pairwise(ends))
