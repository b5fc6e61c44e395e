"""The mean squared error."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...polynomials import Polynomial
from ...polynomials.factored import Factor
from ..data_free import without_redundancy
from ..expansion import Expansion
from ..network import PolynomialNetwork
from .loss import Loss, Weightable
from .norms import Norm, SumOfSquares

#: Gaps are measured against this share of the mean squared target, so that a loss counts as zero when its root is
#: below 1e-8 of the root mean squared target, as for the other losses.
SQUARED_SHARE = 1e-8


class MeanSquared(Weightable, Loss):
    r"""The mean squared error, :math:`\frac1{N m_{D+1}} \sum_i \|f(x_i; c) - y_i\|_2^2`: over samples and outputs.

    The unit is that of scikit-learn and torch. The data enter only through the triangular factor of the matrix
    :math:`[\phi_1 \dots \phi_T, y]`, whose rows are all samples and outputs and whose columns belong to the monomials
    of the outputs: with `R` that factor, the loss is :math:`\frac1{N m_{D+1}} \|R\,(m(c), -1)\|^2`, `T + 1` squares
    whatever `N` is. The factor is updated chunk by chunk (a sequential QR), so that sums of squares of the targets do
    not drown the noise.
    """

    name: ClassVar[str] = "mse"
    norm: ClassVar[Norm] = SumOfSquares()

    def value(self, network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
        """Return the mean squared error."""
        return float(np.average(((network.predict(X) - Y) ** 2).mean(axis=1), weights=self.importance))

    def residuals(
        self, expansion: Expansion, X: NDArray[np.float64], targets: NDArray[np.float64]
    ) -> tuple[Polynomial, ...]:
        """Return the entries of the triangular factor's product."""
        return self.factor(expansion, X, targets).polynomials

    def factor(self, expansion: Expansion, X: NDArray[np.float64], targets: NDArray[np.float64]) -> Factor:
        """Return the triangular factor, with one column for each dimension that monomials without data have."""
        return self.of_triangle(expansion, expansion.triangular_factor(X, targets, self.importance) / targets.size**0.5)

    def of_triangle(self, expansion: Expansion, factor: NDArray[np.float64]) -> Factor:
        """Return the residuals from the triangular factor of all coefficients, (terms + 1, terms + 1)."""
        columns, combination = without_redundancy(expansion)
        if combination is not None:
            factor = np.asarray(np.linalg.qr(factor[:, np.append(columns, factor.shape[1] - 1)], mode="r"))
        return Factor.of(expansion.exponents, factor, expansion.names, combination)

    def scale(self, targets: NDArray[np.float64]) -> float:
        """Return a small share of the mean squared target."""
        return SQUARED_SHARE * (float(np.average((targets**2).mean(axis=1), weights=self.importance)) or 1.0)
