"""What people see in a terminal; results go to stdout, progress to stderr."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from rich.table import Table

from ..hierarchy.result import Result
from ..learning.fit import Fit
from ..learning.instances import Instance
from ..machine.progress import Report, lines_on, on_terminal
from ..solvers import Availability, describe_choice, describe_core

#: Columns of a table in a pipe: there is no terminal that it would have to fit into.
_PIPE_WIDTH = 1000


class _Output(Console):
    """Standard output; where its reader goes away, `main` decides the exit code."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _out() -> Console:
    console = _Output(highlight=False, soft_wrap=True)
    return console if console.is_terminal else _Output(highlight=False, soft_wrap=True, width=_PIPE_WIDTH)


def _print(console: Console, table: Table) -> None:
    """Print a table, without the blanks that fill its last column in a pipe."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as text:
        console.print(table)
    console.print("\n".join(line.rstrip() for line in text.get().splitlines()), markup=False)


@contextmanager
def progress(options: argparse.Namespace) -> Iterator[Report | None]:
    """Show what is being done on a terminal, and with --verbose as lines on stderr wherever that goes.

    Without it None is given in a pipe, so that nothing is reported there, and with --quiet.
    """
    console = Console(stderr=True, highlight=False)
    if options.verbose:
        with lines_on(sys.stderr) as report:
            yield report
    elif options.quiet or not console.is_terminal:
        yield None
    else:
        with on_terminal(console) as report:
            yield report


def result(found: Result) -> None:
    """Print a result."""
    console = _out()
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("status", f"[bold]{found.status.name}[/bold]")
    table.add_row("", found.message)
    table.add_row("lower bound", _number(found.lower_bound))
    table.add_row("upper bound", _number(found.upper_bound))
    gap = found.relative_gap
    if gap is not None:
        table.add_row("gap", f"{found.gap:.2e} (relative {gap:.2e})" if abs(gap) < 1 else f"{found.gap:.2e}")
    table.add_row("bound holds over", found.coverage)
    table.add_row("relaxation", _relaxation(found))
    if found.reason:
        table.add_row("", found.reason)
    if len(found.asked) > 1:
        table.add_row("solvers asked", "; ".join(found.asked))
    if found.flatness is not None:
        table.add_row("moments", str(found.flatness))
    names = ", ".join(found.problem.variables)
    for i, point in enumerate(found.minimizers[:12]):
        table.add_row(f"{found.problem.sense.point} {i + 1}", f"({names}) = {_vector(point)}")
    if len(found.minimizers) > 12:
        table.add_row("", f"and {len(found.minimizers) - 12} more")
    if isinstance(found, Fit) and found.coefficients is not None:
        for layer, values in enumerate(found.coefficients, start=1):
            table.add_row(f"activation {layer}", _polynomial(values))
    table.add_row("seconds", _times(found))
    _print(console, table)


def recovery(case: Instance, fit: Fit) -> None:
    """Print true and learned coefficients side by side, with bounds and status."""
    console = _out()
    console.print(f"\n[bold]{case.note}[/bold]")
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for header in ("coefficient", "true", "learned", "error"):
        table.add_column(header, justify="left" if header == "coefficient" else "right")
    unknowns = case.network.unknowns
    true = unknowns.flatten(case.true)
    learned = np.full(len(true), np.nan) if fit.coefficients is None else unknowns.flatten(fit.coefficients)
    for name, a, b in zip(unknowns.names, true, learned, strict=True):
        table.add_row(name, f"{a:.6f}", f"{b:.6f}", f"{abs(a - b):.1e}")
    _print(console, table)
    console.print(f"  lower bound {_number(fit.lower_bound)}, upper bound {_number(fit.upper_bound)}", end="")
    console.print("" if fit.gap is None else f", gap {fit.gap:.1e}")
    console.print(f"  [bold]{fit.status.name}[/bold] over {fit.coverage}: {fit.message}")
    console.print(f"  {_relaxation(fit)}; seconds: {_times(fit)}")


def solver_table(states: Mapping[str, Availability]) -> None:
    """Print which solvers there are."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for header in ("solver", "version", "usable", "licence", "remark"):
        table.add_column(header, overflow="fold")
    for name, state in states.items():
        usable = "[green]yes[/green]" if state.available else "no"
        table.add_row(name, state.version, usable, "free" if state.free else "needs a key", state.reason)
    console = _out()
    _print(console, table)
    console.print(describe_choice())
    console.print(describe_core())


def _relaxation(found: Result) -> str:
    sizes = found.sizes
    text = f"{found.method}, order {found.order}, {found.solver}"
    if sizes.get("moments"):
        text += f", {sizes['moments']} moments, {sizes['blocks']} blocks, the largest {sizes['largest_block']}"
    return text


def _times(found: Result) -> str:
    return ", ".join(f"{phase} {seconds:.3f}" for phase, seconds in found.seconds.items())


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.10g}"


def _vector(point: np.ndarray) -> str:
    return "(" + ", ".join(f"{value:.8g}" for value in point) + ")"


def _polynomial(values: np.ndarray) -> str:
    terms = [
        f"{value:+.6g}" + ("" if power == 0 else "·t" if power == 1 else f"·t^{power}")
        for power, value in enumerate(values)
    ]
    return " ".join(terms).lstrip("+")
