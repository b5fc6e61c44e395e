"""The squared loss of a model in the coefficients that are sought, as a sum of squares that remembers its factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..learning.data_free import combined_columns
from ..machine.clock import refuse_if_late
from ..polynomials.factored import Factor
from .model import Model
from .slices import Monomials
from .sought import Sought

Floats = NDArray[np.float64]

#: Rows that wait to be reduced: this many times the columns, and at least so many.
_TIMES, _LEAST = 4, 4_000
#: Targets as small as this share of the mean squared target count as nothing, as in `momentsos.learn`.
_SHARE = 1e-8


@dataclass(frozen=True, eq=False)
class Reduced:
    """What is left of the data: triangular factors of the outputs' coefficients with the targets behind them.

    Attributes
    ----------
    sought : Sought
    monomials : Monomials
    combination : (columns, terms) sparse matrix or None
        What each column stands for, where no sample changes some monomials; None where it is a monomial.
    columns : integer array
        The monomials that have a column.
    parts : tuple of (rows, columns + 1) arrays
        One for each fold of the samples.
    counts : tuple of int
        How many residuals, samples times outputs, each stands for.
    """

    sought: Sought
    monomials: Monomials
    combination: sp.csr_matrix | None
    columns: NDArray[np.intp]
    parts: tuple[Floats, ...]
    counts: tuple[int, ...]

    @property
    def size(self) -> float:
        """The mean squared target."""
        return float(sum((part[:, -1] ** 2).sum() for part in self.parts)) / sum(self.counts)

    @property
    def scale(self) -> float:
        """A share of the mean squared target that counts as nothing."""
        return _SHARE * (self.size or 1.0)

    def factor(self, folds: Sequence[int] | None = None) -> Factor:
        """Return the mean squared error over the samples of some folds, by default of all."""
        own = range(len(self.parts)) if folds is None else folds
        stacked = np.concatenate([self.parts[k] for k in own])
        matrix = np.linalg.qr(stacked, mode="r") / sum(self.counts[k] for k in own) ** 0.5
        return Factor.of(self.monomials.exponents, matrix, self.sought.names, self.combination)

    def loss(self, x: Floats, folds: Sequence[int] | None = None) -> float:
        """Return the mean squared error over the samples of some folds, in floats."""
        own = range(len(self.parts)) if folds is None else folds
        with np.errstate(all="ignore"):
            values = np.prod(x**self.monomials.exponents, axis=1)
            values = values if self.combination is None else self.combination @ values
            features = np.append(values, -1.0)
            total = sum(float(((self.parts[k] @ features) ** 2).sum()) for k in own)
        return total / sum(self.counts[k] for k in own)


def reduced(
    model: Model,
    X: NDArray[Any],
    Y: Floats,
    sought: Sought,
    *,
    weights: Floats | None = None,
    folds: NDArray[np.intp] | None = None,
    until: float = np.inf,
    plain: bool = False,
) -> Reduced:
    """Expand the outputs chunk by chunk, and reduce them by a sequential QR; no dense weight matrix is formed.

    Parameters
    ----------
    model : Model
    X : (N, ...) array
    Y : (N, m) array
    sought : Sought
    weights : (N,) array, optional
        Of the samples.
    folds : (N,) integer array, optional
        Which fold each sample is in; by default all are in one.
    until : float
        When, by `time.perf_counter`, the time is over: `ProblemTooLarge` is raised then.
    plain : bool
        Whether each monomial keeps a column of its own, whatever the others are.
    """
    place = np.zeros(len(X), dtype=np.intp) if folds is None else folds
    count = int(place.max()) + 1
    waiting: list[list[Floats]] = [[] for _ in range(count)]
    monomials, columns, combination, start = None, np.zeros(0, dtype=np.intp), None, 0
    for own, values in model.expanded(X, sought):
        refuse_if_late(until, "the outputs of all samples were expanded")
        if monomials is None:
            monomials = own
            columns, combination = (np.arange(len(own)), None) if plain else _without_redundancy(own, values)
        chunk = slice(start, start + values.shape[1])
        start = chunk.stop
        both = np.concatenate([values[columns], Y[None, chunk]])
        if weights is not None:
            both *= np.sqrt(weights[chunk])[None, :, None]
        for k in np.unique(place[chunk]).tolist():
            rows = both[:, place[chunk] == k].reshape(len(both), -1).T
            waiting[k] = _put(waiting[k], rows)
    assert monomials is not None
    parts = tuple(_triangular(rows) for rows in waiting)
    counts = tuple(int((place == k).sum()) * Y.shape[1] for k in range(count))
    return Reduced(sought, monomials, combination, columns, parts, counts)


def _triangular(rows: list[Floats]) -> Floats:
    return np.asarray(np.linalg.qr(np.concatenate(rows), mode="r"))


def _put(waiting: list[Floats], rows: Floats) -> list[Floats]:
    """Return rows that wait, reduced where they are many."""
    every = [*waiting, rows]
    if sum(map(len, every)) > max(_LEAST, _TIMES * rows.shape[1]):
        return [_triangular(every)]
    return every


def _without_redundancy(monomials: Monomials, values: Floats) -> tuple[NDArray[np.intp], sp.csr_matrix | None]:
    """Return which monomials have a column, and what it stands for; see `momentsos.learning.data_free`.

    The constant stands beside the targets and is left as it is.
    """
    alone = monomials.fixed.copy()
    alone[0] = False
    varying = monomials.exponents[~monomials.fixed]
    free = np.flatnonzero(alone)
    return combined_columns(monomials.exponents, free, values[free, 0].T, varying)
