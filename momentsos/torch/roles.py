"""What each node of a graph does to its inputs, found out by trying it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import torch
from torch import fx

from ..errors import InvalidInput
from .graph import called, title_of, walked

Tensor = torch.Tensor

#: Sizes of the random inputs on which maps are tried: what is affine at one size alone is not affine.
_SIZES = (1.0, 1e3)
#: What rounding may leave of an identity, as a share of the largest number in it.
_ROUNDING = 1e-9


class Role(Enum):
    """What a node is."""

    PLAIN = "its value is no tensor of floats, or depends on no sample"
    AFFINE = "affine in all its inputs together"
    PRODUCT = "linear in each of two inputs"
    SITE = "one function for each entry of its input"


@dataclass(frozen=True, eq=False)
class Part:
    """A node, as it was found to be.

    Attributes
    ----------
    role : Role
    foldable : bool
        Whether it takes more samples than there are, one apart from the other.
    constant : bool
        Whether something is added that does not depend on its input.
    shape : tuple of int
        Of its value for one sample; empty where that is no tensor.
    function : callable or None
        Of a site: from a tensor of any number of entries to one of the same shape.
    """

    role: Role
    foldable: bool = False
    constant: bool = False
    shape: tuple[int, ...] = ()
    function: Callable[[Tensor], Tensor] | None = None


def parts_of(graph: fx.GraphModule, sample: Tensor) -> dict[str, Part]:
    """Return what each node that calls something is.

    Parameters
    ----------
    graph : GraphModule
        In double precision.
    sample : (2, ...) tensor
        Two samples.

    Raises
    ------
    InvalidInput
        A node is none of the roles; it is named, with the way out.
    """
    found: dict[str, Part] = {}
    varying: set[fx.Node] = {node for node in graph.graph.nodes if node.op == "placeholder"}

    def run(node: fx.Node, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        value = called(graph, node, args, kwargs)
        depends = any(before in varying for before in node.all_input_nodes)
        if not depends or not isinstance(value, Tensor):
            if depends and isinstance(value, tuple | list) and any(isinstance(v, Tensor) for v in value):
                raise InvalidInput(f"{_named(graph, node)} returns several tensors; expected one")
            found[node.name] = Part(Role.PLAIN)
            return value
        if not value.is_floating_point():
            raise InvalidInput(f"{_named(graph, node)} returns {value.dtype}: expected a map of numbers to numbers")
        varying.add(node)
        found[node.name] = _tried(graph, node, args, kwargs, varying, value)
        return value

    with torch.no_grad():
        walked(graph, sample, run)
    return found


def opened(node: fx.Node, varying: set[fx.Node] | Mapping[str, Part]) -> list[fx.Node]:
    """Return the inputs of a node that depend on the samples, each once."""
    if isinstance(varying, set):
        return [before for before in node.all_input_nodes if before in varying]
    return [before for before in node.all_input_nodes if is_state(before, varying)]


def is_state(node: fx.Node, parts: Mapping[str, Part]) -> bool:
    """Whether the value of a node is a tensor that depends on the samples."""
    return node.op == "placeholder" or (node.name in parts and parts[node.name].role is not Role.PLAIN)


def filled(
    graph: fx.GraphModule,
    node: fx.Node,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    inputs: list[fx.Node],
    values: list[Any],
) -> Any:
    """Return what a node makes of these values of some inputs, and of the others as they are in its arguments."""
    own = dict(zip(inputs, values, strict=True))
    return called(graph, node, _replaced(node.args, args, own), _replaced(node.kwargs, kwargs, own))


def _replaced(given: Any, values: Any, own: Mapping[fx.Node, Any]) -> Any:
    """Return arguments in which these nodes have other values."""
    if isinstance(given, fx.Node):
        return own.get(given, values)
    if isinstance(given, tuple | list):
        return type(values)(_replaced(g, v, own) for g, v in zip(given, values, strict=True))
    if isinstance(given, Mapping):
        return {key: _replaced(given[key], values[key], own) for key in given}
    return values


def _tried(
    graph: fx.GraphModule,
    node: fx.Node,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    varying: set[fx.Node],
    value: Tensor,
) -> Part:
    inputs = opened(node, varying)
    shapes = [tuple(value_of(node, args, kwargs, each).shape) for each in inputs]

    def f(*values: Tensor) -> Tensor:
        return filled(graph, node, args, kwargs, inputs, [v.clone() for v in values])  # it may work in place

    random = torch.Generator().manual_seed(0)

    def drawn(shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=random, dtype=torch.float64).to(value.device)

    x, y = [drawn(shape) for shape in shapes], [drawn(shape) for shape in shapes]
    shape = tuple(value.shape[1:])
    if all(_is_affine(f, [size * v for v in x], [size * v for v in y]) for size in _SIZES):
        zero = f(*(torch.zeros_like(v) for v in x))
        return Part(Role.AFFINE, _folds(graph, node, args, kwargs, inputs, x, y), bool((zero != 0).any()), shape)
    if len(inputs) == 1 and shapes[0] == tuple(value.shape) and _acts_on_entries(f, x[0], random):
        return Part(Role.SITE, False, True, shape, _flat(f, shapes[0]))
    if len(inputs) == 2 and _is_bilinear(f, x, y):
        return Part(Role.PRODUCT, False, False, shape)
    raise InvalidInput(f"{_named(graph, node)} is neither affine nor one function for each entry: {_way_out(value, x)}")


def value_of(node: fx.Node, args: Any, kwargs: Any, wanted: fx.Node) -> Any:
    """Return the value that a node's arguments have for an input."""
    found: list[Any] = []

    def look(given: Any, values: Any) -> None:
        if given is wanted:
            found.append(values)
        elif isinstance(given, tuple | list):
            for g, v in zip(given, values, strict=True):
                look(g, v)
        elif isinstance(given, Mapping):
            for key in given:
                look(given[key], values[key])

    look(node.args, args)
    look(node.kwargs, kwargs)
    return found[0]


def _close(one: Tensor, other: Tensor, *sizes: Tensor) -> bool:
    if one.shape != other.shape:
        return False
    size = max((float(s.abs().max()) for s in (one, other, *sizes) if s.numel()), default=0.0)
    return bool(((one - other).abs() <= _ROUNDING * size).all())  # false for what is not a number


def _is_affine(f: Callable[..., Tensor], x: list[Tensor], y: list[Tensor]) -> bool:
    zero = f(*(torch.zeros_like(v) for v in x))
    first, second, both = f(*x), f(*y), f(*(a + 3 * b for a, b in zip(x, y, strict=True)))
    if not zero.shape == first.shape == second.shape == both.shape:
        return False
    return _close(both - first, 3 * (second - zero), first, both)


def _is_bilinear(f: Callable[..., Tensor], x: list[Tensor], y: list[Tensor]) -> bool:
    (a, b), (c, d) = x, y
    left = _close(f(a + 3 * c, b), f(a, b) + 3 * f(c, b))
    return left and _close(f(a, b + 3 * d), f(a, b) + 3 * f(a, d))


def _acts_on_entries(f: Callable[..., Tensor], x: Tensor, random: torch.Generator) -> bool:
    """Whether a map commutes with a permutation of all entries, and no entry sees another."""
    place = torch.randperm(x.numel(), generator=random).to(x.device)
    moved = x.reshape(-1)[place].reshape(x.shape)
    value = f(x.clone())
    if not _close(f(moved.clone()).reshape(-1), value.reshape(-1)[place]):
        return False
    half = torch.arange(x.numel(), device=x.device).reshape(x.shape) % 2 == 0
    other = torch.where(half, x, 2.0 * x + 1.0)
    return _close(f(other)[half], value[half])


def _folds(
    graph: fx.GraphModule,
    node: fx.Node,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    inputs: list[fx.Node],
    x: list[Tensor],
    y: list[Tensor],
) -> bool:
    """Whether four samples give what two and two give; a shape that was written down for two is refused there."""
    both = [torch.cat([a, b]) for a, b in zip(x, y, strict=True)]
    try:
        whole = filled(graph, node, args, kwargs, inputs, both)
    except InvalidInput:
        return False
    parts = [filled(graph, node, args, kwargs, inputs, each) for each in (x, y)]
    return parts[0].shape[:1] == x[0].shape[:1] and _close(whole, torch.cat(parts))


def _flat(f: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> Callable[[Tensor], Tensor]:
    """Return the function of one entry for tensors of any number of entries; the map itself may insist on its shape."""
    size = int(np.prod(shape))

    def function(t: Tensor) -> Tensor:
        flat = t.reshape(-1)
        padded = torch.cat([flat, flat.new_zeros(-flat.numel() % size)]).reshape(-1, *shape)
        return torch.cat([f(each.clone()).reshape(-1) for each in padded])[: flat.numel()].reshape(t.shape)

    return function


def _named(graph: fx.GraphModule, node: fx.Node) -> str:
    return f"model: node {node.name!r} ({title_of(graph, node)})"


def _way_out(value: Tensor, x: list[Tensor]) -> str:
    if len(x) == 1 and value.dim() == x[0].dim() and value.dim() > 2 and value.shape != x[0].shape:
        return "replace max pooling by average pooling, and train again"
    return "leave it out (a last softmax, a loss), or replace it by an affine map and a known activation"
