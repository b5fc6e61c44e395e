"""Clarabel: an interior-point solver that factors at the size of the svec rows; good for many small blocks."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from ..errors import BadOption
from ..sdp import SDP, SDPSolution, SDPStatus, svec_length
from .base import Solver, SolverOptions, finish, refuse_if_too_large

_STATUS = {
    "Solved": SDPStatus.OPTIMAL,
    "AlmostSolved": SDPStatus.INACCURATE,
    "PrimalInfeasible": SDPStatus.PRIMAL_INFEASIBLE,
    "AlmostPrimalInfeasible": SDPStatus.PRIMAL_INFEASIBLE,
    "DualInfeasible": SDPStatus.DUAL_INFEASIBLE,
    "AlmostDualInfeasible": SDPStatus.DUAL_INFEASIBLE,
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

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate the factor: a dense triangle for each block at svec size, doubled for fill, and the moments."""
        entries = sum(svec_length(size) ** 2 for size in sdp.sizes) + sdp.n_moments**2
        return 16 * entries + 200 * sdp.operator.nnz

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
        import clarabel

        settings = _settings(clarabel.DefaultSettings(), options)
        refuse_if_too_large(self, sdp)
        cones: list[Any] = [clarabel.ZeroConeT(len(sdp.right_side))] if len(sdp.right_side) else []
        cones += [clarabel.PSDTriangleConeT(size) if size > 1 else clarabel.NonnegativeConeT(1) for size in sdp.sizes]
        matrix = sp.vstack([sdp.equalities, -sdp.operator], format="csc")
        right = np.concatenate([sdp.right_side, np.zeros(sdp.operator.shape[0])])
        quadratic = sp.csc_matrix((sdp.n_moments, sdp.n_moments))
        started = time.perf_counter()
        answer = clarabel.DefaultSolver(quadratic, sdp.cost, matrix, right, cones, settings).solve()
        seconds = time.perf_counter() - started
        duals = np.asarray(answer.z)
        p = len(sdp.right_side)
        return finish(
            sdp,
            _STATUS.get(str(answer.status), SDPStatus.UNKNOWN),
            str(answer.status),
            np.asarray(answer.x),
            -duals[:p],
            duals[p:],
            solver=f"{self.name} {self.version()}",
            iterations=int(answer.iterations),
            seconds=seconds,
        )


def _settings(settings: Any, options: SolverOptions) -> Any:
    settings.verbose = options.verbose
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = options.tol
    if options.max_iterations is not None:
        settings.max_iter = options.max_iterations
    if options.time_limit is not None:
        settings.time_limit = options.time_limit
    if options.threads is not None:
        settings.max_threads = options.threads
    for key, value in options.native.items():
        if not hasattr(settings, key):
            raise BadOption(f"clarabel has no option {key!r}; it has {_names(settings)}")
        try:
            setattr(settings, key, value)
        except TypeError as error:
            raise BadOption(f"clarabel option {key} = {value!r}: {error}") from error
    return settings


def _names(settings: Any) -> str:
    return ", ".join(sorted(name for name in dir(settings) if not name.startswith("_")))
