r"""Symmetric matrices as vectors: the only home of triangle order and of the factor :math:`\sqrt 2`.

The upper triangle is read column by column, :math:`(0,0), (0,1), (1,1), (0,2), (1,2), (2,2), \dots`, and
entries off the diagonal are multiplied by :math:`\sqrt 2`, so that
:math:`\langle A, B \rangle = \operatorname{svec}(A)^\top \operatorname{svec}(B)`.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..machine.caches import kept

SQRT2 = math.sqrt(2.0)
#: Sizes whose places are kept, and the bytes that those of a block of 4000 rows take.
_SIZES, _ROOM = 64, 2**27
#: Most non-zeros up to which a sum over columns is quicker than a product of SciPy.
_SUMMED = 10_000


def svec_length(size: int) -> int:
    """Return the number of entries of the svec of a `size` × `size` matrix, ``size (size + 1) / 2``."""
    return size * (size + 1) // 2


def svec_size(length: int) -> int:
    """Return the matrix size that belongs to an svec of `length` entries."""
    return (math.isqrt(8 * length + 1) - 1) // 2


@kept(_SIZES, _ROOM)
def svec_index(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns (row ≤ column) of the svec entries in their order.

    Returns
    -------
    rows, columns : (size (size + 1) / 2,) integer arrays
    """
    columns, rows = np.tril_indices(size)
    rows.setflags(write=False)
    columns.setflags(write=False)
    return rows, columns


@kept(_SIZES, _ROOM)
def svec_weights(size: int) -> NDArray[np.float64]:
    """Return 1 for diagonal entries and √2 for the others, in svec order."""
    rows, columns = svec_index(size)
    weights = np.where(rows == columns, 1.0, SQRT2)
    weights.setflags(write=False)
    return weights


@kept(_SIZES, _ROOM)
def _places(size: int) -> NDArray[np.intp]:
    """Return for each entry of a matrix its place in the svec, shape (size, size)."""
    rows, columns = svec_index(size)
    places = np.empty((size, size), dtype=np.intp)
    places[rows, columns] = places[columns, rows] = np.arange(rows.shape[0])
    places.setflags(write=False)
    return places


def svec(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scaled upper triangle of one symmetric matrix or of a stack, shape ``(..., size, size)``."""
    size = matrix.shape[-1]
    rows, columns = svec_index(size)
    return np.asarray(matrix[..., rows, columns] * svec_weights(size))


def smat(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the symmetric matrix, or the stack of them, whose svec is `vector`, shape ``(..., length)``."""
    size = svec_size(vector.shape[-1])
    return np.take(vector / svec_weights(size), _places(size), axis=-1)


def transposed_product(matrix: sp.csr_matrix, vector: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return :math:`M^\top v`, without the transposed matrix: SciPy checks it for longer than small products take."""
    if matrix.nnz > _SUMMED:
        return np.asarray(matrix.T @ vector)
    values = matrix.data * np.repeat(vector, np.diff(matrix.indptr))
    return np.asarray(np.bincount(matrix.indices, values, minlength=matrix.shape[1]), dtype=np.float64)


def lower_by_columns(size: int) -> NDArray[np.intp]:
    r"""Return for each entry of the lower triangle, column by column, its place in svec order.

    This is the order of SCS: :math:`(0,0), (1,0), (2,0), \dots, (1,1), (2,1), \dots`.
    """
    columns, rows = np.triu_indices(size)
    return np.asarray(rows * (rows + 1) // 2 + columns)


def congruence(matrix: sp.csr_matrix) -> sp.csr_matrix:
    r"""Return the matrix that maps the svec of `M` to the svec of :math:`C M C^\top`, for a sparse `C`.

    Returns
    -------
    (r (r + 1) / 2, s (s + 1) / 2) CSR matrix
        For `C` of shape (r, s).
    """
    r, s = matrix.shape
    first, second = svec_index(r)
    pairs = sp.kron(matrix, matrix, format="csr")[first * r + second]
    rows, columns = np.divmod(pairs.indices, s)
    low, high = np.minimum(rows, columns), np.maximum(rows, columns)
    place = high * (high + 1) // 2 + low
    lengths = np.diff(pairs.indptr)
    values = pairs.data * (np.repeat(svec_weights(r), lengths) / svec_weights(s)[place])
    where = np.repeat(np.arange(len(lengths)), lengths), place
    return sp.csr_matrix((values, where), shape=(svec_length(r), svec_length(s)))
