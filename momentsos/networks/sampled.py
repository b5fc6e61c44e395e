"""Losses that see every sample: norms of all residuals, and reductions of them to few polynomials."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ..polynomials import Polynomial
from ..polynomials.evaluation import evaluate_all
from ..problem import Problem
from .expansion import Expansion
from .loss import Loss, LossProblem, epigraph
from .network import PolynomialNetwork
from .residuals import ResidualTable

#: How often what is left of the residuals is halved, to give the groups of the mean absolute residual.
HALVINGS = 4


class SampledLoss(Loss):
    r"""A norm of all residuals `r`, one for each sample and output.

    Each has *reductions*: a matrix `W` with few rows such that the norm of :math:`W r` is never more than the loss,
    for whatever values of `r`. A lower bound of the reduced problem is one of the loss.
    """

    @abstractmethod
    def norm(self, values: NDArray[np.float64]) -> float:
        """Return the loss from the values of all residuals."""

    @abstractmethod
    def reduced_norm(self, values: NDArray[np.float64]) -> float:
        """Return the objective of a reduced problem from the values of :math:`W r`."""

    @abstractmethod
    def importance(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return for each residual how much it matters near a point with these values that it is seen alone."""

    @abstractmethod
    def lacks(self, weights: csr_matrix, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how much of each residual the reduction by `weights` does not see; zero where nothing lacks."""

    @abstractmethod
    def weights(self, alone: NDArray[np.intp], values: NDArray[np.float64], slopes: NDArray[np.float64]) -> csr_matrix:
        """Return the `W` that has the residuals `alone` as rows, and loses nothing at a point.

        Parameters
        ----------
        alone : (a,) integer array
        values : (R,) array
            The residuals at the point.
        slopes : (R, n) array
            Their derivatives there, times any invertible matrix.
        """

    @abstractmethod
    def problem(self, residuals: tuple[Polynomial, ...]) -> Problem:
        """Return the problem of minimising the norm of polynomials, all residuals or a reduction of them."""

    @abstractmethod
    def scale(self, Y: NDArray[np.float64]) -> float:
        """Return the size of the targets, in units of the loss."""

    def value(self, network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
        """Return the norm of the residuals."""
        return self.norm((network.predict(X) - Y).reshape(-1))

    def formulate(self, expansion: Expansion, X: NDArray[np.float64], Y: NDArray[np.float64]) -> LossProblem:
        """Return the problem with all residuals; it grows with the samples. `learn` solves reductions of it."""
        table = ResidualTable.of(expansion, X, Y)
        everything = np.arange(len(table.values))
        zero = np.zeros(len(everything))
        return self.reduced(table, self.weights(everything, zero, zero[:, None]), self.scale(Y))

    def reduced(self, table: ResidualTable, weights: csr_matrix, scale: float) -> LossProblem:
        """Return the problem of a reduction."""
        residuals = table.combined(weights)
        return LossProblem(self.problem(residuals), residuals, scale)


class MaxAbs(SampledLoss):
    r"""The largest absolute residual, :math:`\max_{ij} |f_j(x_i; c) - y_{ij}|`.

    Epigraph form: minimise `theta` subject to :math:`\theta \pm r_{ij} \ge 0`. A reduction keeps some of the
    residuals; the maximum of fewer numbers is never larger.
    """

    name: ClassVar[str] = "max_abs"

    def norm(self, values: NDArray[np.float64]) -> float:
        """Return the largest absolute value."""
        return float(np.abs(values).max())

    def reduced_norm(self, values: NDArray[np.float64]) -> float:
        """Return the largest absolute value."""
        return self.norm(values)

    def importance(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the absolute values: large residuals matter."""
        return np.abs(values)

    def lacks(self, weights: csr_matrix, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much each residual exceeds all that are kept."""
        return np.maximum(np.abs(values) - self.norm(weights @ values), 0.0)

    def weights(self, alone: NDArray[np.intp], values: NDArray[np.float64], slopes: NDArray[np.float64]) -> csr_matrix:
        """Return the matrix that picks the residuals; nothing is lost at the point if its largest are among them."""
        rows = np.arange(len(alone))
        return csr_matrix((np.ones(len(alone)), (rows, alone)), shape=(len(alone), len(values)))

    def problem(self, residuals: tuple[Polynomial, ...]) -> Problem:
        """Return the epigraph problem with one bound for all."""
        return epigraph(residuals)

    def scale(self, Y: NDArray[np.float64]) -> float:
        """Return the largest absolute target."""
        return float(np.abs(Y).max()) or 1.0

    def lift(self, residuals: tuple[Polynomial, ...], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Append `theta`, the largest absolute residual."""
        return np.append(coefficients, np.abs(evaluate_all(residuals, coefficients)).max())


class MeanAbs(SampledLoss):
    r"""The mean absolute residual, :math:`\frac{1}{N m_{D+1}} \sum_{ij} |f_j(x_i; c) - y_{ij}|`.

    Epigraph form: minimise :math:`\sum_g \theta_g` subject to :math:`\theta_g \pm q_g \ge 0`. With all residuals,
    :math:`q_g = r_{ij} / (N m_{D+1})`. A reduction keeps those near zero alone and adds up the others in groups `G`,
    with signs :math:`s = \pm 1` that are fixed: :math:`|\sum_{G} s_{ij} r_{ij}| \le \sum_{G} |r_{ij}|` for all signs
    and all values, with equality where no :math:`s_{ij} r_{ij}` is negative, so at the point whose signs were taken.
    """

    name: ClassVar[str] = "mae"

    def norm(self, values: NDArray[np.float64]) -> float:
        """Return the mean absolute value."""
        return float(np.abs(values).mean())

    def reduced_norm(self, values: NDArray[np.float64]) -> float:
        """Return the sum of the absolute values; the weights divide by their number."""
        return float(np.abs(values).sum())

    def importance(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the absolute values with a minus: residuals near zero change their signs first."""
        return -np.abs(values)

    def lacks(self, weights: csr_matrix, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each residual loses in the absolute value of its group."""
        signs = np.sign(weights @ values)
        signs[signs == 0] = 1.0
        lost: NDArray[np.float64] = np.abs(values) / len(values) - (weights.T @ signs) * values
        return np.where(lost > 1e-12 * np.abs(values) / len(values), lost, 0.0)

    def weights(self, alone: NDArray[np.intp], values: NDArray[np.float64], slopes: NDArray[np.float64]) -> csr_matrix:
        """Return the matrix of single residuals, and of groups of those that move alike, with their signs."""
        signs = np.where(values < 0, -1.0, 1.0)
        rest = np.ones(len(values), dtype=bool)
        rest[alone] = False
        groups = [np.array([i]) for i in alone] + _alike(signs[:, None] * slopes, np.flatnonzero(rest), HALVINGS)
        rows = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        columns = np.concatenate(groups)
        return csr_matrix((signs[columns] / len(values), (rows, columns)), shape=(len(groups), len(values)))

    def problem(self, residuals: tuple[Polynomial, ...]) -> Problem:
        """Return the epigraph problem with a bound for each polynomial."""
        return epigraph(residuals, tuple(f"theta{number}" for number in range(1, len(residuals) + 1)))

    def scale(self, Y: NDArray[np.float64]) -> float:
        """Return the mean absolute target."""
        return self.norm(Y) or 1.0

    def lift(self, residuals: tuple[Polynomial, ...], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Append the absolute values of all polynomials."""
        return np.append(coefficients, np.abs(evaluate_all(residuals, coefficients)))


def _alike(slopes: NDArray[np.float64], members: NDArray[np.intp], halvings: int) -> list[NDArray[np.intp]]:
    """Divide residuals by the direction in which their slopes differ most, again and again.

    Where slopes are alike, few residuals of a group pass through zero while the others grow.
    """
    if len(members) < 2 or halvings == 0:
        return [members] if len(members) else []
    centred = slopes[members] - slopes[members].mean(axis=0)
    along = centred @ np.linalg.eigh(centred.T @ centred)[1][:, -1]
    order = members[np.argsort(along, kind="stable")]
    half = len(order) // 2
    return _alike(slopes, order[:half], halvings - 1) + _alike(slopes, order[half:], halvings - 1)
