"""A program that passes for CSDP and lies, hangs, dies or talks nonsense, for a folder at the head of the path.

It stands by itself: it is copied under the name ``csdp`` and run by momentsos. What it does is read from the variable
``MOMENTSOS_LIAR``; where a real ``csdp`` is further down the path, some lies start from its true answer.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

#: What it does: answers that are false, answers that are none, and no answer.
MODES = (
    "random", "huge", "zero", "nan", "infinite", "scaled", "shifted", "negated", "perturbed", "short", "long", "text",
    "empty", "binary", "outside", "nothing", "unknown code", "infeasible", "unbounded", "killed", "aborted", "hangs",
    "shouts",
)  # fmt: skip


def _sizes(program: str) -> tuple[int, list[int]]:
    """Return the number of unknowns and the block sizes that a program file announces."""
    lines = [line for line in Path(program).read_text(encoding="ascii").splitlines() if line[:1] not in '"*']
    return int(lines[0]), [abs(int(word)) for word in lines[2].split()]


def _true(program: str, target: str) -> int | None:
    """Let the real program answer; None where there is none."""
    own = Path(sys.argv[0]).resolve().parent
    path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if Path(p or ".").resolve() != own)
    real = shutil.which("csdp", path=path)
    if real is None:
        return None
    return subprocess.run([real, program, target], stdout=subprocess.DEVNULL, check=False).returncode


def _lie(mode: str, program: str, draw: random.Random) -> str:
    """Return a solution file: the unknowns in a line, then entries of both matrices."""
    n, sizes = _sizes(program)
    number = {
        "random": lambda: draw.gauss(0, 1),
        "huge": lambda: draw.gauss(0, 1) * 1e30,
        "zero": lambda: 0.0,
        "nan": lambda: float("nan"),
        "infinite": lambda: float("inf"),
    }.get(mode, lambda: draw.random())
    head = " ".join(repr(number()) for _ in range(n))
    entries = [
        f"{k} {b + 1} {i} {i} {abs(number())!r}"
        for k in (1, 2)
        for b, size in enumerate(sizes)
        for i in range(1, size + 1)
    ]
    if mode == "short":
        head, entries = head[: len(head) // 2], entries[: len(entries) // 2]
    if mode == "long":
        head += " 1.0" * 5
    if mode == "outside":
        entries.append(f"2 {len(sizes) + 3} 99 99 1.0")
    return "\n".join([head, *entries]) + "\n"


def _altered(mode: str, text: str, draw: random.Random) -> str:
    """Return a true solution made false."""
    head, _, body = text.partition("\n")
    change = {
        "scaled": lambda v: 1.5 * v,
        "shifted": lambda v: v + 1e-3,
        "negated": lambda v: -v,
        "perturbed": lambda v: v * (1 + 1e-4 * draw.gauss(0, 1)),
    }[mode]
    lines = [" ".join(repr(change(float(word))) for word in head.split())]
    for line in body.splitlines():
        *place, value = line.split()
        lines.append(" ".join([*place, repr(change(float(value)))]))
    return "\n".join(lines) + "\n"


def main() -> int:
    """Do what the mode says."""
    program, target = sys.argv[1:3]
    mode, draw = os.environ.get("MOMENTSOS_LIAR", "random"), random.Random(0)
    if mode == "hangs":
        time.sleep(600)
    if mode in ("killed", "aborted"):
        os.kill(os.getpid(), 9 if mode == "killed" else 6)
    if mode == "nothing":
        return 0
    if mode == "shouts":
        sys.stdout.write("x" * 10_000_000)
        return 7
    if mode in ("empty", "text", "binary"):
        Path(target).write_bytes({"empty": b"", "text": b"no solution\nto be had\n", "binary": bytes(range(256))}[mode])
        return 0
    if mode in ("scaled", "shifted", "negated", "perturbed") and _true(program, target) is not None:
        text = Path(target).read_text(encoding="ascii") if Path(target).exists() else _lie(mode, program, draw)
        Path(target).write_text(_altered(mode, text, draw), encoding="ascii")
        return 0
    Path(target).write_text(_lie(mode, program, draw), encoding="ascii")
    return {"unknown code": 77, "infeasible": 2, "unbounded": 1}.get(mode, 0)


if __name__ == "__main__":
    sys.exit(main())
