"""The parts of the judge: each against exact arithmetic or an independent answer."""

from __future__ import annotations

import ast
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from flint import arb
from oracle import value_at

import momentsos as ms
from momentsos.points.judge import Value
from momentsos.points.judge.compiled import Compiled
from momentsos.points.judge.exact import ExactForm
from momentsos.points.judge.forms import Constraints, Form
from momentsos.points.judge.krawczyk import Neighbourhood
from momentsos.points.judge.monomials import Monomials
from momentsos.points.judge.signs import Tables
from momentsos.points.judge.snapping import feasible_limit
from momentsos.points.judge.squarefree import without_squares
from momentsos.points.judge.steps import least_step
from momentsos.points.judge.units import natural_units
from momentsos.points.judge.wide_steps import wide_step

x, y = ms.variables("x y")
Problem = ms.Problem
Polynomial = ms.Polynomial


def random_polynomial(rng: np.random.Generator, n: int, spread: float) -> Polynomial:
    rows = rng.integers(0, 5, size=(int(rng.integers(1, 9)), n)) * (rng.random((1, n)) < 0.8)
    values = rng.normal(size=len(rows)) * 10.0 ** rng.uniform(-spread, spread, size=len(rows))
    return Polynomial.from_terms(rows, values, [f"x{i}" for i in range(n)])


def test_the_judge_knows_of_the_problem_alone() -> None:
    folder = Path(ms.__file__).parent / "points" / "judge"
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level >= 2:
                assert node.level == 3
                assert node.module.split(".")[0] in ("errors", "machine", "polynomials", "problem"), path.name


# -- floats ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spread", [0.0, 8.0, 60.0, 300.0])
def test_no_value_in_floats_is_off_by_more_than_its_error(spread, rng) -> None:
    for _ in range(60):
        n = int(rng.integers(1, 5))
        listed = [p for p in (random_polynomial(rng, n, min(spread, 20.0)) for _ in range(4)) if p.degree]
        if not listed:
            continue
        forms = [Form.of(p) for p in listed]
        tables = Tables.of(forms, n)
        for _ in range(4):
            point = rng.normal(size=n) * 10.0 ** rng.uniform(-spread, spread, size=n)
            point[rng.random(n) < 0.1] = 0.0
            signs = tables.at(point)
            shift = [Fraction(v) * (1 + Fraction(int(rng.integers(-9, 10)), 9 * 2**53)) for v in point.tolist()]
            for j, (p, form) in enumerate(zip(listed, forms, strict=True)):
                exact = value_at(p, shift) / form.factor
                if np.isfinite(signs.errors[j]) and np.isfinite(signs.values[j]):
                    assert abs(Fraction(float(signs.values[j])) - exact) <= Fraction(float(signs.errors[j]))
                assert not (signs.positive[j] and exact <= 0)
                assert not (signs.negative[j] and exact >= 0)


def test_where_terms_cancel_floats_say_nothing() -> None:
    forms = [Form.of((x - 1) ** 7), Form.of(x**2 - 2 * x + Fraction(10**30 + 1, 10**30))]
    signs = Tables.of(forms, 2).at(np.array([1.0, 0.0]))
    assert not (signs.positive | signs.negative).any()
    assert [ExactForm(form).sign([arb(1), arb(0)], np.inf) for form in forms] == [0, 1]


def test_products_that_underflow_on_the_way_are_seen() -> None:
    forms = [Form.of(x**4 * y**4 - 0.5)]  # at (1e-90, 1e90): powers underflow, the product is one
    signs = Tables.of(forms, 2).at(np.array([1e-90, 1e90]))
    assert not (signs.positive | signs.negative).any()


def test_slopes_are_those_of_the_polynomials(rng) -> None:
    for _ in range(20):
        n = int(rng.integers(1, 5))
        p = random_polynomial(rng, n, 1.0)
        if not p.degree:
            continue
        form = Form.of(p)
        point = rng.normal(size=n) * (rng.random(n) < 0.8)
        units = rng.uniform(0.5, 2.0, n)
        expected = np.array([d(point) for d in p.gradient()]) * units / float(form.factor)
        size = np.abs(expected).max() + 1e-3
        assert np.abs(np.asarray(Tables.of([form], n).jacobian(point, units))[0] - expected).max() <= 1e-12 * size
        exact = ExactForm(form).slopes([arb(v) for v in point.tolist()], {}) * units
        assert np.abs(exact - expected).max() <= 1e-12 * size


def test_monomials_cost_what_their_factors_cost() -> None:
    rows = np.eye(300, dtype=np.int64)
    monomials = Monomials.of(np.concatenate([0 * rows[:1], rows, 2 * rows]))
    assert len(monomials.factors) == 601
    assert monomials.has_constant


# -- forms -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "p",
    [
        x - 3 * y + 0.1,
        x * Fraction(1, 3) + Fraction(10) ** 300 * y,
        1e-320 * x + y,
        Fraction(1, 10**400) * x - y,
        1e300 * x,
    ],
    ids=str,
)
def test_a_form_is_a_multiple_of_its_polynomial(p) -> None:
    form = Form.of(p)
    assert form.factor > 0
    assert np.abs(form.floats).max() <= 1
    for value, rational, ball in zip(p.coefficients.tolist(), form.rationals(), form.balls(), strict=True):
        exact = Fraction(int(rational.p), int(rational.q))
        assert exact * form.factor == Fraction(value)
        assert ball.is_exact()
    ratios = [Fraction(a) / form.integers()[0] for a in form.integers()]
    assert ratios == [Fraction(v) / Fraction(p.coefficients.tolist()[0]) for v in p.coefficients.tolist()]


def test_constraints_are_counted_once() -> None:
    line, circle = x + 2 * y - 3, 1 - x**2 - y**2
    third = Fraction(1, 3)
    found = Constraints.of(
        Problem(x, [line * third, circle, 0.1 * circle, circle * third, line * 7.0], [line, line * -third])
    )
    assert (len(found.equalities), len(found.inequalities)) == (1, 1)
    opposite = Constraints.of(Problem(x, [circle, y, -third * circle]))
    assert (len(opposite.equalities), len(opposite.inequalities)) == (1, 1)
    near = Constraints.of(Problem(x, [circle, 0.1 * (1 - x**2) - 0.1 * y**2 + 1e-17]))
    assert len(near.inequalities) == 2
    assert Constraints.of(Problem(x, [1 + 0 * x, 0 * x], [0 * y])).inequalities == ()
    assert Constraints.of(Problem(x, [Polynomial.constant(-1e-300)])).empty
    assert Constraints.of(Problem(x, [], [Polynomial.constant(1.0)])).empty


def test_units_are_those_in_which_terms_have_one_size() -> None:
    forms = [Form.of(1e-12 * x**2 + 1e6 * y - 1)]
    assert np.log10(natural_units(forms, 2)) == pytest.approx([6, -6], abs=0.2)
    names = [f"x{i}" for i in range(100)]
    wide = [
        Form.of(Polynomial.from_terms(np.array([2 * row, 0 * row]), [10.0 ** (2 * (i % 5)), -1.0], names))
        for i, row in enumerate(np.eye(100, dtype=np.int64))
    ]
    assert np.log10(natural_units(wide, 100)) == pytest.approx([-(i % 5) for i in range(100)], abs=0.2)


# -- steps -------------------------------------------------------------------------------------------------


def test_the_least_step_is_the_least_one(rng) -> None:
    from scipy.optimize import minimize

    for _ in range(20):
        n, p, q = 4, int(rng.integers(0, 3)), int(rng.integers(1, 3))
        rows = rng.normal(size=(p + q, n))
        rows /= np.linalg.norm(rows, axis=1)[:, None]
        lack, slack = 1e-9 * rng.normal(size=p), 1e-9 * rng.normal(size=q)
        step = least_step(rows[:p], lack, rows[p:], slack, 1e-28, 1e-3)
        assert np.abs(rows[:p] @ step + lack).max(initial=0.0) <= 1e-20
        assert (rows[p:] @ step + slack).min() >= -1e-20
        found = minimize(
            lambda s: 0.5 * s @ s,
            step * 1e9,
            jac=lambda s: s,
            constraints=[
                {"type": "eq", "fun": lambda s, rows=rows, lack=lack, p=p: rows[:p] @ s + 1e9 * lack},
                {"type": "ineq", "fun": lambda s, rows=rows, slack=slack, p=p: rows[p:] @ s + 1e9 * slack},
            ][p == 0 :],
            method="SLSQP",
        )
        assert np.linalg.norm(step) <= 1e-9 * np.linalg.norm(found.x) * (1 + 1e-5) + 1e-16
        wide = wide_step(sp.csr_array(rows[:p]), lack, sp.csr_array(rows[p:]), slack, 1e-28)
        if wide is not None:
            assert (rows[p:] @ wide + slack).min() >= -1e-17
            assert np.abs(rows[:p] @ wide + lack).max(initial=0.0) <= 1e-14


def test_a_margin_is_kept_where_it_can_be() -> None:
    rows = np.array([[1.0, 0.0], [0.0, 1.0]])
    step = least_step(np.zeros((0, 2)), np.zeros(0), rows, np.array([-1e-9, 1e-7]), 1e-28, 1e-8)
    assert step[0] > 1e-9 - 1e-24
    tiny = least_step(np.zeros((0, 2)), np.zeros(0), rows, np.array([0.0, 1e-7]), 1e-28, 1e-8)
    assert tiny[0] == pytest.approx(1e-28)
    both = np.array([[1.0, 0.0], [-1.0, 0.0]])
    assert np.abs(least_step(np.zeros((0, 2)), np.zeros(0), both, np.array([0.0, 0.0]), 1e-28, 1e-8)).max() == 0


# -- proofs ------------------------------------------------------------------------------------------------


def around(problem: Problem, point: np.ndarray) -> tuple[Neighbourhood, list[arb]]:
    compiled = Compiled(problem)
    units = np.ones(len(point))
    rows = compiled.tables.jacobian(point, units)
    box = Neighbourhood.of(compiled.tables, point, units, rows, compiled.tables.rounding)
    assert box is not None
    exact = [arb(v) for v in point.tolist()]
    return box, [form.ball(exact, {}) for form in compiled.forms]


def test_a_proof_needs_a_zero() -> None:
    near_two = np.array([2.0**0.5, 0.0])
    box, values = around(Problem(x, [], [x**2 - 2, y]), near_two)
    assert box.radius([0, 1], values) is None  # a float is too far from the root for thirty digits
    box, values = around(Problem(x, [], [x**2 - 4, y]), np.array([2.0, 0.0]))
    assert box.radius([0, 1], values) <= 1e-290
    none, gap = around(Problem(x, [], [x**2 + Fraction(1, 10**70), y]), np.array([0.0, 0.0]))
    assert none.radius([0, 1], gap) is None
    singular, values = around(Problem(x, [], [(x - 1) ** 2 + 0 * y, y]), np.array([1.0, 0.0]))
    assert singular.radius([0, 1], values) is None


def test_what_a_constraint_changes_by_is_bounded(rng) -> None:
    for _ in range(20):
        p = random_polynomial(rng, 3, 1.0)
        if not p.degree:
            continue
        problem, point = Problem(p, [p]), rng.normal(size=3)
        box, _ = around(problem, point)
        factor = float(Constraints.of(problem).inequalities[0].factor)
        for rho in (1e-4, 1e-3 * 0.9):
            moves = rho * rng.uniform(-1, 1, size=(50, 3))
            assert np.abs(p(point + moves) - p(point)).max() / factor <= box.changes(rho)[0] * (1 + 1e-9) + 1e-15


# -- fractions, squares ------------------------------------------------------------------------------------


def test_a_limit_is_recognised_as_a_fraction() -> None:
    compiled = Compiled(Problem(x, [], [123457 * x - 1, 3 * y - x]))
    from flint import ctx, fmpq

    with ctx.workprec(600):
        near = [arb(fmpq(1, 123457)).mid(), arb(fmpq(1, 3 * 123457)).mid()]
    assert feasible_limit(compiled, near) == (Fraction(1, 123457), Fraction(1, 370371))
    assert feasible_limit(compiled, [near[1], near[0]]) is None


@pytest.mark.parametrize(
    ("constraint", "equalities", "inequalities"),
    [
        (-((x**2 + y - 1) ** 2), 1, 0),
        ((x**2 + y - 1) ** 4, 0, 0),
        ((x**2 + y - 1) ** 3, 0, 1),
        (-((x + y) ** 2) * (x - y) ** 3, 0, 1),
        (-2 * (x + y) ** 2 * (x - y) ** 4, 1, 0),
    ],
    ids=str,
)
def test_squared_factors_are_removed_from_inequalities(constraint, equalities, inequalities, rng) -> None:
    problem = Problem(x, [constraint])
    simpler = without_squares(problem, Constraints.of(problem))
    assert (len(simpler.equalities), len(simpler.inequalities)) == (equalities, inequalities)
    for _ in range(50):
        point = [Fraction(int(v), 8) for v in rng.integers(-16, 17, size=2)]
        holds = all(value_at(g, point) >= 0 for g in simpler.inequalities)
        holds = holds and all(value_at(h, point) == 0 for h in simpler.equalities)
        assert not holds or value_at(constraint, point) >= 0
    assert without_squares(simpler, Constraints.of(simpler)) is None


def test_values_are_rounded_outwards() -> None:
    third = Value.exactly(Fraction(1, 3))
    assert Fraction(third.lower) < Fraction(1, 3) < Fraction(third.upper)
    assert np.nextafter(third.lower, 1.0) == third.upper
    assert Value.exactly(Fraction(1, 2)).upper == 0.5
    assert third.decimal() == "0.333333333333333333333333333334"
    assert Value.exactly(Fraction(-2, 3)).decimal(5) == "-0.66666"
    assert Value.exactly(Fraction(10) ** 9000).decimal(3) == "1.00E+9000"
    assert Value.exactly(Fraction(10) ** 400).upper == np.inf
    assert Value.exactly(-(Fraction(10) ** 400)).upper == -np.finfo(float).max
    assert Value.exactly(Fraction(1, 10**400)).upper == 5e-324
