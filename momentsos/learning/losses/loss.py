"""What a loss is: its value, and what is minimised over the coefficients as a polynomial problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...polynomials import Polynomial
from ...polynomials.exponents import unique_rows
from ...polynomials.tables import from_table, to_table
from ...problem import Problem
from ..expansion import Expansion
from ..network import PolynomialNetwork


@dataclass(frozen=True, eq=False)
class LossProblem:
    """A loss written as a polynomial problem.

    Attributes
    ----------
    problem : Problem
        Its variables are the coefficients first, in order, then what the loss adds.
    residuals : tuple of Polynomial
        The polynomials in the coefficients whose size is minimised.
    scale : float
        The size of what the outputs are compared with, in units of the loss; gaps are measured against it.
    squares : tuple of Polynomial
        Polynomials whose squares add up to the objective, where it is such a sum.
    """

    problem: Problem
    residuals: tuple[Polynomial, ...]
    scale: float
    squares: tuple[Polynomial, ...] = ()


class Loss(ABC):
    """One loss: its name, its value, its polynomial problem.

    Attributes
    ----------
    name : str
        The name users type.
    """

    name: ClassVar[str]

    @abstractmethod
    def value(self, network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
        """Return the loss of a network with coefficients on data, computed from the data."""

    @abstractmethod
    def formulate(self, expansion: Expansion, X: NDArray[np.float64], Y: NDArray[np.float64]) -> LossProblem:
        """Return the loss as a polynomial problem in the coefficients."""

    @abstractmethod
    def lift(self, residuals: tuple[Polynomial, ...], coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point of the problem that belongs to the learned coefficients."""


def epigraph(residuals: tuple[Polynomial, ...], bounds: tuple[str, ...] = ("theta",)) -> Problem:
    r"""Return the problem of minimising the sum of bounds :math:`\theta_j` subject to :math:`\theta_j \pm r_j \ge 0`.

    Parameters
    ----------
    residuals : tuple of Polynomial
    bounds : tuple of str
        The names of the bounds: one for each residual, or one for all.
    """
    n, names = len(residuals[0].variables), (*residuals[0].variables, *bounds)
    units = np.eye(len(bounds), len(names), n, dtype=np.int64)
    rows, table = to_table(residuals)
    padded = np.pad(rows, ((0, 0), (0, len(bounds))))
    rows, place = unique_rows(np.concatenate([padded, units]))
    own = np.zeros((len(table), len(bounds)))
    own[np.arange(len(table)), np.arange(len(table)) % len(bounds)] = 1.0
    pairs = np.zeros((2 * len(table), len(rows)))
    pairs[:, place[: len(padded)]] = np.stack([-table, table], axis=1).reshape(len(pairs), len(padded))
    pairs[:, place[len(padded) :]] = np.repeat(own, 2, axis=0)
    objective = Polynomial.from_terms(units, np.ones(len(bounds)), names)
    return Problem(objective, tuple(from_table(rows, pairs, names)), variables=names)
