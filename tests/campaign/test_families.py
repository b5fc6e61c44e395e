"""Every family: the same problem each time, points that are feasible, and no feasible sample below the infimum."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import momentsos as ms

sys.path.insert(0, str(Path(__file__).parents[2]))
from benchmarks.campaign import families  # noqa: F401  # enters them
from benchmarks.campaign.ask import posed
from benchmarks.campaign.case import Case
from benchmarks.campaign.family import FAMILIES
from benchmarks.campaign.rational import Poly
from benchmarks.campaign.reproduce import lines
from benchmarks.campaign.training import Training

SEEDS = range(4)
POLYNOMIAL = [name for name, family in FAMILIES.items() if isinstance(family.case(0), Case)]
TRAINING = [name for name in FAMILIES if name not in POLYNOMIAL]


def values(polynomial: Poly, points: np.ndarray) -> np.ndarray:
    found = np.zeros(len(points))
    for power, value in polynomial.terms.items():
        found += float(value) * np.prod(points ** np.array(power), axis=1)
    return found


def samples(case: Case, rng: np.random.Generator) -> np.ndarray:
    """Draw points around the origin and around known points, in all sizes, in the units of the variables."""
    units = np.array([float(u) for u in case.units])
    centres = [np.zeros(case.n), *(np.array([float(c) for c in point]) for point in case.truth.points[:3])]
    spreads = 10.0 ** rng.uniform(-6, 1.5, (400, 1))
    return np.concatenate([c + units * spreads * rng.standard_normal((400, case.n)) for c in centres])


def test_there_are_families_of_every_group() -> None:
    assert len(FAMILIES) >= 100 and len({family.group for family in FAMILIES.values()}) >= 20
    assert len(TRAINING) == 5


@pytest.mark.parametrize("name", POLYNOMIAL)
def test_a_number_names_one_problem(name) -> None:
    family = FAMILIES[name]
    assert family.case(7) == family.case(7)
    assert any(family.case(seed) != family.case(7) for seed in range(8, 12))


@pytest.mark.parametrize("name", POLYNOMIAL)
def test_known_points_are_feasible_and_the_minimiser_has_the_minimum(name) -> None:
    for seed in SEEDS:
        case = FAMILIES[name].case(seed)
        truth = case.truth
        assert truth.low <= truth.high
        assert all(case.feasible(point) for point in truth.points)
        found = [case.objective(point) for point in truth.points]
        if truth.exact:
            assert found[0] == truth.low == truth.high
        if truth.kind in ("attained", "approached"):
            assert all(value >= truth.low for value in found)
        if truth.kind == "approached":
            assert found[-1] - truth.high < Fraction(1, 10**6) and truth.low not in found
        if truth.kind == "unbounded":
            assert found[-1] < found[-2] < -(10**6)


@pytest.mark.parametrize("name", POLYNOMIAL)
def test_no_feasible_sample_lies_below_the_infimum(name, rng) -> None:
    for seed in SEEDS:
        case = FAMILIES[name].case(seed)
        if case.truth.kind == "unbounded":
            continue
        points = samples(case, rng)
        with np.errstate(all="ignore"):
            good = np.ones(len(points), dtype=bool)
            for g in case.judged_inequalities:
                good &= values(g, points) >= 0
            for h in case.equalities:
                good &= values(h, points) == 0
            if case.truth.kind != "empty":
                good &= values(case.objective, points) < float(case.truth.low)
        for point in points[good][:50]:  # floats are not believed: once more in rationals
            exact = tuple(map(Fraction, point.tolist()))
            assert not case.feasible(exact) or (
                case.truth.kind != "empty" and case.objective(exact) >= case.truth.low
            ), lines(case)


@pytest.mark.parametrize("name", POLYNOMIAL)
def test_momentsos_is_given_the_same_polynomials(name) -> None:
    case = FAMILIES[name].case(1)
    problem = posed(case)
    ours = (case.objective, *case.inequalities, *case.equalities)
    theirs = (problem.minimize, *problem.inequalities, *problem.equalities)
    for mine, posed_one in zip(ours, theirs, strict=True):
        rows = zip(posed_one.exponents.tolist(), posed_one.coefficients.tolist(), strict=True)
        terms = {tuple(row): Fraction(value) for row, value in rows}
        assert {power: value for power, value in terms.items() if value} == mine.terms


def test_the_lines_to_reproduce_a_case_state_the_case() -> None:
    for name in POLYNOMIAL[::9]:
        case = FAMILIES[name].case(2)
        seen = []
        text = lines(case).replace("ms.solve", "seen.append").replace("print", "").replace(", bound", ") and dict(x")
        exec(text.partition("), method")[0] if "), method" in text else text, {"seen": seen})
        stated, asked = seen[0], posed(case)
        assert stated.degree == asked.degree and len(stated.inequalities) == len(asked.inequalities)


@pytest.mark.parametrize("name", TRAINING)
def test_known_coefficients_are_ordinary_and_their_loss_is_that_of_floats(name) -> None:
    for seed in SEEDS[:2]:
        case = FAMILIES[name].case(seed)
        assert isinstance(case, Training)
        network = ms.PolynomialNetwork([np.array(w) for w in case.weights], case.degrees, case.biases)
        for own in case.known:
            assert all(layer[0] == 1 for layer in own[:-1])
            outputs = network.with_coefficients(own).predict(np.array(case.inputs))
            exact = np.array([[float(v) for v in row] for row in case.outputs(own)])
            np.testing.assert_allclose(outputs, exact, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(exact).max()))
            assert case.value(own, True) >= 0
