"""Run all examples, and the table of what came out."""

from __future__ import annotations

from typing import Any

import momentsos as ms

from ..record import table
from .example import Row, run
from .problems import PROBLEMS, TSSOS
from .programs import NOT_STATED, PROGRAMS

EXAMPLES = (*PROBLEMS, *PROGRAMS)


def measure() -> tuple[list[dict[str, Any]], str]:
    """Solve every example once; what a first call imports is imported before."""
    ms.solve(ms.Problem(ms.variables("x")[0] ** 2))
    rows = []
    for example in EXAMPLES:
        rows.append(run(example))
        print(f"{example.tool}: {example.name}: {rows[-1].status.name}, {rows[-1].seconds:.2f} s", flush=True)
    return [_record(row) for row in rows], render(rows)


def render(rows: list[Row]) -> str:
    """Return the table, a line on how many are right, and what is not stated."""
    order = list(dict.fromkeys([TSSOS, *(row.example.tool for row in rows)]))
    lines = [
        [row.example.tool, row.example.name, row.example.asked, _answer(row), row.status.name, f"{row.seconds:.2f}"]
        for row in sorted(rows, key=lambda row: order.index(row.example.tool))
    ]
    right = sum(row.right for row in rows)
    left_out = "; ".join(f"{name} of {tool} ({why})" for tool, name, why in NOT_STATED)
    head = ("tool", "example", "asked", "our answer", "status", "seconds")
    return f"{right} of {len(rows)} are as expected. Not stated: {left_out}.\n\n{table(head, lines)}"


def _answer(row: Row) -> str:
    if row.value is None:
        return {ms.Status.CERTIFIED: "yes", ms.Status.INFEASIBLE: "no"}.get(row.status, "")
    return f"{row.value:.6g}"


def _record(row: Row) -> dict[str, Any]:
    return {
        "tool": row.example.tool,
        "example": row.example.name,
        "value": row.value,
        "known": row.example.known,
        "status": row.status.name,
        "right": row.right,
        "seconds": row.seconds,
    }
