"""Inputs, targets and weights of samples, checked against a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidInput
from ..machine.checks import converted, real_array, shown
from .network import PolynomialNetwork
from .network_doors import check_rows

Floats = NDArray[np.float64]


def checked_data(network: PolynomialNetwork, X: ArrayLike, Y: ArrayLike) -> tuple[Floats, Floats]:
    """Return inputs and targets as float arrays; raise `InvalidInput` when they do not match the network.

    Targets may be class labels, one a sample, where the network has an output for each class: see `one_hot`.
    """
    if not isinstance(network, PolynomialNetwork):
        raise InvalidInput(f"network: expected a PolynomialNetwork, got {shown(network)}")
    inputs, outputs = check_rows(X, "X", network.sizes[0]), network.sizes[-1]
    labels = converted(np.asarray, Y, "Y", "an array of numbers or class labels")
    targets = one_hot(labels, outputs) if labels.ndim == 1 and outputs > 1 else check_rows(Y, "Y", outputs)
    if len(inputs) != len(targets):
        raise InvalidInput(f"X has {len(inputs)} rows and Y has {len(targets)}: expected one row a sample in both")
    return inputs, targets


def one_hot(labels: ArrayLike, outputs: int) -> Floats:
    """Return targets for class labels: 1 in the column of a sample's class, 0 elsewhere.

    Parameters
    ----------
    labels : (N,) array
        Integers, text or truth values.
    outputs : int
        The number of classes.

    Returns
    -------
    (N, outputs) array
        Columns are the classes in the order of `numpy.unique`.

    Raises
    ------
    InvalidInput
        Labels that are fractions, or of another number of classes.
    """
    given = converted(np.asarray, labels, "Y", "class labels, one a sample")
    if given.dtype.kind not in "biufUS" or (given.dtype.kind == "f" and not (given == np.floor(given)).all()):
        raise InvalidInput(f"Y has shape {given.shape}: expected (N, {outputs}), or class labels, one a sample")
    classes, place = np.unique(given, return_inverse=True)
    if len(classes) != outputs:
        raise InvalidInput(
            f"Y: {len(classes)} classes among the labels, and the network has {outputs} outputs: one each is needed"
        )
    return np.asarray(np.eye(outputs)[place])


@dataclass(frozen=True, eq=False)
class SampleWeights:
    """The weights of samples, with mean one.

    Attributes
    ----------
    values : (N,) array
    """

    values: Floats

    @classmethod
    def of(cls, given: ArrayLike, samples: int) -> SampleWeights:
        """Return the weights, checked and scaled."""
        values = real_array(given, "sample_weight")
        if values.shape != (samples,) or not np.isfinite(values).all() or (values < 0).any() or not values.any():
            raise InvalidInput(
                f"sample_weight of shape {values.shape}: expected ({samples},), finite, not negative, not all zero"
            )
        return cls(values / values.mean())
