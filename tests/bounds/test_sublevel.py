"""Boxes from a relaxation over the points that are at least as good as the best one."""

from __future__ import annotations

import numpy as np
import pytest
from catalogue import BY_NAME

import momentsos as ms
from momentsos.bounds.implied import implied_box
from momentsos.bounds.sublevel import sublevel_box
from momentsos.sdp import SDP, SDPSolution
from momentsos.solvers import SolverOptions, solver_named


def solve(sdp: SDP) -> SDPSolution:
    return solver_named("native").solve(sdp, SolverOptions())


@pytest.mark.parametrize(("name", "order"), [("wood", 2), ("motzkin", 4)])
def test_what_propagation_leaves_open_is_bounded_and_holds_the_good_points(name, order, rng) -> None:
    problem = BY_NAME[name].problem()
    value = 1e-6
    assert not implied_box(problem, value).finite
    box = sublevel_box(problem, value, order, solve)
    assert box is not None and box.finite and not box.empty
    around = np.ones(problem.n_variables)  # both have a minimiser there
    points = around + 1e-3 * rng.standard_normal((2000, problem.n_variables))
    good = points[problem.minimize(points) <= value]
    assert len(good) and (box.low <= good).all() and (good <= box.high).all()
    if name == "motzkin":
        assert (box.low <= -1).all() and (box.high >= 1).all()


def test_no_box_is_found_around_points_that_run_away() -> None:
    x, y = ms.variables("x y")
    assert sublevel_box(ms.Problem((x * y - 1) ** 2 + x**2), 0.5, 2, solve) is None
