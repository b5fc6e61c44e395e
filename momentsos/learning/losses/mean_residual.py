"""The largest entry of the mean residual."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...polynomials import Polynomial
from ...polynomials.tables import from_table
from ..expansion import Expansion
from ..network import PolynomialNetwork
from .loss import Loss, Weightable
from .norms import Largest, Norm


class MeanResidual(Weightable, Loss):
    r"""The largest entry of the mean residual, :math:`\|\frac1N \sum_i (f(x_i; c) - y_i)\|_\infty`.

    Epigraph form: minimise `theta` subject to :math:`\theta \pm (\hat f_j(c) - \hat y_j) \ge 0`. Only `m_{D+1}`
    polynomials survive the average over the samples.

    Source: Zhang, Nie and Tang (2025), equations (1.3) and (1.4).
    """

    name: ClassVar[str] = "mean_residual"
    norm: ClassVar[Norm] = Largest()
    averaged: ClassVar[bool] = True

    def value(self, network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
        """Return the norm of the mean residual."""
        return self.norm.value(np.average(network.predict(X) - Y, axis=0, weights=self.importance))

    def residuals(
        self, expansion: Expansion, X: NDArray[np.float64], targets: NDArray[np.float64]
    ) -> tuple[Polynomial, ...]:
        """Return the entries of the mean residual; their data are sums over the samples, streamed in chunks."""
        return self.of_mean(expansion, expansion.mean_outputs(X, self.importance), targets)

    def of_mean(
        self, expansion: Expansion, means: NDArray[np.float64], targets: NDArray[np.float64]
    ) -> tuple[Polynomial, ...]:
        """Return the residuals from the coefficients of the mean output, (terms, m)."""
        values = means.copy()
        values[0] -= targets
        return tuple(from_table(expansion.exponents, np.ascontiguousarray(values.T), expansion.names))

    def scale(self, targets: NDArray[np.float64]) -> float:
        """Return the largest absolute mean target."""
        return self.norm.value(targets) or 1.0
