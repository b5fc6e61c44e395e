r"""An interior-point method for one program: :math:`\max \rho`, :math:`X = I - \rho J + N \succeq 0`, on moments.

The dual is :math:`\min \langle I, S \rangle` with :math:`S = \sum_i y_i F_i \succeq 0` and :math:`\langle J, S \rangle
= 1`.
The first side begins at :math:`X = I`, which is feasible; the direction is that of Helmberg, Kojima and Monteiro with
Mehrotra's corrector. What is missing in the equations of the first side is asked for in exact arithmetic, so that they
hold to all digits at the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from .moments import CentredMoments

Floats = NDArray[np.float64]
Missing = Callable[[Floats, float], Floats]

#: Steps at most, and the share of the way to the boundary.
_STEPS, _SHARE = 60, 0.98
#: The relative gap at which it ends, and steps without a better one after which it does.
_CLOSED, _PATIENCE = 1e-11, 4
#: Solutions of the equations of a direction, one after the other.
_REFINED = 3
#: The diagonal of the equations is enlarged by this share.
_SHIFT = 1e-14
#: The least step worth taking.
_LEAST = 1e-6


@dataclass(frozen=True, eq=False)
class Answer:
    """Where the method ended.

    Attributes
    ----------
    rho : float
    gram, moments : (K, K) arrays
        The `X` and `S`.
    gap : float
        Relative, with what is missing in the equations.
    steps : int
    """

    rho: float
    gram: Floats
    moments: Floats
    gap: float
    steps: int


@dataclass(frozen=True, eq=False)
class _Direction:
    x: Floats
    y: Floats
    s: Floats
    rho: float

    @property
    def finite(self) -> bool:
        return bool(np.isfinite(self.x).all() and np.isfinite(self.s).all() and np.isfinite(self.rho))


@dataclass(frozen=True, eq=False)
class _Newton:
    """The equations of a direction at one iterate, factored."""

    moments: CentredMoments
    end: Floats
    scale: Floats
    x: Floats
    inverse: Floats
    factor: Any
    short: tuple[Floats, Floats, float]

    def direction(self, target: float, second: Floats) -> _Direction:
        r"""Return the direction to :math:`X S = \mu I`, with a correction of second order."""
        primal, dual, last = self.short
        fixed = target * self.inverse - self.x - _symmetric(self.x @ dual @ self.inverse) - second
        d_x, d_y, d_rho = fixed, np.zeros(len(self.end)), 0.0
        along = scipy.linalg.cho_solve(self.factor, self.end / self.scale, check_finite=False)
        for _ in range(_REFINED):  # with what the factor has left of the equations
            right = (self.moments.adjoint(d_x) + d_rho * self.end - primal) / self.scale
            ahead = scipy.linalg.cho_solve(self.factor, right, check_finite=False)
            left = last - float(self.end @ d_y)
            more = (left - float(self.end / self.scale @ ahead)) / float(self.end / self.scale @ along)
            d_y, d_rho = d_y + (ahead + more * along) / self.scale, d_rho + more
            d_x = fixed - _symmetric(self.x @ self.moments.matrix(d_y) @ self.inverse)
        return _Direction(_symmetric(d_x), d_y, _symmetric(self.moments.matrix(d_y) + dual), d_rho)


def solved(
    moments: CentredMoments, ones: Floats, missing: Missing, start: Floats, rho: float, until: float = np.inf
) -> Answer:
    r"""Solve the program; the best iterate is returned when nothing gets better, or the time is over.

    Parameters
    ----------
    moments : CentredMoments
    ones : (K, K) array
        The `J`.
    missing : callable
        Of `X` and ρ: the inner products of the unknowns' matrices with what :math:`I - \rho J - X` lacks, or
        another matrix in place of `I`.
    start, rho : (K, K) array and float
        Where `X` and ρ begin.
    until : float
        By `time.perf_counter`.
    """
    size = len(ones)
    end, scale = moments.adjoint(ones), moments.lengths
    x, s, y = start, np.eye(size), np.zeros(len(end))
    best = Answer(rho, x, s, np.inf, 0)
    for step in range(_STEPS):
        mu = float(np.tensordot(x, s)) / size
        short = missing(x, rho), moments.matrix(y) - s, 1.0 - float(end @ y)
        gap = mu * size / max(1.0, abs(rho)) + float(np.abs(short[1]).max()) + abs(short[2])
        if gap < best.gap:
            best = Answer(rho, x, s, gap, step)
        if gap < _CLOSED or step - best.steps > _PATIENCE or time.perf_counter() > until:
            break
        newton = _factored(moments, end, scale, x, s, short)
        if newton is None:
            break
        d = newton.direction(0.0, np.zeros_like(x))
        if not d.finite:
            break
        a, b = min(1.0, _longest(x, d.x)), min(1.0, _longest(s, d.s))
        ahead = float(np.tensordot(x + a * d.x, s + b * d.s)) / size
        centring = min(1.0, max(1e-6, (max(ahead, 0.0) / mu) ** 2))
        d = newton.direction(centring * mu, _symmetric(d.x @ d.s @ newton.inverse))
        if not d.finite:
            break
        a, b = min(1.0, _SHARE * _longest(x, d.x)), min(1.0, _SHARE * _longest(s, d.s))
        if max(a, b) < _LEAST:
            break
        x, rho, y, s = x + a * d.x, rho + a * d.rho, y + b * d.y, s + b * d.s
    return best


def _factored(
    moments: CentredMoments, end: Floats, scale: Floats, x: Floats, s: Floats, short: tuple[Floats, Floats, float]
) -> _Newton | None:
    """Return the equations at an iterate, None where they cannot be factored."""
    try:
        inverse = scipy.linalg.cho_solve(scipy.linalg.cho_factor(s, check_finite=False), np.eye(len(s)))
        factor = factored(moments.schur(x, _symmetric(inverse)), scale)
    except (np.linalg.LinAlgError, ValueError):  # not definite, or not finite
        return None
    return _Newton(moments, end, scale, x, _symmetric(inverse), factor, short)


def factored(schur: Floats, scale: Floats) -> Any:
    """Return the Cholesky factor of a Schur complement, its unknowns in units of `scale`.

    Raises
    ------
    numpy.linalg.LinAlgError, ValueError
        It is not definite, or not finite.
    """
    scaled = schur / np.outer(scale, scale)
    scaled[np.diag_indices(len(scaled))] *= 1 + _SHIFT
    return scipy.linalg.cho_factor(scaled, lower=True, overwrite_a=True)


def _symmetric(matrix: Floats) -> Floats:
    return (matrix + matrix.T) / 2


def _longest(matrix: Floats, step: Floats) -> float:
    """Return how far one may go until the matrix is no longer definite, at most 1e3."""
    try:
        factor = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return 0.0
    half = scipy.linalg.solve_triangular(factor, step, lower=True)
    least = float(np.linalg.eigvalsh(_symmetric(scipy.linalg.solve_triangular(factor, half.T, lower=True)))[0])
    return 1e3 if least >= -1e-3 else -1.0 / least
