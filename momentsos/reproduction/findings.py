"""What a run says about the published claims: one line each, with the numbers behind it."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from types import MappingProxyType

from ..bounds.region import EVERYTHING
from .run import Run
from .summary import Row, rows
from .tables import TextTable

_ERRORS = ("table1", "table2", "table3", "table4")

#: What each law draws.
LAW_TEXT: MappingProxyType[str, str] = MappingProxyType(
    {
        "scaled": "weights N(0, 1)/√m, inputs N(0, 1)",
        "plain": "weights N(0, 1), inputs N(0, 1)",
        "uniform": "weights N(0, 1), inputs uniform on [0, 1]",
    }
)


def findings(found: Run) -> list[str]:
    """Return the table of claims, as Markdown paragraphs."""
    lines = [*_example(found), *_certified(found), *_errors(found), *_tests(found), *_times(found), *_order3(found)]
    head = ("published", "reproduced?", "what we find")
    return ["## What could be reproduced, and what could not", TextTable("", head, tuple(lines)).markdown()]


def _table_rows(found: Run, names: Iterable[str]) -> list[Row]:
    return [row for each in found.experiments if each.name in names for row in rows(each, found)]


def _verdict(good: int, total: int) -> str:
    return "yes" if good == total else ("no" if 4 * good < total else f"in {good} of {total}")


def _example(found: Run) -> list[tuple[str, str, str]]:
    example = next((each for each in found.experiments if each.name == "example34"), None)
    if example is None:
        return []
    outcomes = [found.outcomes[case] for case in example.cases(found.selection)]
    flat = {outcome.order: outcome.attempts[-1]["flat"] for outcome in outcomes if outcome.method == "dense"}
    worst = max(outcome.abs_error or 0.0 for outcome in outcomes)
    good = flat == {1: False, 2: True} and worst < 1e-6
    words = {True: "flat", False: "not flat", None: "not tested"}
    seen = ", ".join(f"order {order} is {words[value]}" for order, value in sorted(flat.items(), key=str))
    text = (
        f"{seen}; largest error of the coefficients {worst:.0e}. The loss is certified at order 1 already: its bound "
    )
    text += "is zero, and local search has a point that reaches it, which flatness is not needed for."
    claim = "Example 3.4: order 1 is not flat, order 2 is, and gives the exact coefficients"
    return [(claim, "yes" if good else "no", text)]


def _certified(found: Run) -> list[tuple[str, str, str]]:
    lines = []
    every = _table_rows(found, (*_ERRORS, "table5"))
    for law in found.selection.laws:
        own = [row for row in every if row.law == law]
        if own:
            total, good = sum(row.instances for row in own), sum(row.certified for row in own)
            tight = sum(row.tight for row in own)
            used = sorted({order for row in own for order in row.orders})
            text = f"{good} of {total} certified by the {own[0].method} method at order {', '.join(used)}, "
            text += f"{tight} of them with a relative gap of at most {found.selection.settings.tol:g}"
            claim = f"Tables 1-5: every instance is solved globally ({law}: {LAW_TEXT[law]})"
            lines.append((claim, _verdict(good, total), text))
    return lines


def _errors(found: Run) -> list[tuple[str, str, str]]:
    return _beside(found, _ERRORS, ("abs_error", "rel_error"), "Tables 1-4: errors of the coefficients")


def _tests(found: Run) -> list[tuple[str, str, str]]:
    return [
        *_beside(found, ("table5",), ("mse", "rmse"), "Table 5: errors on the test set, as defined"),
        *_beside(found, ("table5",), ("mse_entry", "rmse_entry"), "Table 5: the same, mean over all entries"),
    ]


def _beside(found: Run, names: tuple[str, ...], measures: tuple[str, ...], claim: str) -> list[tuple[str, str, str]]:
    lines = []
    every = _table_rows(found, names)
    for law in found.selection.laws:
        own = [row for row in every if row.law == law]
        ratios = {name: [ratio for row in own if (ratio := _ratio(row, name)) is not None] for name in measures}
        if not any(ratios.values()):
            continue
        good = sum(ratio <= 1 for values in ratios.values() for ratio in values)
        total = sum(len(values) for values in ratios.values())
        labels = {"abs_error": "AbsErr", "rel_error": "RelErr", "mse": "MSE", "rmse": "RMSE"}
        labels |= {"mse_entry": "MSE / m", "rmse_entry": "RMSE / √m"}
        parts = [
            f"{labels[name]}: our median is at most the published figure in {sum(r <= 1 for r in values)} of "
            f"{len(values)} rows, and {median(values):.2g} times it in the median row"
            for name, values in ratios.items()
            if values
        ]
        lines.append((f"{claim} ({law})", _verdict(good, total), "; ".join(parts)))
    return lines


def _ratio(row: Row, measure: str) -> float | None:
    published, ours = getattr(row.published, measure.removesuffix("_entry")), row.spreads[measure]
    return None if published is None or ours is None else ours.median / published


def _times(found: Run) -> list[tuple[str, str, str]]:
    own = _table_rows(found, _ERRORS)
    ratios = [
        row.published.seconds / spread.median
        for row in own
        if row.published.seconds and (spread := row.spreads["cpu_seconds"]) is not None
    ]
    if not ratios:
        return []
    text = f"the published time is {median(ratios):.0f} times our median (processor time) in the median row "
    text += f"({min(ratios):.1f} to {max(ratios):.0f}); other machine, other relaxation, "
    text += "so this compares orders of magnitude only"
    return [("Tables 1-4: 1 to 26 s an instance", _verdict(sum(r >= 1 for r in ratios), len(ratios)), text)]


def _order3(found: Run) -> list[tuple[str, str, str]]:
    own = _table_rows(found, ("order3",))
    lines = []
    for law in found.selection.laws:
        pairs = [pair for row in own if row.law == law for pair in row.cases]
        free = [a for _, o in pairs for a in o.attempts[:1] if a["region"] == EVERYTHING.kind]
        if not free:
            continue
        meets, flat = sum(a["meets"] for a in free), sum(bool(a["flat"]) for a in free)
        certified = sum(outcome.certified for _, outcome in pairs)
        text = f"without a ball the bound of order 3 meets the best known point in {meets} of {len(free)} instances, "
        text += f"and its moments are flat in {flat}; with the stated ball where it does not, {certified} of "
        text += f"{len(pairs)} are certified"
        lines.append(
            (f"Order 3 of the dense hierarchy solves every instance ({law})", _verdict(meets, len(free)), text)
        )
    if not lines:
        text = "not part of this run: add `order3`"
        lines.append(("Order 3 of the dense hierarchy solves every instance", "not measured", text))
    return lines
