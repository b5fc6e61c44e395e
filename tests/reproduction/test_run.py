"""Resuming, atomic files, processes, and what a stored result is worth."""

from __future__ import annotations

import importlib
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from momentsos.errors import BadOption, InvalidInput, ProblemTooLarge
from momentsos.reproduction import Case, Outcome, Selection, Settings, Store, experiments_named, measure, run

#: The modules, whose names are those of functions of the package.
RUN = importlib.import_module("momentsos.reproduction.run")
MEASURE = importlib.import_module("momentsos.reproduction.measure")
SMALL = Selection(rows=(1,), seeds=3, laws=("scaled",))


@pytest.fixture
def counted(monkeypatch):
    """Replace solving by a stub that counts; its `stop_after` simulates a kill."""

    class Stub:
        def __init__(self) -> None:
            self.solved: list[Case] = []
            self.stop_after = 10**9

        def __call__(self, case: Case) -> Outcome:
            if len(self.solved) >= self.stop_after:
                raise KeyboardInterrupt
            self.solved.append(case)
            return Outcome("CERTIFIED", "", "partial", upper_bound=1.0, lower_bound=1.0, abs_error=0.5, order=1)

    stub = Stub()
    monkeypatch.setattr(RUN, "measure", stub)
    return stub


def test_a_killed_run_continues_where_it_was(counted, tmp_path) -> None:
    tables = experiments_named(["table1", "table3"])
    counted.stop_after = 4
    with pytest.raises(KeyboardInterrupt):
        run(tables, SMALL, tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 4
    counted.stop_after = 10**9
    found = run(tables, SMALL, tmp_path)
    assert (found.reused, found.computed) == (4, 2)
    assert len(counted.solved) == len(set(counted.solved)) == 6
    again = run(tables, SMALL, tmp_path)
    assert (again.reused, again.computed) == (6, 0) and again.outcomes == found.outcomes


def test_other_settings_are_computed_and_the_old_ones_stay(counted, tmp_path) -> None:
    table = experiments_named(["table1"])
    run(table, SMALL, tmp_path)
    found = run(table, replace(SMALL, settings=Settings(tol=1e-5)), tmp_path)
    assert found.reused == 0 and len(list(tmp_path.glob("*.json"))) == 6


def test_a_file_is_written_whole_or_not_at_all(counted, tmp_path, monkeypatch) -> None:
    def killed(*_):
        raise KeyboardInterrupt

    table = experiments_named(["table1"])
    monkeypatch.setattr("momentsos.machine.files.os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        run(table, SMALL, tmp_path)
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 1}', '{"format": 0, "case": {}, "outcome": {}}'])
def test_a_file_that_cannot_be_used_is_computed_again(counted, tmp_path, damage) -> None:
    table = experiments_named(["table1"])
    found = run(table, SMALL, tmp_path)
    Store(tmp_path).path(next(iter(found.outcomes))).write_text(damage)
    assert run(table, SMALL, tmp_path).computed == 1


def test_a_result_under_the_name_of_another_case_is_not_used(counted, tmp_path) -> None:
    found = run(experiments_named(["table1"]), SMALL, tmp_path)
    first, second, _ = found.outcomes
    store = Store(tmp_path)
    store.path(first).replace(store.path(second))
    assert store.load(second) is None


def test_without_joblib_one_process_is_used_and_a_line_says_so(counted, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(RUN, "has_joblib", lambda: False)
    found = run(experiments_named(["table1"]), SMALL, tmp_path, jobs=2)
    assert found.computed == 3 and "joblib is not installed" in found.notes[0]


def test_progress_names_every_finished_instance(counted, tmp_path) -> None:
    lines: list[str] = []
    run(experiments_named(["table1"]), SMALL, tmp_path, progress=lines.append)
    assert [line.split(",")[0] for line in lines] == [f"instances: {done} of 3" for done in (1, 2, 3)]


def test_a_folder_that_is_a_file_and_no_jobs_are_refused(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot write results"):
        run(experiments_named(["table1"]), SMALL, tmp_path / "file")
    with pytest.raises(BadOption, match="jobs"):
        run(experiments_named(["table1"]), SMALL, tmp_path, jobs=0)


def test_two_processes_store_the_same_results(tmp_path) -> None:
    pytest.importorskip("joblib")
    selection = Selection(rows=(1,), seeds=2, laws=("scaled",))
    found = run(experiments_named(["table3"]), selection, tmp_path, jobs=2)
    case = next(iter(found.outcomes))
    assert np.concatenate(found.outcomes[case].coefficients) == pytest.approx(
        np.concatenate(measure(case).coefficients)
    )
    assert all(Store(tmp_path).load(case) == outcome for case, outcome in found.outcomes.items())


def test_what_is_too_large_is_an_outcome(monkeypatch) -> None:
    def refuse(*given, **more):
        raise ProblemTooLarge("too large", 10, 1)

    monkeypatch.setattr(MEASURE, "learn", refuse)
    outcome = measure(Case("noisy", Settings(), (2, 2), 50, 20, law="scaled"))
    assert outcome.status == "STOPPED" and outcome.lower_bound is None and not outcome.certified


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as own,
    ):
        yield own


@pytest.mark.slow
def test_workers_of_dask_find_what_one_process_finds(client, tmp_path) -> None:
    table = experiments_named(["table1"])
    here = run(table, SMALL, tmp_path / "here")
    there = run(table, SMALL, tmp_path / "there", client=client)
    assert there.computed == 3
    for case, outcome in here.outcomes.items():
        assert there.outcomes[case].coefficients == outcome.coefficients
        assert there.outcomes[case].upper_bound == outcome.upper_bound
    again = run(table, SMALL, tmp_path / "there", client=client)
    assert (again.reused, again.computed) == (3, 0)


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_a_retry(client, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(RUN, "measure", Killed(tmp_path / "killed"))
    found = run(experiments_named(["table1"]), SMALL, tmp_path / "outcomes", client=client)
    assert (tmp_path / "killed").exists()
    assert [each.status for each in found.outcomes.values()] == ["CERTIFIED"] * 3


class Killed:
    """Solve, but for the first time: then the process ends itself."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __call__(self, case: Case) -> Outcome:
        if not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return measure(case)


def test_what_is_no_client_is_refused(tmp_path) -> None:
    with pytest.raises(BadOption, match="client: expected a Client"):
        run(experiments_named(["table1"]), SMALL, tmp_path, client="tcp://here:1")
