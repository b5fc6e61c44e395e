"""Limits, interruptions, progress, and what is refused."""

from __future__ import annotations

import time

import pytest

import momentsos as ms
from momentsos.branching.branch import Wanted, branch
from momentsos.branching.steps import Ended
from momentsos.machine.progress import Step
from momentsos.points.beginning import first_points
from momentsos.points.options import SearchOptions


def hard() -> ms.Problem:
    """The quadratic form of the octahedron's graph on a simplex: boxes pile up around its minima."""
    x = ms.variables(" ".join(f"x{i}" for i in range(6)))
    edges = [(i, j) for i in range(6) for j in range(i + 1, 6) if j - i != 3]
    return ms.Problem(-2 * sum(x[i] * x[j] for i, j in edges), list(x), [sum(x) - 1])


def test_a_time_limit_leaves_valid_bounds():
    result = ms.solve(hard(), method="branch", time_limit=1.5)
    assert result.status is ms.Status.BOUNDED
    assert result.lower_bound <= -2 / 3 <= result.upper_bound + 1e-12
    assert "time limit" in result.message


def test_an_interruption_leaves_valid_bounds():
    def interrupt(line: str) -> None:
        if isinstance(line, Step) and line.stage == "nodes" and line.done > 20:
            raise KeyboardInterrupt

    result = ms.solve(hard(), method="branch", progress=interrupt, time_limit=60.0)
    assert result.status is ms.Status.BOUNDED
    assert result.lower_bound <= -2 / 3
    assert "interrupted" in result.message


def test_progress_tells_nodes_and_both_bounds():
    lines: list[str] = []

    def noted(line: str) -> None:
        lines.append(line)
        if isinstance(line, Step) and line.done > 20:
            raise KeyboardInterrupt

    ms.solve(hard(), method="branch", progress=noted, time_limit=60.0)
    steps = [line for line in lines if isinstance(line, Step) and line.stage == "nodes"]
    assert len(steps) > 5
    assert "open" in steps[-1]
    assert "-0.66666667" in steps[-1]


def test_little_memory_ends_a_search_with_its_bounds():
    problem = hard()
    known = first_points(problem, SearchOptions((), None, 0, float("inf")))
    found = branch(problem, known, Wanted(1e-6, 1.0, time.perf_counter() + 20.0, memory=1.0))
    assert found.tree.ended is Ended.MEMORY
    assert found.bound is not None
    assert found.bound <= -2 / 3


def test_orders_are_refused():
    (x,) = ms.variables(
        "x",
    )
    problem = ms.Problem(x, [x, 1 - x])
    with pytest.raises(ms.BadOption, match="no orders"):
        ms.solve(problem, method="branch", order=2)
    with pytest.raises(ms.BadOption, match="no orders"):
        ms.solve(problem, method="branch", max_order=2)


def test_matrix_inequalities_are_refused():
    (x,) = ms.variables(
        "x",
    )
    problem = ms.Problem(x, matrix_inequalities=[[[1, x], [x, 1]]])
    with pytest.raises(ms.BadOption, match="matrix"):
        ms.solve(problem, method="branch")


def test_the_users_ball_is_part_of_the_problem():
    x, y = ms.variables("x y")
    result = ms.solve(ms.Problem(x * y), method="branch", bound=1.0)
    assert result.status is ms.Status.CERTIFIED
    assert result.upper_bound == pytest.approx(-0.5, abs=1e-6)
    assert result.region.kind == "ball"


def test_an_open_tree_has_no_certificate():
    result = ms.solve(hard(), method="branch", time_limit=1.0)
    with pytest.raises(ms.CertificateError, match="boxes are open"):
        result.certify()
    assert "max_order" not in result.message  # boxes have no orders
    assert "time_limit" in result.message


def test_what_bounds_alone_show_to_be_empty_is_proved_by_boxes():
    x, y = ms.variables("x y")
    problem = ms.Problem(x + y, constraints=[x * y >= 1, x + y <= 1, x >= 0, y >= 0])
    result = ms.solve(problem, method="branch")
    assert (result.status, result.method) == (ms.Status.INFEASIBLE, "branch")
    assert result.certify().verify(problem).holds
    with pytest.raises(ms.CertificateError, match="method='branch'"):
        ms.solve(problem, method="dense").certify()


def test_results_without_their_tree_are_saved_and_read(tmp_path):
    (x,) = ms.variables(
        "x",
    )
    result = ms.solve(ms.Problem(-(x**2), [x + 1, 2 - x]), method="branch")
    assert result.certificate.bound <= -4
    result.to_json(tmp_path / "result.json")
    again = ms.load(tmp_path / "result.json")
    assert again == result
    assert again.certificate.bound == result.certificate.bound
