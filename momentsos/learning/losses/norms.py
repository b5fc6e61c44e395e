"""What is minimised of a few polynomials: the largest absolute value, their sum, or the sum of squares."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...machine.clock import refuse_if_late
from ...points.judge import Value
from ...polynomials import Polynomial, basis_size, sum_of_squares
from ...polynomials.evaluation import evaluate_all
from ...polynomials.exponents import unique_rows
from ...polynomials.tables import from_table, to_table
from ...problem import Problem
from ...relaxations.size import refuse_if_too_large

Floats = NDArray[np.float64]


class Norm(ABC):
    """A function of the values of a list of polynomials, and the polynomial problem of making it small.

    Attributes
    ----------
    squared : bool
        Whether it is the sum of the squares, and the problem has no variables but those of the polynomials.
    """

    squared: ClassVar[bool] = False

    @abstractmethod
    def value(self, values: Floats) -> float:
        """Return the norm from the values of the polynomials."""

    @abstractmethod
    def most(self, values: Sequence[Value]) -> Fraction:
        """Return the largest norm that enclosed values of the polynomials may have."""

    def deciding(self, values: Floats, errors: Floats) -> NDArray[np.intp]:
        """Return the polynomials on whose values the norm depends, where floats know these within errors."""
        return np.arange(len(values))

    @abstractmethod
    def rounding(self, values: Floats, errors: Floats) -> float:
        """Return what errors of these sizes in the values can change in the norm."""

    @abstractmethod
    def problem(self, polynomials: tuple[Polynomial, ...], until: float = math.inf) -> Problem:
        """Return the problem of minimising the norm; its variables begin with those of the polynomials.

        Raises
        ------
        ProblemTooLarge
            When the time is over (`until`, by `time.perf_counter`), or the objective would not fit into memory.
        """

    @abstractmethod
    def lift(self, polynomials: tuple[Polynomial, ...], point: Floats) -> Floats:
        """Return the best point of the problem at a point of the polynomials' variables."""


class Bounds(Enum):
    r"""The bounds :math:`\theta` of absolute values in an epigraph."""

    ONE = "one for all polynomials"
    EACH = "one for each polynomial"

    def names(self, polynomials: int) -> tuple[str, ...]:
        """Return their names for so many polynomials."""
        return ("theta",) if self is Bounds.ONE else tuple(f"theta{i + 1}" for i in range(polynomials))


class AbsoluteNorm(Norm):
    r"""The least sum of bounds :math:`\theta_j` with :math:`\theta_j \pm r_j \ge 0`, an epigraph.

    Attributes
    ----------
    bounds : Bounds
        The variables of the problem that come after those of the polynomials.
    """

    bounds: ClassVar[Bounds]

    def problem(self, polynomials: tuple[Polynomial, ...], until: float = math.inf) -> Problem:
        """Return the epigraph problem."""
        refuse_if_late(until, "the loss was written down")
        return epigraph(polynomials, self.bounds.names(len(polynomials)))


@dataclass(frozen=True)
class Largest(AbsoluteNorm):
    """The largest absolute value: one bound for all."""

    bounds: ClassVar[Bounds] = Bounds.ONE

    def value(self, values: Floats) -> float:
        """Return the largest absolute value."""
        return float(np.abs(values).max())

    def most(self, values: Sequence[Value]) -> Fraction:
        """Return the largest absolute value."""
        return max(value.size for value in values)

    def deciding(self, values: Floats, errors: Floats) -> NDArray[np.intp]:
        """Return which may be the largest."""
        sizes = np.abs(values)
        return np.flatnonzero(~(sizes + errors < (sizes - errors).max()))

    def rounding(self, values: Floats, errors: Floats) -> float:
        """Return the largest error."""
        return float(errors.max())

    def lift(self, polynomials: tuple[Polynomial, ...], point: Floats) -> Floats:
        """Append the largest absolute value."""
        return np.append(point, self.value(evaluate_all(polynomials, point)))


@dataclass(frozen=True)
class Total(AbsoluteNorm):
    """The sum of the absolute values: a bound for each."""

    bounds: ClassVar[Bounds] = Bounds.EACH

    def value(self, values: Floats) -> float:
        """Return the sum of the absolute values."""
        return float(np.abs(values).sum())

    def most(self, values: Sequence[Value]) -> Fraction:
        """Return the sum of the absolute values."""
        return sum((value.size for value in values), Fraction(0))

    def rounding(self, values: Floats, errors: Floats) -> float:
        """Return the sum of the errors."""
        return float(errors.sum())

    def lift(self, polynomials: tuple[Polynomial, ...], point: Floats) -> Floats:
        """Append all absolute values."""
        return np.append(point, np.abs(evaluate_all(polynomials, point)))


@dataclass(frozen=True)
class SumOfSquares(Norm):
    """The sum of squares, which is a polynomial itself."""

    squared: ClassVar[bool] = True

    def value(self, values: Floats) -> float:
        """Return the sum of the squares."""
        return float((values**2).sum())

    def most(self, values: Sequence[Value]) -> Fraction:
        """Return the sum of the squares."""
        return sum((value.size**2 for value in values), Fraction(0))

    def rounding(self, values: Floats, errors: Floats) -> float:
        """Return by how much the squares grow with the errors."""
        sizes = np.abs(values)
        return float(((sizes + errors) ** 2 - sizes**2).sum())

    def problem(self, polynomials: tuple[Polynomial, ...], until: float = math.inf) -> Problem:
        """Return the unconstrained problem."""
        n, terms = len(polynomials[0].variables), max(map(len, polynomials))
        products = min(terms**2, basis_size(n, 2 * max(p.degree for p in polynomials)))
        refuse_if_too_large(f"the sum of squares of {terms} terms", n, products)
        return Problem(sum_of_squares(polynomials, until), variables=polynomials[0].variables)

    def lift(self, polynomials: tuple[Polynomial, ...], point: Floats) -> Floats:
        """Return the point: nothing is added."""
        return point


def epigraph(polynomials: tuple[Polynomial, ...], bounds: tuple[str, ...]) -> Problem:
    r"""Return the problem of minimising :math:`\sum_j \theta_j` subject to :math:`\theta_j \pm r_j \ge 0`.

    Parameters
    ----------
    polynomials : tuple of Polynomial
    bounds : tuple of str
        The names of the bounds: one for each polynomial, or one for all.
    """
    n, names = len(polynomials[0].variables), (*polynomials[0].variables, *bounds)
    units = np.eye(len(bounds), len(names), n, dtype=np.int64)
    rows, table = to_table(polynomials)
    padded = np.pad(rows, ((0, 0), (0, len(bounds))))
    rows, place = unique_rows(np.concatenate([padded, units]))
    own = np.zeros((len(table), len(bounds)))
    own[np.arange(len(table)), np.arange(len(table)) % len(bounds)] = 1.0
    pairs = np.zeros((2 * len(table), len(rows)))
    pairs[:, place[: len(padded)]] = np.stack([-table, table], axis=1).reshape(len(pairs), len(padded))
    pairs[:, place[len(padded) :]] = np.repeat(own, 2, axis=0)
    objective = Polynomial.from_terms(units, np.ones(len(bounds)), names)
    return Problem(objective, tuple(from_table(rows, pairs, names)), variables=names)
