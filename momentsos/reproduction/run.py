"""Solve what is not stored yet, on several processors if asked for; a killed run goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BadOption, SolverFailed
from ..machine.progress import Step, tell
from ..sweeps.hands import How, done_by, has_joblib
from .cases import Case
from .experiments import Experiment, Selection, all_cases
from .measure import Outcome, measure
from .store import Store, document_of


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
    notes: list[str] = []
    if jobs > 1 and not has_joblib():
        notes.append("joblib is not installed: one process was used; install the extra 'reproduce' for --jobs")
        jobs = 1
    how = How(jobs, client)
    how.check()
    store = Store(Path(folder))
    cases = all_cases(experiments, selection)
    outcomes = {case: outcome for case in cases if (outcome := store.load(case)) is not None}
    missing = {case.key: case for case in cases if case not in outcomes}
    store.make_room_for(missing.values())
    reused = len(outcomes)
    works = {key: Measured(case, measure) for key, case in missing.items()}
    for done, (key, failure) in enumerate(done_by(how, works, store.folder), start=1):
        case = missing[key]
        outcome = store.load(case) if failure is None else None
        if outcome is None:
            raise SolverFailed(f"{key}: {'its file was changed meanwhile' if failure is None else failure.message}")
        outcomes[case] = outcome
        tell(progress, Step("instances", reused + done, len(cases), f"the last {case.key.rsplit('-', 1)[0]}"))
    ordered = {case: outcomes[case] for case in cases}
    return Run(tuple(experiments), selection, ordered, len(missing), reused, str(folder), tuple(notes))


@dataclass(frozen=True)
class Measured:
    """The work of one case, which can be sent to another process."""

    case: Case
    measure: Callable[[Case], Outcome]

    def __call__(self, share: float) -> str:
        """Return the document of what came out; an instance needs little memory, whatever its share is."""
        return document_of(self.case, self.measure(self.case))
