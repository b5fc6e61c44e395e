"""The graph of a module: traced from a copy in double precision, and run node by node."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import fx, nn

from ..errors import InvalidInput
from ..machine.checks import converted
from .activation import PolynomialActivation

Run = Callable[[fx.Node, tuple[Any, ...], Mapping[str, Any]], Any]


class Tracer(fx.Tracer):
    """Takes a `PolynomialActivation` as one node."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether a part is not looked into."""
        return isinstance(m, PolynomialActivation) or super().is_leaf_module(m, module_qualified_name)


def traced(module: nn.Module) -> fx.GraphModule:
    """Return the graph of a copy of a module in double precision.

    Raises
    ------
    InvalidInput
        A part is in training mode, or the module cannot be traced.
    """
    training = [(any(part.children()), name, part) for name, part in module.named_modules() if part.training]
    if training:
        _, name, part = min(training, key=lambda each: each[0])  # a layer rather than what holds it
        where = f"node {name!r} ({type(part).__name__})" if name else type(part).__name__
        raise InvalidInput(f"model: {where} is in training mode: call model.eval() first")
    return graph_of(module).double()


def graph_of(module: nn.Module) -> fx.GraphModule:
    """Return the graph of a copy of a module, as precise as it is.

    Raises
    ------
    InvalidInput
    """
    whole = converted(copy.deepcopy, module, "model", "a module that can be copied")
    expected = "a module without control flow that depends on data, which torch.fx can trace"
    graph = converted(lambda part: fx.GraphModule(part, Tracer().trace(part)), whole, "model", expected)
    assert isinstance(graph, fx.GraphModule)
    graph.graph.eliminate_dead_code()
    graph.recompile()
    return graph.eval()


def title_of(graph: fx.GraphModule, node: fx.Node) -> str:
    """Return what a node is, in a word: the class of a module, the name of a function."""
    if node.op == "call_module":
        return type(graph.get_submodule(str(node.target))).__name__
    return str(getattr(node.target, "__name__", node.target))


def callable_of(graph: fx.GraphModule, node: fx.Node) -> Callable[..., Any]:
    """Return what a node calls, as a function of its arguments."""
    if node.op == "call_module":
        return graph.get_submodule(str(node.target))
    if node.op == "call_method":
        method = str(node.target)
        return lambda own, *args, **kwargs: getattr(own, method)(*args, **kwargs)
    assert callable(node.target)
    return node.target


def called(graph: fx.GraphModule, node: fx.Node, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Return what a node makes of its arguments.

    Raises
    ------
    InvalidInput
        It cannot take them; the node is named.
    """
    function, sizes = callable_of(graph, node), [a.shape for a in args if isinstance(a, torch.Tensor)]
    came = np.broadcast_to(0.0, tuple(sizes[0])) if sizes else args
    name = f"model: node {node.name!r} ({title_of(graph, node)})"
    return converted(lambda _: function(*args, **kwargs), came, name, "an input of the shape that it takes")


def walked(graph: fx.GraphModule, given: Any, run: Run) -> Any:
    """Return the output of a graph.

    Parameters
    ----------
    graph : GraphModule
    given : object
        Its input.
    run : callable
        From a node that calls something and its arguments to what stands for its value.

    Raises
    ------
    InvalidInput
        There is more than one input without a default, or the output is no single value.
    """
    values: dict[fx.Node, Any] = {}
    uses = {node: len(node.users) for node in graph.graph.nodes}
    fed = False
    for node in graph.graph.nodes:
        args, kwargs = fx.node.map_arg((node.args, node.kwargs), values.__getitem__)
        if node.op == "placeholder":
            if fed and not args:
                raise InvalidInput(f"model: node {node.name!r} is a second input; expected a model of one")
            values[node] = args[0] if fed else given
            fed = True
        elif node.op == "get_attr":
            values[node] = attribute(graph, str(node.target))
        elif node.op == "output":
            return args[0]
        else:
            values[node] = run(node, args, kwargs)
        for before in node.all_input_nodes:
            uses[before] -= 1
            if not uses[before]:
                del values[before]
    raise InvalidInput("model: it returns nothing")


def attribute(graph: fx.GraphModule, path: str) -> Any:
    """Return a parameter or buffer of a graph."""
    found: Any = graph
    for part in path.split("."):
        found = getattr(found, part)
    return found
