"""The losses: those that are means over the samples, and the list of all."""

from __future__ import annotations

from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import BadOption
from ...polynomials import Polynomial, sum_of_squares
from ...polynomials.evaluation import evaluate_all
from ...polynomials.tables import from_table
from ...problem import Problem
from ..expansion import Expansion
from ..network import PolynomialNetwork
from .loss import Loss, LossProblem, epigraph
from .sampled import MaxAbs, MeanAbs

#: Gaps of squared losses are measured against this share of the mean squared target, so that a loss counts as
#: zero when its root is below 1e-8 of the root mean squared target, as for the other losses.
SQUARED_SHARE = 1e-8


class MeanResidual(Loss):
    r"""The largest entry of the mean residual, :math:`\|\frac1N \sum_i (f(x_i; c) - y_i)\|_\infty`.

    Epigraph form: minimise `theta` subject to :math:`\theta \pm (\hat f_j(c) - \hat y_j) \ge 0`. Only `m_{D+1}`
    polynomials survive the average over the samples.

    Source: Zhang, Nie and Tang (2025), equations (1.3) and (1.4).
    """

    name: ClassVar[str] = "mean_residual"

    def value(self, network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
        """Return the norm of the mean residual."""
        return float(np.abs((network.predict(X) - Y).mean(axis=0)).max())

    def formulate(self, expansion: Expansion, X: NDArray[np.float64], Y: NDArray[np.float64]) -> LossProblem:
        """Return the epigraph problem; its data are sums over the samples, streamed in chunks."""
        target = Y.mean(axis=0)
        values = expansion.mean_outputs(X)
        values[0] -= target
        residuals = tuple(from_table(expansion.exponents, np.ascontiguousarray(values.T), expansion.names))
        return LossProblem(epigraph(residuals), residuals, float(np.abs(target).max()) or 1.0)

    def lift(self, residuals: tuple[Polynomial, ...], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Append `theta`, the largest absolute residual."""
        return np.append(coefficients, np.abs(evaluate_all(residuals, coefficients)).max())


class MeanSquared(Loss):
    r"""The mean squared error, :math:`\frac1N \sum_i \|f(x_i; c) - y_i\|_2^2`.

    The data enter only through the triangular factor of the matrix :math:`[\phi_1 \dots \phi_T, y]`, whose rows
    are all samples and outputs and whose columns belong to the monomials of the outputs: with `R` that factor,
    the loss is :math:`\frac1N \|R\,(m(c), -1)\|^2`, `T + 1` squares whatever `N` is. The factor is updated chunk
    by chunk (a sequential QR), so that sums of squares of the targets do not drown the noise.
    """

    name: ClassVar[str] = "mse"

    def value(self, network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
        """Return the mean squared error."""
        return float(((network.predict(X) - Y) ** 2).sum(axis=1).mean())

    def formulate(self, expansion: Expansion, X: NDArray[np.float64], Y: NDArray[np.float64]) -> LossProblem:
        """Return the unconstrained problem, and its squares."""
        factor = expansion.triangular_factor(X, Y) / len(X) ** 0.5
        rows = np.concatenate([expansion.exponents, np.zeros((1, len(expansion.names)), dtype=np.int64)])
        signs = np.append(np.ones(len(expansion.exponents)), -1.0)
        residuals = tuple(Polynomial.from_terms(rows, row * signs, expansion.names) for row in factor)
        residuals = tuple(r for r in residuals if r) or residuals[:1]  # where all outputs are the targets, zero is left
        problem = Problem(sum_of_squares(residuals), variables=expansion.names)
        size = float((Y**2).sum(axis=1).mean()) or 1.0
        return LossProblem(problem, residuals, SQUARED_SHARE * size, residuals)

    def lift(self, residuals: tuple[Polynomial, ...], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coefficients: nothing is added."""
        return coefficients


#: One entry a loss.
LOSSES: MappingProxyType[str, Loss] = MappingProxyType(
    {loss.name: loss for loss in (MeanResidual(), MaxAbs(), MeanSquared(), MeanAbs())}
)


def loss_named(name: object) -> Loss:
    """Return the loss of that name.

    Raises
    ------
    BadOption
        An unknown name.
    """
    if not isinstance(name, str) or name not in LOSSES:
        raise BadOption(f"loss {name!r}: expected one of {', '.join(LOSSES)}")
    return LOSSES[name]
