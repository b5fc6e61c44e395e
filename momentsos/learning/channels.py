r"""Channels to infinity: where the loss of a network falls for ever while coefficients grow, and what it tends to.

Two units :math:`a\,\sigma(z) + b\,\sigma(z')` whose inputs become equal while :math:`a \approx -b` grows are a
difference quotient; with :math:`z' = z + g / a` they tend to :math:`(a + b)\,\sigma(z) - g\,\sigma'(z)`, a gated linear
unit, which no finite coefficients are. A channel is followed by fixing its largest coefficient at sizes that double and
minimising over all others. It is an observation, not a proof, and says so.

Source: Martinelli, Van Meegen, Simsek, Gerstner and Brea, *Flat channels to infinity in neural loss landscapes* (2025).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from ..errors import InvalidInput
from ..machine.records import Record
from .data import checked_data
from .natural import natural_units
from .network import PolynomialNetwork
from .passes import Passes

Floats = NDArray[np.float64]

#: Sizes of the leading coefficient, in its natural unit: from where, and how often they double.
_FROM, _STEPS = 16.0, 6
#: Nothing is followed from a point whose coefficients are all smaller, in natural units, or one of them larger.
_FAR, _LOST = 8.0, 1e12
#: Falls of the loss, each as a share of the one before, that count as settling; a power of the size below 1/6 does not.
_SETTLING = 0.9
#: Falls below this share of the loss, or of the mean squared target, are rounding.
_ROUNDING = 1e-11
#: An unknown grows, and a pair of inputs becomes equal, with at least this power of the size.
_POWER = 0.5


@dataclass(frozen=True, eq=False)
class Channel(Record):
    """Where a mean squared error falls for ever, as far as it was followed.

    Attributes
    ----------
    names : tuple of str
        The learned coefficients.
    points : (k, n) array
        The best coefficients found with the leading one of each size, smallest first.
    losses : (k,) array
        Their losses.
    sizes : (k,) array
        The absolute value of the leading coefficient.
    powers : (n,) array
        With which power of the size each coefficient changes, from the last two points.
    direction : (n,) array
        The growing coefficients of the last point, the others zero, of length one.
    outputs : (N, m) array
        The limit function on the data, extrapolated.
    limit : float
        Its loss.
    pairs : tuple of (layer, unit, unit)
        Units whose inputs become equal while their outputs grow; counted from 0.
    """

    names: tuple[str, ...]
    points: Floats
    losses: Floats
    sizes: Floats
    powers: Floats
    direction: Floats
    outputs: Floats
    limit: float
    pairs: tuple[tuple[int, int, int], ...]

    @property
    def growing(self) -> tuple[str, ...]:
        """The coefficients that grow without end."""
        return tuple(name for name, power in zip(self.names, self.powers, strict=True) if power > _POWER)

    @property
    def gaps(self) -> Floats:
        """How far above the limit each of `losses` is."""
        return np.asarray(self.losses - self.limit)

    def __str__(self) -> str:
        units = "".join(f"; units {u} and {v} of layer {layer} become one gated unit" for layer, u, v in self.pairs)
        return f"the loss falls to {self.limit:.6g} while {', '.join(self.growing)} grow (seen, not proved){units}"


def channel_of(network: PolynomialNetwork, X: ArrayLike, Y: ArrayLike) -> Channel | None:
    """Follow the channel in which the coefficients of a network lie; None where there is none.

    Parameters
    ----------
    network : PolynomialNetwork
        With coefficients, where a search for the least mean squared error ended.
    X, Y : (N, m_0) and (N, m_{D+1}) arrays

    Returns
    -------
    Channel or None
        None where no coefficient is eight times larger than its natural unit, or the loss does not fall, and settle,
        as the largest one grows; or coefficients have bounds or constraints.

    Raises
    ------
    InvalidInput
        A network without coefficients, or data that do not match.
    """
    if network.coefficients is None:
        raise InvalidInput("network: no coefficients were learned, there is nothing to follow")
    inputs, targets = checked_data(network, X, Y)
    passes = Passes(network, inputs, targets)
    point = passes.unknowns.flatten(list(network.coefficients))
    if len(point) < 2 or len(passes.unknowns.inequalities):
        return None
    units = natural_units(network, inputs)
    leading = int(np.argmax(np.abs(point) / units))
    reach = float(abs(point[leading]) / units[leading])
    if not _FAR <= reach <= _LOST:
        return None
    walk = _walked(passes, point, units, leading)
    if walk is None:
        return None
    losses = np.array([passes.loss(each) for each in walk])
    falls = -np.diff(losses)
    floor = _ROUNDING * (losses[-1] + float(np.mean(targets**2)))
    return _read(passes, walk, losses, leading) if (falls[1:] < _SETTLING * falls[:-1] + floor).all() else None


def _walked(passes: Passes, point: Floats, units: Floats, leading: int) -> Floats | None:
    """Return the best points with the leading coefficient at sizes that double: inwards first, then outwards.

    None as soon as the loss does not fall on the way out.
    """
    sign, size = np.sign(point[leading]), abs(point[leading]) / units[leading]
    while size > 4.0 * _FROM:
        size /= 4.0
        point = _held(passes, point, leading, sign * size * units[leading], units)
    found, loss = [], np.inf
    for each in _FROM * 2.0 ** np.arange(_STEPS):
        point = _held(passes, point, leading, sign * each * units[leading], units)
        before, loss = loss, passes.loss(point)
        if not loss < before:
            return None
        found.append(point)
    return np.array(found)


def _held(passes: Passes, point: Floats, leading: int, value: float, units: Floats) -> Floats:
    """Return the end of a search over all coefficients but one, which is given."""
    others = np.arange(len(point)) != leading
    large = np.abs(point) / units > 0.25 * abs(point[leading]) / units[leading]
    start = np.where(large, point * (value / point[leading]), point)
    start[leading] = value

    def whole(inner: Floats) -> Floats:
        every = start.copy()
        every[others] = inner
        return every

    with np.errstate(all="ignore"):
        if not np.isfinite(passes.values(start)).all():
            return np.full_like(point, np.nan)
        end = least_squares(
            lambda inner: passes.values(whole(inner)),
            start[others],
            jac=lambda inner: passes.jacobian(whole(inner))[:, others],
            method="lm" if passes.count >= others.sum() else "trf",
            x_scale="jac",
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
            max_nfev=200,
        )
    return whole(np.asarray(end.x))


def _read(passes: Passes, walk: Floats, losses: Floats, leading: int) -> Channel:
    """Return the record: powers from the last two points, the limit by Richardson's extrapolation of the outputs."""
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.nan_to_num(np.log2(np.abs(walk[-1] / walk[-2])), posinf=0.0, neginf=0.0)
    outputs = [_outputs(passes, point) for point in walk[-3:]]
    first, second = outputs[1] - outputs[0], outputs[2] - outputs[1]
    ratio = float(np.linalg.norm(second) / max(float(np.linalg.norm(first)), 1e-300))
    limit = outputs[2] + second * ratio / (1.0 - ratio) if ratio < _SETTLING else outputs[2]
    grown = np.where(powers > _POWER, walk[-1], 0.0)
    return Channel(
        passes.unknowns.names,
        walk,
        losses,
        np.abs(walk[:, leading]),
        powers,
        grown / np.linalg.norm(grown),
        limit,
        float(np.mean((limit - passes.Y) ** 2)),
        _pairs(passes, walk[-3], walk[-1]),
    )


def _outputs(passes: Passes, point: Floats) -> Floats:
    return passes.network.with_coefficients(passes.unknowns.coefficients(point)).predict(passes.X)


def _pairs(passes: Passes, before: Floats, after: Floats) -> tuple[tuple[int, int, int], ...]:
    """Return pairs of units whose inputs meet, and whose outputs grow, from one point to one of four times the size."""
    found = []
    for layer, (old, new) in enumerate(zip(_layers(passes, before), _layers(passes, after), strict=True)):
        for u, v in combinations(range(new[0].shape[1]), 2):
            nearer = [_apart(inputs, u, v) for inputs, _ in (old, new)]
            larger = [min(np.linalg.norm(h[:, u]), np.linalg.norm(h[:, v])) for _, h in (old, new)]
            if 0 < nearer[1] < 4.0**-_POWER * nearer[0] and larger[1] > 4.0**_POWER * larger[0]:
                found.append((layer, u, v))
    return tuple(found)


def _apart(inputs: Floats, u: int, v: int) -> float:
    """Return the distance of the inputs of two units on the data, relative to their size."""
    size = float(np.linalg.norm(inputs[:, u]) + np.linalg.norm(inputs[:, v])) or 1.0
    return float(np.linalg.norm(inputs[:, u] - inputs[:, v])) / size


def _layers(passes: Passes, point: Floats) -> list[tuple[Floats, Floats]]:
    """Return the inputs and outputs of the hidden units of each layer on the data."""
    network, hidden, found = passes.network, passes.X, []
    for layer, given in enumerate(passes.unknowns.coefficients(point)):
        inputs = hidden @ network.weights[layer].T + network.bias(layer)
        hidden = network.activations[layer].at(inputs, given)
        found.append((inputs, hidden))
    return found
