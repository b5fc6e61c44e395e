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
    matrix : (n, n) array
        :math:`D B D`, with unit diagonal.
    factor : (n, n) array
    scale : (n,) array
        The diagonal `D`.
    shift : float
        The regularisation `δ`.
    """

    matrix: Array
    factor: Array
    scale: Array
    shift: float

    def solve(self, right: Array, refinements: int = 1) -> Array:
        """Return :math:`B^{-1} r`, with iterative refinement."""
        target = self.scale * right
        answer = lapack.dpotrs(self.factor, target, lower=1)[0]
        for _ in range(refinements):
            residual = target - self.matrix @ answer
            answer = answer + lapack.dpotrs(self.factor, residual, lower=1)[0]
        return np.asarray(self.scale * answer)


def factor_schur(schur: Array) -> SchurFactor:
    """Factor a Schur complement, with as little regularisation as it needs.

    Raises
    ------
    numpy.linalg.LinAlgError
        When it has a number that is not finite, or stays indefinite.
    """
    diagonal = schur.diagonal().copy()
    if not np.isfinite(diagonal).all():
        raise np.linalg.LinAlgError("the Schur complement is not finite")
    positive = diagonal[diagonal > 0]
    floor = positive.min() if positive.size else 1.0
    scale = 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, floor))
    matrix = schur * scale[:, None] * scale
    matrix[diagonal <= 0, diagonal <= 0] = 1.0
    shift = 0.0
    while shift <= _LAST:
        shifted = np.array(matrix, order="F")
        shifted.flat[:: matrix.shape[0] + 1] += shift
        factor, info = lapack.dpotrf(shifted, lower=1, clean=0, overwrite_a=1)
        if info == 0:
            return SchurFactor(matrix, factor, scale, shift)
        shift = max(_FIRST, shift * _GROWTH)
    raise np.linalg.LinAlgError("the Schur complement is not positive definite")
