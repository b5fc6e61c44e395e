"""Samples that come in batches, as from a loader of torch: read once, into arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import InvalidInput
from ..machine.checks import converted, items, shown

_EXPECTED = "batches of inputs, or of (inputs, truth), each an array whose rows are samples"


def are_batches(X: Any) -> bool:
    """Whether samples are an iterable of batches: not an array, not what becomes one, and no list."""
    return isinstance(X, Iterable) and not isinstance(X, Sequence | str | bytes) and not hasattr(X, "__array__")


def joined(X: Any, name: str = "X") -> tuple[Any, Any]:
    """Return the inputs of all batches, and what is true of them, None where the batches do not say.

    Parameters
    ----------
    X : iterable of arrays (n, ...), or of pairs of these and what is true of them, (n,) or (n, m)
    name : str

    Raises
    ------
    InvalidInput
        No batches, batches that do not fit together, something else among them.
    """
    batches = items(X, name, _EXPECTED)
    pairs = [isinstance(batch, list | tuple) for batch in batches]
    if not batches or any(pairs) != all(pairs) or any(isinstance(batch, dict | str | bytes) for batch in batches):
        raise InvalidInput(f"{name}: expected {_EXPECTED}, got {shown(batches[0]) if batches else 'none'}")
    if not pairs[0]:
        return _stacked(batches, name), None
    if {len(batch) for batch in batches} == {1}:
        return _stacked([batch[0] for batch in batches], name), None
    if {len(batch) for batch in batches} != {2}:
        raise InvalidInput(f"{name}: expected {_EXPECTED}, got a batch of {len(batches[0])} parts")
    inputs, truth = zip(*batches, strict=True)
    for first, second in batches:
        if np.shape(first)[:1] != np.shape(second)[:1]:
            raise InvalidInput(f"{name}: a batch has {np.shape(first)} inputs and {np.shape(second)} true values")
    return _stacked(inputs, name), _stacked(truth, name)


def _stacked(parts: Sequence[Any], name: str) -> Any:
    arrays = [converted(np.asarray, _on_cpu(part), name, _EXPECTED) for part in parts]
    return converted(np.concatenate, arrays, name, f"{_EXPECTED}, all of one shape")


def _on_cpu(part: Any) -> Any:
    """Return a tensor as what NumPy can read, anything else as it is."""
    return part.detach().cpu() if hasattr(part, "detach") and hasattr(part, "cpu") else part
