"""Triangular factors of matrices by LAPACK itself: where they are small, what SciPy does around it takes longer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack, qr

#: Columns that LAPACK works on at a time, at most: its work space is for so many.
_PANEL = 64
#: Below this share of the largest pivot rows count as dependent.
_DEPENDENT = 1e-12


@dataclass(frozen=True, eq=False)
class Factored:
    """A QR factorisation of a matrix with at least as many rows as columns; the orthogonal factor is not formed.

    Attributes
    ----------
    triangle : (n, n) array
        The `R`.
    """

    triangle: NDArray[np.float64]
    _reflectors: NDArray[np.float64]
    _scales: NDArray[np.float64]

    @classmethod
    def of(cls, matrix: NDArray[np.float64]) -> Factored:
        """Factor a matrix of finite numbers; in Fortran order it is overwritten."""
        return cls(*_factored(matrix))

    def project(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        r"""Return :math:`Q^\top v`, shape (n,)."""
        return self._applied("T", vector)[: len(self.triangle)]

    def expand(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return :math:`Q v`, shape (m,)."""
        return self._applied("N", np.append(vector, np.zeros(len(self._reflectors) - len(vector))))

    def _applied(self, how: str, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        if not len(self.triangle):
            return vector
        product, _, info = lapack.dormqr("L", how, self._reflectors, self._scales, vector[:, None], lwork=_PANEL)
        _check(info)
        return np.asarray(product[:, 0])


def triangle_of_columns(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the `R` of a QR factorisation, as many rows as the matrix has rows or columns, whichever are fewer.

    Parameters
    ----------
    matrix : (m, n) array
        Finite numbers; in Fortran order it is overwritten.
    """
    return _factored(matrix)[0]


def pivoted_triangle(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the `R` of a QR factorisation with column pivoting, and the columns in its order."""
    n = matrix.shape[1]
    if not matrix.size:
        return np.zeros((0, n)), np.arange(n)
    factored, pivots, _, _, info = lapack.dgeqp3(matrix, lwork=2 * n + _PANEL * (n + 1))
    _check(info)
    return np.triu(factored[:n]), pivots.astype(np.intp) - 1


def _factored(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the triangle, and the orthogonal factor as LAPACK has it."""
    n = matrix.shape[1]
    if not matrix.size:
        return np.zeros((0, n)), matrix, np.zeros(0)
    factored, scales, _, info = lapack.dgeqrf(matrix, lwork=_PANEL * n, overwrite_a=True)
    _check(info)
    return np.triu(factored[:n]), factored, scales


def _check(info: int) -> None:
    if info:
        raise ValueError(f"LAPACK refused argument {-info} of a factorisation")


def independent(matrix: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return as many rows and columns as the rank, such that their submatrix is regular and well conditioned."""
    size = np.linalg.norm(matrix, axis=1)
    scaled = matrix / np.where(size > 0, size, 1.0)[:, None]
    q, r, rows = qr(scaled.T, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(r))
    rank = int((diagonal > _DEPENDENT * diagonal.max(initial=0.0)).sum())
    _, _, columns = qr(q[:, :rank].T, mode="economic", pivoting=True)
    return rows[:rank].astype(np.intp), columns[:rank].astype(np.intp)
