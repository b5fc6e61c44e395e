r"""Rational activations of one hidden layer, learned globally.

With fixed weights the outputs are :math:`\Phi(\delta) c`: linear in the numerator's coefficients, rational in the one
coefficient of the denominator. So :math:`\gamma` is a bound of the mean squared residual for all `c` and all
:math:`\delta` of the interval exactly where

.. math:: \begin{pmatrix} G(\delta) & -h(\delta) \\ -h(\delta)^\top & T - \gamma \end{pmatrix} \succeq 0,
    \quad G = \Phi^\top \Phi,\ h = \Phi^\top y,\ T = y^\top y,

on the interval: the minimum over `c` is a Schur complement. That is a matrix of functions of one variable, whatever the
number of samples, units and outputs; it is shown to be definite piece by piece, in balls.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
from flint import arb, arb_poly, ctx
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares, minimize_scalar

from ...errors import InvalidInput, ProblemTooLarge
from ...hierarchy.gaps import closes
from ...hierarchy.status import Status
from ...machine.checks import integer, positive, shown
from ...machine.documents import write_document
from ...machine.notebooks import Row
from ...machine.records import Record
from ..data import checked_data
from ..network import PolynomialNetwork
from ..network_doors import check_rows
from ..unit_documents import RATIONAL, rational_document
from .activation import MAX_POWER, RationalActivation
from .positive import is_definite
from .series import BITS, TERMS, Layer, Moments

Floats = NDArray[np.float64]

#: Values of the denominator's coefficient that are tried first, and of these how many are refined.
_GRID, _REFINED = 400, 6
#: As for other squared losses: below this share of the mean squared target a loss counts as zero.
_SHARE = 1e-8
#: Bounds that are tried: the best loss minus these multiples of the tolerance; then these shares of it.
_STEPS, _SHARES = (0.5, 0.95), (0.999, 0.99, 0.9, 0.5, 0.1)
#: Balls that the series of one piece may have.
_LARGEST = 20_000_000


@dataclass(frozen=True, eq=False, repr=False)
class RationalFit(Record):
    """A rational activation that was learned.

    Attributes
    ----------
    status : Status
        ``CERTIFIED`` where the bounds meet: for all coefficients, with the denominator's one in its interval.
    activation : RationalActivation
    coefficients : (degree + 1,) array
        Of the numerator, ascending.
    delta : float
        The coefficient of the denominator.
    lower_bound, upper_bound : float
        Of the least mean squared residual over samples and outputs. The upper one is the loss of what was found, with
        all rounding errors; the lower one is proved in ball arithmetic.
    weights, biases : pairs of arrays
        Of the network.
    seconds : float
    """

    status: Status
    activation: RationalActivation
    coefficients: Floats
    delta: float
    lower_bound: float
    upper_bound: float
    weights: tuple[Floats, Floats]
    biases: tuple[Floats, Floats]
    seconds: float

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write the fit to a file, from which `momentsos.load` reads it whole.

        Raises
        ------
        InvalidInput
            The file cannot be written.
        """
        write_document(path, RATIONAL, rational_document(self))

    def _table_rows(self) -> list[Row]:
        return [
            ("status", self.status.name),
            ("activation", self.activation.title),
            ("numerator", np.array2string(self.coefficients, precision=6, threshold=12)),
            ("denominator", f"{self.delta:.6g} in {self.activation.interval}"),
            ("bounds", f"{self.lower_bound:.10g} to {self.upper_bound:.10g}"),
            ("seconds", f"{self.seconds:.2f}"),
        ]

    def __str__(self) -> str:
        low, high = self.activation.interval
        return (
            f"{self.status.name}: mean squared error from {self.lower_bound:.10g} to {self.upper_bound:.10g} over all "
            f"numerators, with the denominator's coefficient from {low:g} to {high:g}"
        )

    def predict(self, X: ArrayLike) -> Floats:
        """Return the outputs for the rows of `X`, shape (N, outputs)."""
        inputs = check_rows(X, "X", self.weights[0].shape[1]) @ self.weights[0].T + self.biases[0]
        return np.asarray(
            self.activation.at(inputs, self.coefficients, self.delta) @ self.weights[1].T + self.biases[1]
        )


def learn_rational(
    weights: Sequence[ArrayLike],
    X: ArrayLike,
    Y: ArrayLike,
    activation: RationalActivation,
    *,
    biases: Sequence[ArrayLike] | None = None,
    tol: float = 1e-6,
    seed: int = 0,
) -> RationalFit:
    r"""Learn the rational activation that all units of one hidden layer share, globally, in the mean squared error.

    Parameters
    ----------
    weights : pair of arrays, (m_1, m_0) and (m_2, m_1)
    X : (N, m_0) array
    Y : (N, m_2) array, or class labels
    activation : RationalActivation
    biases : pair of arrays, optional
    tol : float
        The relative gap up to which the bounds meet; losses below 1e-8 of the mean squared target are measured by it.
    seed : int
        Of the local search.

    Returns
    -------
    RationalFit

    Raises
    ------
    InvalidInput
        Another number of layers, shapes that do not match, numbers that are not finite.
    ProblemTooLarge
        More samples, units and outputs than series are made of.

    Examples
    --------
    >>> import numpy as np, momentsos as ms
    >>> rng = np.random.default_rng(0)
    >>> W, X = [rng.standard_normal((3, 2)), rng.standard_normal((1, 3))], rng.standard_normal((30, 2))
    >>> cauchy = ms.RationalActivation(1, "cauchy", (0.1, 10.0))
    >>> Y = cauchy.at(X @ W[0].T, np.array([1.0, -0.5]), 0.7) @ W[1].T
    >>> fit = ms.learn_rational(W, X, Y, cauchy)
    >>> fit.status.name, round(fit.delta, 6)
    ('CERTIFIED', 0.7)
    """
    began = time.perf_counter()
    if not isinstance(activation, RationalActivation):
        raise InvalidInput(f"activation: expected a RationalActivation, got {shown(activation)}")
    limit = positive(tol, "tol", "a relative gap above 0") or 0.0
    own = list(weights)
    if len(own) != 2:
        raise InvalidInput(
            f"weights: got {len(own)} matrices; rational activations are learned in networks with one hidden layer, "
            f"which have two: behind a learned layer the denominators would hold unknowns"
        )
    network = PolynomialNetwork(own, degrees=[1], biases=biases)  # type: ignore[arg-type]
    inputs, targets = checked_data(network, X, Y)
    first, second = network.weights
    given = network.biases or (np.zeros(len(first)), np.zeros(len(second)))
    numbers = len(inputs) * (len(first) + len(second)) * (activation.degree + 1) * TERMS
    if numbers > _LARGEST:
        raise ProblemTooLarge(
            f"{len(inputs)} samples, {len(first)} units and {len(second)} outputs need series of {numbers:,} balls: "
            f"expected at most {_LARGEST:,}; take fewer samples",
            64 * numbers,
            64 * _LARGEST,
        )
    with ctx.workprec(BITS):
        layer = Layer.of(activation, (first, second), (given[0], given[1]), inputs, targets)
        with np.errstate(over="ignore", invalid="ignore"):
            finite = np.isfinite(layer.inputs**MAX_POWER).all() and np.isfinite(np.square(targets)).all()
        if not finite:
            raise InvalidInput("X, Y: their powers are too large for floats; change units")
        coefficients, delta = _searched(layer, integer(seed, "seed", 0, 2**63 - 1))
        upper = layer.loss(coefficients, delta)
        unit = _SHARE * float(max(np.mean(targets**2), np.mean(layer.wanted**2)))
        lower = _bound(layer, upper, max(upper, unit), limit)
    met = lower == upper or closes(lower, upper, max(unit, 5e-324), limit)
    return RationalFit(
        Status.CERTIFIED if met else Status.BOUNDED,
        activation,
        coefficients,
        delta,
        lower,
        upper,
        (first, second),
        (given[0], given[1]),
        time.perf_counter() - began,
    )


def _searched(layer: Layer, seed: int) -> tuple[Floats, float]:
    """Return the best numerator and denominator that a search along the interval finds."""
    low, high = layer.activation.interval
    begin = low if low > 0.0 else high * 1e-6
    grid = np.unique([low, *np.geomspace(begin, high, _GRID), *np.linspace(low, high, _GRID // 4)])
    wanted = layer.wanted.reshape(-1)

    def fitted(delta: float) -> tuple[float, Floats]:
        design = layer.design(delta)
        found = np.asarray(np.linalg.lstsq(design, wanted, rcond=None)[0], dtype=np.float64)
        return float(np.mean((design @ found - wanted) ** 2)), found

    values = np.array([fitted(float(d))[0] for d in grid])
    padded = np.concatenate([[np.inf], values, [np.inf]])
    lowest = np.flatnonzero((values <= padded[:-2]) & (values <= padded[2:]))
    best = (float(values.min()), float(grid[values.argmin()]))
    for i in lowest[np.argsort(values[lowest])][:_REFINED]:
        ends = (float(grid[max(i - 1, 0)]), float(grid[min(i + 1, len(grid) - 1)]))
        found = minimize_scalar(
            lambda d: fitted(d)[0], bounds=ends, method="bounded", options={"xatol": 1e-12 * ends[1]}
        )
        best = min(best, (float(found.fun), float(found.x)))
    delta = _polished(layer, best[1], fitted(best[1])[1])
    delta = delta if fitted(delta)[0] <= best[0] else best[1]
    return fitted(delta)[1], delta


def _polished(layer: Layer, delta: float, coefficients: Floats) -> float:
    """Return the denominator's coefficient after least squares on all residuals: exact fits show to the last digit."""
    wanted, (low, high) = layer.wanted.reshape(-1), layer.activation.interval
    scale = max(delta, 1e-6 * high)

    def residuals(place: Floats) -> Floats:
        moved = float(np.clip(delta + scale * place[0], low, high))
        return np.asarray(layer.design(moved) @ (coefficients + place[1:]) - wanted)

    found = least_squares(residuals, np.zeros(1 + len(coefficients)), xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=50)
    return float(np.clip(delta + scale * found.x[0], low, high))


def _bound(layer: Layer, upper: float, size: float, tol: float) -> float:
    """Return the largest of some bounds that is proved: near the best loss, then shares of it, then zero."""
    if upper <= tol * size:
        return 0.0
    squares = float(np.max(np.square(layer.inputs))) * 1.01
    pieces = [layer.moments(low, high) for low, high in layer.activation.pieces(squares)]
    for gamma in (*(upper - step * tol * size for step in _STEPS), *(share * upper for share in _SHARES)):
        if 0.0 < gamma < upper and all(_holds(piece, gamma) for piece in pieces):
            return gamma
    return 0.0


def _holds(piece: Moments, gamma: float) -> bool:
    """Return whether no coefficients have a loss below `gamma` on a piece, as far as it was proved."""
    size = len(piece.inner)
    scales = [_power_of_two(piece.gram[k][k]) for k in range(size)]
    shift = max(scales) ** 2 * piece.defect if scales else 0.0
    matrix = [[piece.gram[k][m] * (scales[k] * scales[m]) for m in range(size)] for k in range(size)]
    side = [-piece.inner[k] * scales[k] for k in range(size)]
    weight = _power_of_two(arb_poly([piece.square]))
    corner = arb_poly([(piece.square - arb(gamma)) * weight**2])
    shift = max(shift, weight**2 * piece.defect, max(scales) * weight * piece.defect)
    rows = [[*row, side[k] * weight] for k, row in enumerate(matrix)]
    rows.append([*(v * weight for v in side), corner])
    for k in range(size + 1):
        rows[k][k] = rows[k][k] - shift
    return is_definite(rows)


def _power_of_two(polynomial: arb_poly) -> float:
    """Return a power of two whose square times the constant term is about one."""
    value = float(arb(polynomial(arb(0))).mid())
    return float(2.0 ** -round(0.5 * np.log2(value))) if value > 0.0 else 1.0
