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
from .base import Solver, SolverOptions, finish

#: Pivots below this share of the largest are zero, and a right side beyond their rows contradicts them.
_RANK, _CONSISTENT = 1e-12, 1e-9


def solve_side(solver: Solver, sdp: SDP, options: SolverOptions) -> SDPSolution:
    """Solve `sdp` with `solver` on the side that `options.side` names; ``"auto"`` is the solver's own.

    Moments, multipliers and Gram matrices mean the same whichever side was solved; residuals and rays are
    recomputed for `sdp` itself.
    """
    own = replace(options, side="auto")
    if options.side in ("auto", solver.side):
        return solver.solve(sdp, own)
    kept = _independent_equalities(sdp)
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
        answer.native_status,
        moments,
        duals,
        gram,
        solver=answer.solver,
        iterations=answer.iterations,
        seconds=answer.seconds,
        statistics={**answer.statistics, "side": options.side},
    )


def _independent_equalities(sdp: SDP) -> NDArray[np.intp]:
    """Return the numbers of equalities that imply the others, by QR with pivoting; all, where some contradict.

    Multipliers of equalities that depend on each other are not unique, and grow without end in some solvers.
    """
    everything = np.arange(sdp.right_side.size)
    rows = sdp.equalities.toarray()
    scale = np.abs(rows).max(axis=1, initial=0.0)
    if not scale.all():  # an equality without unknowns: true or a contradiction, and no matter of rank
        return everything
    rows, right = rows / scale[:, None], sdp.right_side / scale
    _, r, order = scipy.linalg.qr(rows.T, mode="economic", pivoting=True)
    pivots = np.abs(np.diag(r))
    rank = int((pivots > _RANK * pivots.max(initial=0.0)).sum())
    implied = scipy.linalg.solve_triangular(r[:rank, :rank], r[:rank, rank:]).T @ right[order[:rank]]
    if np.abs(implied - right[order[rank:]]).max(initial=0.0) > _CONSISTENT * (1.0 + np.abs(right).max(initial=0.0)):
        return everything
    return np.sort(order[:rank]).astype(np.intp)
