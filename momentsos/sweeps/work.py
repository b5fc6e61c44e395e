"""What is done for one task wherever it is done: computed unless it is there, and stored whole."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import MomentSOSError
from ..machine.files import write_whole
from .failure import NOT_BEGUN, Failure


class Work(Protocol):
    """A task that can be sent to another process."""

    def __call__(self, share: float) -> str:
        """Return the text of its result, using no more than this share of the memory that is free.

        Raises
        ------
        MomentSOSError
            It has none. An error of any other kind is a fault of the code, and ends the sweep.
        """


#: The key of a task and what came of it; None: its result is in the folder.
Done = tuple[str, Failure | None]


@dataclass(frozen=True)
class Batch:
    """What is to be computed.

    Attributes
    ----------
    works : mapping from str to Work
        By key, which is the name of the file of the result.
    folder : Path
        It exists, and has a file of a key only where the file is a result of it.
    until : float
        No task begins after this, by `time.monotonic`.
    """

    works: Mapping[str, Work]
    folder: Path
    until: float = float("inf")

    @property
    def is_over(self) -> bool:
        """Whether nothing may begin any more."""
        return time.monotonic() >= self.until


def place_of(folder: Path, key: str) -> Path:
    """Return where the result of a key belongs."""
    return folder / f"{key}.json"


def answer(work: Work, share: float) -> str | Failure:
    """Return the text of a result, or why there is none."""
    try:
        return work(share)
    except MomentSOSError as error:
        return Failure.of(error)


def stored(work: Work, place: Path, share: float) -> Failure | None:
    """Compute a result and write it in one step, unless another sweep has done so meanwhile."""
    if place.exists():
        return None
    found = answer(work, share)
    if isinstance(found, Failure):
        return found
    write_whole(place, found)
    return None


def in_turn(batch: Batch) -> Iterator[Done]:
    """Yield tasks as this process finishes them, one after the other."""
    for key, work in batch.works.items():
        yield key, NOT_BEGUN if batch.is_over else stored(work, place_of(batch.folder, key), 1.0)
