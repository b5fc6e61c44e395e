r"""One factorisation for all steps: the moments whose blocks are nearest to given ones.

.. math::

    \begin{pmatrix} A^\top A & E^\top \\ E & 0 \end{pmatrix} \begin{pmatrix} y \\ \nu \end{pmatrix}
    = \begin{pmatrix} r \\ d \end{pmatrix}

A moment matrix alone has one moment in each entry, so that :math:`A^\top A` is diagonal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from . import rules

Floats = NDArray[np.float64]
#: Equalities that are left must be independent to this share.
_DEPENDENT = 1e-12
#: What is added to the diagonal, as a share of it, so that equalities that depend on others do no harm.
_SHIFT = 1e-13


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """The factored system.

    Attributes
    ----------
    solve : callable
        Takes the right sides `r` and `d`, and returns `y` and `ν`.
    bytes : int
        What the factors take.
    """

    solve: Callable[[Floats, Floats], tuple[Floats, Floats]]
    bytes: int

    @classmethod
    def of(cls, operator: sp.csr_matrix, equalities: sp.csr_matrix) -> NormalEquations:
        """Factor the system of an operator and equalities.

        Raises
        ------
        numpy.linalg.LinAlgError
            It is singular.
        """
        gram = sp.csr_matrix(operator.T @ operator)
        diagonal = gram.diagonal()
        if gram.nnz == np.count_nonzero(diagonal) and diagonal.all():
            return cls(*_diagonal(diagonal, equalities))
        n = gram.shape[0]
        if gram.nnz > rules.DENSE_SHARE * n * n and n <= rules.MOST_DENSE:
            return cls(*_dense(gram, equalities))
        return cls(*_sparse(gram, equalities))


def _diagonal(diagonal: Floats, equalities: sp.csr_matrix) -> tuple[Callable[..., tuple[Floats, Floats]], int]:
    """Eliminate `y` by a division; what is left has the size of the equalities."""
    scaled = sp.csr_matrix(equalities.multiply(1.0 / diagonal))
    inner = sp.csc_matrix(scaled @ equalities.T)
    transposed = sp.csr_matrix(equalities.T)
    if inner.shape[0] <= 500:
        inverse = np.linalg.pinv(inner.toarray(), rcond=_DEPENDENT, hermitian=True)
        size = inverse.nbytes

        def settle(right: Floats) -> Floats:
            return np.asarray(inverse @ right)

    else:
        shift = _SHIFT * float(inner.diagonal().max())
        factor = splu(inner + shift * sp.identity(inner.shape[0], format="csc"))
        size = 24 * factor.nnz
        settle = factor.solve

    def solve(right: Floats, values: Floats) -> tuple[Floats, Floats]:
        multipliers = settle(scaled @ right - values)
        return (right - transposed @ multipliers) / diagonal, multipliers

    return solve, size


def _dense(gram: sp.csr_matrix, equalities: sp.csr_matrix) -> tuple[Callable[..., tuple[Floats, Floats]], int]:
    r"""Factor :math:`A^\\top A + E^\\top E`, which has the same solutions where `E y = d`."""
    whole = (gram + equalities.T @ equalities).toarray()
    length = np.sqrt(np.diag(whole))
    length[length == 0] = 1.0
    whole /= length[:, None]
    whole /= length
    whole[np.diag_indices_from(whole)] += _SHIFT
    triangle = scipy.linalg.cholesky(whole, lower=True, overwrite_a=True, check_finite=False)
    transposed = sp.csr_matrix(equalities.T)
    across = scipy.linalg.solve_triangular(triangle, (equalities.toarray() / length).T, lower=True)
    inverse = np.linalg.pinv(across.T @ across, rcond=_DEPENDENT, hermitian=True)

    def solve(right: Floats, values: Floats) -> tuple[Floats, Floats]:
        scaled = (right + transposed @ values) / length
        down = scipy.linalg.solve_triangular(triangle, scaled, lower=True, check_finite=False)
        multipliers = inverse @ (across.T @ down - values)
        up = scipy.linalg.solve_triangular(
            triangle, down - across @ multipliers, lower=True, trans="T", check_finite=False
        )
        return up / length, multipliers + 0.0 * values

    return solve, triangle.nbytes + across.nbytes


def _sparse(gram: sp.csr_matrix, equalities: sp.csr_matrix) -> tuple[Callable[..., tuple[Floats, Floats]], int]:
    n, count = gram.shape[0], equalities.shape[0]
    shift = _SHIFT * float(gram.diagonal().max())
    system = sp.bmat(
        [[gram + shift * sp.identity(n), equalities.T], [equalities, -shift * sp.identity(count)]], format="csc"
    )
    try:
        factor = splu(system)
    except RuntimeError as error:  # SuperLU's word for a singular matrix
        raise np.linalg.LinAlgError(str(error)) from error

    def solve(right: Floats, values: Floats) -> tuple[Floats, Floats]:
        goal = np.concatenate([right, values])
        found = factor.solve(goal)
        found += factor.solve(goal - system @ found)
        return found[:n], found[n:]

    return solve, 24 * (factor.L.nnz + factor.U.nnz)
