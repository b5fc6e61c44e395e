"""Limits of memory are seen wherever they are set, and what they refuse is told in one line."""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys

import numpy as np
import pytest

import momentsos as ms
from momentsos.cli import main
from momentsos.machine import memory

x, y = ms.variables("x y")
PROBLEM = ms.Problem(x**2 * y - x * y, [1 - x**2 - y**2])


def files(monkeypatch, contents: dict[str, str]) -> None:
    monkeypatch.setattr(memory, "_text", lambda path: contents[path].encode() if path in contents else None)


def test_the_tightest_of_the_groups_around_a_process_counts(monkeypatch) -> None:
    groups = "/sys/fs/cgroup"
    known = {"/proc/meminfo": "MemAvailable: 1000000 kB\n", "/proc/self/cgroup": "1:cpu:/\n0::/outer/inner\n"}
    known |= {f"{groups}/outer/inner/memory.max": "max\n", f"{groups}/outer/inner/memory.current": "5000\n"}
    known |= {f"{groups}/outer/memory.max": "70000\n", f"{groups}/outer/memory.current": "20000\n"}
    files(monkeypatch, known)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert memory.available_bytes() == 50_000
    files(monkeypatch, known | {f"{groups}/memory.max": "9000\n", f"{groups}/memory.current": "9500\n"})
    assert memory.available_bytes() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_the_limit_of_the_address_space_counts() -> None:
    code = (
        "import resource; from momentsos.machine.memory import available_bytes; "
        "resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); print(available_bytes())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert 0 < int(done.stdout) < 2**31


def out_of_memory(*_: object, **__: object) -> None:
    raise MemoryError


@pytest.mark.parametrize(
    ("place", "call"),
    [
        ("momentsos.hierarchy.solve.assemble", lambda: ms.relax(PROBLEM, 2)),
        ("momentsos.hierarchy.methods.base.assemble", lambda: ms.solve(PROBLEM, 2)),
        ("momentsos.hierarchy.solve.first_points", lambda: ms.solve(PROBLEM, 2)),
        ("momentsos.learning.expansion.Expansion.of", lambda: ms.formulate(*small())),
        ("momentsos.learning.learn.formulated", lambda: ms.learn(*small())),
    ],
)
def test_a_memory_error_anywhere_is_a_problem_too_large(monkeypatch, place, call) -> None:
    monkeypatch.setattr(place, out_of_memory)
    with pytest.raises(ms.ProblemTooLarge, match="more memory") as caught:
        call()
    assert "\n" not in str(caught.value) and pickle.loads(pickle.dumps(caught.value)) == caught.value


def small() -> tuple[ms.PolynomialNetwork, np.ndarray, np.ndarray]:
    return ms.PolynomialNetwork([np.eye(2), np.eye(2)], [1]), np.eye(2), np.eye(2)


def test_what_was_found_before_the_memory_ended_is_returned(monkeypatch) -> None:
    from momentsos.hierarchy.methods import base

    assemble, calls = base.assemble, []

    def once(plan):
        calls.append(plan)
        return assemble(plan) if len(calls) == 1 else out_of_memory()

    monkeypatch.setattr(base, "assemble", once)
    hard = ms.Problem(x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + x, [4 - x**2, 4 - y**2])
    found = ms.solve(hard, method="dense", tol=1e-12)
    assert found.attempts and (len(calls) == 1 or "more memory" in found.message)


def test_the_command_line_leaves_with_code_3(monkeypatch, tmp_path, capsys) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(PROBLEM.as_dict()))
    monkeypatch.setattr("momentsos.cli.commands.solve", out_of_memory)
    assert main(["solve", str(path), "--json"]) == 3
    assert capsys.readouterr().err.count("\n") == 1
