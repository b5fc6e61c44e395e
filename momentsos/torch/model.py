"""A module of PyTorch as a model whose activations can be learned; see `momentsos.models.model`."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn

from ..errors import InvalidInput
from ..machine.checks import shown
from ..models.model import Pass, Site
from ..models.series import Series
from ..models.slices import Arithmetic, Monomials, Slices
from ..models.sought import Sought
from .activation import PolynomialActivation
from .fold import folded
from .graph import called, graph_of, title_of, traced, walked
from .roles import Part, Role, filled, opened, parts_of, value_of

Floats = NDArray[np.float64]
Tensor = torch.Tensor

#: Numbers that the largest state of a chunk of samples may hold, 8 bytes each; see `_samples`.
_CHUNK = 2**22
#: What the graph and the module may differ by, as a share of the outputs.
_SAME = 1e-6


@dataclass(frozen=True, eq=False)
class TorchModel:
    """A module, its graph in double precision, and what each node of it is.

    Attributes
    ----------
    given : Module
        The user's own.
    graph : GraphModule
    parts : mapping
    sites : tuple of Site
    after : tuple of int
    nodes : mapping
        Which site a node is, by its name.
    """

    given: nn.Module
    graph: fx.GraphModule
    parts: Mapping[str, Part]
    sites: tuple[Site, ...]
    after: tuple[int, ...]
    nodes: Mapping[str, int]
    kind: str = "torch"

    @property
    def device(self) -> torch.device:
        """Where its parameters are."""
        return _device(self.given)

    def passes(self, X: NDArray[Any], series: Sequence[Series | None] | None = None) -> Iterator[Pass]:
        """See `Model`."""
        own = [None] * len(self.sites) if series is None else list(series)
        step = _samples(self._numbers)
        for start in range(0, len(X), step):
            inputs: list[Floats] = [np.zeros((0, 0))] * len(self.sites)
            with torch.no_grad():
                values = walked(self.graph, self._fed(X[start : start + step]), partial(self._plain, own, inputs))
                yield Pass(_flattened(values), tuple(inputs))

    def expanded(self, X: NDArray[Any], sought: Sought) -> Iterator[tuple[Monomials, Floats]]:
        """See `Model`."""
        arithmetic = Arithmetic(_zeros, sought.count, sought.most)
        seen = [1]
        start = 0
        while start < len(X):
            step = 1 if start == 0 else _samples(seen[0])  # how large states are is seen at the first sample
            with torch.no_grad():
                fed = arithmetic.data(self._fed(X[start : start + step]))
                state = walked(self.graph, fed, partial(self._on_states, arithmetic, sought, seen))
                values = state.values.reshape(*state.values.shape[:2], -1).cpu().numpy()
            yield state.monomials, values
            start += step

    def with_series(self, series: Sequence[Series]) -> nn.Module:
        """See `Model`: a copy of the module, or its graph where an activation is no module with a place of its own."""
        nodes = {node.name: node for node in self.graph.graph.nodes}
        targets = [str(nodes[name].target) if nodes[name].op == "call_module" else None for name in self.nodes]
        calls = Counter(str(node.target) for node in nodes.values() if node.op == "call_module")
        found: nn.Module
        if all(target is not None and calls[target] == 1 for target in targets):
            found = copy.deepcopy(self.given)
            for target, own in zip(targets, series, strict=True):
                found.set_submodule(str(target), self.activation(own))
            return found
        graph = graph_of(self.given)
        for node in list(graph.graph.nodes):
            if node.name not in self.nodes:
                continue
            number = self.nodes[node.name]
            graph.add_submodule(f"polynomial_{number + 1}", self.activation(series[number]))
            with graph.graph.inserting_after(node):
                new = graph.graph.call_module(f"polynomial_{number + 1}", (node.all_input_nodes[0],))
            node.replace_all_uses_with(new)
            graph.graph.erase_node(node)
        graph.delete_all_unused_submodules()
        graph.recompile()
        return graph.eval()

    def folded(self, series: Sequence[Series]) -> tuple[nn.Module, tuple[int, ...]]:
        """See `Model`."""
        return folded(self, series)

    def activation(self, series: Series) -> PolynomialActivation:
        """Return an activation in the precision of the module, where that is."""
        first = next((p for p in self.given.parameters() if p.is_floating_point()), None)
        kind = torch.get_default_dtype() if first is None else first.dtype
        return PolynomialActivation.of(series).to(device=self.device, dtype=kind).eval()

    @property
    def _numbers(self) -> int:
        """The entries of all values for one sample."""
        return sum(int(np.prod(part.shape)) for part in self.parts.values())

    def _fed(self, X: NDArray[Any]) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(X), dtype=torch.float64).to(self.device)

    def _plain(
        self,
        series: Sequence[Series | None],
        inputs: list[Floats],
        node: fx.Node,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Run a node on numbers, and note what goes into a site."""
        if node.name not in self.nodes:
            return called(self.graph, node, args, kwargs)
        number, (source,) = self.nodes[node.name], opened(node, self.parts)
        values = value_of(node, args, kwargs, source)
        inputs[number] = _flattened(values).copy()
        own = series[number]
        if own is not None:
            return own.at(values)
        return filled(self.graph, node, args, kwargs, [source], [values.clone()])

    def _on_states(
        self,
        arithmetic: Arithmetic,
        sought: Sought,
        seen: list[int],
        node: fx.Node,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Run a node on states, and note how large these become."""
        part, inputs = self.parts[node.name], opened(node, self.parts)
        if part.role is Role.PLAIN:
            return called(self.graph, node, *_first_slices(args, kwargs))
        states = [value_of(node, args, kwargs, each) for each in inputs]
        if part.role is Role.SITE:
            value = arithmetic.activated(node.name, states[0], sought.sites[self.nodes[node.name]])
        elif part.role is Role.PRODUCT:
            own = partial(filled, self.graph, node, args, kwargs, inputs)
            value = arithmetic.product(node.name, states[0], states[1], lambda a, b: own([a, b]))
        elif len(states) == 1:
            values = states[0].values if node.op == "call_module" else states[0].values.clone()
            value = Slices(states[0].monomials, self._affine(part, node, args, kwargs, inputs, [values]))
        else:
            affine = partial(self._affine, part, node, args, kwargs, inputs)
            value = arithmetic.joined(node.name, states, affine)
        seen[0] = max(seen[0], value.values.numel() // value.values.shape[1])
        return value

    def _affine(
        self,
        part: Part,
        node: fx.Node,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        inputs: list[fx.Node],
        values: list[Tensor],
    ) -> Tensor:
        """Return an affine map of all slices, its constant in the first one alone."""
        f = partial(filled, self.graph, node, args, kwargs, inputs)
        terms, samples = values[0].shape[:2]
        if part.foldable:
            images = f([v.reshape(terms * samples, *v.shape[2:]) for v in values])
            images = images.reshape(terms, samples, *images.shape[1:])
        else:
            images = torch.stack([f([v[k] for v in values]) for k in range(terms)])
        if part.constant and terms > 1:
            images[1:] -= f([torch.zeros_like(v[0]) for v in values])
        return images


def model_of(given: Any, X: NDArray[Any]) -> TorchModel:
    """Return a module as a model, for inputs like these.

    Parameters
    ----------
    given : Module
        In evaluation mode; it is copied, never changed.
    X : (N, ...) array

    Raises
    ------
    InvalidInput
        In one line that names the node: a part in training mode, a shape that does not match, what is neither affine
        nor an activation; no activation at all, samples that see each other.
    """
    if not isinstance(given, nn.Module):
        raise InvalidInput(f"model: expected a torch.nn.Module, got {shown(given)}")
    return model_of_graph(given, traced(given), X)


def model_of_graph(given: nn.Module, graph: fx.GraphModule, X: NDArray[Any]) -> TorchModel:
    """Return a module whose graph, in double precision, is known; see `model_of`."""
    two = X[[0, min(1, len(X) - 1)]]
    sample = torch.as_tensor(two, dtype=torch.float64).to(_device(given))
    parts = parts_of(graph, sample)
    sites, after, nodes = _sites(graph, parts)
    if not sites:
        raise InvalidInput("model: there is no activation in it that its output depends on")
    found = TorchModel(given, graph, parts, sites, after, nodes)
    _checked(found, two, sample)
    return found


def _checked(model: TorchModel, two: NDArray[Any], sample: Tensor) -> None:
    """Raise `InvalidInput` where the graph is not the module, or one sample sees another."""
    together = next(model.passes(two)).outputs
    alone = np.concatenate([next(model.passes(row[None])).outputs for row in two])
    size = _SAME * np.abs(together).max(initial=1e-300)
    if len(together) != len(two):
        raise InvalidInput(f"model: it returns {len(together)} rows for {len(two)} samples: expected one row a sample")
    if together.shape != alone.shape or not (np.abs(together - alone) <= size).all():
        raise InvalidInput("model: the output of a sample depends on the other samples: rows have to be samples")
    with torch.no_grad():
        own = copy.deepcopy(model.given).double()(sample)
    if not (np.abs(_flattened(own) - together) <= size).all():
        raise InvalidInput("model: its graph gives other outputs than the module: avoid operations in place")


def _sites(
    graph: fx.GraphModule, parts: Mapping[str, Part]
) -> tuple[tuple[Site, ...], tuple[int, ...], dict[str, int]]:
    """Return the sites, those on which the outputs depend, and which site a node is."""
    behind: dict[str, set[int]] = {}
    nodes: dict[str, int] = {}
    sites: list[Site] = []
    names: set[str] = set()
    for node in graph.graph.nodes:
        before = set[int]().union(*(behind.get(each.name, set()) for each in node.all_input_nodes))
        behind[node.name] = before
        part = parts.get(node.name)
        if part is not None and part.role is Role.SITE and part.function is not None:
            name = str(node.target) if node.op == "call_module" and node.target not in names else node.name
            names.add(name)
            nodes[node.name] = len(sites)
            behind[node.name] = {*before, len(sites)}
            sites.append(
                Site(name, title_of(graph, node), _on_arrays(part.function, _device(graph)), tuple(sorted(before)))
            )
        if node.op == "output":
            return tuple(sites), tuple(sorted(before)), nodes
    return tuple(sites), (), nodes


def _on_arrays(function: Callable[[Tensor], Tensor], device: torch.device) -> Callable[[Floats], Floats]:
    def on_array(t: Floats) -> Floats:
        with torch.no_grad():
            return np.asarray(function(torch.as_tensor(t, dtype=torch.float64).to(device)).cpu().numpy())

    return on_array


def _first_slices(args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Return arguments with the first slice in place of each state: what is asked of it there is its shape."""

    def first(value: Any) -> Any:
        if isinstance(value, Slices):
            return value.values[0]
        if isinstance(value, tuple | list):
            return type(value)(map(first, value))
        return value

    return first(tuple(args)), {key: first(value) for key, value in kwargs.items()}


def _flattened(values: Any) -> Floats:
    if not isinstance(values, Tensor) or values.dim() == 0:
        raise InvalidInput("model: expected a model that returns one tensor whose rows are samples")
    return np.asarray(values.reshape(len(values), -1).cpu().numpy())


def _samples(numbers: int) -> int:
    """Return how many samples a chunk has where each has so many numbers."""
    return max(1, _CHUNK // max(1, numbers))


def _zeros(shape: tuple[int, ...], like: Tensor) -> Tensor:
    return like.new_zeros(shape)


def _device(module: nn.Module) -> torch.device:
    first = next(module.parameters(), next(module.buffers(), None))
    return torch.device("cpu") if first is None else first.device
