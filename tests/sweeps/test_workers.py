"""What tasks do to the processes that have them, and what that costs."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import momentsos as ms
from momentsos.sweeps.failure import Cause
from momentsos.sweeps.hands import How, done_by

pytest.importorskip("joblib")
TWO = How(workers=2, retries=1)


@dataclass(frozen=True)
class Does:
    """Return a text, or do something else, the first times or always; each time leaves a mark."""

    name: str
    marks: Path
    act: str = ""
    times: int = 10**9
    ended: list = field(default_factory=list)

    def __call__(self, share: float) -> str:
        begun = len(list(self.marks.glob(f"{self.name}-*")))
        (self.marks / f"{self.name}-{begun}").touch()
        if begun < self.times:
            if self.act == "exit":
                os._exit(3)
            if self.act == "refuse" or (self.act == "large" and share < 1):
                raise ms.ProblemTooLarge(f"too large for {share}", 10, 1)
            if self.act == "interrupt":
                os.kill(os.getppid(), signal.SIGINT)
                signal.pause()
            if self.act == "fault":
                raise ZeroDivisionError(self.name)
        return self.name


@pytest.fixture
def sweep(tmp_path):
    """Return a function that does tasks on two processes, and gives what came and how often each was begun."""
    marks, folder = tmp_path / "marks", tmp_path / "out"
    marks.mkdir()
    folder.mkdir()

    def run(how: How = TWO, **acts):
        works = {name: Does(name, marks, *given) for name, given in acts.items()}
        found = dict(done_by(how, works, folder))
        return found, {name: len(list(marks.glob(f"{name}-*"))) for name in acts}

    run.folder = folder
    return run


def test_a_task_whose_process_is_lost_is_repeated_and_the_culprit_is_named(sweep) -> None:
    found, begun = sweep(once=("exit", 1), always=("exit",), a=(), large=("large",), no=("refuse",))
    assert found["once"] is None and begun["once"] >= 2
    assert found["always"].cause is Cause.LOST and found["always"].status is ms.Status.FAILED
    assert "working alone" in found["always"].message
    assert found["large"] is None and begun["large"] == 2  # its share was too small, all of the memory was not
    assert found["no"].error == "ProblemTooLarge"
    assert {path.stem for path in sweep.folder.iterdir()} == {"a", "once", "large"}


def test_an_interruption_ends_the_workers_and_keeps_what_is_finished(sweep) -> None:
    with pytest.raises(KeyboardInterrupt):
        sweep(a=(), b=(), last=("interrupt",))
    assert {"a", "b"} >= {path.stem for path in sweep.folder.iterdir()}
    assert all(path.suffix == ".json" for path in sweep.folder.iterdir())
    again, begun = sweep(last=("interrupt", 1))
    assert again == {"last": None} and begun["last"] == 2


def test_a_fault_of_the_code_ends_the_sweep(sweep) -> None:
    with pytest.raises(ZeroDivisionError, match="wrong"):
        sweep(How(), a=(), wrong=("fault",), b=())
    assert [path.stem for path in sweep.folder.iterdir()] == ["a"]


def test_processes_find_what_one_process_finds(tmp_path) -> None:
    x, y = ms.variables("x y")
    problems = [ms.Problem((x * y - a) ** 2 + x**2 + y**4) for a in (0.5, 1.5, 2.5)]
    here, there = ms.solve_many(problems), ms.solve_many(problems, workers=2, out=tmp_path)
    for one, other in zip(here, there, strict=True):
        assert (one.problem, one.lower_bound, one.status) == (other.problem, other.lower_bound, other.status)
        assert one.minimizers.tolist() == other.minimizers.tolist()
    assert ms.solve_many(problems, out=tmp_path).reused == 3


@pytest.mark.slow
def test_workers_of_dask_do_the_same(tmp_path) -> None:
    distributed = pytest.importorskip("distributed")
    x, y = ms.variables("x y")
    problems = [ms.Problem((x * y - a) ** 2 + x**2 + y**4) for a in (0.5, 1.5)]
    marks, folder = tmp_path / "marks", tmp_path / "out"
    marks.mkdir()
    folder.mkdir()
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        there = ms.solve_many(problems, client=client)
        works = {name: Does(name, marks, *act) for name, act in (("once", ("exit", 1)), ("no", ("refuse",)))}
        found = dict(done_by(How(client=client), works, folder))
    assert [each.lower_bound for each in there] == [each.lower_bound for each in ms.solve_many(problems)]
    assert found["once"] is None and found["no"].error == "ProblemTooLarge"
    assert [path.stem for path in folder.iterdir()] == ["once"]
