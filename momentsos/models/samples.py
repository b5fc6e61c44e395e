"""Samples of a trained model: inputs of any shape, targets, and what predictions are scored against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadOption, InvalidInput
from ..learning.data import SampleWeights, one_hot
from ..machine.checks import converted, items, real_array, shown

Floats = NDArray[np.float64]

#: The share of the samples that is held out by default.
HELD_OUT = 0.25


@dataclass(frozen=True, eq=False)
class Truth:
    """What predictions are scored against.

    Attributes
    ----------
    classes : (N,) integer array or None
        The class of each sample, counted from 0.
    values : (N, m) array or None
        True values, where these are no classes.
    """

    classes: NDArray[np.intp] | None = None
    values: Floats | None = None

    def at(self, rows: NDArray[np.intp]) -> Truth:
        """Return that of some samples."""
        classes = None if self.classes is None else self.classes[rows]
        return Truth(classes, None if self.values is None else self.values[rows])


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs with targets.

    Attributes
    ----------
    X : (N, ...) array
    Y : (N, m) array or None
        The targets; None for the outputs of the model itself.
    truth : Truth
    weights : (N,) array or None
        With mean one.
    """

    X: Floats
    Y: Floats | None
    truth: Truth
    weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.X)

    def at(self, rows: NDArray[np.intp]) -> Samples:
        """Return some of them."""
        Y, weights = (None if each is None else each[rows] for each in (self.Y, self.weights))
        return Samples(self.X[rows], Y, self.truth.at(rows), None if weights is None else weights / weights.mean())


def inputs_array(X: Any, name: str = "X") -> Floats:
    """Return inputs, one row a sample, as floats; raise `InvalidInput` otherwise."""
    array = real_array(_detached(X), name, "an array of numbers whose rows are samples")
    if array.ndim < 2 or array.size == 0:
        raise InvalidInput(f"{name} has shape {array.shape}: expected (N, ...), rows are samples")
    wrong = int((~np.isfinite(array)).sum())
    if wrong:
        raise InvalidInput(f"{name} holds {wrong} numbers that are not finite: remove or impute those samples")
    return array


def samples_of(X: Any, Y: Any, truth: Any, sample_weight: Any, outputs: int) -> Samples:
    """Return checked samples for a model of so many outputs.

    Parameters
    ----------
    X : (N, ...) array
    Y : (N, m) array, (N,) class labels, or None
        Targets; for one output (N,) numbers.
    truth : (N,) class labels, (N, m) array, or None
        By default `Y`.
    sample_weight : (N,) array or None
    outputs : int

    Raises
    ------
    InvalidInput
        Numbers of rows that differ, labels that are no classes of the model's outputs.
    """
    inputs = inputs_array(X)
    targets, known = None, Truth()
    if Y is not None:
        targets, known = _targets(_detached(Y), "Y", outputs)
    if truth is not None:
        known = _targets(_detached(truth), "truth", outputs)[1]
    weights = None if sample_weight is None else SampleWeights.of(sample_weight, len(inputs)).values
    for name, rows in (("Y", targets), ("truth", known.classes), ("truth", known.values)):
        if rows is not None and len(rows) != len(inputs):
            raise InvalidInput(
                f"X has {len(inputs)} rows and {name} has {len(rows)}: expected one row a sample in both"
            )
    return Samples(inputs, targets, known, weights)


def divided(samples: Samples, holdout: Any, seed: int, outputs: int) -> tuple[Samples, Samples | None]:
    """Return samples to fit and samples that are held out, None for none.

    Parameters
    ----------
    samples : Samples
    holdout : float, or list of X, Y, truth
        The share that is held out at random, 0 for none; or samples of their own, as far as they are needed.
    seed, outputs : int
    """
    if isinstance(holdout, tuple | list):
        given = [*items(holdout, "holdout", "a share, or (X, Y, truth)"), None, None, None][:3]
        own = samples_of(given[0], given[1], given[2], None, outputs)
        missing = (samples.Y is None) != (own.Y is None)
        if own.X.shape[1:] != samples.X.shape[1:] or missing:
            raise InvalidInput("holdout: expected (X, Y, truth) of the same kind as the samples that are fitted")
        return samples, own
    share = converted(float, holdout, "holdout", "a share from 0 to below 1, or (X, Y, truth)", BadOption)
    if not 0.0 <= share < 1.0:
        raise BadOption(f"holdout = {share}: expected a share from 0 to below 1")
    count = round(share * len(samples))
    if count == 0 or count == len(samples):
        return samples, None
    order = np.random.default_rng(seed).permutation(len(samples))
    return samples.at(np.sort(order[count:])), samples.at(np.sort(order[:count]))


def _targets(given: Any, name: str, outputs: int) -> tuple[Floats, Truth]:
    """Return targets, and what they are as truth."""
    raw = converted(np.asarray, given, name, "an array of numbers or class labels")
    if raw.ndim == 1 and outputs > 1:
        return _of_labels(raw, name, outputs)
    if raw.ndim == 1 and raw.dtype.kind not in "fc":
        classes, place = np.unique(raw, return_inverse=True)
        if len(classes) == 2:
            values = real_array(raw, name)[:, None] if raw.dtype.kind in "biu" else place[:, None].astype(np.float64)
            return values, Truth(classes=np.asarray(place))
    array = real_array(raw, name, f"({outputs} numbers a sample)")
    array = array[:, None] if array.ndim == 1 and outputs == 1 else array
    if array.ndim != 2 or array.shape[1] != outputs or not len(array):
        raise InvalidInput(f"{name} has shape {array.shape}: expected (N, {outputs}), rows are samples")
    if not np.isfinite(array).all():
        raise InvalidInput(f"{name} holds numbers that are not finite")
    two = outputs == 1 and len(np.unique(array)) == 2
    if two:
        return array, Truth(classes=np.unique(array, return_inverse=True)[1].reshape(-1))
    return array, Truth(values=array)


def _of_labels(raw: NDArray[Any], name: str, outputs: int) -> tuple[Floats, Truth]:
    """Return targets of 0 and 1 for class labels; integers from 0 on are the outputs themselves."""
    whole = raw.dtype.kind in "biuf" and bool(np.isfinite(raw).all() and (raw == np.floor(raw)).all())
    if whole and raw.size and raw.min() >= 0 and raw.max() < outputs:
        place = raw.astype(np.intp)
        return np.asarray(np.eye(outputs)[place]), Truth(classes=place)
    if not raw.size or (raw.dtype.kind in "biuf" and not whole):
        raise InvalidInput(
            f"{name}: expected class labels for {outputs} outputs, got {shown(raw)} that is no such list"
        )
    targets = one_hot(raw, outputs)
    return targets, Truth(classes=np.argmax(targets, axis=1))


def _detached(values: Any) -> Any:
    """Return a tensor as what NumPy can read, anything else as it is."""
    if hasattr(values, "detach") and hasattr(values, "cpu"):
        return converted(lambda tensor: tensor.detach().cpu(), values, "X, Y", "tensors or arrays")
    return values


def checked_share(value: Any, name: str) -> float:
    """Return a finite number of at least 0; raise `BadOption` otherwise."""
    number = converted(float, value, name, "a number of at least 0", BadOption)
    if not 0.0 <= number < np.inf:
        raise BadOption(f"{name} = {number}: expected a number of at least 0")
    return float(number)
