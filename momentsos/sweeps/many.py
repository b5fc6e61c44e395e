"""`solve_many` and `learn_many`: many tasks, on one process or several, or on the workers of a dask client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import BadOption, InvalidInput
from ..hierarchy.result import Result
from ..learning.fit import Fit
from ..machine.checks import file_path, integer, items, positive, shown
from ..machine.progress import Step, reported, tell
from ..problem import Problem
from .failure import Failure
from .hands import How, done_by
from .stored import result_in
from .sweep import Sweep
from .tasks import LearnTask, SolveTask, Task
from .work import place_of

_MOST_WORKERS = 10_000


def solve_many(
    problems: Iterable[Problem | Mapping[str, Any]],
    *,
    workers: int = 1,
    client: Any = None,
    out: str | Path | None = None,
    resume: bool = True,
    certify: bool = False,
    budget: float | None = None,
    retries: int = 2,
    progress: Callable[[str], None] | bool | None = None,
    **options: Any,
) -> Sweep[Result]:
    """Solve many problems.

    Parameters
    ----------
    problems : iterable of Problem, or of mappings
        A mapping has the arguments of one call of `momentsos.solve`, ``{"problem": ..., "seed": 3}``, which go before
        `options`.
    workers : int
        Processes of this machine. More than one needs joblib. Each task may take its share of the memory that is free;
        what does not fit into it is done after the others, alone, with all of it.
    client : Client of dask.distributed, optional
        Its workers do the tasks, in place of processes here.
    out : path, optional
        A folder for the results, a file each, which `momentsos.load` reads. A file appears whole or not at all, as soon
        as its task is done.
    resume : bool
        Whether results that the folder has are taken from there; else these tasks are done again.
    certify : bool
        Whether results are given their exact certificate, where there is one.
    budget : float, optional
        Seconds after which no task begins any more; those under way are finished. `time_limit` among the options is
        that of each task.
    retries : int
        How often a task that has ended its process is begun again, 1 at least. With a client the scheduler decides.
    progress : bool or callable, optional
        Called with a line for each task that is done; True shows them.
    **options
        Of every call of `momentsos.solve`.

    Returns
    -------
    Sweep
        Results as `momentsos.load` reads them, the same with one process or many, in the order of `problems`.

    Raises
    ------
    InvalidInput, BadOption, SolverUnavailable
        Arguments that no call could take, a folder that cannot be written to; nothing has been computed then. What
        single tasks raise is a `Failure` in their place.
    SolverFailed
        The scheduler of the client was lost.

    Examples
    --------
    >>> import momentsos as ms
    >>> x, y = ms.variables("x y")
    >>> sweep = ms.solve_many([ms.Problem((x * y - a) ** 2 + x**2 + y**4) for a in (0, 1, 2)])
    >>> sweep.counts
    {'CERTIFIED': 3}
    """
    tasks = [
        SolveTask.of({**options, **_arguments(each, ("problem",), f"problem {i}")}, certify, f"problem {i}")
        for i, each in enumerate(items(problems, "problems", "an iterable of problems"))
    ]
    how = _how(workers, client, resume, budget, retries)
    with reported(progress) as report:
        return _swept(tasks, how, resume, out, report)


def learn_many(
    tasks: Iterable[Sequence[Any] | Mapping[str, Any]],
    *,
    workers: int = 1,
    client: Any = None,
    out: str | Path | None = None,
    resume: bool = True,
    certify: bool = False,
    budget: float | None = None,
    retries: int = 2,
    progress: Callable[[str], None] | bool | None = None,
    **options: Any,
) -> Sweep[Fit]:
    """Learn many networks: other seeds, folds or data sets.

    Parameters
    ----------
    tasks : iterable of (network, X, Y), or of mappings
        A mapping has the arguments of one call of `momentsos.learn`, ``{"network": ..., "X": ..., "Y": ..., "seed":
        3}``, which go before `options`. Data are arrays.
    workers, client, out, resume, certify, budget, retries, progress
        As for `solve_many`.
    **options
        Of every call of `momentsos.learn`.

    Returns
    -------
    Sweep
        Fits in the order of `tasks`.

    Raises
    ------
    InvalidInput, BadOption, SolverUnavailable, SolverFailed
        As for `solve_many`.
    """
    names = ("network", "X", "Y")
    made = [
        LearnTask.of({**options, **_arguments(each, names, f"task {i}")}, certify, f"task {i}")
        for i, each in enumerate(items(tasks, "tasks", "an iterable of tasks"))
    ]
    how = _how(workers, client, resume, budget, retries)
    with reported(progress) as report:
        return _swept(made, how, resume, out, report)


def _arguments(given: object, names: Sequence[str], where: str) -> Mapping[str, Any]:
    """Return the arguments of a task that is a mapping of them, or a tuple of those that it needs."""
    if isinstance(given, Mapping):
        return given
    if len(names) == 1:
        return dict.fromkeys(names, given)
    if not isinstance(given, tuple | list) or len(given) != len(names):
        raise InvalidInput(f"{where}: expected ({', '.join(names)}) or a mapping of arguments, got {shown(given)}")
    return dict(zip(names, given, strict=True))


def _how(workers: int, client: Any, resume: bool, budget: float | None, retries: int) -> How:
    """Return who computes and until when, checked."""
    seconds = positive(budget, "budget", "seconds above 0")
    if not isinstance(resume, bool):
        raise BadOption(f"resume = {shown(resume)}: expected True or False")
    how = How(
        workers=integer(workers, "workers", 1, _MOST_WORKERS),
        client=client,
        retries=integer(retries, "retries", 1, 1000),
        until=float("inf") if seconds is None else time.monotonic() + seconds,
    )
    how.check()
    return how


def _swept(tasks: Sequence[Task], how: How, resume: bool, out: str | Path | None, report: Any) -> Sweep[Any]:
    """Do what has no result yet, and return all results."""
    works = {task.key: task for task in reversed(tasks)}
    first = {key: i for i, key in reversed(list(enumerate(task.key for task in tasks)))}
    found: dict[str, Result | Failure] = {}
    with _folder(out) as folder:
        if resume:
            found.update((key, kept) for key in works if (kept := _kept(folder, key)) is not None)
        missing = {task.key: task for task in tasks if task.key not in found}
        for key in missing:
            place_of(folder, key).unlink(missing_ok=True)  # of no use, or not wanted
        reused = sum(task.key in found for task in tasks)
        for key, failure in done_by(how, missing, folder):
            found[key] = result_in(place_of(folder, key), key) if failure is None else failure
            note = f"the last {works[key].name} {first[key]}: {found[key].status.name}"
            tell(report, Step("tasks", len(found), len(works), note))
        return Sweep(tuple(found[task.key] for task in tasks), len(missing), reused, "" if out is None else str(out))


def _kept(folder: Path, key: str) -> Result | None:
    """Return the result that a folder has for a key; None for none, or one that is damaged or of another task."""
    place = place_of(folder, key)
    if not place.exists():
        return None
    try:
        return result_in(place, key)
    except InvalidInput:
        return None


@contextmanager
def _folder(out: str | Path | None) -> Iterator[Path]:
    """Give the folder of the results, made where it does not exist; for None one that is gone afterwards."""
    if out is None:
        with TemporaryDirectory(prefix="momentsos-") as place:
            yield Path(place)
        return
    folder = Path(file_path(out, "out"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"out: cannot make the folder {folder}: {error.strerror or error}") from error
    yield folder
