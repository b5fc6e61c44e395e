"""Triangular factors of matrices by LAPACK itself: where they are small, what SciPy does around it takes longer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

#: Columns that LAPACK works on at a time, at most: its work space is for so many.
_PANEL = 64


def triangle_of_columns(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the `R` of a QR factorisation, as many rows as the matrix has rows or columns, whichever are fewer.

    Parameters
    ----------
    matrix : (m, n) array
        Finite numbers.
    """
    n = matrix.shape[1]
    factored, _, _, info = lapack.dgeqrf(matrix, lwork=_PANEL * max(1, n))
    return _upper(factored, info)


def pivoted_triangle(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the `R` of a QR factorisation with column pivoting, and the columns in its order."""
    n = matrix.shape[1]
    factored, pivots, _, _, info = lapack.dgeqp3(matrix, lwork=2 * n + _PANEL * (n + 1))
    return _upper(factored, info), pivots.astype(np.intp) - 1


def _upper(factored: NDArray[np.float64], info: int) -> NDArray[np.float64]:
    if info:
        raise ValueError(f"LAPACK refused argument {-info} of a factorisation")
    return np.triu(factored[: factored.shape[1]])
