"""Operators that move entries and change none, and those that make shapes of shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .operation import Given
from .reading import FLOATS, MOST_ENTRIES


def _identity(node: Given) -> nn.Module:
    if node.kind == "Dropout" and node.present(2) and np.any(np.asarray(node.constant(2, "training_mode"))):
        raise node.wrong("is in training mode; export the model in evaluation mode")
    return node.of_first(lambda x: x)


def _cast(node: Given) -> nn.Module:
    to_float = node.attributes.get("to") in FLOATS

    def cast(x: Any) -> Any:
        if isinstance(x, np.ndarray) and to_float:
            return torch.from_numpy(x.astype(np.float64))
        if isinstance(x, torch.Tensor) and not to_float:
            raise node.wrong("makes integers of numbers that are computed")
        return x

    return node.of_first(cast)


def _cast_like(node: Given) -> nn.Module:
    def cast(x: Any, like: Any) -> Any:
        if isinstance(x, np.ndarray) and isinstance(like, torch.Tensor):
            return torch.from_numpy(x.astype(np.float64))
        if isinstance(x, torch.Tensor) and isinstance(like, np.ndarray):
            raise node.wrong("makes integers of numbers that are computed")
        return x

    return node.built(cast)


def _expand(node: Given) -> nn.Module:
    def expanded(x: Any, shape: Any) -> Any:
        wanted = np.broadcast_shapes(tuple(x.shape), tuple(int(each) for each in np.asarray(shape).reshape(-1)))
        if math.prod(wanted) > MOST_ENTRIES:
            raise node.wrong(f"a value of more than {MOST_ENTRIES} entries")
        return np.broadcast_to(x, wanted) if isinstance(x, np.ndarray) else x.expand(wanted)

    return node.built(expanded)


def _flatten(node: Given) -> nn.Module:
    axis = int(node.number("axis", 1))

    def flat(x: Any) -> Any:
        place = axis % x.dim() if axis != x.dim() else axis
        return x.flatten(place) if place == 1 else x.reshape(math.prod(x.shape[:place]), -1)

    return nn.Flatten() if axis == 1 else node.of_first(flat)


def _reshape(node: Given) -> nn.Module:
    zeros = bool(node.number("allowzero", 0))
    if "shape" in node.attributes:  # before version 5
        node = Given(
            node.title, node.kind, {}, (node.constants[0], np.array(node.integers("shape"))), node.opset, node.batch
        )

    def reshaped(x: Any, shape: Any) -> Any:
        wanted = [int(each) for each in np.asarray(shape).reshape(-1)]
        for k, size in enumerate(wanted):
            if size == 0 and not zeros and k < x.ndim:
                wanted[k] = x.shape[k]
        # a graph that was written for one number of samples has that number in it
        if node.batch is not None and wanted and wanted[0] == node.batch and -1 not in wanted[1:]:
            wanted[0] = x.shape[0] if math.prod(wanted) != math.prod(x.shape) else wanted[0]
        return x.reshape(tuple(wanted))

    return node.built(reshaped)


def _transpose(node: Given) -> nn.Module:
    order = node.integers("perm")

    def turned(x: Any) -> Any:
        own = order or tuple(range(x.ndim))[::-1]
        return np.transpose(x, own) if isinstance(x, np.ndarray) else x.permute(own)

    return node.of_first(turned)


def _unsqueeze(node: Given) -> nn.Module:
    axes = node.integers("axes", 1)
    if axes is None:
        raise node.wrong("expected axes")

    def wider(x: Any) -> Any:
        for axis in sorted(each % (x.ndim + len(axes)) for each in axes):
            x = np.expand_dims(x, axis) if isinstance(x, np.ndarray) else x.unsqueeze(axis)
        return x

    return node.of_first(wider)


def _squeeze(node: Given) -> nn.Module:
    axes = node.integers("axes", 1)

    def narrower(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            return np.squeeze(x, axes)
        kept = axes if axes is not None else [k for k, size in enumerate(x.shape) if size == 1 and k > 0]
        dropped = {each % x.ndim for each in kept}
        if any(x.shape[k] != 1 for k in dropped):
            raise node.wrong(f"axes {tuple(sorted(dropped))} of a value of shape {tuple(x.shape)} have more entries")
        return x.reshape(tuple(size for k, size in enumerate(x.shape) if k not in dropped))

    return node.of_first(narrower)


def _concat(node: Given) -> nn.Module:
    axis = int(node.number("axis", 0))

    def joined(*parts: Any) -> Any:
        if all(isinstance(part, np.ndarray) for part in parts):
            return np.concatenate([np.atleast_1d(part) for part in parts], axis=axis)
        return torch.cat(parts, dim=axis)

    return node.built(joined)


def _gather(node: Given) -> nn.Module:
    axis = int(node.number("axis", 0))

    def taken(x: Any, places: Any) -> Any:
        if isinstance(x, np.ndarray):
            return np.asarray(np.take(x, places, axis=axis))
        own = np.where(places < 0, places + x.shape[axis], places)
        flat = x.index_select(axis % x.dim(), torch.from_numpy(np.ascontiguousarray(own).reshape(-1)))
        shape = (*x.shape[: axis % x.dim()], *own.shape, *x.shape[axis % x.dim() + 1 :])
        return flat.reshape(shape)

    return node.built(taken)


def _slice(node: Given) -> nn.Module:
    starts, ends = node.integers("starts", 1), node.integers("ends", 2)
    axes, steps = node.integers("axes", 3), node.integers("steps", 4)
    if starts is None or ends is None or len(starts) != len(ends):
        raise node.wrong("expected as many ends as starts")
    places = axes or tuple(range(len(starts)))
    widths = steps or (1,) * len(starts)
    if len(places) != len(starts) or len(widths) != len(starts) or min(widths, default=1) < 1:
        raise node.wrong("expected one axis, and one step from 1 on, for each start")

    def cut(x: Any) -> Any:
        parts = [slice(None)] * x.ndim
        for axis, first, last, width in zip(places, starts, ends, widths, strict=True):
            parts[axis] = slice(first, last, width)
        return x[tuple(parts)]

    return node.of_first(cut)


def _pad(node: Given) -> nn.Module:
    if node.word("mode", "constant") != "constant":
        raise node.wrong("expected zeros, or another constant, around the input")
    pads, value = node.integers("pads", 1), node.constant(2, "the value")
    axes = node.integers("axes", 3)
    filled = node.number("value", 0.0) if value is None else float(np.asarray(value).reshape(-1)[0])
    if pads is None or len(pads) % 2 or max(map(abs, pads), default=0) > MOST_ENTRIES:
        raise node.wrong("expected two numbers for each axis")
    half = len(pads) // 2

    def padded(x: Any) -> Any:
        ends = [(0, 0)] * x.dim()
        for k, axis in enumerate(axes or range(half)):
            ends[axis] = (pads[k], pads[half + k])
        return F.pad(x, [each for pair in ends[::-1] for each in pair], value=filled)

    return node.of_first(padded)


def _shape(node: Given) -> nn.Module:
    first, last = int(node.number("start", 0)), node.attributes.get("end")

    def sizes(x: Any) -> Any:
        return np.array(x.shape, dtype=np.int64)[first:last]

    return node.of_first(sizes)


def _constant_of_shape(node: Given) -> nn.Module:
    value = node.attributes.get("value", np.zeros(1))
    shape = node.integers("shape", 0)
    if shape is None or min(shape, default=0) < 0 or math.prod(shape) > MOST_ENTRIES:
        raise node.wrong(f"a constant of more than {MOST_ENTRIES} entries")
    full = np.full(shape, np.asarray(value).reshape(-1)[0])
    return node.of_first(lambda _: torch.from_numpy(full) if full.dtype == np.float64 else full)


#: Builders by operator.
BUILDERS: Mapping[str, Callable[[Given], nn.Module]] = {
    "Identity": _identity,
    "Dropout": _identity,
    "Cast": _cast,
    "CastLike": _cast_like,
    "Expand": _expand,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Concat": _concat,
    "Gather": _gather,
    "Slice": _slice,
    "Pad": _pad,
    "Shape": _shape,
    "ConstantOfShape": _constant_of_shape,
}
