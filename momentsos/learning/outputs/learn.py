r"""Activations together with the weights and biases of the outputs.

An output is :math:`\sum_u V_{ju} h_u(c; x) + \beta_j`, a polynomial in `c`, `V` and :math:`\beta`; so the mean squared
error is a sum of squares of residuals like any other, with products of weights and coefficients as monomials. Two
things are redundant: the constant of the last activation, which the biases take over (with one output it is a bias),
and its scale, which the weights take over. So the constant is 0 and another coefficient of it is 1; where that one is
not zero nothing is lost, such coefficients are dense, and the loss is continuous: a lower bound in one chart is one for
all.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from os import PathLike

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInput, ProblemTooLarge
from ...hierarchy.gaps import closes
from ...hierarchy.result import Result
from ...hierarchy.solve import solve
from ...hierarchy.status import Status
from ...machine.checks import positive, shown
from ...machine.documents import write_document
from ...machine.notebooks import Row
from ...machine.records import Record
from ...polynomials.evaluation import evaluate_monomials
from ...problem import Problem
from ..charts import Chart
from ..data import checked_data
from ..exact_loss import exact_loss
from ..expansion import Expansion
from ..losses.mean_squared import MeanSquared
from ..network import PolynomialNetwork
from ..unit_documents import OUTPUTS, outputs_document

Floats = NDArray[np.float64]

#: As for other squared losses: below this share of the mean squared target a loss counts as zero.
_SHARE = 1e-8
#: Numbers that the table of all products may hold, 8 bytes each.
_LARGEST = 40_000_000


@dataclass(frozen=True, eq=False, repr=False)
class OutputFit(Record):
    """Activations and output weights that were learned.

    Attributes
    ----------
    status : Status
        ``CERTIFIED`` where the bounds meet: over all coefficients, output weights and biases.
    network : PolynomialNetwork
        With the weights, biases and coefficients that were found.
    lower_bound, upper_bound : float
        Of the least mean squared residual. The upper one is the loss of the network, in ball arithmetic.
    result : Result
        Of the problem in which the bounds were found.
    seconds : float
    """

    status: Status
    network: PolynomialNetwork
    lower_bound: float
    upper_bound: float
    result: Result
    seconds: float

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the fit to a file, from which `momentsos.load` reads it whole.

        Raises
        ------
        InvalidInput
            The file cannot be written, or the network has functions that are not known by name.
        """
        write_document(path, OUTPUTS, outputs_document(self))

    def _table_rows(self) -> list[Row]:
        return [
            ("status", self.status.name),
            ("bounds", f"{self.lower_bound:.10g} to {self.upper_bound:.10g}"),
            ("output weights", np.array2string(self.network.weights[-1], precision=6, threshold=12)),
            *(
                (f"coefficients of layer {i}", np.array2string(c, precision=6, threshold=12))
                for i, c in enumerate(self.network.coefficients or (), start=1)
            ),
            ("seconds", f"{self.seconds:.2f}"),
        ]

    def __str__(self) -> str:
        return (
            f"{self.status.name}: mean squared error from {self.lower_bound:.10g} to {self.upper_bound:.10g} over all "
            f"coefficients, output weights and biases"
        )

    def predict(self, X: ArrayLike) -> Floats:
        """Return the outputs for the rows of `X`."""
        return self.network.predict(X)


def learn_outputs(
    network: PolynomialNetwork,
    X: ArrayLike,
    Y: ArrayLike,
    *,
    biases: bool = True,
    tol: float = 1e-6,
    time_limit: float | None = 60.0,
) -> OutputFit:
    r"""Learn activations, output weights and output biases together, in the mean squared error.

    Parameters
    ----------
    network : PolynomialNetwork
        Its last weights and biases are ignored but for their shape. Activations are polynomials in powers of their
        input, without bounds, constraints and ties.
    X : (N, m_0) array
    Y : (N, m_{D+1}) array, or class labels
    biases : bool
        Whether the outputs have biases.
    tol : float
        The relative gap up to which the bounds meet; losses below 1e-8 of the mean squared target are measured by it.
    time_limit : float, optional
        Seconds, of each problem that is solved; there is one for each coefficient that may be 1 until one is certified.

    Returns
    -------
    OutputFit

    Raises
    ------
    InvalidInput
        Other activations, shapes that do not match, numbers that are not finite.
    ProblemTooLarge
        More products of weights and coefficients than fit into memory.

    Examples
    --------
    >>> import numpy as np, momentsos as ms
    >>> rng = np.random.default_rng(0)
    >>> W, X = [rng.standard_normal((3, 2)), rng.standard_normal((1, 3))], rng.standard_normal((40, 2))
    >>> teacher = ms.PolynomialNetwork(W, degrees=[2]).with_coefficients([[0.5, 1.0, -0.3]])
    >>> fit = ms.learn_outputs(ms.PolynomialNetwork([W[0], np.ones((1, 3))], degrees=[2]), X, teacher.predict(X))
    >>> fit.status.name, np.allclose(fit.network.weights[1], W[1])
    ('CERTIFIED', True)
    """
    began = time.perf_counter()
    limit = positive(tol, "tol", "a relative gap above 0") or 0.0
    positive(time_limit, "time_limit", "seconds")
    if not isinstance(biases, bool | np.bool_):
        raise InvalidInput(f"biases: expected True or False, got {shown(biases)}")
    inputs, targets = checked_data(network, X, Y)
    _check(network)
    unit = max(_SHARE * float(np.mean(targets**2)), 5e-324)
    lower, best = 0.0, None
    for place in _charts(network):
        posed = _Posed.of(network, inputs, targets, bool(biases), place)
        result = solve(posed.problem, tol=limit or 1e-12, time_limit=time_limit, unit=unit)
        found, bound = posed.found(result, inputs, targets), posed.bound(result)
        lower = max(lower, bound, posed.free_bound())
        if found is not None and (best is None or found[1] < best[1]):
            best = (*found, result)
        if best is not None and closes(lower, best[1], unit, limit):
            break
    if best is None:
        raise InvalidInput("X, Y: no finite coefficients were found; change units")
    status = Status.CERTIFIED if closes(lower, best[1], unit, limit) else Status.BOUNDED
    return OutputFit(status, best[0], lower, best[1], best[2], time.perf_counter() - began)


def _check(network: PolynomialNetwork) -> None:
    for number, each in enumerate(network.activations):
        if not each.are_powers or each.per_unit or not each.is_polynomial:
            raise InvalidInput(
                f"activations[{number}] ({each.title}): expected polynomials in powers of their input that all units "
                f"of a layer share, where output weights are learned"
            )
        if each.bounds or each.constraints:
            raise InvalidInput(f"activations[{number}]: bounds and constraints cannot be had beside output weights")
    if network.ties:
        raise InvalidInput("ties: cannot be had where output weights are learned")


def _charts(network: PolynomialNetwork) -> list[int | None]:
    """Return the coefficients of the last activation that may be 1, in the order in which they are tried."""
    last = network.activations[-1]
    places = [place for place in last.free if place > 0]
    if any(last.fixed.values()) or not places:
        return [None]
    return [places[0], *reversed(places[1:])]


@dataclass(frozen=True, eq=False)
class _Posed:
    """The problem in one chart, and the way back."""

    problem: Problem
    network: PolynomialNetwork
    rows: Floats
    monomials: NDArray[np.int64]
    biases: bool
    constant: bool
    given: PolynomialNetwork

    @classmethod
    def of(cls, given: PolynomialNetwork, X: Floats, Y: Floats, biases: bool, place: int | None) -> _Posed:
        """Write the loss down, with this coefficient of the last activation equal to 1."""
        constant = not biases and Y.shape[1] == 1 and 0 in given.activations[-1].free  # it is a bias, for one output
        biases = biases or constant
        hidden, depth = _hidden(given, biases, place), len(given.activations)
        expansion = Expansion.of(hidden)
        terms, units, outputs = len(expansion.exponents), given.sizes[depth], Y.shape[1]
        columns = outputs * (units * terms + int(biases)) + 1
        if columns * Y.size > _LARGEST:
            raise ProblemTooLarge(
                f"{columns:,} products of weights and coefficients for {Y.size:,} residuals: expected at most "
                f"{_LARGEST:,} numbers; take fewer samples, units or degrees",
                8 * columns * Y.size,
                8 * _LARGEST,
            )
        values, inner = expansion.outputs(X), len(expansion.names)
        names = [*expansion.names, *(f"v{j + 1}_{u + 1}" for j in range(outputs) for u in range(units))]
        names += [f"b{j + 1}" for j in range(outputs)] if biases else []
        exponents, table = [], []
        for j in range(outputs):
            for u in range(units):
                powers = np.zeros((terms, len(names)), dtype=np.int64)
                powers[:, :inner], powers[:, inner + j * units + u] = expansion.exponents, 1
                exponents.append(powers)
                block = np.zeros((terms, len(X), outputs))
                block[:, :, j] = values[:, :, u]
                table.append(block.reshape(terms, -1))
            if biases:
                exponents.append(np.eye(len(names), dtype=np.int64)[[inner + outputs * units + j]])
                table.append(np.tile(np.eye(outputs)[j], len(X))[None])
        matrix = np.concatenate([*table, Y.reshape(1, -1)]).T / Y.size**0.5
        rows = np.asarray(np.linalg.qr(matrix, mode="r"))
        monomials = np.concatenate(exponents)
        return cls(Problem.least_squares(monomials, rows, names), hidden, rows, monomials, biases, constant, given)

    def found(self, result: Result, X: Floats, Y: Floats) -> tuple[PolynomialNetwork, float] | None:
        """Return the network at the best point, and its loss, rounded up; None where there is no point."""
        if not len(result.minimizers):
            return None
        point, count = result.minimizers[0], self.network.unknowns.count
        outputs, units = self.given.weights[-1].shape
        last = point[count : count + outputs * units].reshape(outputs, units)
        inner = [self.given.bias(layer) for layer in range(len(self.given.activations))]
        sizes = self.given.sizes[1:]
        own = [np.broadcast_to(b, size) for b, size in zip(inner, sizes[:-1], strict=True)]
        shift = point[count + outputs * units :] if self.biases else np.zeros(outputs)
        coefficients = self.network.unknowns.coefficients(point[:count])
        if self.constant:
            if not last.sum():
                return None
            coefficients[-1][0], shift = shift[0] / last.sum(), np.zeros(outputs)
        network = PolynomialNetwork(
            (*self.given.weights[:-1], last),
            activations=self.given.activations,
            biases=(*own, shift),
            normalisation="none",
        )
        loss = exact_loss(network, MeanSquared(), coefficients, X, Y)
        network = network.with_coefficients(coefficients)
        if loss is None:  # many data: what rounding can change is small against the share that is added
            loss = float(np.mean((network.predict(X) - Y) ** 2)) * (1.0 + 1e-9)
        return (network, loss) if np.isfinite(loss) else None

    def free_bound(self) -> float:
        """Return what is left of the targets where every product is an unknown of its own."""
        if len(self.rows) < self.rows.shape[1]:
            return 0.0
        error = 64.0 * np.finfo(float).eps * float(np.linalg.norm(self.rows[:, -1]))
        return max(0.0, abs(float(self.rows[-1, -1])) - error) ** 2

    def bound(self, result: Result) -> float:
        """Return the lower bound less what rounding of the products can have added to it; zero is always one."""
        if result.lower_bound is None or not result.region.everything or not len(result.minimizers):
            return 0.0
        values = np.append(evaluate_monomials(self.monomials, result.minimizers[:1])[0], -1.0)
        error = 64.0 * np.finfo(float).eps * float(np.linalg.norm(np.abs(self.rows) @ np.abs(values)))
        return max(0.0, result.lower_bound - 2.0 * error * max(result.lower_bound, 0.0) ** 0.5 - error**2)


def _hidden(given: PolynomialNetwork, biases: bool, place: int | None) -> PolynomialNetwork:
    """Return the network whose outputs are the units of the last hidden layer, without what is redundant."""
    last, depth = given.activations[-1], len(given.activations)
    units = given.sizes[depth]
    weights = (*given.weights[:-1], np.eye(units))
    inner = None if given.biases is None else (*given.biases[:-1], np.zeros(units))
    plain = PolynomialNetwork(weights, activations=given.activations, biases=inner, normalisation=given.normalisation)
    chart: Chart = tuple(one for one in plain.chart if one[0] != depth - 1)
    if biases and 0 in last.free:
        last = replace(last, degree=None if last.powers is not None else last.degree, fixed={**last.fixed, 0: 0.0})
    activations = (*given.activations[:-1], last)
    if place is not None:
        chart = (*chart, (depth - 1, place))
    if not any(each.free for each in activations):
        raise InvalidInput("activations: no coefficient is free; output weights alone are linear least squares")
    return PolynomialNetwork(weights, activations=activations, biases=inner, normalisation=chart)
