"""Convolutions and means over places as products of matrices, which runtimes have in double precision too.

onnxruntime has no kernels in double precision for `Conv`, `AveragePool` and `GlobalAveragePool` on CPUs. Each output is
a sum over what lies under the kernel: `Gather` takes it out, place by place, and `MatMul` weighs it. The places depend
on the shape of a sample, which has to be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from ..errors import InvalidInput
from .writing import Writer

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Window:
    """What a kernel sees at each place of its output.

    Attributes
    ----------
    places : (outputs, kernel) array
        Of the flattened input; 0 for what lies outside.
    inside : (outputs, kernel) array of bool
    counted : (outputs, kernel) array of bool
        What lies inside of the input or of the zeros around it.
    shape : tuple of int
        Of the output.
    """

    places: Ints
    inside: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    shape: tuple[int, ...]


def lowered(writer: Writer, node: onnx.NodeProto, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[onnx.NodeProto]:
    """Yield nodes that do what a node does, or the node itself.

    Parameters
    ----------
    writer : Writer
    node : NodeProto
    shapes : mapping
        Of samples, by the name of the value.

    Raises
    ------
    InvalidInput
        The shape of the input of a convolution is not known.
    """
    if node.op_type not in ("Conv", "AveragePool", "GlobalAveragePool"):
        yield node
        return
    shape = shapes.get(node.input[0])
    if shape is None or len(shape) < 2:
        raise InvalidInput(f"to_onnx: the shape of {node.input[0]!r:.60} is not known: give precision='single'")
    attributes = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    if node.op_type == "GlobalAveragePool":
        yield from _global_mean(writer, node, shape)
    elif node.op_type == "AveragePool":
        yield from _mean(writer, node, shape, attributes)
    else:
        yield from _convolution(writer, node, shape, attributes)


def _window(shape: tuple[int, ...], kernel: tuple[int, ...], attributes: Mapping[str, Any]) -> _Window:
    """Return what a kernel sees of places of a shape."""
    count = len(shape)
    steps = tuple(attributes.get("strides", (1,) * count))
    gaps = tuple(attributes.get("dilations", (1,) * count))
    reach = [g * (k - 1) + 1 for g, k in zip(gaps, kernel, strict=True)]
    kind = attributes.get("auto_pad", b"NOTSET")
    before, behind = [0] * count, [0] * count
    if kind in (b"SAME_UPPER", b"SAME_LOWER"):
        for k in range(count):
            total = max(0, (-(-shape[k] // steps[k]) - 1) * steps[k] + reach[k] - shape[k])
            before[k] = total // 2 if kind == b"SAME_UPPER" else total - total // 2
            behind[k] = total - before[k]
    elif kind == b"NOTSET":
        pads = tuple(attributes.get("pads", (0,) * 2 * count))
        before, behind = list(pads[:count]), list(pads[count:])
    rooms = [shape[k] + before[k] + behind[k] - reach[k] for k in range(count)]
    up = bool(attributes.get("ceil_mode", 0))
    outputs = tuple((-(-r // s) if up else r // s) + 1 for r, s in zip(rooms, steps, strict=True))
    if up:  # a window has to begin inside
        outputs = tuple(o - ((o - 1) * s >= n + b) for o, s, n, b in zip(outputs, steps, shape, before, strict=True))
    places = np.zeros((prod(outputs), prod(kernel)), dtype=np.int64)
    inside, counted = (np.ones(places.shape, dtype=bool) for _ in range(2))
    starts = np.array(list(product(*map(range, outputs))), dtype=np.int64).reshape(-1, count)
    offsets = np.array(list(product(*map(range, kernel))), dtype=np.int64).reshape(-1, count)
    for k in range(count):
        at = starts[:, None, k] * steps[k] - before[k] + offsets[None, :, k] * gaps[k]
        inside &= (at >= 0) & (at < shape[k])
        counted &= at < shape[k] + behind[k]
        places = places * shape[k] + np.clip(at, 0, shape[k] - 1)
    return _Window(places, inside, counted, outputs)


def _seen(writer: Writer, node: onnx.NodeProto, shape: tuple[int, ...], seen: _Window) -> Iterator[onnx.NodeProto]:
    """Yield nodes that end in what the kernel sees, (samples, channels, outputs, kernel)."""
    at, names = node.output[0], writer.names
    flat, taken = names.new(f"{at}_flat"), names.new(f"{at}_seen")
    channels, size = shape[0], prod(shape[1:])
    yield helper.make_node("Reshape", [node.input[0], writer.constant([0, channels, size], f"{at}_row")], [flat])
    yield helper.make_node("Gather", [flat, writer.constant(seen.places, f"{at}_places")], [taken], axis=2)
    if not seen.inside.all():
        masked = names.new(f"{at}_masked")
        mask = writer.constant(seen.inside.astype(np.float64), f"{at}_inside")
        yield helper.make_node("Mul", [taken, mask], [masked])


def _convolution(
    writer: Writer, node: onnx.NodeProto, shape: tuple[int, ...], attributes: Mapping[str, Any]
) -> Iterator[onnx.NodeProto]:
    at, names = node.output[0], writer.names
    weights = writer.values(node.input[1])
    groups, inner = int(attributes.get("group", 1)), weights.shape[1]
    outer, kernel = len(weights) // groups, prod(weights.shape[2:])
    seen = _window(shape[1:], weights.shape[2:], attributes)
    nodes = list(_seen(writer, node, shape, seen))
    yield from nodes
    spots = len(seen.places)
    split, turned, rows, times = (names.new(f"{at}_{word}") for word in ("split", "turned", "rows", "times"))
    sizes = writer.constant([0, groups, inner, spots, kernel], f"{at}_split_shape")
    yield helper.make_node("Reshape", [nodes[-1].output[0], sizes], [split])
    yield helper.make_node("Transpose", [split], [turned], perm=[0, 1, 3, 2, 4])
    sizes = writer.constant([0, groups, spots, inner * kernel], f"{at}_rows_shape")
    yield helper.make_node("Reshape", [turned, sizes], [rows])
    matrix = weights.reshape(groups, outer, inner * kernel).transpose(0, 2, 1)
    yield helper.make_node("MatMul", [rows, writer.constant(matrix, f"{at}_weights")], [times])
    back = names.new(f"{at}_back")
    yield helper.make_node("Transpose", [times], [back], perm=[0, 1, 3, 2])
    sizes = writer.constant([0, len(weights), *seen.shape], f"{at}_shape")
    if len(node.input) < 3 or not node.input[2]:
        yield helper.make_node("Reshape", [back, sizes], [at])
        return
    whole = names.new(f"{at}_whole")
    yield helper.make_node("Reshape", [back, sizes], [whole])
    bias = writer.values(node.input[2]).reshape(-1, *(1,) * len(seen.shape))
    yield helper.make_node("Add", [whole, writer.constant(bias, f"{at}_bias")], [at])


def _mean(
    writer: Writer, node: onnx.NodeProto, shape: tuple[int, ...], attributes: Mapping[str, Any]
) -> Iterator[onnx.NodeProto]:
    at, names = node.output[0], writer.names
    seen = _window(shape[1:], tuple(attributes["kernel_shape"]), attributes)
    nodes = list(_seen(writer, node, shape, seen))
    yield from nodes
    counted = seen.counted if attributes.get("count_include_pad", 0) else seen.inside
    shares = np.ones((len(seen.places), 1)) / counted.sum(axis=1, keepdims=True)
    total, mean = names.new(f"{at}_total"), names.new(f"{at}_mean")
    ones = writer.constant(np.ones((seen.places.shape[1], 1)), f"{at}_ones")
    yield helper.make_node("MatMul", [nodes[-1].output[0], ones], [total])
    yield helper.make_node("Mul", [total, writer.constant(shares, f"{at}_shares")], [mean])
    sizes = writer.constant([0, shape[0], *seen.shape], f"{at}_shape")
    yield helper.make_node("Reshape", [mean, sizes], [at])


def _global_mean(writer: Writer, node: onnx.NodeProto, shape: tuple[int, ...]) -> Iterator[onnx.NodeProto]:
    at, size = node.output[0], prod(shape[1:])
    flat, mean = writer.names.new(f"{at}_flat"), writer.names.new(f"{at}_mean")
    yield helper.make_node("Reshape", [node.input[0], writer.constant([0, shape[0], size], f"{at}_row")], [flat])
    share = writer.constant(np.full((size, 1), 1.0 / size), f"{at}_share")
    yield helper.make_node("MatMul", [flat, share], [mean])
    ones = (1,) * (len(shape) - 1)
    yield helper.make_node("Reshape", [mean, writer.constant([0, shape[0], *ones], f"{at}_shape")], [at])
