"""Invertible changes of scale: what the solvers see has numbers of size one.

Every factor is a power of two, so that the scaled data are exactly the data in other units: no rounding, and an
identity that is proved for the scaled problem is one for the original.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .polynomials import Polynomial
from .problem import Problem

#: Weight that keeps a variable at scale one when no term says otherwise.
_PULL = 1e-3


@dataclass(frozen=True, eq=False)
class Scaling:
    r"""The change of units :math:`x_i = s_i t_i`, with objective and constraints divided by factors of their own.

    Attributes
    ----------
    original, problem : Problem
        Before and after.
    variables : (n,) array
        The :math:`s_i`, powers of two.
    objective : float
        The scaled objective is the objective divided by this power of two.
    inequalities, equalities : tuple of float
        The same for the constraints.
    """

    original: Problem
    problem: Problem
    variables: NDArray[np.float64]
    objective: float
    inequalities: tuple[float, ...]
    equalities: tuple[float, ...]

    def point(self, scaled_point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the original point, or the rows of them, for scaled ones."""
        return np.asarray(scaled_point * self.variables)

    def scaled_point(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scaled point, or the rows of them, for original ones."""
        return np.asarray(point / self.variables)

    def value(self, scaled_value: float) -> float:
        """Return the original objective value for a scaled one."""
        return scaled_value * self.objective


def power_of_two(value: float) -> float:
    """Return the power of two nearest to a positive number on the logarithmic scale, 1 for zero."""
    return float(2.0 ** np.clip(np.round(np.log2(value)), -500, 500)) if value > 0 else 1.0


def scale_by(problem: Problem, units: NDArray[np.float64]) -> Scaling:
    """Measure the variables in `units` (rounded to powers of two) and divide every polynomial by its largest term."""
    factors = np.array([power_of_two(unit) for unit in units])
    objective, f = _normalized(problem.minimize, factors)
    inequalities = [_normalized(g, factors) for g in problem.inequalities]
    equalities = [_normalized(h, factors) for h in problem.equalities]
    scaled = Problem(
        f, tuple(g for _, g in inequalities), tuple(h for _, h in equalities), variables=problem.variables
    )
    return Scaling(
        problem,
        scaled,
        factors,
        objective,
        tuple(factor for factor, _ in inequalities),
        tuple(factor for factor, _ in equalities),
    )


def _normalized(polynomial: Polynomial, units: NDArray[np.float64]) -> tuple[float, Polynomial]:
    values = polynomial.values * np.prod(units**polynomial.exponents, axis=1)
    varying = polynomial.exponents.any(axis=1)
    size = np.abs(values[varying]).max(initial=0.0) or np.abs(values).max(initial=0.0)
    factor = power_of_two(float(size))
    return factor, Polynomial(polynomial.exponents, values / factor, polynomial.variables)


def balanced_units(problem: Problem) -> NDArray[np.float64]:
    r"""Return units in which the terms of each polynomial have nearly the same size.

    Least squares on logarithms: :math:`\min_{\sigma, \mu} \sum_p \sum_\alpha (\log|c_{p\alpha}| +
    \alpha^\top \sigma - \mu_p)^2`, units :math:`e^{\sigma}`, with a slight pull towards units of one.

    Returns
    -------
    (n,) array of positive numbers
    """
    return np.exp(
        _log_units([p for p in (problem.minimize, *problem.inequalities, *problem.equalities) if p])
    )


def _log_units(polynomials: Sequence[Polynomial]) -> NDArray[np.float64]:
    n = len(polynomials[0].variables) if polynomials else 0
    left, right = [_PULL * np.eye(n)], [np.zeros(n)]
    for p in polynomials:
        rows = p.exponents - p.exponents.mean(axis=0)
        logs = np.log(np.abs(p.values))
        left.append(rows / len(p) ** 0.5)
        right.append(-(logs - logs.mean()) / len(p) ** 0.5)
    return np.linalg.lstsq(np.concatenate(left), np.concatenate(right), rcond=None)[0]
