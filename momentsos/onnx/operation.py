"""One operator of an ONNX graph as a module of PyTorch: a function with its constants filled in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..errors import InvalidInput

#: What a place in a graph holds when it is read: a constant, or None for what is computed from the input.
Constant = torch.Tensor | NDArray[np.int64]


class Operation(nn.Module):
    """A function of several values, some of which are constants.

    Floats are tensors, and buffers where they are constants; integers, of which only shapes and indices are made, are
    NumPy arrays.

    Parameters
    ----------
    function : callable
    constants : sequence of constants or None
        One for each argument; None for those that come.
    """

    def __init__(self, function: Callable[..., Any], constants: Sequence[Constant | None]) -> None:
        super().__init__()
        self.function = function
        self.fixed: list[Any] = [None if isinstance(each, torch.Tensor) else each for each in constants]
        self.free = [k for k, each in enumerate(constants) if each is None]
        for k, each in enumerate(constants):
            if isinstance(each, torch.Tensor):
                self.register_buffer(f"constant_{k}", each)

    def forward(self, *values: Any) -> Any:
        """Return the function of the values, in the places that are free."""
        args = [getattr(self, f"constant_{k}", each) for k, each in enumerate(self.fixed)]
        for k, value in zip(self.free, values, strict=True):
            args[k] = value
        return self.function(*args)


class Missing:
    """Stands for an optional input that is not there."""


MISSING = Missing()


def operation(title: str, function: Callable[..., Any], constants: Sequence[Any]) -> Operation:
    """Return an operation whose class has the name of the operator, by which it is called in messages."""
    kind = type(title, (Operation,), {"__module__": __name__})
    return kind(function, constants)


@dataclass(frozen=True, eq=False)
class Given:
    """A node, as what builds it sees it.

    Attributes
    ----------
    title : str
        For messages.
    kind : str
        The operator.
    attributes : dict
    constants : tuple
        For each input a constant, `MISSING`, or None for what is computed.
    opset : int
    batch : int or None
        The number of samples for which the graph was written, where it says one.
    """

    title: str
    kind: str
    attributes: dict[str, Any]
    constants: tuple[Any, ...]
    opset: int
    batch: int | None

    def wrong(self, words: str) -> InvalidInput:
        """Return the error that says what is wrong with the node."""
        return InvalidInput(f"model: {self.title}: {words}")

    def present(self, place: int) -> bool:
        """Whether there is an input at a place."""
        return place < len(self.constants) and self.constants[place] is not MISSING

    def constant(self, place: int, what: str) -> Any:
        """Return the constant at a place, None where there is no input."""
        if not self.present(place):
            return None
        value = self.constants[place]
        if value is None:
            raise self.wrong(f"{what} is computed from the input; expected a constant")
        return value

    def integers(self, name: str, place: int | None = None) -> tuple[int, ...] | None:
        """Return integers that older versions have as an attribute, and later ones as a constant input."""
        if name in self.attributes:
            value = self.attributes[name]
            return (int(value),) if isinstance(value, int) else tuple(int(each) for each in value)
        value = None if place is None else self.constant(place, name)
        if value is None:
            return None
        if not isinstance(value, np.ndarray):
            raise self.wrong(f"{name}: expected integers")
        return tuple(int(each) for each in value.reshape(-1))

    def number(self, name: str, default: float) -> float:
        """Return an attribute that is a number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int | float):
            raise self.wrong(f"{name}: expected a number")
        return value

    def word(self, name: str, default: str) -> str:
        """Return an attribute that is a text."""
        return str(self.attributes.get(name, default))

    def built(self, function: Callable[..., Any]) -> Operation:
        """Return the operation of a function of all inputs, those that are missing left out at the end."""
        given = list(self.constants)
        while given and given[-1] is MISSING:
            given.pop()
        if any(each is MISSING for each in given):
            raise self.wrong("an input in the middle is missing")
        return operation(self.kind, function, given)

    def of_first(self, function: Callable[[Any], Any]) -> Operation:
        """Return the operation of a function of the first input; the others are constants that it knows."""
        for k in range(1, len(self.constants)):
            self.constant(k, f"input {k}")
        return operation(self.kind, function, self.constants[:1])
