"""The linear system of a Newton step: Cholesky factor, regularised as little as it needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lapack

from .. import rules
from ..arrays import Array


@dataclass(frozen=True, eq=False)
class SchurFactor:
    r"""A Cholesky factor of the Schur complement, :math:`B + \delta\, \mathrm{diag}(B) = L L^\top`.

    Attributes
    ----------
    factor : (n, n) array
        Its lower triangle is `L`.
    shift : float
        The regularisation `δ`.
    smallest_pivot : float
        The smallest pivot as a share of the diagonal entry in its place, at most 1.
    """

    factor: Array
    shift: float
    smallest_pivot: float

    def solve(self, right: Array) -> Array:
        """Return :math:`B^{-1} r`, without refinement."""
        if not right.size:
            return right
        return np.asarray(lapack.dpotrs(self.factor, right, lower=1)[0])


def completed_diagonal(schur: Array | sp.csc_matrix) -> Array:
    """Return the diagonal, 1 where it is not positive.

    Raises
    ------
    numpy.linalg.LinAlgError
        When a number is not finite.
    """
    diagonal = schur.diagonal()
    if not np.isfinite(diagonal).all():
        raise np.linalg.LinAlgError("the Schur complement is not finite")
    return np.where(diagonal > 0, diagonal, 1.0)


def factor_shifted(schur: Array, shift: float) -> SchurFactor | None:
    """Factor a Schur complement with a regularisation, None where that is too little; see `factor_schur`."""
    diagonal = completed_diagonal(schur)
    if not diagonal.shape[0]:
        return SchurFactor(schur, 0.0, 1.0)
    shifted = np.array(schur, order="F")
    np.einsum("ii->i", shifted)[:] = diagonal * (1.0 + shift)
    factor, info = lapack.dpotrf(shifted, lower=1, clean=0, overwrite_a=1)
    if info:
        return None
    return SchurFactor(factor, shift, float((factor.diagonal() ** 2 / diagonal).min(initial=1.0)))


def factor_schur(schur: Array) -> SchurFactor:
    """Factor a Schur complement, with as little regularisation as it needs.

    Parameters
    ----------
    schur : (n, n) array
        A lower triangle in column order; a row whose diagonal entry is not positive counts as one of the identity.

    Raises
    ------
    numpy.linalg.LinAlgError
        When it has a number that is not finite, or stays indefinite.
    """
    shift = 0.0
    while shift <= rules.LAST_SHIFT:
        found = factor_shifted(schur, shift)
        if found is not None:
            return found
        shift = max(rules.FIRST_SHIFT, shift * rules.SHIFT_GROWTH)
    raise np.linalg.LinAlgError("the Schur complement is not positive definite")
