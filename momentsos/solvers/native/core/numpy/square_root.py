r"""The Schur complement by its square root, for the last digits of small programs.

:math:`B = T^\top T` with :math:`T_a = L^\top A_a K^{-\top}` for :math:`X = L L^\top`, :math:`S = K K^\top`; a QR
factorisation of `T` gives the Cholesky factor of `B` without forming `B`, whose condition number is the square of
that of `T`. With refinement by the exact operator these are the corrected seminormal equations (Björck, *Numerical
Methods for Least Squares Problems*, section 2.9.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from ... import rules
from ...arrays import Array
from ...factors.dense_factor import SchurFactor
from .blocks import Factor
from .congruence import moved
from .scaled import ScaledMatrices, reduced_operator
from .sparse_schur import SparseSchur


@dataclass(frozen=True, eq=False)
class SquareRoot:
    """The blocks over the free moments, one array a group."""

    data: tuple[Array, ...]

    def factor(self, gram_factor: Factor, slack_factor: Factor) -> SchurFactor:
        """Return the factor of the Schur complement at a point with the given Cholesky factors."""
        pairs = zip(self.data, gram_factor.lower, slack_factor.inverse, strict=True)
        # The factors of X and S themselves: the congruence of both has lost the digits that are looked for here.
        tall = np.vstack([np.concatenate(moved(data, left.swapaxes(1, 2), right)) for data, left, right in pairs])
        width = tall.shape[1]
        norms = np.sqrt(np.einsum("ij,ij->j", tall, tall))
        norms[norms == 0] = 1.0
        tall /= norms
        (upper,) = scipy.linalg.qr(tall, mode="r", overwrite_a=True, check_finite=False)
        upper = np.asarray(upper[:width])
        diagonal = np.einsum("ii->i", upper)
        diagonal[np.abs(diagonal) <= rules.DEPENDENT_COLUMN] = 1.0 / rules.DEPENDENT_COLUMN
        # The digits that it has follow from its own pivots, not from their squares, the pivots of `B`.
        smallest = float(np.abs(diagonal).min(initial=1.0))
        return SchurFactor(np.asfortranarray((upper * norms).T), 0.0, smallest)


def make_square_root(program: ScaledMatrices) -> SquareRoot | None:
    """Return the dense data of a program, or None when they are too large or have too few rows."""
    dimension, n, free = program.cone.dimension, program.elimination.order.shape[0], program.elimination.n_free
    is_large = dimension * n > rules.LARGEST_ROOT or dimension * free**2 > rules.LONGEST_ROOT
    if isinstance(program.schur, SparseSchur) or is_large or dimension < free:
        return None
    operator = reduced_operator(program)
    groups = program.cone.groups
    return SquareRoot(tuple(operator[g.span].reshape(g.count, g.size, -1) for g in groups))
