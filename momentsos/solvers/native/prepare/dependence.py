r"""Moments whose effect on the blocks is a combination of that of others.

Programs have them where fewer constraints than monomials see a moment; the Schur complement is then
singular at every point. At the start, where `X = S`, it is :math:`A^\top A`: a Cholesky factorisation with
pivoting picks independent moments, and the others are set to zero, which changes neither the blocks nor,
when the cost is the same combination, the objective. Source of the factorisation: Higham, *Accuracy and
Stability of Numerical Algorithms*, section 10.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack

from ....sdp import check_primal_ray
from .. import rules
from ..arrays import Array
from ..factors.dense_factor import SchurFactor, completed_diagonal, factor_shifted
from ..factors.sparse_factor import SparseFactor, SparseMatrix, factor_matrix, pivots_of, restricted
from .scaled import Scaled

AnyProgram = TypeVar("AnyProgram", bound=Scaled)


@dataclass(frozen=True, eq=False)
class Settled(Generic[AnyProgram]):
    """A program of independent moments, the factor of its Schur complement at the start, and a ray as in `Start`."""

    program: AnyProgram
    schur: SchurFactor | SparseFactor
    ray: Array | None


def settle(program: AnyProgram, matrix: Array | SparseMatrix) -> Settled[AnyProgram]:
    r"""Leave out the moments that depend on others, given the Schur complement at the starting point, :math:`A^\top A`.

    Raises
    ------
    numpy.linalg.LinAlgError
        When it cannot be factored.
    """
    found = factor_matrix(matrix) if isinstance(matrix, SparseMatrix) else factor_shifted(matrix, 0.0)
    if found is not None and found.shift == 0 and found.smallest_pivot >= rules.SUSPICIOUS:
        return Settled(program, found, None)
    program, ray = without_dependent(program, matrix)
    kept = program.elimination.kept
    return Settled(program, factor_matrix(matrix if kept is None else restricted(matrix, kept)), ray)


def without_dependent(program: AnyProgram, schur: Array | SparseMatrix) -> tuple[AnyProgram, Array | None]:
    """Leave dependent moments out.

    Parameters
    ----------
    program : Scaled
    schur : (n_head, n_head) array or SparseMatrix
        The Schur complement at the starting point, all moments kept; dense as a lower triangle in column order.

    Returns
    -------
    program : Scaled
        The same one when no moment is dependent.
    ray : (n,) array or None
        A direction that changes the objective alone, which proves that there is no bound.
    """
    picked = _pick_sparse(schur) if isinstance(schur, SparseMatrix) else _pick_dense(schur)
    if not picked.drop.size:
        return program, None
    kept = [picked.keep]
    step = max(1, rules.CHUNK // program.cone.dimension) if isinstance(schur, SparseMatrix) else picked.drop.size
    for low in range(0, picked.drop.size, step):
        drop = picked.drop[low : low + step]
        dependent, moments = _judge(program, picked, drop)
        if moments is not None:
            return program, moments
        kept.append(drop[~dependent])
    return program.on(np.sort(np.concatenate(kept))), None


@dataclass(frozen=True, eq=False)
class _Picked:
    """Independent moments `keep` and candidates `drop`, of a Schur complement with the diagonal scaled to one.

    `solve` has that matrix over `keep`; `weights` returns the combinations of them that candidates may be.
    """

    keep: NDArray[np.intp]
    drop: NDArray[np.intp]
    scale: Array
    solve: Callable[[Array], Array]
    weights: Callable[[NDArray[np.intp]], Array]


def _pick_dense(schur: Array) -> _Picked:
    """Choose independent moments by a factorisation with pivoting."""
    scale = 1.0 / np.sqrt(completed_diagonal(schur))
    matrix = np.array(schur, order="F")
    matrix *= scale[:, None]
    matrix *= scale
    np.fill_diagonal(matrix, 1.0)
    factor, pivots, rank, _ = lapack.dpstrf(matrix, lower=1, tol=rules.SUSPICIOUS, overwrite_a=1)
    pivots = pivots.astype(np.intp) - 1
    lower = np.asfortranarray(factor[:rank, :rank])
    row = np.argsort(pivots)

    def weights(chosen: NDArray[np.intp]) -> Array:
        return np.asarray(lapack.dtrtrs(lower, factor[row[chosen], :rank].T, lower=1, trans=1)[0])

    return _Picked(
        pivots[:rank], pivots[rank:], scale, lambda right: np.asarray(lapack.dpotrs(lower, right, lower=1)[0]), weights
    )


def _pick_sparse(schur: SparseMatrix) -> _Picked:
    """Choose independent moments by a factorisation in the order at hand, with the diagonal raised a little."""
    diagonal = completed_diagonal(schur.matrix)
    roots = sp.diags_array(1.0 / np.sqrt(diagonal))
    scaled = SparseMatrix(sp.csc_matrix(roots @ schur.matrix @ roots), schur.order)
    found = pivots_of(scaled, np.full(diagonal.shape, 1.0 + rules.SUSPICION_RAISED * rules.SUSPICIOUS))
    if found is None:
        raise np.linalg.LinAlgError("the Schur complement is not positive definite")
    small = found[1] <= rules.SUSPICIOUS
    keep = np.sort(schur.order[~small])
    factor = factor_matrix(scaled.restricted(keep))
    place = np.argsort(schur.order)

    def weights(chosen: NDArray[np.intp]) -> Array:
        return factor.solve(scaled.matrix[place[keep]][:, place[chosen]].toarray())

    return _Picked(keep, np.sort(schur.order[small]), (1.0 / np.sqrt(diagonal))[place], factor.solve, weights)


def _judge(program: Scaled, picked: _Picked, drop: NDArray[np.intp]) -> tuple[NDArray[np.bool_], Array | None]:
    """Return which candidates have no effect of their own, and a direction that changes the objective alone."""
    keep, scale = picked.keep, picked.scale
    # A column for each candidate: one unit of it, less the combination of others with the same effect.
    rays = np.zeros((scale.shape[0], drop.shape[0]))
    rays[drop, np.arange(drop.shape[0])] = 1.0
    rays[keep] = -picked.weights(drop)
    rays *= scale[:, None]
    left = program.effect(rays)
    if left.max(initial=0.0) > rules.EFFECT_LEFT:
        missing = program.elimination.restrict_head(program.image(program.directions(rays)).T).T[keep]
        missing *= scale[keep, None]
        rays[keep] -= scale[keep, None] * picked.solve(missing)
        left = program.effect(rays)
    falls = program.gradient @ rays
    sizes = np.abs(program.gradient).max(initial=0.0) * np.abs(rays).max(axis=0, initial=0.0)
    for i in np.flatnonzero((left <= rules.EFFECT_LEFT) & (np.abs(falls) > rules.COST_SHARE * sizes)):
        moments = program.moments(-np.sign(falls[i]) * rays[:, i], 0.0)
        if check_primal_ray(program.sdp, moments) is not None:
            return left <= rules.EFFECT_LEFT, moments
    return left <= rules.EFFECT_LEFT, None
