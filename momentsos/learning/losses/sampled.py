"""Losses that see every sample: norms of all residuals, and reductions of them to few polynomials."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ...polynomials import Polynomial
from ...polynomials.evaluation import evaluate_all
from ...problem import Problem
from ..expansion import Expansion
from ..network import PolynomialNetwork
from ..residuals import ResidualTable
from .loss import Loss, LossProblem, epigraph

#: Residuals, by position, that share a row of a reduction; one array for each row.
Parts = list[NDArray[np.intp]]

#: A group that loses less than this share of the loss loses nothing but rounding.
_NOTHING = 1e-13
#: How often what is left of the residuals is halved, to give the groups of the mean absolute residual.
HALVINGS = 4


class SampledLoss(Loss):
    r"""A norm of all residuals `r`, one for each sample and output.

    Each has *reductions*: a matrix `W` with few rows such that the norm of :math:`W r` is never more than the loss,
    for whatever values of `r`. A lower bound of the reduced problem is one of the loss. The residuals that have a
    weight in a row are one of its *parts*.
    """

    @abstractmethod
    def norm(self, values: NDArray[np.float64]) -> float:
        """Return the loss from the values of all residuals."""

    @abstractmethod
    def reduced_norm(self, values: NDArray[np.float64]) -> float:
        """Return the objective of a reduced problem from the values of :math:`W r`."""

    @abstractmethod
    def parts(self, alone: int, values: NDArray[np.float64], slopes: NDArray[np.float64]) -> Parts:
        """Return the parts of a reduction that is good near a point.

        Parameters
        ----------
        alone : int
            How many residuals are seen alone.
        values : (R,) array
            The residuals at the point.
        slopes : (R, n) array
            Their derivatives there, times any invertible matrix.
        """

    @abstractmethod
    def weights(self, parts: Parts, values: NDArray[np.float64]) -> csr_matrix:
        """Return the `W` with these parts that loses as little as can be at a point with these values."""

    @abstractmethod
    def refined(self, parts: Parts, weights: csr_matrix, values: NDArray[np.float64], room: int) -> Parts:
        """Return parts of at most `room` more rows that lose less at a point; the same where nothing is lost."""

    @abstractmethod
    def enlarged(self, parts: Parts, values: NDArray[np.float64], room: int) -> Parts:
        """Return parts with up to `room` more residuals alone, those that matter most where they have these values."""

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
        every = np.zeros(len(table.values))
        return self.reduced(table, self.weights(list(np.arange(len(every))[:, None]), every), self.scale(Y))

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

    def parts(self, alone: int, values: NDArray[np.float64], slopes: NDArray[np.float64]) -> Parts:
        """Return the largest residuals."""
        return list(_first(np.abs(values), alone)[:, None])

    def weights(self, parts: Parts, values: NDArray[np.float64]) -> csr_matrix:
        """Return the matrix that picks the residuals; nothing is lost where the largest are among them."""
        return _matrix(parts, np.ones(len(values)))

    def refined(self, parts: Parts, weights: csr_matrix, values: NDArray[np.float64], room: int) -> Parts:
        """Add the residuals that exceed all that are kept, the largest first."""
        exceed = int((np.abs(values) > self.norm(weights @ values)).sum())
        return [*parts, *_first(np.abs(values), min(room, exceed))[:, None]]

    def enlarged(self, parts: Parts, values: NDArray[np.float64], room: int) -> Parts:
        """Add the next largest residuals."""
        sizes = np.abs(values)
        sizes[np.concatenate(parts)] = -np.inf
        return [*parts, *_first(sizes, min(room, len(values) - len(parts)))[:, None]]

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

    def parts(self, alone: int, values: NDArray[np.float64], slopes: NDArray[np.float64]) -> Parts:
        """Return the residuals nearest to zero, which change their signs first, and groups of those that move alike."""
        nearest = _first(-np.abs(values), alone)
        rest = np.setdiff1d(np.arange(len(values)), nearest)
        return [*nearest[:, None], *_alike(_signs(values)[:, None] * slopes, rest, HALVINGS)]

    def weights(self, parts: Parts, values: NDArray[np.float64]) -> csr_matrix:
        """Return the matrix that adds up each part with the signs of the values; with these nothing is lost."""
        return _matrix(parts, _signs(values) / len(values))

    def refined(self, parts: Parts, weights: csr_matrix, values: NDArray[np.float64], room: int) -> Parts:
        """Divide the groups that lose most by the signs that their terms have, and then lose nothing."""
        terms = (weights.T @ np.ones(len(parts))) * values
        lost = np.array([np.abs(terms[part]).sum() - abs(terms[part].sum()) for part in parts])
        halves: Parts = []
        chosen = _first(lost, min(room, int((lost > _NOTHING * self.norm(values)).sum())))
        for number in chosen.tolist():
            part = parts[number]
            halves += [part[terms[part] >= 0], part[terms[part] < 0]]
        return [part for number, part in enumerate(parts) if number not in set(chosen.tolist())] + halves

    def enlarged(self, parts: Parts, values: NDArray[np.float64], room: int) -> Parts:
        """Take the residuals nearest to zero out of the groups."""
        nearness = -np.abs(values)
        singles = [part for part in parts if len(part) == 1]
        nearness[np.concatenate([np.zeros(0, dtype=np.intp), *singles])] = -np.inf
        out = _first(nearness, min(room, len(values) - len(singles)))
        rest = [np.setdiff1d(part, out) for part in parts if len(part) > 1]
        return [*singles, *out[:, None], *(part for part in rest if len(part))]

    def problem(self, residuals: tuple[Polynomial, ...]) -> Problem:
        """Return the epigraph problem with a bound for each polynomial."""
        return epigraph(residuals, tuple(f"theta{number}" for number in range(1, len(residuals) + 1)))

    def scale(self, Y: NDArray[np.float64]) -> float:
        """Return the mean absolute target."""
        return self.norm(Y) or 1.0

    def lift(self, residuals: tuple[Polynomial, ...], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Append the absolute values of all polynomials."""
        return np.append(coefficients, np.abs(evaluate_all(residuals, coefficients)))


def _first(importance: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """Return where the largest numbers are, largest first."""
    return np.argsort(-importance, kind="stable")[:count]


def _signs(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values < 0, -1.0, 1.0)


def _matrix(parts: Parts, entries: NDArray[np.float64]) -> csr_matrix:
    """Return the matrix with a row for each part, which has these entries in the columns of the part."""
    rows = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    columns = np.concatenate(parts)
    return csr_matrix((entries[columns], (rows, columns)), shape=(len(parts), len(entries)))


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
