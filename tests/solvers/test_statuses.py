"""Every word that a solver may end with has its meaning here, and a word that is not known is no success."""

from __future__ import annotations

import importlib
import inspect
import re
import sys

import pytest
from solvers.programs import QUIET, program

from momentsos.sdp import SDPStatus
from momentsos.solvers import solve_sdp
from momentsos.solvers.contract import finish
from momentsos.solvers.registry import SOLVERS


def statuses(name: str) -> dict:
    """The map of an adapter, from the solver's words to ours."""
    found = importlib.import_module(SOLVERS[name].__module__)._STATUS
    return {key: value[0] if isinstance(value, tuple) else value for key, value in found.items()}


def words_of_native() -> set:
    from momentsos.solvers.native.path import Ending

    return set(Ending)


def words_of_splitting() -> set:
    from momentsos.solvers.splitting.run import Ending

    return set(Ending)


def words_of_clarabel() -> set:
    clarabel = pytest.importorskip("clarabel")
    return {name for name in dir(clarabel.SolverStatus) if not name.startswith("_")}


def words_of_scs() -> set:
    scs = pytest.importorskip("scs")
    flags = "FAILED INDETERMINATE INFEASIBLE INFEASIBLE_INACCURATE SIGINT SOLVED SOLVED_INACCURATE UNBOUNDED"
    return {getattr(scs, name) for name in [*flags.split(), "UNBOUNDED_INACCURATE", "UNFINISHED"]}


def words_of_sdpa() -> set:
    sdpap = pytest.importorskip("sdpap")
    table = re.search(r"GET_PRIMAL_STATUS_FROM_DUAL = \{(.*?)\}", inspect.getsource(sys.modules["sdpap.sdpap"]), re.S)
    assert table and sdpap
    return set(re.findall(r'"(\w+)":', table.group(1)))


def words_of_cvxopt() -> set:
    coneprog = pytest.importorskip("cvxopt.coneprog")
    return set(re.findall(r"'status':\s*'([^']+)'", inspect.getsource(coneprog.conelp)))


def words_of_qics() -> set:
    solver = pytest.importorskip("qics.solver")
    return set(re.findall(r'solution_status = "(\w+)"', inspect.getsource(solver)))


def words_of_csdp() -> set:
    return set(range(10))  # the exit codes of the user's guide


def words_of_mosek() -> set:
    mosek = pytest.importorskip("mosek")
    return {name for name in dir(mosek.solsta) if isinstance(getattr(mosek.solsta, name), mosek.solsta)}


def words_of_copt() -> set:
    constants = pytest.importorskip("coptpy").COPT
    names = "UNSTARTED OPTIMAL INFEASIBLE UNBOUNDED INF_OR_UNB NUMERICAL NODELIMIT IMPRECISE TIMEOUT UNFINISHED"
    more = "INTERRUPTED ITERLIMIT LOCAL_OPTIMAL LOCAL_INFEASIBLE"
    return {getattr(constants, name) for name in f"{names} {more}".split()}


def words_of_cvxpy() -> set:
    settings = pytest.importorskip("cvxpy").settings
    return {*settings.SOLUTION_PRESENT, *settings.INF_OR_UNB, *settings.ERROR}


@pytest.mark.parametrize("name", list(SOLVERS))
def test_every_word_of_the_solver_has_its_meaning(name) -> None:
    words = globals()[f"words_of_{name}"]()
    assert len(words) > 3
    assert words - set(statuses(name)) == set()


@pytest.mark.parametrize("name", list(SOLVERS))
def test_one_word_alone_is_a_success(name) -> None:
    assert [value for value in statuses(name).values()].count(SDPStatus.OPTIMAL) == 1


def test_the_endings_of_mosek_are_known_and_none_is_a_success() -> None:
    mosek = pytest.importorskip("mosek")
    from momentsos.solvers.adapters.mosek import _ENDINGS

    of_integers = {"trm_mio_num_branches", "trm_mio_num_relaxs", "trm_num_max_num_int_solutions"}
    not_ours = of_integers | {"trm_lost_race", "trm_objective_range"}  # a race and a cut-off are never asked for
    assert {name for name in dir(mosek.rescode) if name.startswith("trm_")} - not_ours == set(_ENDINGS)
    assert SDPStatus.OPTIMAL not in _ENDINGS.values()


def test_the_endings_of_qics_are_known_and_none_is_a_success() -> None:
    solver = pytest.importorskip("qics.solver")
    from momentsos.solvers.adapters.qics import _ENDINGS

    words = set(re.findall(r'exit_status = "(\w+)"', inspect.getsource(solver)))
    assert words - {"solved"} == set(_ENDINGS)
    assert SDPStatus.OPTIMAL not in _ENDINGS.values()


def test_a_word_that_is_not_known_is_no_success(solver, monkeypatch) -> None:
    """The native solver's words are an enumeration, so that there is no other; `mypy` sees to that."""
    if solver.name == "native":
        return
    monkeypatch.setattr(importlib.import_module(type(solver).__module__), "_STATUS", {})
    answer = solver.solve(program("booth"), QUIET)
    assert answer.status in (SDPStatus.UNKNOWN, SDPStatus.INACCURATE, SDPStatus.LIMIT)
    assert answer.words


@pytest.mark.parametrize("name", ["scs", "auto"])
def test_an_interruption_that_a_solver_caught_ends_the_run(name, monkeypatch) -> None:
    """SCS has a handler for Ctrl-C of its own, and ends with a status."""
    sdp = program("booth")
    caught = finish(sdp, SDPStatus.INTERRUPTED, "interrupted", None, None, None, solver="scs")
    monkeypatch.setattr("momentsos.solvers.automatic.solve_side", lambda *_: caught)
    with pytest.raises(KeyboardInterrupt):
        solve_sdp(name, sdp, QUIET)
