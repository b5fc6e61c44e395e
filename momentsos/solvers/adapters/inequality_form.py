"""The inequality form of a program, without equalities: what SDPA, CSDP and CVXOPT are given.

None of the three is at its best with equalities: SDPA and CSDP have none, and splitting each into two
inequalities leaves no interior (measured with SDPA on the catalogue: residuals of 1e-4 to 1e-2 instead of
1e-7); CVXOPT wants them of full rank. So they are eliminated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from ...sdp import SDP, SDPSolution, SDPStatus, svec_index
from ...sdp.residuals import project_to_cone
from ...sdp.svec import svec_weights
from ..contract import finish

Array = NDArray[np.float64]

#: Pivots below this share of the largest are zero, and a right side beyond their rows contradicts them.
_RANK, _CONSISTENT = 1e-12, 1e-9
#: What is smaller than this, relative to what it was computed from, is rounding.
_ROUNDING = 1e-14


@dataclass(frozen=True, eq=False)
class AffineSpace:
    r"""All `y` with `E y = d`, as `offset + null z`.

    Attributes
    ----------
    null : (n, n - rank) CSC matrix
    offset : (n,) array
    pivots : (rank,) integer array
        The moments that the others determine.
    multiplier : (p, rank) array
        Takes a gradient at the pivots to `λ`.
    contradiction : (p,) array or None
        A combination of the rows that reads `0 = 1`.
    """

    null: sp.csc_matrix
    offset: Array
    pivots: NDArray[np.intp]
    multiplier: Array
    contradiction: Array | None


def affine_space(equalities: sp.csr_matrix, right_side: Array) -> AffineSpace:
    """Solve the equalities, by QR with column pivoting; rows may depend on or contradict each other.

    Source: Golub and Van Loan, *Matrix Computations*, section 5.5.
    """
    p, n = equalities.shape
    if p == 0:
        none = np.zeros(0, dtype=np.intp)
        return AffineSpace(sp.csc_matrix(sp.identity(n)), np.zeros(n), none, np.zeros((0, 0)), None)
    scale = abs(equalities).max(axis=1).toarray().ravel()
    scale[scale == 0] = 1.0
    target = right_side / scale
    q, r, order = scipy.linalg.qr(equalities.toarray() / scale[:, None], mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(r))
    rank = int((diagonal > _RANK * diagonal.max(initial=0.0)).sum())
    missing = target - q[:, :rank] @ (q[:, :rank].T @ target)
    contradiction = None
    if np.abs(missing).max() > _CONSISTENT * (1.0 + np.abs(target).max()):
        contradiction = missing / scale / float(missing @ target)
    inverse = scipy.linalg.solve_triangular(r[:rank, :rank], q[:, :rank].T) / scale
    coupling = -inverse @ equalities[:, order[rank:]].toarray() if rank < n else np.zeros((rank, 0))
    coupling[np.abs(coupling) <= _ROUNDING * (1.0 + np.abs(coupling).max(initial=0.0))] = 0.0
    place = np.argsort(order[rank:])
    null = sp.vstack([sp.identity(n - rank), sp.csr_matrix(coupling)], format="csr")
    back = np.argsort(order[np.concatenate([np.arange(rank, n), np.arange(rank)])])
    offset = np.zeros(n)
    offset[order[:rank]] = inverse @ right_side
    return AffineSpace(
        sp.csc_matrix(null[back][:, place]), offset, order[:rank].astype(np.intp), inverse.T, contradiction
    )


@dataclass(frozen=True, eq=False)
class InequalityForm:
    r"""A program whose equalities are eliminated: minimise `cost·z` subject to `constant + matrix z ⪰ 0`.

    Attributes
    ----------
    sdp : SDP
    space : AffineSpace
    columns : integer array
        The columns of `space.null` that are unknowns; the others occur in no block and are left at 0.
    cost : (len(columns),) array
    matrix : (rows, len(columns)) CSC matrix
    constant : (rows,) array
    drift : (n,) array
        A direction without effect on the blocks along which the objective falls; 0 when there is none.
    """

    sdp: SDP
    space: AffineSpace
    columns: NDArray[np.intp]
    cost: Array
    matrix: sp.csc_matrix
    constant: Array
    drift: Array

    def moments(self, unknowns: Array, ray: bool = False) -> Array:
        """Return `y` from `z`, or a direction without the offset."""
        free = np.zeros(self.space.null.shape[1])
        free[self.columns] = unknowns
        return np.asarray(self.space.null @ free + (0.0 if ray else self.space.offset))

    def equality_duals(self, gram: Array, ray: bool = False) -> Array:
        r"""Return :math:`\lambda` with :math:`E^\top\lambda = c - F^*X` at the pivots, or with 0 for `c`."""
        gradient = (0.0 if ray else self.sdp.cost) - self.sdp.operator.T @ gram
        return np.asarray(self.space.multiplier @ gradient[self.space.pivots])

    def answer(
        self, status: SDPStatus, words: str, unknowns: Array | None, gram: Array | None, **record: Any
    ) -> SDPSolution:
        """Return the record of a solve that ended with `z` and `X`, which an infeasibility makes rays."""
        ray = status in (SDPStatus.PRIMAL_INFEASIBLE, SDPStatus.DUAL_INFEASIBLE)
        moments = None if unknowns is None else self.moments(unknowns, ray)
        duals = None if gram is None else self.equality_duals(gram, ray)
        return finish(self.sdp, status, words, moments, duals, gram, **record)

    @cached_property
    def unpack(self) -> sp.csr_matrix:
        """The matrix from svec rows to blocks of size 1 first, then full square matrices, as in SeDuMi."""
        rows, columns, values = [], [], []
        end = 0
        for square in (False, True):
            for start, size in zip(self.sdp.offsets, self.sdp.sizes, strict=False):
                if (size > 1) is square:
                    i, j = svec_index(size)
                    off = np.flatnonzero(i != j)
                    rows += [end + i * size + j, end + (j * size + i)[off]]
                    columns += [start + np.arange(len(i)), start + off]
                    values += [1 / svec_weights(size), 1 / svec_weights(size)[off]]
                    end += size * size
        shape = (end, self.sdp.operator.shape[0])
        if not rows:
            return sp.csr_matrix(shape)
        entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
        return sp.csr_matrix(entries, shape=shape)

    @property
    def cones(self) -> tuple[int, list[int]]:
        """How many blocks of size 1 there are, and the sizes of the others."""
        return self.sdp.sizes.count(1), [size for size in self.sdp.sizes if size > 1]


def inequality_form(sdp: SDP) -> InequalityForm:
    """Eliminate the equalities of a program."""
    space = affine_space(sdp.equalities, sdp.right_side)
    matrix = sp.csc_matrix(sdp.operator @ space.null)
    matrix.eliminate_zeros()
    cost = space.null.T @ sdp.cost
    noise = 100 * _ROUNDING * (1.0 + float(np.abs(sdp.cost).max(initial=0.0)))
    seen = np.diff(matrix.indptr) > 0
    return InequalityForm(
        sdp,
        space,
        np.flatnonzero(seen),
        cost[seen],
        matrix[:, seen],
        np.asarray(sdp.operator @ space.offset),
        space.null @ np.where(seen | (np.abs(cost) <= noise), 0.0, -cost),
    )


def settle(form: InequalityForm, solver: str) -> SDPSolution | None:
    """Answer a program that leaves nothing for a solver to do; None when there is something to do.

    That is so when the equalities contradict each other, when a moment with a cost occurs in no block, and
    when the equalities leave no unknown.
    """
    sdp, contradiction = form.sdp, form.space.contradiction
    zeros = np.zeros(sdp.operator.shape[0])
    if contradiction is not None:
        words = "the equalities contradict each other"
        return finish(sdp, SDPStatus.PRIMAL_INFEASIBLE, words, None, contradiction, zeros, solver=solver)
    if form.drift.any():
        words = "a moment with a cost occurs in no block"
        return finish(sdp, SDPStatus.DUAL_INFEASIBLE, words, form.drift, None, None, solver=solver)
    if form.columns.size:
        return None
    words = "the equalities leave no unknown"
    negative = project_to_cone(-form.constant, sdp)
    if np.linalg.norm(negative) > _CONSISTENT * (1.0 + np.linalg.norm(form.constant)):
        return form.answer(SDPStatus.PRIMAL_INFEASIBLE, words, None, negative, solver=solver)
    return form.answer(SDPStatus.OPTIMAL, words, np.zeros(0), zeros, solver=solver)
