"""Problems with sourced optima, by boxes alone."""

from __future__ import annotations

from fractions import Fraction

import pytest
from polytopes import random_polytope

import momentsos as ms
from benchmarks.library import LIBRARY, Entry

#: What stays open by boxes alone in a few seconds: minima around which boxes pile up.
_OPEN = {"hs106", "wright", "clique-octahedron"}
_SLOW = {
    "clique-petersen",
    "clique-ring-7-12",
    "reactors",
    "kojima-least",
    "hs29",
    "clique-ring-5",
    "signs-7",
    "signs-8",
}


def _marked(entry: Entry):
    return pytest.param(entry, marks=pytest.mark.slow) if entry.name in _SLOW | _OPEN else entry


def bounds(result: ms.Result) -> tuple[float | None, float | None]:
    """The proved bound, and the value at the point that is known."""
    pair = result.lower_bound, result.upper_bound
    return pair[::-1] if result.problem.sense.maximizes else pair


@pytest.mark.parametrize("entry", list(map(_marked, LIBRARY)), ids=lambda entry: entry.name)
def test_published_optima_lie_between_the_bounds(entry):
    limit = 5.0 if entry.name in _OPEN else 60.0
    result = ms.solve(entry.make(), method="branch", time_limit=limit)
    if entry.name not in _OPEN:
        assert result.status is ms.Status.CERTIFIED
    proved, attained = bounds(result)
    slack = 1e-5 * max(1.0, abs(entry.optimum))
    assert attained == pytest.approx(entry.optimum, abs=slack)
    sign = -1.0 if result.problem.sense.maximizes else 1.0
    assert sign * proved <= sign * entry.optimum + slack
    assert result.method == "branch"
    assert result.rigorous


def test_the_collection_is_large_and_its_names_are_distinct():
    assert len(LIBRARY) >= 60
    assert len({entry.name for entry in LIBRARY}) == len(LIBRARY)
    assert all(entry.source for entry in LIBRARY)


def test_a_reported_value_that_contradicts_a_bound_is_found_in_none():
    for entry in LIBRARY:
        problem = entry.make()
        assert problem.n_variables <= 30


@pytest.mark.parametrize("seed", range(40))
def test_concave_programs_on_hostile_polytopes_agree_with_their_vertices(seed):
    _check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 1150, 50))
def test_more_concave_programs_on_hostile_polytopes_agree_with_their_vertices(start):
    for seed in range(start, start + 50):
        _check(seed)


def _check(seed: int) -> None:
    polytope = random_polytope(seed)
    truth = polytope.minimum()
    result = ms.solve(polytope.problem, method="branch", time_limit=5.0)
    if truth is None:
        assert result.upper_bound is None
        return
    assert result.status is not ms.Status.INFEASIBLE
    assert result.lower_bound is None or Fraction(result.lower_bound) <= truth
    assert result.upper_bound is None or Fraction(result.upper_bound) >= truth
    if result.status is ms.Status.CERTIFIED and result.tree is not None and result.tree.stated:
        certificate = result.certify()
        assert certificate.bound is not None
        assert certificate.bound <= truth


@pytest.mark.parametrize("seed", range(0, 60, 2))
def test_nothing_false_is_said_of_unbounded_sets(seed):
    polytope = random_polytope(seed, bounded=False)
    truth = polytope.minimum()
    result = ms.solve(polytope.problem, method="branch", time_limit=3.0)
    if truth is None:
        return
    assert result.status is not ms.Status.INFEASIBLE
    if result.region.everything and result.lower_bound is not None:
        assert Fraction(result.lower_bound) <= truth


def test_an_empty_set_is_proved_empty_by_its_leaves():
    x, y = ms.variables("x y")
    problem = ms.Problem(x, constraints=[x**2 + y**2 <= 1, x * y >= 0.6], bounds={"x": (-1, 1), "y": (-1, 1)})
    result = ms.solve(problem, method="branch")
    assert result.status is ms.Status.INFEASIBLE
    certificate = result.certify()
    assert certificate.bound is None
    assert "no point" in certificate.verify(problem).statement


def test_bounded_polyhedra_without_bounds_on_variables_have_certificates_too():
    x, y = ms.variables("x y")
    rows = [x - y <= 1, x + 2 * y <= 4, 2 * x + y >= -3, y - 3 * x <= 5]
    problem = ms.Problem(-((x - 1) ** 2) - y**2 + x * y, constraints=rows)
    result = ms.solve(problem, method="branch")
    assert result.status is ms.Status.CERTIFIED
    assert result.upper_bound == pytest.approx(-80 / 7)
    assert float(result.certify().verify(problem).bound) == pytest.approx(-80 / 7, rel=1e-5)


def test_an_artificial_box_is_named_and_nothing_more_is_said():
    x, y = ms.variables("x y")
    problem = ms.Problem((x * y - 1) ** 2 + 0.001 * x**2, constraints=[x >= 0, y >= 0])
    result = ms.solve(problem, method="branch", time_limit=5.0)
    assert result.status is not ms.Status.CERTIFIED or result.region.everything
    if not result.region.everything:
        assert result.region.kind == "box"


def test_maximising_turns_bounds_and_certificate():
    x, y = ms.variables("x y")
    problem = ms.Problem(maximize=x * y, bounds={"x": (-1, 2), "y": (-3, 1)})
    result = ms.solve(problem, method="branch")
    assert result.status is ms.Status.CERTIFIED
    assert result.lower_bound == 3.0
    assert 3.0 <= result.upper_bound <= 3.00001
    certificate = result.certify()
    assert certificate.upper_bound >= 3
    assert certificate.lower_bound == 3


def test_fractions_stay_fractions():
    (x,) = ms.variables(
        "x",
    )
    third = Fraction(1, 3)
    result = ms.solve(ms.Problem(-(x**2) + third * x, [x + third, third - x]), method="branch")
    certificate = result.certify()
    assert result.status is ms.Status.CERTIFIED
    assert certificate.bound <= Fraction(-2, 9) <= certificate.upper_bound
    assert "fractions as they were given" in certificate.statement
