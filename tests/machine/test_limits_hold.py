"""Time that is over is over while a problem is written down, too; processes end with their parent, and at Ctrl-C."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.expansion import Expansion
from momentsos.learning.formulate import Goal, formulated
from momentsos.learning.starts import least_squares_points
from momentsos.machine.clock import refuse_if_late

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def network(*degrees: int) -> ms.PolynomialNetwork:
    rng = np.random.default_rng(1)
    return ms.PolynomialNetwork([rng.standard_normal((3, 3)) for _ in range(len(degrees) + 1)], degrees)


def test_nothing_is_refused_before_the_time_is_over() -> None:
    refuse_if_late(np.inf, "waiting")
    refuse_if_late(time.perf_counter() + 100, "waiting")
    with pytest.raises(ms.ProblemTooLarge, match="while waiting"):
        refuse_if_late(time.perf_counter() - 1, "waiting")


def test_an_expansion_is_not_planned_nor_formed_when_the_time_is_over() -> None:
    X = np.ones((4, 3))
    with pytest.raises(ms.ProblemTooLarge, match="time limit"):
        Expansion.of(network(2, 2), until=time.perf_counter() - 1)
    with pytest.raises(ms.ProblemTooLarge, match="time limit"):
        formulated(network(2, 2), X, X, Goal.of("mse"), time.perf_counter() - 1)


def test_no_search_begins_when_the_time_is_over() -> None:
    X = np.random.default_rng(2).standard_normal((4, 3))
    formulation = ms.formulate(network(2, 1), X, X, "mean_residual")
    assert least_squares_points(formulation, 0, until=time.perf_counter() - 1).shape[0] == 0


@pytest.mark.parametrize("loss", ["mean_residual", "mse", "mae", "max_abs"])
def test_networks_that_take_minutes_to_expand_are_refused_within_the_time_limit(loss) -> None:
    X = np.random.default_rng(3).standard_normal((5, 3))
    with pytest.raises(ms.ProblemTooLarge, match=r"time limit|more than the limit|more memory than there is"):
        ms.learn(network(10, 10), X, X, loss=loss, time_limit=0.2)


# -- processes ---------------------------------------------------------------------------------------------

_PARENT = """
import os, subprocess, sys, time
code = "import sys; from momentsos.machine.parents import end_with_parent; end_with_parent(int(sys.argv[1]));"
code += " print('ready', flush=True); import time; time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", code, str(os.getpid())], stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


@posix
def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    os.kill(child, 0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert any(_gone(child) or time.sleep(0.05) for _ in range(400))


def _gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody asks about stays as a zombie."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except (ProcessLookupError, FileNotFoundError):
        return True


@posix
def test_a_child_whose_parent_is_gone_already_does_not_begin() -> None:
    code = "from momentsos.machine.parents import end_with_parent; end_with_parent(1 << 30); print('alive')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1 and not done.stdout


def _hard_problem() -> dict:
    rng, n = np.random.default_rng(1), 9
    unit = np.eye(n, dtype=int)
    pairs = [[float(rng.uniform(-1, 1)), (unit[i] + unit[j]).tolist()] for i in range(n) for j in range(i)]
    signs = [[[1.0, (2 * unit[i]).tolist()], [-1.0, [0] * n]] for i in range(n)]
    return {"variables": [f"x{i}" for i in range(n)], "minimize": pairs, "equalities": signs}


@posix
@pytest.mark.slow
@pytest.mark.parametrize("loaded", ["argparse", "numpy", "scipy.sparse", "momentsos.hierarchy.solve"])
def test_an_interruption_while_something_is_imported_is_code_130_and_one_line(tmp_path, loaded) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(_hard_problem()))
    code = (
        "import os, signal, sys\n"
        "class Hook:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {loaded!r} and 'momentsos.cli.main' in sys.modules:\n"
        "            sys.meta_path.remove(self); os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Hook())\n"
        "from momentsos.cli import main\n"
        "sys.modules.pop('argparse', None)\n"
        f"sys.argv = ['momentsos', 'solve', {str(path)!r}, '--order', '3', '--json']\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 130 and done.stderr == "momentsos: interrupted\n" and not done.stdout


@posix
@pytest.mark.parametrize(
    "begin", ["from momentsos.__main__ import run; run()", "runpy.run_module('momentsos', {}, '__main__')"]
)
@pytest.mark.parametrize("looked_for", ["momentsos.cli", "momentsos.cli.main", "argparse"])
def test_an_interruption_is_told_in_one_line_before_the_command_line_is_imported(begin, looked_for) -> None:
    code = (
        "import os, runpy, signal, sys\n"
        "class Hook:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {looked_for!r}:\n"
        "            sys.meta_path.remove(self); os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Hook())\n"
        "sys.argv = ['momentsos', 'solvers']\n"
        f"{begin}\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 130 and done.stderr == "momentsos: interrupted\n" and not done.stdout


@posix
def test_an_interruption_after_the_work_changes_nothing() -> None:
    code = (
        "import os, signal, sys\n"
        "class Last:\n"
        "    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGINT):\n"
        "        kill(pid, number)\n"
        "sys.last = Last()\n"
        "from momentsos.__main__ import run\n"
        "sys.argv = ['momentsos', 'solvers', '--json']\n"
        "sys.exit(run())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0 and json.loads(done.stdout) and not done.stderr


@posix
def test_an_interruption_of_the_work_is_code_130_and_one_line(tmp_path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(_hard_problem()))
    code = (
        "import os, signal, sys\n"
        "import momentsos.hierarchy.methods.base as base\n"
        "def interrupted(*_, **__):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    [None for _ in range(10**6)]\n"
        "base.assemble = interrupted\n"
        "from momentsos.cli import main\n"
        f"sys.argv = ['momentsos', 'solve', {str(path)!r}, '--order', '3', '--json']\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 130 and done.stderr == "momentsos: interrupted\n"
