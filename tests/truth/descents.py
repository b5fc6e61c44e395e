"""Networks in plain NumPy, and the lowest losses that plain descents reach: an oracle that shares no code with ours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

import momentsos as ms

Floats = NDArray[np.float64]


def outputs(W: Sequence[Floats], c: Sequence[Floats], X: Floats, b: Sequence[Floats] | None = None) -> Floats:
    """Return what a network with these weights, coefficients and biases makes of the rows of `X`."""
    values = X
    for layer, (weights, powers) in enumerate(zip(W[:-1], c, strict=True)):
        inputs = values @ weights.T + (0.0 if b is None else b[layer])
        values = np.polynomial.polynomial.polyval(inputs, powers)
    return values @ W[-1].T + (0.0 if b is None else b[-1])


def total_square(network: ms.PolynomialNetwork, c: Sequence[Floats], X: Floats, Y: Floats) -> float:
    """Return the sum of the squared residuals over samples and outputs."""
    return float(((outputs(network.weights, c, X, network.biases) - Y) ** 2).sum())


def least_total_square(network: ms.PolynomialNetwork, X: Floats, Y: Floats, starts: int, seed: int) -> float:
    """Return the least sum of squared residuals that descents from random coefficients of ordinary size reach.

    Without biases the constants of all layers but the last are 1, as they are for `momentsos.learn`.
    """
    draw, degrees = np.random.default_rng(seed), network.degrees
    fixed = [network.biases is None and layer < len(degrees) - 1 for layer in range(len(degrees))]
    sizes = [degree + (not one) for degree, one in zip(degrees, fixed, strict=True)]

    def coefficients(vector: Floats) -> list[Floats]:
        parts = np.split(vector, np.cumsum(sizes)[:-1])
        return [np.append(1.0, part) if one else part for part, one in zip(parts, fixed, strict=True)]

    def residuals(vector: Floats) -> Floats:
        return (outputs(network.weights, coefficients(vector), X, network.biases) - Y).ravel()

    begin = [draw.standard_normal(sum(sizes)) for _ in range(starts)]
    return min(2 * least_squares(residuals, start, max_nfev=100).cost for start in begin)


def claims_hold(fit: ms.learning.Fit, X: Floats, Y: Floats, reached: float) -> None:
    """Assert that nothing that a fit with the squared loss says is false, given a sum of squares that is reached.

    The loss may be the mean over the samples, or over samples and outputs: what it is says the upper bound.
    """
    mine = total_square(fit.network, fit.coefficients, X, Y)
    means = [mine / len(X), mine / Y.size]
    units = [mean for mean in means if abs(fit.upper_bound - mean) <= 1e-9 * mean]
    assert units, f"the upper bound {fit.upper_bound} is none of the means {means}"
    lowest = min(reached, mine) * fit.upper_bound / mine
    assert 0.0 <= fit.lower_bound <= fit.upper_bound
    assert not fit.region.everything or fit.lower_bound <= lowest * (1 + 1e-9)
    for attempt in fit.attempts:
        if attempt.lower_bound is not None and attempt.region.everything and not attempt.refuted:
            assert attempt.lower_bound <= lowest * (1 + 1e-9)
    if fit.status in (ms.Status.CERTIFIED, ms.Status.CERTIFIED_WITHIN):
        assert 0.0 <= fit.relative_gap <= fit.tol
        assert fit.upper_bound <= lowest * (1 + 2e-6) + fit.tol * fit.unit
    assert fit.status not in (ms.Status.INFEASIBLE, ms.Status.UNBOUNDED, ms.Status.FAILED)
