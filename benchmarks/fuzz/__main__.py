"""Put mutated inputs to readers, command line and public functions; exit 1 where anything foreign comes out."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: Seconds that one input may take, three times over and ten more.
LIMIT = 5.0
#: Ends that nothing may come to.
BAD = ("foreign", "false", "warned", "hung", "died")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments, put the inputs in, print what came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first number")
    parser.add_argument("--kinds", nargs="*", default=[], metavar="KIND", help="also: solver, interrupt, disk, kill")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("results/fuzz.jsonl"), help="one line for each bad end")
    options = parser.parse_args(arguments)
    from ..campaign.work import run
    from .inputs import KINDS, Question, answer, lost

    kinds = options.kinds or KINDS
    numbers = range(options.first, options.first + options.count)
    questions = (Question(kinds[k % len(kinds)], k, LIMIT) for k in numbers)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    ends: Counter[tuple[str, str]] = Counter()
    bad: list[dict[str, Any]] = []
    with options.out.open("w", encoding="utf-8") as file:
        for record in run(questions, options.workers, answer, lost):
            ends[record["kind"], record["end"]] += 1
            if record["end"] in BAD:
                bad.append(record)
                file.write(json.dumps(record) + "\n")
                file.flush()
    for (kind, end), count in sorted(ends.items()):
        print(f"{count:6d}  {kind:12s} {end}")
    same: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for record in bad:
        same.setdefault((record["kind"], record["end"], record["words"].partition(": ")[0]), []).append(record)
    for (kind, end, words), found in sorted(same.items(), key=lambda each: -len(each[1])):
        shortest = min(found, key=lambda record: len(record["input"]))
        print(f"\n{len(found)} x {kind}, {end}: {words}\n  {shortest['words'][:300]}")
        print(f"  seed {shortest['seed']}: {shortest['input'][:400]}")
    return int(bool(bad))


if __name__ == "__main__":
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1" or os.environ.get("OMP_NUM_THREADS") != "1":
        os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.fuzz", *sys.argv[1:]])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
