"""ONNX files as messages: data of a limited size, from which nothing is executed and nothing else is opened."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from ..errors import InvalidInput
from ..machine.checks import converted, shown
from ..machine.files import read_whole

#: Most bytes of a file, nodes of a graph, and entries of a constant that is made from a few numbers.
MOST_BYTES, MOST_NODES, MOST_ENTRIES = 500_000_000, 20_000, 50_000_000
#: How pickled files of torch and Python begin: a zip archive, a pickle of protocol 2 and later.
_PICKLED = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_PICKLED_NAMES = (".pt", ".pth", ".pkl", ".pickle", ".joblib")
#: Kinds of floats; all are computed with in double precision.
FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)
_INTEGERS = (onnx.TensorProto.INT64, onnx.TensorProto.INT32, onnx.TensorProto.BOOL)
_DOMAINS = ("", "ai.onnx")


def message_of(given: object) -> onnx.ModelProto:
    """Return a file, or a message, as a message of one graph without functions, subgraphs and files beside it.

    Parameters
    ----------
    given : path or ModelProto

    Raises
    ------
    InvalidInput
        It cannot be read, is too large, is a pickle, or needs other files.
    """
    if isinstance(given, onnx.ModelProto):
        found, name = onnx.ModelProto(), "model"
        found.CopyFrom(given)
    else:
        name = os.fspath(given)  # type: ignore[call-overload]  # the caller has looked
        suffix = os.path.splitext(str(name))[1].lower()
        data = b"" if suffix in _PICKLED_NAMES else read_whole(given, MOST_BYTES)
        if suffix in _PICKLED_NAMES or data.startswith(_PICKLED):
            raise InvalidInput(
                f"{name}: no ONNX file but an archive or a pickle, which may run code when it is loaded and is not: "
                f"load it yourself and give the model, or export it with torch.onnx.export"
            )
        found = converted(onnx.ModelProto.FromString, data, str(name), "an ONNX file")
    _check(found, str(name))
    return found


def _check(message: onnx.ModelProto, name: str) -> None:
    graph = message.graph
    if not graph.node or not graph.output:
        raise InvalidInput(f"{name}: expected an ONNX model, got a file without a graph")
    if len(graph.node) > MOST_NODES:
        raise InvalidInput(f"{name}: {len(graph.node)} nodes; at most {MOST_NODES} are read")
    if message.functions or graph.sparse_initializer:
        raise InvalidInput(f"{name}: functions and sparse constants are not read; export the model without them")
    texts = [each.name for each in (*graph.initializer, *graph.input, *graph.output)]
    texts += [each.domain for each in message.opset_import]
    for node in graph.node:
        texts += [node.name, node.op_type, node.domain, *node.input, *node.output, *(a.name for a in node.attribute)]
    if not all(isinstance(text, str) for text in texts):  # what is no UTF-8 comes as bytes
        raise InvalidInput(f"{name}: expected an ONNX file, got one with names that are no text")
    for number, node in enumerate(graph.node):
        if node.domain not in _DOMAINS:
            raise InvalidInput(
                f"{name}: {title_of(node, number)} is of the domain {node.domain!r:.60}; expected ONNX's"
            )
        if any(each.HasField("g") or each.graphs for each in node.attribute):
            raise InvalidInput(f"{name}: {title_of(node, number)} holds a graph of its own; expected none")


def title_of(node: onnx.NodeProto, number: int) -> str:
    """Return a node by its name, or place, and what it does."""
    return f"node {node.name or f'number {number}'!r:.80} ({node.op_type:.40})"


def array_of(tensor: onnx.TensorProto, name: str) -> NDArray[Any]:
    """Return a constant, floats in double precision and all else as 64-bit integers.

    Raises
    ------
    InvalidInput
        It lies in another file, is of another kind, or its numbers are not as many as its shape says.
    """
    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise InvalidInput(
            f"{name}: its numbers are in another file, which is not opened: save the model as one file, as "
            f"onnx.save(onnx.load(path), one_file) does"
        )
    if tensor.data_type not in (*FLOATS, *_INTEGERS):
        raise InvalidInput(f"{name}: numbers of the kind {tensor.data_type}; expected floats or integers")
    if tensor.HasField("segment"):
        raise InvalidInput(f"{name}: is given in segments, which are not read")
    found = converted(numpy_helper.to_array, tensor, name, "as many numbers as its shape says")
    return np.array(found, dtype=np.float64 if tensor.data_type in FLOATS else np.int64)


def attribute_of(attribute: onnx.AttributeProto, where: str) -> Any:
    """Return the value of an attribute: a number, a text, a tuple of these, or an array."""
    if attribute.type == onnx.AttributeProto.TENSOR:
        return array_of(attribute.t, f"{where}, attribute {attribute.name!r:.40}")
    value = converted(
        onnx.helper.get_attribute_value, attribute, f"{where}, attribute {attribute.name!r:.40}", "a value"
    )
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, int | float):
        return value
    if isinstance(value, list | tuple) or hasattr(value, "__iter__"):
        return tuple(value)
    raise InvalidInput(f"{where}: attribute {attribute.name!r:.40} is {shown(value)}; expected numbers")


def opset_of(message: onnx.ModelProto) -> int:
    """Return the version of ONNX's operators that a model speaks."""
    return max((each.version for each in message.opset_import if each.domain in _DOMAINS), default=1)
