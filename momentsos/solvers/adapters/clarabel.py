r"""Clarabel: an interior-point solver that factors at the size of the svec rows; good for many small blocks.

It is given the side of the Gram matrices, minimise :math:`-d^\top\lambda` subject to
:math:`E^\top\lambda + F^\top x = c`, `x` in the cone: there the moments, which may be large, are multipliers. Without
its own scaling of rows, which ends runs on the partial hierarchy in the first iteration, it then goes through where
it is "almost" there on the side of the moments (docs/choosing-a-solver.md has the measurements).
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from ...errors import BadOption
from ...sdp import SDP, SDPSolution, SDPStatus, dual_program, svec_length
from ...sdp.stacking import stacked
from ..contract import Solver, SolverOptions, finish, refuse_if_too_large

#: What Clarabel calls infeasible is the side of the Gram matrices.
_STATUS = {
    "Solved": SDPStatus.OPTIMAL,
    "AlmostSolved": SDPStatus.INACCURATE,
    "PrimalInfeasible": SDPStatus.DUAL_INFEASIBLE,
    "AlmostPrimalInfeasible": SDPStatus.DUAL_INFEASIBLE,
    "DualInfeasible": SDPStatus.PRIMAL_INFEASIBLE,
    "AlmostDualInfeasible": SDPStatus.PRIMAL_INFEASIBLE,
    "MaxIterations": SDPStatus.LIMIT,
    "MaxTime": SDPStatus.LIMIT,
    "CallbackTerminated": SDPStatus.INTERRUPTED,
    "NumericalError": SDPStatus.FAILED,
    "InsufficientProgress": SDPStatus.INACCURATE,
    "Unsolved": SDPStatus.UNKNOWN,
}


class Clarabel(Solver):
    """Adapter to Clarabel, by its own Python interface."""

    name: ClassVar[str] = "clarabel"
    package: ClassVar[str] = "clarabel"
    form: ClassVar[str] = "svec"
    side: ClassVar[str] = "gram"

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate the factor as measured: 40 bytes for each pair of svec rows of a block, 100 for each row and moment.

        On six relaxations of 36 to 750 MB this was between 0.94 and 1.9 of the peak.
        """
        lengths = np.array([svec_length(size) for size in sdp.sizes], dtype=np.int64)
        widths = np.minimum(np.diff(sdp.operator.indptr[sdp.offsets]).astype(np.int64), sdp.n_moments)
        entries = 40 * int(lengths @ lengths) + 100 * int(lengths @ widths) + 16 * sdp.n_moments**2
        return entries + 200 * sdp.operator.nnz

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
        import clarabel

        settings = _settings(clarabel.DefaultSettings(), options)
        refuse_if_too_large(self, sdp)
        n, p = sdp.n_moments, len(sdp.right_side)
        stated = dual_program(sdp)
        cones: list[Any] = [clarabel.ZeroConeT(n)]
        cones += [clarabel.PSDTriangleConeT(size) if size > 1 else clarabel.NonnegativeConeT(1) for size in sdp.sizes]
        matrix = sp.csc_matrix(stacked(stated.equalities, -stated.operator))
        right = np.concatenate([stated.right_side, np.zeros(stated.operator.shape[0])])
        quadratic = sp.csc_matrix((stated.n_moments, stated.n_moments))
        started = time.perf_counter()
        answer = clarabel.DefaultSolver(quadratic, stated.cost, matrix, right, cones, settings).solve()
        seconds = time.perf_counter() - started
        pair = np.asarray(answer.x)
        return finish(
            sdp,
            _STATUS.get(str(answer.status), SDPStatus.UNKNOWN),
            str(answer.status),
            np.asarray(answer.z)[:n],
            pair[:p],
            pair[p:],
            solver=f"{self.name} {self.version()}",
            iterations=int(answer.iterations),
            seconds=seconds,
        )


def _settings(settings: Any, options: SolverOptions) -> Any:
    settings.verbose = options.verbose
    settings.equilibrate_enable = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = options.tol
    if options.max_iterations is not None:
        settings.max_iter = options.max_iterations
    if options.time_limit is not None:
        settings.time_limit = options.time_limit
    if options.threads is not None:
        settings.max_threads = options.threads
    for key, value in options.own.items():
        if not hasattr(settings, key):
            raise BadOption(f"clarabel has no option {key!r}; it has {_names(settings)}")
        try:
            setattr(settings, key, value)
        except TypeError as error:
            raise BadOption(f"clarabel option {key} = {value!r}: {error}") from error
    return settings


def _names(settings: Any) -> str:
    return ", ".join(sorted(name for name in dir(settings) if not name.startswith("_")))
