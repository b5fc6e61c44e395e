"""What `learn` is given as data: arrays that are taken in, or pieces that are read where they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption, InvalidInput
from ..machine.checks import shown
from .chunked import ChunkedData
from .data import checked_data
from .formulate import Goal
from .losses.over_chunks import OverChunks
from .network import PolynomialNetwork
from .sources import source_of

Floats = NDArray[np.float64]


def taken_in(
    network: PolynomialNetwork, X: Any, Y: Any, goal: Goal, sample_weight: Any, client: Any, until: float
) -> tuple[Floats, Floats, Goal]:
    """Return inputs, targets and the goal with its weights.

    Of data in pieces the goal holds the data, and the arrays are a few rows that stand for all where only sizes matter.

    Raises
    ------
    InvalidInput, BadOption
        Data that do not match the network, a loss that needs all samples in memory.
    """
    if not isinstance(network, PolynomialNetwork):
        raise InvalidInput(f"network: expected a PolynomialNetwork, got {shown(network)}")
    source = source_of(X, Y, sample_weight, whole=client is None)
    if source is None:
        inputs, targets = checked_data(network, X, Y)
        return inputs, targets, goal.weighted(sample_weight, len(inputs))
    if goal.loss.sampled is not None:
        raise BadOption(f"loss {goal.loss.name!r} needs all samples in memory; 'mse' and 'mean_residual' take chunks")
    if any(each.interval == "data" for each in network.activations):
        raise InvalidInput("interval='data': data in chunks are not looked at for it; state the interval")
    data = ChunkedData.of(source, network, client, until)
    return data.survey.X, data.survey.Y, replace(goal, loss=OverChunks.of(goal.loss, data))


def explained(network: PolynomialNetwork | None, X: Floats, Y: Floats, goal: Goal) -> float | None:
    """Return the share of the targets' variance that a network explains; None without coefficients."""
    if network is None or network.coefficients is None:
        return None
    if isinstance(goal.loss, OverChunks):
        left, all_of_it = goal.loss.data.squared_error(network), goal.loss.data.survey.variance
    else:
        left, all_of_it = (float(((Y - c) ** 2).mean()) for c in (network.predict(X), Y.mean(axis=0)))
    return 1.0 - left / all_of_it if all_of_it else float(not left)
