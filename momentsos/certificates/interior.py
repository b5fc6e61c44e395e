r"""Gram matrices in floating point that satisfy the identity to rounding and lie well inside the cone.

A solver ends near the boundary. The objective minus :math:`\varepsilon` times the sum of the traces of all blocks has
the dual :math:`X_j \succeq \varepsilon I`: its solution has a margin, at a bound that is lower by about
:math:`\varepsilon` times that sum. A small share of it is mixed into the sharp solution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from ..sdp import SDP, SDPStatus, smat, svec, svec_index
from ..sdp.svec import svec_weights
from ..solvers import SolverOptions, solve_sdp
from .frame import fraction, monomials
from .shape import Shape

#: Blocks up to this size are measured in their own metric.
_LARGEST_METRIC = 60
#: Below this share of the largest pivot the equations count as dependent.
_DEPENDENT = 1e-14
#: Up to this many multiplications (about) the change is found by an orthogonal factorisation.
_LARGEST_QR = 1_000_000_000
#: Steps of iterative refinement when the residual of the identity is removed.
_REFINEMENTS = 4


@dataclass(frozen=True, eq=False)
class Candidate:
    """A floating-point certificate: Gram matrices, the duals of all equalities but the first, and the bound."""

    gram: NDArray[np.float64]
    duals: NDArray[np.float64]
    gamma: float

    def mixed(self, other: Candidate, share: float) -> Candidate:
        """Return the convex combination with `share` of `other`."""
        return Candidate(
            (1 - share) * self.gram + share * other.gram,
            (1 - share) * self.duals + share * other.duals,
            (1 - share) * self.gamma + share * other.gamma,
        )


def matrices(sdp: SDP, candidate: Candidate) -> list[NDArray[np.float64]]:
    """Return the Gram matrices."""
    return [smat(block) for block in sdp.split(candidate.gram)]


def margins(sdp: SDP, candidate: Candidate) -> NDArray[np.float64]:
    """Return for each block the least eigenvalue after scaling the diagonal to one; -1 where that is impossible."""
    found = []
    for matrix in matrices(sdp, candidate):
        diagonal = np.diag(matrix)
        if not (diagonal > 0).all():
            found.append(-1.0)
            continue
        root = np.sqrt(diagonal)
        found.append(float(np.linalg.eigvalsh(matrix / np.outer(root, root))[0]))
    return np.array(found)


def projected(sdp: SDP, candidate: Candidate) -> Candidate:
    r"""Return the candidate moved onto the identity, to rounding; the bound is kept.

    The change :math:`\Delta` of a block `X` is small in the metric :math:`\|X^{-1/2} \Delta X^{-1/2}\|`, so that
    the matrices stay definite (in blocks larger than 60, only the diagonal of `X` is used). Multipliers of
    equalities are free.
    """
    roots = [_root_metric(matrix) for matrix in matrices(sdp, candidate)]
    root = sp.block_diag(roots, format="csr")
    free = float(max(abs(root).max(), 1e-30))
    rest = sdp.equalities[1:]
    tall = np.vstack([(root @ sdp.operator).toarray(), free * rest.toarray()])
    solve = _least_change(tall)
    gram, duals = candidate.gram.copy(), candidate.duals.copy()
    first = np.asarray(sdp.equalities[0].todense()).reshape(-1)
    target = sdp.cost - candidate.gamma * first
    for _ in range(_REFINEMENTS):
        step = solve(target - rest.T @ duals - sdp.operator.T @ gram)
        gram = gram + root @ step[: len(gram)]
        duals = duals + free * step[len(gram) :]
    return Candidate(gram, duals, candidate.gamma)


def _least_change(tall: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return the map from `r` to the shortest `z` with ``tall.T @ z = r``; dependent equations are left out.

    By an orthogonal factorisation, or, where that would take seconds, by the eigenvalues of the normal matrix.
    """
    size = np.linalg.norm(tall, axis=0)
    size = np.maximum(size, 1e-15 * size.max())
    scaled = tall / size
    if tall.size * tall.shape[1] <= _LARGEST_QR:
        q, r, order = scipy.linalg.qr(scaled, mode="economic", pivoting=True)
        rank = int((np.abs(np.diag(r)) > _DEPENDENT * abs(r[0, 0])).sum())
        order = order[:rank]

        def by_factors(residual: NDArray[np.float64]) -> NDArray[np.float64]:
            inner = scipy.linalg.solve_triangular(r[:rank, :rank], (residual / size)[order], trans="T")
            return np.asarray(q[:, :rank] @ inner)

        return by_factors
    values, vectors = scipy.linalg.eigh(scaled.T @ scaled)
    keep = values > _DEPENDENT * values[-1]
    basis = vectors[:, keep]

    def by_eigenvalues(residual: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(scaled @ (basis @ ((basis.T @ (residual / size)) / values[keep])))

    return by_eigenvalues


def _root_metric(matrix: NDArray[np.float64]) -> sp.csr_matrix:
    """Return the map `M -> X^(1/2) M X^(1/2)` on svec, with the eigenvalues of `X` kept away from zero."""
    values, vectors = np.linalg.eigh(matrix)
    values = np.maximum(values, max(1e-15 * float(values[-1]), 1e-30))
    rows, columns = svec_index(len(matrix))
    if len(matrix) > _LARGEST_METRIC:
        diagonal = ((vectors * values) * vectors).sum(axis=1)
        return sp.diags(np.sqrt(diagonal[rows] * diagonal[columns]), format="csr")
    root = (vectors * np.sqrt(values)) @ vectors.T
    weights = svec_weights(len(matrix))
    straight = root[np.ix_(rows, rows)] * root[np.ix_(columns, columns)]
    crossed = root[np.ix_(rows, columns)] * root[np.ix_(columns, rows)]
    return sp.csr_matrix(0.5 * np.outer(weights, weights) * (straight + crossed))


def with_margin(sdp: SDP, epsilon: float, solver: str, time_limit: float | None) -> Candidate | None:
    """Return the best candidate whose Gram matrices are at least `epsilon` times the identity, or None."""
    identity = np.concatenate([svec(np.eye(size)) for size in sdp.sizes])
    program = replace(sdp, cost=np.asarray(sdp.cost - epsilon * (sdp.operator.T @ identity)))
    answer = solve_sdp(solver, program, SolverOptions(time_limit=time_limit))
    if answer.gram is None or answer.equality_duals is None or answer.status is SDPStatus.DUAL_INFEASIBLE:
        return None
    duals = answer.equality_duals
    return Candidate(answer.gram + epsilon * identity, duals[1:], float(duals[0]))


def lowered(shape: Shape, candidate: Candidate, loss: float) -> Candidate:
    """Return the candidate for a bound lower by `loss`: `W` times the loss goes into the squares that make up `W`."""
    terms = dict(zip(monomials(shape.frame.denominator), shape.frame.denominator.coeffs(), strict=True))
    parts = matrices(shape.sdp, candidate)
    for block, matrix in zip(shape.blocks, parts, strict=True):
        for place, single in enumerate(() if block.factors else block.singles):
            coefficient = None if single is None else terms.pop(tuple(2 * e for e in single), None)
            if coefficient is not None:
                matrix[place, place] += loss * float(fraction(coefficient))
    gram = np.concatenate([svec(matrix) for matrix in parts])
    return Candidate(gram, candidate.duals, candidate.gamma - loss)


def traces(sdp: SDP, moments: NDArray[np.float64]) -> float:
    """Return the sum of the traces of all blocks at `moments`."""
    identity = np.concatenate([svec(np.eye(size)) for size in sdp.sizes])
    return float(identity @ (sdp.operator @ moments))
