r"""The linear algebra of `momentsos.bounds.repair` where each block sees few of the moments, in fronts.

The weighted operator `A` consists of one dense piece a block. Instead of the kernel of `E` a penalty is used: a step
solves :math:`\min_y \tfrac12 \|A y - \mu I\|^2 + \tfrac12 \omega^2 \|E y - d\|^2 + \mu r^\top y`, with :math:`\omega`
the largest entry of `A`. Its :math:`\Delta = I - A y / \mu` and :math:`\delta\lambda = \omega^2 (d - E y) / \mu`
satisfy :math:`A^\top \Delta + E^\top \delta\lambda = r` as those of the exact step do.
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

Floats = NDArray[np.float64]
#: Corrections of what rounding left of the equations of a step.
_CORRECTIONS = 2


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
    def order_of(sdp: SDP) -> FrontOrder:
        """Return the order in which the equations of a program are eliminated; nothing large is made for it."""
        starts = [*(sdp.operator.indptr[row] for row in sdp.offsets), *(sdp.equalities.indptr[1:] + sdp.operator.nnz)]
        moments = np.concatenate([sdp.operator.indices, sdp.equalities.indices])
        return FrontOrder.of([np.unique(moments[a:b]).astype(np.intp) for a, b in pairwise(starts)], sdp.n_moments)

    @classmethod
    def of(cls, sdp: SDP, lengths: Floats, order: FrontOrder) -> SparseEquations:
        """Cut the equations of a program into pieces."""
        scaling = sp.diags_array(1.0 / lengths)
        operator, equalities = (sdp.operator @ scaling).tocsr(), (sdp.equalities @ scaling).tocsr()
        blocks = [_piece(operator[a:b]) for a, b in pairwise(sdp.offsets)]
        free = [_piece(equalities[i : i + 1]) for i in range(equalities.shape[0])]
        columns = [own for own, _ in (*blocks, *free)]
        return cls(sdp, lengths, columns, [rows for _, rows in blocks], [rows for _, rows in free], order)

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

    def exists(self, pieces: list[Floats], residual: Floats, rounding: Floats) -> bool:
        """Whether the step that removes the residual and the one that rounding may need have norms below one together.

        `pieces` are the weighted blocks. The bound is fixed: the normalisation takes no part.
        """
        fixed = [*pieces, 0.0 * self.free[0], *self.free[1:]]
        triangle = triangle_of(self.order, self.columns, fixed)
        if triangle is None:
            return False
        needed = float(np.linalg.norm(triangle.transposed_solve(residual)))
        return needed < 1.0 and needed + triangle.transposed_norm(rounding) < 1.0

    def newton(self, pieces: list[Floats], residual: Floats, mu: float) -> tuple[Floats, Floats, float] | None:
        """Return the changes of multipliers and of the weighted Gram matrices, and how fast these leave the cone."""
        sdp, weight = self.sdp, max(float(np.abs(piece).max(initial=0.0)) for piece in pieces)
        right = [mu * svec(np.eye(size)) for size in sdp.sizes]
        right += [np.array([weight * value]) for value in sdp.right_side.tolist()]
        stacked = [*pieces, *(weight * rows for rows in self.free)]
        triangle = triangle_of(self.order, self.columns, stacked, right)
        if triangle is None:
            return None
        matrix = _assembled(self.columns, stacked, sdp.n_moments)
        y = triangle.solve(triangle.right - mu * triangle.transposed_solve(residual))
        change = (np.concatenate(right) - matrix @ y) / mu
        for _ in range(_CORRECTIONS):
            change = change + _shortest(matrix, triangle, residual - matrix.T @ change)
        rows = sdp.operator.shape[0]
        gram, multipliers = change[:rows], weight * change[rows:]
        fall = max(-float(np.linalg.eigvalsh(smat(gram[places]))[:, 0].min()) for _, places in sdp.groups)
        return multipliers, gram, fall


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


def _shortest(matrix: sp.csr_matrix, triangle: Triangle, defect: Floats) -> Floats:
    r"""Return nearly the shortest `z` with :math:`A^\top z` equal to `defect`, by :math:`R^\top R y` equal to it."""
    return np.asarray(matrix @ triangle.solve(triangle.transposed_solve(defect)))
