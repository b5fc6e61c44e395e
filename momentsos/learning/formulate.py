"""From a network and data to a polynomial problem, and from its points back to coefficients."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BadOption, InvalidInput
from ..machine.clock import refuse_if_late
from ..machine.memory import memory_errors_told
from ..machine.notebooks import Row
from ..machine.records import Record
from ..points.judge import rounded_up, values_at
from ..polynomials import Polynomial
from ..polynomials.evaluator import Evaluator
from ..polynomials.factored import Factor
from ..problem import Problem
from ..relaxations.size import refuse_if_too_large
from .data import SampleWeights, checked_data
from .expansion import Expansion
from .limits import as_polynomials
from .losses import Loss, loss_named
from .losses.norms import Norm
from .losses.penalties import NO_PENALTIES, Penalties
from .natural import natural_units
from .network import PolynomialNetwork


@dataclass(frozen=True, eq=False, repr=False)
class Formulation(Record):
    r"""A loss over data as a polynomial problem, with the way back.

    Attributes
    ----------
    network : PolynomialNetwork
    loss : str
    norm : Norm
        What is minimised of the residuals.
    problem : Problem
        Its variables are the coefficients, then what the loss adds (`theta`, or one bound for each residual).
    residuals : tuple of Polynomial
        In the coefficients; the loss is a norm of them. For the mean residual: the entries of :math:`\hat f - \hat y`.
        For losses of all samples: the residuals, or what a reduction makes of them. Coefficients that are penalised
        stand behind them.
    scale : float
        The size of the targets, in units of the loss.
    units : (n,) array
        The natural units of the coefficients; see `momentsos.learning.natural`.
    """

    network: PolynomialNetwork
    loss: str
    norm: Norm
    problem: Problem
    residuals: tuple[Polynomial, ...]
    scale: float
    units: NDArray[np.float64]

    def _table_rows(self) -> list[Row]:
        return [
            ("loss", self.loss),
            ("unknowns", ", ".join(self.problem.variables)),
            ("residual polynomials", f"{len(self.residuals):,}"),
            ("terms of the objective", f"{len(self.problem.minimize):,}"),
            ("constraints", f"{len(self.problem.inequalities) + len(self.problem.equalities):,}"),
            ("size of the targets", f"{self.scale:.4g}"),
        ]

    @classmethod
    def of(
        cls,
        network: PolynomialNetwork,
        goal: Goal,
        residuals: tuple[Polynomial, ...],
        scale: float,
        units: NDArray[np.float64],
        until: float = math.inf,
    ) -> Formulation:
        """Write the problem of making residuals of `network` small in the norm of the loss, while there is time."""
        norm, residuals = goal.penalties.beside(goal.loss.norm, residuals)
        problem, rows = norm.problem(residuals, until), network.unknowns.inequalities
        if len(rows):
            kept = as_polynomials(rows, problem.variables)
            problem = replace(problem, inequalities=(*problem.inequalities, *kept))
        return cls(network, goal.loss.name, norm, problem, residuals, scale, units)

    @classmethod
    def of_factor(
        cls,
        network: PolynomialNetwork,
        goal: Goal,
        factor: Factor,
        scale: float,
        units: NDArray[np.float64],
        until: float = math.inf,
    ) -> Formulation:
        """Write the problem of a loss that is a sum of squares, which remembers its factor, while there is time."""
        n, terms = len(factor.variables), factor.matrix.shape[1]
        refuse_if_too_large(f"the sum of squares of {terms} terms", n, terms**2)
        refuse_if_late(until, "squares were added up")
        problem = Problem(factor.expanded, variables=factor.variables, squares=factor)
        return cls(network, goal.loss.name, goal.loss.norm, problem, factor.polynomials, scale, units)

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
        coefficients, digits = np.asarray(point[:n]), np.asarray(fine[:n])
        with np.errstate(all="ignore"):
            moved = float(np.max(np.abs(digits[digits != 0] / coefficients[digits != 0]), initial=0.0))
        errors = self._errors(coefficients) + moved * self._degree * self.evaluator.sizes(coefficients)
        chosen = self.norm.deciding(self.evaluator.values(coefficients), 2.0 * errors)
        return rounded_up(self.norm.most(values_at([self.residuals[i] for i in chosen], coefficients, digits)))

    def rounding(self, point: NDArray[np.float64]) -> float:
        """Return what rounding of the coefficients and of the evaluation can change in the objective at `point`.

        A few units in the last place of the sum of the absolute terms of each residual, times the degree. Residuals
        from a triangular factor have the errors of an orthogonal transformation, which mixes them: relative to the
        lengths of its columns, whichever row they fall into.
        """
        coefficients = np.asarray(point[: self.n_coefficients])
        if self.problem.squares is not None:
            length = float(np.linalg.norm(self.evaluator.values(coefficients)))
            error = self._units * self.evaluator.length(coefficients)
            return 2.0 * length * error + error**2
        return self.norm.rounding(self.evaluator.values(coefficients), self._errors(coefficients))

    def _errors(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._units * self.evaluator.sizes(coefficients)

    @property
    def _units(self) -> float:
        return float((4 + self._degree) * np.finfo(float).eps)

    @property
    def _degree(self) -> int:
        return max(r.degree for r in self.residuals)

    def flatten(self, coefficients: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the unknown coefficients as one vector, the inverse of `coefficients`."""
        return self.network.unknowns.flatten(coefficients)


def formulate(
    network: PolynomialNetwork,
    X: ArrayLike,
    Y: ArrayLike,
    loss: str = "mse",
    *,
    sample_weight: ArrayLike | None = None,
    ridge: float = 0.0,
    absolute: float = 0.0,
) -> Formulation:
    r"""Write the training of the activations of `network` as a polynomial problem.

    Parameters
    ----------
    network : PolynomialNetwork
    X : (N, m_0) array
    Y : (N, m_{D+1}) array
    loss : str
    sample_weight, ridge, absolute
        As for `momentsos.learn`.

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
        goal = Goal.of(loss, ridge, absolute)
        inputs, targets = checked_data(network, X, Y)
        return formulated(network, inputs, targets, goal.weighted(sample_weight, len(inputs)))


@dataclass(frozen=True)
class Goal:
    """What is minimised: a loss, perhaps with weights of the samples, and penalties.

    Attributes
    ----------
    loss : Loss
    penalties : Penalties
    """

    loss: Loss
    penalties: Penalties = NO_PENALTIES

    @classmethod
    def of(cls, loss: str, ridge: float = 0.0, absolute: float = 0.0) -> Goal:
        """Return a goal from what a user names."""
        goal = cls(loss_named(loss), Penalties.of(ridge, absolute))
        if goal.penalties.any and goal.loss.sampled is not None:
            raise BadOption(f"ridge, absolute: loss {loss!r} has no penalties; 'mse' and 'mean_residual' have")
        return goal

    def weighted(self, given: ArrayLike | None, samples: int) -> Goal:
        """Return the goal with these weights of the samples."""
        if given is None:
            return self
        return replace(self, loss=self.loss.weighted(SampleWeights.of(given, samples).values))

    def suited(self, network: PolynomialNetwork) -> PolynomialNetwork:
        """Return the network without normalisation by default where penalties see the scales of coefficients."""
        chosen = self.penalties.any and network.normalisation == "auto"
        return replace(network, normalisation="none") if chosen else network


def formulated(
    network: PolynomialNetwork, X: NDArray[np.float64], Y: NDArray[np.float64], goal: Goal, until: float = math.inf
) -> Formulation:
    """Do what `formulate` does, for checked data, while the time is not over (`until`, by `time.perf_counter`).

    Raises
    ------
    ProblemTooLarge
        When it is.
    """
    network = goal.suited(network).seeing(X)
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            targets = goal.loss.targets(Y)
            expansion, scale, units = (
                Expansion.of(network, until=until),
                goal.loss.scale(targets),
                natural_units(network, X),
            )
            factor = None if len(network.unknowns.inequalities) else goal.loss.factor(expansion, X, targets)
            factor = None if factor is None else goal.penalties.in_factor(factor)
            if factor is not None:
                return Formulation.of_factor(network, goal, factor, scale, units, until)
            residuals = goal.loss.residuals(expansion, X, targets)
            return Formulation.of(network, goal, residuals, scale, units, until)
        except InvalidInput as error:
            raise InvalidInput(f"X, Y: their powers are too large for a polynomial ({error}); change units") from error
