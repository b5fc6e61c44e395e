"""Quadratic activations as squares: the rest of them goes into the layers around."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import fx, nn

from ..models.series import Series
from .activation import PolynomialActivation
from .roles import Role

if TYPE_CHECKING:
    from .model import TorchModel

#: Digits that folding may lose: a shift whose square, in units of the input, times the rounding unit is more, is left.
_LOST = 1e-4
#: What the constant behind a square may differ by from one place of the next layer to another.
_UNIFORM = 1e-9
_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def folded(model: TorchModel, series: Sequence[Series]) -> tuple[nn.Module, tuple[int, ...]]:
    """Return a copy of a module with squares where that is possible, and which sites these are; see `Model.folded`.

    An activation is folded where it stands between two layers (`Linear`, `Conv`), with maps between it
    and the second one that add nothing, and where the second layer has no zeros around its input.
    """
    found = model.with_series(series)
    anew = isinstance(found, fx.GraphModule) and not isinstance(model.given, fx.GraphModule)
    done = []
    for name, number in model.nodes.items():
        node = next(each for each in model.graph.graph.nodes if each.name == name)
        before, behind = _layer_before(model, node), _layer_behind(model, node)
        own = series[number]
        if own.degree != 2 or own.coefficients[2] == 0.0 or before is None or behind is None:
            continue
        c, b, a = own.coefficients.tolist()
        shift = b / (2.0 * a)
        rest = c - b * b / (4.0 * a)
        added = _constant_behind(model, behind, rest)
        precision = torch.finfo(_weight(found.get_submodule(str(before.target))).dtype).eps
        if shift * shift * precision > _LOST or added is None:
            continue
        first, second = (found.get_submodule(str(each.target)) for each in (before, behind[-1]))
        with torch.no_grad():
            _scale(first, 1.0 / own.scale, shift - own.centre / own.scale)
            _weight(second).mul_(a)
            _add(second, added)
        square = model.activation(Series([0.0, 0.0, 1.0]))  # type: ignore[arg-type]  # an array by then
        found.set_submodule(f"polynomial_{number + 1}" if anew else str(node.target), square)
        done.append(number)
    return found, tuple(done)


def is_square(activation: PolynomialActivation) -> bool:
    """Whether an activation is the square of its input, which takes one multiplication and no coefficient."""
    own = activation.series
    return own.coefficients.tolist() == [0.0, 0.0, 1.0] and own.centre == 0.0 and own.scale == 1.0


def _calls(model: TorchModel) -> Counter[str]:
    return Counter(str(node.target) for node in model.graph.graph.nodes if node.op == "call_module")


def _layer_at(model: TorchModel, node: fx.Node) -> bool:
    if node.op != "call_module" or _calls(model)[str(node.target)] != 1:
        return False
    return isinstance(model.graph.get_submodule(str(node.target)), _LAYERS)


def _layer_before(model: TorchModel, node: fx.Node) -> fx.Node | None:
    before = node.all_input_nodes[0]
    return before if len(before.users) == 1 and _layer_at(model, before) else None


def _layer_behind(model: TorchModel, node: fx.Node) -> list[fx.Node] | None:
    """Return the nodes from an activation to the next layer, this one included; None where there is no such way."""
    way: list[fx.Node] = []
    while len(node.users) == 1:
        node = next(iter(node.users))
        part = model.parts.get(node.name)
        if part is None or part.role is not Role.AFFINE or len(node.all_input_nodes) != 1:
            return None
        way.append(node)
        if _layer_at(model, node):
            return way
        if part.constant or node.op != "call_module" or not part.foldable:
            return None
    return None


def _constant_behind(model: TorchModel, way: list[fx.Node], value: float) -> torch.Tensor | None:
    """Return what a constant before the first of these nodes adds to the bias of the last, None for no one number."""
    source = way[0].all_input_nodes[0]
    shape = model.parts[source.name].shape
    ones = torch.full((1, *shape), value, dtype=torch.float64, device=model.device)
    zeros = torch.zeros_like(ones)
    with torch.no_grad():
        for node in way:
            module = model.graph.get_submodule(str(node.target))
            ones, zeros = module(ones), module(zeros)
    added = ones - zeros
    layer = model.graph.get_submodule(str(way[-1].target))
    axis = added.dim() - 1 if isinstance(layer, nn.Linear) else 1
    flat = added.transpose(0, axis).reshape(added.shape[axis], -1)
    if bool(((flat - flat[:, :1]).abs() > _UNIFORM * flat.abs().max()).any()):
        return None
    return flat[:, 0]


def _weight(layer: nn.Module) -> torch.Tensor:
    weight = layer.weight
    assert isinstance(weight, torch.Tensor)
    return weight


def _scale(layer: nn.Module, factor: float, shift: float) -> None:
    """Let a layer return its output times a factor, and a number more."""
    _weight(layer).mul_(factor)
    if isinstance(layer.bias, torch.Tensor):
        layer.bias.mul_(factor)
    _add(layer, torch.tensor(shift, dtype=torch.float64))


def _add(layer: nn.Module, added: torch.Tensor) -> None:
    """Add to the bias of a layer, which gets one where it has none."""
    weight = _weight(layer)
    more = added.to(weight)
    if isinstance(layer.bias, torch.Tensor):
        layer.bias.add_(more)
    else:
        size = len(weight)
        layer.bias = nn.Parameter(more.expand(size).clone())
