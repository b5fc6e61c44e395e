"""The judge finds every planted lie, and nothing in true answers."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.campaign.case import EMPTY, Case, approached, attained, unbounded
from benchmarks.campaign.claim import EVERYWHERE, Claim, inside, read
from benchmarks.campaign.judge import CLASSES, ended, judge
from benchmarks.campaign.judge_training import judge_fit
from benchmarks.campaign.rational import squared_norm, unknowns
from benchmarks.campaign.training import Training

X, Y = unknowns(2)
#: Minimise x in the unit disc: -1.
DISC = Case(X, (1 - squared_norm(2),), (), attained(-1, (Fraction(-1), Fraction(0)), (Fraction(0), Fraction(0))))
TRUE = Claim("answered", "CERTIFIED", -1.0 - 1e-9, -1.0, [[-1.0, 0.0]], coverage=EVERYWHERE)


def names(case: Case, claim: Claim) -> set[str]:
    return {fault.name for fault in judge(case, claim)}


def test_a_true_answer_has_no_fault() -> None:
    assert names(DISC, TRUE) == set()
    assert names(DISC, replace(TRUE, status="BOUNDED", lower=-3.0)) == set()
    assert names(DISC, Claim("refused", error="too large")) == set()


LIES = {
    "lower bound above the infimum": {"lower": -0.9, "status": "BOUNDED"},
    "theorem that does not hold": {"lower": -1.0 + 2.0**-52, "status": "BOUNDED", "rigorous": True},
    "lower bound slightly above the infimum": {"lower": -1.0 + 1e-8, "status": "BOUNDED"},
    "lower bound above the infimum, of a region without numbers": {
        "lower": -0.9,
        "coverage": "a box",
        "status": "BOUNDED",
    },
    "upper bound below the infimum": {"upper": -1.1, "lower": -1.1, "points": []},
    "upper bound slightly below the infimum": {"upper": -1.0 - 1e-8, "points": []},
    "point that is not feasible": {"points": [[-1.001, 0.0]], "upper": -1.001},
    "point that misses by little": {"points": [[-1.0 - 3e-8, 0.0]], "upper": -1.0 - 3e-8},
    "value that its point has not": {"points": [[0.0, 0.0]]},
    "value a little above its point's": {"upper": -1.0 + 1e-8, "lower": -1.0},
    "certified with a gap": {"lower": -1.1},
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_found(name) -> None:
    assert name in names(DISC, replace(TRUE, **LIES[name]))


@pytest.mark.parametrize("status", ["INFEASIBLE", "UNBOUNDED", "AT_INFINITY"])
def test_statuses_that_exclude_the_truth_are_wrong(status) -> None:
    said = Claim("answered", status)
    assert names(DISC, said) == {"wrong status"}
    right = {"INFEASIBLE": EMPTY, "UNBOUNDED": unbounded((Fraction(0), Fraction(0))), "AT_INFINITY": approached(-2)}
    assert names(replace(DISC, truth=right[status]), said) == set()


def test_certified_is_wrong_of_empty_sets_and_of_unbounded_objectives() -> None:
    empty = Case(X, (-1 - squared_norm(2),), (), EMPTY)
    assert {"wrong status", "point that is not feasible"} <= names(empty, TRUE)
    falling = Case(X, (), (), unbounded(*((-(Fraction(2) ** k), Fraction(0)) for k in range(8))))
    assert {"wrong status", "lower bound above the infimum"} <= names(falling, TRUE)


def test_a_bound_in_a_region_is_judged_there() -> None:
    far = {"kind": "ball", "centre": [0.0, 0.0], "half_axes": [0.5, 0.5]}
    within = Claim("answered", "CERTIFIED_WITHIN", -0.5, -0.5, [[-0.5, 0.0]], region=far)
    assert names(DISC, within) == {"minimum outside the region"}
    assert "lower bound above the infimum" in names(DISC, replace(within, lower=0.5, upper=0.5))
    near = {"kind": "box", "centre": [0.0, 0.0], "half_widths": [1.0, 1.0], "frame": None}
    assert "lower bound above the infimum" in names(DISC, replace(within, region=near))


def test_certified_is_over_everything_where_there_is_a_status_for_regions() -> None:
    far = {"kind": "ball", "centre": [0.0, 0.0], "half_axes": [0.5, 0.5]}
    said = Claim("answered", "CERTIFIED", -0.5, -0.5, [[-0.5, 0.0]], region=far)
    assert names(DISC, said) == {"minimum outside the region"}
    assert names(DISC, replace(said, strict=True)) == {"lower bound above the infimum"}


def test_a_region_holds_what_its_numbers_say() -> None:
    box = {"kind": "box", "centre": [1.0, 0.0], "half_widths": [1.0, 2.0], "frame": [[1.0, 0.0], [1.0, 1.0]]}
    assert inside(box, (Fraction(2), Fraction(3))) and not inside(box, (Fraction(2), Fraction(-2)))
    balls = {"kind": "balls", "centre": [0.0] * 3, "half_axes": [1.0, 1.0, 2.0], "groups": [[0, 1], [1, 2]]}
    assert inside(balls, (Fraction(1), Fraction(0), Fraction(2))) and not inside(balls, (Fraction(1),) * 3)
    assert inside({"kind": "everything"}, (Fraction(9),)) and inside({"kind": "new"}, (Fraction(9),)) is None


def test_a_small_objective_is_judged_in_its_own_unit() -> None:
    small = replace(
        DISC, objective=X * Fraction(1, 10**8), truth=attained(-Fraction(1, 10**8)), unit=Fraction(1, 10**8)
    )
    said = replace(TRUE, upper=-0.9e-8, lower=-1e-8, points=[])
    assert names(small, said) == {"small gap left"}
    assert "lower bound above the infimum" in names(small, replace(said, lower=-0.9e-8))


def test_the_ball_of_the_user_counts() -> None:
    case = Case(X, (), (), attained(-1, (Fraction(-1), Fraction(0))), radius=Fraction(1))
    assert names(case, TRUE) == set()
    assert "point that is not feasible" in names(case, replace(TRUE, points=[[-2.0, 0.0]], upper=-2.0, lower=-2.0))


def test_crashes_and_overruns_are_faults_and_waiting_for_the_machine_is_none() -> None:
    assert [fault.name for fault in ended(Claim("crashed", error="KeyError"), 5.0)] == ["crash"]
    assert [fault.name for fault in ended(Claim("answered", seconds=7.0, cpu=7.0), 5.0)] == ["over the time limit"]
    assert (
        ended(Claim("answered", seconds=6.4, cpu=6.4), 5.0)
        == ended(Claim("answered", seconds=20.0, cpu=1.0), 5.0)
        == []
    )


def test_a_claim_comes_back_from_what_is_stored() -> None:
    assert read(TRUE.as_dict()) == TRUE
    assert set(CLASSES.values()) == {"false", "crash", "hang", "overrun", "slight", "outside", "loose"}


#: One weight each, degree 1: the outputs are c0 + c1 x, the data lie on 1 + 2 x but for one.
LINE = Training(
    weights=[[[1.0]], [[1.0]]],
    degrees=[1],
    inputs=[[0.0], [1.0], [2.0]],
    targets=[[1.0], [3.0], [6.0]],
    loss="mse",
    known=([[1.0, 2.0]], [[5 / 6, 2.5]]),
)


def test_losses_are_those_by_hand() -> None:
    by_hand = {"mse": Fraction(1, 3), "mae": Fraction(1, 3), "max_abs": Fraction(1), "mean_residual": Fraction(1, 3)}
    assert {loss: replace(LINE, loss=loss).value([[1.0, 2.0]], True) for loss in by_hand} == by_hand
    two = replace(LINE, weights=[[[1.0]], [[1.0], [1.0]]], targets=[[1.0, 2.0], [3.0, 3.0], [5.0, 5.0]])
    assert two.value([[1.0, 2.0]], True) == Fraction(1, 6) and two.value([[1.0, 2.0]], False) == Fraction(1, 3)


def test_a_fit_that_lies_is_found() -> None:
    best = float(LINE.value([[5 / 6, 2.5]], True))
    fit = Claim("answered", "CERTIFIED", best - 1e-12, best, coefficients=[[5 / 6, 2.5]])
    assert judge_fit(LINE, fit, True) == []
    lies = {
        "lower bound above the infimum": replace(fit, lower=2 * best),
        "value that its point has not": replace(fit, upper=best + 0.01),
        "certified with a gap": replace(fit, lower=0.0),
        "wrong status": replace(fit, status="UNBOUNDED"),
    }
    for name, claim in lies.items():
        assert name in {fault.name for fault in judge_fit(LINE, claim, True)}


def test_a_gap_is_one_against_the_unit_that_the_user_names() -> None:
    wide = replace(TRUE, lower=-1.0 - 1e-4)
    assert "certified with a gap" in names(DISC, wide)
    assert names(replace(DISC, options={"unit": 1e3}), wide) == set()
    assert "certified with a gap" in names(replace(DISC, options={"unit": 10.0}), wide)
