"""Options, limits, interruption and standard output are the same for every solver."""

from __future__ import annotations

import os

import numpy as np
import pytest
from catalogue import BY_NAME
from solvers.conftest import installed
from solvers.programs import QUIET, large_program, program, solve

from momentsos.errors import BadOption, ProblemTooLarge
from momentsos.sdp import SDPStatus
from momentsos.solvers import SolverOptions


def test_an_unknown_option_is_refused_by_name_before_the_solve(adapter, monkeypatch) -> None:
    monkeypatch.setattr("momentsos.solvers.contract.fitting_bytes", lambda _: 0)  # nothing beyond the options fits
    with pytest.raises(BadOption, match="no_such_option"):
        adapter.solve(large_program(12), SolverOptions(own={"no_such_option": 1}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tol", 0.0),
        ("tol", "tight"),
        ("max_iterations", 0),
        ("max_iterations", "many"),
        ("time_limit", -1.0),
        ("threads", 0),
        ("threads", 1.5),
        ("seed", -1),
        ("seed", 0.5),
        ("side", "left"),
    ],
)
def test_a_common_option_out_of_range_is_refused_by_name(name, value) -> None:
    with pytest.raises(BadOption, match=f"solver option {name} = "):
        SolverOptions(**{name: value})


def test_no_solver_draws_random_numbers(solver) -> None:
    """So a seed is accepted everywhere, and changes nothing."""
    first, second = (
        solve(solver, program("quadratic_on_simplex"), SolverOptions(seed=seed, threads=1)) for seed in (1, 2)
    )
    for name in ("moments", "equality_duals", "gram"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_an_iteration_limit_is_kept(solver) -> None:
    answer = solve(solver, program("hock_schittkowski_71"), SolverOptions(max_iterations=2, threads=1))
    assert answer.status is not SDPStatus.OPTIMAL
    assert answer.iterations <= 2


def test_a_time_limit_ends_the_solve(solver) -> None:
    """None can finish in a tenth of a millisecond; a first-order solver's words for it are "inaccurate"."""
    answer = solve(solver, program("hock_schittkowski_71"), SolverOptions(time_limit=1e-4, threads=1))
    assert answer.status in (SDPStatus.LIMIT, SDPStatus.INACCURATE), answer.words
    assert answer.residuals is None or answer.residuals.worst > 10 * solver.accuracy


def test_an_interruption_reaches_the_caller_and_leaves_nothing_behind(solver, interruption, capfd) -> None:
    """Solvers in C see it when they return; none may swallow it or leave standard output turned away."""
    sdp, before = large_program(25), os.fstat(1)
    solver.solve(sdp, QUIET)  # what is compiled at the first call may swallow an interruption
    interruption(0.05)
    with pytest.raises(KeyboardInterrupt):
        for _ in range(200):
            solver.solve(sdp, QUIET)
    assert os.path.samestat(before, os.fstat(1))
    optimum = BY_NAME["quadratic_on_simplex"].optimum
    answer = solver.solve(program("quadratic_on_simplex"), QUIET)
    assert answer.residuals.dual_objective == pytest.approx(optimum, abs=max(10 * solver.accuracy, 1e-6))


def test_copt_survives_interruptions_at_any_moment(interruption) -> None:
    """Its greeting is printed by a callback in Python; an interruption there used to end the process."""
    solver, sdp = installed("copt"), program("hock_schittkowski_71")
    solver.solve(sdp, QUIET)
    for i in range(60):
        with pytest.raises(KeyboardInterrupt):
            interruption(2e-4 * (1 + i))
            for _ in range(200):
                solver.solve(sdp, QUIET)


def test_a_program_that_does_not_fit_is_refused_before_the_solve(adapter, monkeypatch) -> None:
    monkeypatch.setattr("momentsos.solvers.contract.available_bytes", lambda: 10_000)
    monkeypatch.setattr("momentsos.solvers.contract._ALWAYS_THERE", 0)
    with pytest.raises(ProblemTooLarge) as caught:
        adapter.solve(large_program(12), QUIET)
    assert caught.value.estimated_bytes > caught.value.limit_bytes


def test_a_program_that_needs_little_is_not_worth_the_question(monkeypatch) -> None:
    """And a large one is always asked about."""
    from momentsos.solvers import contract

    monkeypatch.setattr(contract, "available_bytes", lambda: 10_000)
    assert contract.fitting_bytes(contract._ALWAYS_THERE) == contract._ALWAYS_THERE
    assert contract.fitting_bytes(contract._ALWAYS_THERE + 1) == 9_000


def test_standard_output_stays_clean(solver, capfd) -> None:
    for name in ("quadratic_on_simplex", "infeasible_half_lines"):
        solve(solver, program(name))
    assert capfd.readouterr().out == ""


def test_multiple_precision_is_used_where_it_is_installed(monkeypatch) -> None:
    """The adapter says so in its version, and asks for more digits."""
    from momentsos.solvers.adapters import sdpa

    defaults = {"epsilonStar": 1e-7, "epsilonDash": 1e-7}
    for found, tolerance, words in (("", 1e-8, ""), ("0.2.3", 1e-10, "multiprecision")):
        monkeypatch.setattr(sdpa, "_version_of", lambda name, version=found: version)
        assert sdpa._settings(dict(defaults), SolverOptions(tol=1e-10))["epsilonStar"] == tolerance
        assert words in sdpa.SDPA.version()
