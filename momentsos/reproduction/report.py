"""The page that says what could be reproduced, made from a run."""

from __future__ import annotations

import platform
import shlex
from os import PathLike
from pathlib import Path

from .. import __version__
from ..machine.files import write_whole
from .experiments import Experiment
from .findings import findings
from .run import Run
from .tables import table
from .wording import TEXT


def write_report(found: Run, path: str | PathLike[str], picture: str | None = None) -> None:
    """Write the page.

    Parameters
    ----------
    found : Run
    path : path
        A Markdown file; it is replaced whole.
    picture : str, optional
        The file of Figure 1, to be shown in the page.

    Raises
    ------
    InvalidInput
        When the file cannot be written.
    """
    write_whole(path, page(found, picture))


def page(found: Run, picture: str | None = None) -> str:
    """Return the page as Markdown."""
    parts = [TEXT["start"], *findings(found), TEXT["laws"], "## How to make this page again"]
    parts += [f"```text\n{command(found, picture)}\n```", TEXT["again"] + " " + conditions(found)]
    parts += [TEXT["columns"]]
    for each in found.experiments:
        parts += section(each, found, picture)
    return "\n\n".join(parts) + "\n"


def section(experiment: Experiment, found: Run, picture: str | None) -> list[str]:
    """Return the section of one experiment."""
    parts = [f"## {experiment.title}"]
    parts += [f"```sh\n{single_command(experiment, found)}\n```"]
    if experiment.name in TEXT:
        parts.append(TEXT[experiment.name])
    parts.append(table(experiment, found).markdown())
    if experiment.name == "figure1" and picture:
        parts.append(f"![Residuals on the test pairs: entries and norms]({Path(picture).name})")
    return parts


def command(found: Run, picture: str | None) -> str:
    """Return the command that makes the page."""
    names = [each.name for each in found.experiments]
    words = ["momentsos", "reproduce", *names, *_selected(found)]
    words += ["--plot", f"docs/{Path(picture).name}"] if picture else []
    return shlex.join([*words, "--report", "docs/reproduction.md"])


def single_command(experiment: Experiment, found: Run) -> str:
    """Return the command that makes one table."""
    return shlex.join(["momentsos", "reproduce", experiment.name, *_selected(found)])


def _selected(found: Run) -> list[str]:
    chosen = found.selection
    settings = chosen.settings
    words = ["--rows", *map(str, chosen.rows), "--seeds", str(chosen.seeds), "--law", *chosen.laws]
    words += ["--method", settings.method] if settings.method != "partial" else []
    words += ["--solver", settings.solver] if settings.solver != "auto" else []
    words += ["--tol", f"{settings.tol:g}"] if settings.tol != 1e-6 else []
    words += ["--time-limit", f"{settings.time_limit:g}"] if settings.time_limit is not None else []
    for name, value in (("--order", settings.order), ("--max-order", settings.max_order)):
        words += [name, str(value)] if value is not None else []
    if settings.bound != "auto":
        words += ["--bound", "none" if settings.bound is None else f"{settings.bound:g}"]
    return words


def conditions(found: Run) -> str:
    """Return where and with what the times were taken."""
    wall = sum(outcome.seconds for outcome in found.outcomes.values())
    busy = sum(outcome.cpu_seconds for outcome in found.outcomes.values())
    limit = found.selection.settings.time_limit
    stopped = "" if limit is None else f" An instance was stopped after {limit:g} s of wall time."
    return (
        f"Made with momentsos {__version__}, Python {platform.python_version()}, {platform.machine()}. "
        f"{len(found.outcomes)} instances took {busy:.0f} s of processor time and {wall:.0f} s of wall time; where "
        f"the two differ, other work shared the machine, so the tables show processor time.{stopped}"
    )
