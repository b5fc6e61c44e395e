r"""The Schur complement by its square root, for the last digits of small programs.

:math:`B = T^\top T` with :math:`T_a = L^\top A_a K^{-\top}`; a QR factorisation of `T` gives the Cholesky
factor of `B` without forming `B`, whose condition number is the square of that of `T`. With refinement by
the exact operator these are the corrected seminormal equations (Björck, *Numerical Methods for Least
Squares Problems*, section 2.9.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from .cone import Array, Factor, Group
from .newton import SchurFactor
from .program import Program, reduced_operator
from .terms import transformed

#: Most numbers in the dense data of all blocks.
_LARGEST = 6_000_000
#: A column whose part orthogonal to those before it is below this share of it is a combination of them.
_DEPENDENT = 1e-14


@dataclass(frozen=True, eq=False)
class SquareRoot:
    """The blocks over the free moments as one dense matrix, one row a flat entry."""

    groups: tuple[Group, ...]
    data: Array

    def factor(self, gram_factor: Factor, slack_factor: Factor) -> SchurFactor:
        """Return the factor of the Schur complement at a point with the given Cholesky factors."""
        width = self.data.shape[1]
        tall = np.empty_like(self.data)
        for group, left, right in zip(self.groups, gram_factor.lower, slack_factor.inverse, strict=True):
            shape = (group.count, group.size, group.size, width)
            moved = transformed(self.data[group.span].reshape(shape), left, right)
            tall[group.span] = moved.reshape(-1, width)
        norms = np.sqrt(np.einsum("ij,ij->j", tall, tall))
        scale = 1.0 / np.where(norms > 0, norms, 1.0)
        tall *= scale
        (upper,) = scipy.linalg.qr(tall, mode="r", overwrite_a=True, check_finite=False)
        upper = np.asarray(upper[:width])
        diagonal = np.einsum("ii->i", upper)
        diagonal[np.abs(diagonal) <= _DEPENDENT] = 1.0 / _DEPENDENT
        return SchurFactor(np.asfortranarray(upper.T), scale, 0.0)


def make_square_root(program: Program) -> SquareRoot | None:
    """Return the dense data of a program, or None when they are too large or have too few rows."""
    dimension, n = program.operator.shape
    if dimension * n > _LARGEST or dimension < program.elimination.n_free:
        return None
    return SquareRoot(program.cone.groups, reduced_operator(program))
