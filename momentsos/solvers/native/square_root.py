r"""The Schur complement by its square root, for the last digits of small programs.

:math:`B = T^\top T` with the weighted triangles `T_a` of `momentsos.solvers.native.congruence`; a QR factorisation
of `T` gives the Cholesky factor of `B` without forming `B`, whose condition number is the square of that of `T`.
With refinement by the exact operator these are the corrected seminormal equations (Björck, *Numerical Methods for
Least Squares Problems*, section 2.9.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from .cone import Array, Factor
from .congruence import balance, congruent
from .newton import SchurFactor
from .program import Program, reduced_operator

#: Most numbers in the dense data of all blocks.
_LARGEST = 6_000_000
#: A column whose part orthogonal to those before it is below this share of it is a combination of them.
_DEPENDENT = 1e-14


@dataclass(frozen=True, eq=False)
class SquareRoot:
    """The blocks over the free moments, one array a group."""

    data: tuple[Array, ...]

    def factor(self, gram_factor: Factor, slack_factor: Factor) -> SchurFactor:
        """Return the factor of the Schur complement at a point with the given Cholesky factors."""
        pairs = zip(self.data, gram_factor.lower, slack_factor.lower, strict=True)
        tall = np.vstack([np.concatenate(congruent(data, *balance(left, lower))) for data, left, lower in pairs])
        width = tall.shape[1]
        norms = np.sqrt(np.einsum("ij,ij->j", tall, tall))
        norms[norms == 0] = 1.0
        tall /= norms
        (upper,) = scipy.linalg.qr(tall, mode="r", overwrite_a=True, check_finite=False)
        upper = np.asarray(upper[:width])
        diagonal = np.einsum("ii->i", upper)
        diagonal[np.abs(diagonal) <= _DEPENDENT] = 1.0 / _DEPENDENT
        smallest = float(np.abs(diagonal).min(initial=1.0)) ** 2
        return SchurFactor(np.asfortranarray((upper * norms).T), 0.0, smallest)


def make_square_root(program: Program) -> SquareRoot | None:
    """Return the dense data of a program, or None when they are too large or have too few rows."""
    dimension, n = program.cone.dimension, program.schur.n
    rows = program.cone.upper.shape[0]
    if dimension * n > _LARGEST or rows < program.elimination.n_free:
        return None
    operator = reduced_operator(program)
    groups = program.cone.groups
    return SquareRoot(tuple(operator[g.span].reshape(g.count, g.size, -1) for g in groups))
