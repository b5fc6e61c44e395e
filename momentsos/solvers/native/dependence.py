r"""Moments whose effect on the blocks is a combination of that of others.

Programs have them where fewer constraints than monomials see a moment; the Schur complement is then
singular at every point. At the start, where `X = S`, it is :math:`A^\top A`: a Cholesky factorisation with
pivoting picks independent moments, and the others are set to zero, which changes neither the blocks nor,
when the cost is the same combination, the objective. Source of the factorisation: Higham, *Accuracy and
Stability of Numerical Algorithms*, section 10.3.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import scipy.linalg
from scipy.linalg import lapack

from ...sdp import check_primal_ray
from .cone import Array
from .newton import completed_diagonal
from .program import Scaled

#: Pivots below this are candidates, and dependent when what is left of their column is below the second.
SUSPICIOUS = 1e-13
_LEFT = 1e-11
#: Share of the cost that a direction without effect must have to count as a change of the objective.
_COST = 1e-9

AnyProgram = TypeVar("AnyProgram", bound=Scaled)


def without_dependent(program: AnyProgram, schur: Array) -> tuple[AnyProgram, Array | None]:
    """Leave dependent moments out.

    Parameters
    ----------
    program : Scaled
    schur : (n_head, n_head) array
        The Schur complement at the starting point, all moments kept, as a lower triangle in column order.

    Returns
    -------
    program : Scaled
        The same one when no moment is dependent.
    ray : (n,) array or None
        A direction that changes the objective alone, which proves that there is no bound.
    """
    scale = 1.0 / np.sqrt(completed_diagonal(schur))
    matrix = np.asfortranarray(schur * scale[:, None] * scale)
    np.fill_diagonal(matrix, 1.0)
    factor, pivots, rank, _ = lapack.dpstrf(matrix, lower=1, tol=SUSPICIOUS)
    if rank == pivots.shape[0]:
        return program, None
    pivots = pivots.astype(np.intp) - 1
    keep, drop = pivots[:rank], pivots[rank:]
    lower = np.tril(factor[:rank, :rank])
    weights = scipy.linalg.solve_triangular(lower.T, factor[rank:, :rank].T)
    # A column for each dependent moment: one unit of it, less the combination of others with the same effect.
    rays = np.zeros((pivots.shape[0], drop.shape[0]))
    rays[drop, np.arange(drop.shape[0])] = 1.0
    rays[keep] = -weights
    rays *= scale[:, None]
    left = _effect(program, rays)
    if left.max(initial=0.0) > _LEFT:
        missing = program.elimination.restrict_head(program.image(_blocks(program, rays)).T).T[keep]
        missing *= scale[keep, None]
        rays[keep] -= scale[keep, None] * lapack.dpotrs(lower, missing, lower=1)[0]
        left = _effect(program, rays)
    dependent = left <= _LEFT
    falls = program.gradient @ rays
    sizes = np.abs(program.gradient).max(initial=0.0) * np.abs(rays).max(axis=0, initial=0.0)
    for i in np.flatnonzero(dependent & (np.abs(falls) > _COST * sizes)):
        moments = program.moments(-np.sign(falls[i]) * rays[:, i], 0.0)
        if check_primal_ray(program.sdp, moments) is not None:
            return program, moments
    kept = np.sort(np.concatenate([keep, drop[~dependent]]))
    elimination = replace(program.elimination, kept=kept)
    return replace(program, elimination=elimination, gradient=program.gradient[kept]), None


def _blocks(program: Scaled, rays: Array) -> Array:
    """Return the flat blocks of several directions, one a column."""
    coupling = program.elimination.coupling
    tail = program.elimination.order.shape[0] - program.elimination.n_head
    pivots = np.zeros((tail, rays.shape[1])) if coupling is None else -(coupling @ rays)
    return program.blocks(np.concatenate([rays, pivots]))


def _effect(program: Scaled, rays: Array) -> Array:
    """Return the largest entry that each direction makes in the blocks."""
    return np.asarray(np.abs(_blocks(program, rays)).max(axis=0, initial=0.0))
