"""CVXOPT: a free interior-point solver in Python and C that factors at the number of moments."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...errors import BadOption, SolverFailed
from ...sdp import SDP, SDPSolution, SDPStatus
from ..contract import Solver, SolverOptions, refuse_if_too_large
from ..isolation import standard_output_kept
from .inequality_form import InequalityForm, inequality_form, settle

_STATUS = {
    "optimal": SDPStatus.OPTIMAL,
    "primal infeasible": SDPStatus.PRIMAL_INFEASIBLE,
    "dual infeasible": SDPStatus.DUAL_INFEASIBLE,
    "unknown": SDPStatus.UNKNOWN,
}
#: Asked for more, CVXOPT often divides by zero or drifts away from the solution that it had.
_BEST_TOLERANCE = 1e-8
#: The options of `conelp` with their types, from its documentation ("Algorithm Parameters"), and its way of
#: solving the linear systems: ``"qr"``, its default with matrices, or ``"chol"``, faster and less accurate.
_NATIVE = {
    "abstol": float,
    "feastol": float,
    "kktsolver": str,
    "maxiters": int,
    "refinement": int,
    "reltol": float,
    "show_progress": bool,
}
_LINEAR_SOLVERS = ("qr", "chol", "ldl")


class _OutOfTime(Exception):
    """Raised by our own linear solver to leave `conelp`, which has no time limit."""


class CVXOPT(Solver):
    """Adapter to CVXOPT, by `cvxopt.solvers.conelp`."""

    name: ClassVar[str] = "cvxopt"
    package: ClassVar[str] = "cvxopt"
    accuracy: ClassVar[float] = 1e-7
    form: ClassVar[str] = "moments"

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate the constraint matrix, dense at the rows of square blocks, and the normal equations."""
        rows = sum(size**2 for size in sdp.sizes)
        return 8 * (rows * sdp.n_moments + 3 * sdp.n_moments**2 + 20 * rows) + 100 * sdp.operator.nnz

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
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
                answer = _conelp(form, settings, started + (options.time_limit or float("inf")))
        except _OutOfTime:
            seconds = time.perf_counter() - started
            return form.answer(SDPStatus.LIMIT, "time limit", None, None, solver=label, seconds=seconds)
        except (ArithmeticError, ValueError) as error:
            raise SolverFailed(f"cvxopt broke off: {error}") from error
        seconds, iterations = time.perf_counter() - started, int(answer["iterations"])
        status = _STATUS.get(answer["status"], SDPStatus.UNKNOWN)
        if status is SDPStatus.UNKNOWN and iterations >= settings["maxiters"]:
            status = SDPStatus.LIMIT
        unknowns, dual = _array(answer["x"]), _array(answer["z"])
        gram = None if dual is None else form.unpack.T @ dual
        record = {"solver": label, "iterations": iterations, "seconds": seconds}
        return form.answer(status, answer["status"], unknowns, gram, **record)


def _conelp(form: InequalityForm, settings: dict[str, Any], until: float) -> dict[str, Any]:
    """Call `conelp`; its linear solver looks at the clock."""
    import cvxopt
    from cvxopt import misc, solvers

    linear, sizes = form.cones
    cones = {"l": linear, "q": [], "s": sizes}
    entries = sp.coo_matrix(-(form.unpack @ form.matrix))
    left = cvxopt.spmatrix(entries.data, entries.row, entries.col, entries.shape)
    right = cvxopt.matrix(form.unpack @ form.constant)
    nothing = cvxopt.spmatrix([], [], [], (0, len(form.cost)))
    factor = getattr(misc, f"kkt_{settings['kktsolver']}")(left, cones, nothing)
    own = {name: value for name, value in settings.items() if name != "kktsolver"}

    def linear_solver(scaling: Any) -> Any:
        if time.perf_counter() > until:
            raise _OutOfTime
        return factor(scaling)

    cost = cvxopt.matrix(form.cost)
    return solvers.conelp(cost, left, right, cones, kktsolver=linear_solver, options=own)


def _array(vector: Any) -> NDArray[np.float64] | None:
    return None if vector is None else np.array(vector).ravel()


def _settings(options: SolverOptions) -> dict[str, Any]:
    tolerance = max(options.tol, _BEST_TOLERANCE)
    settings: dict[str, Any] = {"show_progress": options.verbose, "maxiters": options.max_iterations or 100}
    settings |= {"kktsolver": "qr", "abstol": tolerance, "reltol": tolerance, "feastol": tolerance}
    for key, value in options.own.items():
        if key not in _NATIVE:
            raise BadOption(f"cvxopt has no option {key!r}; it has {', '.join(sorted(_NATIVE))}")
        kind = _NATIVE[key]
        if not isinstance(value, kind) and not (kind is float and isinstance(value, int)):
            raise BadOption(f"cvxopt option {key} = {value!r}: expected a value of type {kind.__name__}")
        settings[key] = value
    if settings["kktsolver"] not in _LINEAR_SOLVERS:
        raise BadOption(f"cvxopt option kktsolver: expected one of {', '.join(_LINEAR_SOLVERS)}")
    return settings
