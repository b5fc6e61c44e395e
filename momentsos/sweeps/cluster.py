"""Tasks on the workers of a dask client: texts come back, and are stored here."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from ..errors import SolverFailed
from ..machine.files import write_whole
from .failure import NOT_BEGUN, Cause, Failure
from .work import Batch, Done, answer, place_of


def by_cluster(batch: Batch, client: Any) -> Iterator[Done]:
    """Yield tasks as workers finish them.

    A task whose worker is lost is begun again on another one, as often as the scheduler allows
    (``distributed.scheduler.allowed-failures``, 3). As many are given out as the workers have threads at that moment.

    Raises
    ------
    SolverFailed
        The scheduler was lost.
    """
    from distributed import wait

    waiting = deque(batch.works)
    running: dict[Any, str] = {}
    try:
        while waiting or running:
            while waiting and len(running) < max(1, sum(client.nthreads().values())) and not batch.is_over:
                key = waiting.popleft()
                running[client.submit(answer, batch.works[key], 1.0, pure=False)] = key
            if not running:
                yield from ((key, NOT_BEGUN) for key in waiting)
                return
            for future in wait(list(running), return_when="FIRST_COMPLETED").done:
                key = running.pop(future)
                yield key, _kept(batch, key, future)
    finally:
        client.cancel(list(running))


def _kept(batch: Batch, key: str, future: Any) -> Failure | None:
    from distributed import KilledWorker

    if future.status not in ("finished", "error"):
        raise SolverFailed(f"client: the scheduler has lost tasks ({future.status}); resume the sweep to go on")
    error = future.exception()
    if isinstance(error, KilledWorker):
        return Failure(Cause.LOST, "", f"it ended its worker again and again ({' '.join(str(error).split())[:200]})")
    found: str | Failure = future.result()
    if isinstance(found, Failure):
        return found
    write_whole(place_of(batch.folder, key), found)
    return None
