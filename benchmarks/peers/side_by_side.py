"""Small problems, every package beside the others: one table, a line for each problem."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..cases import Case
from ..record import table
from .environments import PEERS
from .run import _total, _versions_text, verdict
from .run import run as run_all

#: What an answer is worth, in a word for a cell.
_SHORT = {
    "bound and minimiser": "both",
    "bound, no minimiser": "bound",
    "loose bound, minimiser": "minimiser, loose bound",
    "loose bound, no minimiser": "loose bound",
    "bound above the optimum": "bound above the optimum",
    "no bound": "no bound",
}


def run(folder: Path, limit: float, cases: Sequence[Case]) -> tuple[list[dict[str, Any]], str]:
    """Return one row for each package and case, and the table; see `benchmarks.peers.run.run`."""
    rows, _ = run_all(folder, limit, cases)
    return rows, render(rows, limit)


def render(rows: Sequence[dict[str, Any]], limit: float) -> str:
    """Return the table; a package that could not be installed or run says so in its column."""
    tools = [peer.name for peer in PEERS if any(row["tool"] == peer.name for row in rows)]
    lines = []
    for name in dict.fromkeys(row["case"] for row in rows):
        mine = {row["tool"]: row for row in rows if row["case"] == name}
        order = next(iter(mine.values()))["order"]
        lines.append([name, str(order), *(_cell(mine[tool]) if tool in mine else "" for tool in tools)])
    versions = "; ".join(_versions_text(tool, rows) for tool in tools)
    legend = (
        f"Processor seconds inside the package, after its import, of at most {limit:.0f} s. *Both*: the bound and a "
        "minimiser are within 1e-4 of the known optimum; *bound*: only the bound is. momentsos chooses its order "
        "itself; the others are given the one in the table."
    )
    return f"{legend} Versions: {versions}.\n\n{table(['problem', 'order', *tools], lines)}"


def _cell(row: dict[str, Any]) -> str:
    total, said = _total(row), verdict(row)
    word = _SHORT.get(said, said)
    return word if total is None or row["end"] != "answered" else f"{total:.2f} {word}"
