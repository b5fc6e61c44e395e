"""What the benchmarks make of their measurements; nothing is timed here."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
import momentsos as ms
from benchmarks.baselines.searches import SEARCHES, Task
from benchmarks.cases import PEER_CASES, Classical, Training
from benchmarks.compare import compare
from benchmarks.growth import steps
from benchmarks.peers.environments import PEERS
from benchmarks.peers.run import _run_one, _score, verdict
from benchmarks.tasks import loss_in_digits


@pytest.fixture(scope="module")
def trained():
    case = Training((1, 1), 20, 5)
    written = case.written()
    return written, ms.solve(written.problem)


def test_every_case_of_the_registry_can_be_written() -> None:
    for case in PEER_CASES:
        assert case.written().problem.minimum_order <= case.order
    assert len({case.name for case in PEER_CASES}) == len(PEER_CASES)


def test_every_package_has_its_adapter() -> None:
    assert all(peer.script.exists() for peer in PEERS)
    assert [peer.name for peer in PEERS if not peer.requirements] == ["momentsos"]


def test_the_certified_answer_scores_and_a_wrong_point_does_not(trained) -> None:
    written, result = trained
    optimum, point = result.upper_bound, result.minimizers[0]
    right = {"end": "answered", "bound": result.lower_bound, "points": [point.tolist()]}
    right |= _score(right, written, optimum)
    assert verdict(right) == "bound and minimiser"
    wrong = {"end": "answered", "bound": result.lower_bound, "points": [(point + 0.1).tolist()]}
    wrong |= _score(wrong, written, optimum)
    assert wrong["feasible"] == 1 and verdict(wrong) == "bound, no minimiser"  # lifted, so feasible, but not optimal
    loose = {**right, "bound": 0.5 * optimum}
    assert verdict({**loose, **_score(loose, written, optimum)}) == "loose bound, minimiser"
    above = {**right, "bound": 1.1 * optimum}
    assert verdict({**above, **_score(above, written, optimum)}) == "bound above the optimum"


def test_an_infeasible_point_of_a_constrained_problem_is_no_minimiser() -> None:
    written = Classical("lasserre_2001_example_5", 2).written()
    row = {"end": "answered", "bound": -2.0, "points": [[10.0, 10.0]]}
    assert _score(row, written, -2.0)["feasible"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("loss", SEARCHES)
def test_no_search_ends_below_the_certified_optimum(loss) -> None:
    drawn = Training((1, 1), 20, 5).instance()
    fit = ms.learn(drawn.network, drawn.X, drawn.Y, loss=loss)
    assert fit.status is ms.Status.CERTIFIED
    task = Task.of(drawn, loss)
    start = np.random.default_rng(0).standard_normal(task.formulation.n_coefficients)
    for name, make in SEARCHES[loss].items():
        if "torch" in name:
            pytest.importorskip("torch")
        assert task.value(make(task)(start)) >= fit.lower_bound * (1 - 1e-9), name


def test_growth_is_told_step_by_step_and_no_law_is_fitted() -> None:
    assert steps({10: 1.0, 20: 4.0, 50: 2.0}) == "×2: ×4, ×2.5: ×0.5"
    assert steps({10: 1.0}) == ""


def test_two_result_files_are_compared_by_name(tmp_path) -> None:
    rows = [{"case": "a", "tool": "x", "cpu": 1.0, "status": "CERTIFIED"}, {"case": "b", "tool": "x", "cpu": 2.0}]
    paths = [tmp_path / "old.json", tmp_path / "new.json"]
    for path, factor, status in zip(paths, (1.0, 3.0), ("CERTIFIED", "BOUNDED"), strict=True):
        changed = [{**rows[0], "cpu": factor, "status": status}, rows[1]]
        path.write_text(json.dumps({"environment": {"commit": "c"}, "rows": changed}))
    lines = compare(*paths).splitlines()
    assert lines[2].startswith("| a, x | 1 | 3 | 3.00 | CERTIFIED → BOUNDED |")
    assert lines[3].startswith("| b, x | 2 | 2 | 1.00 |")
    assert "2 in common, 0 in one file only" in lines[-1]


def test_children_that_a_package_leaves_behind_are_ended_and_not_waited_for(tmp_path) -> None:
    script = tmp_path / "leaves_a_child.py"
    script.write_text(
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('{\"child\": %d}' % child.pid, flush=True)\n"
    )
    peer = SimpleNamespace(python=lambda folder: sys.executable, script=script)
    row = _run_one(peer, tmp_path, tmp_path / "problem.json", 1, 30.0)
    assert row["end"] == "answered"
    for _ in range(100):  # until it is reaped
        try:
            os.kill(row["child"], 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{row['child']}/stat").read_text().rsplit(")", 1)[-1].split()[0] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError("the child is still there")


def test_the_audit_sees_the_loss_of_the_network_in_sixty_digits() -> None:
    draw = np.random.default_rng(5)
    weights, biases = [draw.standard_normal((3, 3)) for _ in range(3)], [draw.standard_normal(3) for _ in range(3)]
    network = ms.PolynomialNetwork(weights, [2, 3], biases=biases)
    X, coefficients = draw.standard_normal((4, 3)), [draw.standard_normal(3), draw.standard_normal(4)]
    Y = network.with_coefficients(coefficients).predict(X)
    assert float(loss_in_digits(network, coefficients, X, Y).upper()) < 1e-24 * (Y**2).mean()
    assert float(loss_in_digits(network, coefficients, X, Y + 1.0).mid()) == pytest.approx(1.0)
