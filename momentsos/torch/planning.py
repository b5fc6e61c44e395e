"""What the bound for a module's activations takes, before any data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from ..errors import InvalidInput
from ..machine.checks import converted, is_integer, items, shown
from ..machine.records import Record
from ..models.baselines import MOST
from ..models.size import Predicted, predicted_for
from ..models.sought import Ansatz, Sought
from .model import model_of

#: Seconds up to which activations are fitted together by default, the time limit of `polynomialize`.
_AFFORDABLE = 60.0


@dataclass(frozen=True, eq=False, repr=False)
class Plan(Record):
    """The size of the whole, and what comes of it.

    Attributes
    ----------
    sites : tuple of str
        The activations, by name.
    degrees : tuple of int
    size : Predicted
        Coefficients, monomials, the size of the Gram matrix, its products, seconds.
    together : bool
        Whether all activations are fitted together, and bounded, within a minute.
    """

    sites: tuple[str, ...]
    degrees: tuple[int, ...]
    size: Predicted
    together: bool

    @property
    def verdict(self) -> str:
        """What to expect, in a sentence."""
        if self.together:
            return "All activations are fitted together, and the loss is bounded over all of R^n."
        return (
            "Too large to be bounded as a whole in a minute: fitted in blocks that hold the last activation, each "
            "globally, then together by Levenberg-Marquardt. Lower degrees, or a longer time_limit, may change that."
        )

    def __str__(self) -> str:
        sites = ", ".join(f"{name}: {degree}" for name, degree in zip(self.sites, self.degrees, strict=True))
        size = self.size
        if size.products is None:
            counts = f"{size.coefficients} coefficients, more monomials or products than are counted"
        else:
            counts = (
                f"{size.coefficients} coefficients, {size.monomials} monomials, Gram matrix of size {size.block}, "
                f"{size.products} products, about {size.seconds:.2g} s"
            )
        return f"degrees {sites}\n{counts}\n{self.verdict}"


def plan(model: nn.Module, degrees: int | Sequence[int] = 3, shape: Sequence[int] | None = None) -> Plan:
    """Return what `polynomialize` would have to do, from the graph alone.

    Parameters
    ----------
    model : Module
        In evaluation mode.
    degrees : int or sequence of int
    shape : sequence of int, optional
        Of one sample; by default that of the inputs of a first `Linear` layer.

    Raises
    ------
    InvalidInput
        As `polynomialize`; no shape where the model does not begin with a `Linear` layer.

    Examples
    --------
    >>> import momentsos as ms, torch
    >>> layers = torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2)
    >>> ms.torch.plan(torch.nn.Sequential(*layers).eval(), [3, 2]).size.coefficients
    7
    """
    given = model_of(model, np.zeros((2, *_shape(model, shape))))
    count = len(given.sites)
    listed: list[Any] = (
        [degrees] * count if is_integer(degrees) else items(degrees, "degrees", "an integer, or one a site")
    )
    if len(listed) != count or not all(is_integer(d) and 1 <= d <= MOST for d in listed):
        raise InvalidInput(f"degrees: expected {count} integers from 1 to {MOST}, got {shown(degrees)}")
    sites: list[Ansatz] = []
    names: list[str] = []
    for degree in listed:
        sites.append(Ansatz((0.0,) * (degree + 1), tuple(range(len(names), len(names) + degree + 1))))
        names += [f"c{len(sites)}_{k}" for k in range(degree + 1)]
    sample = np.ones((1, *_shape(model, shape)))
    size = predicted_for(given, sample, Sought(tuple(sites), tuple(names)))
    together = size.seconds <= _AFFORDABLE
    return Plan(tuple(site.name for site in given.sites), tuple(map(int, listed)), size, together)


def _shape(model: Any, shape: Any) -> tuple[int, ...]:
    if shape is not None:
        listed = items(shape, "shape", "the numbers of one sample")
        return tuple(converted(int, each, "shape", "integers") for each in listed)
    layers = [] if not isinstance(model, nn.Module) else [m for m in model.modules() if not any(m.children())]
    first = next((m for m in layers if any(True for _ in m.parameters())), None)
    if not isinstance(first, nn.Linear):
        raise InvalidInput("plan: expected shape=, the shape of one sample, where no Linear layer comes first")
    return (first.in_features,)
