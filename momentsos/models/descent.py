"""Levenberg-Marquardt over all coefficients of a model, where its outputs are too large as polynomials in these.

Outputs and their derivatives are the expansion around a point, cut off behind the first degree. Their triangular factor
is all that a step needs: it is another rotation of the residuals at each point, and no step compares more than lengths.
Coefficients in which the outputs are affine are projected out, as in `momentsos.points.least_squares.Projected`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .factor import reduced
from .model import Model
from .sought import Sought

Floats = NDArray[np.float64]

#: Evaluations at most.
_EVALUATIONS = 100
#: Directions of the linear unknowns that change the residuals by less than this share are left alone.
_RANK = 1e-10
#: Points with a coefficient beyond this, in natural units, are on their way to infinity and are not returned.
_FAR = 1e4


def descended(
    model: Model,
    X: NDArray[Any],
    Y: Floats,
    sought: Sought,
    x: Floats,
    linear: Sequence[int],
    weights: Floats | None,
    until: float,
) -> Floats:
    """Return the best point of a run.

    Parameters
    ----------
    model, X, Y, sought, weights
        As for `momentsos.models.factor.reduced`.
    x : (n,) array
        Where it begins.
    linear : sequence of int
        Unknowns in which the outputs are affine.
    until : float
        When, by `time.perf_counter`, the time is over.
    """
    from scipy.optimize import leastsq

    run = _Run(model, X, Y, sought, weights, x, list(linear), until)
    stop = {"xtol": 1e-12, "ftol": 1e-12, "maxfev": _EVALUATIONS}
    try:
        with np.errstate(all="ignore"):
            if run.inner:
                leastsq(run.residual, x[run.inner], Dfun=run.slopes, full_output=True, **stop)
            else:
                run.residual(x[run.inner])
    except _TimeOver:
        pass
    return run.best


class _TimeOver(Exception):
    """The time is over in the midst of a run."""


class _Run:
    """Residuals and derivatives at the last point asked for, and the best point so far."""

    def __init__(
        self,
        model: Model,
        X: NDArray[Any],
        Y: Floats,
        sought: Sought,
        weights: Floats | None,
        x: Floats,
        linear: list[int],
        until: float,
    ) -> None:
        self._given = model, X, Y, weights
        self.sought, self.until, self.linear, self.best = sought, until, linear, x
        self.inner = [j for j in range(sought.count) if j not in linear]
        self._least = np.inf
        self._known: tuple[bytes, Floats, Floats] | None = None

    def residual(self, inner: Floats) -> Floats:
        """Return numbers whose squares add up to the loss, at the best of the linear unknowns."""
        return self._at(inner)[0]

    def slopes(self, inner: Floats) -> Floats:
        """Return what stands for their derivatives."""
        return self._at(inner)[1]

    def _at(self, inner: Floats) -> tuple[Floats, Floats]:
        if self._known is None or self._known[0] != inner.tobytes():
            x = self.best.copy()
            x[self.inner] = inner
            residual, slopes = self._linearised(x)
            x[self.linear] -= np.linalg.lstsq(slopes[:, self.linear], residual, rcond=None)[0]
            residual, slopes = self._linearised(x)
            u, s, _ = np.linalg.svd(slopes[:, self.linear], full_matrices=False)
            basis = u[:, s > _RANK * s.max(initial=0.0)]
            across = slopes[:, self.inner] - basis @ (basis.T @ slopes[:, self.inner])
            residual = residual - basis @ (basis.T @ residual)
            self._known = inner.tobytes(), residual, across
            loss = float(residual @ residual)
            if loss < self._least and float(np.abs(x).max()) < _FAR:
                self._least, self.best = loss, x
        return self._known[1:]

    def _linearised(self, x: Floats) -> tuple[Floats, Floats]:
        """Return residuals and derivatives in all unknowns."""
        if time.perf_counter() > self.until:
            raise _TimeOver
        model, X, Y, weights = self._given
        data = reduced(model, X, Y, self.sought.around(x), weights=weights, plain=True)
        n = self.sought.count
        rows = np.zeros((n + 2, n + 2))
        part = data.parts[0] / sum(data.counts) ** 0.5
        constant, slopes = np.zeros(len(part)), np.zeros((len(part), n))
        for column, exponent in enumerate(data.monomials.exponents):
            if exponent.any():
                slopes[:, int(np.argmax(exponent))] = part[:, column]
            else:
                constant = part[:, column]
        rows[: len(part), :n], rows[: len(part), n] = slopes, constant - part[:, -1]
        return rows[:, n], rows[:, :n]
