"""Random problems with planted truth: nothing false is accepted, true minimisers are."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import planted
import pytest
from oracle import complaint, nearby_zero, point_of, value_at

from momentsos.points.judge import Feasibility, PointJudge

KINDS = {kind.__name__: kind for kind in planted.KINDS}
#: Expanding these in other units takes too long, or too many digits of a float minimiser.
_TOO_HIGH = 12


def drawn(name: str, count: int, moved: bool) -> list[planted.Planted]:
    """Draw problems of a kind, half of them in other units where `moved` says so."""
    rng = np.random.default_rng([20251122, sum(map(ord, name)), moved])
    found = [KINDS[name](rng) for _ in range(count)]
    if not moved:
        return found
    return [planted.in_other_units(each, rng) for each in found if each.problem.degree <= _TOO_HIGH]


def check_hostile_points(name: str, count: int, moved: bool) -> Counter:
    rng = np.random.default_rng(7)
    grades: Counter = Counter()
    for truth in drawn(name, count, moved):
        judge = PointJudge(truth.problem)
        for point in planted.hostile_points(truth, rng):
            for verdict in (judge(point), judge.mend(point)):
                grades[verdict.feasibility] += 1
                if not verdict.feasible:
                    continue
                assert complaint(truth.problem, verdict) is None, (truth.problem, point)
                # At a sixfold root a violation of 1e-120 leaves twenty digits of the point.
                slack = 0 if verdict.feasibility is not Feasibility.CONVERGED else Fraction(1, 10**18)
                value = verdict.value.high + slack * max(1, abs(verdict.value.high))
                assert not truth.impossible(value), (str(truth.problem), point, verdict)
    return grades


@pytest.mark.parametrize("moved", [False, True], ids=["as planted", "in other units"])
@pytest.mark.parametrize("name", KINDS)
def test_nothing_below_the_minimum_or_in_an_empty_set_is_accepted(name, moved) -> None:
    check_hostile_points(name, 3, moved)


@pytest.mark.slow
@pytest.mark.parametrize("moved", [False, True], ids=["as planted", "in other units"])
@pytest.mark.parametrize("name", KINDS)
def test_nothing_false_is_accepted_in_many_draws(name, moved) -> None:
    check_hostile_points(name, 12, moved)


@pytest.mark.parametrize("moved", [False, True], ids=["as planted", "in other units"])
def test_true_minimisers_with_errors_of_solvers_are_accepted(moved) -> None:
    rng = np.random.default_rng(11)
    seen: Counter = Counter()
    for name in KINDS:
        for truth in drawn(name, 6, moved):
            if not truth.regular:
                continue
            judge = PointJudge(truth.problem)
            for best in truth.minimizers:
                for error in (0.0, 1e-12, 1e-11, 1e-10, 1e-9):
                    sizes = np.maximum(np.abs(best), judge.units)
                    seen[judge(best + error * sizes * rng.uniform(-1, 1, len(best))).feasible] += 1
    assert seen[False] <= 0.01 * seen[True]
    assert seen[True] > 200


@pytest.mark.parametrize("name", ["crossing", "sphere"])
def test_what_is_proved_is_found_by_other_means(name) -> None:
    proved = 0
    for truth in drawn(name, 12, False):
        rng = np.random.default_rng(5)
        for best in truth.minimizers:
            verdict = PointJudge(truth.problem)(best + 1e-10 * np.abs(best) * rng.uniform(-1, 1, len(best)))
            if verdict.feasibility is not Feasibility.PROVED or not truth.problem.equalities:
                continue
            proved += 1
            start = point_of(verdict)
            zero = nearby_zero(truth.problem, start)
            assert zero is not None
            sizes = [max(abs(x), Fraction(1, 10**8)) for x in start]
            assert max(abs(a - b) / u for a, b, u in zip(zero, start, sizes, strict=True)) < Fraction(1, 10**20)
            assert all(value_at(g, zero) > -Fraction(1, 10**60) for g in truth.problem.inequalities)
            # The zero that is found from the rounded point is another one of the surface.
            value = value_at(truth.problem.minimize, zero)
            slack = (1 + abs(value)) / 10**28
            assert verdict.value.low - slack <= value <= verdict.value.high + slack
    assert proved >= 3


def test_the_catalogue_is_accepted() -> None:
    from catalogue import CASES

    grades: Counter = Counter()
    for case in CASES:
        problem = case.problem()
        judge = PointJudge(problem)
        for best in case.minimizers:
            verdict = judge(np.array(best))
            assert verdict.feasible, case.name
            assert complaint(problem, verdict) is None, case.name
            assert verdict.upper == pytest.approx(case.optimum, rel=1e-9, abs=1e-9), case.name
            grades[verdict.feasibility] += 1
    assert grades[Feasibility.CONVERGED] == 0


def test_no_point_of_an_infeasible_case_of_the_catalogue_is_accepted(rng) -> None:
    from catalogue import HARD

    for case in HARD:
        problem = case.problem()
        judge = PointJudge(problem)
        for size in (0.0, 1e-9, 1.0, 1e3):
            for _ in range(5):
                verdict = judge.mend(size * rng.normal(size=problem.n_variables))
                assert complaint(problem, verdict) is None or not verdict.feasible
                assert not (verdict.feasible and case.expected == "INFEASIBLE"), case.name
                assert verdict.upper >= case.infimum - 1e-12 or case.expected == "UNBOUNDED", case.name
