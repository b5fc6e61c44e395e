"""One process asks one question after another; another one watches the clock and ends it when it hangs."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

#: Bytes of address space that a worker may take.
MEMORY = 8 << 30
#: A question that takes this many times its limit, and some seconds more, hangs.
_PATIENCE = 3.0
#: Seconds for making a problem, and for judging an answer.
_ASIDE = 120.0

Record = dict[str, Any]


class Asked(Protocol):
    """A question: something with a time limit that can be sent to another process."""

    @property
    def limit(self) -> float:
        """Seconds that the call in question may take."""


#: What answers a question; it says "asking" when the clock is to start, and something else when it has an answer.
Answer = Callable[[Any, Callable[[str], None]], Record]
#: What makes a record of a question that has no answer, from how it ended ("hung", "died"), what was being done, words.
Lost = Callable[[Any, str, str, str], Record]


def _serve(pipe: Connection, answer: Answer) -> None:
    """Answer questions until the other side closes."""
    os.setsid()  # so that what a solver starts can be ended with this process
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    while True:
        try:
            question = pipe.recv()
        except EOFError:
            return
        pipe.send(("answered", answer(question, lambda word: pipe.send((word, None)))))


@dataclass
class _Worker:
    """A child process, the question it has, and since when it does what it does."""

    pipe: Connection
    process: Any
    grace: float
    question: Any = None
    doing: str = ""
    since: float = field(default_factory=time.monotonic)

    def give(self, question: Any) -> None:
        self.question, self.doing, self.since = question, "making", time.monotonic()
        self.pipe.send(question)

    @property
    def due(self) -> float:
        """When it is to be ended."""
        assert self.question is not None
        return self.since + (_PATIENCE * self.question.limit + self.grace if self.doing == "asking" else _ASIDE)

    def end(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            self.process.kill()
        self.process.join()
        self.pipe.close()


def _start(answer: Answer, grace: float) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, answer), daemon=False)
    process.start()
    theirs.close()
    return _Worker(ours, process, grace)


def run(
    questions: Iterator[Asked],
    workers: int,
    answer: Answer,
    lost: Lost,
    until: float = float("inf"),
    grace: float = 10.0,
) -> Iterator[Record]:
    """Yield the records of all questions as they are answered; none is asked after `until` on the monotonic clock.

    A question is lost when its process dies, or takes three times its limit and `grace` seconds.
    """
    crew = [_start(answer, grace) for _ in range(workers)]
    try:
        idle = list(crew)
        while True:
            while idle and time.monotonic() < until:
                question = next(questions, None)
                if question is None:
                    break
                idle.pop().give(question)
            busy = [worker for worker in crew if worker.question is not None]
            if not busy:
                return
            soonest = min(worker.due for worker in busy)
            ready = set(wait([worker.pipe for worker in busy], max(0.0, soonest - time.monotonic())))
            for worker in busy:
                end, record = _heard(worker) if worker.pipe in ready else ("", None)
                if not end and time.monotonic() > worker.due:
                    end = "hung"
                if end in ("died", "hung"):
                    words = f"{end} after {time.monotonic() - worker.since:.0f} s of {worker.doing}"
                    record = lost(worker.question, end, worker.doing, words)
                    worker.end()
                    crew[crew.index(worker)] = worker = _start(answer, grace)
                if record is not None:
                    worker.question = None
                    idle.append(worker)
                    yield record
    finally:
        for worker in crew:
            worker.end()


def _heard(worker: _Worker) -> tuple[str, Record | None]:
    """Take one message: what is being done now, and the record where there is one."""
    try:
        word, record = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        return "died", None
    worker.doing, worker.since = word, time.monotonic()
    return word, record
