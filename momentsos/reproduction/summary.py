"""From outcomes to the rows of a table: median and spread over the seeds beside the published figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..bounds.region import EVERYTHING
from .cases import Case
from .experiments import Experiment
from .measure import Outcome
from .published import DEGREES, SIZES, TABLES, Published
from .run import Run

#: What is summed up over the seeds.
MEASURES = ("abs_error", "rel_error", "mse", "rmse", "mse_true", "seconds", "cpu_seconds", "relative_gap")


@dataclass(frozen=True)
class Spread:
    """Mean, median, quartiles and range of one measure."""

    mean: float
    median: float
    low: float
    lower_quartile: float
    upper_quartile: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """Return the spread of some numbers, None without any."""
        if not values:
            return None
        low, lower, median, upper, high = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
        return cls(float(np.mean(values)), float(median), float(low), float(lower), float(upper), float(high))

    def scaled(self, factor: float) -> Spread:
        """Return the spread of the numbers times a positive factor."""
        return Spread(**{name: factor * value for name, value in asdict(self).items()})


@dataclass(frozen=True)
class Row:
    """All seeds of one size, law and method.

    Attributes
    ----------
    name : str
        The table whose networks these are.
    row, samples, width : int
    law, method : str
    published : Published
    instances, certified, tight, inside : int
        How many; how many with status CERTIFIED; how many of these with a relative gap within the tolerance (the
        others are certified against the size of the data); how many of these over a ball only.
    orders : mapping from str to int
        Deciding orders, and how often.
    spreads : mapping from str to Spread or None
        Of `MEASURES`; `mse_entry` and `rmse_entry` are the test errors over an entry of the output instead of over a
        sample, `mse / width` and its root.
    cases : tuple of (Case, Outcome)
    """

    name: str
    row: int
    samples: int
    width: int
    law: str
    method: str
    published: Published
    instances: int
    certified: int
    tight: int
    inside: int
    orders: Mapping[str, int]
    spreads: Mapping[str, Spread | None]
    cases: tuple[tuple[Case, Outcome], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        spreads = {name: None if spread is None else asdict(spread) for name, spread in self.spreads.items()}
        return {
            **{key: getattr(self, key) for key in ("name", "row", "samples", "width", "law", "method")},
            "published": asdict(self.published),
            "instances": self.instances,
            "certified": self.certified,
            "certified_share": self.certified / self.instances,
            "tight": self.tight,
            "certified_in_ball": self.inside,
            "orders": dict(self.orders),
            **spreads,
            "outcomes": [{"seed": case.seed, **shown(outcome)} for case, outcome in self.cases],
        }


def shown(outcome: Outcome) -> dict[str, Any]:
    """Return the part of an outcome that a reader of the JSON output wants."""
    hidden = ("message", "attempts", "mse_true", "cpu_seconds")
    return {key: value for key, value in outcome.as_dict().items() if key not in hidden}


def rows(experiment: Experiment, found: Run) -> list[Row]:
    """Return the rows of a table, of the figure or of the order-3 experiment."""
    groups: dict[tuple[tuple[int, ...], str, int], list[tuple[Case, Outcome]]] = {}
    for case in experiment.cases(found.selection):
        key = (case.degrees, case.law, SIZES.index((case.samples, case.width)) + 1)
        groups.setdefault(key, []).append((case, found.outcomes[case]))
    return [_row(degrees, law, number, pairs) for (degrees, law, number), pairs in groups.items()]


def _row(degrees: tuple[int, ...], law: str, number: int, pairs: list[tuple[Case, Outcome]]) -> Row:
    name = next(table for table, own in DEGREES.items() if own == degrees)
    outcomes = [outcome for _, outcome in pairs]
    settings = pairs[0][0].settings
    certified = [outcome for outcome in outcomes if outcome.certified]
    gaps = [abs(outcome.relative_gap) for outcome in certified if outcome.relative_gap is not None]
    orders = Counter(str(outcome.order) for outcome in outcomes if outcome.order is not None)
    return Row(
        name=name,
        row=number,
        samples=SIZES[number - 1][0],
        width=SIZES[number - 1][1],
        law=law,
        method=settings.method,
        published=TABLES[name][number - 1],
        instances=len(pairs),
        certified=len(certified),
        tight=sum(gap <= settings.tol for gap in gaps),
        inside=sum(outcome.region != EVERYTHING.kind for outcome in certified),
        orders=dict(sorted(orders.items())),
        spreads=_spreads(outcomes, SIZES[number - 1][1]),
        cases=tuple(pairs),
    )


def _spreads(outcomes: Sequence[Outcome], width: int) -> dict[str, Spread | None]:
    found = {measure: Spread.of(_values(outcomes, measure)) for measure in MEASURES}
    for measure, factor in (("mse", 1 / width), ("rmse", width**-0.5)):
        whole = found[measure]
        found[f"{measure}_entry"] = None if whole is None else whole.scaled(factor)
    return found


def _values(outcomes: Sequence[Outcome], measure: str) -> list[float]:
    values = (getattr(outcome, measure) for outcome in outcomes)
    return [float(value) for value in values if value is not None]


def as_dict(found: Run) -> dict[str, Any]:
    """Return the one JSON object of a run."""
    selection = found.selection
    experiments: dict[str, Any] = {}
    for each in found.experiments:
        content: dict[str, Any] = {"title": each.title}
        if each.name == "example34":
            pairs = [(case, found.outcomes[case]) for case in each.cases(selection)]
            content["outcomes"] = [{"settings": asdict(case.settings), **outcome.as_dict()} for case, outcome in pairs]
        else:
            content["rows"] = [row.as_dict() for row in rows(each, found)]
        experiments[each.name] = content
    return {
        "version": next(iter(found.outcomes)).version,
        "settings": asdict(selection.settings),
        "rows": list(selection.rows),
        "seeds": selection.seeds,
        "laws": list(selection.laws),
        "folder": found.folder,
        "computed": found.computed,
        "reused": found.reused,
        "notes": list(found.notes),
        "experiments": experiments,
    }
