"""Run every package on every case under a time and memory limit, and score what comes back.

A bound counts when it meets the certified optimum, a point when it is feasible and attains it: packages differ in
what they print, so the digits of a bound alone say little (without a proof of attainment a bound can be far off).
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..cases import PEER_CASES, Case, Classical, Written, catalogue
from ..record import table
from .environments import PEERS, Peer, prepare, versions

#: Relative deviation from the optimum that counts as reaching it; loose, because the packages' solvers are.
TOLERANCE = 1e-4
#: Relative violation of the constraints that counts as feasible.
VIOLATION = 1e-6
#: Bytes that one package may take.
MEMORY = 10 * 2**30


def run(folder: Path, limit: float, cases: Sequence[Case] = PEER_CASES) -> tuple[list[dict[str, Any]], str]:
    """Return one row for each package and case, and a table.

    Parameters
    ----------
    folder : Path
        Where the environments are.
    limit : float
        Processor seconds for a package on a case, start of its interpreter included.
    """
    folder = folder.resolve()
    failures = {peer: prepare(peer, folder) for peer in PEERS}
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as place:
        for number, case in enumerate(cases):
            path, written = Path(place) / f"{number}.json", case.written()
            written.problem.to_json(path)
            optimum: float | None = None
            for peer in PEERS:
                failure = failures[peer]
                row = {"end": failure} if failure else _run_one(peer, folder, path, case.order, limit)
                if not peer.requirements and row["end"] == "answered":
                    optimum = _reference(case, row)
                row |= _score(row, written, optimum)
                rows.append({"case": case.name, "order": case.order, "tool": peer.name, "optimum": optimum, **row})
                print(f"{case.name}: {peer.name}: {verdict(rows[-1])}, {row.get('wall', 0.0):.1f} s", flush=True)
    installed = {peer.name: _named_versions(peer, folder) for peer in PEERS}
    rows = [{**row, "versions": installed[row["tool"]]} for row in rows]
    return rows, render(rows, limit)


def _named_versions(peer: Peer, folder: Path) -> dict[str, str]:
    wanted = ("momentsos", peer.name.lower(), "picos", "cvxopt", "cvxpy", "clarabel", "sympy", "numpy")
    return {name: version for name, version in versions(peer, folder).items() if name.lower() in wanted}


def _run_one(peer: Peer, folder: Path, problem: Path, order: int, limit: float) -> dict[str, Any]:
    """Run a package on a problem in a process of its own; it is killed with its children at the limit.

    The limit is processor time, so that other work on the machine does not decide who exceeds it. What waits instead of
    computing is ended after four times as long.
    """
    command = [str(peer.python(folder)), str(peer.script), str(problem), str(order)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # Files, not pipes: the end of a pipe is awaited while children of a package that was killed still hold it.
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=output,
            stderr=errors,
            start_new_session=True,
            preexec_fn=lambda: _restrict(int(limit)),
        )
        try:
            process.wait(timeout=4 * limit)
        except subprocess.TimeoutExpired:
            return {"end": f"over {4 * limit:.0f} s of wall time", "wall": time.perf_counter() - began}
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        out, err = (_text(file) for file in (output, errors))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = {
        "wall": time.perf_counter() - began,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    }
    if process.returncode == -signal.SIGXCPU:
        return {"end": f"over {limit:.0f} s", **spent}
    if process.returncode:
        last = (err.strip() or f"exit {process.returncode}").splitlines()[-1]
        return {"end": f"failed: {last[:120]}", **spent}
    return {"end": "answered", **json.loads(out.splitlines()[-1]), **spent}


def _text(file: IO[str]) -> str:
    """Return all that was written to a file."""
    file.seek(0)
    return file.read()


def _restrict(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def _reference(case: Case, row: dict[str, Any]) -> float:
    """Return the optimum that this package certified; one of the literature has to agree with it."""
    if not row["note"].startswith("CERTIFIED"):
        raise RuntimeError(f"{case.name}: the reference is not certified: {row['note']}")
    if isinstance(case, Classical):
        known = catalogue()[case.name].optimum
        if abs(row["bound"] - known) > 1e-6 * max(1.0, abs(known)):
            raise RuntimeError(f"{case.name}: certified {row['bound']}, published {known}")
        return float(known)
    return float(row["bound"])


def _score(row: dict[str, Any], written: Written, optimum: float | None) -> dict[str, Any]:
    """Return how far the bound and the points are from the optimum."""
    if row["end"] != "answered" or optimum is None:
        return {}
    size = max(abs(optimum), 1e-8)
    problem, excesses = written.problem, []
    for values in row["points"]:
        point = np.asarray(values, dtype=float)
        if written.lift is not None:
            point = written.lift(point)
        if np.isfinite(point).all() and problem.violation(point) <= VIOLATION:
            excesses.append((float(problem.minimize(point)) - optimum) / size)
    return {
        "gap": None if row["bound"] is None else (optimum - row["bound"]) / size,
        "feasible": len(excesses),
        "minimisers": sum(excess <= TOLERANCE for excess in excesses),
        "excess": min(excesses, default=None),
    }


def verdict(row: dict[str, Any]) -> str:
    """Return in words what an answer is worth."""
    if row["end"] != "answered":
        return str(row["end"])
    gap, found = row["gap"], row["minimisers"] > 0
    if gap is None:
        return "no bound"
    if gap < -TOLERANCE:
        return "bound above the optimum"
    if gap <= TOLERANCE:
        return "bound and minimiser" if found else "bound, no minimiser"
    return "loose bound, minimiser" if found else "loose bound, no minimiser"


def render(rows: Sequence[dict[str, Any]], limit: float) -> str:
    """Return one table a case: the phases, what was reached, and the time against ours."""
    texts = [
        "Every package gets the same problem file. Seconds are processor time inside the package, after its import. "
        f"The limit is {limit:.0f} s a case; *total* is the sum of the phases and *ratio* that total over ours. A "
        f"bound or point counts when it is within {TOLERANCE:g} of the certified optimum (relative; points feasible to "
        f"{VIOLATION:g}). Where a package returns no points, its first moments are scored; for training, the loss is "
        "evaluated at the point's coefficients. momentsos chooses its order itself; the others are given the order "
        "in the heading.",
        "Versions: "
        + "; ".join(_versions_text(tool, rows) for tool in dict.fromkeys(row["tool"] for row in rows))
        + ".",
    ]
    for name in dict.fromkeys(row["case"] for row in rows):
        mine = [row for row in rows if row["case"] == name]
        own = _total(mine[0])
        lines = [_line(row, own, limit) for row in mine]
        head = ("package", "solver", "formulate", "relax", "solve", "extract", "total", "ratio")
        head += ("gap of the bound", "points that are minimisers", "reached")
        texts.append(f"### {name}, order {mine[0]['order']}\n\n{table(head, lines)}")
    return "\n\n".join(texts)


def _versions_text(tool: str, rows: Sequence[dict[str, Any]]) -> str:
    found = dict(next(row["versions"] for row in rows if row["tool"] == tool))
    own = next((found.pop(name) for name in list(found) if name.lower() == tool.lower()), "not installed")
    others = ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
    return f"{tool} {own} ({others})"


def _total(row: dict[str, Any]) -> float | None:
    return sum(row["seconds"].values()) if row.get("seconds") else None


def _line(row: dict[str, Any], own: float | None, limit: float) -> list[str]:
    if row["end"] != "answered":
        least = f"> {row.get('cpu', limit) / own:.0f}" if own and "over" in row["end"] else ""
        return [row["tool"], "", "", "", "", "", "", least, "", "", row["end"]]
    total = _total(row)
    phases = [f"{row['seconds'].get(name, 0.0):.2g}" for name in ("formulate", "relax", "solve", "extract")]
    ratio = f"{total / own:.2g}" if own and total else ""
    gap = "none" if row["gap"] is None else f"{row['gap']:.1e}"
    points = f"{row['minimisers']} of {len(row['points'])}"
    return [row["tool"], row["solver"], *phases, f"{total:.2g}", ratio, gap, points, verdict(row)]
