"""QICS: a free interior-point solver in Python, made for quantum information, with semidefinite cones among others."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import numpy as np

from ...errors import BadOption, SolverFailed
from ...sdp import SDP, SDPSolution, SDPStatus
from ..contract import Solver, SolverOptions, refuse_if_too_large
from ..isolation import standard_output_kept
from .inequality_form import InequalityForm, inequality_form, settle

_STATUS = {
    "optimal": SDPStatus.OPTIMAL,
    "near_optimal": SDPStatus.INACCURATE,
    "pinfeas": SDPStatus.PRIMAL_INFEASIBLE,
    "near_pinfeas": SDPStatus.PRIMAL_INFEASIBLE,
    "dinfeas": SDPStatus.DUAL_INFEASIBLE,
    "near_dinfeas": SDPStatus.DUAL_INFEASIBLE,
    "illposed": SDPStatus.UNKNOWN,
    "unknown": SDPStatus.UNKNOWN,
}
#: How a run ended, where that says more than its status: `solved` does not.
_ENDINGS = {
    "max_iter": SDPStatus.LIMIT,
    "max_time": SDPStatus.LIMIT,
    "step_failure": SDPStatus.INACCURATE,
    "slow_progress": SDPStatus.INACCURATE,
}
#: Options of `qics.Solver` with their types, from its documentation; `init_pnt` is none that a mapping can hold.
_NATIVE: dict[str, type] = {
    "max_iter": int,
    "max_time": float,
    "tol_gap": float,
    "tol_feas": float,
    "tol_infeas": float,
    "tol_ip": float,
    "tol_near": float,
    "ir": bool,
    "toa": bool,
    "use_invhess": bool,
    "verbose": int,
}


class QICS(Solver):
    """Adapter to QICS, by its own Python interface."""

    name: ClassVar[str] = "qics"
    package: ClassVar[str] = "qics"
    accuracy: ClassVar[float] = 1e-7
    form: ClassVar[str] = "moments"

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate the constraint matrix, twice, dense at the rows of square blocks, and the normal equations."""
        rows = sum(size**2 for size in sdp.sizes)
        return 8 * (2 * rows * sdp.n_moments + 3 * sdp.n_moments**2 + 20 * rows) + 100 * sdp.operator.nnz

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
        import qics

        settings = _settings(options)
        refuse_if_too_large(self, sdp)
        label = f"{self.name} {self.version()}"
        form = inequality_form(sdp)
        settled = settle(form, label)
        if settled is not None:
            return settled
        started = time.perf_counter()
        try:
            with standard_output_kept(options.verbose):
                answer = qics.Solver(_model(qics, form), **settings).solve()
        except (ArithmeticError, ValueError) as error:
            raise SolverFailed(f"qics broke off: {error}") from error
        seconds = time.perf_counter() - started
        claim, ending = str(answer["sol_status"]), str(answer["exit_status"])
        status = _STATUS.get(claim, SDPStatus.UNKNOWN)
        if status is SDPStatus.UNKNOWN:
            status = _ENDINGS.get(ending, SDPStatus.UNKNOWN)
        unknowns = np.asarray(answer["x_opt"]).ravel()
        gram = form.unpack.T @ np.asarray(answer["z_opt"].vec).ravel()
        record = {"solver": label, "iterations": int(answer["num_iter"]), "seconds": seconds}
        return form.answer(status, f"{claim} ({ending})", unknowns, gram, **record)


def _model(qics: Any, form: InequalityForm) -> Any:
    """State the program to QICS: minimise `c·x` subject to `h - G x` in its cones, full square matrices."""
    linear, sizes = form.cones
    cones: list[Any] = [qics.cones.NonNegOrthant(linear)] if linear else []
    cones += [qics.cones.PosSemidefinite(size) for size in sizes]
    left, right = form.unpack @ form.matrix, form.unpack @ form.constant
    return qics.Model(c=form.cost[:, None], G=-left.tocsr(), h=right[:, None], cones=cones)


def _settings(options: SolverOptions) -> dict[str, Any]:
    settings: dict[str, Any] = {"verbose": 2 if options.verbose else 0}
    settings |= {"tol_gap": options.tol, "tol_feas": options.tol}
    if options.max_iterations is not None:
        settings["max_iter"] = options.max_iterations
    if options.time_limit is not None:
        settings["max_time"] = options.time_limit
    for key, value in options.own.items():
        if key not in _NATIVE:
            raise BadOption(f"qics has no option {key!r}; it has {', '.join(sorted(_NATIVE))}")
        kind = _NATIVE[key]
        if not isinstance(value, kind) and not (kind is float and isinstance(value, int)):
            raise BadOption(f"qics option {key} = {value!r}: expected a value of type {kind.__name__}")
        settings[key] = value
    return settings
