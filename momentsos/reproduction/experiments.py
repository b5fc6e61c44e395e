"""The registry of experiments: what each consists of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ..errors import BadOption
from .cases import LAWS, PAPER_ORDER, Case, Settings, example_cases
from .published import DEGREES, SIZES

#: The order-3 experiment looks at no more seeds than this, and at the first of the rows.
ORDER3_SEEDS = 3


@dataclass(frozen=True)
class Selection:
    """Which part of the experiments is run.

    Attributes
    ----------
    rows : tuple of int
        Row numbers of the tables, from 1.
    seeds : int
        The seeds are 0, 1, ..., `seeds` - 1.
    laws : tuple of str
    settings : Settings

    Raises
    ------
    BadOption
        Rows or laws that do not exist, fewer than one seed.
    """

    rows: tuple[int, ...] = (1, 2, 3, 4, 5)
    seeds: int = 10
    laws: tuple[str, ...] = ("scaled", "plain")
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if row not in range(1, len(SIZES) + 1)]
        if wrong or not self.rows:
            raise BadOption(f"rows: expected numbers from 1 to {len(SIZES)}, got {wrong or 'none'}")
        if self.seeds < 1:
            raise BadOption(f"seeds = {self.seeds}: expected a count of at least 1")
        strange = [law for law in self.laws if law not in LAWS]
        if strange or not self.laws:
            raise BadOption(f"laws: expected some of {', '.join(LAWS)}, got {strange or 'none'}")
        object.__setattr__(self, "rows", tuple(dict.fromkeys(self.rows)))
        object.__setattr__(self, "laws", tuple(dict.fromkeys(self.laws)))


@dataclass(frozen=True)
class Experiment:
    """One published table, example or figure.

    Attributes
    ----------
    name, title : str
    degrees : tuple of tuple of int
        Of the hidden layers; one entry for each kind of network.
    published : bool
        Whether it is part of ``all``.
    """

    name: str
    title: str
    degrees: tuple[tuple[int, ...], ...]
    published: bool = True

    def cases(self, selection: Selection) -> list[Case]:
        """Return what has to be solved."""
        settings, rows, seeds = selection.settings, selection.rows, range(selection.seeds)
        laws = selection.laws
        if self.name == "example34":
            return example_cases(settings)
        if self.name == "figure1":
            rows, seeds, laws = rows[:1], range(1), laws[:1]
        if self.name == "order3":
            # One relaxation, at most twice: a limit would leave open whether the order or the time was too short.
            settings = replace(settings, method="dense", order=PAPER_ORDER, max_order=None, time_limit=None)
            rows, seeds = rows[:1], seeds[:ORDER3_SEEDS]
        return [
            Case("noisy", settings, degrees, *SIZES[row - 1], seed, law)
            for degrees in self.degrees
            for law in laws
            for row in rows
            for seed in seeds
        ]


def _degrees_text(name: str) -> str:
    return ", ".join(map(str, DEGREES[name]))


#: One entry an experiment.
EXPERIMENTS: MappingProxyType[str, Experiment] = MappingProxyType(
    {
        each.name: each
        for each in (
            Experiment("example34", "Example 3.4, exact data", ((2, 1),)),
            *(
                Experiment(name, f"Table {name[-1]}, degrees {_degrees_text(name)}", (DEGREES[name],))
                for name in DEGREES
            ),
            Experiment("figure1", "Figure 1, test residuals of Table 5", (DEGREES["table5"],)),
            Experiment(
                "order3",
                "Order 3 of the dense hierarchy",
                tuple(DEGREES[name] for name in ("table1", "table3", "table4")),
                published=False,
            ),
        )
    }
)


def experiments_named(names: Sequence[str]) -> list[Experiment]:
    """Return the experiments of these names; ``"all"``, or no name, means the published ones.

    Raises
    ------
    BadOption
        An unknown name.
    """
    chosen: list[Experiment] = []
    for name in names or ["all"]:
        if name != "all" and name not in EXPERIMENTS:
            raise BadOption(f"experiment {name!r}: expected 'all' or some of {', '.join(EXPERIMENTS)}")
        chosen += [e for e in EXPERIMENTS.values() if e.name == name or (name == "all" and e.published)]
    return list(dict.fromkeys(chosen))


def all_cases(experiments: Iterable[Experiment], selection: Selection) -> list[Case]:
    """Return the cases of several experiments, each once."""
    return list(dict.fromkeys(case for each in experiments for case in each.cases(selection)))
