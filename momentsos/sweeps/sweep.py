"""`Sweep`: what came of many tasks, in the order in which they were given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

from ..hierarchy.result import Result
from ..machine.notebooks import Row
from ..machine.records import Record
from .failure import Failure

Found = TypeVar("Found", bound=Result)


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Record, Generic[Found]):
    """Results in the order of the tasks; it has a length, is iterated over and indexed like a list of them.

    Attributes
    ----------
    results : tuple of Result, Fit or Failure
        A `Failure` stands where there is no result; it has a `status` and a `message` like a result.
    computed, reused : int
        How many tasks were done now, and how many had a result in the folder. Tasks that are the same are done once.
    folder : str
        Where the results are; empty where no folder was named.
    """

    results: tuple[Found | Failure, ...]
    computed: int
    reused: int
    folder: str = ""

    @property
    def failures(self) -> dict[int, Failure]:
        """The tasks without a result, by their place."""
        return {i: each for i, each in enumerate(self.results) if isinstance(each, Failure)}

    @property
    def counts(self) -> dict[str, int]:
        """How many results have which status, by its name."""
        return dict(Counter(each.status.name for each in self.results))

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[Found | Failure]:
        return iter(self.results)

    @overload
    def __getitem__(self, place: int) -> Found | Failure: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Found | Failure, ...]: ...
    def __getitem__(self, place: int | slice) -> Found | Failure | tuple[Found | Failure, ...]:
        return self.results[place]

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        return f"Sweep({len(self)} tasks: {counts or 'none'}; {self.computed} computed, {self.reused} reused)"

    def _table_rows(self) -> list[Row]:
        return [("tasks", str(len(self))), *((name, str(count)) for name, count in self.counts.items())]
