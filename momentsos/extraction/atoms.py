r"""Atoms of a moment matrix by the truncated GNS construction with joint diagonalisation.

Write :math:`M_d = V V^\top` with `r` columns. Multiplication by :math:`x_i` maps the row of a monomial `b` to the
row of :math:`x_i b`; in the orthonormal coordinates of `V` it is a symmetric `r` × `r` matrix, and the matrices
of all variables commute when the moments are flat. Their joint eigenvalues are the coordinates of the atoms.

Source: Henrion and Lasserre, *Detecting global optimality and extracting solutions in GloptiPoly* (2005);
Klep, Povh and Volčič, *Minimizer extraction in polynomial optimization is robust*, SIAM J. Optim. 28 (2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..machine.records import Record
from ..polynomials import ExponentIndex
from ..polynomials.exponents import Exponents


@dataclass(frozen=True, eq=False, repr=False)
class Atoms(Record):
    """Points with weights that represent a moment matrix.

    Attributes
    ----------
    points : (r, n) array
    weights : (r,) array
        They sum to about :math:`L(1)`.
    residual : float
        How far the multiplication matrices are from being jointly diagonal, relative to their size: 0 for
        atoms that represent the moments exactly.
    """

    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    residual: float


def extract_atoms(matrix: NDArray[np.float64], basis: Exponents, degree: int, rank: int, seed: int = 0) -> Atoms | None:
    """Extract `rank` atoms from the rows of `matrix` of degree at most `degree`.

    Parameters
    ----------
    matrix : (size, size) array
        The moment matrix; row `i` belongs to the monomial ``basis[i]``.
    basis : (size, n) integer array
    degree, rank : int
        The inner degree `d` and the rank of :math:`M_d`.
    seed : int
        For the random combination that is diagonalised.

    Returns
    -------
    Atoms or None
        None when rows of degree `degree - 1` do not span, so that multiplication is not determined.
    """
    totals = basis.sum(axis=1)
    inside = np.flatnonzero(totals <= degree)
    values, vectors = np.linalg.eigh(matrix[np.ix_(inside, inside)])
    rank = min(rank, int((values > 0).sum()))
    if rank == 0 or degree < 1:
        return None
    factor = vectors[:, -rank:] * np.sqrt(values[-rank:])
    index = ExponentIndex.of(basis[inside])
    row_of = np.empty(len(inside), dtype=np.intp)
    row_of[index.find(basis[inside])] = np.arange(len(inside))
    low = np.flatnonzero(totals[inside] < degree)
    singular = np.linalg.svd(factor[low], compute_uv=False)
    if len(low) < rank or singular[-1] <= 1e-7 * singular[0]:
        return None
    n = basis.shape[1]
    multiplications = np.empty((n, rank, rank))
    for i in range(n):
        shifted = basis[inside][low].copy()
        shifted[:, i] += 1
        product = np.linalg.lstsq(factor[low], factor[row_of[index.find(shifted)]], rcond=None)[0]
        multiplications[i] = (product + product.T) / 2
    mix = np.random.default_rng(seed).standard_normal(n)
    _, common = np.linalg.eigh(np.tensordot(mix, multiplications, axes=1))
    rotated = common.T @ multiplications @ common
    points = np.einsum("ijj->ji", rotated)
    off = rotated - np.einsum("ij,jk->ijk", points.T, np.eye(rank))
    size = max(1.0, float(np.abs(multiplications).max()))
    constant = row_of[index.find(np.zeros((1, n), dtype=np.int64))[0]]
    return Atoms(points, (factor[constant] @ common) ** 2, float(np.abs(off).max()) / size)


def first_moments(moments_of_variables: NDArray[np.float64], mass: float) -> NDArray[np.float64]:
    """Return the mean :math:`L(x_i) / L(1)`, a candidate point when one atom dominates."""
    return moments_of_variables / mass
