"""Either side of a program for any solver: the moments, or the Gram matrices of the dual.

An adapter states its solver one side, the cheaper one for it (`Solver.side`). The other one is stated by
writing the dual of the program in the form of the program; the answer is mapped back.
"""

from __future__ import annotations

from dataclasses import replace

from ..sdp import SDP, SDPSolution, dual_program, from_dual
from .base import Solver, SolverOptions, finish


def solve_side(solver: Solver, sdp: SDP, options: SolverOptions) -> SDPSolution:
    """Solve `sdp` with `solver` on the side that `options.side` names; ``"auto"`` is the solver's own.

    Moments, multipliers and Gram matrices mean the same whichever side was solved; residuals and rays are
    recomputed for `sdp` itself.
    """
    own = replace(options, side="auto")
    if options.side in ("auto", solver.side):
        return solver.solve(sdp, own)
    answer = solver.solve(dual_program(sdp), own)
    status, moments, duals, gram = from_dual(sdp, answer)
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
