"""A message in double precision, so that what runs it has the digits of the coefficients."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..machine.checks import converted
from .lowering import lowered
from .reading import FLOATS, array_of
from .writing import Writer, set_nodes, without_dead


def in_double(message: onnx.ModelProto, row: tuple[int, ...]) -> onnx.ModelProto:
    """Return a message whose floats are all of double precision, convolutions as products of matrices.

    Parameters
    ----------
    message : ModelProto
    row : tuple of int
        The shape of a sample.

    Raises
    ------
    InvalidInput
        The shape of the input of a convolution cannot be told.
    """
    found = onnx.ModelProto()
    found.CopyFrom(message)
    graph = found.graph
    for tensor in graph.initializer:
        _widen(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                _widen(attribute.t)
            elif node.op_type == "Cast" and attribute.name == "to" and attribute.i in FLOATS:
                attribute.i = TensorProto.DOUBLE
            elif node.op_type == "Constant" and attribute.name in ("value_float", "value_floats"):
                values = helper.get_attribute_value(attribute)
                tensor = numpy_helper.from_array(np.array(values, dtype=np.float64))
                attribute.CopyFrom(helper.make_attribute("value", tensor))
    for value in (*graph.input, *graph.output):
        if value.type.tensor_type.elem_type in FLOATS:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    del graph.value_info[:]
    shapes = shapes_of(found, row)
    writer = Writer.of(graph)
    set_nodes(graph, [each for node in list(graph.node) for each in lowered(writer, node, shapes)])
    without_dead(graph)
    return found


def _widen(tensor: TensorProto) -> None:
    if tensor.data_type in FLOATS:
        tensor.CopyFrom(numpy_helper.from_array(array_of(tensor, f"constant {tensor.name!r:.60}"), tensor.name))


def shapes_of(message: onnx.ModelProto, row: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of samples of all values for which they can be told."""
    own = onnx.ModelProto()
    own.CopyFrom(message)
    known = {each.name for each in own.graph.initializer}
    for value in own.graph.input:
        if value.name not in known:
            kind = value.type.tensor_type.elem_type
            value.CopyFrom(helper.make_tensor_value_info(value.name, kind, ["samples", *row]))
    told = converted(
        lambda given: onnx.shape_inference.infer_shapes(given, data_prop=True), own, "to_onnx", "a graph with shapes"
    )
    shapes = {}
    for value in (*told.graph.input, *told.graph.value_info):
        dims = value.type.tensor_type.shape.dim
        sizes = tuple(dim.dim_value for dim in dims)[1:]
        if sizes and min(sizes) > 0:
            shapes[value.name] = sizes
    return shapes
