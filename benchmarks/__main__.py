"""Run the benchmarks; each part writes ``PART.json`` into the folder of results."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Rows, one a measurement, and a text of tables.
Found = tuple[list[dict[str, Any]], str]


@dataclass(frozen=True)
class Part:
    """One part: its title, and how it is run, short or in full, with the folder of results."""

    title: str
    run: Callable[[bool, Path], Found]


def _methods(full: bool, folder: Path) -> Found:
    from . import methods

    return methods.run(6 if full else 3)


def _checks(full: bool, folder: Path) -> Found:
    from . import checks

    return checks.run(full)


def _solvers(full: bool, folder: Path) -> Found:
    from . import solvers

    return solvers.run(full, folder.parent / "programs")


def _peers(full: bool, folder: Path) -> Found:
    from .cases import PEER_CASES
    from .peers.run import run

    return run(folder.parent / "peers", *((120.0, PEER_CASES) if full else (20.0, PEER_CASES[:3])))


def _side_by_side(full: bool, folder: Path) -> Found:
    from .cases import SMALL_CASES
    from .peers.side_by_side import run as run_side_by_side

    return run_side_by_side(folder.parent / "peers", 30.0 if full else 20.0, SMALL_CASES if full else SMALL_CASES[:3])


def _baselines(full: bool, folder: Path) -> Found:
    from .baselines.run import run

    return run(2, 2.0, 10.0) if full else run(1, 1.0, 5.0)


def _growth(full: bool, folder: Path) -> Found:
    from . import growth

    return growth.run(2 if full else 1, 120.0 if full else 20.0)


def _tasks(full: bool, folder: Path) -> Found:
    from . import tasks

    return tasks.run(3 if full else 1)


def _models(full: bool, folder: Path) -> Found:
    from . import models

    return models.run(3 if full else 1)


def _gaps(full: bool, folder: Path) -> Found:
    from . import gaps

    return gaps.run(full)


def _depth(full: bool, folder: Path) -> Found:
    from . import depth

    # Two processes; blocks and five searches, 4 s each, on fifty instances: ten minutes where `learn` keeps its limit.
    return depth.run(5, 4.0, workers=2) if full else depth.run(1, 2.0, workers=2)


def _reach(full: bool, folder: Path) -> Found:
    from . import reach

    every = range(len(reach.CASES))
    return reach.run(3, 20.0, 2, every) if full else reach.run(1, 5.0, 2, every)


def _queries(full: bool, folder: Path) -> Found:
    from . import queries

    return queries.run(5 if full else 2)


def _tutorials(full: bool, folder: Path) -> Found:
    from .tutorials.table import measure as measure_tutorials

    return measure_tutorials()


PARTS = {
    "methods": Part("Dense and partial hierarchy on the same data", _methods),
    "checks": Part("Certificates held against local searches and the dense relaxation", _checks),
    "solvers": Part("SDP solvers on the same programs", _solvers),
    "peers": Part("Other packages on the same problems", _peers),
    "side_by_side": Part("Other packages on small problems, one table", _side_by_side),
    "baselines": Part("Local searches and SCIP against the certified optimum", _baselines),
    "tasks": Part("Trained networks on real data, and an audit of their bounds", _tasks),
    "models": Part("Trained modules of PyTorch, their activations as polynomials", _models),
    "gaps": Part("Problems on which orders leave gaps, beside SCIP", _gaps),
    "depth": Part("Deep networks trained in blocks, beside local searches at equal time", _depth),
    "reach": Part("How deep a bound of all layers together reaches", _reach),
    "queries": Part("One ReLU: certified fits, and labels on demand", _queries),
    "tutorials": Part("The worked examples of other tools", _tutorials),
    "growth": Part("Growth of time and memory", _growth),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments, run, write, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, help_text in {"all": "all parts", **{name: part.title for name, part in PARTS.items()}}.items():
        command = commands.add_parser(name, help=help_text)
        command.add_argument("--full", action="store_true", help="more seeds, larger sizes, longer limits")
        command.add_argument("--out", type=Path, default=Path("results/bench"), help="folder for the results")
    command = commands.add_parser("page", help="write the results as a page, with pictures beside it")
    command.add_argument("--results", type=Path, default=Path("results/bench"))
    command.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    command = commands.add_parser("compare", help="hold two result files against each other")
    command.add_argument("files", type=Path, nargs=2, metavar="RESULT.json")
    command = commands.add_parser("behaviour", help="record what this version answers on fixed inputs")
    command.add_argument("out", type=Path, metavar="OUT.json")
    command.add_argument("--programs", type=Path, default=Path("results/programs"), help="folder of SDPA files")
    command = commands.add_parser("same", help="hold two such records against each other; exit 1 if they differ")
    command.add_argument("files", type=Path, nargs=2, metavar="RECORD.json")
    options = parser.parse_args(arguments)
    if options.command == "behaviour":
        from . import behaviour

        behaviour.run(options.out, options.programs)
        return 0
    if options.command == "same":
        from .behaviour import compare as same

        text, equal = same(*options.files)
        print(text, end="")
        return 0 if equal else 1
    if options.command == "compare":
        from .compare import compare

        print(compare(*options.files), end="")
        return 0
    if options.command == "page":
        from .page import write

        write(options.results, {name: part.title for name, part in PARTS.items()}, options.out)
        return 0
    for name in PARTS if options.command == "all" else [options.command]:
        measure(name, options.full, options.out)
    return 0


def measure(name: str, full: bool, folder: Path) -> None:
    """Run one part and store what came out."""
    from . import record

    part, began, env = PARTS[name], time.perf_counter(), record.environment()
    print(f"== {part.title}", flush=True)
    rows, text = part.run(full, folder)
    content = {
        "part": name,
        "command": f"python -m benchmarks {name}{' --full' if full else ''}",
        "environment": env,
        "seconds": time.perf_counter() - began,
        "text": text,
        "rows": rows,
    }
    record.save(content, folder / f"{name}.json")
    print(f"\n{text}\n", flush=True)


if __name__ == "__main__":
    # One thread, set before NumPy is loaded: small programs would otherwise be timed by how threads wait.
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1" or os.environ.get("OMP_NUM_THREADS") != "1":
        os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]])
    sys.exit(main())
