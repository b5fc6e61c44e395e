r"""MOSEK: a commercial interior-point solver, by its Optimizer API.

It is given the side of the Gram matrices in MOSEK's standard form, one matrix variable a block and one row a
moment: maximise :math:`d^\top\lambda` subject to :math:`E^\top\lambda + F^* X = c`. It then factors at the
number of moments; an affine conic constraint on the moment side would add a row for each entry of a block.
The moments are the duals of the rows.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from ...errors import BadOption, SolverFailed, SolverUnavailable
from ...sdp import SDP, SDPSolution, SDPStatus, lower_by_columns, svec_index
from ...sdp.svec import svec_weights
from ..contract import Solver, SolverOptions, finish, refuse_if_too_large

#: Solution statuses. MOSEK's primal side is that of the Gram matrices, so its two infeasibilities are ours
#: exchanged; the vectors that come with them are the rays.
_STATUS = {
    "optimal": SDPStatus.OPTIMAL,
    "integer_optimal": SDPStatus.UNKNOWN,
    "prim_and_dual_feas": SDPStatus.INACCURATE,
    "prim_feas": SDPStatus.INACCURATE,
    "dual_feas": SDPStatus.INACCURATE,
    "prim_infeas_cer": SDPStatus.DUAL_INFEASIBLE,
    "dual_infeas_cer": SDPStatus.PRIMAL_INFEASIBLE,
    "prim_illposed_cer": SDPStatus.UNKNOWN,
    "dual_illposed_cer": SDPStatus.UNKNOWN,
    "unknown": SDPStatus.UNKNOWN,
}
#: Reasons for the end of a run that stand above an answer without a status of its own.
_ENDINGS = {
    "trm_max_iterations": SDPStatus.LIMIT,
    "trm_max_time": SDPStatus.LIMIT,
    "trm_user_callback": SDPStatus.INTERRUPTED,
    "trm_numerical_problem": SDPStatus.FAILED,
    "trm_stall": SDPStatus.INACCURATE,
    "trm_server_max_time": SDPStatus.LIMIT,
    "trm_server_max_memory": SDPStatus.LIMIT,
    "trm_max_num_setbacks": SDPStatus.FAILED,
    "trm_internal": SDPStatus.FAILED,
    "trm_internal_stop": SDPStatus.FAILED,
}
_WAY = (
    "get one from https://www.mosek.com/products/academic-licenses/ (free for academic use) or a trial from "
    "https://www.mosek.com/try/, and put mosek.lic into the folder 'mosek' of your home or name it in "
    "MOSEKLM_LICENSE_FILE"
)
#: The error codes of the licence system, from the manual ("Response codes").
_LICENCE_CODES = range(1000, 1030)


class MOSEK(Solver):
    """Adapter to MOSEK."""

    name: ClassVar[str] = "mosek"
    package: ClassVar[str] = "mosek"
    distribution: ClassVar[str] = "Mosek"
    free: ClassVar[bool] = False
    accuracy: ClassVar[float] = 1e-7
    form: ClassVar[str] = "moments"
    side: ClassVar[str] = "gram"

    @classmethod
    def licence_problem(cls) -> str | None:
        """Look for a licence file or server; whether it is valid is seen at the solve."""
        named = os.environ.get("MOSEKLM_LICENSE_FILE", "")
        if named or (Path.home() / "mosek" / "mosek.lic").exists():
            return None
        return f"no licence found: {_WAY}"

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate the Schur complement, twice, the data, and a dozen copies of the blocks."""
        return 16 * sdp.n_moments**2 + 100 * sdp.operator.nnz + 96 * sum(size**2 for size in sdp.sizes)

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
        import mosek

        with mosek.Env() as environment, environment.Task() as task:
            if options.verbose:
                task.set_Stream(mosek.streamtype.log, sys.stderr.write)
            set_parameters(mosek, task, options)
            refuse_if_too_large(self, sdp)
            fill_task(mosek, task, sdp)
            started = time.perf_counter()
            try:
                ending = task.optimize()
            except mosek.Error as error:
                if int(error.errno) in _LICENCE_CODES:
                    raise SolverUnavailable(f"MOSEK found no valid licence ({error.errno}): {_WAY}") from error
                raise SolverFailed(f"mosek: {error}") from error
            return self._answer(mosek, task, sdp, ending, time.perf_counter() - started)

    def _answer(self, mosek: Any, task: Any, sdp: SDP, ending: Any, seconds: float) -> SDPSolution:
        """Read the interior-point solution of a task."""
        which = mosek.soltype.itr
        words = _name(ending)
        status, moments, duals, gram = _ENDINGS.get(words, SDPStatus.UNKNOWN), None, None, None
        if task.solutiondef(which):
            claim = _name(task.getsolsta(which))
            claimed = _STATUS.get(claim, SDPStatus.UNKNOWN)
            status = status if claimed is SDPStatus.UNKNOWN else claimed
            words = claim if words == "ok" else f"{claim} ({words})"
            moments, duals, gram = read_solution(mosek, task, sdp)
        return finish(
            sdp,
            status,
            words,
            moments,
            duals,
            gram,
            solver=f"{self.name} {self.version()}",
            iterations=task.getintinf(mosek.iinfitem.intpnt_iter),
            seconds=seconds,
        )


def _name(member: Any) -> str:
    """Return the bare name of a constant of MOSEK."""
    return str(member).rpartition(".")[2]


def fill_task(mosek: Any, task: Any, sdp: SDP) -> None:
    """State the Gram side of `sdp` in an empty task."""
    n, p = sdp.n_moments, sdp.right_side.size
    task.appendcons(n)
    task.appendvars(p)
    task.appendbarvars(list(sdp.sizes))
    task.putobjsense(mosek.objsense.maximize)
    task.putconboundslice(0, n, [mosek.boundkey.fx] * n, sdp.cost, sdp.cost)
    if p:
        task.putvarboundslice(0, p, [mosek.boundkey.fr] * p, np.zeros(p), np.zeros(p))
        task.putcslice(0, p, sdp.right_side)
        entries = sp.coo_matrix(sdp.equalities)
        entries.sum_duplicates()
        task.putaijlist(entries.col.astype(np.int32), entries.row.astype(np.int32), entries.data)
    if sdp.sizes:
        entries = sp.coo_matrix(sdp.operator)
        entries.sum_duplicates()
        block = np.searchsorted(sdp.offsets, entries.row, side="right") - 1
        rows, columns = (np.concatenate(part) for part in zip(*map(svec_index, sdp.sizes), strict=True))
        weights = np.concatenate([svec_weights(size) for size in sdp.sizes])
        task.putbarablocktriplet(  # MOSEK reads the lower triangle and means the symmetric matrix
            entries.col.astype(np.int32),
            block.astype(np.int32),
            columns[entries.row].astype(np.int32),
            rows[entries.row].astype(np.int32),
            entries.data / weights[entries.row],
        )


def read_solution(mosek: Any, task: Any, sdp: SDP) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return moments, multipliers and Gram matrices (svec) of the interior-point solution of a task."""
    which = mosek.soltype.itr
    gram = [np.zeros(0)]
    for j, size in enumerate(sdp.sizes):
        lower = np.empty(size * (size + 1) // 2)
        lower[lower_by_columns(size)] = np.asarray(task.getbarxj(which, j))
        gram.append(lower * svec_weights(size))
    multipliers = np.asarray(task.getxx(which)) if sdp.right_side.size else np.zeros(0)
    return np.asarray(task.gety(which)), multipliers, np.concatenate(gram)


def set_parameters(mosek: Any, task: Any, options: SolverOptions) -> None:
    """Set the parameters of a task; an unknown name raises `BadOption`."""
    values = {f"MSK_DPAR_INTPNT_CO_TOL_{name}": options.tol for name in ("PFEAS", "DFEAS", "REL_GAP")}
    common = {
        "MSK_IPAR_INTPNT_MAX_ITERATIONS": options.max_iterations,
        "MSK_DPAR_OPTIMIZER_MAX_TIME": options.time_limit,
        "MSK_IPAR_NUM_THREADS": options.threads,
    }
    values |= {name: value for name, value in common.items() if value is not None}
    for name, value in (values | dict(options.own)).items():
        try:
            task.putparam(name, str(value))
        except mosek.Error as error:
            raise BadOption(f"mosek option {name} = {value!r}: {error}") from error
