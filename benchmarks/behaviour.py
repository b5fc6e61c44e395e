"""A recorded run: what a version answers on fixed inputs, so that a change can show what it changed.

`python -m benchmarks behaviour OUT.json` records; `python -m benchmarks same BEFORE.json AFTER.json` holds two records
against each other. Only public names are used, so that versions with other modules can be recorded alike.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import momentsos as ms

from . import record

#: Losses with the seeds of each of the five families.
LOSSES = {"mean_residual": 3, "mse": 3, "max_abs": 2, "mae": 2}
#: The first instances whose bounds are proved in rational arithmetic.
PROVED = 10
#: Numbers may differ by rounding: to this share of their size, or of 1e-4.
CLOSE = 1e-9


def _described(result: Any) -> dict[str, Any]:
    """Return what a user can tell of a result, times left out."""
    return {
        "status": result.status.name,
        "lower": result.lower_bound,
        "upper": result.upper_bound,
        "minimizers": result.minimizers.tolist(),
        "order": result.order,
        "method": result.method,
        "coverage": result.coverage,
        "message": result.message,
        "reason": result.reason,
        "iterations": None if result.solution is None else result.solution.iterations,
        "attempts": [
            [a.order, a.coverage, a.sdp_status.name, a.words, a.lower_bound, a.absorbed, a.sizes["moments"]]
            for a in result.attempts
        ],
    }


def _certified(result: Any) -> dict[str, Any]:
    """Return a result with its exact certificate."""
    try:
        proof = result.certify(time_limit=None)
    except ms.MomentSOSError as error:
        return {**_described(result), "certificate": str(error)}
    proof.verify(result.problem)
    return {**_described(result), "certificate": float(proof.bound)}


def _catalogue() -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    from .cases import catalogue

    for name, case in catalogue().items():
        yield f"catalogue {name}", lambda case=case: _described(ms.solve(case.problem()))


def _training() -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    from .cases import FAMILIES, noisy_instance

    for loss, seeds in LOSSES.items():
        for number, degrees in enumerate(FAMILIES):
            for seed in range(seeds):
                describe = _certified if seed == 0 and loss in ("mean_residual", "mse") else _described

                def call(
                    degrees: tuple[int, ...] = degrees,
                    seed: int = seed,
                    loss: str = loss,
                    number: int = number,
                    describe: Callable[[Any], dict[str, Any]] = describe,
                ) -> dict[str, Any]:
                    case = noisy_instance(degrees, 50, 20, seed=seed, fresh=loss != "mean_residual")
                    return describe(ms.learn(case.network, case.X, case.Y, loss=loss))

                yield f"learn {loss} {','.join(map(str, degrees))} seed {seed}", call


def _solver(folder: Path) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    from momentsos.solvers import SolverOptions, solve_sdp

    from .programs import programs

    for name, path in programs(folder):

        def call(path: Path = path) -> dict[str, Any]:
            answer = solve_sdp("native", ms.read_sdpa(path), SolverOptions())
            return {
                "status": answer.status.name,
                "message": answer.words,
                "iterations": answer.iterations,
                "lower": None if answer.residuals is None else answer.residuals.dual_objective,
                "upper": None if answer.residuals is None else answer.residuals.primal_objective,
            }

        yield f"program {name}", call


def run(out: Path, programs: Path) -> None:
    """Run everything and store it, with the processor time of each call."""
    rows = {}
    for name, call in (*_catalogue(), *_training(), *_solver(programs)):
        began = time.process_time()
        try:
            found = call()
        except Exception as error:  # a record of what happens, a crash included
            found = {"status": type(error).__name__, "message": str(error)}
        rows[name] = {**found, "seconds": time.process_time() - began}
        print(f"{rows[name]['seconds']:8.2f} s  {found['status']:<16} {name}", flush=True)
    record.save({"environment": record.environment(), "rows": rows}, out)


def compare(before: Path, after: Path) -> tuple[str, bool]:
    """Return a text of all that differs, and whether anything does beyond rounding."""
    old, new = (json.loads(path.read_text(encoding="utf-8"))["rows"] for path in (before, after))
    lines, same = [], old.keys() == new.keys()
    rounding = 0
    for name in sorted(old.keys() & new.keys()):
        differs = _difference(old[name], new[name])
        rounding += not differs and {**old[name], "seconds": 0} != {**new[name], "seconds": 0}
        lines += [f"{name}: {text}" for text in differs]
    lines += [f"{name}: only in one record" for name in sorted(old.keys() ^ new.keys())]
    ratios = [new[n]["seconds"] / old[n]["seconds"] for n in old.keys() & new.keys() if old[n]["seconds"] > 0]
    lines.append(
        f"{len(ratios)} inputs, {rounding} equal up to rounding only, {len(lines)} differences; "
        f"processor time after over before: median {median(ratios):.3f}, "
        f"all {sum(r['seconds'] for r in new.values()) / sum(r['seconds'] for r in old.values()):.3f}"
    )
    return "\n".join(lines) + "\n", same and len(lines) == 1


def _difference(old: Any, new: Any, path: str = "") -> list[str]:
    """Return where two parts of a record differ by more than rounding."""
    if path == ".seconds":
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted(old.keys() | new.keys())
        return [line for key in keys for line in _difference(old.get(key), new.get(key), f"{path}.{key}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            line for i, pair in enumerate(zip(old, new, strict=True)) for line in _difference(*pair, f"{path}[{i}]")
        ]
    if isinstance(old, float) and isinstance(new, float) and abs(old - new) <= CLOSE * max(1e-4, abs(old), abs(new)):
        return []
    return [] if old == new else [f"{path[1:]}: {old!r} before, {new!r} after"]
