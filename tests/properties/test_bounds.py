"""What bounds must not depend on, and in which direction they may move.

Problems are compact ones with planted minima; relaxations are named, so that both sides of a comparison solve the same
one. Solvers close a relaxation to about 1e-8 of the objective's size, so bounds are compared to 1e-6 of it.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import momentsos as ms

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.campaign import families  # enters them
from benchmarks.campaign.ask import posed
from benchmarks.campaign.case import Case
from benchmarks.campaign.family import FAMILIES

COMPACT = ("quadratic_on_a_box", "quadratic_on_a_ball", "quartic_on_a_ball", "quartic_on_a_box")
fast = settings(max_examples=10, deadline=None, derandomize=True)


@cache
def drawn(name: str, seed: int) -> Case:
    return FAMILIES[name].case(seed)


def walled(place: tuple[str, int]) -> bool:
    """Whether all constraints are quadratic, so that the lowest relaxation bounds its moments."""
    case = drawn(*place)
    return all(g.degree == 2 for g in (*case.inequalities, *case.equalities))


cases = st.tuples(st.sampled_from(COMPACT), st.integers(0, 400)).filter(walled)


def bound(problem: ms.Problem, order: int | None = None, **options) -> float:
    result = ms.solve(problem, order or problem.minimum_order, method="dense", bound=None, **options)
    assert result.lower_bound is not None, result
    return result.lower_bound


def near(value: float, case: Case):
    return pytest.approx(value, abs=1e-6 * max(1.0, abs(float(case.truth.high)), size(case)))


def size(case: Case) -> float:
    return float(sum(abs(c) for c in case.objective.terms.values()))


@fast
@given(cases, st.randoms(use_true_random=False))
def test_bounds_do_not_depend_on_the_order_of_constraints(drawn_case, draw) -> None:
    case = drawn(*drawn_case)
    turned = list(case.inequalities)
    draw.shuffle(turned)
    assert bound(posed(replace(case, inequalities=tuple(turned)))) == near(bound(posed(case)), case)


@fast
@given(cases, st.randoms(use_true_random=False))
def test_bounds_do_not_depend_on_the_names_and_order_of_variables(drawn_case, draw) -> None:
    case = drawn(*drawn_case)
    problem = posed(case)
    names = list(problem.variables)
    draw.shuffle(names)
    turned = [p.over(names) for p in (problem.minimize, *problem.inequalities, *problem.equalities)]
    count = 1 + len(problem.inequalities)
    again = ms.Problem(turned[0], turned[1:count], turned[count:], variables=names)
    assert bound(again) == near(bound(problem), case)


@fast
@given(cases, st.integers(-20, 20), st.integers(-20, 20))
def test_bounds_follow_the_units_of_objective_and_constraints(drawn_case, first, second) -> None:
    case = drawn(*drawn_case)
    factor, other = 2.0**first, 2.0**second
    problem = posed(case)
    scaled = ms.Problem(
        problem.minimize * factor,
        [g * other for g in problem.inequalities],
        [h * other for h in problem.equalities],
        problem.variables,
    )
    assert bound(scaled) / factor == near(bound(problem), case)


@fast
@given(cases, st.lists(st.integers(-12, 12), min_size=4, max_size=4))
def test_bounds_do_not_depend_on_the_units_of_variables(drawn_case, exponents) -> None:
    case = drawn(*drawn_case)
    problem = posed(case)
    unknown = dict(zip(problem.variables, ms.variables(*problem.variables), strict=True))
    images = {name: unknown[name] * 2.0**k for name, k in zip(problem.variables, exponents, strict=False)}
    parts = [p.substitute(images) for p in (problem.minimize, *problem.inequalities, *problem.equalities)]
    count = 1 + len(problem.inequalities)
    assert bound(ms.Problem(parts[0], parts[1:count], parts[count:], problem.variables)) == near(bound(problem), case)


@fast
@given(cases)
def test_bounds_rise_with_the_order_and_stay_below_the_minimum(drawn_case) -> None:
    case = drawn(*drawn_case)
    problem = posed(case)
    low, high = bound(problem), bound(problem, problem.minimum_order + 1)
    slack = 1e-6 * max(1.0, size(case))
    assert low <= high + slack
    assert high <= float(case.truth.high) + 1e-9 * max(1.0, abs(float(case.truth.high)))


@fast
@given(cases, st.integers(0, 5))
def test_another_constraint_never_lowers_a_bound(drawn_case, seed) -> None:
    case = drawn(*drawn_case)
    extra = families.bases.quadratic_on_a_ball(Random(seed)).inequalities[:1]
    more = [g for g in extra if g.n == case.n]
    problem = posed(case)
    tighter = posed(replace(case, inequalities=(*case.inequalities, *more)))
    assert bound(tighter) >= bound(problem) - 1e-6 * max(1.0, size(case))


@fast
@given(cases, st.integers(-100, 100))
def test_a_constant_moves_the_bound_with_it(drawn_case, offset) -> None:
    case = drawn(*drawn_case)
    problem = posed(case)
    moved = ms.Problem(problem.minimize + offset, problem.inequalities, problem.equalities, problem.variables)
    assert bound(moved) - offset == pytest.approx(bound(problem), abs=1e-6 * max(1.0, size(case), abs(offset)))
