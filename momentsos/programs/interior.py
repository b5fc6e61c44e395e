r"""Solutions with room around them: what can be rounded lies inside the cones, not on their boundary.

The two programs here always have an answer, for their margin is bounded by one from above and not from below:

- largest `t` up to 1 such that some solution has all Gram matrices at least `t` times the identity: a negative optimum
  comes with moments that prove that there is none at all;
- largest :math:`\tau` up to 1 such that moments with :math:`E y = d` have all :math:`F_j(y) \succeq \tau I`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..certificates.interior import Candidate, projected
from ..sdp import SDP, SDPSolution, SDPStatus, svec
from ..solvers import SolverOptions, solve_sdp

Floats = NDArray[np.float64]

#: Moments from the inside have at most so many times the traces of the sharp ones.
_LARGER = 10.0


@dataclass(frozen=True, eq=False)
class Solved:
    """Multipliers and Gram rows of a program that satisfy its equations about, with moments where there are any.

    Attributes
    ----------
    duals, gram : arrays
    moments : array or None
    margin : float
        The least eigenvalue that all Gram matrices have, or in `widest_moments` all moment matrices.
    answer : SDPSolution
    """

    duals: Floats
    gram: Floats
    moments: Floats | None
    margin: float
    answer: SDPSolution


def identities(sdp: SDP) -> Floats:
    """Return the rows of identity matrices in all blocks."""
    return np.concatenate([np.zeros(0), *(svec(np.eye(size)) for size in sdp.sizes)])


def deepest(sdp: SDP, solver: str, options: SolverOptions, near: Floats | None = None) -> Solved | SDPStatus:
    """Return a solution of the equations whose Gram matrices have the largest margin, without regard to the objective.

    With Gram matrices `near`, the traces of all add up to at most ten times those of `near`, and ten: without a limit a
    solution from the inside may be far away. Where the solver gave no vectors, its status is returned.
    """
    identity = identities(sdp)
    n, p, rows = sdp.n_moments, sdp.right_side.size, len(identity)
    widths = np.append(np.asarray(sdp.operator.T @ identity), 1.0)
    equalities = sp.vstack([sp.hstack([sdp.equalities, sp.csr_matrix((p, 1))]), sp.csr_matrix(widths)])
    operator = sp.block_diag([sdp.operator, sp.csr_matrix([[1.0]])])
    cost, sizes = np.append(sdp.cost, 1.0), (*sdp.sizes, 1)
    if near is not None:  # 1 = (trace of X' + t s) / limit + slack, X = X' + t I
        limit = _LARGER * (1.0 + float(identity @ near))
        equalities = sp.hstack([equalities, sp.csr_matrix(np.append(np.zeros(p), sum(sdp.sizes) / limit)[:, None])])
        column = sp.csr_matrix(np.append(identity / limit, 0.0)[:, None])
        operator = sp.bmat([[operator, column], [None, sp.csr_matrix([[1.0]])]])
        cost, sizes = np.append(cost, 1.0), (*sizes, 1)
    program = SDP(cost, equalities.tocsr(), np.append(np.zeros(p), 1.0), operator.tocsr(), sizes)
    answer = solve_sdp(solver, program, options)
    if answer.gram is None or answer.equality_duals is None:
        return answer.status
    margin = float(answer.equality_duals[-1])
    moments = None if answer.moments is None else answer.moments[:n]
    return Solved(answer.equality_duals[:-1], answer.gram[:rows] + margin * identity, moments, margin, answer)


def widest_moments(
    sdp: SDP, right_side: Floats, near: Floats, solver: str, options: SolverOptions
) -> tuple[Floats, float] | None:
    """Return moments whose matrices have the largest margin, and that margin.

    The traces of all matrices add up to at most ten times those at the moments `near`, and ten: others could be
    arbitrarily large.
    """
    identity = identities(sdp)
    n, p = sdp.n_moments, sdp.right_side.size
    traces = np.asarray(sdp.operator.T @ identity)
    limit = _LARGER * (1.0 + max(0.0, float(traces @ near)))
    program = SDP(
        np.concatenate([np.zeros(n), [-1.0, 0.0]]),
        sp.block_diag([sp.hstack([sdp.equalities, sp.csr_matrix((p, 1))]), sp.csr_matrix([[1.0]])], format="csr"),
        np.append(right_side, 1.0),
        sp.vstack(
            [
                sp.hstack([sdp.operator, sp.csr_matrix(-identity[:, None]), sp.csr_matrix((len(identity), 1))]),
                sp.csr_matrix(([-1.0, 1.0], ([0, 0], [n, n + 1])), shape=(1, n + 2)),
                sp.csr_matrix(np.concatenate([-traces / limit, [0.0, 1.0]])),
            ]
        ).tocsr(),
        (*sdp.sizes, 1, 1),
    )
    answer = solve_sdp(solver, program, options)
    return None if answer.moments is None else (answer.moments[:n], float(answer.moments[n]))


def on_equations(sdp: SDP, duals: Floats, gram: Floats) -> tuple[Floats, Floats]:
    """Return multipliers and Gram matrices moved onto the equations, to rounding, in the metric of the matrices."""
    if not sdp.sizes:
        change = np.linalg.lstsq(sdp.equalities.T.toarray(), sdp.cost - sdp.equalities.T @ duals, rcond=None)[0]
        return duals + change, gram
    none = sp.csr_matrix((1, sdp.n_moments))  # `projected` keeps the multiplier of the first equality
    program = replace(
        sdp, equalities=sp.vstack([none, sdp.equalities]).tocsr(), right_side=np.append(0.0, sdp.right_side)
    )
    moved = projected(program, Candidate(gram, duals, 0.0))
    return moved.duals, moved.gram


def moments_on_equations(sdp: SDP, right_side: Floats, moments: Floats) -> Floats:
    """Return moments moved onto ``E y = d``, to rounding, each by a share of its size."""
    weight = np.abs(moments) + 1e-3 * np.abs(moments).max(initial=1.0)
    rows = sdp.equalities.toarray() * weight
    for _ in range(2):
        rest = right_side - sdp.equalities @ moments
        moments = moments + weight * np.linalg.lstsq(rows, rest, rcond=1e-13)[0] if len(rest) else moments
    return moments
