r"""Activations whose scale the next one can take over: one coefficient of each is held, and nothing is lost.

Where nothing is added between activation `l` and the next one, the model is the same when :math:`p_l` is multiplied by
`s` and the next polynomial becomes that of :math:`t / s`. So a coefficient of :math:`p_l` may be held at any number but
zero: coefficients in which it is not zero are dense, the loss is continuous, and a lower bound holds for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model import Model, Pass
from .series import Series
from .sought import Ansatz, Sought

#: Samples that are looked at.
_SAMPLES = 2


def normalised(model: Model, X: NDArray[Any], sought: Sought, least: Sequence[Series]) -> Sought:
    """Return the unknowns without those whose scale is redundant, held at the largest coefficient of a fit."""
    held: dict[int, tuple[int, float]] = {}
    for j in redundant_sites(model, X[:_SAMPLES], sought.sites):
        c = least[j].coefficients
        power = int(np.argmax(np.abs(c)))
        if c[power] != 0.0 and sought.sites[j].places[power] is not None:
            held[j] = power, float(c[power])
    sites: list[Ansatz] = []
    names: list[str] = []
    for j, site in enumerate(sought.sites):
        values, places = list(site.values), list[int | None]([None] * len(site.values))
        for power, place in enumerate(site.places):
            if j in held and held[j][0] == power:
                values[power] = held[j][1]
            elif place is not None:
                places[power] = len(names)
                names.append(sought.names[place])
        sites.append(replace(site, values=tuple(values), places=tuple(places)))
    return Sought(tuple(sites), tuple(names), sought.most)


def redundant_sites(model: Model, X: NDArray[Any], sites: Sequence[Ansatz]) -> list[int]:
    """Return the activations whose outputs reach the rest through the next one alone, with nothing added before it.

    Both it and the next one have all powers up to a degree free.
    """
    count = len(sites)
    whole = [all(place is not None for place in site.places) and not any(site.values) for site in sites]
    found = []
    for j in range(count - 1):
        if not (whole[j] and whole[j + 1] and j in model.sites[j + 1].after):
            continue
        without = _one_pass(model, X, {j: Series(np.zeros(1))})
        one, other = (
            _one_pass(model, X, {j: Series(np.array(c)), j + 1: Series(np.zeros(1))}) for c in ([1.0, 1.0], [2.0, -1.0])
        )
        later = all(np.array_equal(a, b) for a, b in zip(one.inputs[j + 2 :], other.inputs[j + 2 :], strict=True))
        if not without.inputs[j + 1].any() and later and np.array_equal(one.outputs, other.outputs):
            found.append(j)
    return found


def _one_pass(model: Model, X: NDArray[Any], series: dict[int, Series]) -> Pass:
    return next(model.passes(X, [series.get(j) for j in range(len(model.sites))]))
