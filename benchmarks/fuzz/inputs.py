"""One input of each kind, from its number: what it is, and what comes of it."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

import momentsos as ms

from . import doors, faults, mutate, oracle, valid

#: Kinds of inputs, and how many of ten are of each; faults from outside take seconds each, and are asked for by name.
KINDS = ("sdpa", "sdpa", "problem", "problem", "certificate", "certificate", "data", "command", "door", "door")


@dataclass(frozen=True)
class Question:
    """An input: its kind and its number."""

    kind: str
    seed: int
    limit: float


def answer(question: Question, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Make the input, put it in, say how it ended."""
    draw = Random(f"{question.kind}:{question.seed}")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # for files that are named by chance
        made, put = _MAKERS[question.kind](draw)
        tell("asking")
        end, words = put()
    shown = made if end in ("foreign", "false", "warned") else ""
    return {"kind": question.kind, "seed": question.seed, "end": end, "words": words, "input": shown}


def lost(question: Question, end: str, doing: str, words: str) -> dict[str, Any]:
    """Return the record of an input that ended the process, or did not end."""
    return {"kind": question.kind, "seed": question.seed, "end": end, "words": words, "input": ""}


Made = tuple[str, Callable[[], tuple[str, str]]]


def _in_file(data: bytes, suffix: str, put: Callable[[str], tuple[str, str]]) -> Made:
    def ask() -> tuple[str, str]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"input{suffix}"
            path.write_bytes(data)
            end, words = put(str(path))
            return end, words.replace(folder, "")

    return repr(data[:3000]), ask


def _sdpa(draw: Random) -> Made:
    found = valid.programs()
    data = mutate.bytes_of(draw, draw.choice(found), found)
    return _in_file(data, ".dat-s", lambda path: oracle.called(lambda: ms.read_sdpa(path)))


def _problem(draw: Random) -> Made:
    """By bytes or by nodes; read only, or read as a dictionary, or solved by the command line."""
    start = draw.choice(valid.PROBLEMS)
    if draw.random() < 0.6:
        document = mutate.document_of(draw, start)
        if draw.random() < 0.3:
            return repr(document)[:3000], lambda: oracle.called(lambda: str(ms.Problem.from_json(document)))
        data = mutate.text_of(document)
    else:
        data = mutate.bytes_of(draw, mutate.text_of(start), valid.problems())
    if draw.random() < 0.3:
        return _in_file(data, ".json", lambda path: oracle.ran(["solve", path, "--json", "--time-limit", "1"]))
    return _in_file(data, ".json", lambda path: oracle.called(lambda: ms.Problem.from_json(path).as_dict()))


def _certificate(draw: Random) -> Made:
    """By nodes, sealed again or not, or by bytes; what still holds must have no bound above a value that is reached."""
    start, reached = draw.choice(valid.certificates())
    document, data = start, mutate.bytes_of(draw, mutate.text_of(start), [mutate.text_of(start), *valid.problems()])
    if draw.random() < 0.8:
        document = mutate.document_of(draw, start)
        document = mutate.sealed(document) if draw.random() < 0.9 else document
        data = mutate.text_of(document)

    def check(out: str) -> str:
        same = isinstance(document, dict) and document.get("problem") == start["problem"]
        bound = Fraction(json.loads(out)["bound"])
        return f"a proof of {float(bound)}, above {float(reached)}" if same and bound > reached else ""

    return _in_file(data, ".json", lambda path: oracle.ran(["verify", path, "--json"], check))


def _data(draw: Random) -> Made:
    arrays = draw.choice(valid.data())
    data = mutate.archive_of(arrays)
    kind = draw.randrange(4)
    told = ""
    if kind == 0:
        data = mutate.bytes_of(draw, data, [data])
    elif kind == 1:
        data = mutate.header_of(draw, data)
    else:
        changed = mutate.arrays_of(draw, arrays)
        told = ", ".join(f"{k}: {np.asarray(v).dtype}{np.asarray(v).shape}" for k, v in changed.items())
        data = mutate.archive_of(changed)
    degrees = draw.choice((["1"], ["2"], ["1", "1"], ["0"]))
    arguments = [
        "--degrees",
        *degrees,
        "--time-limit",
        "1",
        "--loss",
        draw.choice(("mse", "mae", "max_abs", "mean_residual")),
    ]
    made, ask = _in_file(data, ".npz", lambda path: oracle.ran(["learn", path, *arguments, "--json"]))
    return f"{told} {arguments} {made[:500]}", ask


def _command(draw: Random) -> Made:
    """Words of the command line, some wrong, with a valid problem beside them."""
    options = [
        "--order",
        "--max-order",
        "--tol",
        "--time-limit",
        "--method",
        "--solver",
        "--bound",
        "--json",
        "--quiet",
        "--certificate",
    ]
    words = [draw.choice(("solve", "solve", "solve", "verify", "learn", "solvers", "reproduce", "demos", "--version"))]
    words.append(draw.choice(("FILE", "FILE", "FILE", "/nonexistent", "/", "", "\x00", "FILE/x")))
    for _ in range(draw.randint(0, 3)):
        words.append(draw.choice(options))
        if draw.random() < 0.9:
            words.append(
                draw.choice(
                    (*mutate.NUMBERS, "dense", "partial", "native", "auto", "none", "clarabel", "/nonexistent/c", "-")
                )
            )
    words += ["--time-limit", "2"] if words[0] in ("solve", "learn") else []
    if words[0] == "reproduce":
        words = ["reproduce", draw.choice(("nothing", "table9", "", "-1"))]

    def put(path: str) -> tuple[str, str]:
        return oracle.ran([word.replace("FILE", path) for word in words])

    _, ask = _in_file(valid.problems()[0], ".json", put)
    return repr(words), ask


def _door(draw: Random) -> Made:
    words, make = doors.call(draw)
    return words, lambda: oracle.called(make)


_MAKERS: dict[str, Callable[[Random], Made]] = {
    "sdpa": _sdpa,
    "problem": _problem,
    "certificate": _certificate,
    "data": _data,
    "command": _command,
    "door": _door,
    "solver": faults.lying_solver,
    "interrupt": faults.interruption,
    "disk": faults.full_disk,
    "kill": faults.killed_parent,
}
