"""SCS: a first-order solver; low accuracy and little memory, for programs that nothing else can hold."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...errors import BadOption
from ...sdp import SDP, SDPSolution, SDPStatus, lower_by_columns
from ...sdp.stacking import stacked
from ..contract import Solver, SolverOptions, finish, refuse_if_too_large

#: The exit flags of SCS, from its documentation ("Exit flags").
_STATUS = {
    0: SDPStatus.UNKNOWN,
    1: SDPStatus.OPTIMAL,
    2: SDPStatus.INACCURATE,
    -1: SDPStatus.DUAL_INFEASIBLE,
    -2: SDPStatus.PRIMAL_INFEASIBLE,
    -3: SDPStatus.UNKNOWN,
    -4: SDPStatus.FAILED,
    -5: SDPStatus.INTERRUPTED,
    -6: SDPStatus.DUAL_INFEASIBLE,
    -7: SDPStatus.PRIMAL_INFEASIBLE,
}
#: A first-order method does not reach what an interior-point method does; it is not asked to.
_BEST_TOLERANCE = 1e-7


class SCS(Solver):
    """Adapter to SCS, by its own Python interface."""

    name: ClassVar[str] = "scs"
    package: ClassVar[str] = "scs"
    accuracy: ClassVar[float] = 1e-5
    form: ClassVar[str] = "svec"

    @classmethod
    def memory(cls, sdp: SDP) -> int:
        """Estimate the data, its sparse factor and the eigenvectors of the largest block."""
        return 400 * (sdp.operator.nnz + sdp.operator.shape[0]) + 64 * max(sdp.sizes, default=0) ** 2

    def solve(self, sdp: SDP, options: SolverOptions) -> SDPSolution:
        """Solve `sdp`; see `Solver.solve`."""
        import scs

        settings = _settings(options)
        refuse_if_too_large(self, sdp)
        order, linear, sizes = _cone_order(sdp)
        p = len(sdp.right_side)
        cone = {"z": p, "l": linear, "s": sizes}
        matrix = sp.csc_matrix(stacked(sdp.equalities, -sdp.operator[order]))
        data = {"A": matrix, "b": np.concatenate([sdp.right_side, np.zeros(len(order))]), "c": sdp.cost}
        started = time.perf_counter()
        answer = scs.SCS(data, cone, **settings).solve()
        seconds = time.perf_counter() - started
        gram = np.empty(len(order))
        gram[order] = answer["y"][p:]
        info = answer["info"]
        return finish(
            sdp,
            _STATUS.get(info["status_val"], SDPStatus.UNKNOWN),
            str(info["status"]),
            np.asarray(answer["x"]),
            -answer["y"][:p],
            gram,
            solver=f"{self.name} {self.version()}",
            iterations=int(info["iter"]),
            seconds=seconds,
        )


def _cone_order(sdp: SDP) -> tuple[NDArray[np.intp], int, list[int]]:
    """Return our row for each row of SCS (linear cone first, then lower triangles), and the sizes of both kinds."""
    starts = sdp.offsets[:-1]
    linear = [start for start, size in zip(starts, sdp.sizes, strict=True) if size == 1]
    matrices = [(start, size) for start, size in zip(starts, sdp.sizes, strict=True) if size > 1]
    parts = [np.array(linear, dtype=np.intp), *(start + lower_by_columns(size) for start, size in matrices)]
    return np.concatenate(parts), len(linear), [size for _, size in matrices]


def _settings(options: SolverOptions) -> dict[str, Any]:
    tolerance = max(options.tol, _BEST_TOLERANCE)
    settings: dict[str, Any] = {
        "verbose": options.verbose,
        "eps_abs": tolerance,
        "eps_rel": tolerance,
        "max_iters": options.max_iterations or 50_000,
    }
    if options.time_limit is not None:
        settings["time_limit_secs"] = options.time_limit
    for key, value in options.own.items():
        if key not in _NATIVE:
            raise BadOption(f"scs has no option {key!r}; it has {', '.join(sorted(_NATIVE))}")
        settings[key] = value
    return settings


#: The settings of SCS 3, from its documentation ("Settings").
_NATIVE = frozenset(
    "normalize scale adaptive_scale rho_x max_iters eps_abs eps_rel eps_infeas alpha time_limit_secs verbose "
    "acceleration_lookback acceleration_interval write_data_filename log_csv_filename".split()
)
