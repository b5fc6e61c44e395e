"""Two result files side by side: what is slower, what is faster, and what ended otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

from .record import spread, table

#: What names a measurement; everything else in a row is measured.
_NAMES = ("program", "case", "quantity", "value", "loss", "degrees", "seed", "asked", "tool", "solver", "repeat")
#: How a measurement may end.
_ENDS = ("status", "end")


def compare(first: Path, second: Path) -> str:
    """Return a table of the measurements that both files have, the largest change first, and a summary.

    Raises
    ------
    ValueError
        When the files have no measurement in common.
    """
    before, after = (json.loads(path.read_text(encoding="utf-8")) for path in (first, second))
    old, new = _named(before["rows"]), _named(after["rows"])
    common = [name for name in old if name in new]
    if not common:
        raise ValueError(f"{first} and {second} have no measurement in common")
    lines, ratios = [], []
    for name in common:
        a, b = seconds(old[name]), seconds(new[name])
        ends = [_end(rows[name]) for rows in (old, new)]
        if a and b:
            ratios.append(b / a)
        changed = "" if ends[0] == ends[1] else f"{ends[0]} → {ends[1]}"
        cells = ["" if value is None else f"{value:.3g}" for value in (a, b)]
        lines.append((abs(b / a - 1) if a and b else 0.0, [name, *cells, f"{b / a:.2f}" if a and b else "", changed]))
    lines.sort(key=lambda line: -line[0])
    heads = [
        f"{path.name} ({found['environment']['commit']})"
        for path, found in zip((first, second), (before, after), strict=True)
    ]
    only = len(old) + len(new) - 2 * len(common)
    summary = f"{len(common)} in common, {only} in one file only; ratio of seconds {spread(ratios)}"
    return table(("measurement", *heads, "ratio", "ended"), [line for _, line in lines]) + f"\n\n{summary}\n"


def _named(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {", ".join(str(row[key]) for key in _NAMES if key in row): row for row in rows}


def _end(row: dict[str, Any]) -> str:
    return next((str(row[key]) for key in _ENDS if key in row), "")


def seconds(row: dict[str, Any]) -> float | None:
    """Return the seconds of a measurement: processor time where it was taken, the sum of the phases otherwise."""
    found = row.get("cpu", row.get("seconds"))
    if isinstance(found, dict):
        found = found.get("wall", sum(found.values()))
    if isinstance(found, list):
        found = median(found) if found else None
    return None if found is None else float(found)
