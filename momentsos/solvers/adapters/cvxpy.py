"""CVXPY: any solver that CVXPY reaches, and conic programs as CVXPY problems."""

from __future__ import annotations

import time
import warnings
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...errors import BadOption, SolverFailed, SolverUnavailable
from ...sdp import (
    SDP,
    SDPSolution,
    SDPStatus,
    svec,
    svec_index,
    svec_length,
)
from ...sdp.svec import svec_weights
from ..contract import Solver, SolverOptions, finish, refuse_if_too_large
from ..isolation import standard_output_kept
from .clarabel import Clarabel
from .mosek import MOSEK

_STATUS = {
    "optimal": SDPStatus.OPTIMAL,
    "optimal_inaccurate": SDPStatus.INACCURATE,
    "infeasible": SDPStatus.PRIMAL_INFEASIBLE,
    "infeasible_inaccurate": SDPStatus.PRIMAL_INFEASIBLE,
    "unbounded": SDPStatus.DUAL_INFEASIBLE,
    "unbounded_inaccurate": SDPStatus.DUAL_INFEASIBLE,
    "infeasible_or_unbounded": SDPStatus.UNKNOWN,
    "user_limit": SDPStatus.LIMIT,
    "solver_error": SDPStatus.FAILED,
}
#: What the solvers that CVXPY reaches call tolerance, iterations and time limit; None for what they lack.
_WORDS: dict[str, tuple[tuple[str, ...], str | None, str | None]] = {
    "CLARABEL": (("tol_gap_abs", "tol_gap_rel", "tol_feas"), "max_iter", "time_limit"),
    "SCS": (("eps_abs", "eps_rel"), "max_iters", "time_limit_secs"),
    "CVXOPT": (("abstol", "reltol", "feastol"), "max_iters", None),
    "SDPA": (("epsilonStar", "epsilonDash"), "maxIteration", None),
    "COPT": (("RelGap", "FeasTol", "DualTol"), "BarIterLimit", "TimeLimit"),
}
#: Tolerances that these solvers can reach.
_BEST_TOLERANCE = {"SCS": 1e-7, "CVXOPT": 1e-8, "SDPA": 1e-8, "COPT": 1e-9}


def _block_expression(sdp: SDP, block: int, moments: Any) -> Any:
    """Return one block of the program as a matrix expression, or a scalar one for a block of size 1."""
    from cvxpy.atoms.affine.reshape import reshape

    size, start = sdp.sizes[block], sdp.offsets[block]
    rows = sdp.operator[start : start + svec_length(size)]
    if size == 1:
        return rows @ moments
    i, j = svec_index(size)
    place = np.empty((size, size), dtype=np.intp)
    place[i, j] = place[j, i] = np.arange(i.size)
    square = (sp.diags_array(1 / svec_weights(size)) @ rows).tocsr()[place.ravel()]
    return reshape(square @ moments, (size, size), order="C")


def to_cvxpy(sdp: SDP) -> tuple[Any, Any]:
    """Return a program as a CVXPY problem, for those who want to add constraints of their own.

    Returns
    -------
    problem : cvxpy.Problem
        Its constraints are the equalities, when there are any, then one for each block in the order of
        `SDP.sizes`; their dual values are minus `λ` and the Gram matrices.
    moments : cvxpy.Variable
        The unknowns `y`, shape ``(n,)``, in the order of `SDP.cost`.
    """
    import cvxpy

    moments = cvxpy.Variable(sdp.n_moments, name="y")
    constraints = [sdp.equalities @ moments == sdp.right_side] if sdp.right_side.size else []
    for block, size in enumerate(sdp.sizes):
        expression = _block_expression(sdp, block, moments)
        constraints.append(expression >= 0 if size == 1 else expression >> 0)
    return cvxpy.Problem(cvxpy.Minimize(sdp.cost @ moments), constraints), moments


class CVXPY(Solver):
    """Adapter to what CVXPY reaches; the native option ``"solver"`` names the solver, Clarabel by default."""

    name: ClassVar[str] = "cvxpy"
    package: ClassVar[str] = "cvxpy"
    accuracy: ClassVar[float] = 1e-7
    form: ClassVar[str] = "svec"

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate as for Clarabel, and CVXPY's own copies of the data."""
        return Clarabel.memory(sdp) + 2_000 * sdp.operator.nnz

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
        import cvxpy

        solver, settings = _settings(cvxpy.installed_solvers(), options)
        refuse_if_too_large(self, sdp)
        problem, moments = to_cvxpy(sdp)
        started = time.perf_counter()
        with standard_output_kept(options.verbose), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "the solution may be inaccurate": the residuals tell
            try:
                problem.solve(solver=solver, verbose=options.verbose, **settings)
            except cvxpy.error.SolverError as error:
                raise SolverFailed(f"{solver}, reached by cvxpy: {error}") from error
        seconds = time.perf_counter() - started
        duals, gram = duals_of(sdp, problem)
        statistics = problem.solver_stats
        return finish(
            sdp,
            _STATUS.get(problem.status, SDPStatus.UNKNOWN),
            str(problem.status),
            None if moments.value is None else np.asarray(moments.value),
            duals,
            gram,
            solver=f"{self.name} {self.version()} ({solver})",
            iterations=int(getattr(statistics, "num_iters", None) or 0),
            seconds=seconds,
        )


def duals_of(sdp: SDP, problem: Any) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Return the multipliers and the Gram matrices (svec) of a solved problem, None where CVXPY has none."""
    values = [constraint.dual_value for constraint in problem.constraints]
    if any(value is None for value in values):
        return None, None
    p = sdp.right_side.size
    duals = -np.ravel(values.pop(0)) if p else np.zeros(0)
    blocks = [svec((value + value.T) / 2) if np.ndim(value) == 2 else np.ravel(value) for value in values]
    return duals, np.concatenate([np.zeros(0), *blocks])


def _settings(installed: list[str], options: SolverOptions) -> tuple[str, dict[str, Any]]:
    """Return the solver and what it is told, in its own words."""
    unknown = [key for key in options.own if key != "solver"]
    if unknown:
        raise BadOption(f"cvxpy has no option {unknown[0]!r}; it has 'solver', one of {', '.join(installed)}")
    solver = str(options.own.get("solver", "CLARABEL")).upper()
    if solver not in installed:
        raise SolverUnavailable(f"cvxpy reaches no solver {solver!r} here; it reaches {', '.join(installed)}")
    problem = MOSEK.licence_problem() if solver == "MOSEK" else None
    if problem is not None:
        raise SolverUnavailable(f"cvxpy reaches MOSEK, but {problem}")
    if solver not in _WORDS:
        limits = [name for name in ("max_iterations", "time_limit") if getattr(options, name) is not None]
        if limits:
            raise BadOption(f"cvxpy option {limits[0]}: its name at {solver} is not known here")
        return solver, {}
    tolerances, iterations, seconds = _WORDS[solver]
    tolerance = max(options.tol, _BEST_TOLERANCE.get(solver, 0.0))
    settings: dict[str, Any] = dict.fromkeys(tolerances, tolerance)
    for name, word in (("max_iterations", iterations), ("time_limit", seconds)):
        value = getattr(options, name)
        if value is not None and word is None:
            raise BadOption(f"cvxpy option {name}: {solver} has no such option")
        if value is not None:
            settings[str(word)] = value
    return solver, settings
