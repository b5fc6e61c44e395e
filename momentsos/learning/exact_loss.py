"""The loss of a network by a forward pass in ball arithmetic, where residuals, multiplied out, hold no digit of it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from ..points.judge import Value, rounded_up
from .losses import Loss
from .losses.max_abs import MaxAbs
from .losses.mean_abs import MeanAbs
from .losses.mean_residual import MeanResidual
from .losses.mean_squared import MeanSquared
from .network import PolynomialNetwork

Floats = NDArray[np.float64]
#: Bits of the arithmetic, and samples times units at most.
_BITS, _MOST = 600, 200_000


def exact_loss(
    network: PolynomialNetwork, loss: Loss, coefficients: Sequence[Floats], X: Floats, Y: Floats
) -> float | None:
    """Return the loss, rounded up to a float.

    None for losses with weights of the samples and those of users, for activations that are not in powers of their
    input, and where the data are many.
    """
    plain = all(a.are_powers and not a.per_unit and a.shape is None for a in network.activations)
    known = isinstance(loss, MaxAbs | MeanAbs | MeanResidual | MeanSquared)
    if not known or loss.importance is not None or not plain:
        return None
    if len(X) * sum(network.sizes) > _MOST:
        return None
    before, ctx.prec = ctx.prec, _BITS
    try:
        residuals = _outputs(network, coefficients, X) - arb_mat(Y.T.tolist())
        rows, count = residuals.nrows(), residuals.ncols()
        if isinstance(loss, MeanResidual):
            ones = arb_mat(count, 1, [arb(1)] * count)
            found = residuals * ones / arb(count)
            return rounded_up(loss.norm.most([_value(found[i, 0]) for i in range(rows)]))
        every = [_value(residuals[i, j]) for i in range(rows) for j in range(count)]
        return rounded_up(loss.norm.most(every) / (1 if isinstance(loss, MaxAbs) else len(every)))
    finally:
        ctx.prec = before


def _outputs(network: PolynomialNetwork, coefficients: Sequence[Floats], X: Floats) -> arb_mat:
    """Return the outputs, one column a sample."""
    hidden = arb_mat(X.T.tolist())
    for layer, weights in enumerate(network.weights):
        bias = np.broadcast_to(network.bias(layer), len(weights)).tolist()
        hidden = arb_mat(weights.tolist()) * hidden
        rows, count = hidden.nrows(), hidden.ncols()
        moved = [[hidden[i, j] + bias[i] for j in range(count)] for i in range(rows)]
        if layer < len(coefficients):
            powers = np.asarray(coefficients[layer]).tolist()
            moved = [[_polynomial(powers, value) for value in row] for row in moved]
        hidden = arb_mat(moved)
    return hidden


def _polynomial(coefficients: list[float], at: arb) -> arb:
    value = arb(0)
    for c in reversed(coefficients):
        value = value * at + c
    return value


def _value(ball: arb) -> Value:
    low, high = (_fraction(end) for end in (ball.lower(), ball.upper()))
    return Value(low, high)


def _fraction(number: arb) -> Fraction:
    mantissa, exponent = number.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
