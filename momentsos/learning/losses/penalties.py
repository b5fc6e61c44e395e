r"""Penalties on coefficients, beside a loss: :math:`\rho \sum_i c_i^2 + \alpha \sum_i |c_i|` over all that are learned.

The coefficients stand behind the residuals in the list of polynomials, so that a penalised loss is a norm of one list
like any other. A ridge beside squares makes squares: there the coefficients are residuals themselves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...errors import BadOption
from ...machine.checks import converted
from ...points.judge import Value
from ...polynomials import Polynomial, sum_of_squares
from ...polynomials.evaluation import evaluate_all
from ...polynomials.factored import Factor
from ...problem import Problem
from .norms import Norm

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Penalties:
    """What is added to a loss.

    Attributes
    ----------
    ridge, absolute : float
        The weights of the sum of squares, and of absolute values, of the learned coefficients; not negative.
    """

    ridge: float = 0.0
    absolute: float = 0.0

    @classmethod
    def of(cls, ridge: object, absolute: object) -> Penalties:
        """Return the penalties, checked; raise `BadOption` for what is no finite number of at least zero."""
        found = []
        for name, value in (("ridge", ridge), ("absolute", absolute)):
            number = converted(float, value, name, "a number of at least 0", BadOption)
            if not 0.0 <= number < np.inf:
                raise BadOption(f"{name} = {number}: expected a number of at least 0")
            found.append(number)
        return cls(*found)

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return self.ridge > 0.0 or self.absolute > 0.0

    def beside(self, norm: Norm, residuals: tuple[Polynomial, ...]) -> tuple[Norm, tuple[Polynomial, ...]]:
        """Return the penalised norm, and the list of polynomials that it is one of."""
        if not self.any:
            return norm, residuals
        names = residuals[0].variables
        coefficients = [Polynomial.from_terms(row[None, :], [1.0], names) for row in np.eye(len(names), dtype=np.int64)]
        if norm.squared and self.absolute == 0.0:
            return norm, (*residuals, *(self.ridge**0.5 * c for c in coefficients))
        return Penalised(norm, len(residuals), self), (*residuals, *coefficients)

    def in_factor(self, factor: Factor) -> Factor | None:
        """Return a sum of squares with the penalties among them, None where they are not all squares."""
        if not self.any:
            return factor
        if self.absolute > 0.0:
            return None
        count, terms = len(factor.variables), factor.matrix.shape[1] - 1
        own, last = factor.matrix[:, :terms], factor.matrix[:, terms:]
        rows = np.concatenate([factor.exponents, np.eye(count, dtype=np.int64)])
        mixed = sp.identity(len(factor.exponents)) if factor.combination is None else factor.combination
        weights = self.ridge**0.5 * np.eye(count)
        matrix = np.block(
            [[own, np.zeros((len(own), count)), last], [np.zeros((count, terms)), weights, weights[:, :1] * 0.0]]
        )
        return Factor.of(rows, matrix, factor.variables, sp.block_diag([mixed, sp.identity(count)]))


#: Nothing is added.
NO_PENALTIES = Penalties()


@dataclass(frozen=True)
class Penalised(Norm):
    """A norm of the first polynomials of a list, and penalties on the others, which are the coefficients.

    Attributes
    ----------
    base : Norm
    count : int
        How many polynomials are residuals.
    penalties : Penalties
    """

    base: Norm
    count: int
    penalties: Penalties

    def value(self, values: Floats) -> float:
        """Return the norm with the penalties."""
        own = values[self.count :]
        ridge, absolute = self.penalties.ridge * (own**2).sum(), self.penalties.absolute * np.abs(own).sum()
        return self.base.value(values[: self.count]) + float(ridge + absolute)

    def most(self, values: Sequence[Value]) -> Fraction:
        """Return the largest value."""
        ridge, absolute = Fraction(self.penalties.ridge), Fraction(self.penalties.absolute)
        own = sum((ridge * v.size**2 + absolute * v.size for v in values[self.count :]), Fraction(0))
        return self.base.most(values[: self.count]) + own

    def rounding(self, values: Floats, errors: Floats) -> float:
        """Return what errors can change."""
        own, grown = np.abs(values[self.count :]), np.abs(values[self.count :]) + errors[self.count :]
        ridge, absolute = (grown**2 - own**2).sum(), (grown - own).sum()
        changed = self.penalties.ridge * ridge + self.penalties.absolute * absolute
        return self.base.rounding(values[: self.count], errors[: self.count]) + float(changed)

    def problem(self, polynomials: tuple[Polynomial, ...], until: float = math.inf) -> Problem:
        r"""Return the problem, with a bound :math:`s_i \ge |c_i|` for each coefficient where they are asked for."""
        base, coefficients = self.base.problem(polynomials[: self.count], until), polynomials[self.count :]
        names = base.variables
        if self.penalties.absolute:
            names = (*names, *(f"s_{name}" for name in coefficients[0].variables))
        objective, own = base.minimize.over(names), [c.over(names) for c in coefficients]
        if self.penalties.ridge:
            objective = objective + self.penalties.ridge * sum_of_squares(own)
        kept = [g.over(names) for g in base.inequalities]
        if self.penalties.absolute:
            rows = np.eye(len(own), len(names), len(names) - len(own), dtype=np.int64)
            for row, c in zip(rows, own, strict=True):
                bound = Polynomial.from_terms(row[None, :], [1.0], names)
                objective = objective + self.penalties.absolute * bound
                kept += [bound - c, bound + c]
        return Problem(objective, tuple(kept), variables=names)

    def lift(self, polynomials: tuple[Polynomial, ...], point: Floats) -> Floats:
        """Return the best point of the problem for these coefficients."""
        lifted = self.base.lift(polynomials[: self.count], point)
        if not self.penalties.absolute:
            return lifted
        return np.append(lifted, np.abs(evaluate_all(polynomials[self.count :], point)))
