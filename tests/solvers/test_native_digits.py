"""The native solver beyond the digits of floats."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from catalogue import BY_NAME

from momentsos import relax
from momentsos.errors import BadOption, ProblemTooLarge
from momentsos.sdp import SDP, SDPStatus, svec_index
from momentsos.solvers import SolverOptions, solver_named
from momentsos.solvers.native import rules
from momentsos.solvers.native.digits.exact import meant_entries

#: Tight relaxations, with and without equalities, with one and with several minimisers.
NAMES = (
    "booth",
    "motzkin_on_ball",
    "quadratic_on_simplex",
    "nearest_in_annulus",
    "least_eigenvalue_4",
    "knapsack_4",
)


def refined(name, count):
    case = BY_NAME[name]
    sdp = relax(case.problem(), case.order).sdp
    answer = solver_named("native").solve(sdp, SolverOptions(own={"digits": count}))
    return sdp, answer, answer.statistics["refined"]


@pytest.mark.parametrize("count", [12, 25])
@pytest.mark.parametrize("name", NAMES)
def test_gap_and_residuals_reach_the_digits(name, count):
    _, answer, many = refined(name, count)
    assert answer.status is SDPStatus.OPTIMAL
    assert many.worst <= 10.0**-count
    assert abs(many.primal_objective - many.dual_objective) <= Fraction(10) ** -count * (
        1 + abs(many.primal_objective) + abs(many.dual_objective)
    )


@pytest.mark.parametrize("name", NAMES)
def test_residuals_hold_in_rational_arithmetic(name):
    """Recomputed with fractions from the data alone; the identity is that of the entries without √2."""
    sdp, _, many = refined(name, 25)
    operator = sdp.operator.copy()
    operator.data = meant_entries(sdp)
    twice = np.concatenate([np.where(np.equal(*svec_index(size)), 1, 2) for size in sdp.sizes])
    left = [Fraction(value) for value in sdp.cost]
    for matrix, vector, weights in ((sdp.equalities, many.equality_duals, None), (operator, many.gram, twice)):
        entries = matrix.tocoo()
        for row, column, value in zip(entries.row, entries.col, entries.data, strict=True):
            weight = 1 if weights is None else int(weights[row])
            left[column] -= Fraction(float(value)) * vector[row] * weight
    assert max(map(abs, left)) <= Fraction(10) ** -25 * Fraction(1 + float(np.abs(sdp.cost).max()))
    for row in range(sdp.equalities.shape[0]):
        part = sdp.equalities[[row]].tocoo()
        value = sum(
            (Fraction(float(v)) * many.moments[c] for v, c in zip(part.data, part.col, strict=True)), Fraction(0)
        )
        assert abs(value - Fraction(float(sdp.right_side[row]))) <= Fraction(10) ** -25


@pytest.mark.parametrize(("name", "optimum"), [("booth", 0), ("product_on_sphere", None), ("knapsack_4", None)])
def test_optima_that_are_rational_or_roots(name, optimum):
    """The catalogue knows the optimum to all digits of a float, so these have to agree; zero to nineteen places."""
    _, _, many = refined(name, 25)
    expected = BY_NAME[name].optimum if optimum is None else optimum
    tolerance = 1e-15 * (1 + abs(expected)) if optimum is None else 1e-19
    assert abs(float(many.dual_objective) - expected) <= tolerance


def test_floats_are_the_rounded_answer():
    sdp, answer, many = refined("nearest_in_annulus", 20)
    assert np.array_equal(answer.moments, [float(value) for value in many.moments])
    assert answer.residuals.worst <= 1e-13
    assert sdp.n_moments == len(many.moments)


def test_moments_that_depend_on_others():
    """A moment is added that acts like the sum of two others: the Schur complement is singular at every point."""
    case = BY_NAME["booth"]
    sdp = relax(case.problem(), case.order).sdp
    wider = [
        sp.csr_matrix(sp.hstack([matrix, matrix[:, [1]] + matrix[:, [2]]])) for matrix in (sdp.equalities, sdp.operator)
    ]
    cost = np.append(sdp.cost, sdp.cost[1] + sdp.cost[2])
    twin = SDP(cost, wider[0], sdp.right_side, wider[1], sdp.sizes)
    answer = solver_named("native").solve(twin, SolverOptions(own={"digits": 20}))
    assert answer.statistics["refined"].worst <= 1e-20


def test_an_infeasible_program_stays_one():
    case = BY_NAME["infeasible_half_lines"]
    sdp = relax(case.problem(), case.order).sdp
    answer = solver_named("native").solve(sdp, SolverOptions(own={"digits": 20}))
    assert answer.status is SDPStatus.PRIMAL_INFEASIBLE and "refined" not in answer.statistics


def test_a_program_that_is_too_large_is_refused_before_the_solve(monkeypatch):
    monkeypatch.setattr(rules, "LARGEST_EXACT", 10)
    with pytest.raises(ProblemTooLarge, match="digits"):
        refined("booth", 20)


@pytest.mark.parametrize("value", [-1, 2000, 1.5])
def test_a_number_of_digits_out_of_range(value):
    with pytest.raises(BadOption, match="digits"):
        refined("booth", value)


def test_a_time_limit_ends_it_with_what_there_is():
    case = BY_NAME["hock_schittkowski_71"]
    sdp = relax(case.problem(), case.order).sdp
    answer = solver_named("native").solve(sdp, SolverOptions(time_limit=0.3, own={"digits": 500}))
    assert answer.status in (SDPStatus.OPTIMAL, SDPStatus.LIMIT)
    assert answer.status is SDPStatus.LIMIT or answer.statistics["refined"].worst > 1e-300
