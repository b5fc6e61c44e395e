"""One process asks one question after another; another one watches the clock and ends it when it hangs."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

#: Bytes of address space that a worker may take.
MEMORY = 8 << 30
#: A question that takes this many times its limit, and ten seconds, hangs.
_PATIENCE = 3.0
#: Seconds for making a problem, and for judging an answer.
_ASIDE = 120.0

Record = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A family, the number of a problem of it, and the seconds it may take."""

    family: str
    seed: int
    limit: float


def answer(question: Question, tell: Callable[[str], None] = lambda _: None) -> Record:
    """Make the problem, ask, judge; `tell` hears what is being done."""
    from .ask import ask, divided
    from . import families as _  # enters all families  # noqa: F401
    from .family import FAMILIES
    from .judge import ended, judge
    from .judge_training import judge_fit
    from .training import Training

    case = FAMILIES[question.family].case(question.seed)
    if isinstance(case, Training):
        divided()
    tell("asking")
    claim = ask(case, question.limit)
    tell("judging")
    training = isinstance(case, Training)
    faults = ended(claim, question.limit)
    faults += judge_fit(case, claim, divided()) if training else judge(case, claim)
    truth = "bounded" if training else case.truth.kind
    infimum = None if training or truth in ("empty", "unbounded") else float(case.truth.high)
    return {
        **asdict(question),
        "truth": truth,
        "infimum": infimum,
        "claim": claim.as_dict(),
        "faults": [{"name": fault.name, "size": fault.size, "words": fault.words} for fault in faults],
    }


def _serve(pipe: Connection) -> None:
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
    question: Question | None = None
    doing: str = ""
    since: float = field(default_factory=time.monotonic)

    def give(self, question: Question) -> None:
        self.question, self.doing, self.since = question, "making", time.monotonic()
        self.pipe.send(question)

    @property
    def due(self) -> float:
        """When it is to be ended."""
        assert self.question is not None
        return self.since + (_PATIENCE * self.question.limit + 10 if self.doing == "asking" else _ASIDE)

    def end(self) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            self.process.kill()
        self.process.join()
        self.pipe.close()


def _start() -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=False)
    process.start()
    theirs.close()
    return _Worker(ours, process)


def run(questions: Iterator[Question], workers: int, until: float = float("inf")) -> Iterator[Record]:
    """Yield the records of all questions as they are answered, until `until` on the monotonic clock."""
    crew = [_start() for _ in range(workers)]
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
                if worker.pipe in ready:
                    record = _heard(worker)
                elif time.monotonic() > worker.due:
                    record = _lost(worker, "hung", f"ended after {time.monotonic() - worker.since:.0f} s of {worker.doing}")
                else:
                    continue
                if record is None:
                    continue
                if record["claim"]["end"] in ("hung", "died"):
                    worker.end()
                    crew[crew.index(worker)] = worker = _start()
                worker.question = None
                idle.append(worker)
                yield record
    finally:
        for worker in crew:
            worker.end()


def _heard(worker: _Worker) -> Record | None:
    """Take one message; None where it is no record."""
    try:
        word, record = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        return _lost(worker, "died", "the process died")
    worker.doing, worker.since = word, time.monotonic()
    return record


def _lost(worker: _Worker, end: str, words: str) -> Record:
    """Return the record of a question that has no answer."""
    assert worker.question is not None
    name = {"hung": "hang", "died": "crash"}[end] if worker.doing == "asking" else "judge failed"
    claim = {"end": end, "error": words, "seconds": time.monotonic() - worker.since}
    return {**asdict(worker.question), "truth": "", "claim": claim, "faults": [{"name": name, "size": 0.0, "words": words}]}
