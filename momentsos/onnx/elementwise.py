"""Operators that act entry by entry: functions of one number, and arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .operation import Given

Unary = Callable[[Any], Any]

#: Functions of one number without parameters.
_PLAIN: Mapping[str, Unary] = {
    "Relu": torch.relu,
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "Softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),  # torch's own is linear from 20 on
    "Softsign": F.softsign,
    "HardSwish": F.hardswish,
    "Mish": F.mish,
    "Erf": torch.erf,
    "Exp": torch.exp,
    "Log": torch.log,
    "Sqrt": torch.sqrt,
    "Abs": torch.abs,
    "Sin": torch.sin,
    "Cos": torch.cos,
    "Sinh": torch.sinh,
    "Cosh": torch.cosh,
    "Atan": torch.atan,
    "Asinh": torch.asinh,
    "Reciprocal": torch.reciprocal,
    "Sign": torch.sign,
    "Neg": lambda x: -x,
}


def _unary(node: Given) -> nn.Module:
    return node.of_first(_PLAIN[node.kind])


def _leaky_relu(node: Given) -> nn.Module:
    slope = node.number("alpha", 0.01)
    return node.of_first(lambda x: F.leaky_relu(x, slope))


def _elu(node: Given) -> nn.Module:
    alpha = node.number("alpha", 1.0)
    return node.of_first(lambda x: F.elu(x, alpha))


def _celu(node: Given) -> nn.Module:
    alpha = node.number("alpha", 1.0)
    return node.of_first(lambda x: F.celu(x, alpha))


def _selu(node: Given) -> nn.Module:
    alpha, gamma = node.number("alpha", 1.6732632423543772), node.number("gamma", 1.0507009873554805)
    return node.of_first(lambda x: gamma * F.elu(x, alpha))


def _gelu(node: Given) -> nn.Module:
    kind = node.word("approximate", "none")
    return node.of_first(lambda x: F.gelu(x, approximate=kind))


def _swish(node: Given) -> nn.Module:
    alpha = node.number("alpha", 1.0)
    return node.of_first(lambda x: x * torch.sigmoid(alpha * x))


def _hard_sigmoid(node: Given) -> nn.Module:
    alpha, beta = node.number("alpha", 0.2), node.number("beta", 0.5)
    return node.of_first(lambda x: torch.clamp(alpha * x + beta, 0.0, 1.0))


def _thresholded_relu(node: Given) -> nn.Module:
    alpha = node.number("alpha", 1.0)
    return node.of_first(lambda x: torch.where(x > alpha, x, torch.zeros_like(x)))


def _clip(node: Given) -> nn.Module:
    ends = [node.attributes.get("min"), node.attributes.get("max")]
    for k in (1, 2):
        given = node.constant(k, f"input {k}")
        ends[k - 1] = ends[k - 1] if given is None else float(np.asarray(given).reshape(-1)[0])
    low, high = ends
    if low is None and high is None:
        return node.of_first(lambda x: x)
    return node.of_first(lambda x: torch.clamp(x, low, high))


def _prelu(node: Given) -> nn.Module:
    return node.built(lambda x, slope: torch.where(x < 0.0, slope * x, x))


def _pow(node: Given) -> nn.Module:
    exponent = node.constant(1, "the exponent")
    if exponent is None:
        raise node.wrong("expected an exponent")
    if math.prod(exponent.shape) == 1:
        power = float(np.asarray(exponent).reshape(-1)[0])
        return node.of_first(lambda x: x**power)
    return node.built(lambda x, power: x**power)


def _add(a: Any, b: Any) -> Any:
    return a + b


def _sub(a: Any, b: Any) -> Any:
    return a - b


def _mul(a: Any, b: Any) -> Any:
    return a * b


def _div(a: Any, b: Any) -> Any:
    return a // b if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) else a / b


def _sum(*parts: Any) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


_ARITHMETIC: Mapping[str, Callable[..., Any]] = {"Add": _add, "Sub": _sub, "Mul": _mul, "Div": _div, "Sum": _sum}


def _arithmetic(node: Given) -> nn.Module:
    return node.built(_ARITHMETIC[node.kind])


#: Builders by operator.
BUILDERS: Mapping[str, Callable[[Given], nn.Module]] = {
    **dict.fromkeys(_PLAIN, _unary),
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
    "LeakyRelu": _leaky_relu,
    "Elu": _elu,
    "Celu": _celu,
    "Selu": _selu,
    "Gelu": _gelu,
    "Swish": _swish,
    "HardSigmoid": _hard_sigmoid,
    "ThresholdedRelu": _thresholded_relu,
    "Clip": _clip,
    "PRelu": _prelu,
    "Pow": _pow,
}

#: Operators of one input that are functions of each entry.
UNARY = {*BUILDERS} - {*_ARITHMETIC, "PRelu"}
#: Operators of two inputs that are so where both come from one value, or one is a number.
BINARY = {"Add", "Sub", "Mul", "Div"}
