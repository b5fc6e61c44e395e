"""The arguments of ``momentsos reproduce``, what they ask for, and the files that they name."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import BadOption
from .cases import LAWS, Settings
from .experiments import EXPERIMENTS, Experiment, Selection, experiments_named
from .figure import draw, test_residuals
from .report import write_report
from .run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that only this command has."""
    names = ", ".join(EXPERIMENTS)
    laws = ["scaled", "plain"]
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help=f"all (default), or some of {names}")
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[1, 2, 3, 4, 5], help="rows of the tables (default: 1-5)"
    )
    parser.add_argument("--seeds", type=int, default=10, metavar="COUNT", help="instances a row (default: 10)")
    parser.add_argument("--law", nargs="+", choices=LAWS, default=laws, help="laws of the data (default: scaled plain)")
    parser.add_argument("--jobs", type=int, default=1, metavar="COUNT", help="processes (default: 1)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of dask.distributed, whose workers solve the instances")
    parser.add_argument("--out", default="results/reproduce", metavar="FOLDER", help="where the results are kept")
    parser.add_argument("--plot", metavar="OUT.png", help="draw Figure 1")
    parser.add_argument("--report", metavar="OUT.md", help="write what could be reproduced as a page")


def requested(options: argparse.Namespace, bound: str | float | None) -> tuple[list[Experiment], Selection]:
    """Return which experiments the arguments ask for, and with which settings.

    Raises
    ------
    BadOption
        Arguments that do not go together, names or numbers that do not exist.
    """
    experiments = experiments_named(options.experiments)
    if options.certificate:
        raise BadOption("--certificate: reproduce solves many problems; use 'momentsos learn' on one of them")
    if options.plot and "figure1" not in [each.name for each in experiments]:
        raise BadOption("--plot: only figure1 is drawn; ask for figure1 or all")
    settings = Settings(
        method=options.method,
        solver=options.solver,
        tol=options.tol,
        order=options.order,
        max_order=options.max_order,
        bound=bound,
        time_limit=options.time_limit,
    )
    return experiments, Selection(tuple(options.rows), options.seeds, tuple(options.law), settings)


@contextmanager
def connected(options: argparse.Namespace, patience: float = 10.0) -> Iterator[Any]:
    """Yield a client of the scheduler that the arguments name, None where they name none.

    Raises
    ------
    BadOption
        dask.distributed is not installed, or nobody answers within `patience` seconds.
    """
    if options.scheduler is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise BadOption("--scheduler: dask.distributed is not installed; install the extra 'dask'") from error
    try:
        client = Client(options.scheduler, timeout=patience)
    except (OSError, ValueError) as error:
        raise BadOption(f"--scheduler: nobody answers at {options.scheduler} ({error})") from error
    with client:
        yield client


def write_files(found: Run, options: argparse.Namespace) -> list[str]:
    """Write the picture and the page that the arguments name, and return their paths."""
    written: list[str] = []
    if options.plot:
        figure = next(each for each in found.experiments if each.name == "figure1")
        case = figure.cases(found.selection)[0]
        draw(test_residuals(case, found.outcomes[case]), options.plot)
        written.append(options.plot)
    if options.report:
        write_report(found, options.report, options.plot)
        written.append(options.report)
    return written
