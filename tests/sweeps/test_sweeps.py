"""Many tasks: the same results wherever they are computed, none lost, none computed twice."""

from __future__ import annotations

import importlib
import pickle

import numpy as np
import pytest

import momentsos as ms

TASKS = importlib.import_module("momentsos.sweeps.tasks")
X, Y = ms.variables("x y")


def quartic(a: float) -> ms.Problem:
    return ms.Problem((X * Y - a) ** 2 + X**2 + Y**4)


PROBLEMS = [quartic(a) for a in (0.0, 1.0, 2.0)]


@pytest.fixture
def counted(monkeypatch):
    """Count what is solved; `stop_after` simulates a kill."""

    class Counted:
        def __init__(self) -> None:
            self.solved: list[ms.Problem] = []
            self.stop_after = 10**9

        def __call__(self, problem, **options):
            if len(self.solved) >= self.stop_after:
                raise KeyboardInterrupt
            self.solved.append(problem)
            return ms.solve(problem, **options)

    found = Counted()
    monkeypatch.setattr(TASKS.SolveTask, "call", found)
    monkeypatch.setattr(
        "momentsos.sweeps.tasks.signature", lambda _: importlib.import_module("inspect").signature(ms.solve)
    )
    return found


def bounds(sweep) -> list[tuple]:
    return [(each.status, each.lower_bound, each.upper_bound, each.minimizers.tolist()) for each in sweep]


def test_results_are_those_of_solve_in_the_order_of_the_problems() -> None:
    sweep = ms.solve_many(PROBLEMS, tol=1e-5)
    assert bounds(sweep) == bounds([ms.solve(each, tol=1e-5) for each in PROBLEMS])
    assert [each.problem for each in sweep] == PROBLEMS and len(sweep) == 3 and sweep[0].tol == 1e-5
    assert sweep.counts == {"CERTIFIED": 3} and not sweep.failures
    assert pickle.loads(pickle.dumps(sweep)) == sweep and "3 CERTIFIED" in repr(sweep)


def test_a_sweep_that_was_interrupted_goes_on_where_it_was(counted, tmp_path) -> None:
    counted.stop_after = 2
    with pytest.raises(KeyboardInterrupt):
        ms.solve_many(PROBLEMS, out=tmp_path)
    counted.stop_after = 10**9
    sweep = ms.solve_many(reversed(PROBLEMS), out=tmp_path)
    assert (sweep.reused, sweep.computed) == (2, 1) and counted.solved == PROBLEMS
    assert [each.problem for each in sweep] == PROBLEMS[::-1]
    assert ms.solve_many(PROBLEMS, out=tmp_path, resume=False).computed == 3


def test_each_file_is_a_result_that_load_reads(tmp_path) -> None:
    sweep = ms.solve_many(PROBLEMS[:1], out=tmp_path)
    (file,) = tmp_path.iterdir()
    assert ms.load(file) == sweep[0]


def test_the_same_task_is_done_once_and_other_options_are_another_task(counted, tmp_path) -> None:
    sweep = ms.solve_many([PROBLEMS[0], PROBLEMS[0]], out=tmp_path)
    assert sweep.computed == 1 and sweep[0] is sweep[1]
    assert ms.solve_many([{"problem": PROBLEMS[0], "seed": 1}], out=tmp_path).computed == 1


@pytest.mark.parametrize("damage", ["", "{", "another"])
def test_a_file_that_is_no_result_of_the_task_is_computed_again(counted, tmp_path, damage) -> None:
    ms.solve_many(PROBLEMS[:2], out=tmp_path)
    first, second = sorted(tmp_path.iterdir())
    first.write_text(second.read_text() if damage == "another" else damage)
    sweep = ms.solve_many(PROBLEMS[:2], out=tmp_path)
    assert (sweep.reused, sweep.computed) == (1, 1) and [each.problem for each in sweep] == PROBLEMS[:2]


def test_an_error_of_one_task_stands_in_its_place() -> None:
    large = ms.Problem(sum(x**2 for x in ms.variables(*(f"x{i}" for i in range(20)))))
    sweep = ms.solve_many([{"problem": large, "order": 9, "method": "dense"}, PROBLEMS[0]])
    failure = sweep.failures[0]
    assert failure.error == "ProblemTooLarge" and failure.status is ms.Status.STOPPED and "GB" in failure.message
    assert sweep[1].status is ms.Status.CERTIFIED


def test_no_task_begins_after_the_budget(counted, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("momentsos.sweeps.work.Batch.is_over", property(lambda _: len(counted.solved) >= 1))
    sweep = ms.solve_many(PROBLEMS, out=tmp_path, budget=1000.0)
    assert sweep.counts == {"CERTIFIED": 1, "STOPPED": 2} and "resume" in sweep.failures[1].message
    monkeypatch.undo()
    assert ms.solve_many(PROBLEMS, out=tmp_path).reused == 1


def test_certificates_are_kept() -> None:
    (result,) = ms.solve_many([quartic(0.5)], certify=True)
    assert "certificate" in vars(result) and result.certificate.verify(quartic(0.5)).holds


def test_seeds_and_folds_are_learned() -> None:
    rng = np.random.default_rng(0)
    network = ms.PolynomialNetwork([rng.standard_normal((3, 3)) / 2 for _ in range(2)], degrees=[2])
    data = [(network, x := rng.standard_normal((12, 3)), x**2) for _ in range(2)]
    sweep = ms.learn_many([*data, dict(zip(("network", "X", "Y"), data[0], strict=True), seed=4)])
    assert sweep.computed == 3
    for fit, (_, x, y) in zip(sweep, data, strict=False):
        alone = ms.learn(network, x, y)
        assert fit.coefficients[0].tolist() == alone.coefficients[0].tolist() and fit.status is alone.status


def test_progress_counts_the_tasks() -> None:
    lines: list[str] = []
    ms.solve_many(PROBLEMS[:2], progress=lines.append)
    assert [line.split(",")[0] for line in lines] == ["tasks: 1 of 2", "tasks: 2 of 2"]


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (PROBLEMS, {"wrong": 1}, "unknown argument"),
        (PROBLEMS, {"tol": 2.0}, "tol"),
        (PROBLEMS, {"workers": 0}, "workers"),
        (PROBLEMS, {"client": "tcp://here:1"}, "client: expected a Client"),
        (PROBLEMS, {"budget": -1}, "budget"),
        (PROBLEMS, {"retries": 0}, "retries"),
        (PROBLEMS, {"resume": "yes"}, "resume"),
        ([1], {}, "problem 0: expected a Problem"),
        ([{"seed": 1}], {}, "expected 'problem'"),
        (PROBLEMS[0], {}, "an iterable of problems"),
    ],
)
def test_what_no_call_could_take_is_refused_before_anything_is_computed(counted, given, options, words) -> None:
    with pytest.raises(ms.MomentSOSError, match=words):
        ms.solve_many(given, **options)
    assert not counted.solved


def test_a_folder_that_is_a_file_is_refused(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ms.InvalidInput, match="cannot make the folder"):
        ms.solve_many(PROBLEMS, out=tmp_path / "file")
    with pytest.raises(ms.InvalidInput, match=r"expected \(network, X, Y\)"):
        ms.learn_many([1])
