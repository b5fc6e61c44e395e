"""Records, a line each, and which questions are still to be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .family import FAMILIES
from .question import Question

OUTCOMES = "outcomes.jsonl"


def stored(folder: Path) -> list[dict[str, Any]]:
    """Return what a folder holds; a last line that a kill has cut is left out."""
    path = folder / OUTCOMES
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def mend(folder: Path) -> None:
    """Drop a cut last line, so that what is appended begins a line of its own."""
    path = folder / OUTCOMES
    if path.exists() and (text := path.read_bytes()) and not text.endswith(b"\n"):
        path.write_bytes(text[: text.rfind(b"\n") + 1])


def questions(
    count: int, limit: float, first: int, names: Sequence[str], done: set[tuple[str, int]]
) -> Iterator[Question]:
    """Yield `count` questions, the families in turn, less those that are done; `first` is the first number of each."""
    chosen = list(names or FAMILIES)
    for k in range(count):
        name, seed = chosen[k % len(chosen)], first + k // len(chosen)
        if (name, seed) not in done:
            yield Question(name, seed, limit)
