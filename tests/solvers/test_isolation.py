"""A solve in a child process: what happens there costs the solve and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from solvers.programs import QUIET, large_program, program

from momentsos.errors import BadOption, ProblemTooLarge, SolverFailed
from momentsos.sdp import SDPStatus
from momentsos.solvers import SolverOptions, solver_named
from momentsos.solvers.isolation import solve_isolated


class TestIsolation:
    """What happens in the child costs the solve and nothing else."""

    endless = SolverOptions(max_iterations=2_000_000_000, own={"eps_abs": 0.0, "eps_rel": 0.0})

    def test_the_answer_is_that_of_the_solver(self) -> None:
        sdp = program("quadratic_on_simplex")
        here, there = solver_named("clarabel").solve(sdp, QUIET), solve_isolated("clarabel", sdp, QUIET)
        np.testing.assert_array_equal(here.gram, there.gram)
        assert (here.status, here.residuals, here.solver) == (there.status, there.residuals, there.solver)

    def test_errors_come_back_as_they_are(self) -> None:
        with pytest.raises(BadOption, match="no option 'x'"):
            solve_isolated("clarabel", program("booth"), SolverOptions(own={"x": 1}))
        with pytest.raises(BadOption, match="memory_limit"):
            solve_isolated("clarabel", program("booth"), QUIET, memory_limit=0)

    def test_memory(self) -> None:
        with pytest.raises(ProblemTooLarge, match="GB free"):  # the child sees its limit
            solve_isolated("clarabel", large_program(70), QUIET, memory_limit=50_000_000)

    def test_time(self) -> None:
        answer = solve_isolated("scs", program("booth"), self.endless, time_limit=0.5)
        assert answer.status is SDPStatus.LIMIT
        assert answer.moments is None

    def test_an_exit_of_the_process(self) -> None:
        """With this start SDPA loses its way and calls `exit`."""
        options = SolverOptions(own={"lambdaStar": 1e-6})
        with pytest.raises(SolverFailed, match="exit code 0 and no answer"):
            solve_isolated("sdpa", program("nearest_in_annulus"), options)

    def test_an_interruption_ends_the_child(self, interruption) -> None:
        interruption(2.0)
        with pytest.raises(KeyboardInterrupt):
            solve_isolated("scs", program("booth"), self.endless)
        children = Path(f"/proc/self/task/{os.getpid()}/children")
        left = children.read_text().split() if children.exists() else []
        commands = [Path(f"/proc/{child}/cmdline").read_text() for child in left]
        assert not [command for command in commands if "answer_parent" in command], commands
