"""The linear system of a Newton step: regularised Cholesky factor, refined solves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from .cone import Array

_GROWTH = 1e2
_FIRST = 1e-16
_LAST = 1e-6


@dataclass(frozen=True, eq=False)
class SchurFactor:
    r"""A Cholesky factor of the equilibrated Schur complement, :math:`D B D + \delta I = L L^\top`.

    Attributes
    ----------
    factor : (n, n) array
    scale : (n,) array
        The diagonal `D`.
    shift : float
        The regularisation `δ`.
    """

    factor: Array
    scale: Array
    shift: float

    @property
    def smallest_pivot(self) -> float:
        """The smallest pivot of the factorisation, at most 1."""
        return float(self.factor.diagonal().min(initial=1.0)) ** 2

    def solve(self, right: Array) -> Array:
        """Return :math:`B^{-1} r`, without refinement."""
        if not right.size:
            return right
        return np.asarray(self.scale * lapack.dpotrs(self.factor, self.scale * right, lower=1)[0])


def equilibrated(schur: Array) -> tuple[Array, Array]:
    """Return `D B D` with unit diagonal, and `D`.

    Raises
    ------
    numpy.linalg.LinAlgError
        When a number is not finite.
    """
    diagonal = schur.diagonal().copy()
    if not np.isfinite(diagonal).all():
        raise np.linalg.LinAlgError("the Schur complement is not finite")
    positive = diagonal[diagonal > 0]
    floor = positive.min() if positive.size else 1.0
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, floor))
    matrix = schur * scale[:, None] * scale
    matrix[diagonal <= 0, diagonal <= 0] = 1.0
    return matrix, scale


def factor_schur(schur: Array) -> SchurFactor:
    """Factor a Schur complement, with as little regularisation as it needs.

    Raises
    ------
    numpy.linalg.LinAlgError
        When it has a number that is not finite, or stays indefinite.
    """
    matrix, scale = equilibrated(schur)
    if not matrix.size:
        return SchurFactor(matrix, scale, 0.0)
    shift = 0.0
    while shift <= _LAST:
        shifted = np.array(matrix, order="F")
        shifted.flat[:: matrix.shape[0] + 1] += shift
        factor, info = lapack.dpotrf(shifted, lower=1, clean=0, overwrite_a=1)
        if info == 0:
            return SchurFactor(factor, scale, shift)
        shift = max(_FIRST, shift * _GROWTH)
    raise np.linalg.LinAlgError("the Schur complement is not positive definite")
