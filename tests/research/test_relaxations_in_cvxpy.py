"""Relaxations in CVXPY with constraints on moments, and the bounds that come back."""

from __future__ import annotations

import numpy as np
import pytest

import momentsos as ms

cvxpy = pytest.importorskip("cvxpy")
x, y = ms.variables("x y")


@pytest.mark.parametrize("unit", [1.0, 1e5])
def test_added_moment_constraints_count_in_the_bound(unit: float) -> None:
    problem = ms.Problem(x, constraints=[x**2 <= unit**2], variables=["x"])
    relaxation = ms.relax_in_cvxpy(problem, order=2)
    free = relaxation.solve()
    assert free.lower_bound == pytest.approx(-unit, rel=1e-6)
    bound = relaxation.solve([relaxation.moment((x / unit) ** 2) <= 0.25])
    assert bound.lower_bound == pytest.approx(-0.5 * unit, rel=1e-6)
    assert bound.lower_bound <= -0.5 * unit * (1 - 1e-9)  # by Cauchy and Schwarz, attained by the measure at -1/2
    assert bound.multipliers[0] / unit == pytest.approx(1.0, rel=1e-3)
    assert bound.moments(x**2) == pytest.approx(0.25 * unit**2, rel=1e-4)


def test_equations_and_matrices_are_taken_and_their_bounds_are_valid() -> None:
    relaxation = ms.relax_in_cvxpy(ms.Problem(x * y, constraints=[x**2 + y**2 <= 1]), order=1)
    mean = relaxation.solve([relaxation.moment(x) == 0.5, relaxation.moment(y) == 0.5])
    # among measures in the disc with mean (1/2, 1/2): E[xy] = (E[(x+y)^2] - E[x^2+y^2]) / 2 >= (1 - 1) / 2
    assert mean.lower_bound == pytest.approx(0.0, abs=1e-6)
    assert mean.lower_bound <= 1e-9
    second = relaxation.matrices[0][1:, 1:]
    covered = relaxation.solve([second - 0.4 * np.eye(2) >> 0])  # second moments of at least 0.4 in all directions
    assert covered.lower_bound == pytest.approx(-0.1, abs=1e-6)
    assert covered.lower_bound <= -0.1 + 1e-9
    assert covered.multipliers[0].shape == (2, 2)


def test_matrices_are_in_the_units_of_the_user() -> None:
    relaxation = ms.relax_in_cvxpy(ms.Problem(x + y, constraints=[(x / 300) ** 2 + (y / 4) ** 2 <= 1]), order=2)
    bound = relaxation.solve()
    for matrix, own in zip(relaxation.matrices, bound.moments.matrices, strict=True):
        assert matrix.value == pytest.approx(own.values, rel=1e-9)
    assert relaxation.moment(x * y + 2).value == pytest.approx(bound.moments(x * y + 2), rel=1e-9)


def test_a_problem_that_was_solved_by_hand_is_checked() -> None:
    relaxation = ms.relax_in_cvxpy(ms.Problem(x**4 - x**2, bounds={"x": (-2, 2)}), order=2)
    added = [relaxation.moment(x**2) >= 1]
    problem = cvxpy.Problem(relaxation.cvxpy.objective, [*relaxation.cvxpy.constraints, *added])
    with pytest.raises(ms.InvalidInput, match="was not solved"):
        relaxation.checked(problem)
    problem.solve(solver="CLARABEL")
    assert relaxation.checked(problem).lower_bound == pytest.approx(0.0, abs=1e-6)


def test_constraints_without_a_solution_give_no_bound() -> None:
    relaxation = ms.relax_in_cvxpy(ms.Problem(x, bounds={"x": (-1, 1)}))
    assert relaxation.solve([relaxation.moment(x) >= 2]).lower_bound is None


def test_what_cannot_be_checked_is_refused_in_one_line() -> None:
    relaxation = ms.relax_in_cvxpy(ms.Problem(x, bounds={"x": (-1, 1)}), order=1)
    other = cvxpy.Variable(name="z")
    mean = relaxation.moment(x)
    for constraints, line in [
        ([cvxpy.square(mean) <= 1], "not affine"),
        ([mean <= other], "another variable, z"),
        ([cvxpy.SOC(mean, relaxation.variable[:2])], "of kind SOC"),
        ([3], "expected a CVXPY constraint"),
    ]:
        with pytest.raises(ms.InvalidInput, match=line):
            relaxation.solve(constraints)
    with pytest.raises(ms.InvalidInput, match="no moments of degree 3"):
        relaxation.moment(x**3)
    with pytest.raises(ms.InvalidInput, match="the objective of the relaxation"):
        relaxation.checked(cvxpy.Problem(cvxpy.Minimize(mean)))
    with pytest.raises(ms.InvalidInput, match="is missing"):
        relaxation.checked(cvxpy.Problem(relaxation.cvxpy.objective))
