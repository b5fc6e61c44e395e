"""An ONNX model as one whose activations can be learned; see `momentsos.models.model`.

It is read as a graph of PyTorch, in double precision, and handled as any other one. What comes out is the message that
was read, in its own precision, with nodes of polynomials in place of those of the activations.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from ..errors import InvalidInput
from ..models.model import Pass, Site
from ..models.series import Series
from ..models.slices import Monomials
from ..models.sought import Sought
from ..torch.model import TorchModel, model_of_graph
from .graph import Read, read
from .reading import message_of
from .writing import Layer, Replaced, with_polynomials

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OnnxModel:
    """A message, and the graph that was read of it.

    Attributes
    ----------
    message : ModelProto
    read : Read
    inner : TorchModel
    """

    message: onnx.ModelProto
    read: Read
    inner: TorchModel
    kind: str = "onnx"

    @property
    def sites(self) -> tuple[Site, ...]:
        """See `Model`."""
        return self.inner.sites

    @property
    def after(self) -> tuple[int, ...]:
        """See `Model`."""
        return self.inner.after

    def passes(self, X: NDArray[Any], series: Sequence[Series | None] | None = None) -> Iterator[Pass]:
        """See `Model`."""
        return self.inner.passes(X, series)

    def expanded(self, X: NDArray[Any], sought: Sought) -> Iterator[tuple[Monomials, Floats]]:
        """See `Model`."""
        return self.inner.expanded(X, sought)

    def with_series(self, series: Sequence[Series]) -> onnx.ModelProto:
        """See `Model`."""
        return with_polynomials(self.message, self._replaced(series), {})

    def folded(self, series: Sequence[Series]) -> tuple[onnx.ModelProto, tuple[int, ...]]:
        """See `Model`."""
        module, squares = self.inner.folded(series)
        square = Series(np.array([0.0, 0.0, 1.0]))
        own = [square if number in squares else each for number, each in enumerate(series)]
        changed: dict[int, Layer] = {}
        for name, place in self.read.layers.items():
            if not _has(self.read.module, name):
                continue
            before, behind = (_layer(each, name) for each in (self.inner.given, module))
            if before != behind:
                changed[place] = behind
        return with_polynomials(self.message, self._replaced(own), changed), squares

    def _replaced(self, series: Sequence[Series]) -> dict[str, Replaced]:
        """Return what stands in place of which value."""
        found = {}
        nodes = {node.name: node for node in self.read.module.graph.nodes}
        for name, number in self.inner.nodes.items():
            source = nodes[name].all_input_nodes[0].name
            found[self.read.values[name]] = Replaced(self.read.values[source], series[number])
        return found


def _has(module: torch.nn.Module, name: str) -> bool:
    return name in dict(module.named_children())


def _layer(module: torch.nn.Module, name: str) -> Layer:
    part = module.get_submodule(name)
    weight, bias = part.weight, part.bias
    assert isinstance(weight, torch.Tensor)
    own = bias.detach().double().numpy() if isinstance(bias, torch.Tensor) else None
    return Layer(weight.detach().double().numpy(), own)


def model_of(given: Any, X: NDArray[Any]) -> OnnxModel:
    """Return a path or a message as a model, for inputs like these.

    Raises
    ------
    InvalidInput
        See `momentsos.onnx.reading.message_of`, `momentsos.onnx.graph.read` and `momentsos.torch.model.model_of`.
    """
    message = message_of(given)
    found = read(message)
    own = tuple(X.shape[1:])
    matches = len(own) == len(found.row) and all(a is None or a == b for a, b in zip(found.row, own, strict=True))
    if found.row and not matches:
        wanted = ", ".join("any" if each is None else str(each) for each in found.row)
        raise InvalidInput(f"X: input {found.input!r:.60} takes samples of shape ({wanted}), got {own}: reshape X")
    precision = torch.float64 if found.kind == onnx.TensorProto.DOUBLE else torch.float32
    copied = copy.deepcopy(found.module).to(precision).eval()
    return OnnxModel(message, found, model_of_graph(copied, found.module, X))
