"""What goes into each activation, its natural units, and the two fits that see one activation at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..learning.activation import Activation
from .model import Model, Site
from .series import Series
from .sought import Ansatz, Sought

Floats = NDArray[np.float64]

#: Degrees up to which least squares on the inputs of an activation is prepared.
MOST = 12
#: Points of the fit on an interval: Chebyshev's, so that it is nearly the best uniform one.
_POINTS = 200
#: Rows of a Vandermonde matrix that are reduced at once.
_ROWS = 100_000


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the training data put into one activation, in the model as it was trained.

    Attributes
    ----------
    low, high, mean, deviation : float
    units : int
        Entries for one sample.
    factor : (rows, MOST + 2) array
        The triangular factor of the powers of :math:`u = (t - mean) / deviation`, with the activation's values last.
    """

    low: float
    high: float
    mean: float
    deviation: float
    units: int
    factor: Floats

    def fitted(self, ansatz: Ansatz) -> Series:
        """Return the least-squares fit of the activation on its inputs, of the shape of an ansatz."""
        size = ansatz.degree + 1
        change = _change(size, (self.mean - ansatz.centre) / ansatz.scale, self.deviation / ansatz.scale)
        rows = self.factor[:, :size] @ change
        free = [k for k, place in enumerate(ansatz.places) if place is not None]
        values = np.array(ansatz.values)
        left = self.factor[:, -1] - rows @ values
        values[free] += np.linalg.lstsq(rows[:, free], left, rcond=None)[0]
        return Series(values, ansatz.centre, ansatz.scale)


def _change(size: int, shift: float, factor: float) -> Floats:
    """Return the powers of ``shift + factor u`` as combinations of those of `u`, one a column."""
    found = np.zeros((size, size))
    power, step = Polynomial([1.0]), Polynomial([shift, factor])
    for k in range(size):
        found[: len(power.coef), k] = power.coef[:size]
        power = power * step
    return found


def inputs_of(model: Model, X: NDArray[Any]) -> tuple[tuple[Inputs, ...], Floats]:
    """Return what goes into each activation, and the outputs of the model, from forward passes of the data.

    Raises
    ------
    InvalidInput
        Numbers become too large for floats.
    """
    count = len(model.sites)
    outputs: list[Floats] = []
    lows, highs, units = np.full(count, np.inf), np.full(count, -np.inf), np.zeros(count, dtype=int)
    sums, numbers = np.zeros(count), 0
    for each in model.passes(X):
        outputs.append(each.outputs)
        numbers += len(each.outputs)
        for j, t in enumerate(each.inputs):
            lows[j], highs[j] = min(lows[j], t.min()), max(highs[j], t.max())
            sums[j] += t.sum()
            units[j] = t.shape[1]
    means = sums / (numbers * units)
    squares = np.zeros(count)
    for each in model.passes(X):
        with np.errstate(over="ignore", invalid="ignore"):
            squares += [((t - mean) ** 2).sum() for t, mean in zip(each.inputs, means, strict=True)]
    if not (np.isfinite(squares).all() and all(np.isfinite(own).all() for own in outputs)):
        raise InvalidInput("X: what goes into an activation, or comes out of the model, is too large: change units")
    deviations = np.sqrt(squares / (numbers * units))
    deviations[deviations == 0.0] = 1.0
    factors: list[Floats] = [np.zeros((0, MOST + 2))] * count
    for each in model.passes(X):
        for j, (site, t) in enumerate(zip(model.sites, each.inputs, strict=True)):
            factors[j] = _reduced(factors[j], site, t.reshape(-1), means[j], deviations[j])
    found = zip(lows, highs, means, deviations, units, factors, strict=True)
    return tuple(
        Inputs(float(a), float(b), float(c), float(d), int(e), f) for a, b, c, d, e, f in found
    ), np.concatenate(outputs)


def _reduced(factor: Floats, site: Site, t: Floats, mean: float, deviation: float) -> Floats:
    """Return a triangular factor with further inputs below."""
    for start in range(0, len(t), _ROWS):
        own = t[start : start + _ROWS]
        powers = np.polynomial.polynomial.polyvander((own - mean) / deviation, MOST)
        rows = np.column_stack([powers, site.function(own)])
        factor = np.asarray(np.linalg.qr(np.concatenate([factor, rows]), mode="r"))
    return factor


def sought_of(inputs: Sequence[Inputs], activations: Sequence[Activation]) -> Sought:
    """Return the unknowns of activations, in the natural units of their inputs.

    Where all powers up to a degree are free the inputs are centred, too: the polynomials are the same.
    """
    sites: list[Ansatz] = []
    names: list[str] = []
    for number, (own, activation) in enumerate(zip(inputs, activations, strict=True), start=1):
        whole = activation.free == tuple(range(activation.size))
        centre = own.mean if whole else 0.0
        scale = own.deviation if whole else float(np.hypot(own.mean, own.deviation))
        values, places = [0.0] * activation.size, list[int | None]([None] * activation.size)
        for power, value in activation.fixed.items():
            values[power] = float(value) * scale**power
        for power in activation.free:
            places[power] = len(names)
            names.append(f"c{number}_{power}")
        sites.append(Ansatz(tuple(values), tuple(places), centre, scale))
    return Sought(tuple(sites), tuple(names))


def fitted_on_inputs(inputs: Sequence[Inputs], sought: Sought) -> list[Series]:
    """Return the least-squares fit of each activation on the inputs that it has in training."""
    return [own.fitted(ansatz) for own, ansatz in zip(inputs, sought.sites, strict=True)]


def fitted_on_intervals(model: Model, inputs: Sequence[Inputs], sought: Sought) -> list[Series]:
    """Return the fit of each activation at Chebyshev's points of the interval that its inputs in training span."""
    found = []
    for site, own, ansatz in zip(model.sites, inputs, sought.sites, strict=True):
        low, high = (own.low, own.high) if own.low < own.high else (own.low - 1.0, own.high + 1.0)
        angles = np.pi * (np.arange(_POINTS) + 0.5) / _POINTS
        t = 0.5 * (low + high) + 0.5 * (high - low) * np.cos(angles)
        free = [k for k, place in enumerate(ansatz.places) if place is not None]
        if len(free) == len(ansatz.places):
            fit = Chebyshev.fit(t, site.function(t), ansatz.degree, domain=[low, high])
            powers = fit.convert(kind=Polynomial)(Polynomial([ansatz.centre, ansatz.scale]))
            values = np.zeros(ansatz.degree + 1)
            values[: len(powers.coef)] = powers.coef[: len(values)]
        else:
            values = np.array(ansatz.values)
            rows = np.polynomial.polynomial.polyvander((t - ansatz.centre) / ansatz.scale, ansatz.degree)
            left = site.function(t) - rows @ values
            values[free] += np.linalg.lstsq(rows[:, free], left, rcond=None)[0]
        found.append(Series(values, ansatz.centre, ansatz.scale))
    return found
