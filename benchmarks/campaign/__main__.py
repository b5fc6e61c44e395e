"""``run`` asks, ``table`` counts, ``judge`` judges stored answers again, ``short`` takes a minute."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

#: Problems and seconds a problem of the short form, and the seconds after which it asks no more.
SHORT = (200, 2.0, 55.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments and do it; exit code 1 where a claim is false, a call crashed or hung."""
    options = _parser().parse_args(arguments)
    from . import families as _  # enters all families  # noqa: F401

    return {"run": _run, "table": _table, "judge": _judge, "short": _short, "show": _show}[options.command](options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaign", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    each = {name: commands.add_parser(name) for name in ("run", "table", "judge", "short", "show")}
    for name in ("run", "table", "judge", "short"):
        each[name].add_argument("--out", type=Path, default=Path("results/campaign"), help="folder of the outcomes")
        each[name].add_argument("--against", type=Path, metavar="LAST.json", help="a summary of an earlier run")
    for name in ("run", "short"):
        each[name].add_argument("--workers", type=int, default=2)
        each[name].add_argument("--first", type=int, default=0, help="the first number of each family")
        each[name].add_argument("--families", nargs="*", default=[], metavar="NAME")
    each["run"].add_argument("--count", type=int, default=20_000)
    each["run"].add_argument("--seconds", type=float, default=5.0, help="time limit of a problem")
    each["run"].add_argument("--minutes", type=float, default=float("inf"), help="ask no more after this time")
    each["show"].add_argument("family")
    each["show"].add_argument("seed", type=int)
    return parser


def _run(options: argparse.Namespace) -> int:
    from . import store, work
    from .question import answer, lost

    options.out.mkdir(parents=True, exist_ok=True)
    store.mend(options.out)
    done = {(record["family"], record["seed"]) for record in store.stored(options.out)}
    asked = store.questions(options.count, options.seconds, options.first, options.families, done)
    until = time.monotonic() + 60 * options.minutes
    with (options.out / store.OUTCOMES).open("a", encoding="utf-8") as file:
        for record in work.run(asked, options.workers, answer, lost, until):
            file.write(json.dumps(record) + "\n")
            file.flush()
    return _table(options)


def _short(options: argparse.Namespace) -> int:
    from . import work
    from .question import answer, lost
    from .store import questions

    count, seconds, until = SHORT
    asked = questions(count, seconds, options.first, options.families, set())
    records = list(work.run(asked, options.workers, answer, lost, time.monotonic() + until))
    return _told(records, options.against, None)


def _table(options: argparse.Namespace) -> int:
    from . import store

    return _told(store.stored(options.out), options.against, options.out / "summary.json")


def _judge(options: argparse.Namespace) -> int:
    from . import again, store

    found = again.judged(store.stored(options.out))
    partial = (options.out / store.OUTCOMES).with_suffix(".part")
    partial.write_text("".join(json.dumps(record) + "\n" for record in found), encoding="utf-8")
    partial.replace(options.out / store.OUTCOMES)
    return _table(options)


def _told(records: list, against: Path | None, written: Path | None) -> int:
    from . import table

    rows = table.summary(records)
    before = None if against is None else json.loads(against.read_text(encoding="utf-8"))
    print(table.text(rows, before), table.faults(records), sep="\n\n")
    if written is not None:
        written.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(any({"false", "crash", "hang"} & table.kinds(record) for record in records))


def _show(options: argparse.Namespace) -> int:
    from .family import FAMILIES
    from .question import Question, answer
    from .reproduce import lines

    print(lines(FAMILIES[options.family].case(options.seed)), "\n")
    print(json.dumps(answer(Question(options.family, options.seed, 60.0)), indent=1))
    return 0


def _interrupted(number: int, _: object) -> None:
    """End as after Ctrl-C, so that the workers are ended too."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    # One thread, set before NumPy is loaded.
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1" or os.environ.get("OMP_NUM_THREADS") != "1":
        os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.campaign", *sys.argv[1:]])
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
