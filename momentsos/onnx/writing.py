"""Messages with polynomials in place of activations, and messages in double precision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ..errors import InvalidInput
from ..models.series import Series
from .reading import array_of

Floats = NDArray[np.float64]
_KINDS: Mapping[int, type[np.floating]] = {TensorProto.DOUBLE: np.float64, TensorProto.FLOAT16: np.float16}


@dataclass(frozen=True, eq=False)
class Replaced:
    """A value that becomes a polynomial of another one, `source`."""

    source: str
    series: Series


@dataclass(frozen=True, eq=False)
class Layer:
    """Weights of a layer, outputs first, and what is added."""

    weight: Floats
    bias: Floats | None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Layer) or (self.bias is None) != (other.bias is None):
            return False
        same = self.bias is None or np.array_equal(self.bias, other.bias)  # type: ignore[arg-type]
        return same and np.array_equal(self.weight, other.weight)


class Names:
    """New names of values, which no other value has."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.taken = {each.name for each in (*graph.input, *graph.output, *graph.initializer)}
        self.taken |= {name for node in graph.node for name in node.output}

    def new(self, wanted: str) -> str:
        """Return a name like the wanted one."""
        name, number = wanted, 1
        while name in self.taken:
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name)
        return name


@dataclass(frozen=True, eq=False)
class Writer:
    """What is added to a graph, in the kind of floats that it has."""

    graph: onnx.GraphProto
    names: Names
    kind: int

    @classmethod
    def of(cls, graph: onnx.GraphProto) -> Writer:
        """Return a writer for a graph; its floats are those of its inputs."""
        known = {each.name for each in graph.initializer}
        kinds = [each.type.tensor_type.elem_type for each in graph.input if each.name not in known]
        return cls(graph, Names(graph), kinds[0])

    def constant(self, values: Any, wanted: str) -> str:
        """Add a constant, and return its name; integers stay integers."""
        array = np.asarray(values)
        if array.dtype.kind == "f":
            array = array.astype(_KINDS.get(self.kind, np.float32))
        name = self.names.new(wanted)
        self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return name

    def values(self, name: str) -> Floats:
        """Return the constant of a name, also one that a node gives."""
        for each in self.graph.initializer:
            if each.name == name:
                return array_of(each, f"constant {name!r:.60}")
        for node in self.graph.node:
            if node.op_type == "Constant" and node.output[0] == name:
                return array_of(node.attribute[0].t, f"constant {name!r:.60}")
        raise InvalidInput(f"to_onnx: {name!r:.60} is no constant: give precision='single'")


def with_polynomials(
    message: onnx.ModelProto, replaced: Mapping[str, Replaced], layers: Mapping[int, Layer]
) -> onnx.ModelProto:
    """Return a copy of a message with other activations and layers.

    Parameters
    ----------
    message : ModelProto
    replaced : mapping
        By the names of the values that become polynomials.
    layers : mapping
        New weights, by the place of the node.
    """
    found = onnx.ModelProto()
    found.CopyFrom(message)
    writer = Writer.of(found.graph)
    nodes: list[onnx.NodeProto] = []
    for place, node in enumerate(message.graph.node):
        own = replaced.get(node.output[0])
        if own is not None:
            nodes += polynomial(writer, own, node.output[0])
        elif place in layers:
            nodes += _layer(writer, node, layers[place])
        else:
            nodes.append(node)
    set_nodes(found.graph, nodes)
    without_dead(found.graph)
    return found


def polynomial(writer: Writer, own: Replaced, output: str) -> Iterator[onnx.NodeProto]:
    """Yield the nodes of a polynomial by Horner's rule; a bare square is one product."""
    series, at = own.series, f"{output}_polynomial"
    value = own.source
    plain = series.centre == 0.0 and series.scale == 1.0
    if plain and series.coefficients.tolist() == [0.0, 0.0, 1.0]:
        yield helper.make_node("Mul", [value, value], [output], writer.names.new(at))
        return
    if not plain:
        moved, value = value, writer.names.new(f"{at}_input")
        between = writer.names.new(f"{at}_centred")
        yield helper.make_node("Sub", [moved, writer.constant(np.array(series.centre), f"{at}_centre")], [between])
        yield helper.make_node("Div", [between, writer.constant(np.array(series.scale), f"{at}_scale")], [value])
    names = [writer.constant(np.array(c), f"{at}_c{k}") for k, c in enumerate(series.coefficients.tolist())]
    if series.degree == 0:  # the shape is that of the input
        zero, none = writer.constant(np.array(0.0), f"{at}_zero"), writer.names.new(f"{at}_none")
        yield helper.make_node("Mul", [value, zero], [none])
        yield helper.make_node("Add", [none, names[0]], [output])
        return
    total = names[-1]
    for k in range(series.degree - 1, -1, -1):
        times, last = writer.names.new(f"{at}_times{k}"), output if k == 0 else writer.names.new(f"{at}_sum{k}")
        yield helper.make_node("Mul", [value, total], [times], writer.names.new(f"{at}_mul{k}"))
        yield helper.make_node("Add", [times, names[k]], [last], writer.names.new(f"{at}_add{k}"))
        total = last


def _layer(writer: Writer, node: onnx.NodeProto, layer: Layer) -> Iterator[onnx.NodeProto]:
    """Yield a layer with other weights."""
    weight, bias = layer.weight, layer.bias
    output = node.output[0]
    if node.op_type == "MatMul":
        added = bias is not None
        between = writer.names.new(f"{output}_product") if added else output
        yield helper.make_node("MatMul", [node.input[0], writer.constant(weight.T, f"{output}_weight")], [between])
        if added:
            yield helper.make_node("Add", [between, writer.constant(bias, f"{output}_bias")], [output])
        return
    inputs = [node.input[0], writer.constant(weight, f"{output}_weight")]
    inputs += [] if bias is None else [writer.constant(bias, f"{output}_bias")]
    made = helper.make_node(node.op_type, inputs, [output], node.name)
    made.attribute.extend([helper.make_attribute("transB", 1)] if node.op_type == "Gemm" else node.attribute)
    yield made


def set_nodes(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> None:
    """Let a graph have these nodes."""
    kept = [_copy(node) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)


def _copy(node: onnx.NodeProto) -> onnx.NodeProto:
    found = onnx.NodeProto()
    found.CopyFrom(node)
    return found


def without_dead(graph: onnx.GraphProto) -> None:
    """Drop nodes and constants that no output depends on, and what was said of values that are gone."""
    wanted = {each.name for each in graph.output}
    kept: list[onnx.NodeProto] = []
    for node in reversed(graph.node):
        if wanted & {*node.output}:
            wanted |= {*node.input}
            kept.append(_copy(node))
    set_nodes(graph, kept[::-1])
    constants = [each for each in graph.initializer if each.name in wanted]
    gone = {each.name for each in graph.initializer} - {each.name for each in constants}
    inputs = [each for each in graph.input if each.name not in gone]
    copies = [type(each).FromString(each.SerializeToString()) for each in constants]
    others = [type(each).FromString(each.SerializeToString()) for each in inputs]
    del graph.initializer[:]
    del graph.input[:]
    del graph.value_info[:]
    graph.initializer.extend(copies)
    graph.input.extend(others)
