"""Normal forms modulo equalities: values agree on the variety, bases have the size of the quotient."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from signs import optimum, signs

import momentsos as ms
from momentsos.polynomials import monomial_basis
from momentsos.polynomials.quotient import Quotient
from momentsos.relaxations import assemble, dense_plan
from momentsos.relaxations.unfolded import unfolded
from momentsos.solvers import SolverOptions
from momentsos.solvers.registry import SOLVERS

x, y, z = ms.variables("x y z")


def polynomials(*given: ms.Polynomial) -> list[ms.Polynomial]:
    return [p.over(("x", "y", "z")) for p in given]


KINDS = {
    "signs": (polynomials(x**2 - 1, y**2 - 1, z**2 - 4), [(1.0, -1.0, 2.0), (-1.0, 1.0, -2.0)]),
    "binaries": (polynomials(x**2 - x, 2 * y**2 - 2 * y, z**2 - z), [(1.0, 0.0, 1.0), (0.0, 0.0, 1.0)]),
    "roots": (polynomials(x**3 - 2 * x**2 - x + 2, y**2 - 3 * y + 2), [(2.0, 1.0, 0.7), (-1.0, 2.0, -1.5)]),
    "sphere": (polynomials(x**2 + y**2 + z**2 - 9), [(1.0, 2.0, -2.0), (0.0, -3.0, 0.0)]),
    "shifted": (polynomials(2 * x**2 + y**2 - 4 * x + 2 * y - 5), [(3.0, -1.0, 0.3), (1.0, 1.8284271247461903, 2.0)]),
    "circle and sign": (polynomials(x**2 + y**2 - 25, z**2 - 1), [(3.0, 4.0, 1.0), (-4.0, 3.0, -1.0)]),
    "two spheres": (polynomials(x**2 + y**2 - 5, y**2 + z**2 - 10), [(2.0, 1.0, 3.0), (-2.0, -1.0, 3.0)]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_monomial_and_its_normal_form_agree_on_the_variety(kind) -> None:
    equalities, points = KINDS[kind]
    quotient = Quotient.of(equalities)
    rows = monomial_basis(3, 6)
    found = quotient.reduced(rows)
    assert quotient.standard(found.rows).all()
    for point in np.array(points):
        terms = found.values * np.prod(point**found.rows, axis=1)
        values = np.bincount(found.owner, terms, len(rows))
        assert np.abs(values - np.prod(point**rows, axis=1)).max() <= 1e-9 * np.abs(values).max()


@pytest.mark.parametrize("kind", KINDS)
def test_bases_are_counted_without_being_listed(kind) -> None:
    quotient = Quotient.of(KINDS[kind][0])
    for degree in range(6):
        assert quotient.basis_size(degree) == quotient.standard(monomial_basis(3, degree)).sum()


def test_normal_forms_in_fractions_lie_within_the_bounds_of_their_errors() -> None:
    """A leading coefficient of 3: quotients that no float holds."""
    quotient = Quotient.of(polynomials(3 * x**2 - x - 1, 7 * y**2 + 5 * z**2 - 11 * y - 13))
    assert not quotient.pure
    rows = monomial_basis(3, 6)
    found = quotient.reduced(rows)
    exact: list[dict] = []
    for row in rows.tolist():
        waiting, done = {tuple(row): Fraction(1)}, {}
        while waiting:
            (a, b, c), v = waiting.popitem()
            if a >= 2:
                parts = [((a - 1, b, c), v / 3), ((a - 2, b, c), v / 3)]
            elif b >= 2:
                parts = [((a, b - 2, c + 2), -5 * v / 7), ((a, b - 1, c), 11 * v / 7), ((a, b - 2, c), 13 * v / 7)]
            else:
                done[a, b, c] = done.get((a, b, c), 0) + v
                continue
            for key, value in parts:
                waiting[key] = waiting.get(key, 0) + value
        exact.append(done)
    assert found.errors.any()
    for row, owner, value, error in zip(found.rows, found.owner, found.values, found.errors, strict=True):
        true = exact[owner].pop(tuple(row.tolist()), Fraction(0))
        assert abs(Fraction(float(value)) - true) <= Fraction(float(error))
    assert not any(value for done in exact for value in done.values())


@pytest.mark.parametrize(
    "equalities",
    [
        polynomials(x * y - 1),
        polynomials(x + y - 1),
        polynomials(x**2 - y),
        polynomials(x**2 - y**2 - 1),
        polynomials(x**3 + y**2 - 1),
        polynomials(x**2 - 1e5),
        [],
    ],
)
def test_other_equalities_stay_equations(equalities) -> None:
    assert Quotient.of(equalities) is None


def test_signs_of_order_three_have_as_many_moments_as_the_quotient() -> None:
    problem = signs(8, 0)
    assert [ms.relax(problem, order).sizes["moments"] for order in (1, 2, 3)] == [37, 163, 247]
    assert ms.relax(problem, 3).sizes["largest_block"] == 93


@pytest.mark.parametrize("kind", KINDS)
def test_the_relaxation_is_as_strong_as_with_equations(kind) -> None:
    equalities, _ = KINDS[kind]
    objective = (x * y - 2 * y * z + x**2 * z - y).over(("x", "y", "z"))
    ball = (30 - x**2 - y**2 - z**2).over(("x", "y", "z"))
    problem = ms.Problem(objective, [ball], equalities)
    values = []
    for in_quotient in (True, False):
        sdp = assemble(dense_plan(problem, 2, in_quotient=in_quotient)).sdp
        values.append(SOLVERS["native"]().solve(sdp, SolverOptions()).residuals.dual_objective)
    assert values[0] == pytest.approx(values[1], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("kind", ["signs", "roots", "sphere", "two spheres"])
def test_a_solution_written_out_solves_the_program_with_equations(kind) -> None:
    equalities, _ = KINDS[kind]
    objective = (x * y - 2 * y * z + x**2 * z - y).over(("x", "y", "z"))
    problem = ms.Problem(objective, [(30 - x**2 - y**2 - z**2).over(("x", "y", "z"))], equalities)
    relaxation = assemble(dense_plan(problem, 2))
    answer = SOLVERS["native"]().solve(relaxation.sdp, SolverOptions())
    whole, solution = unfolded(relaxation, answer, problem)
    assert whole.plan.quotient is None and whole.sdp.n_moments > relaxation.sdp.n_moments
    assert solution.residuals.worst <= 1e-7


@pytest.mark.parametrize("kind", ["signs", "binaries", "sphere", "shifted", "circle and sign", "two spheres"])
def test_bounds_in_a_quotient_are_theorems_with_exact_certificates(kind) -> None:
    equalities, points = KINDS[kind]
    objective = (x * y - 2 * y * z + x * z - y).over(("x", "y", "z"))
    inside = [] if kind in ("signs", "binaries", "circle and sign", "two spheres") else [9 - z**2]
    problem = ms.Problem(objective, [g.over(("x", "y", "z")) for g in inside], equalities)
    result = ms.solve(problem, method="dense")
    assert result.status is ms.Status.CERTIFIED and result.rigorous
    assert result.lower_bound <= float(objective(np.array(points)).min()) + 1e-9
    assert result.certify() is not None


def test_signs_are_solved_in_the_quotient_to_their_optimum() -> None:
    problem = signs(8, 2)
    result = ms.solve(problem, order=2, method="dense")
    assert result.status is ms.Status.CERTIFIED
    assert result.upper_bound == pytest.approx(optimum(problem), rel=1e-12)
    assert (np.abs(result.minimizers) == 1.0).all()
