r"""COPT: a commercial interior-point solver that takes small programs without a licence.

It is given the side of the Gram matrices, with one row a moment, so that it factors at the number of moments:
minimise :math:`-d^\top\lambda` subject to :math:`E^\top\lambda + F^* X = c`, `λ` free, `X` semidefinite. The
moments are minus the duals of the rows.
"""

from __future__ import annotations

import importlib
import time
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...errors import BadOption, SolverFailed, SolverUnavailable
from ...sdp import SDP, SDPSolution, SDPStatus, lower_by_columns
from ...sdp.stacking import stacked
from ...sdp.svec import svec_weights
from ..contract import Solver, SolverOptions, finish, refuse_if_too_large
from ..isolation import interruptions_held, standard_output_kept

#: The status constants of COPT, from its reference manual ("Solution status"). What it calls infeasible is
#: the side of the Gram matrices. It gives no rays of semidefinite programs: neither claim can be checked.
_STATUS = {
    0: (SDPStatus.UNKNOWN, "unstarted"),
    1: (SDPStatus.OPTIMAL, "optimal"),
    2: (SDPStatus.DUAL_INFEASIBLE, "infeasible"),
    3: (SDPStatus.PRIMAL_INFEASIBLE, "unbounded"),
    4: (SDPStatus.UNKNOWN, "infeasible or unbounded"),
    5: (SDPStatus.FAILED, "numerical trouble"),
    6: (SDPStatus.LIMIT, "node limit"),
    7: (SDPStatus.INACCURATE, "imprecise"),
    8: (SDPStatus.LIMIT, "time out"),
    9: (SDPStatus.FAILED, "unfinished"),
    10: (SDPStatus.INTERRUPTED, "interrupted"),
    11: (SDPStatus.LIMIT, "iteration limit"),
    20: (SDPStatus.UNKNOWN, "locally optimal"),
    21: (SDPStatus.UNKNOWN, "locally infeasible"),
}
#: The tightest tolerance that COPT accepts.
_BEST_TOLERANCE = 1e-9
#: The code of the errors that a missing or too small licence causes.
_LICENCE = 4


class COPT(Solver):
    """Adapter to COPT, by `loadConeMatrix` of `coptpy`."""

    name: ClassVar[str] = "copt"
    package: ClassVar[str] = "coptpy"
    accuracy: ClassVar[float] = 1e-6
    form: ClassVar[str] = "moments"
    side: ClassVar[str] = "gram"

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate the Schur complement, twice, the data, and a dozen copies of the blocks."""
        return 16 * sdp.n_moments**2 + 100 * sdp.operator.nnz + 96 * sum(size**2 for size in sdp.sizes)

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`.

        Raises
        ------
        SolverUnavailable
            The program is larger than what COPT solves without a licence.
        """
        coptpy: Any = importlib.import_module("coptpy")  # its own annotations are wrong
        parameters = _parameters(coptpy, options)
        refuse_if_too_large(self, sdp)
        order, plain, linear, sizes = _layout(sdp)
        blocks = sp.csr_matrix((sp.diags_array(plain) @ sdp.operator)[order])
        matrix = sp.csc_matrix(stacked(sdp.equalities, blocks).T)
        matrix.eliminate_zeros()
        cost = np.concatenate([-sdp.right_side, np.zeros(order.size)])
        cones = {"f": sdp.right_side.size, "l": linear, "s": sizes}
        # An interruption in the callback that prints for COPT would end the process.
        with interruptions_held(), standard_output_kept(options.verbose):
            environment = coptpy.Envr()
            model = environment.createModel("momentsos")
            for name, value in parameters.items():
                model.setParam(name, value)
            places = np.asarray(model.loadConeMatrix(cost, matrix, sdp.cost, cones))
            started = time.perf_counter()
            try:
                model.solve()
            except coptpy.CoptError as error:
                raise _explained(error) from error
            seconds = time.perf_counter() - started
            status, words = _STATUS.get(model.status, (SDPStatus.UNKNOWN, f"status {model.status}"))
            moments = duals = gram = None
            if model.haslpsol:
                free = np.asarray(model.getValues()) if model.cols else np.zeros(0)
                square = np.asarray(model.getPsdValues()) if sizes else np.zeros(0)
                duals = free[: sdp.right_side.size]
                gram = np.empty(order.size)
                gram[order] = np.concatenate([free[sdp.right_side.size :], square])
                gram /= plain
                moments = -_row_duals(model, places)
            iterations = int(model.barrieriter)
            environment.close()
        return finish(
            sdp,
            status,
            words,
            moments,
            duals,
            gram,
            solver=f"{self.name} {self.version()}",
            iterations=iterations,
            seconds=seconds,
        )


def _explained(error: Any) -> Exception:
    """Return our error for one of COPT."""
    if error.retcode == _LICENCE:
        return SolverUnavailable(
            "COPT solves up to about 2000 moments without a licence, and this program has more: get one from "
            "https://www.shanshu.ai/copt (free for academic use) and put license.dat and license.key into a "
            "folder that COPT_LICENSE_DIR names"
        )
    return SolverFailed(f"copt: {error.message}")


def _row_duals(model: Any, places: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return the duals of the rows: place `i > 0` is linear row `i - 1`, `i < 0` matrix row `-i - 1`."""
    duals = np.empty(places.size)
    linear = places > 0
    if linear.any():
        duals[linear] = np.asarray(model.getDuals())[places[linear] - 1]
    if not linear.all():
        duals[~linear] = np.asarray(model.getPsdDuals())[-places[~linear] - 1]
    return duals


def _layout(sdp: SDP) -> tuple[NDArray[np.intp], NDArray[np.float64], int, list[int]]:
    """Return our row for each entry of COPT, the factors that take the √2 off, and the cones.

    COPT wants the blocks of size 1 first, then lower triangles by columns.
    """
    plain = [1 / svec_weights(size) for size in sdp.sizes]
    blocks = list(zip(sdp.offsets[:-1], sdp.sizes, strict=True))
    linear = np.array([start for start, size in blocks if size == 1], dtype=np.intp)
    squares = [start + lower_by_columns(size) for start, size in blocks if size > 1]
    sizes = [size for size in sdp.sizes if size > 1]
    return np.concatenate([linear, *squares]), np.concatenate([np.zeros(0), *plain]), linear.size, sizes


def _parameters(coptpy: Any, options: SolverOptions) -> dict[str, Any]:
    tolerance = max(options.tol, _BEST_TOLERANCE)
    parameters: dict[str, Any] = {"Logging": int(options.verbose), "RelGap": tolerance}
    parameters |= {"FeasTol": min(tolerance, 1e-4), "DualTol": min(tolerance, 1e-4)}
    common = {
        "BarIterLimit": options.max_iterations,
        "TimeLimit": options.time_limit,
        "Threads": options.threads,
    }
    parameters |= {name: value for name, value in common.items() if value is not None}
    known = {name for name in dir(coptpy.COPT.Param) if not name.startswith("_")}
    for name, value in options.own.items():
        if name not in known:
            raise BadOption(f"copt has no option {name!r}; it has {', '.join(sorted(known))}")
        if not isinstance(value, (int, float)):
            raise BadOption(f"copt option {name} = {value!r}: expected a number")
        parameters[name] = value
    return parameters
