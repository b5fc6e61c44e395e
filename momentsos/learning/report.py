r"""What a fit says beside its loss: error bars, units without influence, other minima, flat directions, channels.

Error bars are those of least squares: with `J` the derivatives of all residuals by the coefficients and
:math:`\hat\sigma^2 = \|r\|^2 / (N m_{D+1} - \operatorname{rank} J)` the estimated variance of the noise, the covariance
is :math:`\hat\sigma^2 (J^\top J)^{-1}`. They hold to first order, for independent noise of equal size, whatever loss
was minimised. The influence of a unit is the mean absolute derivative of the mean squared error by its output, relative
to the mean over its layer, the gradient magnitude by which units that no longer learn are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from ..hierarchy.status import Status
from ..machine.records import Record
from .channels import Channel, channel_of
from .formulate import Formulation
from .identifiability import Identifiability, identifiability
from .network import PolynomialNetwork
from .starts import least_squares_points

Floats = NDArray[np.float64]

#: A unit whose influence is at most this share of the mean of its layer counts as dead.
DEAD = 1e-2
#: A minimum counts as another one where its loss is larger by this share.
_OTHER = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class Report(Record):
    """A record of what a fit says; `str` gives it as a table.

    Attributes
    ----------
    names : tuple of str
        The learned coefficients.
    values, errors : (n,) arrays
        The coefficients and their standard errors, infinite where the data do not determine one.
    determined : Identifiability
        Which directions the data determine, at the learned coefficients.
    noise : float
        The estimated standard deviation of the noise; NaN where there are no more residuals than coefficients.
    explained : float
        The share of the targets' variance that the network explains.
    influence : tuple of arrays
        Of each unit, for the layers from the first learned one on; 1 is the mean of the layer.
    dead : tuple of (layer, unit)
        Units whose influence is at most 1e-2, or whose output is the same for all samples; counted from 0.
    next_minimum : float or None
        How much larger the loss is at the next local minimum that the search found, None where it found none.
    flat : (k, n) array
        Directions of the coefficients that change no residual, to first order, each of length one.
    channel : (n,) array or None
        Where the infimum lies at infinity, or seems to: the direction in which the best point known lies.
    limit : float or None
        The loss that is approached there.
    followed : Channel or None
        For the mean squared error without penalties, where it is not certified: the way along which it falls while
        coefficients grow, with the limit function on the data. An observation, not a proof.
    """

    names: tuple[str, ...]
    values: Floats
    errors: Floats
    determined: Identifiability
    noise: float
    explained: float
    influence: tuple[Floats, ...]
    dead: tuple[tuple[int, int], ...]
    next_minimum: float | None
    flat: Floats
    channel: Floats | None
    limit: float | None
    followed: Channel | None = None

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """The table of the coefficients: name, value, standard error, whether the data determine it."""
        loose = set(self.determined.undetermined)
        return [
            (name, f"{value:.6g}", f"{error:.2g}", "no" if name in loose else "yes")
            for name, value, error in zip(self.names, self.values, self.errors, strict=True)
        ]

    @property
    def lines(self) -> list[str]:
        """All else, a line each."""
        found = [
            f"noise {self.noise:.4g} (estimated standard deviation), {self.explained:.2%} of the variance explained",
            str(self.determined),
        ]
        for layer, own in enumerate(self.influence):
            found.append(f"influence of units, layer {layer + 1} of those learned: {own.min():.3g} to {own.max():.3g}")
        if self.dead:
            found.append("dead units (layer, unit): " + ", ".join(map(str, self.dead)))
        if self.next_minimum is not None:
            found.append(f"the next local minimum found is larger by {self.next_minimum:.4g}")
        if self.followed is not None:
            found.append(str(self.followed))
        elif self.channel is not None:
            found.append(f"the loss tends to {self.limit:.4g} along {np.round(self.channel, 4).tolist()}")
        return found

    def __str__(self) -> str:
        table = [("coefficient", "value", "± error", "determined"), *self.rows]
        widths = [max(len(row[i]) for row in table) for i in range(4)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
        return "\n".join([line.rstrip() for line in lines] + self.lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{cell}</th>" for cell in ("coefficient", "value", "± error", "determined"))
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows)
        lines = "".join(f"<p>{escape(line)}</p>" for line in self.lines)
        return f"<table><tr>{head}</tr>{body}</table>{lines}"


def report(
    network: PolynomialNetwork,
    formulation: Formulation,
    squared: Formulation,
    outcome: tuple[Status, float | None, float | None],
    X: Floats,
    Y: Floats,
    seed: int = 0,
) -> Report:
    """Return the report of learned coefficients.

    Parameters
    ----------
    network : PolynomialNetwork
        With coefficients.
    formulation : Formulation
        Of the loss that was minimised.
    squared : Formulation
        Of the mean squared error without penalties, in the same unknowns.
    outcome : (Status, float or None, float or None)
        Of the fit, with its lower and its upper bound.
    X, Y : (N, m_0) and (N, m_{D+1}) arrays
    seed : int
        Of the search for other minima.
    """
    assert network.coefficients is not None
    point = squared.flatten(list(network.coefficients))
    known = identifiability(squared, point)
    residuals = network.predict(X) - Y
    free = residuals.size - known.rank
    noise = float(np.sqrt((residuals**2).sum() / free)) if free > 0 else float("nan")
    centred = ((Y - Y.mean(axis=0)) ** 2).sum()
    explained = 1.0 - float((residuals**2).sum() / centred) if centred > 0 else float(not residuals.any())
    influence, dead = _influence(network, X, residuals)
    away = outcome[0] is Status.AT_INFINITY
    plain = formulation.loss == "mse" and np.isclose(outcome[2] or 0.0, (residuals**2).mean(), rtol=1e-6)
    followed = (
        channel_of(squared.network.with_coefficients(network.coefficients), X, Y)
        if plain and outcome[0] is not Status.CERTIFIED
        else None
    )
    away = away or followed is not None
    size = float(np.linalg.norm(point))
    scaled = known.directions[known.rank :] / np.where(known.lengths > 0, known.lengths, 1.0)
    return Report(
        squared.network.unknowns.names,
        point,
        _errors(known, noise / np.sqrt(residuals.size)),
        known,
        noise,
        explained,
        influence,
        dead,
        _next_minimum(formulation, outcome[2], seed),
        scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-300),
        followed.direction if followed else point / size if away and size > 0 else None,
        followed.limit if followed else outcome[2] if away else None,
        followed,
    )


def _errors(known: Identifiability, noise: float) -> Floats:
    """Return standard errors; `noise` is divided by the root of the number of residuals, as the Jacobian is."""
    rank, n = known.rank, len(known.singular_values)
    inverse = known.directions[:rank] / known.singular_values[:rank, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = noise * np.sqrt((inverse**2).sum(axis=0)) / known.lengths
    loose = (known.directions[rank:] ** 2).sum(axis=0) > 1e-6 if rank < n else np.zeros(n, dtype=bool)
    return np.where(loose | (known.lengths == 0), np.inf, errors)


def _influence(
    network: PolynomialNetwork, X: Floats, residuals: Floats
) -> tuple[tuple[Floats, ...], tuple[tuple[int, int], ...]]:
    """Return the influence of the units of each learned layer, and which are dead."""
    assert network.coefficients is not None
    begin, layers = network.leading, len(network.activations)
    hidden, inputs, outputs = network.before_learned(X), [], []
    for layer in range(begin, layers):
        inputs.append(hidden @ network.weights[layer].T + network.bias(layer))
        hidden = network.activations[layer].at(inputs[-1], network.coefficients[layer])
        outputs.append(hidden)
    gradient = 2.0 / residuals.size * residuals @ network.weights[-1]
    found: list[Floats] = []
    dead: list[tuple[int, int]] = []
    for layer in range(layers - 1, begin - 1, -1):
        sizes = np.abs(gradient).mean(axis=0)
        own = sizes / (sizes.mean() or 1.0)
        found.insert(0, own)
        values = outputs[layer - begin]
        still = np.ptp(values, axis=0) <= 1e-12 * np.abs(values).max(initial=0.0)
        dead += [(layer, int(unit)) for unit in np.flatnonzero((own <= DEAD) | still)]
        if layer > begin:
            slopes = _slopes(network, layer, inputs[layer - begin])
            gradient = (gradient * slopes) @ network.weights[layer]
    return tuple(found), tuple(sorted(dead))


def _slopes(network: PolynomialNetwork, layer: int, inputs: Floats) -> Floats:
    """Return the derivatives of a polynomial activation at its inputs."""
    assert network.coefficients is not None
    powers = np.atleast_2d(network.activations[layer].powers_of(network.coefficients[layer]))
    own = powers[:, 1:] * np.arange(1, powers.shape[1])
    return np.asarray(np.polynomial.polynomial.polyval(inputs, own.T, tensor=False))


def _next_minimum(formulation: Formulation, best: float | None, seed: int) -> float | None:
    """Return how far above the best loss the next end of the search lies."""
    if best is None or not formulation.norm.squared:
        return None
    values = [formulation.objective(p) for p in least_squares_points(formulation, seed, enough=_ALL)]
    above = [value - best for value in values if value > best * (1 + _OTHER) + formulation.scale]
    return min(above, default=None)


#: The search for other minima ends when the best one was found this many times, and not at the second.
_ALL = 1_000
