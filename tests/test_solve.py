"""The catalogue is solved to its sourced optima; what has no minimum is named."""

from __future__ import annotations

import math

import numpy as np
import pytest
from catalogue import BY_NAME, CASES, HARD

import momentsos as ms
from momentsos.hierarchy.gaps import closes
from momentsos.hierarchy.status import Status


def distance(point: np.ndarray, others: tuple) -> float:
    return min(float(np.abs(point - np.array(o)).max() / (1 + np.abs(o).max())) for o in map(np.array, others))


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_the_catalogue_is_certified_at_the_known_optimum(name) -> None:
    case = BY_NAME[name]
    problem = case.problem()
    result = ms.solve(problem, case.order, method="dense")
    size = max(abs(case.optimum), result.unit)
    assert result.status is Status.CERTIFIED
    assert result.rigorous
    assert abs(result.upper_bound - case.optimum) <= 1e-6 * size
    assert result.lower_bound <= case.optimum + 1e-8 * size
    assert abs(result.lower_bound - case.optimum) <= 1e-6 * size
    for point in result.minimizers:
        assert problem.violation(point) <= 1e-8
        assert problem.minimize(point) <= case.optimum + 1e-6 * size


@pytest.mark.parametrize(
    "name", ["six_hump_camel", "himmelblau", "motzkin_on_ball", "least_eigenvalue_4", "chebyshev_8"]
)
def test_all_minimisers_are_found(name) -> None:
    case = BY_NAME[name]
    result = ms.solve(case.problem(), case.order, method="dense")
    assert len(result.minimizers) == len(case.minimizers)
    assert all(distance(point, case.minimizers) < 1e-6 for point in result.minimizers)
    assert all(distance(np.array(point), tuple(result.minimizers)) < 1e-6 for point in case.minimizers)


HARD_STATUS = {case.name: case for case in HARD if case.expected in ("INFEASIBLE", "UNBOUNDED")}


@pytest.mark.parametrize("name", HARD_STATUS)
def test_infeasible_and_unbounded_problems_are_named(name) -> None:
    result = ms.solve(HARD_STATUS[name].problem())
    assert result.status.name == HARD_STATUS[name].expected
    assert result.lower_bound is None and result.upper_bound is None
    assert result.minimizers.shape == (0, result.problem.n_variables)
    assert result.status.remedy


@pytest.mark.parametrize("name", [case.name for case in HARD])
def test_no_hard_problem_gets_a_false_certificate(name) -> None:
    case = next(case for case in HARD if case.name == name)
    result = ms.solve(case.problem(), time_limit=5)  # what stays open would be searched for half a minute
    if result.status is Status.CERTIFIED:
        assert closes(result.lower_bound, case.infimum, result.unit, 2e-6)
        assert case.expected == "NOT_TIGHT"


def test_an_order_below_the_minimum(disc) -> None:
    with pytest.raises(ms.OrderTooLow, match="begins at order 2"):
        ms.solve(disc, order=1)


@pytest.mark.parametrize("call", [ms.relax, ms.solve])
def test_an_over_large_order_is_refused_before_anything_is_allocated(disc, call) -> None:
    with pytest.raises(ms.ProblemTooLarge, match="needs about") as caught:
        call(disc, order=200, method="dense")
    assert caught.value.estimated_bytes > caught.value.limit_bytes > 0


def test_a_memory_limit_of_the_user_is_kept(disc) -> None:
    with pytest.raises(ms.ProblemTooLarge):
        ms.relax(disc, order=4, memory_limit=1000)


def test_a_raised_order_that_is_too_large_ends_with_what_is_known() -> None:
    case = BY_NAME["stengle"]
    result = ms.solve(case.problem(), max_order=8, memory_limit=8_000, bound=None)
    assert result.status is Status.BOUNDED
    assert "was not tried" in result.message


def test_a_time_limit_that_is_too_short_is_said(disc) -> None:
    result = ms.solve(disc, time_limit=1e-9)
    assert result.status is Status.STOPPED
    assert "time limit" in result.message


def test_a_ball_of_the_user_is_named_in_the_result() -> None:
    x, y = ms.variables("x y")
    result = ms.solve(ms.Problem(x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1), order=4, bound=2.0, method="dense")
    assert result.status is Status.CERTIFIED
    assert result.coverage == "the ball of radius 2 around the origin"
    assert result.coverage in result.message


def test_an_active_ball_is_not_hidden() -> None:
    (x,) = ms.variables("x")
    result = ms.solve(ms.Problem(x), bound=2.0, method="dense", order=1)
    assert result.upper_bound is None or result.upper_bound >= result.lower_bound
    assert "ball" in result.coverage or result.status is Status.UNBOUNDED


def test_what_is_not_a_problem_is_refused() -> None:
    with pytest.raises(ms.InvalidInput, match=r"momentsos\.Problem"):
        ms.solve("x**2")


def test_every_status_says_what_to_do() -> None:
    assert {status.name for status in Status} == {
        "CERTIFIED", "CERTIFIED_WITHIN", "BOUNDED", "LOWER_BOUND_ONLY", "INFEASIBLE", "UNBOUNDED", "AT_INFINITY",
        "STOPPED", "FAILED",
    }  # fmt: skip
    assert all(status.meaning and (status.remedy or status is Status.CERTIFIED) for status in Status)


def test_auto_says_why(disc) -> None:
    x, y, z = ms.variables("x y z")
    partial = ms.solve(ms.Problem(z, [z - x**2 * y + y, z + x**2 * y - y, 1 - x**2]))
    assert partial.method == "partial" and "took the partial hierarchy" in partial.reason
    dense = ms.solve(disc)
    assert dense.method == "dense" and "took the dense hierarchy" in dense.reason
    assert ms.solve(disc, method="dense").reason == ""


@pytest.mark.parametrize("share", [1e-10, 1e-12, 1e-14])
def test_a_fall_far_outside_the_box_of_a_bound_is_no_minimum(share) -> None:
    """Within the accuracy of solvers `-share y^6` is zero: they find the bound of the rest."""
    x, y = ms.variables("x y")
    result = ms.solve(ms.Problem((x - 1) ** 2 + (y - 1) ** 4 + x * y - share * y**6))
    assert result.status is not Status.CERTIFIED
    assert result.lower_bound is None


@pytest.mark.parametrize("method", ["partial", "dense", "sparse"])
def test_an_objective_that_falls_along_a_thin_set_has_no_bound(method) -> None:
    x, y, z = ms.variables("x y z")
    objective = 1e-4 * (3 * x**3 * y - x * z + 4 * z**4 - x**3)
    constraints = [1e-6 * (4 * x + 4 * y - 3 * z - 2), 1e-6 * (x**2 - x * z - z - 1), -3 * x - 2 * x * z]
    result = ms.solve(ms.Problem(objective, constraints), method=method)
    assert result.status is Status.UNBOUNDED


def test_a_descent_that_ends_where_powers_overflow_does_no_harm() -> None:
    x, y = ms.variables("x y")
    constraints = [x * y - 2 * y**3, y + 2 * x * y - y**2]
    result = ms.solve(ms.Problem(3 * x + 2 * y - x**2 - 4, constraints))
    assert result.status is Status.UNBOUNDED


@pytest.mark.parametrize("bounded", [False, True])
def test_a_bound_whose_defect_is_not_absorbed_covers_a_box_and_says_so(bounded) -> None:
    """The roots 1 to 6 make terms of size 1e3 that cancel, and rounding errors that no square takes up."""
    (x,) = ms.variables("x")
    objective = math.prod(x - k for k in range(1, 7))
    result = ms.solve(ms.Problem(objective, [9 - x, 9 + x] if bounded else []), bound=None)
    everywhere = bounded or result.absorbed or result.rigorous
    assert result.status is Status.CERTIFIED
    assert result.coverage == ("all of R^n" if everywhere else "a box that contains the best point")
    assert (result.coverage in result.message) == (result.coverage != "all of R^n")


@pytest.mark.parametrize("method", ["sparse", "dense", "auto"])
def test_an_objective_that_turns_up_far_out_is_not_called_unbounded(method) -> None:
    (x,) = ms.variables("x")
    objective = 3.6e-6 * x**6 - 0.63 * x**5 + 0.84 * x**3 - 0.63 * x**2 - 1.1 * x + 0.056
    assert ms.solve(ms.Problem(objective), method=method).status is not Status.UNBOUNDED


def test_a_gap_is_never_closed_against_the_size_of_the_coefficients() -> None:
    """A share of 1e-8 of the largest coefficient would be a gap of 100, wider than all values of y."""
    x, y = ms.variables("x y")
    problem = ms.Problem(1e10 * x**2 * y**2 + y + x**2, inequalities=[1 - x, 1 + x, 1 - y, 1 + y])
    result = ms.solve(problem, time_limit=5)
    assert result.status is not Status.CERTIFIED or result.gap <= 1e-6
    assert all(problem.minimize(point) <= result.upper_bound + 2 * result.gap for point in result.minimizers)
