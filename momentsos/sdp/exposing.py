r"""The face of the dual cone that every identity lies in, as far as one functional exposes it.

Let `y` satisfy :math:`E y = 0`, :math:`c^\top y \le 0` and :math:`F_j(y) \succeq 0`, not all zero. Then the Gram
matrices `X_j` of every bound have :math:`\sum_j \langle X_j, F_j(y) \rangle = c^\top y - \lambda^\top E y \le 0`, so
that :math:`X_j F_j(y) = 0`: they live on the kernels of the :math:`F_j(y)`. Such functionals are points that have moved
to infinity along curves on which the leading terms of the objective vanish. The solution of a program is one of largest
rank; it is known in floats, and its kernels are recognised as rational.

Nothing is claimed that depends on the recognition: an identity on any smaller cone is an identity.

Source: Borwein and Wolkowicz, *Regularizing the abstract convex program*, J. Math. Anal. Appl. 83 (1981); Permenter and
Parrilo, *Partial facial reduction*, Math. Program. 171 (2018), section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .program import SDP
from .svec import svec

#: Rows of rational numbers.
Rows = tuple[tuple[Fraction, ...], ...]

#: A functional exposes a face when its value is below this, its traces adding up to one.
EXPOSED = 1e-7
#: Eigenvalues of a functional's matrices above these count as nonzero.
RANK_TOLERANCES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
#: Entries of a kernel are recognised as fractions with denominators up to the first, to within the second.
SIMPLE = ((8, 2e-2), (64, 1e-3))
#: And these, where it can be told whether a face is of use: that a single number is near to one of them says little.
RECOGNISED = (*SIMPLE, (1024, 1e-6), (2**14, 1e-9))


def exposing_program(sdp: SDP) -> SDP:
    """Return the program whose solutions expose a face: its own functionals, homogeneous, their traces adding up to 1.

    Its value is zero or less exactly where there is one, but for what is attained in the limit only.
    """
    identity = np.concatenate([svec(np.eye(size)) for size in sdp.sizes])
    trace = sp.csr_matrix(sdp.operator.T @ identity)
    return replace(
        sdp,
        equalities=sp.vstack([sdp.equalities, trace], format="csr"),
        right_side=np.concatenate([np.zeros_like(sdp.right_side), [1.0]]),
    )


def sharpened(program: SDP, matrices: list[NDArray[np.float64]], tolerance: float) -> SDP:
    """Return the same program with a price on what its solution has outside the largest eigenvectors of its matrices.

    An interior-point method leaves the solution in all directions in which little is lost, by the square root of its
    accuracy: kernels are off by as much. Priced, it leaves them by its accuracy alone.

    Parameters
    ----------
    program : SDP
        Of `exposing_program`.
    matrices : list of (s, s) arrays
        Those of a solution.
    tolerance : float
        Eigenvectors with eigenvalues above it are free.
    """
    outside = []
    for matrix in matrices:
        values, vectors = np.linalg.eigh(matrix)
        small = vectors[:, values <= tolerance]
        outside.append(svec(small @ small.T))
    return replace(program, cost=np.asarray(program.cost + program.operator.T @ np.concatenate(outside)))


def rational_kernels(matrices: list[NDArray[np.float64]]) -> Iterator[list[Rows]]:
    """Yield rational bases of the kernels of semidefinite matrices, for what may count as zero and as a fraction.

    Those of few and simple fractions come first; where a matrix has a kernel that is not recognised, nothing is.
    """
    seen: set[tuple[Rows, ...]] = set()
    for (largest, near), tolerance in product(RECOGNISED, RANK_TOLERANCES):
        found = []
        for matrix in matrices:
            rows = kernel(matrix, tolerance, largest, near)
            if rows is None:
                break
            found.append(rows)
        if len(found) == len(matrices) and tuple(found) not in seen:
            seen.add(tuple(found))
            yield found


def kernel(matrix: NDArray[np.float64], tolerance: float, largest: int, near: float) -> Rows | None:
    """Return a rational basis of the kernel of a semidefinite matrix, None when it is not recognised.

    Parameters
    ----------
    matrix : (s, s) array
    tolerance : float
        Eigenvalues above it count as nonzero.
    largest : int
        Denominators of the echelon form of what is orthogonal to the kernel are at most this.
    near : float
        To within what its entries are those fractions.
    """
    size = len(matrix)
    values, vectors = np.linalg.eigh(matrix)
    span = vectors[:, values > tolerance].T
    if not len(span):
        return tuple(tuple(Fraction(int(i == j)) for j in range(size)) for i in range(size))
    rows = recognised(span, largest, near)
    return None if rows is None else orthogonal_rows(rows, size)


def recognised(span: NDArray[np.float64], largest: int, tolerance: float) -> dict[int, list[Fraction]] | None:
    """Return the reduced row echelon form of the span with rational entries, by pivot, None if it has others."""
    work, pivots = span.copy(), []
    for i in range(len(work)):
        free = np.abs(work[i:]).max(axis=0)
        pivot = int(np.argmax(free > 0.5 * free.max()))
        best = i + int(np.argmax(np.abs(work[i:, pivot])))
        work[[i, best]] = work[[best, i]]
        work[i] /= work[i, pivot]
        for k in range(len(work)):
            if k != i:
                work[k] -= work[k, pivot] * work[i]
        pivots.append(pivot)
    found = {}
    for pivot, row in zip(pivots, work, strict=True):
        near = [Fraction(float(x)).limit_denominator(largest) for x in row]
        if max(abs(float(n) - x) for n, x in zip(near, row, strict=True)) > tolerance:
            return None
        found[pivot] = near
    return found


def orthogonal_rows(rows: dict[int, list[Fraction]], width: int) -> Rows:
    """Return a basis of the vectors that are orthogonal to rows in echelon form."""
    basis = []
    for free in (i for i in range(width) if i not in rows):
        vector = [Fraction(int(i == free)) for i in range(width)]
        for pivot, row in rows.items():
            vector[pivot] = -row[free]
        basis.append(tuple(vector))
    return tuple(basis)
