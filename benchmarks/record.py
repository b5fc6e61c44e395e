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

_PACKAGES = (
    "momentsos",
    "numpy",
    "scipy",
    "clarabel",
    "scs",
    "sdpa-python",
    "cvxopt",
    "coptpy",
    "Mosek",
    "torch",
    "PySCIPOpt",
)


def environment() -> dict[str, Any]:
    """Return machine, Python, package versions and commit."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "machine": f"{platform.machine()}, {_processor()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", "unset"),
        "versions": versions,
        "commit": _git("rev-parse", "--short", "HEAD") or "unknown",
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no", "--", "momentsos", "benchmarks")),
        "load": round(os.getloadavg()[0], 1),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def save(content: dict[str, Any], path: Path) -> None:
    """Write a result file; it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)


def spread(values: Iterable[float]) -> str:
    """Return median and range as text, in three significant digits."""
    found = sorted(values)
    return f"{median(found):.3g} [{found[0]:.2g}, {found[-1]:.2g}]" if found else "none"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
