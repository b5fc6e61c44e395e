"""Bases of polynomials in one variable on an interval: what their elements are, as powers and as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, hermite_e, legendre, polynomial
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Basis:
    r"""Polynomials :math:`\phi_0, \dots, \phi_d` of degrees 0 to `d` in :math:`s = (2 t - a - b) / (b - a)`.

    Attributes
    ----------
    powers : callable
        From coefficients in the basis to those of the powers of `s`, as in `numpy.polynomial`.
    values : callable
        Values at points for given coefficients, as in `numpy.polynomial`.
    deviations : bool
        Whether the range of data is mean ± deviation (for weights without end), and not least to largest.
    """

    powers: Callable[..., Any]
    values: Callable[..., Any]
    deviations: bool = False


#: One entry a basis. Hermite polynomials are those of probability, orthogonal for the standard normal law.
BASES: MappingProxyType[str, Basis] = MappingProxyType(
    {
        "monomials": Basis(lambda c: c, polynomial.polyval),
        "chebyshev": Basis(chebyshev.cheb2poly, chebyshev.chebval),
        "legendre": Basis(legendre.leg2poly, legendre.legval),
        "hermite": Basis(hermite_e.herme2poly, hermite_e.hermeval, deviations=True),
    }
)


def elements_as_powers(name: str, degree: int, interval: tuple[float, float]) -> Floats:
    """Return the matrix whose column `i` holds the ascending powers of `t` in element `i`, shape (d + 1, d + 1)."""
    low, high = interval
    inner = np.array([-(low + high) / (high - low), 2.0 / (high - low)])
    in_t = np.zeros((degree + 1, degree + 1))  # column p: s^p in powers of t
    power = np.ones(1)
    for p in range(degree + 1):
        in_t[: p + 1, p] = power
        power = polynomial.polymul(power, inner)
    in_s = np.zeros((degree + 1, degree + 1))
    for i in range(degree + 1):
        found = np.atleast_1d(BASES[name].powers(np.eye(degree + 1)[i, : i + 1]))
        in_s[: len(found), i] = found
    return in_t @ in_s


def values_in(name: str, inputs: Floats, coefficients: Floats, interval: tuple[float, float]) -> Floats:
    """Return the values at `inputs`; coefficients are one vector, or one row for each column of the inputs."""
    low, high = interval
    if interval != (-1.0, 1.0):
        inputs = (2.0 * inputs - (low + high)) / (high - low)
    if coefficients.ndim == 1:
        return np.asarray(BASES[name].values(inputs, coefficients), dtype=np.float64)
    return np.asarray(BASES[name].values(inputs, coefficients.T, tensor=False), dtype=np.float64)
