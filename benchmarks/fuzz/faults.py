"""Faults from outside: a solver that lies, hangs or dies; a full disk; interruptions and kills at any moment."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from ..campaign.ask import ask
from ..campaign.case import Case
from ..campaign.families import boxes, polytopes
from ..campaign.judge import ended, judge
from . import liar, valid

Made = tuple[str, Callable[[], tuple[str, str]]]

#: Problems whose points are found without the solver, so that only its bounds can be false.
FAMILIES = (boxes.quadratic_on_a_ball, boxes.quadratic_on_a_box, boxes.quartic_on_a_ball, polytopes.standard_quadratic)


def lying_solver(draw: Random) -> Made:
    """A problem of the campaign, solved by a program that is no solver; the answer is judged, and must be in time."""
    mode, family = draw.choice(liar.MODES), draw.choice(FAMILIES)
    case = replace(family(draw), options={"solver": "csdp", **draw.choice(({}, {"solver_options": {"isolate": True}}))})
    limit = 2.0
    return f"{mode}, {family.__name__}, {case.options}", lambda: _judged(case, mode, limit)


def _judged(case: Case, mode: str, limit: float) -> tuple[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "csdp"
        source = Path(liar.__file__).read_text(encoding="utf-8")
        program.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
        program.chmod(0o755)
        before = os.environ["PATH"]
        os.environ |= {"PATH": f"{folder}{os.pathsep}{before}", "MOMENTSOS_LIAR": mode}
        began = time.perf_counter()
        try:
            claim = ask(case, limit)
        finally:
            os.environ["PATH"] = before
        taken = time.perf_counter() - began
    faults = [fault for fault in (*ended(claim, limit), *judge(case, claim)) if fault.kind in ("false", "crash")]
    if faults:
        return "foreign" if faults[
            0
        ].kind == "crash" else "false", f"{faults[0].name}: {faults[0].words} {claim.status}"
    if mode == "hangs" and taken > 1.1 * limit + 3:
        return "hung", f"{taken:.1f} s of {limit:g}"
    return ("refused", claim.error) if claim.end == "refused" else ("value", claim.status)


def interruption(draw: Random) -> Made:
    """Ctrl-C after a random time, from the first moment on: exit code 130 and one line, or the end of the work."""
    after = draw.choice((0.02, 0.1, 0.3, 0.6, 1.0, 2.0)) * draw.uniform(0.8, 1.2)
    return f"SIGINT after {after:.3f} s", lambda: _interrupted(after)


def _interrupted(after: float) -> tuple[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.json"
        path.write_text(json.dumps(_long_problem()), encoding="utf-8")
        command = [sys.executable, "-m", "momentsos", "solve", str(path), "--json"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(after)
        child.send_signal(signal.SIGINT)
        try:
            out, err = child.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return "hung", f"20 s after SIGINT at {after:.2f} s"
    lines = [line for line in err.splitlines() if line.strip()]
    if child.returncode == 0 and out:
        return "code 0", ""
    if child.returncode != 130 or len(lines) != 1:
        return "foreign", f"exit code {child.returncode}, {len(lines)} lines: {(lines or [''])[-1][:200]}"
    return "code 130", ""


def _long_problem() -> dict:
    """A problem that takes some seconds: random signs in nine variables."""
    draw, n = Random(1), 9
    unit = [[int(i == j) for j in range(n)] for i in range(n)]
    pairs = [
        [draw.uniform(-1, 1), [a + b for a, b in zip(unit[i], unit[j], strict=True)]]
        for i in range(n)
        for j in range(i)
    ]
    signs = [[[1.0, [2 * v for v in unit[i]]], [-1.0, [0] * n]] for i in range(n)]
    return {"variables": [f"x{i}" for i in range(n)], "minimize": pairs, "equalities": signs}


def full_disk(draw: Random) -> Made:
    """No file may grow beyond some bytes, as on a full disk: the answer comes, and nothing half is left."""
    room = draw.choice((0, 1, 100, 1000))
    kind = draw.choice(("certificate", "to_json", "write_sdpa"))
    return f"{room} bytes for {kind}", lambda: _full(kind, room)


_CALLS = {
    "to_json": "ms.Problem(x**2 * y - x*y + 1/3, [1 - x**2 - y**2]).to_json(sys.argv[1])",
    "write_sdpa": "ms.relax(ms.Problem(x**2 * y - x*y, [1 - x**2 - y**2]), 3).sdp.write_sdpa(sys.argv[1])",
}


def _full(kind: str, room: int) -> tuple[str, str]:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    with tempfile.TemporaryDirectory() as folder:
        problem, target = Path(folder) / "p.json", Path(folder) / "target"
        problem.write_bytes(valid.problems()[0])
        command = [
            sys.executable,
            "-B",
            "-m",
            "momentsos",
            "solve",
            str(problem),
            "--json",
            "--certificate",
            str(target),
        ]
        if kind in _CALLS:
            body = f"import sys, momentsos as ms; x, y = ms.variables('x', 'y')\ntry:\n    {_CALLS[kind]}\n"
            command = [
                sys.executable,
                "-B",
                "-c",
                f"{body}except (ms.MomentSOSError, OSError): sys.exit(5)",
                str(target),
            ]
        run = subprocess.run(command, capture_output=True, text=True, preexec_fn=limited, timeout=60, check=False)
        left = sorted(path.name for path in Path(folder).iterdir() if path != problem)
    if "Traceback" in run.stderr or run.returncode not in (0, 3, 5):
        return "foreign", f"exit code {run.returncode}: {run.stderr[-200:]}"
    if run.returncode and left:
        return "foreign", f"left behind: {left}"
    return f"code {run.returncode}", ""


def killed_parent(draw: Random) -> Made:
    """A process with an isolated solver is killed: its child ends too, within a few seconds."""
    after = draw.uniform(0.0, 8.0)
    return f"SIGKILL {after:.2f} s after the child's start", lambda: _killed(after)


_ISOLATED = """
import json, sys, momentsos as ms
ms.solve(ms.Problem.from_json(json.loads(sys.argv[1])), 3, solver="csdp", solver_options={"isolate": True})
"""


def _killed(after: float) -> tuple[str, str]:
    if shutil.which("csdp") is None:
        return "refused", "no csdp"
    command = [sys.executable, "-c", _ISOLATED, json.dumps(_long_problem())]
    mark = f"MOMENTSOS_MARK={os.getpid()}-{time.monotonic_ns()}"
    name, _, value = mark.partition("=")
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, name: value}
    )
    time.sleep(after)
    child.kill()
    child.wait()
    until = time.monotonic() + 4
    while (left := _marked(mark)) and time.monotonic() < until:
        time.sleep(0.2)
    for number in left:  # these are the children of a process that this function started
        os.kill(number, signal.SIGKILL)
    return ("foreign", f"{len(left)} processes outlive their parent") if left else ("value", "")


def _marked(mark: str) -> list[int]:
    """Return the processes whose environment holds the mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            held = (folder / "environ").read_bytes()
        except OSError:
            continue
        if mark.encode() in held.split(b"\0"):
            found.append(int(folder.name))
    return found
