"""Bounds by least squares at the best point: no program is solved, and no bound is above a value."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.instances import noisy_instance
from momentsos.squares.form import form_of
from momentsos.squares.pairs import Pairs
from momentsos.squares.products import Products
from momentsos.squares.touching import touching
from momentsos.squares.whitening import whitened

from .planted import exact_value, planted
from .test_squares_proofs import worst_value


def program_at(problem, point):
    form = form_of(problem.squares)
    return touching(whitened(form), Products.of(form.exponents, form.extra), point)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("noise", [1.0, 1e-4])
def test_the_bound_at_a_minimiser_is_the_minimum(seed, noise) -> None:
    case = planted(seed, noise=noise)
    program = program_at(case.problem, case.point)
    proof = program.proof(program.solve())
    least = worst_value(case.problem, case.point)
    assert proof.bound <= least
    assert least - proof.bound <= 1e-9 * least


@pytest.mark.parametrize("size", [1e-9, 1e-5, 1e-2, 1.0, 10.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_point_that_is_no_minimiser_proves_nothing_false(size, seed) -> None:
    case = planted(seed, noise=1.0)
    random = np.random.default_rng(seed)
    program = program_at(case.problem, case.point + size * random.standard_normal(case.point.shape))
    if program is not None:
        proof = program.proof(program.solve())
        assert proof is None or proof.bound <= worst_value(case.problem, case.point)


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1e-2, 1e3])
def test_wrong_multipliers_prove_nothing_false(size) -> None:
    case = planted(1)
    program = program_at(case.problem, case.point)
    solution = program.solve()
    random = np.random.default_rng(2)
    wrong = solution.moments + size * random.standard_normal(solution.moments.shape)
    wrong[1] = abs(wrong[1])
    proof = program.proof(replace(solution, moments=wrong))
    assert proof is None or proof.bound <= worst_value(case.problem, case.point)


def test_the_identity_holds_coefficient_by_coefficient() -> None:
    case = planted(0)
    program = program_at(case.problem, case.point)
    proof, form = program.proof(program.solve()), program.whitened.form
    assert not any(program.products.coefficients(form.gram - form.ones.times(proof.gamma) - proof.gram))


def test_the_dual_matrix_is_that_of_the_point() -> None:
    case = planted(3)
    program = program_at(case.problem, case.point)
    assert np.allclose(program.point(program.solve(), len(case.point)), case.point, rtol=1e-9)


def test_lengths_of_syzygies_are_those_of_their_matrices() -> None:
    # p = u + 2 v² stands for one column, so that one syzygy has more than two pairs.
    random = np.random.default_rng(3)
    exponents = np.array([[1, 0, 0], [0, 2, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1], [0, 2, 1]])
    combination = np.zeros((5, 6))
    combination[0, :2], combination[1:, 2:] = [1.0, 2.0], np.eye(4)
    table = random.standard_normal((12, 6))
    problem = ms.Problem.least_squares(exponents, table, ["u", "v", "w"], combination=combination)
    form = form_of(problem.squares)
    white, products = whitened(form), Products.of(form.exponents, form.extra)
    pairs = Pairs(products, white.inverse)
    syzygies = products.syzygies(pairs.weights)
    assert np.diff(syzygies.indptr).max() > 2
    matrices = [
        pairs.combination(syzygies[i], [Fraction(1)]).congruent(white.inverse).floats()
        for i in range(len(pairs.lengths(syzygies)))
    ]
    assert np.allclose(pairs.lengths(syzygies), [np.linalg.norm(m) for m in matrices], rtol=1e-9)


def test_solve_takes_it_first_and_solves_a_program_where_it_leaves_a_gap() -> None:
    case = planted(0)
    result = ms.solve(case.problem)
    assert [attempt.words for attempt in result.attempts] == ["least squares at the best point"]
    finer = ms.solve(case.problem, tol=1e-16)
    assert len(finer.attempts) > 1 and finer.lower_bound >= result.lower_bound
    named = ms.solve(case.problem, solver="clarabel")
    assert "least squares" not in named.attempts[0].words


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [(5, 3), (4, 4)])
@pytest.mark.parametrize("outputs", [20, 4])
@pytest.mark.parametrize("seed", [0, 3])
def test_high_degrees_are_certified_over_all_of_space(degrees, outputs, seed) -> None:
    drawn = noisy_instance(degrees, seed=seed, fresh=True)
    weights = (*drawn.network.weights[:-1], drawn.network.weights[-1][:outputs])
    network = ms.PolynomialNetwork(weights, degrees, normalisation="paper")
    fit = ms.learn(network, drawn.X, drawn.Y[:, :outputs])
    assert fit.status is ms.Status.CERTIFIED and fit.region.everything and fit.rigorous
    assert fit.lower_bound >= fit.upper_bound * (1 - 1e-6) and fit.lower_bound > 0
    true = np.mean(
        (drawn.network.with_coefficients(drawn.true).predict(drawn.X)[:, :outputs] - drawn.Y[:, :outputs]) ** 2
    )
    assert fit.lower_bound <= true
    assert fit.certify().verify(fit.problem).holds
    place = fit.formulation.flatten(fit.coefficients)
    random = np.random.default_rng(seed)
    near = [place * (1 + size * random.standard_normal(place.shape)) for size in (0.0, 1e-14, 1e-12, 1e-10, 1e-6)]
    stored = Fraction(min(float(a.lower_bound) for a in fit.attempts if a.lower_bound is not None))
    assert all(exact_value(fit.problem, point) >= stored for point in near)


@pytest.mark.slow
def test_no_definite_matrix_is_looked_for_where_the_loss_counts_as_zero() -> None:
    # Targets of 1e11 with weights that are not scaled: the columns are dependent in floats, and no bound is missing.
    drawn = noisy_instance((5, 3), seed=1, law="plain", fresh=True)
    fit = ms.learn(drawn.network, drawn.X, drawn.Y)
    assert fit.status is ms.Status.CERTIFIED and fit.region.everything and not fit.attempts
    assert fit.certify().verify(fit.problem).holds
