"""Long work looks at the clock: a clock of our own, which goes on when it is read, shows where and how often."""

from __future__ import annotations

import time

import numpy as np
import pytest

import momentsos as ms
from momentsos.hierarchy import climb, solve
from momentsos.hierarchy.methods import base
from momentsos.learning import layers, loss_named, sequential_lp
from momentsos.learning.expansion import Expansion
from momentsos.learning.formulate import Goal, formulated
from momentsos.learning.incumbents import Incumbents
from momentsos.learning.instances import noisy_instance
from momentsos.learning.layers import Product, UnitPolynomials, distinct_sums
from momentsos.learning.sequential_lp import descend_by_linear_programs
from momentsos.learning.starts import least_squares_points
from momentsos.polynomials import squares
from momentsos.polynomials.squares import sum_of_squares


class Clock:
    """Seconds pass only by reading, and by what a test adds to `now`."""

    def __init__(self) -> None:
        self.now, self.reads = 0.0, 0

    def __call__(self) -> float:
        self.reads += 1
        self.now += 1.0
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "perf_counter", made)
    return made


def network(*degrees: int) -> ms.PolynomialNetwork:
    rng = np.random.default_rng(1)
    return ms.PolynomialNetwork([rng.standard_normal((3, 3)) for _ in range(len(degrees) + 1)], degrees)


def exponents(rows: int, seed: int) -> np.ndarray:
    return np.unique(np.random.default_rng(seed).integers(0, 4, (rows, 5)), axis=0)


X, Y = np.random.default_rng(2).standard_normal((2, 6, 3))

#: Work on a network that ends with `ProblemTooLarge` when the time is over.
WORK = {
    "planning": lambda until: Expansion.of(network(3, 3), until=until),
    "all outputs": lambda until: Expansion.of(network(2, 2), until=until).outputs(X),
    "mean outputs": lambda until: Expansion.of(network(2, 2), until=until).mean_outputs(X),
    "the triangular factor": lambda until: Expansion.of(network(2, 2), until=until).triangular_factor(X, Y),
    "the problem of a squared loss": lambda until: formulated(network(2, 2), X, Y, Goal.of("mse"), until),
}


@pytest.mark.parametrize("doing", WORK)
def test_work_on_a_network_ends_at_the_first_look_after_the_time_is_over(doing, clock) -> None:
    WORK[doing](1e9)
    looks = clock.reads
    assert looks > 3
    for allowed in {0, 1, looks // 2, looks - 1}:
        clock.now, clock.reads = 0.0, 0
        with pytest.raises(ms.ProblemTooLarge, match="time limit"):
            WORK[doing](allowed + 0.5)
        assert clock.reads == allowed + 1


def test_more_looks_are_taken_where_more_is_merged(clock, monkeypatch) -> None:
    left, right = exponents(400, 1), exponents(300, 2)
    Product.of(left, right, 1e9)
    few, clock.reads = clock.reads, 0
    monkeypatch.setattr(layers, "_SUMS", 1000)
    Product.of(left, right, 1e9)
    assert clock.reads > few + len(left) * len(right) // 1000


# -- what is merged in parts is the same -------------------------------------------------------------------


def test_sums_that_are_merged_in_parts_are_the_same(monkeypatch) -> None:
    pairs = [(exponents(40, 1), exponents(30, 2)), (exponents(7, 3), exponents(90, 4))]
    rows, places = distinct_sums(pairs)
    monkeypatch.setattr(layers, "_SUMS", 64)
    others, there = distinct_sums(pairs)
    assert np.array_equal(rows, others) and all(map(np.array_equal, places, there))
    for (left, right), place in zip(pairs, places, strict=True):
        assert np.array_equal(rows[place], left[:, None, :] + right[None, :, :])


def test_products_of_units_are_the_products_of_their_values() -> None:
    rng = np.random.default_rng(5)
    one, other = (UnitPolynomials(e, rng.standard_normal((len(e), 2))) for e in (exponents(20, 1), exponents(15, 2)))
    point = rng.standard_normal(5)

    def at(p: UnitPolynomials) -> np.ndarray:
        return np.prod(point**p.exponents, axis=1) @ p.values

    assert at(one.times(other)) == pytest.approx(at(one) * at(other), rel=1e-12)


def test_squares_that_are_added_in_parts_are_the_same(monkeypatch) -> None:
    rng = np.random.default_rng(6)
    names = tuple("abcde")
    some = [
        ms.Polynomial.from_terms(exponents(30, k), rng.standard_normal(len(exponents(30, k))), names) for k in (1, 2)
    ]
    whole = sum_of_squares(some)
    monkeypatch.setattr(squares, "_PRODUCTS", 100)
    parts = sum_of_squares(some)
    assert np.array_equal(whole.exponents, parts.exponents)
    assert parts.values == pytest.approx(whole.values, rel=1e-12, abs=1e-12)


def test_a_sum_of_squares_beyond_the_memory_is_refused_before_it_is_formed(monkeypatch) -> None:
    monkeypatch.setattr("momentsos.relaxations.size.available_bytes", lambda: 2**27)
    with pytest.raises(ms.ProblemTooLarge, match="sum of squares"):
        ms.formulate(network(6, 6), X, Y, loss="mse")


# -- searches ----------------------------------------------------------------------------------------------


def test_a_descent_by_linear_programs_ends_where_it_is(clock) -> None:
    case = noisy_instance((2, 1), samples=30, width=5, fresh=True)
    squared = ms.formulate(case.network, case.X, case.Y, loss="mse")
    known = Incumbents(loss_named("max_abs"), squared, np.zeros((0, 4)), case.X, case.Y, None)
    start = np.random.default_rng(3).standard_normal(len(known.table.names))
    ends = []
    for reads in (0, 12, 1000):
        clock.now = 0.0
        ends.append(descend_by_linear_programs(known.loss, known.table, start, known.limits, reads + 0.5))
    heights = [known.loss.of_residuals(known.table.at(end)) for end in ends]
    assert np.array_equal(ends[0], start) and heights[0] >= heights[1] > heights[2]


def test_linear_programs_are_told_how_much_time_is_left(clock, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr("scipy.optimize.linprog", lambda *_, options, **__: seen.append(options) or _NoAnswer())
    room, towards = np.zeros(0), np.zeros((0, 2))
    sequential_lp._least_norm(loss_named("mae").norm, np.ones(4), np.ones((4, 2)), 1.0, room, towards, clock.now + 11.0)
    assert seen == [{"time_limit": 10.0}]


class _NoAnswer:
    x, success = None, False


def test_a_least_squares_run_that_is_under_way_is_dropped(clock) -> None:
    formulation = ms.formulate(network(2, 1), X, Y, loss="mse")
    clock.reads = 0
    whole = least_squares_points(formulation, 0, until=1e9)
    looks = clock.reads
    clock.now, clock.reads = 0.0, 0
    assert len(least_squares_points(formulation, 0, until=2.5)) < len(whole) or looks < 4
    assert clock.reads <= 5


# -- solve -------------------------------------------------------------------------------------------------


def _problem() -> ms.Problem:
    x, y = ms.variables("x y")
    return ms.Problem(x**4 + y**4 - 3 * x * y + x, [4 - x**2 - y**2])


def test_the_time_begins_with_the_call(clock, monkeypatch) -> None:
    choose = solve.methods_named

    def slowly(*given: object) -> object:
        clock.now += 1e6
        return choose(*given)

    monkeypatch.setattr(solve, "methods_named", slowly)
    assert ms.solve(_problem(), time_limit=1e5).attempts == ()
    assert ms.solve(_problem(), time_limit=1e7).attempts


def test_a_relaxation_that_takes_longer_to_assemble_than_there_is_time_is_not_begun(clock, monkeypatch) -> None:
    assembled = []
    monkeypatch.setattr(base, "assemble", assembled.append)
    x = ms.variables([f"x{i}" for i in range(12)])
    problem = ms.Problem(sum(a**4 for a in x) + x[0] * x[1], [1 - sum(a**2 for a in x)])
    monkeypatch.setattr("momentsos.relaxations.size._SECONDS_PER_ENTRY", 1.0)
    result = ms.solve(problem, order=2, method="dense", time_limit=5_000.0)
    assert not assembled and not result.attempts and "time limit" in result.message


def test_no_solver_is_asked_when_assembling_took_the_time(clock, monkeypatch) -> None:
    assemble = base.assemble

    def slowly(plan: object) -> object:
        clock.now += 1e6
        return assemble(plan)

    monkeypatch.setattr(base, "assemble", slowly)
    monkeypatch.setattr("momentsos.hierarchy.request.solve_sdp", lambda *_: pytest.fail("a solver was asked"))
    assert "time limit" in ms.solve(_problem(), time_limit=1e5).message


def test_what_follows_a_solve_has_its_time_in_a_line(clock, monkeypatch) -> None:
    looked = climb._judged

    def slowly(evidence: object) -> object:
        clock.now += 1e6
        return looked(evidence)

    monkeypatch.setattr(climb, "_judged", slowly)
    seconds = ms.solve(_problem()).seconds
    assert seconds["extract"] >= 1e6
    assert seconds["total"] <= 1.01 * sum(seconds[phase] for phase in ("formulate", "relax", "solve", "extract"))


def test_the_search_for_a_loss_of_all_samples_has_its_time_in_a_line(clock, monkeypatch) -> None:
    def slowly(_loss: object, _table: object, start: np.ndarray, _limits: object, _until: float) -> np.ndarray:
        clock.now += 1e6
        return start

    monkeypatch.setattr("momentsos.learning.incumbents.descend_by_linear_programs", slowly)
    case = noisy_instance((2, 1), samples=8, width=3, fresh=True)
    seconds = ms.learn(case.network, case.X, case.Y, loss="mae").seconds
    assert seconds["extract"] >= 1e6
    assert seconds["total"] <= 1.01 * sum(seconds[phase] for phase in ("formulate", "relax", "solve", "extract"))
