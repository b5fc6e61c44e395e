"""A problem of the collection: what it is, where its data and its optimum were published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import momentsos as ms


@dataclass(frozen=True)
class Entry:
    """A problem with a sourced optimum.

    Attributes
    ----------
    name, kind, source : str
    optimum : float
        As published, or by the theorem that is named.
    make : callable
        Makes the problem.
    """

    name: str
    kind: str
    source: str
    optimum: float
    make: Callable[[], ms.Problem]


def unknowns(n: int, name: str = "x") -> list[Any]:
    """Return n variables, numbered from 1."""
    found = ms.variables(" ".join(f"{name}{i}" for i in range(1, n + 1)))
    return list(found) if isinstance(found, Sequence) else [found]


def boxed(x: Sequence[Any], low: Sequence[float] | float, high: Sequence[float | None] | float | None) -> list[Any]:
    """Return the inequalities of bounds; None for no upper one."""
    lows = [low] * len(x) if isinstance(low, int | float) else low
    highs = [high] * len(x) if high is None or isinstance(high, int | float) else high
    found = [v - a for v, a in zip(x, lows, strict=True)]
    return found + [b - v for v, b in zip(x, highs, strict=True) if b is not None]


def dot(a: Sequence[float], x: Sequence[Any]) -> Any:
    """Return the linear form with these coefficients."""
    return sum((c * v for c, v in zip(a, x, strict=True) if c), 0 * x[0])
