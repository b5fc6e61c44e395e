"""Tasks on processes of this machine, by joblib's pool: what a task does to its process is its own affair."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import Any

from .failure import NOT_BEGUN, Cause, Failure, lost
from .work import Batch, Done, Work, place_of, stored


def by_processes(batch: Batch, workers: int, retries: int) -> Iterator[Done]:
    """Yield tasks as processes finish them.

    No more tasks are given out than there are processes. So where a process is lost, the task that ended it is among
    the few that were under way; they are done again, each in a process of its own, one after the other. What ends its
    process alone as well is the culprit. So are tasks too large for the share of the memory that they had; alone they
    have all of it.

    Parameters
    ----------
    batch : Batch
    workers : int
    retries : int
        How often a task is begun again once it has lost its process.
    """
    waiting = deque(batch.works)
    alone: list[str] = []
    while waiting:
        with _pool(min(workers, len(waiting))) as pool:
            yield from _shared(batch, pool, workers, waiting, alone)
    for key in alone:
        yield key, _alone(batch, key, retries) if not batch.is_over else NOT_BEGUN


def _shared(batch: Batch, pool: Any, workers: int, waiting: deque[str], alone: list[str]) -> Iterator[Done]:
    """Yield tasks until none is left or the pool is broken; put those to be done again, alone, on their list."""
    running: dict[Future[Failure | None], str] = {}
    broken = False
    while running or (waiting and not broken):
        while waiting and len(running) < workers and not (broken or batch.is_over):
            key = waiting.popleft()
            running[_begin(pool, batch, key, 1 / workers)] = key
        if not running:  # the budget is used up
            yield from ((key, NOT_BEGUN) for key in waiting)
            waiting.clear()
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            key, words = running.pop(future), _words_of_a_loss(future)
            found = None if words is not None else future.result()
            broken = broken or words is not None
            if words is not None or (found is not None and found.cause is Cause.TOO_LARGE and workers > 1):
                alone.append(key)
            else:
                yield key, found


def _alone(batch: Batch, key: str, retries: int) -> Failure | None:
    """Do a task in a process of its own, with all of the memory."""
    words: str | None = ""
    for _ in range(max(1, retries)):
        with _pool(1) as pool:
            future = _begin(pool, batch, key, 1.0)
            words = _words_of_a_loss(future)
            if words is None:
                return future.result()
    return lost(1 + max(1, retries), words or "")


def _begin(pool: Any, batch: Batch, key: str, share: float) -> Future[Failure | None]:
    work: Work = batch.works[key]
    return pool.submit(stored, work, place_of(batch.folder, key), share)


def _words_of_a_loss(future: Future[Any]) -> str | None:
    """Return what is said of the process that was lost, None where the task has ended otherwise."""
    from joblib.externals.loky import BrokenProcessPool

    error = future.exception()
    return str(error) if isinstance(error, BrokenProcessPool) else None


@contextmanager
def _pool(workers: int) -> Iterator[Any]:
    """Give a pool of processes; they are killed where the block is left by an error or an interruption."""
    from joblib.externals.loky import ProcessPoolExecutor

    pool, finished = ProcessPoolExecutor(workers, initializer=_leave_interruptions), False
    try:
        yield pool
        finished = True
    finally:
        pool.shutdown(wait=True, kill_workers=not finished)


def _leave_interruptions() -> None:
    """Let Ctrl-C, which every process of a terminal gets, be the business of the one that waits for this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
