"""Values and derivatives of polynomials in many variables, each term of which has few of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..polynomials.exponents import words_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Terms:
    """Terms `value · Π x_word`, each added to the number `owner`; letter 0 stands for 1."""

    owner: NDArray[np.int64]
    value: Floats
    words: NDArray[np.int64]

    def factors(self, point: Floats) -> Floats:
        """Return the monomials at a point."""
        return np.asarray(np.concatenate([[1.0], point])[self.words].prod(axis=1))

    def at(self, point: Floats, size: int) -> Floats:
        """Return the sums, shape (size,)."""
        return np.asarray(np.bincount(self.owner, self.value * self.factors(point), size))

    def differentiated(self, n: int) -> _Terms:
        """Return the terms of all derivatives: in variable `i` of number `j` they belong to number `n j + i`."""
        parts = []
        for place in range(self.words.shape[1]):
            letter = self.words[:, place]
            kept = letter > 0
            rest = np.delete(self.words[kept], place, axis=1)
            parts.append((self.owner[kept] * n + letter[kept] - 1, self.value[kept], rest))
        if not parts:
            return _Terms(self.owner[:0], self.value[:0], self.words[:0])
        return _Terms(*(np.concatenate(part) for part in zip(*parts, strict=True)))


@dataclass(frozen=True, eq=False)
class SparseEvaluator:
    """The same as `momentsos.points.local_search.Evaluator`, without tables over all variables."""

    polynomials: tuple[Polynomial, ...]

    @cached_property
    def _values(self) -> _Terms:
        length = max((p.degree for p in self.polynomials), default=0)
        words = [words_of(p.exponents, length) for p in self.polynomials]
        owner = np.repeat(np.arange(len(self.polynomials)), [len(p) for p in self.polynomials])
        values = np.concatenate([np.zeros(0), *(p.values for p in self.polynomials)])
        return _Terms(owner, values, np.concatenate([np.zeros((0, length), dtype=np.int64), *words]))

    @cached_property
    def _gradients(self) -> _Terms:
        return self._values.differentiated(self._n)

    @cached_property
    def _hessians(self) -> _Terms:
        return self._gradients.differentiated(self._n)

    @property
    def _n(self) -> int:
        return len(self.polynomials[0].variables) if self.polynomials else 0

    @cached_property
    def scales(self) -> Floats:
        """The largest absolute coefficient of each polynomial, 1 for the zero polynomial."""
        return np.array([p.scale or 1.0 for p in self.polynomials])

    def values(self, point: Floats) -> Floats:
        """Return the values, shape (polynomials,)."""
        return self._values.at(point, len(self.polynomials))

    def sizes(self, point: Floats) -> Floats:
        """Return the sums of the absolute terms, shape (polynomials,)."""
        terms = self._values
        return np.asarray(np.bincount(terms.owner, np.abs(terms.value * terms.factors(point)), len(self.polynomials)))

    def jacobian(self, point: Floats) -> Floats:
        """Return the gradients, shape (polynomials, n)."""
        m, n = len(self.polynomials), len(point)
        return self._gradients.at(point, m * n).reshape(m, n)

    def hessian(self, point: Floats, weights: Floats) -> Floats:
        """Return the Hessian of the weighted sum of the polynomials, shape (n, n)."""
        n, terms = len(point), self._hessians
        number, place = np.divmod(terms.owner, n * n)
        values = weights[number] * terms.value * terms.factors(point)
        return np.asarray(np.bincount(place, values, n * n), dtype=np.float64).reshape(n, n)
