"""The SDP solvers side by side on one set of programs; every residual is recomputed by us.

Two times are taken. That of the whole call is what a user waits for: the program is put into the solver's form, solved,
its answer mapped back and its residuals recomputed; for the native solver that form is part of the solver. The
solver's own time leaves out what another program would have to do itself. A solver that runs in a child process has its
own time alone.
"""

from __future__ import annotations

import time
from dataclasses import replace
from math import exp, log
from pathlib import Path
from statistics import median
from typing import Any

import momentsos as ms
from momentsos.errors import MomentSOSError
from momentsos.sdp import SDP, SDPSolution
from momentsos.solvers import SolverOptions, available_solvers, solve_sdp, solver_named

from .programs import programs
from .record import table
from .sedumi import sedumi_problem, solve_with_sedumi

#: Seconds that one solve may take, and how often it is repeated, short and in full.
_TIME_LIMITS, _REPEATS = (5.0, 20.0), (3, 5)
#: A first call that took less is not counted.
_BRIEF = 1.0
#: Seconds after which a solve is not repeated.
_ONCE = 5.0
#: Worst relative residual up to which an answer counts as a solution.
SOLVED = 1e-6
#: Left out: CVXPY only passes programs on.
_LEFT_OUT = {"cvxpy"}


def contestants() -> tuple[list[str], dict[str, str]]:
    """Return the solvers that can be asked here, the native one first, and why the others cannot."""
    states = available_solvers()
    names = [name for name, state in states.items() if state.available and name not in _LEFT_OUT]
    absent = {name: state.reason for name, state in states.items() if not state.available}
    problem = sedumi_problem()
    if problem is None:
        names.append("sedumi")
    else:
        absent["sedumi"] = problem
    return names, absent


def run(full: bool, folder: Path, names: list[str] | None = None, only: str = "") -> tuple[list[dict[str, Any]], str]:
    """Return one row for each program and solver, and tables of times, ratios and failures.

    The programs are kept in `folder`; `names` and `only` restrict the solvers and the programs.
    """
    found, absent = contestants()
    solvers = names or found
    rows, lines = [], []
    for label, path in programs(folder, full, only):
        sdp = ms.read_sdpa(path)
        cells = _measured(sdp, solvers, _TIME_LIMITS[full], _REPEATS[full])
        sizes = {"moments": sdp.n_moments, "blocks": len(sdp.sizes), "largest_block": max(sdp.sizes)}
        rows += [{"program": label, **sizes, "solver": name, **cell} for name, cell in cells.items()]
        lines.append(_line(label, sdp, cells))
        print(" | ".join(lines[-1]), flush=True)
    text = table(("program", "moments; blocks; largest", *solvers), lines)
    text += "\n\n" + _summary(rows, solvers)
    if absent:
        text += "\n\nNot asked: " + "; ".join(f"{name} ({reason})" for name, reason in absent.items()) + "."
    return rows, text


def _measured(sdp: SDP, names: list[str], limit: float, repeats: int) -> dict[str, dict[str, Any]]:
    """Solve in rounds, all solvers in each, so that what else the machine does falls on all of them."""
    cells: dict[str, dict[str, Any]] = {name: {"seconds": [], "own": [], "cpu": []} for name in names}
    for turn in range(repeats + 1):
        for name, cell in cells.items():
            if "failure" in cell or sum(cell["seconds"]) > _ONCE:
                continue
            cpu, began = time.process_time(), time.perf_counter()
            try:
                answer = _solve(name, sdp, limit)
            except MomentSOSError as error:
                cell["failure"] = f"{type(error).__name__}: {error}"
                continue
            whole = answer.seconds if _in_child(name) else time.perf_counter() - began
            if turn == 0 and whole < _BRIEF:
                continue  # the first call imports and fills caches
            cell["cpu"].append(time.process_time() - cpu)
            cell["seconds"].append(whole)
            cell["own"].append(answer.seconds)
            cell |= _judged(answer)
    return cells


def _solve(name: str, sdp: SDP, limit: float) -> SDPSolution:
    """Solve once."""
    if name == "sedumi":
        return solve_with_sedumi(sdp, limit)
    options = SolverOptions(time_limit=limit, threads=1)
    return solve_sdp(name, sdp, replace(options, isolate=_in_child(name)))


def _in_child(name: str) -> bool:
    """Whether a solver runs in a process of its own, whose start does not count."""
    return name == "sedumi" or getattr(solver_named(name), "may_exit", False)


def _judged(answer: SDPSolution) -> dict[str, Any]:
    worst = None if answer.residuals is None else answer.residuals.worst
    judged = {
        "status": answer.status.name,
        "words": answer.words,
        "iterations": answer.iterations,
        "worst_residual": worst,
        "gap": None if answer.residuals is None else answer.residuals.gap,
        "objective": None if answer.residuals is None else answer.residuals.dual_objective,
    }
    if worst is None or not worst <= SOLVED:
        words = answer.words or answer.status.value
        judged["failure"] = words if worst is None else f"{words}, residual {worst:.0e}"
    return judged


def _ratio(cell: dict[str, Any], reference: dict[str, Any], key: str = "seconds") -> float | None:
    """Return how many times longer than the reference, where both solved the program."""
    if "failure" in cell or "failure" in reference:
        return None
    return median(cell[key]) / median(reference[key])


def _line(label: str, sdp: SDP, cells: dict[str, dict[str, Any]]) -> list[str]:
    shown = []
    for cell in cells.values():
        if not cell["seconds"]:
            shown.append(f"— ({cell['failure'].split(':')[0]})")
            continue
        low, high = min(cell["seconds"]), max(cell["seconds"])
        text = f"{median(cell['seconds']):.3g} s [{low:.2g}, {high:.2g}]"
        ratio = _ratio(cell, cells.get("native", cell))
        if ratio is not None and cell is not cells.get("native"):
            text += f" ×{ratio:.2g}"
        worst = "no answer" if cell["worst_residual"] is None else f"{cell['worst_residual']:.0e}"
        shown.append(f"{text} ({worst}{', failed' if 'failure' in cell else ''})")
    return [label, f"{sdp.n_moments}; {len(sdp.sizes)}; {max(sdp.sizes)}", *shown]


def _summary(rows: list[dict[str, Any]], solvers: list[str]) -> str:
    """Return a table of what each solver solved and of its ratios to the native one."""
    native = {row["program"]: row for row in rows if row["solver"] == "native"}
    lines = []
    for name in solvers:
        own = [row for row in rows if row["solver"] == name]
        solved = [row for row in own if "failure" not in row]
        residuals = [row["worst_residual"] for row in solved]
        residual = f"{median(residuals):.0e}; {max(residuals):.0e}" if residuals else ""
        line = [name, f"{len(solved)} of {len(own)}", residual]
        for key in ("seconds", "own"):
            ratios = sorted(r for row in own if native and (r := _ratio(row, native[row["program"]], key)) is not None)
            mean = exp(sum(map(log, ratios)) / len(ratios)) if ratios else 0.0
            line.append(f"{mean:.2g} [{ratios[0]:.2g}, {ratios[-1]:.2g}]" if ratios else "")
            line.append(str(sum(ratio < 1 for ratio in ratios)))
        lines.append(line)
    header = (
        "solver",
        f"solved to {SOLVED:.0e}",
        "residual: median; worst",
        "whole call over native: mean [range]",
        "faster on",
        "own time over native: mean [range]",
        "faster on",
    )
    note = "Cells hold the time of the whole call; for what counts as a solver's own time see `benchmarks/solvers.py`."
    return f"{note}\n\n{table(header, lines)}"
