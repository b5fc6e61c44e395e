r"""The least combination of matrices that makes another one semidefinite, with a given kernel.

:math:`\min |t|` subject to :math:`(X_0 + \sum_i t_i N_i)\, r = 0` and :math:`X_0 + \sum_i t_i N_i \succeq 0`: least
squares for the equations, and an inequality for each direction in which a solution was negative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.optimize
import scipy.sparse as sp
from numpy.typing import NDArray

from .pairs import Pairs

Floats = NDArray[np.float64]

#: Rounds of further directions at most, and in how many the least eigenvalue has to rise to a quarter.
_ROUNDS, _PATIENCE = 25, 5
#: Where this little is left, inequalities contradict each other.
_INCONSISTENT = 1e-12
#: The matrix is to be at least this in directions in which it was less than a quarter of it.
_ROOM = 0.02
#: An eigenvalue below minus this counts as negative where nothing more can be done.
_NEGATIVE = 1e-8
#: The sum of squares of what may be left of the equations, first and then.
_LEFT = (1e-13, 1e-9)
#: Below this share of the largest one eigenvalues of the normal equations are rounding.
_ROUNDING = 1e-13
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

    def combined(self, t: Floats) -> Floats:
        r"""Return :math:`\sum_i t_i N_i`."""
        size, amounts = len(self.inverse), self._transposed @ t / 2
        first, second = self.pairs.products.first, self.pairs.products.second
        inside = np.bincount(first * size + second, amounts, minlength=size * size).reshape(size, size)
        return np.asarray(self.inverse.T @ (inside + inside.T) @ self.inverse)

    def forms(self, left: Floats, right: Floats) -> Floats:
        r"""Return all :math:`x^\top N_i y`, `x` and `y` given in whitened coordinates, times the inverse."""
        first, second = self.pairs.products.first, self.pairs.products.second
        return np.asarray(self.table @ (left[first] * right[second] + left[second] * right[first])) / 2

    def normal(self, monomials: Floats) -> Floats:
        r"""Return :math:`\sum_i N_i r r^\top N_i`, where `monomials` are the inverse times `r`."""
        size, total = len(self.inverse), np.zeros((len(self.inverse),) * 2)
        for rows in self._chunks(size):
            used = np.unique(rows.indices)
            first, second = self.pairs.products.first[used], self.pairs.products.second[used]
            parts = self.inverse[first] * monomials[second][:, None] + self.inverse[second] * monomials[first][:, None]
            columns = np.asarray(rows[:, used] @ parts) / 2
            total += columns.T @ columns
        return total

    def _chunks(self, size: int) -> Iterator[sp.csr_matrix]:
        step = max(1, _CHUNK // (2 * size))
        for begin in range(0, self.table.shape[0], step):
            yield self.table[begin : begin + step]


def least_definite(span: Span, start: Floats, unit: Floats, monomials: Floats) -> Floats | None:
    r"""Return the least `t`, None where the matrix is not definite on the complement of `r` in the end.

    Parameters
    ----------
    span : Span
        The :math:`N_i`.
    start : (K, K) array
        The :math:`X_0`, with :math:`r^\top X_0 r = 0`.
    unit, monomials : (K,) arrays
        The `r`, of length one, and the inverse times it: :math:`r^\top N_i r = 0`.
    """
    squares, vectors = np.linalg.eigh(span.normal(monomials))
    equations = _Equations(span, unit, monomials, vectors, squares)
    wanted = -(vectors.T @ (start @ unit))
    for left in _LEFT:
        found = _widened(equations, equations.least(wanted, left), start)
        if found is not None:
            return found
    return None


@dataclass(frozen=True, eq=False)
class _Equations:
    """The equations for what the matrices make of `r`, by eigenvectors of their normal equations."""

    span: Span
    unit: Floats
    monomials: Floats
    vectors: Floats
    squares: Floats

    @cached_property
    def known(self) -> NDArray[np.intp]:
        """The eigenvectors in which there is more than rounding."""
        return np.flatnonzero(self.squares > _ROUNDING * max(self.squares[-1], 0.0))

    def least(self, wanted: Floats, left: float) -> Floats:
        """Return the least `t` that meets all but the dearest equations, of a sum of squares up to `left`."""
        dear = self.known[np.argsort(-(wanted[self.known] ** 2) / self.squares[self.known])]
        kept = dear[np.cumsum(wanted[dear] ** 2) > left]
        return self._at(kept, wanted[kept])

    def homogeneous(self, t: Floats) -> Floats:
        """Return the part of `t` that changes no equation."""
        return t - self._at(self.known, self.vectors[:, self.known].T @ (self.span.combined(t) @ self.unit))

    def _at(self, kept: NDArray[np.intp], wanted: Floats) -> Floats:
        multipliers = self.vectors[:, kept] @ (wanted / self.squares[kept])
        return self.span.forms(self.span.inverse @ multipliers, self.monomials)


def _widened(equations: _Equations, least: Floats, start: Floats) -> Floats | None:
    """Return `least`, or what comes next to it with which the matrix is definite; None where nothing was found."""
    span, unit, t = equations.span, equations.unit, least
    rows: list[Floats] = []
    room: list[float] = []
    worst: list[float] = []
    for _ in range(_ROUNDS):
        matrix = start + span.combined(t)
        values, vectors = np.linalg.eigh(_beside(matrix, unit))
        worst.append(float(values[0]))
        if worst[-1] >= _ROOM / 4:
            return t if float(np.linalg.eigvalsh(matrix)[0]) >= -_NEGATIVE else None
        if len(worst) > _PATIENCE and worst[-1] < worst[-1 - _PATIENCE] / 4:
            return None
        for v in vectors[:, values < _ROOM / 4].T:
            inside = span.inverse @ v
            row = span.forms(inside, inside)
            rows.append(equations.homogeneous(row))
            room.append(_ROOM - float(v @ start @ v) - float(row @ least))
        step = _least_distance(np.array(rows), np.array(room))
        if step is None:
            return None
        t = least + step
    return None


def _beside(matrix: Floats, unit: Floats) -> Floats:
    """Return the matrix on the complement of a vector, and one along it."""
    across = np.eye(len(unit)) - np.outer(unit, unit)
    inside = across @ matrix @ across + np.outer(unit, unit)
    return np.asarray((inside + inside.T) / 2)


def _least_distance(rows: Floats, room: Floats) -> Floats | None:
    r"""Return the least `x` with :math:`R x \ge d`, None where there is none.

    Source: Lawson and Hanson, *Solving least squares problems*, chapter 23: least distance programming.
    """
    basis, triangle = np.linalg.qr(rows.T)
    scale = float(np.abs(room).max())
    system = np.vstack([triangle, room / scale])
    end = np.eye(1, len(system), len(system) - 1)[0]
    try:
        multipliers, _ = scipy.optimize.nnls(system, end)
    except RuntimeError:  # too many steps
        return None
    rest = end - system @ multipliers
    return np.asarray(basis @ (-rest[:-1] / rest[-1] * scale)) if rest[-1] > _INCONSISTENT else None
