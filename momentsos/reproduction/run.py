"""Solve what is not stored yet, on several processors if asked for; a killed run goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadOption, InvalidInput, SolverFailed
from ..machine.checks import shown
from ..machine.progress import Step, tell
from .cases import Case
from .experiments import Experiment, Selection, all_cases
from .measure import Outcome, measure
from .store import Store

#: How often an instance is begun again when the worker that has it is lost.
_RETRIES = 3


@dataclass(frozen=True)
class Run:
    """What a run was asked for and what it found.

    Attributes
    ----------
    experiments : tuple of Experiment
    selection : Selection
    outcomes : mapping from Case to Outcome
    computed, reused : int
        How many instances were solved now, and how many were stored already.
    folder : str
    notes : tuple of str
        What the user should know besides.
    """

    experiments: tuple[Experiment, ...]
    selection: Selection
    outcomes: Mapping[Case, Outcome]
    computed: int
    reused: int
    folder: str
    notes: tuple[str, ...] = ()

    @property
    def without_bound(self) -> bool:
        """Whether no instance has any bound."""
        return all(each.lower_bound is None and each.upper_bound is None for each in self.outcomes.values())


def run(
    experiments: Sequence[Experiment],
    selection: Selection,
    folder: str | Path,
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
    client: Any = None,
) -> Run:
    """Run experiments; every finished instance is stored at once.

    Parameters
    ----------
    experiments : sequence of Experiment
    selection : Selection
    folder : path
        Where outcomes are stored. Those of other settings or versions have other names and are left alone.
    jobs : int
        Processes; more than one needs joblib.
    progress : callable, optional
        Called with one line for each finished instance.
    client : Client of dask.distributed, optional
        Its workers solve the instances, in place of `jobs` processes here; outcomes are stored here. An instance whose
        worker is lost is begun again.

    Raises
    ------
    BadOption, InvalidInput, SolverUnavailable
    SolverFailed
        One instance ended several workers.
    """
    if jobs < 1:
        raise BadOption(f"jobs = {jobs}: expected at least 1")
    if client is not None and not hasattr(client, "submit"):
        raise BadOption(f"client: expected a Client of dask.distributed, got {shown(client)}")
    store = Store(Path(folder))
    if store.folder.exists() and not store.folder.is_dir():
        raise InvalidInput(f"{folder} is not a folder: name another one for the results")
    cases = all_cases(experiments, selection)
    outcomes = {case: outcome for case in cases if (outcome := store.load(case)) is not None}
    missing = [case for case in cases if case not in outcomes]
    reused = len(outcomes)
    notes: list[str] = []
    found = _solved(missing, store, jobs, notes) if client is None else _solved_by(client, missing, store)
    for done, (case, outcome) in enumerate(found, start=1):
        outcomes[case] = outcome
        tell(progress, Step("instances", reused + done, len(cases), f"the last {case.key.rsplit('-', 1)[0]}"))
    ordered = {case: outcomes[case] for case in cases}
    return Run(tuple(experiments), selection, ordered, len(missing), reused, str(folder), tuple(notes))


def solve_and_store(case: Case, store: Store) -> tuple[Case, Outcome]:
    """Solve one case and store what came out; what another run stored meanwhile is taken from there."""
    outcome = store.load(case)
    if outcome is None:
        outcome = measure(case)
        store.save(case, outcome)
    return case, outcome


def _solved(cases: Sequence[Case], store: Store, jobs: int, notes: list[str]) -> Iterator[tuple[Case, Outcome]]:
    """Yield cases as they are finished."""
    workers = min(jobs, len(cases))
    joblib = _joblib() if workers > 1 else None
    if workers > 1 and joblib is None:
        notes.append("joblib is not installed: one process was used; install the extra 'reproduce' for --jobs")
    if joblib is None:
        for case in cases:
            yield solve_and_store(case, store)
        return
    tasks: Iterable[Any] = (joblib.delayed(solve_and_store)(case, store) for case in cases)
    yield from joblib.Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)(tasks)


def _solved_by(client: Any, cases: Sequence[Case], store: Store) -> Iterator[tuple[Case, Outcome]]:
    """Yield cases as workers finish them."""
    from distributed import KilledWorker, as_completed

    waiting = {client.submit(measure, case, pure=False, retries=_RETRIES): case for case in cases}
    for future in as_completed(list(waiting)):
        case = waiting.pop(future)
        try:
            outcome = future.result()
        except KilledWorker as error:
            raise SolverFailed(f"client: {case.key} ended its worker again and again ({error})") from error
        store.save(case, outcome)
        yield case, outcome


def _joblib() -> Any:
    try:
        import joblib
    except ImportError:
        return None
    return joblib
