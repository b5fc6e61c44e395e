"""Warm starts of the native solver, from the answer to a program nearby."""

from dataclasses import replace

import numpy as np
import pytest
from catalogue import BY_NAME

from momentsos import relax
from momentsos.conditioning.affine import balanced_units, scale_by
from momentsos.errors import BadOption
from momentsos.sdp import SDP, SDPStatus
from momentsos.solvers import SolverOptions, solver_named

NAMES = ("himmelblau", "motzkin_on_ball", "hock_schittkowski_71", "knapsack_4", "quadratic_on_simplex")


def program(name):
    """In balanced units, as `momentsos.solve` states it."""
    case = BY_NAME[name]
    problem = case.problem()
    return relax(scale_by(problem, balanced_units(problem)).problem, case.order, method="dense").sdp


def perturbed(sdp, size, seed=0):
    noise = 1.0 + size * np.random.default_rng(seed).standard_normal(sdp.n_moments)
    return SDP(sdp.cost * noise, sdp.equalities, sdp.right_side, sdp.operator, sdp.sizes)


def solve(sdp, start=None):
    return solver_named("native").solve(sdp, SolverOptions(start=start))


def test_nearby_programs_take_fewer_iterations():
    """At least a tenth in all, and the same optimum in each; cold ones take 8 to 13."""
    cold_total = warm_total = 0
    for name in NAMES:
        sdp = program(name)
        known = solve(sdp)
        for seed in range(3):
            nearby = perturbed(sdp, 1e-4, seed)
            cold, warm = solve(nearby), solve(nearby, known)
            assert warm.status is SDPStatus.OPTIMAL and warm.statistics["warm"]
            assert warm.residuals.worst <= 1e-9
            objective = cold.residuals.dual_objective
            assert abs(warm.residuals.dual_objective - objective) <= 1e-8 * (1 + abs(objective))
            cold_total, warm_total = cold_total + cold.iterations, warm_total + warm.iterations
    assert warm_total <= 0.9 * cold_total


def test_a_start_far_away_does_no_harm():
    rng = np.random.default_rng(0)
    for name in NAMES:
        sdp = program(name)
        known = solve(sdp)
        wrong = replace(
            known,
            moments=100 * rng.standard_normal(known.moments.shape),
            gram=100 * rng.standard_normal(known.gram.shape),
        )
        answer = solve(sdp, wrong)
        assert answer.status is SDPStatus.OPTIMAL and answer.residuals.worst <= 1e-9
        assert not answer.statistics["warm"]


def test_an_unbounded_or_infeasible_program_is_still_recognised():
    sdp = program("booth")
    known = solve(sdp)
    assert solve(
        SDP(-sdp.cost, *(getattr(sdp, n) for n in ("equalities", "right_side", "operator", "sizes"))), known
    ).primal_ray
    negative = SDP(sdp.cost, sdp.equalities, -sdp.right_side, sdp.operator, sdp.sizes)
    assert solve(negative, known).dual_ray


@pytest.mark.parametrize("missing", ["moments", "gram"])
def test_a_start_of_another_shape_is_refused(missing):
    sdp = program("booth")
    known = solve(sdp)
    with pytest.raises(BadOption, match=missing):
        solve(sdp, replace(known, **{missing: None}))
    with pytest.raises(BadOption, match="start"):
        solve(program("himmelblau"), known)
