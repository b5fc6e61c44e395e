"""Operators with weights, and means over places: layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .operation import Given

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_POOLS: tuple[Callable[..., torch.Tensor], ...] = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)


def _gemm(node: Given) -> nn.Module:
    alpha, beta = node.number("alpha", 1.0), node.number("beta", 1.0)
    turned = [bool(node.attributes.get(name, 0)) for name in ("transA", "transB")]
    weights, bias = (node.constants[k] if node.present(k) else None for k in (1, 2))
    whole = isinstance(weights, torch.Tensor) and weights.dim() == 2 and not turned[0]
    constant = bias is None and not node.present(2)
    if whole and (constant or (isinstance(bias, torch.Tensor) and bias.dim() <= 2)):
        assert isinstance(weights, torch.Tensor)
        rows = alpha * (weights if turned[1] else weights.T)
        if bias is None:
            return linear(rows, None)
        if bias.numel() in (1, len(rows)) and (bias.dim() < 2 or bias.shape[0] == 1):
            return linear(rows, beta * bias.reshape(-1).expand(len(rows)))

    def product(a: Any, b: Any, c: Any = None) -> Any:
        found = alpha * ((a.T if turned[0] else a) @ (b.T if turned[1] else b))
        return found if c is None else found + beta * c

    return node.built(product)


def _matmul(node: Given) -> nn.Module:
    weights = node.constants[1] if node.present(1) else None
    if isinstance(weights, torch.Tensor) and weights.dim() == 2 and node.constants[0] is None:
        return linear(weights.T, None)
    return node.built(torch.matmul)


def linear(weights: torch.Tensor, bias: torch.Tensor | None) -> nn.Linear:
    """Return a layer with these weights."""
    layer = nn.utils.skip_init(nn.Linear, weights.shape[1], weights.shape[0], bias is not None)
    layer.weight = nn.Parameter(weights.clone().contiguous())
    if bias is not None:
        layer.bias = nn.Parameter(bias.clone().contiguous())
    return layer


def _places(node: Given, name: str, count: int, default: int) -> tuple[int, ...]:
    value = node.integers(name) or (default,) * count
    if len(value) != count:
        raise node.wrong(f"{name} has {len(value)} entries; expected {count}")
    return value


def _ends(node: Given, count: int) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Return what is added before and behind each axis; None where it depends on the input."""
    kind = node.word("auto_pad", "NOTSET")
    if kind in ("SAME_UPPER", "SAME_LOWER"):
        return None
    pads = _places(node, "pads", 2 * count, 0) if kind == "NOTSET" else (0,) * 2 * count
    if min(pads) < 0:
        raise node.wrong("pads below 0")
    return pads[:count], pads[count:]


def _same(node: Given, shape: Sequence[int], reach: Sequence[int], strides: Sequence[int]) -> tuple[list[int], ...]:
    """Return the ends for which there is an output at every stride."""
    before, behind = [], []
    for size, own, step in zip(shape, reach, strides, strict=True):
        total = max(0, (-(-size // step) - 1) * step + own - size)
        first = total // 2 if node.word("auto_pad", "") == "SAME_UPPER" else total - total // 2
        before.append(first)
        behind.append(total - first)
    return before, behind


def _padded(x: torch.Tensor, before: Sequence[int], behind: Sequence[int]) -> torch.Tensor:
    ends = chain.from_iterable(zip(before[::-1], behind[::-1], strict=True))
    return F.pad(x, list(ends)) if any((*before, *behind)) else x


def _conv(node: Given) -> nn.Module:
    weights, bias = node.constant(1, "the kernel"), node.constant(2, "the bias")
    count = weights.dim() - 2 if isinstance(weights, torch.Tensor) else 0
    if not 1 <= count <= 3:
        raise node.wrong("expected a kernel over one, two or three axes")
    strides, dilations = _places(node, "strides", count, 1), _places(node, "dilations", count, 1)
    groups = int(node.number("group", 1))
    if min(*strides, *dilations, groups) < 1:
        raise node.wrong("expected strides, dilations and groups from 1")
    if len(weights) % groups or (bias is not None and bias.numel() != len(weights)):
        raise node.wrong(f"a kernel of shape {tuple(weights.shape)} does not match its bias or {groups} groups")
    ends = _ends(node, count)
    if ends is not None and ends[0] == ends[1]:
        layer = nn.utils.skip_init(
            _CONVOLUTIONS[count - 1],
            weights.shape[1] * groups,
            len(weights),
            tuple(weights.shape[2:]),
            strides,
            ends[0],
            dilations,
            groups,
            bias is not None,
        )
        layer.weight = nn.Parameter(weights)
        if bias is not None:
            layer.bias = nn.Parameter(bias.reshape(-1))
        return layer
    convolve = (F.conv1d, F.conv2d, F.conv3d)[count - 1]
    reach = [d * (k - 1) + 1 for d, k in zip(dilations, weights.shape[2:], strict=True)]

    def padded(x: Any, w: Any, b: Any = None) -> Any:
        before, behind = ends or _same(node, x.shape[2:], reach, strides)
        return convolve(_padded(x, before, behind), w, b, strides, 0, dilations, groups)

    return node.built(padded)


def _average_pool(node: Given) -> nn.Module:
    kernel = node.integers("kernel_shape") or ()
    count = len(kernel)
    if not 1 <= count <= 3 or min(kernel) < 1:
        raise node.wrong("expected a kernel over one, two or three axes")
    strides = _places(node, "strides", count, 1)
    if min(strides) < 1 or set(_places(node, "dilations", count, 1)) != {1}:
        raise node.wrong("expected strides from 1, and no dilations")
    pool, ends = _POOLS[count - 1], _ends(node, count)
    inside, beyond = not node.number("count_include_pad", 0), bool(node.number("ceil_mode", 0))
    if beyond and ends != ((0,) * count, (0,) * count):
        raise node.wrong("ceil_mode with pads is not read")

    def mean(x: torch.Tensor) -> torch.Tensor:
        before, behind = ends or _same(node, x.shape[2:], kernel, strides)
        found = pool(_padded(x, before, behind), kernel, strides, 0, beyond)
        if inside and any((*before, *behind)):
            found = found / pool(_padded(torch.ones_like(x[:1]), before, behind), kernel, strides)
        return found

    return node.of_first(mean)


def _global_average_pool(node: Given) -> nn.Module:
    return node.of_first(lambda x: x.mean(dim=tuple(range(2, x.dim())), keepdim=True))


def _batch_normalization(node: Given) -> nn.Module:
    if node.number("training_mode", 0):
        raise node.wrong("is in training mode; export the model in evaluation mode")
    eps = node.number("epsilon", 1e-5)
    scale, shift, mean, variance = (node.constant(k, f"input {k}") for k in range(1, 5))
    if any(not isinstance(each, torch.Tensor) or each.shape != scale.shape for each in (scale, shift, mean, variance)):
        raise node.wrong("expected four vectors of one length")
    factor = scale / torch.sqrt(variance + eps)
    added = shift - mean * factor

    def normal(x: Any, a: Any, b: Any) -> Any:
        own = (1, -1, *(1,) * (x.dim() - 2))
        return x * a.reshape(own) + b.reshape(own)

    return Given(node.title, node.kind, {}, (node.constants[0], factor, added), node.opset, node.batch).built(normal)


def _reduce(node: Given) -> nn.Module:
    axes, keep = node.integers("axes", 1), bool(node.number("keepdims", 1))
    if not axes:
        raise node.wrong("expected axes to sum over")

    def over(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            return np.sum(x, axis=axes, keepdims=keep)
        return x.mean(dim=axes, keepdim=keep) if node.kind == "ReduceMean" else x.sum(dim=axes, keepdim=keep)

    return node.of_first(over)


#: Builders by operator.
BUILDERS: Mapping[str, Callable[[Given], nn.Module]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Conv": _conv,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global_average_pool,
    "BatchNormalization": _batch_normalization,
    "ReduceMean": _reduce,
    "ReduceSum": _reduce,
}
