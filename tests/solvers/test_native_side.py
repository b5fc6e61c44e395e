"""The native solver takes the side that its cost model says is cheaper, and the answer means the same."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME
from solvers.programs import QUIET, large_program

import momentsos as ms
from momentsos.sdp import SDP
from momentsos.solvers import SolverOptions, solver_named
from momentsos.solvers.native.prepare.estimates import cheaper_side, iteration_seconds
from momentsos.solvers.sides import _independent_equalities, solve_side

NATIVE = solver_named("native")


def side_of(answer):
    return answer.statistics.get("side", "moments")


def test_matrices_with_a_moment_an_entry_are_solved_on_the_side_of_the_gram_matrices():
    sdp = large_program(32)
    auto = solve_side(NATIVE, sdp, QUIET)
    moments = solve_side(NATIVE, sdp, replace(QUIET, side="moments"))
    assert side_of(auto) == "gram" and side_of(moments) == "moments"
    for answer in (auto, moments):
        assert answer.residuals.worst <= 1e-8
    assert auto.residuals.dual_objective == pytest.approx(moments.residuals.dual_objective, rel=1e-8)
    # A gap of 1e-10 determines the vectors to its square root, times their size, about 10.
    np.testing.assert_allclose(auto.moments, moments.moments, atol=1e-4)
    np.testing.assert_allclose(auto.gram, moments.gram, atol=1e-4)


def test_warm_starts_and_digits_keep_to_the_moments():
    sdp = large_program(32)
    answer = solve_side(NATIVE, sdp, QUIET)
    assert NATIVE.preferred_side(sdp, QUIET) == "gram"
    assert NATIVE.preferred_side(sdp, replace(QUIET, start=answer)) == "moments"
    assert NATIVE.preferred_side(sdp, SolverOptions(own={"digits": 20})) == "moments"


def test_the_other_side_is_never_taken_for_less_than_half_the_time():
    """Small programs and those with fewer moments than entries stay as they are: all of the catalogue."""
    for case in BY_NAME.values():
        assert cheaper_side(ms.relax(case.problem(), order=case.order).sdp) == "moments", case.name
    once = large_program(40)
    twice = replace(once, operator=sp.vstack([once.operator] * 2, format="csr"), sizes=once.sizes * 2)
    assert cheaper_side(once) == "gram" and cheaper_side(twice) == "moments"
    assert iteration_seconds(twice) > iteration_seconds(large_program(20))


def test_equalities_that_others_imply_are_found_among_many():
    rng = np.random.default_rng(0)
    own = sp.hstack([sp.identity(50), sp.csr_matrix(rng.standard_normal((50, 10)))])
    rest = sp.hstack([sp.csr_matrix((4, 50)), sp.csr_matrix(rng.standard_normal((4, 10)))])
    rows = sp.csr_matrix(sp.vstack([own, rest, rest[:1] + rest[1:2], 2 * rest[2:3]]))
    point = rng.standard_normal(60)
    sdp = SDP(np.zeros(60), rows, rows @ point, sp.csr_matrix((0, 60)), ())
    kept = _independent_equalities(sdp)
    assert kept.size == 54 and np.linalg.matrix_rank(rows.toarray()[kept]) == 54
    false = replace(sdp, right_side=sdp.right_side + np.eye(56)[55])
    assert _independent_equalities(false).size == 56
