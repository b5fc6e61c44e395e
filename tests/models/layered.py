"""A kind of model in NumPy alone: layers of weights with a function between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from momentsos.models import Pass, Site
from momentsos.models.slices import Arithmetic, Slices


@dataclass(frozen=True)
class Layered:
    """All that `momentsos.models.model` asks for."""

    weights: tuple
    biases: tuple
    function: object = np.tanh
    kind: str = "layers"

    @classmethod
    def of(cls, sizes=(3, 5, 4, 2), seed=0, scale=1.0, function=np.tanh):
        """Return random layers."""
        rng = np.random.default_rng(seed)
        pairs = list(pairwise(sizes))
        weights = tuple(rng.standard_normal((b, a)) / np.sqrt(a) for a, b in pairs)
        return cls(weights, tuple(scale * rng.standard_normal(b) for _, b in pairs), function)

    @property
    def sites(self):
        """One between each two layers."""
        return tuple(Site(f"layer {j}", "tanh", self.function, tuple(range(j))) for j in range(len(self.weights) - 1))

    @property
    def after(self):
        """All of them."""
        return tuple(range(len(self.weights) - 1))

    def passes(self, X, series=None, step=64):
        """Yield chunks."""
        for start in range(0, len(X), step):
            hidden, inputs = X[start : start + step], []
            for j, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
                hidden = hidden @ W.T + b
                if j < len(self.weights) - 1:
                    inputs.append(hidden)
                    own = None if series is None else series[j]
                    hidden = self.function(hidden) if own is None else own.at(hidden)
            yield Pass(hidden, tuple(inputs))

    def expanded(self, X, sought, step=64):
        """Yield chunks."""
        arithmetic = Arithmetic(lambda shape, like: np.zeros(shape), sought.count, sought.most)
        for start in range(0, len(X), step):
            state = arithmetic.data(X[start : start + step])
            for j, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
                values = state.values @ W.T
                values[0] += b
                state = Slices(state.monomials, values)
                if j < len(self.weights) - 1:
                    state = arithmetic.activated(j, state, sought.sites[j])
            yield state.monomials, state.values

    def with_series(self, series):
        """Return a function."""
        return lambda X: np.concatenate([each.outputs for each in self.passes(X, series)])

    def folded(self, series):
        """Fold nothing."""
        return self.with_series(series), ()
