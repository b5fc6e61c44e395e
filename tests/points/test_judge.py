"""Every value is that of the point, grades mean what they say, limits and the ends of the floats are kept."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import time
from fractions import Fraction

import numpy as np
import pytest
from oracle import complaint, judged, nearby_zero, point_of, value_at

import momentsos as ms
from momentsos.points.judge import Feasibility, PointJudge, Refusal

x, y = ms.variables("x y")
Problem = ms.Problem


# -- values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("constant", [10**10, 10**12])
def test_a_large_constant_takes_no_digits_from_the_value(constant, rng) -> None:
    p = Fraction(constant) + (y - x**2) ** 2 + Fraction(1, 10**8) * (x - 1) ** 2
    for q in (p, constant + (y - x**2) ** 2 + 1e-8 * (x - 1) ** 2):
        for point in ([1.0, 1.0], [1 + 1e-3, 1.0], rng.normal(size=2)):
            verdict = judged(Problem(q), point)
            assert verdict.feasibility is Feasibility.EXACT
            assert abs(verdict.value.low - value_at(q, point_of(verdict))) <= Fraction(constant, 10**36)
    assert PointJudge(Problem(p))([1, 1]).upper == constant


def test_fractions_count_in_full() -> None:
    a = 10**7
    p = x**2 - (2 * a - Fraction(1, 10)) * x + (Fraction(a) ** 2 - Fraction(a, 10))
    verdict = judged(Problem(p, variables=("x",)), [a - 0.05])
    assert Fraction(-1, 400) <= verdict.value.low <= Fraction(-1, 400) + Fraction(1, 10**17)
    assert verdict.upper == pytest.approx(-0.0025, abs=1e-17)


def test_values_far_out_and_of_many_sizes_have_thirty_digits(rng) -> None:
    far = Problem(117450 * x - 114525 * x**3 + 9.50574e-6 * x**4, variables=("x",))
    assert judged(far, [9.036e9]).upper == pytest.approx(-2.1e34, rel=0.1)
    names = ms.variables(" ".join(f"z{i}" for i in range(11)))
    quartic = sum(
        float(10.0 ** rng.integers(-8, 9)) * a * b * c * d
        for a, b, c, d in zip(*(names[i:] + names[:i] for i in range(4)), strict=False)
    )
    square = sum((1e4 * a - b) ** 2 for a, b in itertools.pairwise(names))
    for _ in range(5):
        judged(Problem(square**2 + quartic), rng.normal(size=11) * 10.0 ** rng.integers(-3, 4, size=11))


def test_fine_digits_belong_to_the_point() -> None:
    problem = Problem(x, [], [3 * x - 1], ("x",))
    third = 1 / 3
    verdict = judged(problem, [third], fine=[1 / 3 / 2**54])
    assert verdict.exact_point == (Fraction(1, 3),)
    assert verdict.value.is_exact
    plain = judged(Problem((x - 1) ** 2, variables=("x",)), [1.0], fine=[1e-20])
    assert plain.value.low == Fraction(1e-20) ** 2
    assert judged(Problem(x, [x - 1], [], ("x",)), [1.0], fine=[-1e-30]).moved > 0
    strict = judged(Problem(x, [x - 1], [], ("x",)), [1.0], fine=[1e-30])
    assert strict.moved == 0
    assert strict.fine[0] == 1e-30


def test_a_moved_point_has_its_own_value() -> None:
    problem = Problem(1e6 * x, [x - y, y - 1])
    verdict = judged(problem, [1 - 4e-9, 1.0])
    assert verdict.feasible
    assert verdict.value.low >= 10**6
    assert verdict.moved >= 3e-9
    assert verdict.point[0] >= 1 - 1e-15


# -- grades ------------------------------------------------------------------------------------------------


def test_what_holds_exactly_is_said_to() -> None:
    assert judged(Problem(x, [1 - x**2 - y**2]), [0.1, 0.2]).feasibility is Feasibility.EXACT
    assert judged(Problem(x, [], [x * y - 1]), [0.5, 2.0]).feasibility is Feasibility.EXACT
    for start in ([1 / 3, 1 / 7], [1 / 3 + 1e-13, 1 / 7 - 1e-13]):
        verdict = judged(Problem(x, [], [3 * x - 1, 7 * y - 1]), start)
        assert verdict.exact_point == (Fraction(1, 3), Fraction(1, 7))


def test_a_root_that_no_float_holds_is_proved() -> None:
    problem = Problem(x + y, [x], [x**2 + y**2 - 3, x - 2 * y])
    verdict = judged(problem, [2 * 0.6**0.5 + 1e-9, 0.6**0.5])
    assert verdict.feasibility is Feasibility.PROVED
    zero = nearby_zero(problem, point_of(verdict))
    assert verdict.value.low <= value_at(problem.minimize, zero) + Fraction(1, 10**60)
    assert value_at(problem.minimize, zero) <= verdict.value.high + Fraction(1, 10**60)


def test_an_active_inequality_is_part_of_the_proof() -> None:
    problem = Problem(x, [x**2 - 2, x + y], [y - x**3])
    verdict = judged(problem, [2**0.5 - 1e-12, 8**0.5])
    assert verdict.feasible
    assert verdict.value.high >= Fraction(1414213562373095, 10**15)


def test_where_equalities_follow_from_each_other_nothing_is_proved() -> None:
    circle = x**2 + y**2 - 2
    problem = Problem(x, [], [circle, y - 0.25, circle * (x + 3) + (y - 0.25)])
    verdict = judged(problem, [-((2 - 0.0625) ** 0.5), 0.25])
    assert verdict.feasibility is Feasibility.CONVERGED


@pytest.mark.parametrize("factor", [2.0, -1.0, Fraction(1, 3), Fraction(-7, 10)])
def test_proportional_constraints_are_one(factor) -> None:
    line = x + 2 * y - 3
    best = [0.6, 1.2]
    for equalities in ([line, line * factor], [line * factor, line, line]):
        assert judged(Problem(x**2 + y**2, [], equalities), best).feasible
    pair = [line, -abs(factor) * line]
    verdict = judged(Problem(x**2 + y**2, pair), best)
    assert verdict.feasible
    assert verdict.value.high >= Fraction(9, 5)
    doubled = judged(Problem(x, [x - 1, abs(factor) * (x - 1), y]), [1 - 1e-10, 0.5])
    assert doubled.feasibility is Feasibility.EXACT


# -- limits ------------------------------------------------------------------------------------------------


def test_the_limit_decides_how_far_a_point_may_move() -> None:
    problem = Problem(x, [], [x**2 + y**2 - 1])
    judge = PointJudge(problem)
    assert not judge([1 + 1e-4, 0.3]).feasible
    near = [0.8 + 1e-4, 0.6]
    assert judge(near).reason is Refusal.TOO_FAR
    mended = judge.mend(near)
    assert mended.feasible
    assert 1e-5 < mended.moved <= 1e-3
    assert complaint(problem, mended) is None
    assert judge(near, limit=1e-3).feasible
    assert not judge.mend([0.81, 0.6]).feasible


def test_units_are_what_moves_are_measured_in() -> None:
    tiny = Problem(x, [1e-20 - x**2 - y**2])
    start = [-1.0000001e-10, 0.0]
    assert not PointJudge(tiny)(start).feasible
    assert PointJudge(tiny)(start, units=[1.0, 1.0]).feasible
    large = Problem(x, [1e20 - x**2 - y**2])
    assert PointJudge(large)([-1e10 - 10, 0.0]).feasible


def test_time_is_kept() -> None:
    problem = Problem(x, [], [x**2 + y**2 - 3])
    assert PointJudge(problem)([1.0, 2**0.5], until=time.perf_counter() - 1).reason is Refusal.NO_TIME


@pytest.mark.parametrize(
    "point",
    [
        [math.nan, 0.0],
        [math.inf, 0.0],
        [0.0, -math.inf],
        [1e200, -1e200],
        [1e308, 1e308],
        [5e-324, 5e-324],
        [-5e-324, 5e-324],
        [1e-200, 1e200],
        [1e-160, -1e-170],
        [2.0**-1022, -(2.0**-1060)],
    ],
)
def test_numbers_at_the_ends_of_the_floats_are_refused_or_judged_rightly(point) -> None:
    problems = [
        Problem(x**8 + y, [1 - x**2 - y**2, x * y]),
        Problem(x**8 - y**3),
        Problem(y, [x**8 - y, y]),
        Problem(x, [], [x * y - 1]),
        Problem(x, [1e-300 * x - 1e-300 * y], [1e300 * x * y - 1e300]),
        Problem(x, [x * y]),
    ]
    for problem in problems:
        for limit in (1e-8, 1e-3):
            judged(problem, point, limit=limit)


def test_a_value_beyond_all_floats_is_infinity_or_the_largest_one() -> None:
    judge = PointJudge(Problem(x**9, variables=("x",)))
    assert judge([1e200]).upper == math.inf
    assert judge([-1e200]).upper == -np.finfo(float).max
    assert judge([-1e200]).value.lower == -math.inf


def test_coefficients_beyond_all_floats_do_not_matter() -> None:
    huge = Fraction(10) ** 400
    assert judged(Problem(x, [], [huge * x - huge]), [1 + 1e-9, 0.0]).feasible
    assert not judged(Problem(x, [], [huge * x - huge]), [1 + 1e-6, 0.0]).feasible
    assert not judged(Problem(x, [y / huge - 1]), [0.0, 1e300]).feasible
    assert judged(Problem(x, [x / huge, huge - y]), [0.0, 1e300]).feasible


def test_high_degrees_do_not_blow_up() -> None:
    corner = Problem(x, [1 - x**10000 - y**10000])
    assert judged(corner, [0.9999, 0.9999]).feasible
    assert PointJudge(corner)([-1.0, 1e-9]).feasible
    assert not PointJudge(corner)([0.99999, 0.99999]).feasible
    assert PointJudge(Problem(x, [], [1 - x**10000 - y**10000]))([0.5 ** (1 / 10000)] * 2).feasible


def test_many_variables_are_judged() -> None:
    n = 1000
    unit = np.eye(n, dtype=int)
    names = [f"x{i}" for i in range(n)]
    rows = np.concatenate([4 * unit[:-1], 2 * unit[:-1] + unit[1:], 2 * unit[1:], 2 * unit, unit, 0 * unit[:1]])
    values = np.repeat([100.0, -200.0, 100.0, 1.0, -2.0, float(n)], [n - 1, n - 1, n - 1, n, n, 1])
    valley = ms.Polynomial.from_terms(rows, values, names)
    chain = [
        ms.Polynomial.from_terms(np.array([2 * a, 2 * b, 0 * a]), [1, 1, -1], names)
        for a, b in itertools.pairwise(unit)
    ]
    box = [ms.Polynomial.from_terms(np.array([a, 0 * a]), [1, 1 - 2 * i % 7], names) for i, a in enumerate(unit)]
    free = PointJudge(Problem(valley))(np.ones(n))
    assert free.value.is_exact
    assert free.value.low == 0
    root = PointJudge(Problem(valley, [], chain))(np.full(n, 0.5**0.5) + 1e-12)
    assert root.feasible
    corner = -np.array([1.0 - 2 * i % 7 for i in range(n)])
    inside = PointJudge(Problem(valley, box))(corner - 1e-10)
    assert inside.feasibility is Feasibility.EXACT


# -- the record --------------------------------------------------------------------------------------------


def test_verdicts_and_judges_travel() -> None:
    judge = PointJudge(Problem(x, [], [x**2 + y**2 - 3]))
    verdict = judge([1.0, 2**0.5])
    for copied in (pickle.loads(pickle.dumps(verdict)), copy.deepcopy(verdict)):
        assert copied == verdict
        assert hash(copied) == hash(verdict)
        assert copied.feasibility is Feasibility.PROVED
    assert verdict != judge([1.0, -(2**0.5)])
    assert pickle.loads(pickle.dumps(judge))([1.0, 2**0.5]).value == verdict.value
    assert "proved" in repr(verdict)
    assert "too far" in repr(judge([5.0, 5.0]))


def test_the_same_question_has_the_same_answer() -> None:
    judge = PointJudge(Problem(x + y, [x], [x**2 + y**2 - 3, x - 2 * y]))
    point = [2 * 0.6**0.5, 0.6**0.5]
    first = judge(point)
    judge([9.0, 9.0])
    assert judge(point).value == first.value
    assert (judge(point).fine == first.fine).all()


@pytest.mark.parametrize(
    ("point", "options"),
    [([1.0], {}), ([1.0, 2.0, 3.0], {}), ([1.0, 2.0], {"fine": [0.0]}), ([1.0, 9.0], {"units": [1.0, 0.0]})],
)
def test_shapes_that_do_not_fit_are_said(point, options) -> None:
    with pytest.raises(ms.InvalidInput):
        PointJudge(Problem(x, [x + y - 100]))(point, **options)
