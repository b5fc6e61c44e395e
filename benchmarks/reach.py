"""How deep a bound of all layers together reaches: certified share, time and memory, one process an instance.

``python -m benchmarks.reach NUMBER SEED SECONDS`` learns one instance, `CASES[NUMBER]`, and prints it as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import momentsos as ms

from .depth import Case, instance
from .record import table

_SHAPES = (
    Case((2, 2, 2), "noisy", 10),
    Case((2, 2, 2), "noisy", 20),
    Case((3, 2, 2), "noisy", 10),
    Case((3, 2, 2), "noisy", 20),
    Case((3, 3, 3), "noisy", 10),
    Case((4, 4), "noisy", 10),
    Case((5, 5), "noisy", 10),
    Case((2, 2, 2, 2), "noisy", 10),
    Case((2, 2), "noisy", 10, width=4, apart=True),
)
#: With biases nothing is redundant, and all constants are free; without them those of the inner layers are fixed.
CASES = tuple(
    Case(shape.degrees, shape.targets, shape.outputs, biases, shape.width, shape.apart)
    for shape, biases in product(_SHAPES, (False, True))
)

#: A process that takes this many times its limit is ended.
_PATIENCE = 2.0
_KIBI, _MEBI = 2**10, 2**20
_ROOT = Path(__file__).resolve().parent.parent

NOTE = """`learn` with method "auto", all layers together. Targets are made by a network of the same kind, with 10 % \
noise; 60 samples, 5 inputs, layers of ten units, of four where the units of the first layer have coefficients of \
their own. With biases all constants are free; without them those of the inner layers are 1. Gaps are (upper - lower) \
/ upper, time is processor time, memory what the process held at most beyond what it began with; all are medians over \
the seeds, of instances that ended."""


def run(seeds: int, limit: float, workers: int, cases: Sequence[int]) -> tuple[list[dict[str, Any]], str]:
    """Return one row for each instance, and a table with one row for each kind.

    Parameters
    ----------
    seeds : int
    limit : float
        Seconds that `learn` has, of the clock.
    workers : int
        Processes at a time, one a processor.
    cases : sequence of int
        Places in `CASES`.
    """
    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(_apart, number, seed, limit) for number, seed in product(cases, range(seeds))]
        rows = [each.result() for each in waiting]
    return rows, render(rows)


def _apart(number: int, seed: int, limit: float) -> dict[str, Any]:
    """Measure one instance in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.reach", str(number), str(seed), str(limit)]
    kept = {"case": number, "seed": seed}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_PATIENCE * limit + 10.0, cwd=_ROOT
        )
    except subprocess.TimeoutExpired:
        return {**kept, "status": "out of time"}
    if done.returncode:
        return {**kept, "status": "failed", "error": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    return {**kept, **json.loads(done.stdout.strip().splitlines()[-1])}


def measured(number: int, seed: int, limit: float) -> dict[str, Any]:
    """Return what learning one instance ends with."""
    network, X, Y = instance(CASES[number], seed)
    before, began = _held(), time.process_time()
    try:
        fit = ms.learn(network, X, Y, time_limit=limit, seed=seed)
    except ms.ProblemTooLarge as error:
        return {"status": "too large", "error": str(error)}
    return {
        "status": fit.status.name,
        "unknowns": network.unknowns.count,
        "lower": fit.lower_bound,
        "upper": fit.upper_bound,
        "seconds": time.process_time() - began,
        "mebibytes": _held() - before,
    }


def _held() -> float:
    """Return the most memory that this process has held so far, in mebibytes.

    Linux keeps it for the program alone in ``VmHWM``; `resource` would count what the parent held when it forked.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    kibibytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kibibytes) * _KIBI / _MEBI


def render(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table."""
    lines = []
    for number in dict.fromkeys(row["case"] for row in rows):
        own, case = [row for row in rows if row["case"] == number], CASES[number]
        ended = [row for row in own if "seconds" in row]
        gaps = [_gap(row) for row in ended if row["upper"] is not None]
        others = ", ".join(sorted({row["status"] for row in own} - {"CERTIFIED"}))
        units = " for each unit, " if case.apart else ", "
        lines.append(
            [
                ",".join(map(str, case.degrees)) + (f"{units}{case.width} units" if case.apart else ""),
                str(case.outputs),
                "free" if case.biases else "fixed",
                str(ended[0]["unknowns"]) if ended else "",
                f"{sum(row['status'] == 'CERTIFIED' for row in own)} of {len(own)}",
                others,
                f"{median(gaps):.1e}" if gaps else "",
                f"{median(row['seconds'] for row in ended):.1f}" if ended else "",
                f"{median(row['mebibytes'] for row in ended):.0f}" if ended else "",
            ]
        )
    head = ("degrees", "outputs", "constants", "unknowns", "certified", "else", "gap", "CPU s", "MiB added")
    return f"{NOTE}\n\n{table(head, lines)}"


def _gap(row: dict[str, Any]) -> float:
    lower = row["lower"] or 0.0
    return max(0.0, float(row["upper"]) - lower) / max(float(row["upper"]), 1e-300)


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))
