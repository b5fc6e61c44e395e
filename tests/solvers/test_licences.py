"""Commercial solvers without a licence: everything is built and checked, and the last step says how to get one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from solvers.programs import BOUNDED, INFEASIBLE, UNBOUNDED, large_program, program

from momentsos.errors import BadOption, SolverUnavailable
from momentsos.sdp import SDP, SDPSolution, lower_by_columns
from momentsos.sdp.svec import svec_weights
from momentsos.solvers import SolverOptions, available_solvers, solver_named
from momentsos.solvers.registry import SOLVERS

mosek = pytest.importorskip("mosek")
from momentsos.solvers.adapters.mosek import fill_task, read_solution, set_parameters  # noqa: E402

QUIET = SolverOptions(threads=1)
UNLICENSED = not available_solvers()["mosek"].available
needs_no_licence = pytest.mark.skipif(not UNLICENSED, reason="a licence was found: the contract tests solve with it")


@pytest.fixture
def task():
    """An empty task of MOSEK."""
    with mosek.Env() as environment, environment.Task() as made:
        yield made


def put(task, sdp: SDP, known: SDPSolution) -> None:
    """Put a solution from elsewhere into the task, as its interior-point solution."""
    which, n, p = mosek.soltype.itr, sdp.n_moments, sdp.right_side.size
    keys, none = ([mosek.stakey.fix] * n, [mosek.stakey.supbas] * p), np.zeros(p)
    y = known.moments
    bounds = np.maximum(y, 0), np.maximum(-y, 0), none, none, none
    task.putsolution(which, *keys, None, sdp.cost, known.equality_duals, y, *bounds)
    rows = sdp.operator @ y
    for j, size in enumerate(sdp.sizes):
        part, order = slice(*sdp.offsets[j : j + 2]), lower_by_columns(size)
        task.putbarxj(which, j, (known.gram[part] / svec_weights(size))[order])
        task.putbarsj(which, j, -(rows[part] / svec_weights(size))[order])


@pytest.mark.parametrize("name", BOUNDED)
def test_the_task_of_mosek_is_the_program(task, name) -> None:
    """Another solver's answer, put into the task, is primal and dual feasible for it with the same values."""
    sdp = program(name)
    known = SOLVERS["native"]().solve(sdp, QUIET)
    fill_task(mosek, task, sdp)
    put(task, sdp, known)
    which, n, p = mosek.soltype.itr, sdp.n_moments, sdp.right_side.size
    size = 1e-7 * (1 + np.abs(sdp.operator @ known.moments).max() + np.abs(sdp.cost).max())
    assert max(task.getpviolcon(which, list(range(n)))) <= size
    assert max(task.getdviolvar(which, list(range(p)))) <= size
    assert max(task.getdviolbarvar(which, list(range(len(sdp.sizes))))) <= size
    assert task.getprimalobj(which) == pytest.approx(known.residuals.dual_objective, abs=size)
    assert task.getdualobj(which) == pytest.approx(known.residuals.primal_objective, abs=size)
    ours = known.moments, known.equality_duals, known.gram
    for one, other in zip(ours, read_solution(mosek, task, sdp), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


@needs_no_licence
@pytest.mark.parametrize("name", [*BOUNDED, *INFEASIBLE, *UNBOUNDED])
def test_mosek_stops_at_the_licence_and_says_how_to_get_one(name, capfd) -> None:
    with pytest.raises(SolverUnavailable, match="academic"):
        SOLVERS["mosek"]().solve(program(name), SolverOptions(threads=1, time_limit=5.0, max_iterations=50))
    assert capfd.readouterr().out == ""


@needs_no_licence
def test_mosek_is_refused_by_name_without_a_licence() -> None:
    with pytest.raises(SolverUnavailable, match="no licence found"):
        solver_named("mosek")


def test_the_options_arrive_in_the_task_of_mosek(task) -> None:
    native = {"MSK_DPAR_INTPNT_CO_TOL_INFEAS": 1e-11, "MSK_IPAR_PRESOLVE_USE": 0}
    given = SolverOptions(tol=1e-9, max_iterations=7, time_limit=3.5, threads=2, seed=1, own=native)
    set_parameters(mosek, task, given)
    assert task.getintparam(mosek.iparam.intpnt_max_iterations) == 7
    assert task.getintparam(mosek.iparam.num_threads) == 2
    assert task.getintparam(mosek.iparam.presolve_use) == 0
    assert task.getdouparam(mosek.dparam.optimizer_max_time) == 3.5
    assert task.getdouparam(mosek.dparam.intpnt_co_tol_infeas) == 1e-11
    for name in ("pfeas", "dfeas", "rel_gap"):
        assert task.getdouparam(getattr(mosek.dparam, f"intpnt_co_tol_{name}")) == 1e-9
    with pytest.raises(BadOption, match="MSK_NONSENSE"):
        set_parameters(mosek, task, SolverOptions(own={"MSK_NONSENSE": 1}))


def test_an_interruption_passes_through_the_adapter_of_mosek(monkeypatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mosek.Task, "optimize", interrupted)
    with pytest.raises(KeyboardInterrupt):
        SOLVERS["mosek"]().solve(program("booth"), QUIET)


def test_copt_says_how_to_get_a_licence_for_a_large_program() -> None:
    folders = (os.environ.get("COPT_LICENSE_DIR", ""), Path.home() / "copt")
    if any(Path(folder, "license.dat").exists() for folder in folders):
        pytest.skip("a licence was found")
    with pytest.raises(SolverUnavailable, match="shanshu"):
        SOLVERS["copt"]().solve(large_program(64), QUIET)
