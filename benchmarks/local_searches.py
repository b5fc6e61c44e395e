"""Local searches of coefficients by passes through the network, weights as they are: what blocks are held against.

Goyal, Goyal and Lall train the weights and coefficients of self-learnable activations jointly, in alternation, or
coefficients first. Here weights are given, so their trainers are those of the coefficients of all layers:

- *joint*: a step of Adam moves the coefficients of all layers;
- *alternating*: steps of Adam move the coefficients of one layer, twenty in a row, then those of the next;
- *coefficients first*: for half of the steps those of the inner layers move, and those of the last layer, in which the
  outputs are affine as they are in output weights, stay where they began; then those of the last layer alone.

Beside them stand Levenberg-Marquardt, with the last layer projected out, and L-BFGS. All have natural units.

Source: Goyal, Goyal and Lall, *Learning Activation Functions: A new paradigm for understanding Neural Networks*,
arXiv 1906.09529.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from momentsos.learning.natural import natural_units
from momentsos.learning.passes import Passes
from momentsos.points.least_squares import Projected

Floats = NDArray[np.float64]

#: Steps of one run of Adam, its step size in natural units, and steps before the next layer has its turn.
_STEPS, _RATE, _TURN = 400, 0.03, 20
#: Sizes of random starts in natural units, in turn.
_SIZES = (1.0, 0.1, 3.0)


def lowest_loss(name: str, passes: Passes, seed: int, seconds: float) -> tuple[float, int]:
    """Return the lowest loss of a search that starts again until its processor time is spent, and its starts.

    Parameters
    ----------
    name : str
        A key of `SEARCHES`.
    passes : Passes
    seed : int
    seconds : float
        Processor time; a run of Levenberg-Marquardt or L-BFGS that has begun is finished.
    """
    units, rng = natural_units(passes.network, passes.X), np.random.default_rng(seed)
    lowest, number, until = np.inf, 0, time.process_time() + seconds
    while time.process_time() < until:
        start = units * _SIZES[number % 3] * rng.standard_normal(passes.unknowns.count)
        with np.errstate(all="ignore"):
            point = SEARCHES[name](passes, start, until)
        number += 1
        lowest = min(lowest, np.inf if point is None else passes.loss(point))
    return lowest, number


def _levenberg_marquardt(passes: Passes, start: Floats, until: float) -> Floats | None:
    unknowns = passes.unknowns
    projected = Projected(passes, unknowns.inner.tolist(), unknowns.last.tolist())
    return projected.search(start[projected.inner])


def _lbfgs(passes: Passes, start: Floats, until: float) -> Floats | None:
    from scipy.optimize import minimize

    units = natural_units(passes.network, passes.X)
    answer = minimize(
        lambda u: _value_and_gradient(passes, u * units, units), start / units, jac=True, method="L-BFGS-B"
    )
    return np.asarray(answer.x * units)


def _joint(passes: Passes, start: Floats, until: float) -> Floats | None:
    return _descended(passes, start, until, lambda step: slice(None))


def _alternating(passes: Passes, start: Floats, until: float) -> Floats | None:
    layers = np.array([layer for layer, _ in passes.unknowns.places])
    every = sorted(set(layers.tolist()))
    return _descended(passes, start, until, lambda step: layers == every[step // _TURN % len(every)])


def _coefficients_first(passes: Passes, start: Floats, until: float) -> Floats | None:
    layers = np.array([layer for layer, _ in passes.unknowns.places])
    last = layers == layers.max()
    return _descended(passes, start, until, lambda step: last if step >= _STEPS // 2 else ~last)


def _descended(passes: Passes, start: Floats, until: float, part: Callable[[int], Any]) -> Floats:
    units = natural_units(passes.network, passes.X)
    point, mean, square = start / units, np.zeros(len(start)), np.zeros(len(start))
    best, lowest = point, np.inf
    for step in range(_STEPS):
        if time.process_time() > until:
            break
        value, gradient = _value_and_gradient(passes, point * units, units)
        if not np.isfinite(gradient).all():
            break
        if value < lowest:
            best, lowest = point, value
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        move = mean / (1 - 0.9 ** (step + 1)) / (np.sqrt(square / (1 - 0.999 ** (step + 1))) + 1e-12)
        moved = point.copy()
        moved[part(step)] -= _RATE * move[part(step)]
        point = moved
    return best * units


def _value_and_gradient(passes: Passes, point: Floats, units: Floats) -> tuple[float, Floats]:
    with np.errstate(all="ignore"):
        values = passes.values(point)
        return float(values @ values), 2.0 * (values @ passes.jacobian(point)) * units


SEARCHES = MappingProxyType(
    {
        "Levenberg-Marquardt": _levenberg_marquardt,
        "L-BFGS": _lbfgs,
        "Adam, joint": _joint,
        "Adam, alternating": _alternating,
        "Adam, coefficients first": _coefficients_first,
    }
)
