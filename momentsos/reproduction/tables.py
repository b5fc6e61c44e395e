"""Headers and cells of the tables; the terminal and the Markdown page show the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..bounds.region import EVERYTHING
from .experiments import Experiment
from .run import Run
from .summary import Row, Spread, rows


@dataclass(frozen=True)
class TextTable:
    """A table as text.

    Attributes
    ----------
    title : str
    header : tuple of str
    body : tuple of tuple of str
    """

    title: str
    header: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        """Return the table for a terminal, columns aligned, with its title."""
        lines = [self.header, *self.body]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]
        shown = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
        return "\n".join([self.title, *shown, ""])

    def markdown(self) -> str:
        """Return the table, without its title, as Markdown."""
        lines = ["| " + " | ".join(self.header) + " |", "|" + "---|" * len(self.header)]
        return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in self.body)])


def table(experiment: Experiment, found: Run) -> TextTable:
    """Return the table of one experiment."""
    if experiment.name == "example34":
        return example_table(experiment, found)
    if experiment.name == "order3":
        return attempts_table(experiment, found)
    return published_table(experiment, rows(experiment, found))


def published_table(experiment: Experiment, found: Sequence[Row]) -> TextTable:
    """Return a table with the published figure before each of ours: median and quartiles."""
    tested = experiment.degrees[0] == (3, 2)
    measures = (
        [("mse", "MSE"), ("mse_entry", "MSE / m"), ("rmse_entry", "RMSE / √m")]
        if tested
        else [("abs_error", "AbsErr"), ("rel_error", "RelErr")]
    )
    head = ["(N, m)", "law", "certified", "tight", "orders"]
    for key, label in measures:
        head += [label] if key == "mse_entry" else [f"{label.split(' ')[0]} published", label]
    head += ["MSE of the noise", "CPU seconds"] if tested else ["seconds published", "CPU seconds"]
    body = []
    for row in found:
        cells = [f"({row.samples}, {row.width})", row.law, certified(row)]
        cells += [f"{row.tight}/{row.instances}", orders(row)]
        for key, _ in measures:
            cells += [] if key == "mse_entry" else [number(getattr(row.published, key.removesuffix("_entry")))]
            cells += [spread(row.spreads[key])]
        cells += [spread(row.spreads["mse_true"])] if tested else [number(row.published.seconds, "#.3g")]
        cells += [spread(row.spreads["cpu_seconds"], ".2f")]
        body.append(tuple(cells))
    return TextTable(f"{experiment.title} ({found[0].method})", tuple(head), tuple(body))


def example_table(experiment: Experiment, found: Run) -> TextTable:
    """Return how each relaxation of Example 3.4 ended."""
    body = []
    for case in experiment.cases(found.selection):
        outcome = found.outcomes[case]
        flat = {None: "not tested", True: "yes", False: "no"}[
            outcome.attempts[-1]["flat"] if outcome.attempts else None
        ]
        learned = "; ".join(", ".join(f"{c:.6f}" for c in layer) for layer in outcome.coefficients or [])
        body.append(
            (
                f"{outcome.method}, order {outcome.order}",
                outcome.status,
                "none" if outcome.lower_bound is None else f"{outcome.lower_bound:.1e}",
                number(outcome.upper_bound, ".1e"),
                flat,
                learned,
                number(outcome.abs_error, ".1e"),
                f"{outcome.cpu_seconds:.2f}",
            )
        )
    head = ("relaxation", "status", "lower bound", "upper bound", "flat", "coefficients", "AbsErr", "CPU seconds")
    return TextTable(experiment.title, head, tuple(body))


def attempts_table(experiment: Experiment, found: Run) -> TextTable:
    """Return how often one dense relaxation certified, without and with a ball."""
    body = []
    for row in rows(experiment, found):
        first = [outcome.attempts[0] for _, outcome in row.cases if outcome.attempts]
        free = [each for each in first if each["region"] == EVERYTHING.kind]
        inside = [each for _, o in row.cases for each in o.attempts if each["region"] != EVERYTHING.kind]
        body.append(
            (
                row.name,
                f"({row.samples}, {row.width})",
                row.law,
                _share(free, "meets"),
                _share(free, "flat"),
                _share(inside, "meets"),
                _share(inside, "flat"),
                certified(row),
                f"{row.tight}/{row.instances}",
                spread(row.spreads["cpu_seconds"], ".1f"),
            )
        )
    head = ("networks of", "(N, m)", "law", "bound meets, no ball", "flat, no ball", "bound meets, ball", "flat, ball")
    return TextTable(experiment.title, (*head, "certified", "tight", "CPU seconds"), tuple(body))


def _share(attempts: Sequence[dict[str, object]], key: str) -> str:
    return f"{sum(bool(each[key]) for each in attempts)}/{len(attempts)}" if attempts else "not needed"


def certified(row: Row) -> str:
    """Return the certified share as text, and how many of them hold over a ball only."""
    share = f"{row.certified}/{row.instances}"
    return f"{share} ({row.inside} in a ball)" if row.inside else share


def orders(row: Row) -> str:
    """Return the orders as text."""
    if len(row.orders) <= 1:
        return next(iter(row.orders), "none")
    return ", ".join(f"{order} ({count})" for order, count in row.orders.items())


def number(value: float | None, form: str = ".4f") -> str:
    """Return a number as text."""
    return "none" if value is None else format(value, form)


def spread(found: Spread | None, form: str = ".4f") -> str:
    """Return median and quartiles as text."""
    if found is None:
        return "none"
    return f"{found.median:{form}} [{found.lower_quartile:{form}}, {found.upper_quartile:{form}}]"
