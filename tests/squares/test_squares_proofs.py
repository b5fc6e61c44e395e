"""Proofs in exact arithmetic: a bound never exceeds the value at any point, whatever the solver returned."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from momentsos.solvers import SolverOptions, solve_sdp
from momentsos.squares.bound import MomentProgram, SyzygyProgram
from momentsos.squares.definite import definite
from momentsos.squares.form import form_of, raised
from momentsos.squares.products import Products
from momentsos.squares.whitening import whitened

from .planted import EXPONENTS, exact_value, planted

SIDES = pytest.mark.parametrize("side", [SyzygyProgram, MomentProgram])


def program_of(problem, side=SyzygyProgram, form=None):
    form = form_of(problem.squares) if form is None else form
    white = whitened(form)
    return side.of(white, Products.of(form.exponents, form.extra))


def solution_of(program):
    if isinstance(program, MomentProgram):
        return program.solve()
    return solve_sdp("native", program.sdp, SolverOptions())


def worst_value(problem, point, seed=0) -> Fraction:
    """Return the least exact value at the planted point, next to it, and at random points."""
    random = np.random.default_rng(seed)
    near = [point, *(point * (1 + 1e-9 * random.standard_normal(point.shape)) for _ in range(5))]
    far = [random.standard_normal(point.shape) for _ in range(10)]
    return min(exact_value(problem, each) for each in (*near, *far))


@SIDES
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [1.0, 1e-5])
def test_the_proof_reaches_the_planted_minimum_and_does_not_exceed_it(side, seed, noise) -> None:
    case = planted(seed, noise=noise)
    program = program_of(case.problem, side)
    proof = program.proof(solution_of(program))
    least = worst_value(case.problem, case.point)
    assert proof.bound <= least
    assert least - proof.bound <= 1e-7 * least


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1e-2, 1.0, 1e3])
@pytest.mark.parametrize("seed", range(4))
def test_wrong_multipliers_lower_a_bound_and_never_raise_it_above_a_value(size, seed) -> None:
    case = planted(1)
    program = program_of(case.problem)
    solution = solution_of(program)
    random = np.random.default_rng(seed)
    wrong = solution.moments + size * random.standard_normal(solution.moments.shape)
    wrong[1] = abs(wrong[1])
    proof = program.proof(replace(solution, moments=wrong))
    assert proof is None or proof.bound <= worst_value(case.problem, case.point)
    best = program.best(replace(solution, moments=wrong))
    assert best is not None and best.bound >= Fraction(program.whitened.floor) * (1 - Fraction(1, 10**9))


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1e-2, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_gram_matrix_on_the_side_of_moments_proves_nothing_false(size, seed) -> None:
    case = planted(1)
    program = program_of(case.problem, MomentProgram)
    solution = solution_of(program)
    random = np.random.default_rng(seed)
    wrong = solution.moments.copy()
    wrong[1:] += size * random.standard_normal(len(wrong) - 1)
    proof = program.proof(replace(solution, moments=wrong))
    assert proof is None or proof.bound <= worst_value(case.problem, case.point)


@SIDES
def test_a_solution_of_other_data_proves_nothing_false(side) -> None:
    case = planted(2, noise=1e-3)
    other = planted(3, noise=1.0)
    program = program_of(case.problem, side)
    stranger = solution_of(program_of(other.problem, side))
    proof = program.proof(stranger)
    assert proof is None or proof.bound <= worst_value(case.problem, case.point)


@pytest.mark.parametrize("seed", range(3))
def test_badly_conditioned_data_lose_digits_of_the_bound_and_none_of_the_proof(seed) -> None:
    case = planted(seed, noise=1e-8)
    program = program_of(case.problem)
    assert program.whitened.condition > 1e7
    proof = program.best(solution_of(program))
    least = worst_value(case.problem, case.point)
    assert proof.bound <= least
    assert least - proof.bound <= 1e-3 * least


def test_the_identity_of_a_proof_holds_coefficient_by_coefficient() -> None:
    case = planted(0)
    for side in (SyzygyProgram, MomentProgram):
        program = program_of(case.problem, side)
        proof = program.proof(solution_of(program))
        form = program.whitened.form
        left = form.gram - form.ones.times(proof.gamma) - proof.gram
        assert not any(program.products.coefficients(left))


def test_a_denominator_gives_a_bound_of_the_same_function() -> None:
    case = planted(4)
    form = raised(form_of(case.problem.squares), (0, 1), case.point[:2], np.array([0.5, 2.0]))
    program = program_of(case.problem, form=form)
    proof = program.proof(solution_of(program))
    least = worst_value(case.problem, case.point)
    assert least * (1 - Fraction(1, 10**7)) <= proof.bound <= least


def test_fewer_residuals_than_monomials_still_have_a_bound() -> None:
    case = planted(5, rows=len(EXPONENTS) + 3)
    table = np.array(case.problem.squares.matrix)[:6]
    few = type(case.problem).least_squares(EXPONENTS, table, case.problem.variables)
    form = form_of(few.squares)
    assert whitened(form) is None
    products = Products.of(form.exponents)
    found = definite(form, products)
    assert found is not None
    left = products.coefficients(form.gram - found[0].gram)
    assert not any(left)
    white = whitened(*found)
    program = SyzygyProgram.of(white, products)
    proof = program.best(solution_of(program))
    assert 0 < proof.bound <= worst_value(few, case.point)
