"""What a benchmark run is recorded with: machine, versions, commit, and one row a measurement."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

_PACKAGES = ("numpy", "scipy", "clarabel", "scs", "sdpa-python", "cvxopt", "coptpy", "momentsos")


def environment() -> dict[str, Any]:
    """Return machine, Python, package versions and commit."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", "unset"),
        "versions": versions,
        "commit": commit.stdout.strip() or "unknown",
    }


def save(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write environment and rows as JSON; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(
        json.dumps({"environment": environment(), "rows": list(rows)}, indent=1) + "\n", encoding="utf-8"
    )
    partial.replace(path)


def spread(values: Iterable[float]) -> str:
    """Return median and range as text, in three significant digits."""
    found = sorted(values)
    return f"{median(found):.3g} [{found[0]:.2g}, {found[-1]:.2g}]" if found else "none"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
