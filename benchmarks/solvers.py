"""The SDP solvers on one set of programs: partial and dense relaxations of the tables, and of the catalogue."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import momentsos as ms
from momentsos.conditioning import balanced_units, scale_by
from momentsos.errors import MomentSOSError
from momentsos.networks.instances import noisy_instance
from momentsos.relaxations import Relaxation, assemble, dense_plan, partial_plan
from momentsos.relaxations.bounding import Ball
from momentsos.relaxations.split import affine_split
from momentsos.sdp import SDPStatus
from momentsos.solvers import SolverOptions, available_solvers, solver_named
from momentsos.whitening import whiten_constraints

from .record import spread, table

#: Clarabel, SCS and the other interior-point codes are left out above this many svec rows in the largest block.
_SVEC_LIMIT = 2_000
_REPEATS = 3


def programs() -> Iterator[tuple[str, Relaxation]]:
    """Yield named relaxations, small ones first."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from catalogue import BY_NAME

    for degrees, order in (((2, 2), 1), ((2, 2), 2), ((2, 3), 2), ((3, 2), 2), ((3, 2), 3)):
        yield (
            f"partial {','.join(map(str, degrees))} order {order}",
            assemble(partial_plan(_conditioned(degrees), order)),
        )
    for name in ("six_hump_camel", "motzkin_on_ball", "floudas_3_1_3", "max_cut_5_cycle", "floudas_2_1_1"):
        problem = BY_NAME[name].problem()
        scaled = scale_by(problem, balanced_units(problem)).problem
        yield f"dense {name}", assemble(dense_plan(scaled, BY_NAME[name].order))
    case = noisy_instance((2, 2))
    problem = ms.formulate(case.network, case.X, case.Y).problem
    fit = ms.learn(case.network, case.X, case.Y)
    ball = Ball(np.full(problem.n_variables, 2.0 * float(np.linalg.norm(fit.minimizers[0]))))
    yield (
        "dense 2,2 order 3 in a ball",
        assemble(dense_plan(scale_by(ball.restrict(problem), ball.half_axes).problem, 3)),
    )


def _conditioned(degrees: tuple[int, ...]) -> ms.Problem:
    case = noisy_instance(degrees)
    fit = ms.learn(case.network, case.X, case.Y, method="partial")
    split = affine_split(fit.problem)
    return whiten_constraints(fit.problem, split, fit.minimizers[0], 10.0, 1e-6 * fit.scale).problem


def run(names: list[str] | None = None) -> tuple[list[dict[str, Any]], str]:
    """Return one row a solve, and a table of median times and ratios to the native solver."""
    solvers = names or [name for name, state in available_solvers().items() if state.available and name != "cvxpy"]
    rows, lines = [], []
    for label, relaxation in programs():
        largest = max(relaxation.sdp.sizes)
        cells = []
        for name in solvers:
            skipped = name != "native" and largest * (largest + 1) // 2 > _SVEC_LIMIT
            rows.append(
                {"program": label, **relaxation.sizes, "solver": name, **({} if skipped else _solve(name, relaxation))}
            )
            cells.append(rows[-1])
        lines.append(_line(label, relaxation, cells))
    return rows, table(("program", "moments; largest", *solvers), lines)


def _solve(name: str, relaxation: Relaxation) -> dict[str, Any]:
    seconds, solution = [], None
    for _ in range(_REPEATS):
        started = time.perf_counter()
        try:
            solution = solver_named(name).solve(relaxation.sdp, SolverOptions(time_limit=60.0))
        except MomentSOSError as error:
            return {"status": type(error).__name__, "seconds": []}
        seconds.append(time.perf_counter() - started)
        if seconds[-1] > 5.0:
            break
    assert solution is not None
    residuals = solution.residuals
    return {
        "status": solution.status.name,
        "native_status": solution.native_status,
        "seconds": seconds,
        "worst_residual": None if residuals is None else residuals.worst,
        "solved": solution.status is SDPStatus.OPTIMAL and residuals is not None and residuals.worst <= 1e-6,
    }


def _line(label: str, relaxation: Relaxation, cells: list[dict[str, Any]]) -> list[str]:
    reference = next((median(c["seconds"]) for c in cells if c["solver"] == "native" and c.get("seconds")), None)
    shown = []
    for cell in cells:
        if not cell.get("seconds"):
            shown.append(cell.get("status", "not run"))
            continue
        worst = cell["worst_residual"]
        ratio = (
            "" if reference is None or cell["solver"] == "native" else f", ×{median(cell['seconds']) / reference:.2g}"
        )
        residual = "no answer" if worst is None else f"{worst:.0e}"
        shown.append(f"{spread(cell['seconds']).split(' ')[0]} s{ratio} ({residual})")
    sizes = relaxation.sizes
    return [label, f"{sizes['moments']}; {sizes['largest_block']}", *shown]
