"""`solve` on sums of squares of given polynomials: over all of R^n, with a certificate in rational numbers."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms

from .planted import EXPONENTS, NAMES, exact_value, planted


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("noise", [1.0, 1e-4])
def test_planted_minima_are_certified_over_all_of_space(seed, noise) -> None:
    case = planted(seed, noise=noise)
    result = ms.solve(case.problem)
    assert result.status is ms.Status.CERTIFIED and result.region.everything and result.method == "squares"
    assert result.rigorous
    assert result.lower_bound <= result.upper_bound <= result.lower_bound + 1e-6 * noise**2
    assert abs(result.upper_bound - case.minimum) <= 1e-6 * case.minimum
    assert Fraction(result.lower_bound) <= exact_value(case.problem, case.point)


def test_a_minimum_above_that_of_free_least_squares_is_certified() -> None:
    # |x - 1|² + |x² + 1|² with x² never -1: the minimum is where 2 (x - 1) + 4 x (x² + 1) = 0.
    problem = ms.Problem.least_squares([[1], [2]], [[1.0, 0.0, 1.0], [0.0, 1.0, -1.0]], ["x"])
    result = ms.solve(problem)
    roots = np.roots([4.0, 0.0, 6.0, -2.0])
    x = float(roots[np.abs(roots.imag) < 1e-12].real[0])
    assert result.status is ms.Status.CERTIFIED and result.method == "squares"
    assert result.upper_bound == pytest.approx((x - 1) ** 2 + (x**2 + 1) ** 2, rel=1e-9)
    assert result.minimizers[0][0] == pytest.approx(x, rel=1e-6)


def test_an_exact_fit_has_the_minimum_zero() -> None:
    case = planted(6, noise=1.0)
    table = np.array(case.problem.squares.matrix)
    table[:, -1] = table[:, :-1] @ np.prod(case.point**EXPONENTS, axis=1)
    result = ms.solve(ms.Problem.least_squares(EXPONENTS, table, NAMES))
    assert result.status is ms.Status.CERTIFIED and result.lower_bound >= 0.0 and result.upper_bound <= 1e-12


def test_the_objective_is_the_square_multiplied_out_exactly() -> None:
    case = planted(7)
    total = sum((r * r for r in case.problem.squares.polynomials), 0 * case.problem.minimize)
    point = [Fraction(1, 3), Fraction(-2, 7), Fraction(5), Fraction(1, 11)]
    table = [[Fraction(float(x)) for x in row] for row in case.problem.squares.matrix]
    monomials = [np.prod([z ** int(p) for z, p in zip(point, row, strict=True)]) for row in EXPONENTS] + [Fraction(-1)]
    square = sum(sum(a * m for a, m in zip(row, monomials, strict=True)) ** 2 for row in table)
    value = Fraction(0)
    for c, row in zip(case.problem.minimize.exact, case.problem.minimize.exponents.tolist(), strict=True):
        value += c * np.prod([z**p for z, p in zip(point, row, strict=True)])
    assert value == square
    assert np.allclose(total.values, case.problem.minimize.values, rtol=1e-9, atol=1e-12)


def test_a_problem_that_remembers_its_factor_keeps_it_in_files_and_copies(tmp_path) -> None:
    problem = planted(0).problem
    problem.to_json(tmp_path / "p.json")
    assert ms.Problem.from_json(tmp_path / "p.json") == problem
    assert pickle.loads(pickle.dumps(problem)) == problem
    assert ms.Problem.from_json(tmp_path / "p.json").squares == problem.squares


def test_results_with_exact_matrices_pickle() -> None:
    result = ms.solve(planted(0).problem)
    again = pickle.loads(pickle.dumps(result))
    assert again.lower_bound == result.lower_bound and again.relaxation == result.relaxation


def test_squares_that_do_not_add_up_are_refused() -> None:
    problem = planted(0).problem
    with pytest.raises(ms.InvalidInput, match="add up"):
        ms.Problem(problem.minimize + 1, variables=problem.variables, squares=problem.squares)


@pytest.mark.parametrize(
    ("exponents", "table"),
    [
        ([[1], [2]], [[1.0, 2.0]]),
        ([[1], [-2]], [[1.0, 2.0, 3.0]]),
        ([[1], [0.5]], [[1.0, 2.0, 3.0]]),
        ([[1], [2]], [[1.0, np.nan, 3.0]]),
        ([[1, 0], [2, 0]], [[1.0, 2.0, 3.0]]),
    ],
)
def test_what_is_no_factor_is_named(exponents, table) -> None:
    with pytest.raises(ms.InvalidInput):
        ms.Problem.least_squares(exponents, table, ["x"])


def test_the_method_asks_for_a_problem_without_constraints_that_knows_its_squares() -> None:
    x = ms.variables("x")[0]
    with pytest.raises(ms.BadOption, match="least_squares"):
        ms.solve(ms.Problem(minimize=x**2), method="squares")


def test_a_program_that_does_not_fit_is_refused_by_counts_alone() -> None:
    rows = np.array([[i, j] for i in range(40) for j in range(40)])
    table = np.ones((1, len(rows) + 1))
    problem = ms.Problem.least_squares(rows[:60], table[:, :61], ["x", "y"])
    with pytest.raises(ms.ProblemTooLarge, match="squares"):
        ms.solve(problem, method="squares", memory_limit=10_000)


@pytest.mark.parametrize("order", [0, 1])
def test_the_bound_has_an_exact_certificate(order, tmp_path) -> None:
    case = planted(1)
    result = ms.solve(case.problem, order=order)
    certificate = result.certify()
    assert certificate.verify(case.problem).holds
    assert Fraction(result.lower_bound) * (1 - Fraction(1, 10**9)) <= certificate.bound
    assert certificate.bound <= exact_value(case.problem, case.point)
    certificate.to_json(tmp_path / "c.json")
    again = ms.Certificate.from_json(tmp_path / "c.json")
    assert again.bound == certificate.bound and again.verify(case.problem).holds


def test_a_certificate_with_a_raised_bound_is_refused() -> None:
    result = ms.solve(planted(1).problem)
    document = dict(result.certify().document)
    document["bound"] = str(Fraction(document["bound"]) * (1 + Fraction(1, 10**9)))
    assert not ms.certificates.certificate.verify_document(document).holds


def test_a_polynomial_in_the_basis_is_a_variable_of_the_bound_and_a_polynomial_of_the_certificate() -> None:
    # p = u + 2 v² stands for one column; v occurs elsewhere too, so that something may be lost, and here nothing is.
    random = np.random.default_rng(3)
    exponents = np.array([[1, 0, 0], [0, 2, 0], [0, 1, 1], [0, 0, 1]])
    combination = np.array([[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    table = random.standard_normal((8, 4))
    problem = ms.Problem.least_squares(exponents, table, ["u", "v", "w"], combination=combination)
    result = ms.solve(problem)
    assert result.status is ms.Status.CERTIFIED and result.method == "squares"
    free = float(np.linalg.lstsq(table[:, :-1], table[:, -1], rcond=None)[1][0])
    assert result.lower_bound == pytest.approx(free, rel=1e-9)
    assert result.certify().verify(problem).holds


def test_squares_that_a_user_names_are_bounded_by_their_residuals() -> None:
    x, y = ms.variables("x y")
    roots = [x * y - 2, x - 1, x + y**2]
    result = ms.solve(ms.Problem(minimize=sum(r * r for r in roots)), squares=roots)
    assert result.method == "squares" and result.status is ms.Status.CERTIFIED and result.region.everything
    plain = ms.solve(ms.Problem(minimize=sum(r * r for r in roots)))
    assert result.upper_bound == pytest.approx(plain.upper_bound, rel=1e-9)


def test_a_ball_of_the_user_is_part_of_the_problem() -> None:
    case = planted(0)
    inside = ms.solve(case.problem, bound=0.5)
    assert inside.upper_bound > case.minimum * (1 + 1e-3) and inside.lower_bound <= inside.upper_bound
