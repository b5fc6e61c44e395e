"""An ONNX graph as a graph of PyTorch: the same nodes, constants folded, activations of several nodes as one.

Exporters write GELU, SiLU and their like as several nodes, ``x * sigmoid(x)``. Where a value and what it is combined
with are both functions of the entries of one value before, all nodes between become one function; the graph of the file
is not changed by that, and the nodes are dropped where a polynomial takes their place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any

import numpy as np
import onnx
import torch
from torch import fx, nn

from ..errors import InvalidInput
from ..machine.checks import converted
from . import elementwise, layers, shapes
from .operation import MISSING, Given, operation
from .reading import FLOATS, MOST_ENTRIES, array_of, attribute_of, opset_of, title_of

_BUILDERS: Mapping[str, Callable[[Given], nn.Module]] = {
    **elementwise.BUILDERS,
    **layers.BUILDERS,
    **shapes.BUILDERS,
}
#: What is not taken, and the way out.
_REFUSED = {
    **dict.fromkeys(("MaxPool", "GlobalMaxPool"), "replace max pooling by average pooling, and train again"),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Hardmax", "ArgMax"), "export the model without it: outputs before it"),
    **dict.fromkeys(
        ("LayerNormalization", "InstanceNormalization", "GroupNormalization", "LpNormalization"),
        "use BatchNormalization, which is affine in evaluation mode",
    ),
}
#: Nodes of one activation at most.
_STEPS = 24
#: Unary operators that are affine.
_AFFINE = ("Neg",)


@dataclass(frozen=True, eq=False)
class _Value:
    """What the graph computes at a place.

    Attributes
    ----------
    node : fx.Node
    root : fx.Node
        A value before, of whose entries this one is a function.
    steps : tuple of (operator, module, places)
        How, step by step: place 0 is the root, place k the value of step k.
    """

    node: fx.Node
    root: fx.Node
    steps: tuple[tuple[str, nn.Module, tuple[int, ...]], ...] = ()


@dataclass(frozen=True, eq=False)
class Read:
    """A graph, and where in the file its parts are.

    Attributes
    ----------
    module : GraphModule
        In double precision.
    values : dict
        The name in the file of the value of each node of the graph.
    layers : dict
        The place among the nodes of the file of each layer, by its name in the module.
    input : str
    row : tuple of int or None
        The shape of a sample, None where the file leaves a number open.
    kind : int
        Of the floats that go in, in ONNX's numbers.
    """

    module: fx.GraphModule
    values: dict[str, str]
    layers: dict[str, int]
    input: str
    row: tuple[int | None, ...]
    kind: int


@dataclass(eq=False)
class _Reader:
    message: onnx.ModelProto
    root: nn.Module = field(default_factory=nn.Module)
    graph: fx.Graph = field(default_factory=fx.Graph)
    known: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    layers: dict[str, int] = field(default_factory=dict)
    batch: int | None = None

    def add(self, module: nn.Module, wanted: str, sources: Sequence[fx.Node], output: str) -> fx.Node:
        """Return a new node; its name is made of letters and digits, for PyTorch writes its graphs as code."""
        plain = re.sub(r"[^A-Za-z0-9]+", "_", wanted).strip("_")[:60] or "node"
        plain = f"n_{plain}" if plain[0].isdigit() or iskeyword(plain) else plain
        name, number = plain, 1
        while hasattr(self.root, name):
            number += 1
            name = f"{plain}_{number}"
        self.root.add_module(name, module)
        node = self.graph.create_node("call_module", name, tuple(sources), {}, name)
        self.names[node.name] = output
        return node


def read(message: onnx.ModelProto) -> Read:
    """Return the graph of a message.

    Raises
    ------
    InvalidInput
        More than one input or output, an operator that is not known, constants that do not match; the node is named.
    """
    reader = _Reader(message)
    graph = message.graph
    for tensor in graph.initializer:
        reader.known[tensor.name] = _constant(array_of(tensor, f"model: constant {tensor.name!r:.80}"))
    inputs = [each for each in graph.input if each.name not in reader.known]
    if len(inputs) != 1 or len(graph.output) != 1:
        listed = f"{len(inputs)} inputs and {len(graph.output)} outputs"
        raise InvalidInput(f"model: it has {listed}: expected one of each")
    tensor = inputs[0].type.tensor_type
    if tensor.elem_type not in FLOATS:
        raise InvalidInput(f"model: input {inputs[0].name!r:.80} is not one of floats")
    sizes = tuple(dim.dim_value if dim.dim_value > 0 else None for dim in tensor.shape.dim)
    reader.batch = sizes[0] if sizes else None
    placeholder = reader.graph.placeholder("input")
    reader.names[placeholder.name] = inputs[0].name
    reader.known[inputs[0].name] = _Value(placeholder, placeholder)
    for number, node in enumerate(graph.node):
        _take(reader, node, number, opset_of(message))
    output = reader.known.get(graph.output[0].name)
    if not isinstance(output, _Value):
        raise InvalidInput(f"model: its output {graph.output[0].name!r:.80} does not depend on its input")
    reader.graph.output(output.node)
    module = fx.GraphModule(reader.root, reader.graph)
    module.graph.eliminate_dead_code()
    module.delete_all_unused_submodules()
    module.recompile()
    module = module.double().eval()
    return Read(module, reader.names, reader.layers, inputs[0].name, sizes[1:], tensor.elem_type)


def _constant(array: np.ndarray) -> Any:
    return torch.from_numpy(array.copy()) if array.dtype == np.float64 else array


def _take(reader: _Reader, node: onnx.NodeProto, number: int, opset: int) -> None:
    """Read one node of the file."""
    title = title_of(node, number)
    if not node.output or any(name in reader.known for name in node.output if name):
        raise InvalidInput(f"model: {title}: expected an output with a name of its own")
    attributes = {each.name: attribute_of(each, f"model: {title}") for each in node.attribute}
    if node.op_type == "Constant":
        reader.known[node.output[0]] = _of_attributes(attributes, title)
        return
    if node.op_type not in _BUILDERS:
        way = _REFUSED.get(
            node.op_type, "replace it by operators that are, such as " + ", ".join(sorted(layers.BUILDERS))
        )
        raise InvalidInput(f"model: {title}: the operator is not supported; {way}")
    missing = [name for name in node.input if name and name not in reader.known]
    if missing or not node.input:
        raise InvalidInput(f"model: {title}: input {missing[0] if missing else ''!r:.80} is computed by no node before")
    sources = [reader.known[name] if name else MISSING for name in node.input]
    constants = tuple(None if isinstance(each, _Value) else each for each in sources)
    given = Given(title, node.op_type, attributes, constants, opset, reader.batch)
    module = converted(_BUILDERS[node.op_type], given, f"model: {title}", "constants that match")
    values = [each for each in sources if isinstance(each, _Value)]
    if node.op_type == "CastLike" and constants[0] is not None:
        values = []  # what it is like are floats, whatever their values
        module, sources = converted(_as_float, constants[0], f"model: {title}", "a number"), []
    if not values:
        folded = converted(
            lambda part: part(*sources[:1]) if _is_layer(part) else part(),
            module,
            f"model: {title}",
            "constants that match",
        )
        if math.prod(folded.shape) > MOST_ENTRIES:
            raise InvalidInput(f"model: {title}: a constant of more than {MOST_ENTRIES} entries")
        reader.known[node.output[0]] = folded
        return
    steps = _joined(node.op_type, module, constants, values)
    if len(values) > 1 and steps:
        module, own = _entrywise(steps), [values[0].root]
    else:
        own = [each.node for each in values]
    made = reader.add(module, node.name or f"{node.op_type}_{number}", own, node.output[0])
    if _is_layer(module):
        reader.layers[str(made.target)] = number
    reader.known[node.output[0]] = _Value(made, values[0].root, steps) if steps else _Value(made, made)


def _as_float(constant: Any) -> nn.Module:
    return operation("CastLike", lambda x: x, (torch.as_tensor(constant, dtype=torch.float64),))


def _is_layer(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d)


def _of_attributes(attributes: Mapping[str, Any], title: str) -> Any:
    """Return what a node `Constant` gives."""
    if len(attributes) != 1:
        raise InvalidInput(f"model: {title}: expected one value")
    value = converted(np.asarray, next(iter(attributes.values())), f"model: {title}", "numbers")
    if value.dtype.kind not in "fi":
        raise InvalidInput(f"model: {title}: expected numbers")
    return _constant(value.astype(np.float64 if value.dtype.kind == "f" else np.int64))


Steps = tuple[tuple[str, nn.Module, tuple[int, ...]], ...]


def _joined(kind: str, module: nn.Module, constants: Sequence[Any], values: Sequence[_Value]) -> Steps:
    """Return how a value is a function of the entries of one before; nothing where it is none, or may stand alone."""
    first = values[0]
    if kind in elementwise.UNARY:
        steps: Steps = (*first.steps, (kind, module, (len(first.steps),)))
    elif kind in elementwise.BINARY and len(values) == 1:
        numbers = [each for each in constants if each is not None]
        if any(not isinstance(each, torch.Tensor) or each.numel() != 1 for each in numbers):
            return ()
        steps = (*first.steps, (kind, module, (len(first.steps),)))
    elif kind in elementwise.BINARY and len(values) == 2 and first.root is values[1].root:
        second = values[1].steps
        both = {name for name, _, _ in (*first.steps, *second)}
        if not both & (elementwise.UNARY - {*_AFFINE}):
            return ()  # sums and products of affine maps stay what they are
        shift = len(first.steps)
        moved = [(name, part, tuple(k + shift if k else 0 for k in places)) for name, part, places in second]
        ends = (shift, shift + len(second) if second else 0)
        steps = (*first.steps, *moved, (kind, module, ends))
    else:
        return ()
    return steps if len(steps) <= _STEPS else ()


def _entrywise(steps: Steps) -> nn.Module:
    """Return several steps as one function."""

    def function(x: Any) -> Any:
        values = [x]
        for _, part, places in steps:
            values.append(part(*(values[k] for k in places)))
        return values[-1]

    first = next(name for name, _, _ in steps if name in elementwise.UNARY and name not in _AFFINE)
    return operation(f"{first}…{steps[-1][0]}", function, (None,))
