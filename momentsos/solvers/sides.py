"""Either side of a program for any solver: the moments, or the Gram matrices of the dual.

An adapter states its solver one side, the cheaper one for it (`Solver.side`). The other one is stated by
writing the dual of the program in the form of the program; the answer is mapped back.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..sdp import SDP, SDPSolution, dual_program, from_dual
from .contract import Solver, SolverOptions, finish

#: Pivots below this share of the largest are zero, and a right side beyond their rows contradicts them.
_RANK, _CONSISTENT = 1e-12, 1e-9
#: Share of the largest entry of a row above which one counts that no other row has.
_OWN = 1e-6


def solve_side(solver: Solver, sdp: SDP, options: SolverOptions) -> SDPSolution:
    """Solve `sdp` with `solver` on the side that `options.side` names; ``"auto"`` is the one that the solver prefers.

    Moments, multipliers and Gram matrices mean the same whichever side was solved; residuals and rays are
    recomputed for `sdp` itself.
    """
    own = options if options.side == "auto" else replace(options, side="auto")
    side = solver.preferred_side(sdp, options) if options.side == "auto" else options.side
    if side == solver.side:
        return solver.solve(sdp, own)
    own, kept = replace(own, points=None), _independent_equalities(sdp)
    reduced = sdp
    if kept.size < sdp.right_side.size:
        reduced = replace(sdp, equalities=sdp.equalities[kept], right_side=sdp.right_side[kept])
    answer = solver.solve(dual_program(reduced), own)
    status, moments, multipliers, gram = from_dual(reduced, answer)
    duals = None
    if multipliers is not None:
        duals = np.zeros(sdp.right_side.size)
        duals[kept] = multipliers
    return finish(
        sdp,
        status,
        answer.words,
        moments,
        duals,
        gram,
        solver=answer.solver,
        iterations=answer.iterations,
        seconds=answer.seconds,
        statistics={**answer.statistics, "side": side},
    )


def _independent_equalities(sdp: SDP) -> NDArray[np.intp]:
    """Return the numbers of equalities that imply the others, by QR with pivoting; all, where some contradict.

    Multipliers of equalities that depend on each other are not unique, and grow without end in some solvers. Those
    with a moment that no other one has depend on none; what they leave is small where there are many equalities.
    """
    matrix, everything = sdp.equalities, np.arange(sdp.right_side.size)
    row = np.repeat(everything, np.diff(matrix.indptr))
    scale = np.zeros(everything.size)
    np.maximum.at(scale, row, np.abs(matrix.data))
    if not scale.all():  # an equality without unknowns: true or a contradiction, and no matter of rank
        return everything
    values = matrix.data / scale[row]
    filled = np.flatnonzero(values)
    alone = np.bincount(matrix.indices[filled], minlength=matrix.shape[1])[matrix.indices] == 1
    is_left = np.ones(everything.size, dtype=bool)
    is_left[row[alone & (np.abs(values) > _OWN)]] = False
    rest = np.flatnonzero(is_left)
    if rest.size <= 1:
        return everything
    chosen = _spanning_rows(matrix[rest].toarray() / scale[rest, None], sdp.right_side[rest] / scale[rest])
    if chosen is None:
        return everything
    return np.sort(np.concatenate([np.flatnonzero(~is_left), rest[chosen]])).astype(np.intp)


def _spanning_rows(rows: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.intp] | None:
    """Return rows that imply the others, or None where some contradict."""
    if not rows.size:
        return np.zeros(0, dtype=np.intp)
    _, r, order = scipy.linalg.qr(rows.T, mode="economic", pivoting=True)
    pivots = np.abs(np.diag(r))
    rank = int((pivots > _RANK * pivots.max(initial=0.0)).sum())
    implied = scipy.linalg.solve_triangular(r[:rank, :rank], r[:rank, rank:]).T @ right[order[:rank]]
    if np.abs(implied - right[order[rank:]]).max(initial=0.0) > _CONSISTENT * (1.0 + np.abs(right).max(initial=0.0)):
        return None
    return np.asarray(order[:rank], dtype=np.intp)
