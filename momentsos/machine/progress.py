"""What a long call says while it works: to people, to a function of the user's, and to the log.

Whoever works calls a function with one line for each step. Where something is counted (orders, chunks, samples,
leaves, instances) the line is a `Step`, which is a text like any other and knows how much of it is done. Who shows the
lines is decided here: a line that changes in a terminal, the same in a notebook, one line after the other in a pipe.

The log is that of `logging` under the name ``momentsos``: decisions at ``INFO``, stages at ``DEBUG``. Without handlers
of the user's nothing is written.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from html import escape
from typing import Any, TextIO

Report = Callable[[str], None]

#: Where decisions and stages are logged.
LOG = logging.getLogger("momentsos")
LOG.addHandler(logging.NullHandler())

#: Characters of the bar that shows a share, seconds between two changes of a notebook, and between two lines of one
#: count in a pipe.
_BAR, _PAUSE, _LINES = 20, 0.1, 2.0


class Step(str):
    """One line of progress with a count: ``"leaves: 12 of 40"``.

    Attributes
    ----------
    stage : str
        What is counted.
    done : int
    total : int or None
        None where it is not known beforehand.
    """

    stage: str
    done: int
    total: int | None

    def __new__(cls, stage: str, done: int, total: int | None = None, note: str = "") -> Step:
        """Make a line of a count, and of a note behind it."""
        count = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        line = super().__new__(cls, f"{stage}: {count}{f', {note}' if note else ''}")
        line.stage, line.done, line.total = stage, done, total
        return line

    @property
    def share(self) -> float | None:
        """How much of it is done, from 0 to 1; None where that is not known."""
        return None if not self.total else min(1.0, max(0.0, self.done / self.total))


def tell(report: Report | None, line: str, level: int = logging.DEBUG) -> None:
    """Pass a line to the log, and to the function that shows progress if there is one."""
    LOG.log(level, "%s", line)
    if report is not None:
        report(line)


def bar(line: str) -> str:
    """Return a bar for the share of a `Step`; empty for other lines."""
    share = line.share if isinstance(line, Step) else None
    if share is None:
        return ""
    full = int(share * _BAR)
    return "━" * full + "╌" * (_BAR - full)


@contextmanager
def reported(progress: Any) -> Iterator[Any]:
    """Give what is called with each line: for True a display that ends with the block, else what was given.

    Parameters
    ----------
    progress : bool, callable or None
        False and None: nothing is shown. What is none of these is given back as it is, for the caller to refuse.
    """
    if progress is not True:
        yield None if progress is False else progress
        return
    with _display() as report:
        yield report


def _display() -> AbstractContextManager[Report | None]:
    """Return what shows progress where this process runs."""
    ipython = sys.modules.get("IPython")  # nothing is imported for the question
    if ipython is not None and hasattr(ipython.get_ipython(), "kernel"):
        return _in_notebook()
    if sys.stderr is None:  # as it is when the caller closed it
        return nullcontext()
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    return on_terminal(console) if console.is_terminal else lines_on(sys.stderr)


# -- terminals ---------------------------------------------------------------------------------------------


class _Line:
    """The line that changes: it is drawn again and again, so that the seconds go on while a step takes long."""

    def __init__(self) -> None:
        self.line, self._began = "starting", time.perf_counter()

    def __rich__(self) -> Any:
        from rich.text import Text

        said = [(f"{time.perf_counter() - self._began:3.0f} s  ", "dim"), (f"{bar(self.line)} ".lstrip(), "cyan")]
        return Text.assemble(*said, " ".join(self.line.split()), no_wrap=True, overflow="ellipsis")

    def report(self, line: str) -> None:
        """Show another line from now on."""
        self.line = line


@contextmanager
def on_terminal(console: Any) -> Iterator[Report]:
    """Show lines on a rich console, one in place of the other; nothing is left of them at the end."""
    line = _Line()
    with console.status(line, spinner="dots"):
        yield line.report


# -- notebooks ---------------------------------------------------------------------------------------------


@contextmanager
def _in_notebook() -> Iterator[Report]:
    """Show lines below the cell, one in place of the other; those of one count at most ten times a second."""
    from IPython.display import HTML, display

    began, fresh = time.perf_counter(), _sieve(_PAUSE)
    handle = display(HTML("starting"), display_id=True)

    def report(line: str) -> None:
        if fresh(line):
            handle.update(HTML(drawn(line, time.perf_counter() - began)))

    try:
        yield report
    finally:
        handle.update(HTML(""))


def drawn(line: str, seconds: float) -> str:
    """Return a line as HTML; nothing in it is taken for any."""
    share = line.share if isinstance(line, Step) else None
    meter = "" if share is None else f'<progress value="{share:.4f}" max="1"></progress> '
    return f"{meter}{escape(line)} <small>{seconds:.0f} s</small>"


# -- pipes -------------------------------------------------------------------------------------------------


@contextmanager
def lines_on(stream: TextIO) -> Iterator[Report]:
    """Write one line after the other, with the seconds since the beginning; of one count a line every two seconds."""
    began, fresh = time.perf_counter(), _sieve(_LINES)

    def report(line: str) -> None:
        if fresh(line):
            print(f"{time.perf_counter() - began:8.1f} s  {' '.join(line.split())}", file=stream, flush=True)

    yield report


def _sieve(pause: float) -> Callable[[str], bool]:
    """Return what says whether a line is shown: of one count the first, the last, and one every `pause` seconds."""
    last, stage = 0.0, ""

    def fresh(line: str) -> bool:
        nonlocal last, stage
        now, own = time.perf_counter(), line.stage if isinstance(line, Step) else ""
        if isinstance(line, Step) and own == stage and line.share != 1.0 and now - last < pause:
            return False
        last, stage = now, own
        return True

    return fresh
