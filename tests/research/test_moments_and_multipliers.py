"""Moments and multipliers of solved relaxations, in the variables and units of the user."""

from __future__ import annotations

import numpy as np
import pytest

import momentsos as ms
from momentsos.solvers import SolverOptions, solve_sdp

x, y = ms.variables("x y")

#: Problems with one minimiser each, at which the lowest orders are exact.
EXACT = {
    "dense": (ms.Problem(x**2 - x * y + y**2 - 3 * x, constraints=[x**2 + y**2 <= 9]), "dense"),
    "moved": (ms.Problem((x - 40) ** 4 + (y + 7) ** 2 - (x - 40), constraints=[(x - 40) ** 2 + y**2 <= 90]), "dense"),
    "equality": (ms.Problem(x * y - y, equalities=[x * y - x**3], constraints=[x**2 + y**2 <= 3]), "dense"),
    "signs": (ms.Problem(x * y + 2 * x, domains={"x": "sign", "y": "sign"}), "dense"),
    "matrix": (ms.Problem(x, matrix_inequalities=[[[1 - x**2, x * y], [x * y, 4 - y**2]]]), "dense"),
    "partial": (ms.Problem(x**4 - x**2 + x * y + 0.1 * x, bounds={"y": (-1, 1)}), "partial"),
    "sparse": (ms.Problem(x**2 * y - 2 * y, constraints=[x**2 <= 4, y**2 <= 1]), "sparse"),
    "maximum": (ms.Problem(maximize=3 * x - x**2 + y, constraints=[x**2 + y**2 <= 5]), "dense"),
}
SOLVED = {name: ms.solve(problem, method=method) for name, (problem, method) in EXACT.items()}


@pytest.mark.parametrize("name", EXACT)
def test_the_functional_takes_the_objective_to_the_bound_and_one_to_one(name: str) -> None:
    result, moments = SOLVED[name], ms.moments(SOLVED[name])
    value = result.problem.objective(result.minimizers[0])
    found = moments.expectation(moments.problem.minimize)
    assert result.problem.sense.turned(found) == pytest.approx(value, abs=1e-6 * max(1, abs(value)))
    assert moments.expectation(1.0 * x**0) == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("name", ["dense", "moved", "maximum"])
def test_moments_at_an_exact_relaxation_are_those_of_the_minimiser(name: str) -> None:
    result, moments = SOLVED[name], ms.moments(SOLVED[name])
    a, b = result.minimizers[0]
    for monomial, value in moments.by_monomial.items():
        meant = monomial.over(("x", "y"))(result.minimizers[0])
        assert value == pytest.approx(meant, rel=2e-4, abs=2e-4 * max(1, abs(a), abs(b)) ** monomial.degree)


def test_two_minimisers_share_the_mass() -> None:
    result = ms.solve(ms.Problem((x**2 - 1) ** 2 + (y**2 - 1) ** 2 + (y - x) ** 2), method="dense")
    moments = ms.moments(result)
    assert [moments(p) for p in (x**2, y**2, x * y)] == pytest.approx([1, 1, 1], abs=1e-5)
    matrix = moments.moment_matrix
    assert [str(p) for p in matrix.basis] == ["1", "x", "y", "x^2", "x*y", "y^2"]
    assert np.linalg.eigvalsh(matrix.values)[:-2] == pytest.approx(np.zeros(4), abs=1e-4)


@pytest.mark.parametrize("name", EXACT)
def test_localizing_matrices_and_gram_matrices_are_semidefinite_and_complementary(name: str) -> None:
    moments, identity = ms.moments(SOLVED[name]), ms.multipliers(SOLVED[name])
    for matrix in moments.matrices:
        values = np.linalg.eigvalsh(matrix.values)
        assert values[0] >= -1e-6 * max(1.0, values[-1])
    for each in identity.squares:
        values = np.linalg.eigvalsh(each.gram)
        assert values[0] >= -1e-10 * max(1.0, values[-1])
    assert sum(moments(each.product) for each in identity.squares) == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("name", EXACT)
def test_the_identity_holds_to_the_accuracy_of_the_solver(name: str) -> None:
    result, identity = SOLVED[name], ms.multipliers(SOLVED[name])
    assert identity.relative_residual < 1e-8
    dual = result.problem.sense.turned(identity.bound)
    best = result.problem.objective(result.minimizers[0])
    assert dual == pytest.approx(best, abs=1e-5 * max(1, abs(best)))
    # at any point, from the values of the parts alone
    at = np.array([0.3, -0.7]) + result.minimizers[0]
    parts = sum(each.product(at) for each in (*identity.squares, *identity.free))
    left = (identity.problem.minimize(at) - identity.bound) * identity.denominator(at)
    assert parts == pytest.approx(left, rel=1e-5, abs=1e-5 * max(1.0, abs(left)))


def test_multipliers_are_named_by_the_constraints_that_they_belong_to() -> None:
    identity = ms.multipliers(ms.solve(ms.Problem(x * y, constraints=[x**2 + y**2 <= 2, x >= -5])))
    assert identity.sigma(0)([0.0, 0.0]) == pytest.approx(0.5, abs=1e-6)
    assert identity.sigma(1).scale < 1e-6
    assert identity.sigma_0([1.0, 1.0]) == pytest.approx(2.0, abs=1e-5)  # (x + y)^2 / 2
    identity = ms.multipliers(ms.solve(ms.Problem(x + y, equalities=[x**2 + y**2 - 2]), method="dense"))
    assert identity.lam(0)([0.0, 0.0]) == pytest.approx(-0.5, abs=1e-6)  # x + y + 2 = squares - (x^2 + y^2 - 2) / 2


@pytest.mark.parametrize("unit", [1e-5, 1e5])
def test_units_of_the_data_change_the_numbers_and_nothing_else(unit: float) -> None:
    def solved(s: float) -> ms.Result:
        f = (x / s) ** 4 - (x / s) * (y / s) + (y / s) ** 2 - 0.2 * (x / s)
        return ms.solve(ms.Problem(7.0 * f, constraints=[x**2 + y**2 <= 2 * s**2]), method="dense")

    plain, scaled = solved(1.0), solved(unit)
    one, other = ms.moments(plain), ms.moments(scaled)
    for p in (x, y, x * y, x**3, y**4):
        assert other(p) / unit**p.degree == pytest.approx(one(p), rel=1e-4)
    first, second = ms.multipliers(plain), ms.multipliers(scaled)
    assert second.bound == pytest.approx(first.bound, abs=1e-6)
    assert second.relative_residual < 1e-8
    ball = ms.Problem(x * y, constraints=[x**2 + y**2 <= 2 * unit**2])
    assert ms.multipliers(ms.solve(ball)).sigma(0)([0.0, 0.0]) == pytest.approx(0.5, abs=1e-6)


def test_a_relaxation_by_itself_is_read_in_the_same_way() -> None:
    problem = ms.Problem(x * y, constraints=[x**2 + y**2 <= 2])
    relaxation = ms.relax(problem)
    solution = solve_sdp("native", relaxation.sdp, SolverOptions())
    assert ms.moments(relaxation, solution, problem)(x * y) == pytest.approx(-1.0, abs=1e-7)
    assert ms.multipliers(relaxation, solution, problem).bound == pytest.approx(-1.0, abs=1e-7)


def test_what_there_is_not_is_said_in_one_line() -> None:
    branched = ms.solve(ms.Problem(x * y, bounds={"x": (-1, 1), "y": (-1, 2)}), method="branch")
    line = ms.Problem.least_squares([[0, 1], [1, 1]], [[1.0, 2.0, 5.0], [1.0, -1.0, 2.0]], ["a", "b"])
    for function in (ms.moments, ms.multipliers):
        with pytest.raises(ms.InvalidInput, match="keeps no relaxation"):
            function(branched)
        with pytest.raises(ms.InvalidInput, match="method 'squares'"):
            function(ms.solve(line))
        with pytest.raises(ms.InvalidInput, match="expected a Result"):
            function(3)
        with pytest.raises(ms.InvalidInput, match=r"\(relaxation, solution, problem\)"):
            function(ms.relax(branched.problem))
    moments = ms.moments(SOLVED["dense"])
    with pytest.raises(ms.InvalidInput, match=r"order 1 has no moment of x\^2\*y"):
        moments(x + x**2 * y)
    (z,) = ms.variables("z")
    with pytest.raises(ms.InvalidInput, match="z"):
        moments(z)


def test_orders_come_one_by_one_and_their_bounds_rise() -> None:
    problem = ms.Problem(x * y**2 - x**3, constraints=[x**2 + y**2 <= 1, x >= 0, y >= 0.1])
    found = list(ms.orders(problem, up_to=3, bound=None))
    assert [result.order for result in found] == [2, 3]
    assert found[0].lower_bound <= found[1].lower_bound + 1e-8
    endless = ms.orders(problem, first=3)
    assert next(endless).order == 3
    with pytest.raises(ms.BadOption, match="up_to"):
        ms.orders(problem, up_to=-1)
