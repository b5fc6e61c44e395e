"""The residuals of all samples and outputs, as polynomials in the coefficients: a table with one row for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..errors import ProblemTooLarge
from ..polynomials import Polynomial
from ..polynomials.evaluation import evaluate_monomials
from ..polynomials.exponents import Exponents
from ..polynomials.tables import from_table
from ..relaxations.size import memory_limit
from .expansion import Expansion

#: Bytes that forming one number of the table takes.
_BYTES = 32


@dataclass(frozen=True, eq=False)
class ResidualTable:
    r"""The residuals :math:`r_{ij}(c) = f_j(x_i; c) - y_{ij}`, samples first, then outputs.

    Attributes
    ----------
    names : tuple of str
        The coefficients.
    exponents : (terms, n) integer array
        In graded order.
    values : (N m_{D+1}, terms) array
    """

    names: tuple[str, ...]
    exponents: Exponents
    values: NDArray[np.float64]

    @classmethod
    def of(
        cls, expansion: Expansion, X: NDArray[np.float64], Y: NDArray[np.float64], limit: int | None = None
    ) -> ResidualTable:
        """Expand all outputs.

        Raises
        ------
        ProblemTooLarge
            When the table would not fit into `limit` bytes, by default half of the free memory.
        """
        terms = len(expansion.exponents)
        estimate, allowed = _BYTES * terms * Y.size, memory_limit(limit)
        if estimate > allowed:
            raise ProblemTooLarge(
                f"{Y.size} residuals of {terms} terms need about {estimate / 1e9:.3g} GB, more than the limit of "
                f"{allowed / 1e9:.3g} GB: take fewer samples, or loss='mse' or 'mean_residual', which need sums only",
                estimate,
                allowed,
            )
        values = np.ascontiguousarray(expansion.outputs(X).reshape(terms, -1).T)
        values[:, 0] -= Y.reshape(-1)  # graded order: the constant monomial comes first
        return cls(expansion.names, expansion.exponents, values)

    def at(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the residuals, shape (N m_{D+1},)."""
        return np.asarray(self.values @ self.monomials(coefficients))

    def monomials(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values of the monomials, shape (terms,)."""
        return evaluate_monomials(self.exponents, coefficients[None, :])[0]

    def jacobian(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return their derivatives, shape (N m_{D+1}, n)."""
        slopes = np.empty((len(self.exponents), len(coefficients)))
        for i, powers in enumerate(self.exponents.T):
            lowered = self.exponents.copy()
            lowered[:, i] = np.maximum(powers - 1, 0)
            slopes[:, i] = powers * evaluate_monomials(lowered, coefficients[None, :])[0]
        return np.asarray(self.values @ slopes)

    def rounding(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what rounding can change in each residual, shape (N m_{D+1},).

        A few units in the last place of the sum of the absolute terms, times the degree.
        """
        units = (4 + int(self.exponents.sum(axis=1).max())) * np.finfo(float).eps
        return np.asarray(units * (np.abs(self.values) @ np.abs(self.monomials(coefficients))))

    def combined(self, weights: csr_matrix) -> tuple[Polynomial, ...]:
        """Return the polynomials whose coefficients are the rows of ``weights @ values``."""
        return tuple(from_table(self.exponents, np.ascontiguousarray(weights @ self.values), self.names))
