"""One activation: which coefficients it has, what they make of an input, and how that is planned as a polynomial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..polynomials.exponents import Exponents
from .layers import Layer, UnitPolynomials
from .unknowns import Coefficient


@dataclass(frozen=True)
class Activation:
    r"""A polynomial :math:`p(t) = c_0 + c_1 t + \dots + c_d t^d`, the same for all units of a layer.

    Nothing else is asked of an activation than what is here: `Unknowns` numbers its coefficients, the network takes
    its values, the expansion its plan, and a plot its title.

    Attributes
    ----------
    degree : int
        At least 1.
    constant : float or None
        The number that :math:`c_0` is fixed at; None where it is learned.
    """

    degree: int
    constant: float | None = None

    @property
    def coefficients(self) -> tuple[Coefficient, ...]:
        """The coefficients, in ascending powers."""
        return (Coefficient("0", self.constant), *(Coefficient(str(p)) for p in range(1, self.degree + 1)))

    @property
    def title(self) -> str:
        """What kind of function it is, in two words."""
        return f"degree {self.degree}"

    def at(self, inputs: NDArray[np.float64], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values, in the shape of `inputs`."""
        return np.asarray(np.polynomial.polynomial.polyval(inputs, coefficients), dtype=np.float64)

    def plan(
        self,
        shared: UnitPolynomials | None,
        varying: Exponents,
        units: int,
        coefficients: tuple[Exponents, NDArray[np.float64]],
        until: float = math.inf,
    ) -> Layer:
        """Plan the values as polynomials in the unknowns; see `momentsos.learning.layers`.

        Parameters
        ----------
        shared : UnitPolynomials or None
            What samples do not change in the inputs; None where it is zero.
        varying : (terms, n) integer array
            The monomials of what they change.
        units : int
        coefficients : (d + 1, n) integer array and (d + 1,) array
            The terms that the coefficients are, from `Unknowns.monomials`.
        until : float
            When the time is over, by `time.perf_counter`.
        """
        return Layer.of(shared, varying, units, *coefficients, until)


def normalised(degrees: Sequence[int]) -> tuple[Activation, ...]:
    """Return polynomials of these degrees with constant 1 in all layers but the last, where it is learned.

    Without a fixed constant a scale could move between layers, unless there are biases.
    """
    return (*(Activation(degree, 1.0) for degree in degrees[:-1]), Activation(degrees[-1]))
