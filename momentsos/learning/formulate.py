"""From a network and data to a polynomial problem, and from its points back to coefficients."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.checks import shown
from ..machine.memory import memory_errors_told
from ..machine.records import Record
from ..points.judge import rounded_up, values_at
from ..polynomials import Polynomial
from ..polynomials.evaluator import Evaluator
from ..polynomials.factored import Factor
from ..problem import Problem
from .expansion import Expansion
from .limits import as_polynomials
from .losses import Loss, loss_named
from .losses.norms import Norm
from .network import PolynomialNetwork, check_rows


@dataclass(frozen=True, eq=False, repr=False)
class Formulation(Record):
    r"""A loss over data as a polynomial problem, with the way back.

    Attributes
    ----------
    network : PolynomialNetwork
    loss : str
    problem : Problem
        Its variables are the coefficients, then what the loss adds (`theta`, or one bound for each residual).
    residuals : tuple of Polynomial
        In the coefficients; the loss is a norm of them. For the mean residual: the entries of :math:`\hat f - \hat y`.
        For losses of all samples: the residuals, or what a reduction makes of them.
    scale : float
        The size of the targets, in units of the loss.
    """

    network: PolynomialNetwork
    loss: str
    problem: Problem
    residuals: tuple[Polynomial, ...]
    scale: float

    @classmethod
    def of(
        cls,
        network: PolynomialNetwork,
        loss: Loss,
        residuals: tuple[Polynomial, ...],
        scale: float,
        until: float = math.inf,
    ) -> Formulation:
        """Write the problem of making residuals of `network` small in the norm of the loss, while there is time."""
        problem, rows = loss.norm.problem(residuals, until), network.unknowns.inequalities
        if len(rows):
            kept = as_polynomials(rows, problem.variables)
            problem = replace(problem, inequalities=(*problem.inequalities, *kept))
        return cls(network, loss.name, problem, residuals, scale)

    @classmethod
    def of_factor(cls, network: PolynomialNetwork, loss: Loss, factor: Factor, scale: float) -> Formulation:
        """Write the problem of a loss that is a sum of squares, which remembers its factor."""
        problem = Problem(factor.expanded, variables=factor.variables, squares=factor)
        return cls(network, loss.name, problem, factor.polynomials, scale)

    @property
    def norm(self) -> Norm:
        """What is minimised of the residuals."""
        return loss_named(self.loss).norm

    @property
    def squares(self) -> tuple[Polynomial, ...]:
        """Polynomials whose squares add up to the objective; none for a loss that is no such sum."""
        return self.residuals if self.norm.squared else ()

    @cached_property
    def evaluator(self) -> Evaluator:
        """The residuals with their derivatives."""
        return Evaluator(self.residuals)

    @property
    def n_coefficients(self) -> int:
        """The number of unknown coefficients, which are the first variables of the problem."""
        return self.network.unknowns.count

    def coefficients(self, point: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return one array a layer, ascending powers, for a point of the problem; what is fixed is filled in."""
        return self.network.unknowns.coefficients(point)

    def lifted(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `point` with the variables that the loss adds set to what the coefficients make of them.

        For an epigraph this is `theta` = the largest absolute residual: exactly feasible, up to rounding.
        """
        return self.norm.lift(self.residuals, np.asarray(point[: self.n_coefficients]))

    def objective(self, point: NDArray[np.float64]) -> float:
        """Return the objective at `point`, as a sum of squares where it is one."""
        if self.norm.squared:
            return float(sum(r(point) ** 2 for r in self.squares))
        return float(self.problem.minimize(point))

    def loss_at(self, point: NDArray[np.float64], fine: NDArray[np.float64]) -> float:
        """Return the norm of the residuals at the coefficients of ``point + fine``, exactly, rounded up to a float."""
        n = self.n_coefficients
        return rounded_up(self.norm.most(values_at(self.residuals, point[:n], fine[:n])))

    def rounding(self, point: NDArray[np.float64]) -> float:
        """Return what rounding of the coefficients and of the evaluation can change in the objective at `point`.

        A few units in the last place of the sum of the absolute terms of each residual, times the degree.
        """
        coefficients = np.asarray(point[: self.n_coefficients])
        units = (4 + max(r.degree for r in self.residuals)) * np.finfo(float).eps
        errors = units * self.evaluator.sizes(coefficients)
        return self.norm.rounding(self.evaluator.values(coefficients), errors)

    def flatten(self, coefficients: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the unknown coefficients as one vector, the inverse of `coefficients`."""
        return self.network.unknowns.flatten(coefficients)


def formulate(network: PolynomialNetwork, X: ArrayLike, Y: ArrayLike, loss: str = "mse") -> Formulation:
    r"""Write the training of the activations of `network` as a polynomial problem.

    Parameters
    ----------
    network : PolynomialNetwork
    X : (N, m_0) array
    Y : (N, m_{D+1}) array
    loss : str

    Returns
    -------
    Formulation

    Raises
    ------
    InvalidInput
        Shapes that do not match the network, numbers that are not finite.
    BadOption
        An unknown loss.
    """
    with memory_errors_told("writing the problem down"):
        return formulated(network, X, Y, loss)


def formulated(
    network: PolynomialNetwork, X: ArrayLike, Y: ArrayLike, loss: str, until: float = math.inf
) -> Formulation:
    """Do what `formulate` does while the time is not over (`until`, by `time.perf_counter`).

    Raises
    ------
    ProblemTooLarge
        When it is.
    """
    chosen = loss_named(loss)
    inputs, outputs = checked_data(network, X, Y)
    network = network.seeing(inputs)
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            targets = chosen.targets(outputs)
            expansion, scale = Expansion.of(network, until=until), chosen.scale(targets)
            factor = None if len(network.unknowns.inequalities) else chosen.factor(expansion, inputs, targets)
            if factor is not None:
                return Formulation.of_factor(network, chosen, factor, scale)
            residuals = chosen.residuals(expansion, inputs, targets)
            return Formulation.of(network, chosen, residuals, scale, until)
        except InvalidInput as error:
            raise InvalidInput(f"X, Y: their powers are too large for a polynomial ({error}); change units") from error


def checked_data(
    network: PolynomialNetwork, X: ArrayLike, Y: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return inputs and targets as float arrays; raise `InvalidInput` when they do not match the network."""
    if not isinstance(network, PolynomialNetwork):
        raise InvalidInput(f"network: expected a PolynomialNetwork, got {shown(network)}")
    inputs, targets = check_rows(X, "X", network.sizes[0]), check_rows(Y, "Y", network.sizes[-1])
    if len(inputs) != len(targets):
        raise InvalidInput(f"X has {len(inputs)} rows and Y has {len(targets)}: expected one row a sample in both")
    return inputs, targets
