"""SDPA: an interior-point solver that factors at the number of moments.

sdpa-python's low-level call is used: its high-level one recomputes errors with ARPACK and can raise on a
program that it has solved. The same adapter serves sdpa-multiprecision, which installs the same module.
"""

from __future__ import annotations

import importlib.metadata
import time
from dataclasses import replace
from typing import Any, ClassVar

import scipy.sparse as sp

from ...errors import BadOption
from ...machine.caches import kept
from ...sdp import SDP, SDPSolution, SDPStatus, check_primal_ray
from ..contract import Solver, SolverOptions, refuse_if_too_large
from ..isolation import solve_isolated, standard_output_kept
from .inequality_form import inequality_form, settle

_STATUS = {
    "pdOPT": SDPStatus.OPTIMAL,
    "pdFEAS": SDPStatus.INACCURATE,
    "pFEAS": SDPStatus.INACCURATE,
    "dFEAS": SDPStatus.INACCURATE,
    "noINFO": SDPStatus.FAILED,
    # In this call SDPA's "p" is the side of the Gram matrices.
    "pUNBD": SDPStatus.PRIMAL_INFEASIBLE,
    "pFEAS_dINF": SDPStatus.PRIMAL_INFEASIBLE,
    "dUNBD": SDPStatus.DUAL_INFEASIBLE,
    "pINF_dFEAS": SDPStatus.DUAL_INFEASIBLE,
    "pdINF": SDPStatus.PRIMAL_INFEASIBLE,  # "one of the two": `solve` asks the last iterate which
}
#: SDPA ends a run where rounding turns the sign of the gap; asked for more, it often ends further away. With
#: multiple precision it goes on to where its answer, rounded to floats, has residuals of 1e-11 to 1e-15.
_BEST_TOLERANCE, _BEST_MULTIPRECISION = 1e-8, 1e-12
#: The distribution that installs the same module with multiple precision.
_MULTIPRECISION = "sdpa-multiprecision"
#: How far SDPA looks for solutions, in multiples of its start, and the largest objective it believes. With
#: its own 2 and 1e5 it calls solvable programs infeasible, and stops before its rays are proofs.
_REGION, _LARGEST_OBJECTIVE = 1e6, 1e10


class SDPA(Solver):
    """Adapter to SDPA, by the low-level call of `sdpap` on data in SeDuMi's form.

    SDPA may end the process when it loses its way, and has no time limit of its own: with a time limit, the
    solve runs in a child process (`momentsos.solvers.isolation`).
    """

    name: ClassVar[str] = "sdpa"
    package: ClassVar[str] = "sdpap"
    distribution: ClassVar[str] = "sdpa-python"
    accuracy: ClassVar[float] = 1e-6
    form: ClassVar[str] = "moments"
    may_exit: ClassVar[bool] = True

    @classmethod
    def version(cls) -> str:
        """Return the installed version, and whether it is sdpa-multiprecision."""
        precise = _version_of(_MULTIPRECISION)
        return f"{precise} multiprecision" if precise else super().version()

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate two Schur complements, the data as Python numbers, and a dozen copies of the blocks."""
        return 16 * sdp.n_moments**2 + 200 * sdp.operator.nnz + 96 * sum(size**2 for size in sdp.sizes)

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
        from sdpap.param import param
        from sdpap.sdpacall import sdpacall
        from sdpap.symcone import SymCone

        settings = _settings(param(), options)
        refuse_if_too_large(self, sdp)
        label = f"{self.name} {self.version()}"
        form = inequality_form(sdp)
        settled = settle(form, label)
        if settled is not None:
            return settled
        if options.time_limit is not None:
            return solve_isolated(self.name, sdp, replace(options, time_limit=None), time_limit=options.time_limit)
        linear, sizes = form.cones
        started = time.perf_counter()
        with standard_output_kept(options.verbose):
            x, y, _, info = sdpacall.solve_sdpa(
                sp.csc_matrix(-(form.unpack @ form.matrix).T),
                sp.csc_matrix(-form.cost[:, None]),
                sp.csc_matrix((form.unpack @ form.constant)[:, None]),
                SymCone(l=linear, s=tuple(sizes)),
                settings,
            )
        seconds = time.perf_counter() - started
        unknowns = y.toarray().ravel()
        gram = form.unpack.T @ x.toarray().ravel()
        words, iterations = str(info["phasevalue"]), int(info["iteration"])
        status = _STATUS.get(words, SDPStatus.UNKNOWN)
        if words == "pdINF" and check_primal_ray(sdp, form.moments(unknowns, ray=True)):
            status = SDPStatus.DUAL_INFEASIBLE
        elif status is not SDPStatus.OPTIMAL and iterations >= settings["maxIteration"]:
            status = SDPStatus.LIMIT
        record = {"solver": label, "iterations": iterations, "seconds": seconds}
        return form.answer(status, words, unknowns, gram, **record)


@kept(4)
def _version_of(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _settings(defaults: dict[str, Any], options: SolverOptions) -> dict[str, Any]:
    tolerance = max(options.tol, _BEST_MULTIPRECISION if _version_of(_MULTIPRECISION) else _BEST_TOLERANCE)
    settings = defaults | {
        "print": "display" if options.verbose else "no",
        "epsilonStar": tolerance,
        "epsilonDash": tolerance,
        "omegaStar": _REGION,
        "lowerBound": -_LARGEST_OBJECTIVE,
        "upperBound": _LARGEST_OBJECTIVE,
    }
    if options.max_iterations is not None:
        settings["maxIteration"] = options.max_iterations
    if options.threads is not None:
        settings["numThreads"] = options.threads
    for key, value in options.own.items():
        if key not in defaults:
            raise BadOption(f"sdpa has no option {key!r}; it has {', '.join(sorted(defaults))}")
        kind = type(defaults[key])
        if not isinstance(value, kind) and not (kind is float and isinstance(value, int)):
            raise BadOption(f"sdpa option {key} = {value!r}: expected a value of type {kind.__name__}")
        settings[key] = kind(value)
    return settings
