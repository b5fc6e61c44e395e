"""The solvers that can run here; a required one that is missing fails, another one is skipped with its reason."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest
from solvers.programs import REQUIRED

from momentsos.solvers import Solver, available_solvers
from momentsos.solvers.registry import SOLVERS


def installed(name: str) -> Solver:
    """Return the solver, or fail or skip as befits its absence."""
    if not SOLVERS[name].is_installed():
        line = f"{name}: {available_solvers()[name].reason}"
        (pytest.fail if name in REQUIRED else pytest.skip)(line)
    return SOLVERS[name]()


#: What solves without a licence file; `test_mosek.py` goes as far as a solver without its licence does.
ABLE = [name for name, cls in SOLVERS.items() if not cls.is_installed() or cls.licence_problem() is None]


@pytest.fixture(params=ABLE)
def solver(request: pytest.FixtureRequest) -> Solver:
    """Each solver in turn that can solve."""
    return installed(request.param)


@pytest.fixture(params=list(SOLVERS))
def adapter(request: pytest.FixtureRequest) -> Solver:
    """Each solver in turn that is installed, with a licence or without."""
    return installed(request.param)


@pytest.fixture
def interruption() -> Iterator[Callable[[float], None]]:
    """Call it to be interrupted, as by Ctrl-C, so many seconds later."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
