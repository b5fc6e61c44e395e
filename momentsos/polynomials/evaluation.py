"""Evaluation of monomials and polynomials on many points at once."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .exponents import Exponents
from .support import Support

if TYPE_CHECKING:
    from .polynomial import Polynomial

#: Numbers held at a time while evaluating (8 bytes each).
_CHUNK = 2**22


def evaluate_monomials(exponents: Exponents, points: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return :math:`x^\alpha` for every point and monomial, shape ``(points, terms)``."""
    result = np.ones((len(points), len(exponents)))
    for column in range(exponents.shape[1]):
        powers = exponents[:, column]
        highest = int(powers.max(initial=0))
        if highest:
            table = points[:, column, None] ** np.arange(highest + 1)
            result *= table[:, powers]
    return result


def evaluate_terms(
    exponents: Exponents, coefficients: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Return :math:`\sum_\alpha c_\alpha x^\alpha` at every point, shape ``(points,)``, chunk by chunk."""
    step = max(1, _CHUNK // max(1, len(exponents)))
    parts = [
        evaluate_monomials(exponents, points[start : start + step]) @ coefficients
        for start in range(0, len(points), step)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def exact_value(polynomial: Polynomial, place: Sequence[Fraction]) -> Fraction:
    """Return the value at a rational point."""
    total = Fraction(0)
    for row, coefficient in zip(polynomial.exponents.tolist(), polynomial.exact, strict=True):
        term = coefficient
        for value, power in zip(place, row, strict=True):
            term *= value**power if power else 1
        total += term
    return total


def evaluate_all(polynomials: Sequence[Polynomial], point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values of many polynomials at one point, shape ``(polynomials,)``."""
    known: dict[Support, NDArray[np.float64]] = {}
    values = []
    for p in polynomials:
        if p.support not in known:
            known[p.support] = evaluate_monomials(p.exponents, point[None, :])
        values.append(float((known[p.support] @ p.values)[0]))
    return np.array(values)
