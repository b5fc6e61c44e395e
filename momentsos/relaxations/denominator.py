r"""The best denominator: which positive quadratic `q` proves the most in the place of :math:`1 + \|u\|^2`.

Every positive definite quadratic :math:`q = [u]_1^\top W [u]_1` may stand in the identity
:math:`q w^{k-1} (f - \gamma) = \sigma_0 + \sum_j \sigma_j g_j + \sum_l \lambda_l h_l`, with
:math:`w = 1 + \|u\|^2`. For a fixed :math:`\gamma` it is linear in `W` and the multipliers together, so that

.. math::

    \max\; s \quad\text{subject to}\quad q w^{k-1} (f - \gamma) - s\, w^k = \sigma_0 + \sum_j \sigma_j g_j
    + \sum_l \lambda_l h_l, \quad W \succeq 0,\ \operatorname{trace} W = 1

is one semidefinite program, and :math:`\gamma` is a lower bound for some `q` if and only if its value is not negative.
On the moment side a matrix is added to the relaxation: :math:`\min t` subject to :math:`L(w^k) = 1`, the blocks, and
:math:`t I - L((f - \gamma)\, w^{k-1} [u]_1 [u]_1^\top) \succeq 0`. An affine change of `u` turns the best `q` into a
multiple of :math:`1 + \|u\|^2`: the program finds the place and the metric in which the relaxation is tight.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..conditioning.split import Split
from ..polynomials import Polynomial
from ..sdp import (
    SDP,
    SDPSolution,
    smat,
    svec_index,
    svec_length,
    svec_weights,
)
from .assemble import Relaxation
from .partial import denominator

#: Eigenvalues of `W` are raised to this share of the largest: a definite quadratic that is as good to rounding.
_DEFINITE = 1e-6


def denominator_program(relaxation: Relaxation, objective: Polynomial, split: Split, target: float) -> SDP | None:
    r"""Return the program whose last block has the best `W` as its dual.

    Parameters
    ----------
    relaxation : Relaxation
        Of order `k`, at least 1, with the normalisation :math:`w^k`.
    objective : Polynomial
        The `f`.
    split : Split
    target : float
        The :math:`\gamma` that is to be reached.

    Returns
    -------
    SDP or None
        With one unknown more, the last. None where the relaxation has no denominator, or lacks a moment that the
        matrix needs.
    """
    plan, sdp, n = relaxation.plan, relaxation.sdp, len(relaxation.plan.variables)
    if plan.order < 1 or plan.normalization.degree == 0:
        return None
    weighted = (objective - target) * denominator(plan.variables, split, plan.order - 1)
    basis = np.zeros((1 + len(split.inner), n), dtype=np.int64)
    basis[np.arange(1, len(basis)), list(split.inner)] = 1
    first, second = svec_index(len(basis))
    sums = (basis[first] + basis[second])[:, None, :] + weighted.exponents[None, :, :]
    places = relaxation.monomials.find(sums.reshape(-1, n))
    if (places < 0).any():
        return None
    values = -np.multiply.outer(svec_weights(len(basis)), weighted.values).reshape(-1)
    rows = np.repeat(np.arange(len(first)), len(weighted))
    diagonal = np.flatnonzero(first == second)
    matrix = sp.csr_matrix(
        (
            np.append(values, np.ones(len(diagonal))),
            (np.append(rows, diagonal), np.append(places, np.full(len(diagonal), sdp.n_moments))),
        ),
        shape=(svec_length(len(basis)), sdp.n_moments + 1),
    )
    cost = np.zeros(sdp.n_moments + 1)
    cost[-1] = 1.0
    return SDP(
        cost=cost,
        equalities=_widened(sdp.equalities),
        right_side=sdp.right_side,
        operator=sp.vstack([_widened(sdp.operator), matrix], format="csr"),
        sizes=(*sdp.sizes, len(basis)),
    )


def _widened(matrix: sp.csr_matrix) -> sp.csr_matrix:
    return sp.csr_matrix((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], matrix.shape[1] + 1))


def centre_and_axes(program: SDP, solution: SDPSolution) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    r"""Return `a` and `A` such that the best `q` is a multiple of :math:`1 + \|s\|^2` in :math:`u = a + A s`.

    With :math:`W = \begin{pmatrix} \alpha & b^\top \\ b & C \end{pmatrix}`: :math:`a = -C^{-1} b`,
    :math:`A = \sqrt{\alpha + b^\top a}\; C^{-1/2}`.

    Returns
    -------
    (m,) and (m, m) arrays, or None when the solution has no definite `W`.
    """
    if solution.gram is None or not np.isfinite(solution.gram).all():
        return None
    values, vectors = np.linalg.eigh(smat(program.split(solution.gram)[-1]))
    if values[-1] <= 0:
        return None
    weights = (vectors * np.maximum(values, _DEFINITE * values[-1])) @ vectors.T
    centre = -np.linalg.solve(weights[1:, 1:], weights[1:, 0])
    least = weights[0, 0] + weights[0, 1:] @ centre
    curvatures, directions = np.linalg.eigh(weights[1:, 1:])
    return centre, directions * np.sqrt(least / curvatures)
