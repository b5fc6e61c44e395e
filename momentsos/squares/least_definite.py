r"""Multipliers of matrices whose combination is definite beside a vector that it maps to zero.

Wanted are `t` with :math:`(X_0 + \sum_i t_i N_i)\, r = 0` and the matrix definite on the complement of `r`. The least
`t` that satisfies the equations comes first; where it is not enough, the square of the distance from there to the
definite matrices falls along what the equations leave free.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.optimize
import scipy.sparse as sp
from numpy.typing import NDArray

from .pairs import Pairs

Floats = NDArray[np.float64]

#: The least eigenvalue that is asked for, and the one at which nothing more is.
_ROOM, _ENOUGH = 0.1, 0.01
#: An eigenvalue below minus this counts as negative; it lowers a bound by about this share.
_NEGATIVE = 1e-8
#: The sum of squares of what may be left of the equations.
_LEFT = 1e-13
#: Below this share of the largest one singular values of the equations are rounding.
_ROUNDING = 1e-12
#: Steps of the descent at most, and how many steps its memory has.
_STEPS, _MEMORY = 150, 20
#: In so many steps the square of the distance has to fall to this share.
_PATIENCE, _FALLS = 30, 0.3
#: Numbers that are formed at a time.
_CHUNK = 4_000_000


@dataclass(frozen=True, eq=False)
class Span:
    r"""Combinations :math:`N_i` of pairs, in whitened coordinates.

    Attributes
    ----------
    pairs : Pairs
    table : (combinations, pairs) sparse matrix
    """

    pairs: Pairs
    table: sp.csr_matrix

    @cached_property
    def inverse(self) -> Floats:
        """The matrix from whitened coordinates to the basis."""
        return self.pairs.inverse.floats()

    @cached_property
    def _transposed(self) -> sp.csr_matrix:
        return sp.csr_matrix(self.table.T)

    @property
    def _places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return self.pairs.products.first, self.pairs.products.second

    def combined(self, t: Floats, left: Floats) -> Floats:
        r"""Return :math:`L (\sum_i t_i N_i) L^\top`, where `left` is `L` times the transposed inverse."""
        (first, second), size = self._places, len(self.inverse)
        inside = np.bincount(first * size + second, self._transposed @ t / 2, minlength=size * size)
        inside = inside.reshape(size, size)
        return np.asarray(left @ (inside + inside.T) @ left.T)

    def adjoint(self, matrix: Floats, left: Floats) -> Floats:
        r"""Return the inner products of all :math:`L N_i L^\top` with a symmetric matrix."""
        return np.asarray(self.table @ (left.T @ matrix @ left)[self._places])

    def forms(self, left: Floats, right: Floats) -> Floats:
        r"""Return all :math:`x^\top N_i y`, where `left` and `right` are the inverse times `x` and `y`."""
        first, second = self._places
        return np.asarray(self.table @ (left[first] * right[second] + left[second] * right[first])) / 2

    def triangle(self, monomials: Floats) -> Floats:
        """Return the triangular factor of the matrix of rows :math:`N_i r`; `monomials` are the inverse times `r`."""
        size = len(self.inverse)
        found: Floats = np.zeros((0, size))
        for rows in self._chunks(size):
            used = np.unique(rows.indices)
            first, second = self._places[0][used], self._places[1][used]
            parts = self.inverse[first] * monomials[second][:, None] + self.inverse[second] * monomials[first][:, None]
            found = np.asarray(np.linalg.qr(np.concatenate([found, rows[:, used] @ parts / 2]), mode="r"))
        return found

    def _chunks(self, size: int) -> Iterator[sp.csr_matrix]:
        step = max(size, _CHUNK // size)
        for begin in range(0, self.table.shape[0], step):
            yield self.table[begin : begin + step]


@dataclass(frozen=True, eq=False)
class Equations:
    r"""The equations :math:`\sum_i t_i N_i r = b`, by their singular vectors.

    Attributes
    ----------
    span : Span
    unit, monomials : (K,) arrays
        The `r`, of length one, and the inverse times it.
    vectors, singular : (K, rank) and (rank,) arrays
    """

    span: Span
    unit: Floats
    monomials: Floats
    vectors: Floats
    singular: Floats

    @classmethod
    def of(cls, span: Span, unit: Floats, monomials: Floats) -> Equations:
        """Decompose them."""
        _, singular, transposed = np.linalg.svd(span.triangle(monomials), full_matrices=False)
        known = singular > _ROUNDING * singular.max(initial=0.0)
        return cls(span, unit, monomials, transposed[known].T, singular[known])

    def least(self, wanted: Floats) -> Floats:
        """Return the least `t` that meets all but the dearest equations, of a sum of squares up to `_LEFT`."""
        along = self.vectors.T @ wanted
        dear = np.argsort(-np.abs(along) / self.singular)
        kept = dear[np.cumsum(along[dear] ** 2) > _LEFT]
        return self._at(kept, along[kept])

    def homogeneous(self, t: Floats) -> Floats:
        """Return the part of `t` that changes no equation."""
        made = self.span.combined(t, self.span.inverse.T) @ self.unit
        return t - self._at(np.arange(len(self.singular)), self.vectors.T @ made)

    def _at(self, kept: NDArray[np.intp], along: Floats) -> Floats:
        multipliers = self.vectors[:, kept] @ (along / self.singular[kept] ** 2)
        return self.span.forms(self.span.inverse @ multipliers, self.monomials)


def definite_beside(equations: Equations, start: Floats, until: float) -> Floats | None:
    r"""Return a `t` with which the matrix is definite beside `r`, None where none was found.

    Parameters
    ----------
    equations : Equations
    start : (K, K) array
        The :math:`X_0`, with :math:`r^\top X_0 r = 0`.
    until : float
        When the search ends, by `time.perf_counter`.
    """
    span, unit = equations.span, equations.unit
    least = equations.least(-start @ unit)
    descent = _Descent.of(equations, start, least)
    t = least
    if descent.values(np.zeros_like(least))[0] < _ENOUGH:
        t = least + descent.end(until)
        t = t + equations.least(-(start + span.combined(t, span.inverse.T)) @ unit)
    matrix = start + span.combined(t, span.inverse.T)
    return t if float(np.linalg.eigvalsh((matrix + matrix.T) / 2)[0]) >= -_NEGATIVE else None


@dataclass(frozen=True, eq=False)
class _Descent:
    """Half the square of the distance to matrices with eigenvalues of at least `_ROOM`, beside `r`."""

    equations: Equations
    base: Floats
    left: Floats

    @classmethod
    def of(cls, equations: Equations, start: Floats, least: Floats) -> _Descent:
        across = np.eye(len(equations.unit)) - np.outer(equations.unit, equations.unit)
        left = across @ equations.span.inverse.T
        base = across @ start @ across + np.outer(equations.unit, equations.unit)
        return cls(equations, base + equations.span.combined(least, left), left)

    def values(self, step: Floats) -> Floats:
        """Return the eigenvalues, and one for `r`."""
        return np.asarray(np.linalg.eigvalsh(self._matrix(step)))

    def end(self, until: float) -> Floats:
        """Return the step where the descent ends."""
        seen: list[float] = []

        def watched(intermediate_result: scipy.optimize.OptimizeResult) -> None:
            seen.append(float(intermediate_result.fun))
            late = time.perf_counter() > until
            if late or (len(seen) > _PATIENCE and seen[-1] > _FALLS * seen[-1 - _PATIENCE]):
                raise StopIteration

        options = {"maxiter": _STEPS, "maxcor": _MEMORY, "ftol": 0.0, "gtol": 0.0}
        count = self.equations.span.table.shape[0]
        found = scipy.optimize.minimize(
            self._value, np.zeros(count), jac=True, method="L-BFGS-B", options=options, callback=watched
        )
        return np.asarray(found.x)

    def _matrix(self, step: Floats) -> Floats:
        matrix = self.base + self.equations.span.combined(step, self.left)
        return np.asarray((matrix + matrix.T) / 2)

    def _value(self, step: Floats) -> tuple[float, Floats]:
        values, vectors = np.linalg.eigh(self._matrix(step))
        short = np.minimum(values - _ROOM, 0.0)
        slope = self.equations.span.adjoint((vectors * short) @ vectors.T, self.left)
        return 0.5 * float(short @ short), self.equations.homogeneous(slope)
