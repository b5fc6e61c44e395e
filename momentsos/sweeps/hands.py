"""Who does the tasks: this process, processes of this machine, or the workers of a client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import BadOption, SolverUnavailable
from ..machine.checks import shown
from .cluster import by_cluster
from .processes import by_processes
from .work import Batch, Done, Work, in_turn


@dataclass(frozen=True)
class How:
    """Who computes, and until when.

    Attributes
    ----------
    workers : int
        Processes here.
    client : Client of dask.distributed, or None
        Its workers in their place.
    retries : int
        How often a task that has ended its process is begun again.
    until : float
        No task begins after this, by `time.monotonic`.
    """

    workers: int = 1
    client: Any = None
    retries: int = 2
    until: float = float("inf")

    def check(self) -> None:
        """Raise `BadOption` for what is no client, `SolverUnavailable` for processes without joblib."""
        if self.client is not None and not (hasattr(self.client, "submit") and hasattr(self.client, "nthreads")):
            raise BadOption(f"client: expected a Client of dask.distributed, got {shown(self.client)}")
        if self.client is None and self.workers > 1 and not has_joblib():
            raise SolverUnavailable(f"workers = {self.workers}: joblib is not installed; install the extra 'reproduce'")


def has_joblib() -> bool:
    """Whether more than one process can be used."""
    return find_spec("joblib") is not None


def done_by(how: How, works: Mapping[str, Work], folder: Path) -> Iterator[Done]:
    """Yield tasks as they are finished, the results of which are in the folder then; see `Batch`."""
    batch = Batch(works, folder, how.until)
    if how.client is not None:
        return by_cluster(batch, how.client)
    return by_processes(batch, how.workers, how.retries) if how.workers > 1 else in_turn(batch)
