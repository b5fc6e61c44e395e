"""Relaxations whose Gram matrices are singular in every identity are solved again on the face where they are not."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from catalogue import BY_NAME
from chains import rosenbrock
from flint import fmpq, fmpq_mat
from singular import singular_problem

import momentsos as ms
from momentsos import Status
from momentsos.bounds.dimension import dimension_of, has_identities, on_a_face
from momentsos.bounds.dual import dual_bound
from momentsos.bounds.proof import Unproved
from momentsos.bounds.rigor import prove_everywhere
from momentsos.hierarchy.faces import on_smallest_face
from momentsos.hierarchy.request import NO_FACTS, Asked, Request
from momentsos.relaxations import Relaxation, assemble, dense_plan
from momentsos.relaxations.exposed_face import cut_down, integers_of, without_idle_squares
from momentsos.sdp.exposing import exposing_program, rational_kernels

ROSENBROCK = BY_NAME["rosenbrock_2"].problem()


def request_of(problem: ms.Problem) -> Request:
    return Request.of(problem, Asked(), NO_FACTS, time.perf_counter())


def smallest(name: str) -> tuple[ms.Problem, Relaxation]:
    case = BY_NAME[name]
    problem = case.problem()
    found = on_smallest_face(assemble(dense_plan(problem, case.order)), problem, request_of(problem))
    assert found is not None
    return problem, found


def span(rows: object) -> list[list[fmpq]]:
    return fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in rows]).rref()[0].tolist()  # type: ignore


def test_the_face_of_the_valley_is_one_the_first_variable_and_the_curve() -> None:
    _, relaxation = smallest("rosenbrock_2")
    (block,) = relaxation.plan.blocks
    rows, combinations = block.basis.tolist(), integers_of(block)
    assert combinations is not None
    forms = {frozenset((*rows[i], int(row[i])) for i in np.flatnonzero(row)) for row in combinations}
    curves = [{(0, 1, 1), (2, 0, -1)}, {(0, 1, -1), (2, 0, 1)}]
    assert {frozenset({(0, 0, 1)}), frozenset({(1, 0, 1)})} <= {
        frozenset((a, b, abs(c)) for a, b, c in f) for f in forms
    }
    assert any(frozenset(curve) in forms for curve in curves)
    assert len(forms) == 3


def test_definite_gram_matrices_have_no_smaller_face() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(x**4 + y**4 + x * y)
    assert on_smallest_face(assemble(dense_plan(problem, 2)), problem, request_of(problem)) is None


def test_a_functional_of_the_valley_has_no_mass_and_no_value() -> None:
    relaxation = assemble(without_idle_squares(dense_plan(ROSENBROCK, 2)))
    found = request_of(ROSENBROCK).solve(exposing_program(relaxation.sdp)).moments
    assert found is not None
    assert abs(relaxation.sdp.cost @ found) < 1e-7
    assert abs(found[relaxation.monomials.find(np.zeros((1, 2), dtype=np.int64))[0]]) < 1e-9
    np.testing.assert_allclose(relaxation.moments_of(np.array([[0, 2], [2, 1], [4, 0]]), found), 0.5, atol=1e-5)


@pytest.mark.parametrize("noise", [0.0, 1e-9])
def test_kernels_are_recognised(noise) -> None:
    rng = np.random.default_rng(0)
    vector = np.array([3.0, 137 / 64, 0.0, -1 / 7])
    matrix = np.outer(vector, vector) / 10 + noise * np.diag(rng.random(4))
    exact = [Fraction(3), Fraction(137, 64), Fraction(0), Fraction(-1, 7)]
    rows = [found[0] for found in rational_kernels([matrix])]
    assert any(
        len(each) == 3 and all(sum(a * b for a, b in zip(r, exact, strict=True)) == 0 for r in each) for each in rows
    )


def test_combinations_of_combinations_span_what_they_say() -> None:
    plan = dense_plan(ROSENBROCK, 2)
    first = [
        [Fraction(1, 3), Fraction(2), *[Fraction(0)] * 4],
        [*[Fraction(0)] * 2, *[Fraction(1), Fraction(-5, 7)] * 2],
    ]
    once = cut_down(plan, [first])
    assert once is not None
    integers = integers_of(once.blocks[0])
    assert integers is not None
    assert span(first) == span([[Fraction(int(x)) for x in row] for row in integers])
    twice = cut_down(once, [[[Fraction(1), Fraction(2)]]])
    assert twice is not None
    again = integers_of(twice.blocks[0])
    assert again is not None
    assert span([[Fraction(int(x)) for x in again[0]]]) == span(
        [[Fraction(int(x)) for x in integers[0] + 2 * integers[1]]]
    )


def test_rows_that_are_no_short_integers_are_refused() -> None:
    plan = dense_plan(ROSENBROCK, 2)
    row = [Fraction(1), Fraction(1, 3**20), *[Fraction(0)] * 4]
    assert cut_down(plan, [[row]]) is None
    assert cut_down(plan, [[]]) is None


def test_a_face_without_identities_is_told_from_one_that_has_some() -> None:
    relaxation = assemble(without_idle_squares(dense_plan(ROSENBROCK, 2)))
    basis = relaxation.plan.blocks[0].basis.tolist()
    curve, unit = [Fraction(int(row == [0, 1]) - int(row == [2, 0])) for row in basis], np.eye(4, dtype=int).tolist()
    others = [[Fraction(x) for x in unit[i]] for i in range(4) if basis[i] in ([0, 0], [1, 0])]
    right, wrong = cut_down(relaxation.plan, [[*others, curve]]), cut_down(relaxation.plan, [others])
    assert right is not None and wrong is not None
    assert has_identities(right, ROSENBROCK) and not has_identities(wrong, ROSENBROCK)
    assert on_a_face(right) and not on_a_face(relaxation.plan)
    assert dimension_of(right, ROSENBROCK) == 6


def test_a_face_that_is_too_small_costs_tightness_only() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem((x - y) ** 2 * (1 + x**2) + x**2 + 0.25)
    plan = without_idle_squares(dense_plan(problem, 2))
    rows = np.eye(plan.blocks[0].size, dtype=int).tolist()
    for left_out in range(len(rows)):
        smaller = cut_down(plan, [[[Fraction(v) for v in row] for i, row in enumerate(rows) if i != left_out]])
        assert smaller is not None
        relaxation = assemble(smaller)
        dual = dual_bound(relaxation, request_of(problem).solve(relaxation.sdp), np.ones(2))
        near = None if dual is None else dual.near
        assert prove_everywhere(relaxation, problem, near, dimension_of(smaller, problem)).value <= 0.25


@pytest.mark.parametrize("name", ["goldstein_price", "hock_schittkowski_40"])
def test_a_proof_on_a_face_needs_the_dimension_of_its_identities(name) -> None:
    problem, relaxation = smallest(name)
    dual = dual_bound(relaxation, request_of(problem).solve(relaxation.sdp), np.ones(problem.n_variables))
    assert dual is not None
    dimension = dimension_of(relaxation.plan, problem)
    assert dimension is not None
    assert prove_everywhere(relaxation, problem, dual.near, dimension).proved
    assert prove_everywhere(relaxation, problem, dual.near, dimension + 1).reason is Unproved.NOT_SPREAD
    assert prove_everywhere(relaxation, problem, dual.near).reason is Unproved.NOT_SPREAD


def test_what_is_proved_on_a_face_is_proved_of_this_problem_only() -> None:
    problem, relaxation = smallest("goldstein_price")
    dual = dual_bound(relaxation, request_of(problem).solve(relaxation.sdp), np.ones(2))
    assert dual is not None
    x, y = problem.minimize.variables
    other = replace(problem, minimize=problem.minimize + 1e-9 * ms.variables(f"{x} {y}")[0] ** 8)
    assert not prove_everywhere(relaxation, other, dual.near, dimension_of(relaxation.plan, other)).proved


@pytest.mark.parametrize("seed", range(15))
def test_random_singular_sums_of_squares_are_certified_everywhere(seed) -> None:
    _certified(seed)


@pytest.mark.slow
def test_more_random_singular_sums_of_squares_are_certified_everywhere() -> None:
    for seed in range(15, 75):
        _certified(seed)


def _certified(seed: int) -> None:
    problem, minimum = singular_problem(seed)
    result = ms.solve(problem)
    assert result.status is Status.CERTIFIED
    assert result.rigorous
    assert result.region.everything
    assert result.lower_bound <= minimum <= result.upper_bound


@pytest.mark.parametrize("n", [6, 20])
def test_long_valleys_are_certified_everywhere(n) -> None:
    result = ms.solve(rosenbrock(n))
    assert result.status is Status.CERTIFIED
    assert result.rigorous
    assert -1e-6 < result.lower_bound <= 0.0


@pytest.mark.parametrize("name", ["beale", "powell_singular", "rosenbrock_4", "hock_schittkowski_40"])
def test_bounds_on_faces_have_exact_certificates_without_a_ball(name) -> None:
    result = ms.solve(BY_NAME[name].problem())
    assert result.status is Status.CERTIFIED
    certificate = result.certify()
    assert certificate.verify()
    assert "ball" not in str(certificate)


def test_fractions_as_curvature_are_no_obstacle() -> None:
    x, y = ms.variables("x y")
    result = ms.solve(ms.Problem((y - Fraction(137, 100) * x**2) ** 2 + (x - 1) ** 2))
    assert result.status is Status.CERTIFIED
    assert result.rigorous


def test_a_curve_that_rounding_has_broken_is_not_certified_everywhere() -> None:
    x, y = ms.variables("x y")
    below = 1.0 - 2.0**-53  # the leading form is negative near the curve y = x^2
    result = ms.solve(ms.Problem(y**2 - 2 * x**2 * y + below * x**4 + (x - 1) ** 2))
    assert not (result.status is Status.CERTIFIED and result.region.everything)
