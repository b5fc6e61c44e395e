"""The inequality form of a program, without equalities: what SDPA, CSDP and CVXOPT are given.

None of the three is at its best with equalities: SDPA and CSDP have none, and splitting each into two
inequalities leaves no interior (measured on the catalogue: residuals of 1e-3 instead of 1e-7); CVXOPT wants them
of full rank. So they are eliminated.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..sdp import SDP, SDPSolution, SDPStatus, svec_index
from ..sdp.residuals import project_to_cone
from ..sdp.svec import svec_weights
from .base import finish
from .native.elimination import Elimination, eliminate

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class InequalityForm:
    r"""A program whose equalities are eliminated: minimise `cost·z` subject to `constant + matrix z ⪰ 0`.

    Every `y` with `E y = d` is :math:`y_0 + N z` (`Elimination`); a free moment that occurs in no block is 0.

    Attributes
    ----------
    sdp : SDP
    elimination : Elimination
    columns : integer array
        The free moments that are unknowns, by their place in the order of the elimination.
    cost : (len(columns),) array
    matrix : (rows, len(columns)) CSC matrix
    constant : (rows,) array
    drift : (n_free,) array
        Minus the cost of the free moments that occur in no block, 0 for the others.
    """

    sdp: SDP
    elimination: Elimination
    columns: NDArray[np.intp]
    cost: Array
    matrix: sp.csc_matrix
    constant: Array
    drift: Array

    def moments(self, unknowns: Array, ray: bool = False) -> Array:
        """Return `y` from `z`, or the direction `N z`."""
        free = np.zeros(self.elimination.n_free)
        free[self.columns] = unknowns
        ordered = self.elimination.extend(free)
        return self._in_order(ordered if ray else ordered + self.elimination.offset)

    def _in_order(self, ordered: Array) -> Array:
        moments = np.empty(self.sdp.n_moments)
        moments[self.elimination.order] = ordered
        return moments

    def equality_duals(self, gram: Array, ray: bool = False) -> Array:
        r"""Return :math:`\lambda` with :math:`E^\top\lambda = c - F^*X` at the pivots, or with 0 for `c`."""
        gradient = (0.0 if ray else self.sdp.cost) - self.sdp.operator.T @ gram
        return np.asarray(
            self.elimination.multiplier @ gradient[self.elimination.order[self.elimination.n_free :]]
        )

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
    elimination = eliminate(sdp.equalities, sdp.right_side)
    operator = sp.csc_matrix(sdp.operator)[:, elimination.order]
    k = elimination.n_free
    matrix = operator[:, :k]
    if elimination.coupling is not None:
        matrix = sp.csc_matrix(matrix - operator[:, k:] @ sp.csr_matrix(elimination.coupling))
        matrix.eliminate_zeros()
    cost = elimination.restrict(sdp.cost[elimination.order])
    seen = np.diff(matrix.indptr) > 0
    noise = 1e-12 * (1.0 + float(np.abs(sdp.cost).max(initial=0.0)))
    return InequalityForm(
        sdp,
        elimination,
        np.flatnonzero(seen),
        cost[seen],
        matrix[:, seen],
        np.asarray(operator @ elimination.offset),
        np.where(seen | (np.abs(cost) <= noise), 0.0, -cost),
    )


def settle(form: InequalityForm, solver: str) -> SDPSolution | None:
    """Answer a program that leaves nothing for a solver to do; None when there is something to do.

    That is so when the equalities contradict each other, when a moment with a cost occurs in no block, and when
    the equalities leave no unknown.
    """
    sdp, elimination = form.sdp, form.elimination
    zeros = np.zeros(sdp.operator.shape[0])
    if elimination.contradiction is not None:
        words = "the equalities contradict each other"
        return finish(
            sdp, SDPStatus.PRIMAL_INFEASIBLE, words, None, elimination.contradiction, zeros, solver=solver
        )
    if form.drift.any():
        ray = form._in_order(elimination.extend(form.drift))
        words = "a moment with a cost occurs in no block"
        return finish(sdp, SDPStatus.DUAL_INFEASIBLE, words, ray, None, None, solver=solver)
    if form.columns.size:
        return None
    words = "the equalities leave no unknown"
    negative = project_to_cone(-form.constant, sdp)
    if np.linalg.norm(negative) > 1e-9 * (1.0 + np.linalg.norm(form.constant)):
        duals = form.equality_duals(negative, ray=True)
        return finish(sdp, SDPStatus.PRIMAL_INFEASIBLE, words, None, duals, negative, solver=solver)
    moments = form.moments(np.zeros(0))
    return finish(sdp, SDPStatus.OPTIMAL, words, moments, form.equality_duals(zeros), zeros, solver=solver)
