r"""Elimination of the equalities: every :math:`y` with :math:`E y = d` is :math:`y_0 + N z`.

A rank-revealing QR factorisation with column pivoting (Golub and Van Loan, *Matrix Computations*, section
5.5) picks well-conditioned pivot moments `P`; the others are free, :math:`y_P = t - T y_{free}`. The Schur
complement is formed on all moments, where the blocks are sparse, and reduced afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import blas

from ....sdp.svec import transposed_product
from .. import rules
from ..arrays import Array


class Multiplier(Protocol):
    """A matrix of which only products with vectors are asked for."""

    def __matmul__(self, gradient: Array, /) -> Array:
        """Return the product with a vector."""


@dataclass(frozen=True, eq=False)
class Elimination:
    """The affine space of the equalities, with the free moments first.

    Attributes
    ----------
    order : (n,) array
        The moments in the new order: free ones, then pivots.
    n_head : int
        How many are not pivots.
    kept : (n_free,) array or None
        The moments among these that are unknowns, the others being zero; None when all are.
    offset : (n,) array
        A solution, in the new order, zero at all but the pivots.
    coupling : (rank, n_head) array or CSR matrix or None
        The matrix `T`; None when it is zero, so that the pivots are constants.
    multiplier : (p, rank) array, or what multiplies like one
        Takes the gradient at the pivots to the multipliers.
    contradiction : (p,) array or None
        A combination of the rows that reads `0 = 1`, when the equalities have no solution.
    """

    order: NDArray[np.intp]
    n_head: int
    kept: NDArray[np.intp] | None
    offset: Array
    coupling: Array | sp.csr_matrix | None
    multiplier: Multiplier
    contradiction: Array | None

    @property
    def n_free(self) -> int:
        """The number of unknowns."""
        return self.n_head if self.kept is None else int(self.kept.shape[0])

    def extend(self, step: Array) -> Array:
        """Return `N z` for free moments `z`."""
        result = np.zeros(self.order.shape[0])
        if self.kept is None:
            result[: self.n_head] = step
        else:
            result[self.kept] = step
        if self.coupling is not None:
            result[self.n_head :] = -(self.coupling @ result[: self.n_head])
        return result

    def restrict(self, gradient: Array) -> Array:
        """Return the adjoint, `Nᵀ g`."""
        return self.select(self.restrict_head(gradient))

    def restrict_head(self, gradient: Array) -> Array:
        """Return the adjoint before moments are left out."""
        head = gradient[..., : self.n_head]
        return head if self.coupling is None else head - adjoint_product(self.coupling, gradient[..., self.n_head :])

    def select(self, head: Array) -> Array:
        """Leave out what is not kept, along the last axis."""
        return head if self.kept is None else head[..., self.kept]

    def reduce(self, schur: Array) -> Array:
        """Return `Nᵀ B N`, given and returned as lower triangles in column order; `schur` may be overwritten.

        A matrix over the free moments alone is that of blocks with the equalities put in, and complete.
        """
        k = self.n_head
        reduced = np.asfortranarray(schur[:k, :k])
        if self.coupling is not None and schur.shape[0] > k:
            before = reduced.diagonal().copy()
            corner = np.tril(schur[k:, k:])
            corner += np.tril(corner, -1).T
            coupling = sp.csr_matrix(self.coupling).toarray() if sp.issparse(self.coupling) else self.coupling
            update = schur[k:, :k] - 0.5 * (corner @ coupling)
            blas.dsyr2k(-1.0, coupling.T, update.T, beta=1.0, c=reduced, lower=1, overwrite_c=1)
            cancelled = np.flatnonzero(reduced.diagonal() <= rules.CANCELLATION * before)
            reduced[cancelled] = 0.0
            reduced[:, cancelled] = 0.0
        return reduced if self.kept is None else np.asfortranarray(reduced[self.kept[:, None], self.kept])


def adjoint_product(coupling: Array | sp.csr_matrix, rest: Array) -> Array:
    r"""Return :math:`T^\top r`, the last axis of `r` being that of the pivots."""
    if isinstance(coupling, np.ndarray) or rest.ndim > 1:
        return np.asarray(rest @ coupling)
    return transposed_product(coupling, rest)


def solved_without_noise(matrix: Array, right: Array, triangular: bool = False) -> Array:
    """Return :math:`M^{-1} R`, zero where it is nothing but rounding.

    A moment whose effect on the blocks is such a number looks like one of its own, and runs away. Matrix and right
    sides are known to the rounding of their columns. Where the matrix is ill-conditioned, more than rounding is kept,
    lest the equations suffer.
    """
    solve = scipy.linalg.solve_triangular if triangular else np.linalg.solve
    found = np.asarray(solve(matrix, right))
    gain = np.abs(solve(matrix, np.eye(matrix.shape[0]))).sum(axis=1)
    largest = np.abs(found).max(axis=0, initial=0.0)
    terms = np.abs(right).max(axis=0, initial=0.0) + np.abs(matrix).max() * largest
    found[
        np.abs(found) <= np.minimum(rules.SOLUTION_ROUNDING * gain[:, None] * terms, rules.SOLUTION_NOISE * largest)
    ] = 0.0
    return found


def eliminate_densely(matrix: Array, right_side: Array) -> Elimination:
    """Factor the equalities; rows may be redundant or contradict each other."""
    p, n = matrix.shape
    if p == 0:
        return Elimination(np.arange(n), n, None, np.zeros(n), None, np.zeros((0, 0)), None)
    used = np.flatnonzero(matrix.any(axis=0))  # no moment that is in none has a part
    return _arranged(n, used, _solve_all(matrix[:, used], right_side))


def eliminate_one(columns: NDArray[np.integer], values: Array, right_side: Array, n: int) -> Elimination:
    """Solve an equality with the given coefficients, none of them zero; most often it says that a moment is one."""
    largest = int(np.abs(values).argmax())
    pivot, order, offset = int(columns[largest]), np.arange(n), np.zeros(n)
    order[pivot:-1] += 1
    order[-1], offset[-1] = pivot, right_side[0] / values[largest]
    coupling = None
    if values.shape[0] > 1:
        shares = np.zeros(n)
        shares[columns] = values / values[largest]
        coupling = shares[None, order[:-1]]
    return Elimination(order, n - 1, None, offset, coupling, np.full((1, 1), 1.0 / values[largest]), None)


def _arranged(n: int, used: NDArray[np.integer], solved: _Solved) -> Elimination:
    """Return the elimination of `n` moments, of which `used` are in the equalities that were solved."""
    pivots = used[solved.pivots]
    is_free = np.ones(n, dtype=bool)
    is_free[pivots] = False
    free = np.flatnonzero(is_free)
    coupling = None
    if np.any(solved.coupling):
        coupling = np.zeros((pivots.shape[0], free.shape[0]))
        coupling[:, np.searchsorted(free, used[solved.others])] = solved.coupling
    return Elimination(
        order=np.concatenate([free, pivots]).astype(np.intp),
        n_head=free.shape[0],
        kept=None,
        offset=np.concatenate([np.zeros(free.shape[0]), solved.constants]),
        coupling=coupling,
        multiplier=solved.multiplier,
        contradiction=solved.contradiction,
    )


@dataclass(frozen=True, eq=False)
class _Solved:
    """Equalities solved for the columns `pivots`: `constants` less `coupling` times the `others`; see `Elimination`."""

    pivots: NDArray[np.intp]
    others: NDArray[np.intp]
    coupling: Array
    constants: Array
    multiplier: Array
    contradiction: Array | None


def _solve_all(matrix: Array, right_side: Array) -> _Solved:
    """Solve equalities by a factorisation with pivoting."""
    p = matrix.shape[0]
    scale = np.abs(matrix).max(axis=1, initial=0.0)
    scale[scale == 0] = 1.0
    right = right_side / scale
    q, r, pivots = scipy.linalg.qr(matrix / scale[:, None], mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(r))
    rank = int((diagonal > rules.RANK_TOLERANCE * max(1.0, diagonal.max(initial=0.0))).sum())
    turned = q.T @ right
    contradiction = None
    missing = right - q[:, :rank] @ turned[:rank]
    if np.abs(missing).max(initial=0.0) > rules.CONSISTENCY_TOLERANCE * (1.0 + np.abs(right).max(initial=0.0)):
        contradiction = missing / scale / float(missing @ right)
    square, rest = r[:rank, :rank], r[:rank, rank:]
    solve = scipy.linalg.solve_triangular
    return _Solved(
        pivots=pivots[:rank],
        others=pivots[rank:],
        coupling=solved_without_noise(square, rest, triangular=True) if rest.size else np.zeros(rest.shape),
        constants=solve(square, turned[:rank]) if rank else np.zeros(0),
        multiplier=(solve(square, q[:, :rank].T).T if rank else np.zeros((p, 0))) / scale[:, None],
        contradiction=contradiction,
    )
