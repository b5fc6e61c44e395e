"""The parts of a search: frames, rows, bounds from multipliers, propagation, where `auto` turns to boxes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import momentsos as ms
from momentsos.branching.intervals import product_interval, short_above, short_below
from momentsos.branching.model import Model
from momentsos.branching.monomials import Frame, Framed, lifted_exponents, lifting_pairs
from momentsos.branching.program import LinearProgram, Outcome
from momentsos.branching.prospect import Prospect, prospect_of
from momentsos.branching.rows import EQUALITY, PRODUCT, Key, Workshop
from momentsos.branching.safe import Rows, safe_bound
from momentsos.branching.start import frame_of


def random_problem(seed: int, n: int = 3, degree: int = 2) -> ms.Problem:
    """A problem with random coefficients, one of them a fraction."""
    rng = np.random.default_rng(seed)
    x = ms.variables(" ".join(f"x{i}" for i in range(n)))

    def polynomial():
        total = Fraction(int(rng.integers(1, 9)), 7) + 0 * x[0]
        for _ in range(5):
            term = float(rng.standard_normal())
            for k in rng.integers(0, n, rng.integers(1, degree + 1)):
                term = term * x[k]
            total = total + term
        return total

    linear = sum(float(c) * v for c, v in zip(rng.standard_normal(n), x, strict=True))
    return ms.Problem(polynomial(), [polynomial(), linear + 1], [polynomial()])


@pytest.mark.parametrize("seed", range(5))
def test_frames_are_exact(seed):
    problem = random_problem(seed, degree=4)
    rng = np.random.default_rng(seed)
    frame = Frame(
        tuple(Fraction(int(v), 8) for v in rng.integers(-9, 9, 3)), tuple(Fraction(2) ** int(k) for k in (-3, 0, 5))
    )
    framed = Framed.of(problem, frame)
    t = [Fraction(int(v), 5) for v in rng.integers(-9, 9, 3)]
    x = [s + w * v for s, w, v in zip(frame.shift, frame.width, t, strict=True)]

    def at(terms, point):
        return sum((c * np.prod([v**k for v, k in zip(point, e, strict=True)]) for e, c in terms.items()), Fraction(0))

    given = dict(zip(map(tuple, problem.minimize.exponents.tolist()), problem.minimize.exact, strict=True))
    assert at(framed.objective, t) == at(given, x)


@pytest.mark.parametrize("word", [(0, 0, 0, 0), (0, 1, 2, 3), (0, 0, 1, 1, 1), (2, 2, 2, 2, 2, 2, 2)])
def test_every_monomial_is_a_product_of_two_lifted_variables(word):
    n = 4
    exponents = tuple(word.count(i) for i in range(n))
    lifted = lifted_exponents(n, lifting_pairs([exponents], n))
    sums = {tuple(a + b for a, b in zip(p, q, strict=True)) for p, q in product(lifted, lifted)}
    assert exponents in sums | set(lifted)
    assert len(set(lifted)) == len(lifted)


def test_the_frame_has_boxes_of_about_unit_width():
    low, high = np.array([0.0, 1e6, -3e-4, -np.inf]), np.array([100.0, 1e6 + 1, 1e-4, np.inf])
    frame = frame_of(low, high, np.array([1.0, 1.0, 1e-4, 5.0]))
    for a, b, s, w in zip(low[:3], high[:3], frame.shift, frame.width, strict=False):
        assert 0.05 <= (b - a) / float(w) <= 1.0001
        assert abs(a - float(s)) <= 4 * float(w)
    assert frame.shift[0] == 0
    assert frame.width[3] == 8


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_nonnegative_at_feasible_points_and_vanish_with_equalities(seed):
    problem = random_problem(seed)
    unit = Frame((Fraction(0),) * 3, (Fraction(1),) * 3)
    model = Model.of(Framed.of(problem, unit))
    rng = np.random.default_rng(seed)
    point = rng.uniform(-1, 1, 3)
    columns = model.squares_of_point(model.lifted_point(point))
    shop = Workshop(model, -np.ones(len(columns)), np.ones(len(columns)), np.inf, [])
    keys, rows = shop.base()
    values = rows.coefficients @ columns + rows.constants
    given = [problem.inequalities[0](point), problem.inequalities[1](point), problem.equalities[0](point)]
    assert values == pytest.approx(np.array(given) / model.scales)
    factor, one = 2 * model.size, 2 * model.size + 2
    some = [Key(PRODUCT, 0, 1), Key(PRODUCT, 1, model.size), Key(PRODUCT, 2, factor + 1), Key(PRODUCT, 0, 0)]
    made = shop.rows(some)
    linear = given[1] / model.scales[1]
    expected = [
        (point[0] + 1) * (point[1] + 1),
        (point[1] + 1) * (1 - point[0]),
        (point[2] + 1) * linear,
        (point[0] + 1) ** 2,
    ]
    assert made.coefficients @ columns + made.constants == pytest.approx(expected)
    assert keys[0] == Key(PRODUCT, factor, one)
    assert keys[2] == Key(EQUALITY, 0)


@pytest.mark.parametrize("seed", range(50))
def test_bounds_from_any_multipliers_hold_in_fractions(seed):
    rng = np.random.default_rng(seed)
    m, n = 6, 5
    size = 10.0 ** rng.integers(-6, 7, (m, 1))
    coefficients, constants = size * rng.standard_normal((m, n)), size[:, 0] * rng.standard_normal(m)
    low = rng.uniform(-2, 0, n) * 10.0 ** rng.integers(-4, 5, n)
    high = low + rng.uniform(0, 3, n) * 10.0 ** rng.integers(-4, 5, n)
    largest = np.maximum(np.abs(low), np.abs(high))
    sizes = np.abs(coefficients) @ largest + np.abs(constants)
    rows = Rows(coefficients, constants, rng.random(m) < 0.3, sizes)
    form, y = rng.standard_normal(n), rng.standard_normal(m) / size[:, 0]
    found = safe_bound(form, 0.5, rows, y, low, high)
    total = Fraction(0.5)
    for k in range(m):
        total -= Fraction(found.multipliers[k]) * Fraction(constants[k])
        assert rows.equal[k] or found.multipliers[k] >= 0
    for c in range(n):
        rest = Fraction(form[c])
        for k in range(m):
            rest -= Fraction(found.multipliers[k]) * Fraction(coefficients[k, c])
        total += min(rest * Fraction(low[c]), rest * Fraction(high[c]))
    assert Fraction(found.value) <= total
    assert found.value >= float(total) - 1e-11 * (1 + float(np.abs(found.multipliers) @ sizes) + float(largest.sum()))


def test_infinite_sides_that_count_leave_no_bound():
    rows = Rows(np.array([[1.0, 0.0]]), np.array([0.0]), np.array([False]), np.array([np.inf]))
    low, high = np.array([0.0, -np.inf]), np.array([1.0, np.inf])
    assert safe_bound(np.array([0.0, 1.0]), 0.0, rows, np.array([0.0]), low, high).value == -np.inf
    assert safe_bound(np.array([1.0, 0.0]), 0.0, rows, np.array([0.0]), low, high).value <= 0.0


@pytest.mark.parametrize("seed", range(20))
def test_intervals_of_products_hold_in_fractions(seed):
    rng = np.random.default_rng(seed)
    ends = np.sort(rng.standard_normal((2, 2, 30)) * 10.0 ** rng.integers(-8, 9, (2, 1, 30)), axis=1)
    (a, b), (c, d) = ends
    least, most = product_interval(a, b, c, d)
    for k in range(30):
        products = [Fraction(p) * Fraction(q) for p in (a[k], b[k]) for q in (c[k], d[k])]
        assert Fraction(least[k]) <= min(products)
        assert Fraction(most[k]) >= max(products)


@pytest.mark.parametrize("value", [0.1, -0.3, 1e-9, 123.456, -1e7, 0.0])
@pytest.mark.parametrize("width", [1.0, 1e-5, 1e4])
def test_short_numbers_are_rounded_outwards(value, width):
    assert short_below(value, width) <= value <= short_above(value, width)
    assert short_above(value, width) - short_below(value, width) <= width * 2.0**-20


def test_a_program_that_cannot_be_taken_fails():
    program = LinearProgram()
    assert program.run(1.0) is Outcome.FAILED


def test_infeasible_programs_are_told():
    program = LinearProgram()
    rows = Rows(np.array([[1.0], [-1.0]]), np.array([-2.0, 1.0]), np.zeros(2, bool), np.ones(2))
    program.load(np.zeros(1), rows, np.array([-5.0]), np.array([5.0]))
    assert program.run(1.0) is Outcome.INFEASIBLE
    assert program.ray is not None


def test_prospects():
    x, y = ms.variables("x y")
    box = [x, 1 - x, y, 1 - y]
    assert prospect_of(ms.Problem(-(x**2) + y, box)) is Prospect.CONCAVE
    assert prospect_of(ms.Problem(x**2 + y, box)) is None
    assert prospect_of(ms.Problem(x + y, box, [x * y])) is Prospect.COMPLEMENTARITY
    assert prospect_of(ms.Problem(x + y, [*box, x * y - 0.1])) is Prospect.BILINEAR
    assert prospect_of(ms.Problem(x + y, [*box, x**4 - 0.1])) is None
    assert prospect_of(ms.Problem(-(x**2))) is None
    z = ms.variables(" ".join(f"z{i}" for i in range(8)))
    assert prospect_of(ms.Problem(sum(z), [sum(v**2 for v in z) - 1, *z])) is Prospect.QUADRATIC


def test_auto_says_that_boxes_were_searched():
    x = ms.variables(" ".join(f"x{i}" for i in range(5)))
    objective = sum(c * v for c, v in zip((42, 44, 45, 47, 47.5), x, strict=True)) - 50 * sum(v**2 for v in x)
    rows = [40 - sum(c * v for c, v in zip((20, 12, 11, 7, 4), x, strict=True))]
    problem = ms.Problem(objective, [*rows, *x, *(1 - v for v in x)])
    result = ms.solve(problem)
    assert result.status is ms.Status.CERTIFIED
    assert result.method == "branch"
    assert "boxes were searched before any order" in result.reason
    assert result.upper_bound == -17.0 and not result.attempts


def test_auto_searches_boxes_first_only_where_the_set_is_bounded():
    x, y = ms.variables("x y")
    result = ms.solve(ms.Problem(x, [x, y, x * y - 1]))
    assert result.status is ms.Status.AT_INFINITY and "boxes" not in result.reason


def test_auto_leaves_a_named_order_alone():
    x, y = ms.variables("x y")
    problem = ms.Problem(-(x**2) - y**2 + x, [x, 1 - x, y, 1 - y])
    assert ms.solve(problem, order=1).method != "branch"


def test_rows_that_the_solver_refuses_are_a_program_that_has_failed() -> None:
    program = LinearProgram()
    one = Rows(np.array([[1.0]]), np.array([0.0]), np.array([False]), np.array([1.0]))
    program.load(np.array([1.0]), one, np.array([0.0]), np.array([1.0]))
    assert program.run(1.0) is Outcome.OPTIMAL
    program.add(replace(one, coefficients=np.array([[1e30]])))
    assert program.run(1.0) is Outcome.FAILED


def test_a_search_survives_numbers_that_the_solver_refuses() -> None:
    x, y = ms.variables("x y")
    objective = 42 * y + Fraction(28, 3) * x + Fraction(110000010, 11)
    result = ms.solve(ms.Problem(objective, [x**2 * y**3 - 0.0087890625, x, y]), time_limit=4)
    assert result.lower_bound <= 10000018.409090908 <= result.upper_bound + 1e-3
