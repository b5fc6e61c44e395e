r"""The linear system of a Newton step where the Schur complement is sparse: SuperLU on its diagonal.

For a definite matrix Gaussian elimination needs no pivoting, and :math:`L U = L D L^\top` has the positive pivots of
the Cholesky factorisation. SuperLU takes them in the order given (Li, ACM Trans. Math. Software 31, 2005); its panels
are dense, and it comes with SciPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from .. import rules
from ..arrays import Array, Index
from .dense_factor import SchurFactor, completed_diagonal, factor_schur


@dataclass(frozen=True, eq=False)
class SparseMatrix:
    """A symmetric matrix, both halves of it, and the unknown that each of its rows belongs to."""

    matrix: sp.csc_matrix
    order: Index

    def restricted(self, kept: Index) -> SparseMatrix:
        """Return the rows and columns of the unknowns `kept`, which are sorted and numbered anew."""
        rows = np.flatnonzero(np.isin(self.order, kept))
        return SparseMatrix(sp.csc_matrix(self.matrix[rows][:, rows]), np.searchsorted(kept, self.order[rows]))


def restricted(schur: Array | SparseMatrix, kept: Index) -> Array | SparseMatrix:
    """Return the rows and columns of the unknowns `kept`, in column order when dense."""
    if isinstance(schur, SparseMatrix):
        return schur.restricted(kept)
    return np.asfortranarray(schur[kept[:, None], kept])


@dataclass(frozen=True, eq=False)
class SparseFactor:
    r"""A factor of the Schur complement, :math:`B + \Delta = L D L^\top` with a diagonal :math:`\Delta`.

    Attributes
    ----------
    superlu : SuperLU
    order : (n,) array
        The unknown at each place.
    shift : float
        The largest share by which an entry of the diagonal was raised.
    smallest_pivot : float
        As in `momentsos.solvers.native.factors.dense_factor.SchurFactor`.
    """

    superlu: Any
    order: Index
    shift: float
    smallest_pivot: float

    def solve(self, right: Array) -> Array:
        """Return :math:`B^{-1} r` for one or several columns, without refinement."""
        result = np.empty_like(right)
        result[self.order] = self.superlu.solve(right[self.order])
        return result


def factor_matrix(schur: Array | SparseMatrix) -> SchurFactor | SparseFactor:
    """Factor a Schur complement, with as little regularisation as it needs; see `factor_schur`.

    A sparse one has the diagonal raised where a pivot is small, and only there: what is raised elsewhere costs digits
    of all directions.

    Raises
    ------
    numpy.linalg.LinAlgError
        When it has a number that is not finite, or stays indefinite.
    """
    if not isinstance(schur, SparseMatrix):
        return factor_schur(schur)
    diagonal = completed_diagonal(schur.matrix)
    if not diagonal.size:
        return factor_schur(np.zeros((0, 0)))
    raised = np.zeros(diagonal.shape)
    while raised.max() <= rules.LAST_SHIFT:
        found = pivots_of(schur, diagonal * (1.0 + raised))
        small = np.ones(diagonal.shape, dtype=bool) if found is None else found[1] <= rules.SMALL_PIVOT * diagonal
        if found is not None and not small.any():
            return SparseFactor(found[0], schur.order, float(raised.max()), float((found[1] / diagonal).min()))
        raised[small] = np.maximum(rules.RAISED_GROWTH * raised[small], rules.RAISED_PIVOT)
    raise np.linalg.LinAlgError("the Schur complement is not positive definite")


def pivots_of(schur: SparseMatrix, diagonal: Array) -> tuple[Any, Array] | None:
    """Return the factorisation with this diagonal and its pivots, in the order of the matrix, or None without one."""
    matrix = schur.matrix.copy()
    matrix.setdiag(diagonal)
    try:
        superlu = splu(
            matrix,
            permc_spec="NATURAL",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True, "Equil": False},
        )
    except RuntimeError:  # exactly singular
        return None
    if not np.array_equal(superlu.perm_r, superlu.perm_c):
        return None  # a pivot was zero, and another row took its place
    return superlu, superlu.U.diagonal()[superlu.perm_c]
