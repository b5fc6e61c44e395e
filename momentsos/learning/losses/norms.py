"""What is minimised of a few polynomials: the largest absolute value, their sum, or the sum of squares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...polynomials import Polynomial, sum_of_squares
from ...polynomials.evaluation import evaluate_all
from ...polynomials.exponents import unique_rows
from ...polynomials.tables import from_table, to_table
from ...problem import Problem


class Bounds(Enum):
    r"""The variables that a problem has besides the coefficients: bounds :math:`\theta` of absolute values."""

    NONE = "none"
    ONE = "one for all polynomials"
    EACH = "one for each polynomial"

    def count(self, polynomials: int) -> int:
        """Return how many there are for so many polynomials."""
        return {Bounds.NONE: 0, Bounds.ONE: 1, Bounds.EACH: polynomials}[self]

    def names(self, polynomials: int) -> tuple[str, ...]:
        """Return their names."""
        return ("theta",) if self is Bounds.ONE else tuple(f"theta{i + 1}" for i in range(self.count(polynomials)))


class Norm(ABC):
    """A norm of a list of polynomials, or its square, and the polynomial problem of making it small.

    Attributes
    ----------
    bounds : Bounds
        What the problem's variables are besides those of the polynomials, after which they come.
    squared : bool
        Whether the objective is the sum of the squares of the polynomials.
    """

    bounds: ClassVar[Bounds]
    squared: ClassVar[bool] = False

    @abstractmethod
    def value(self, values: NDArray[np.float64]) -> float:
        """Return the norm from the values of the polynomials."""

    @abstractmethod
    def rounding(self, values: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
        """Return what errors of these sizes in the values can change in the norm."""

    @abstractmethod
    def problem(self, polynomials: tuple[Polynomial, ...]) -> Problem:
        """Return the problem of minimising the norm."""

    @abstractmethod
    def lift(self, polynomials: tuple[Polynomial, ...], point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the best point of the problem at a point of the polynomials' variables."""


class Largest(Norm):
    """The largest absolute value, by an epigraph with one bound."""

    bounds: ClassVar[Bounds] = Bounds.ONE

    def value(self, values: NDArray[np.float64]) -> float:
        """Return the largest absolute value."""
        return float(np.abs(values).max())

    def rounding(self, values: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
        """Return the largest error."""
        return float(errors.max())

    def problem(self, polynomials: tuple[Polynomial, ...]) -> Problem:
        """Return the epigraph problem."""
        return epigraph(polynomials, self.bounds)

    def lift(self, polynomials: tuple[Polynomial, ...], point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Append `theta`, the largest absolute value."""
        return np.append(point, self.value(evaluate_all(polynomials, point)))


class Total(Norm):
    """The sum of the absolute values, by an epigraph with a bound for each."""

    bounds: ClassVar[Bounds] = Bounds.EACH

    def value(self, values: NDArray[np.float64]) -> float:
        """Return the sum of the absolute values."""
        return float(np.abs(values).sum())

    def rounding(self, values: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
        """Return the sum of the errors."""
        return float(errors.sum())

    def problem(self, polynomials: tuple[Polynomial, ...]) -> Problem:
        """Return the epigraph problem."""
        return epigraph(polynomials, self.bounds)

    def lift(self, polynomials: tuple[Polynomial, ...], point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Append all absolute values."""
        return np.append(point, np.abs(evaluate_all(polynomials, point)))


class SumOfSquares(Norm):
    """The sum of squares, which is a polynomial itself."""

    bounds: ClassVar[Bounds] = Bounds.NONE
    squared: ClassVar[bool] = True

    def value(self, values: NDArray[np.float64]) -> float:
        """Return the sum of the squares."""
        return float((values**2).sum())

    def rounding(self, values: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
        """Return by how much the squares grow with the errors."""
        sizes = np.abs(values)
        return float(((sizes + errors) ** 2 - sizes**2).sum())

    def problem(self, polynomials: tuple[Polynomial, ...]) -> Problem:
        """Return the unconstrained problem."""
        return Problem(sum_of_squares(polynomials), variables=polynomials[0].variables)

    def lift(self, polynomials: tuple[Polynomial, ...], point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point: nothing is added."""
        return point


def epigraph(polynomials: tuple[Polynomial, ...], bounds: Bounds) -> Problem:
    r"""Return the problem of minimising :math:`\sum_j \theta_j` subject to :math:`\theta_j \pm r_j \ge 0`."""
    own_names = bounds.names(len(polynomials))
    n, names = len(polynomials[0].variables), (*polynomials[0].variables, *own_names)
    units = np.eye(len(own_names), len(names), n, dtype=np.int64)
    rows, table = to_table(polynomials)
    padded = np.pad(rows, ((0, 0), (0, len(own_names))))
    rows, place = unique_rows(np.concatenate([padded, units]))
    own = np.zeros((len(table), len(own_names)))
    own[np.arange(len(table)), np.arange(len(table)) % len(own_names)] = 1.0
    pairs = np.zeros((2 * len(table), len(rows)))
    pairs[:, place[: len(padded)]] = np.stack([-table, table], axis=1).reshape(len(pairs), len(padded))
    pairs[:, place[len(padded) :]] = np.repeat(own, 2, axis=0)
    objective = Polynomial.from_terms(units, np.ones(len(own_names)), names)
    return Problem(objective, tuple(from_table(rows, pairs, names)), variables=names)
