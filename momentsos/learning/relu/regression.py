"""Regression with one biased ReLU, globally: every activation pattern is bounded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import ProblemTooLarge
from ...hierarchy.gaps import closes
from ...hierarchy.status import Status
from ...machine.checks import integer, positive
from ...machine.memory import available_bytes, memory_errors_told
from ...points.judge import rounded_up
from .arrangement import cells, count_cells
from .cell_bounds import cell_bounds, raised_bounds
from .cell_programs import DecidingCell, active_constraints, decided
from .local import local_minima, loss_at, random_starts
from .result import CellCertificate, ReluFit
from .sample import Sample

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Random starts of the search before cells are looked at, and cells that are bounded in one go.
_STARTS, _CHUNK = 64, 1 << 14
#: Below this share of the mean squared target a loss counts as zero, as for other losses of squares.
_SHARE = 1e-8


def relu_regression(
    X: ArrayLike, y: ArrayLike, *, intercept: bool = True, tol: float = 1e-6, max_cells: int = 4_000_000, seed: int = 0
) -> ReluFit:
    r"""Fit one ReLU with the least mean squared error of all.

    .. math:: \min_{w, b}\ \frac1N \sum_i \bigl(y_i - \max(0, w^\top x_i + b)\bigr)^2

    Nothing is assumed of the targets. The samples cut the space of weights and biases into cells of equal activation
    patterns, at most :math:`2 \sum_{k \le d} \binom{N - 1}{k}`; on each the loss is a convex quadratic. All cells are
    enumerated and bounded from below, those that decide in rational arithmetic.

    Parameters
    ----------
    X : (N, d) array
    y : (N,) array
    intercept : bool
        Whether there is a bias.
    tol : float
        The relative gap up to which the bounds meet; losses below 1e-8 of the mean squared target are measured by it.
    max_cells : int
        More are refused; the memory is about `N` bytes a cell.
    seed : int
        Of the local search, which only saves time.

    Returns
    -------
    ReluFit

    Raises
    ------
    InvalidInput
        Shapes that do not match, numbers that are not finite.
    BadOption
        A tolerance or limit that makes no sense.
    ProblemTooLarge
        More cells than `max_cells`, known beforehand.

    Examples
    --------
    >>> import numpy as np, momentsos as ms
    >>> x = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    >>> fit = ms.relu_regression(x, np.maximum(0.0, 2.0 * x - 1.0))
    >>> fit.status.name, round(fit.weights[0], 9), round(fit.bias, 9)
    ('CERTIFIED', 2.0, -1.0)
    """
    began = time.perf_counter()
    integer(max_cells, "max_cells", 1, 2**40)
    integer(seed, "seed", 0, 2**63 - 1)
    limit = positive(tol, "tol", "a relative gap above 0")
    sample = Sample.of(X, y, intercept)
    with memory_errors_told("enumerating the cells"):
        lower, upper, place, known = _bounded(sample, max_cells, seed)
    unit = _SHARE * rounded_up(sample.mean(Fraction(sample.squares)))
    met = lower == upper or closes(lower, upper, unit, 0.0 if limit is None else limit)
    status = Status.CERTIFIED if met else Status.BOUNDED
    return ReluFit(status, place[0], place[1], lower, upper, known, time.perf_counter() - began)


@dataclass(frozen=True, eq=False)
class Best:
    """The best weights known: as floats, and their loss, exactly."""

    weights: Floats
    bias: float
    loss: Fraction

    @classmethod
    def zero(cls, sample: Sample) -> Best:
        """Return the ReLU that is silent everywhere."""
        none = np.zeros(sample.X.shape[1])
        return cls(none, 0.0, sample.loss(none, 0.0))

    def or_at(self, sample: Sample, theta: list[Fraction]) -> Best:
        """Return the better one of this and the weights at `theta`, as they are in floats."""
        weights, bias = sample.weights(theta)
        loss = sample.loss(weights, bias)
        return Best(weights, bias, loss) if loss < self.loss else self

    def ceiling(self, sample: Sample) -> float:
        """Return the loss as a sum of squares in the units of the scaled targets, rounded up."""
        return rounded_up(self.loss / sample.unit)


def possible_cells(sample: Sample, max_cells: int) -> Bools:
    """Return half of the cells, the opposite ones being the other half; `ProblemTooLarge` where there are too many."""
    n, dimension = len(sample.y), len(sample.columns)
    expected, room = count_cells(n, dimension), available_bytes() // 2
    if expected > max_cells or expected * n > room:
        raise ProblemTooLarge(
            f"{n} samples with {dimension} coefficients have up to {expected:,} activation patterns, about "
            f"{expected * n / 1e9:.1f} GB: expected at most max_cells = {max_cells:,} and {room / 1e9:.1f} GB; take "
            f"fewer samples or inputs",
            expected * n,
            min(max_cells * n, room),
        )
    return cells(sample.rows)


def _bounded(sample: Sample, max_cells: int, seed: int) -> tuple[float, float, tuple[Floats, float], CellCertificate]:
    """Return both bounds, weights and bias, and how the cells were dealt with."""
    best = Best.zero(sample)
    if not sample.columns or not sample.squares:  # nothing to fit with, or nothing to fit
        loss = rounded_up(best.loss)
        return max(-rounded_up(-best.loss), 0.0), loss, (best.weights, best.bias), CellCertificate(1, 1, 0, ())
    half = possible_cells(sample, max_cells)
    rows, targets = sample.white.floats, sample.scaled
    theta, losses = local_minima(rows, targets, random_starts(rows, _STARTS, np.random.default_rng(seed)))
    best = best.or_at(sample, sample.coefficients(theta[np.argmin(losses)]))
    left = []
    for chunk in _chunks(half):
        found = cell_bounds(rows, targets, chunk)
        open_ones = found.lower < best.ceiling(sample)
        left.append(chunk[open_ones])
        best = _best_of(sample, best, found.theta[open_ones])
    kept = np.concatenate(left)
    levels = [np.empty(0)]
    for start in range(0, len(kept), _CHUNK):
        chunk = kept[start : start + _CHUNK]
        raised = raised_bounds(rows, targets, chunk, best.ceiling(sample))
        best = _best_of(sample, best, raised.theta)
        levels.append(raised.lower)
    bounds = np.concatenate(levels)
    deciding: list[DecidingCell] = []
    for i in np.argsort(bounds):
        if bounds[i] >= best.ceiling(sample):
            break
        cell = decided(sample, kept[i], active_constraints(rows, targets, kept[i]))
        best = best.or_at(sample, list(cell.theta))
        deciding.append(cell)
    lowest = min([best.loss, *(cell.bound for cell in deciding)])
    by_least_squares = 2 * len(half) - len(kept)
    known = CellCertificate(2 * len(half), by_least_squares, len(kept) - len(deciding), tuple(deciding))
    lower = -rounded_up(-lowest)
    return lower if lower > 0.0 else 0.0, rounded_up(best.loss), (best.weights, best.bias), known


def _best_of(sample: Sample, best: Best, theta: Floats) -> Best:
    if not len(theta):
        return best
    losses = loss_at(sample.white.floats, sample.scaled, theta)
    least = int(np.argmin(losses))
    return best.or_at(sample, sample.coefficients(theta[least])) if losses[least] < best.ceiling(sample) else best


def _chunks(half: Bools) -> Iterator[Bools]:
    for start in range(0, len(half), _CHUNK):
        chunk = half[start : start + _CHUNK]
        yield chunk
        yield ~chunk
