"""Keeping a solver's accidents away from the caller: its own process, memory, time and standard output.

Some solvers end the whole process when an allocation fails (Clarabel) or when they lose their way (SDPA). In
a child process that costs the solve and nothing else.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from .. import errors
from ..errors import BadOption, SolverFailed
from ..machine.checks import shown
from ..machine.memory import memory_errors_told
from ..sdp import SDP, SDPSolution, SDPStatus
from .contract import SolverOptions

#: Seconds that the child may need to start, on top of its time limit.
_START = 30.0
#: The first import is small, so that a child whose parent dies while it starts ends at once.
_COMMAND = (
    "import sys; from momentsos.machine.parents import end_with_parent; end_with_parent(int(sys.argv[1])); "
    "from momentsos.solvers.isolation import answer_parent; answer_parent()"
)


@contextlib.contextmanager
def standard_output_kept(verbose: bool) -> Iterator[None]:
    """Keep what a library prints off our standard output: on standard error when `verbose`, else nowhere.

    Both `sys.stdout` and, for libraries in C, file descriptor 1 are turned; for the length of the block that
    holds for every thread of the process.
    """
    sys.stdout.flush()
    saved = os.dup(1)
    target = os.dup(2) if verbose else os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(target, 1)
        with contextlib.redirect_stdout(sys.stderr if verbose else io.StringIO()):
            yield
    finally:
        try:
            _flush_libraries()
        except KeyboardInterrupt:  # one that came while the library ran is raised at the first call after it
            _flush_libraries()
            raise
        finally:
            os.dup2(saved, 1)
            os.close(target)
            os.close(saved)


@contextlib.contextmanager
def interruptions_held() -> Iterator[None]:
    """Hold back Ctrl-C and alarms until the end of the block, for a library that would end the process at one.

    Handlers are what is held, and these run in the main thread alone: a signal itself may reach any thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    numbers = [number for name in ("SIGINT", "SIGALRM") if (number := getattr(signal, name, None)) is not None]
    handlers = {number: handler for number in numbers if callable(handler := signal.getsignal(number))}
    try:
        for number in handlers:
            signal.signal(number, lambda which, _: came.append(which))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _flush_libraries() -> None:
    """Have libraries in C write what they hold in their own buffers, which must not come later."""
    if os.name == "posix":
        ctypes.CDLL(None).fflush(None)


@dataclass(frozen=True)
class _Task:
    """What the child is asked to do, in values that can be pickled."""

    solver: str
    sdp: SDP
    options: SolverOptions
    memory_limit: int | None
    time_limit: float | None


def solve_isolated(
    solver_name: str,
    sdp: SDP,
    options: SolverOptions,
    memory_limit: int | None = None,
    time_limit: float | None = None,
) -> SDPSolution:
    """Solve `sdp` with the solver `solver_name` in a child process.

    Parameters
    ----------
    solver_name : str
        A name in the registry, or ``"auto"``.
    memory_limit : int, optional
        Bytes of address space that the solve may take beyond what the child has at its start; Linux only.
    time_limit : float, optional
        Seconds after which the child is ended, whatever it is doing; `SolverOptions.time_limit` is what the
        solver is asked to respect. Starting the child, about a second, does not count.

    Returns
    -------
    SDPSolution
        As from the solver itself; `SDPStatus.LIMIT` without vectors when the time limit ended the child.

    Raises
    ------
    SolverFailed
        The child crashed, aborted, left without an answer or ran out of memory; the line says which.
    BadOption, ProblemTooLarge, SolverUnavailable
        As from the solver itself.

    Notes
    -----
    An interruption ends the child, and with it the programs that it started; so does the death of this process, by
    whatever signal.
    """
    for name, value in (("memory_limit", memory_limit), ("time_limit", time_limit)):
        if value is not None and not (isinstance(value, int | float) and value > 0):
            raise BadOption(f"{name} = {shown(value)}: expected a positive number or None")
    task = _Task(solver_name, sdp, options, memory_limit, time_limit)
    child = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if options.verbose else subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        start_new_session=True,
    )
    try:
        answer, log = child.communicate(pickle.dumps(task), timeout=None if time_limit is None else time_limit + _START)
    except subprocess.TimeoutExpired:
        return _out_of_time(solver_name, time_limit)
    finally:
        _end(child)
    if time_limit is not None and child.returncode == -getattr(signal, "SIGALRM", 0):
        return _out_of_time(solver_name, time_limit)
    if child.returncode != 0 or not answer:
        raise SolverFailed(_what_happened(solver_name, child.returncode, log or b"", memory_limit))
    return _unpack(pickle.loads(answer))


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child and the programs that it started, if it still runs."""
    if child.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
    child.wait()


def _out_of_time(solver: str, time_limit: float | None) -> SDPSolution:
    seconds = time_limit or 0.0
    return SDPSolution(SDPStatus.LIMIT, f"ended after {seconds:g} s", solver=solver, seconds=seconds)


def _what_happened(solver: str, code: int, log: bytes, memory_limit: int | None) -> str:
    """Say in one line how a child without an answer ended."""
    ended = f"was ended by {signal.Signals(-code).name}" if code < 0 else ""
    how = ended or f"left with exit code {code} and no answer"
    if memory_limit is not None or code == -signal.SIGABRT:
        limit = "" if memory_limit is None else f" (its limit is {memory_limit / 1e6:.6g} MB)"
        how += f", as solvers do that run out of memory{limit}"
    last = log.decode(errors="replace").strip().rsplit("\n", 1)[-1]
    return f"solver {solver!r} in its own process {how}{': ' + last if last else ''}"


def _unpack(answer: SDPSolution | errors.MomentSOSError) -> SDPSolution:
    """Return the solution that the child sent, or raise the error that it sent."""
    if isinstance(answer, errors.MomentSOSError):
        raise answer
    return answer


def answer_parent() -> None:
    """Be the child: read a task from standard input, solve it, write the answer to standard output."""
    from .automatic import solve_sdp

    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the solver prints must not mix with the answer
    task: _Task = pickle.load(sys.stdin.buffer)
    _limit(task)
    try:
        with memory_errors_told(f"the solver {task.solver!r}"):
            solution = solve_sdp(task.solver, task.sdp, task.options)
    except errors.MomentSOSError as error:
        _send(channel, error.with_traceback(None))
        return
    _send(channel, solution)


def _send(channel: IO[bytes], answer: SDPSolution | errors.MomentSOSError) -> None:
    pickle.dump(answer, channel)
    channel.close()


def _limit(task: _Task) -> None:
    """Set the limits of the child: address space beyond the present one, and an alarm that ends it."""
    if task.memory_limit is not None and sys.platform == "linux":
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            present = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (present + task.memory_limit,) * 2)
    if task.time_limit is not None and hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, task.time_limit)
