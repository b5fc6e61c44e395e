"""Run the benchmarks and write ``results/bench.json`` and ``results/bench.md``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main() -> int:
    """Parse the arguments, run, write, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="instances of each family (default: 5)")
    parser.add_argument("--only", choices=("methods", "solvers"), help="one of the two parts")
    parser.add_argument("--out", type=Path, default=Path("results"), help="folder for the results")
    options = parser.parse_args()

    from . import methods, record, solvers

    texts, rows = [], []
    if options.only in (None, "methods"):
        found, text = methods.run(options.seeds)
        rows += [{"part": "methods", **row} for row in found]
        texts.append("## Dense and partial hierarchy on the same data\n\nMedian [least, most] over seeds.\n\n" + text)
        print(texts[-1], flush=True)
    if options.only in (None, "solvers"):
        found, text = solvers.run()
        rows += [{"part": "solvers", **row} for row in found]
        texts.append(
            "## SDP solvers on the same programs\n\nMedian seconds [least, most], ratio to the native solver, "
            "worst relative residual as we recompute it.\n\n" + text
        )
        print(texts[-1], flush=True)
    record.save(rows, options.out / "bench.json")
    env = record.environment()
    head = "; ".join(f"{key}: {value}" for key, value in env.items())
    (options.out / "bench.md").write_text("\n\n".join([head, *texts]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    # One thread, set before NumPy is loaded: small programs would otherwise be timed by how threads wait.
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]])
    sys.exit(main())
