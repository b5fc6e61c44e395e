r"""The linear algebra of `momentsos.bounds.repair` where each block sees few of the moments, in fronts.

It is that of `momentsos.bounds.dense_repair`, but the weighted operator `A` consists of one dense piece a block, and of
its factorisation the triangle alone is kept: the shortest change that removes a defect is found by :math:`R^\top R y`
equal to it, with corrections of what rounding left.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..sdp import SDP, smat, svec
from ..sdp.fronts import FrontOrder, Triangle, triangle_of
from ..sdp.residuals import dual_residual
from .dense_repair import identity_rows

Floats = NDArray[np.float64]
#: Corrections of what rounding left of the equations of a step.
_CORRECTIONS = 2
#: What finding an order may take, in words that are joined: some tenths of a second.
_ORDERING = 3e8


@dataclass(frozen=True, eq=False)
class SparseEquations:
    """The equations of the identity, each divided by its length, in one piece for each block and each equality.

    Attributes
    ----------
    sdp : SDP
    lengths : (n,) array
    columns : list of integer arrays
        The moments of each block, then of each equality.
    blocks, free : lists of (rows, columns) arrays
        The rows of the operator, not weighted, and the equalities.
    order : FrontOrder
    steps : int
        How many steps are tried. Where few do not lead to the centre, rounding is seen to be in the way.
    """

    steps: ClassVar[int] = 6
    sdp: SDP
    lengths: Floats
    columns: list[NDArray[np.intp]]
    blocks: list[Floats]
    free: list[Floats]
    order: FrontOrder

    @staticmethod
    def order_of(sdp: SDP) -> FrontOrder | None:
        """Return the order in which the equations of a program are eliminated; nothing large is made for it.

        None where even the order would take too long to find.
        """
        starts = [*(sdp.operator.indptr[row] for row in sdp.offsets), *(sdp.equalities.indptr[1:] + sdp.operator.nnz)]
        moments = np.concatenate([sdp.operator.indices, sdp.equalities.indices])
        columns = [np.unique(moments[a:b]).astype(np.intp) for a, b in pairwise(starts)]
        return FrontOrder.of(columns, sdp.n_moments, _ORDERING)

    @classmethod
    def of(cls, sdp: SDP, lengths: Floats, order: FrontOrder) -> SparseEquations:
        """Cut the equations of a program into pieces."""
        scaling = sp.diags_array(1.0 / lengths)
        operator, equalities = (sdp.operator @ scaling).tocsr(), (sdp.equalities @ scaling).tocsr()
        blocks = [_piece(operator[a:b]) for a, b in pairwise(sdp.offsets)]
        free = [_piece(equalities[i : i + 1]) for i in range(equalities.shape[0])]
        columns = [own for own, _ in (*blocks, *free)]
        return cls(sdp, lengths, columns, [rows for _, rows in blocks], [rows for _, rows in free], order)

    @property
    def work(self) -> float:
        """About how many multiplications a factorisation takes."""
        return self.order.work

    def residual(self, multipliers: Floats, gram: Floats) -> Floats:
        """Return the defect of each equation."""
        return dual_residual(self.sdp, multipliers, gram) / self.lengths

    def sizes(self, multipliers: Floats, gram: Floats) -> Floats:
        """Return the sum of the absolute terms of each residual."""
        sums = abs(self.sdp.operator).T @ np.abs(gram) + abs(self.sdp.equalities).T @ np.abs(multipliers)
        return np.asarray(sums + np.abs(self.sdp.cost)) / self.lengths

    def weighted(self, roots: list[Floats]) -> list[Floats]:
        r"""Return the svec rows of :math:`X_j^{1/2} F_{j\alpha} X_j^{1/2}` of each block."""
        by_block: list[Floats] = [np.zeros((0, 0))] * len(self.blocks)
        sizes = np.array(self.sdp.sizes)
        for (size, _), stack in zip(self.sdp.groups, roots, strict=True):
            for number, root in zip(np.flatnonzero(sizes == size).tolist(), stack, strict=True):
                by_block[number] = svec(root @ smat(self.blocks[number].T) @ root).T
        return by_block

    def factored(self, roots: list[Floats], mu: float) -> SparseFactor | None:
        """Factor the equations, weighted by square roots of the Gram matrices; None where they are dependent."""
        pieces = self.weighted(roots)
        weight = max((float(np.abs(piece).max(initial=0.0)) for piece in pieces), default=0.0) or 1.0
        goal = [mu * svec(np.eye(size)) for size in self.sdp.sizes]
        goal += [np.array([weight * value]) for value in [0.0, *self.sdp.right_side[1:].tolist()]]
        stacked = [*pieces, 0.0 * self.free[0], *(weight * rows for rows in self.free[1:])]
        triangle = triangle_of(self.order, self.columns, stacked, goal)
        if triangle is None:
            return None
        return SparseFactor(self, _assembled(self.columns, stacked, self.sdp.n_moments), weight, mu, triangle)


@dataclass(frozen=True, eq=False)
class SparseFactor:
    """The equations of one iterate, factored.

    Attributes
    ----------
    equations : SparseEquations
    matrix : (rows + p, n) CSR matrix
        The weighted operator, then the equalities times the `weight`, the first one zero.
    weight, mu : float
    triangle : Triangle
    """

    equations: SparseEquations
    matrix: sp.csr_matrix
    weight: float
    mu: float
    triangle: Triangle

    def needed(self, residual: Floats) -> float:
        """See `DenseFactor.needed`."""
        return float(np.linalg.norm(self.triangle.transposed_solve(residual)))

    def needed_for(self, rounding: Floats) -> float:
        """See `DenseFactor.needed_for`."""
        return self.triangle.transposed_norm(rounding)

    def shortest(self, residual: Floats) -> tuple[Floats, Floats]:
        """See `DenseFactor.shortest`."""
        change = np.zeros(self.matrix.shape[0])
        for _ in range(_CORRECTIONS):
            rest = residual - self.matrix.T @ change
            change = change + self.matrix @ self.triangle.solve(self.triangle.transposed_solve(rest))
        gram, free = np.split(change, [self.equations.sdp.operator.shape[0]])
        return self.weight * free, gram

    def newton(self, residual: Floats) -> tuple[Floats, Floats] | None:
        """See `DenseFactor.newton`."""
        sdp, columns = self.equations.sdp, self.equations.columns
        normal = np.zeros(sdp.n_moments)
        normal[columns[len(sdp.sizes)]] = self.equations.free[0][0]
        y = self.triangle.solve(self.triangle.right - self.mu * self.triangle.transposed_solve(residual))
        across = self.triangle.transposed_solve(normal)
        slope = float(across @ across)
        if not (slope > 0.0 and self.mu > 0.0):
            return None
        nu = (float(sdp.right_side[0]) - float(normal @ y)) / slope
        y = y + nu * self.triangle.solve(across)
        gram, free = np.split(self.matrix @ y, [sdp.operator.shape[0]])
        gram = identity_rows(sdp) - gram / self.mu
        multipliers = self.weight * (self.weight * sdp.right_side - free) / self.mu
        multipliers[0] = nu / self.mu
        rest = residual - self.matrix.T @ np.concatenate([gram, multipliers / self.weight]) - multipliers[0] * normal
        bound = float(across @ self.triangle.transposed_solve(rest)) / slope
        more = self.shortest(rest - bound * normal)
        multipliers[0] += bound
        return multipliers + more[0], gram + more[1]


def _piece(rows: sp.csr_matrix) -> tuple[NDArray[np.intp], Floats]:
    columns = np.unique(rows.indices).astype(np.intp)
    return columns, rows[:, columns].toarray()


def _assembled(columns: list[NDArray[np.intp]], pieces: list[Floats], n: int) -> sp.csr_matrix:
    heights = [len(rows) for rows in pieces]
    starts = np.cumsum([0, *heights])
    places = [
        np.repeat(np.arange(start, start + height), len(own))
        for start, height, own in zip(starts[:-1], heights, columns, strict=True)
    ]
    across = [np.tile(own, height) for own, height in zip(columns, heights, strict=True)]
    values = np.concatenate([rows.reshape(-1) for rows in pieces])
    return sp.csr_matrix((values, (np.concatenate(places), np.concatenate(across))), shape=(int(starts[-1]), n))
