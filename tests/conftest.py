"""Shared fixtures; every random number of the suite comes from a seed."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import momentsos as ms

os.environ.setdefault("MPLBACKEND", "Agg")  # pictures are drawn, and no window opens
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Ctrl-C raises in every test, whatever a foreign solver or the shell has left of its handler."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20251122)


@pytest.fixture
def disc() -> ms.Problem:
    """A cubic over the unit disc, with one minimiser."""
    x, y = ms.variables("x y")
    return ms.Problem(minimize=x**2 * y - x * y, inequalities=[1 - x**2 - y**2])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped, and why."""
    reports = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    terminalreporter.section(f"skipped: {len(reports)}")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:4d}  {reason}")
