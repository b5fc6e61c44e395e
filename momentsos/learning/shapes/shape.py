"""What a learned function is to be like on an interval: increasing, convex, within bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_poly
from numpy.typing import NDArray

from ...errors import InvalidInput
from ...machine.checks import converted, items, shown
from ...machine.records import Record
from ..activation import Activation
from ..bases import BASES
from ..rational.positive import is_positive

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Shape(Record):
    r"""Constraints on a function `p` at every point of an interval.

    Parameters
    ----------
    interval : (float, float)
        Where they hold; what happens outside of it is not asked.
    monotone : {"increasing", "decreasing"}, optional
        :math:`p' \ge 0` or :math:`p' \le 0`.
    curvature : {"convex", "concave"}, optional
        :math:`p'' \ge 0` or :math:`p'' \le 0`.
    values : (float or None, float or None)
        Least and largest value; ``(-M, M)`` says that `p` is bounded by `M`.

    Raises
    ------
    InvalidInput
        Nothing is asked, or what makes no sense.
    """

    interval: tuple[float, float]
    monotone: str | None = None
    curvature: str | None = None
    values: tuple[float | None, float | None] = (None, None)

    def __post_init__(self) -> None:
        low, high = _pair(self.interval, "interval")
        if low is None or high is None or not low < high:
            raise InvalidInput(f"interval ({low}, {high}): expected two finite numbers, the lower one first")
        if self.monotone not in (None, "increasing", "decreasing"):
            raise InvalidInput(f"monotone {shown(self.monotone)}: expected 'increasing' or 'decreasing'")
        if self.curvature not in (None, "convex", "concave"):
            raise InvalidInput(f"curvature {shown(self.curvature)}: expected 'convex' or 'concave'")
        least, most = _pair(self.values, "values")
        if least is not None and most is not None and not least < most:
            raise InvalidInput(f"values ({least:g}, {most:g}): expected the lower one first")
        if self.monotone is None and self.curvature is None and least is None and most is None:
            raise InvalidInput("Shape: nothing is asked; expected monotone, curvature or values")
        object.__setattr__(self, "interval", (low, high))
        object.__setattr__(self, "values", (least, most))

    @property
    def demands(self) -> tuple[Demand, ...]:
        """What is asked, one by one."""
        found = []
        if self.monotone:
            found.append(Demand(1, 1.0 if self.monotone == "increasing" else -1.0, 0.0))
        if self.curvature:
            found.append(Demand(2, 1.0 if self.curvature == "convex" else -1.0, 0.0))
        least, most = self.values
        if least is not None:
            found.append(Demand(0, 1.0, least))
        if most is not None:
            found.append(Demand(0, -1.0, -most))
        return tuple(found)


@dataclass(frozen=True)
class Demand:
    r"""That :math:`\pm p^{(k)}(t) \ge \beta` on an interval.

    Attributes
    ----------
    order : int
        The `k`.
    sign : float
    least : float
        The :math:`\beta`.
    """

    order: int
    sign: float
    least: float


@dataclass(frozen=True, eq=False)
class Basis:
    """A basis of polynomials in its own variable `s`, which is an affine function of the input.

    Attributes
    ----------
    powers : (places, d + 1) array
        Row `i` holds element `i` in ascending powers of `s`, exactly.
    low, high : float
        The inputs at which `s` is -1 and 1.
    """

    powers: Floats
    low: float
    high: float

    @classmethod
    def of(cls, activation: Activation) -> Basis:
        """Return the basis of an activation whose interval is known."""
        assert activation.degree is not None and not isinstance(activation.interval, str)
        low, high = activation.interval or (-1.0, 1.0)
        powers = np.zeros((activation.degree + 1, activation.degree + 1))
        for place in range(len(powers)):
            found = np.atleast_1d(BASES[str(activation.basis)].powers(np.eye(len(powers))[place, : place + 1]))
            powers[place, : len(found)] = found
        return cls(powers, low, high)

    def within(self, interval: tuple[float, float]) -> tuple[float, float]:
        """Return the basis variable for the ends of an interval, rounded so that both are certainly in it."""
        left, right = (self.own_ball(arb(end)) for end in interval)
        low, high = float(left.mid()), float(right.mid())
        while not arb(low) >= left:
            low = float(np.nextafter(low, np.inf))
        while not arb(high) <= right:
            high = float(np.nextafter(high, -np.inf))
        return low, high

    def own_ball(self, value: arb) -> arb:
        """Return the basis variable for an input, as a ball."""
        return (2 * value - (arb(self.low) + arb(self.high))) / (arb(self.high) - arb(self.low))

    def functional(self, demand: Demand, place: float) -> Floats:
        """Return what the demand makes of the coefficients at one value of `s`, in floats; derivatives are by `s`."""
        row = np.array([_derived(p, demand.order) for p in self.powers])
        return demand.sign * (row @ place ** np.arange(row.shape[1]))

    def functional_balls(self, demand: Demand, place: float) -> list[arb]:
        """Return the same as balls."""
        return [arb_poly(_balls(p, demand))(arb(place)) for p in self.powers]

    def function(self, demand: Demand, coefficients: Floats) -> Floats:
        """Return the powers of `s` in what is to be at least `demand.least`, in floats."""
        return np.asarray(demand.sign * _derived(coefficients @ self.powers, demand.order))

    def keeps(self, demand: Demand, coefficients: Floats, ends: tuple[float, float]) -> bool:
        """Return whether the demand was proved between two inputs, strictly."""
        total = arb_poly([])
        for c, p in zip(coefficients, self.powers, strict=True):
            total = total + arb_poly(_balls(p, demand)) * arb(float(c))
        left, right = self.own_ball(arb(ends[0])), self.own_ball(arb(ends[1]))
        return is_positive((total - arb(demand.least))(arb_poly([(left + right) / 2, (right - left) / 2])))


def _derived(powers: Floats, order: int) -> Floats:
    for _ in range(order):
        powers = powers[1:] * np.arange(1, len(powers)) if len(powers) > 1 else np.zeros(1)
    return powers


def _balls(powers: Floats, demand: Demand) -> list[arb]:
    found = [arb(float(v)) for v in powers]
    for _ in range(demand.order):
        found = [v * k for k, v in enumerate(found)][1:]
    return [v * int(demand.sign) for v in found]


def _pair(value: object, name: str) -> tuple[float | None, float | None]:
    ends = items(value, name, "two numbers")
    if len(ends) != 2:
        raise InvalidInput(f"{name}: expected two numbers, got {len(ends)}")
    found = [None if end is None else float(converted(float, end, name, "two numbers")) for end in ends]
    if any(end is not None and not math.isfinite(end) for end in found):
        raise InvalidInput(f"{name}: expected finite numbers, or None where there is no limit")
    return found[0], found[1]
