"""Programs over several measures against what is known of them in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

import momentsos as ms
from momentsos.bounds.repair import Absorbed

x, y = ms.variables("x y")


def largest_tail(inside: list[ms.Constraint], outside: list[ms.Constraint], moments: list[float]) -> ms.MomentResult:
    """Return the largest mass on one set of a measure on two, with known moments."""
    high, low = ms.Measure("high", [x], inside), ms.Measure("low", [x], outside)
    known = [high.moment(x**k) + low.moment(x**k) == value for k, value in enumerate(moments)]
    return ms.MomentProblem(maximize=high.mass, constraints=known).solve()


@pytest.mark.parametrize("unit", [1e-5, 1.0, 1e5])
@pytest.mark.parametrize("a", [0.5, 2.0])
def test_a_one_sided_tail_is_bounded_by_cantelli(a: float, unit: float) -> None:
    result = largest_tail([x >= a * unit], [], [1.0, 0.0, unit**2])
    truth = 1 / (1 + a**2)
    assert result.status is ms.Status.CERTIFIED
    assert result.lower_bound == pytest.approx(truth, abs=1e-8)
    assert result.upper_bound == pytest.approx(truth, abs=1e-8)
    assert result.upper_bound >= result.lower_bound
    atoms = result.atoms["high"]
    assert (atoms.points / unit, atoms.weights) == (pytest.approx(np.array([[a]])), pytest.approx(np.array([truth])))
    assert result.moments["low"](x) / unit == pytest.approx(-a * truth, abs=1e-6)


def test_tails_are_bounded_by_markov_and_chebyshev() -> None:
    assert largest_tail([x >= 5], [x >= 0], [1.0, 2.0]).upper_bound == pytest.approx(2 / 5, abs=1e-7)
    assert largest_tail([x**2 >= 9], [], [1.0, 0.0, 1.0]).upper_bound == pytest.approx(1 / 9, abs=1e-7)


def test_the_dual_polynomials_are_nonnegative_and_vanish_at_the_atoms() -> None:
    result = largest_tail([x >= 2], [], [1.0, 0.0, 1.0])
    for measure in result.problem.measures:
        polynomial = result.dual_polynomial(measure)
        line = np.linspace(2.0 if measure.name == "high" else -9.0, 9.0, 50)[:, None]
        assert polynomial(line).min() >= -1e-6
        assert polynomial(result.atoms[measure.name].points) == pytest.approx(0.0, abs=1e-4)


def volume(order: int, support: list[ms.Constraint], total: list[tuple[ms.Polynomial, float]]) -> ms.MomentResult:
    names = list(total[1][0].variables)
    inner = ms.Measure("inner", names, support)
    outer = ms.Measure("outer", names, bounds={name: (-1, 1) for name in names})
    known = [inner.moment(p) + outer.moment(p) == value for p, value in total]
    return ms.MomentProblem(maximize=inner.mass, constraints=known).solve(order=order)


def test_bounds_of_a_length_fall_to_it_with_the_order() -> None:
    (t,) = ms.variables("t")
    found = [
        volume(k, [t**2 <= 0.25], [(t**i, (1 + (-1) ** i) / (i + 1)) for i in range(2 * k + 1)]) for k in (1, 2, 4, 6)
    ]
    assert all(result.absorbed for result in found)
    bounds = [result.upper_bound for result in found]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] == pytest.approx(2.0, abs=1e-6)
    assert bounds[1] == pytest.approx(16 / 9, abs=1e-6)
    assert 1.0 <= bounds[-1] < 1.35


def test_the_area_of_a_disc_is_bounded_from_above() -> None:
    pairs = [(i, j) for i in range(9) for j in range(9 - i)]
    side = [(1 + (-1) ** i) / (i + 1) for i in range(9)]
    result = volume(4, [x**2 + y**2 <= 1], [(x**i * y**j, side[i] * side[j]) for i, j in pairs])
    assert result.status is ms.Status.LOWER_BOUND_ONLY
    assert math.pi <= result.upper_bound < 4.0


def transport(order: int) -> ms.MomentResult:
    """Return a bound on what it costs to move the uniform measure of [0, 1] to its image under squaring."""
    plan = ms.Measure("plan", [x, y], bounds={"x": (0, 1), "y": (0, 1)})
    known = [plan.moment(x**i) == 1 / (i + 1) for i in range(2 * order + 1)]
    known += [plan.moment(y**i) == 1 / (2 * i + 1) for i in range(1, 2 * order + 1)]
    return ms.MomentProblem(plan.moment((x - y) ** 2), known).solve(order=order)


def test_bounds_of_optimal_transport_rise_to_its_cost() -> None:
    bounds = [transport(k).lower_bound for k in (1, 2, 3, 4)]
    assert bounds == sorted(bounds)
    assert 1 / 30 - 1e-4 <= bounds[-1] <= 1 / 30  # by the monotone map: the integral of (x - x^2)^2


def test_inequalities_have_multipliers_in_the_units_of_the_objective() -> None:
    mu = ms.Measure("mu", [x], bounds={"x": (0, 1)})
    result = ms.MomentProblem(5 + 100 * mu.moment(x**2), [mu.mass == 3, mu.moment(x) >= 2.4]).solve()
    assert result.status is ms.Status.CERTIFIED
    assert result.lower_bound == pytest.approx(5 + 100 * 3 * 0.64, rel=1e-7)  # all at 0.8
    assert result.multipliers == pytest.approx([-64.0, 160.0], rel=1e-4)
    assert result.atoms["mu"].points == pytest.approx(np.array([[0.8]]))


def test_residuals_that_are_not_absorbed_are_subtracted_where_boxes_and_masses_allow(monkeypatch) -> None:
    def nothing_absorbed(sdp, moments, multipliers, gram, until=math.inf) -> Absorbed:
        return Absorbed(multipliers, gram, False)

    monkeypatch.setattr("momentsos.measures.solve.absorb", nothing_absorbed)
    mu = ms.Measure("mu", [x], bounds={"x": (0, 1)})
    boxed = ms.MomentProblem(5 + 100 * mu.moment(x**2), [mu.mass == 3, mu.moment(x) >= 2.4]).solve()
    assert not boxed.absorbed
    assert 197 - 1e-5 <= boxed.lower_bound <= 197
    open_ended = largest_tail([x >= 2], [], [1.0, 0.0, 1.0])  # nothing bounds what residuals may amount to
    assert (open_ended.status, open_ended.upper_bound) == (ms.Status.FAILED, None)


def test_what_has_no_answer_is_named() -> None:
    mu = ms.Measure("mu", [x], bounds={"x": (0, 1)})
    nothing = ms.MomentProblem(mu.mass, [mu.moment(x) == 2, mu.mass <= 1]).solve()
    assert nothing.status is ms.Status.INFEASIBLE
    endless = ms.MomentProblem(maximize=mu.mass, constraints=[mu.moment(1 - x) == 2]).solve()
    assert endless.status is ms.Status.FAILED
    assert "without end" in endless.message
    assert (endless.lower_bound, endless.upper_bound) == (None, None)


def test_bad_input_is_refused_in_one_line() -> None:
    mu, other = ms.Measure("mu", [x]), ms.Measure("mu", [x], [x >= 0])
    refused = [
        (lambda: ms.Measure("a b", [x]), "expected a name"),
        (lambda: ms.Measure("mu", []), "at least one variable"),
        (lambda: ms.Measure("mu", [x**2]), "expected variables"),
        (lambda: ms.Measure("mu", [x], [y >= 0]), "y"),
        (lambda: mu.moment(y), "'y' is none of the variables"),
        (lambda: mu.moment(x) * mu.mass, "linear in moments"),
        (lambda: mu.moment(x) + x, "go into the moment"),
        (lambda: mu.moment(x) <= "a", "compared with"),
        (lambda: bool(mu.mass == 1), "neither true nor false"),
        (lambda: ms.MomentProblem(x), "expected an expression in moments"),
        (lambda: ms.MomentProblem(), "neither"),
        (lambda: ms.MomentProblem(mu.mass, maximize=mu.mass), "both"),
        (lambda: ms.MomentProblem(1.0), "at least one measure"),
        (lambda: ms.MomentProblem(mu.mass, mu.mass == 1), "one alone"),
        (lambda: ms.MomentProblem(mu.mass, [x >= 0]), "expected a comparison of moments"),
        (lambda: ms.MomentProblem(mu.mass, [mu.mass - mu.mass == 1]), "no measure is left"),
        (lambda: ms.MomentProblem(mu.mass, [mu.mass == math.inf]), "not finite"),
        (lambda: ms.MomentProblem(mu.mass, [other.mass == 1]), "'mu' stands for two"),
        (lambda: ms.MomentProblem(mu.mass, [], [other]), "not among measures"),
    ]
    for call, line in refused:
        with pytest.raises(ms.InvalidInput, match=line) as caught:
            call()
        assert "\n" not in str(caught.value)
    problem = ms.MomentProblem(mu.moment(x**4), [mu.mass == 1])
    with pytest.raises(ms.OrderTooLow, match="begin at 2"):
        problem.solve(order=1)
    for options in ({"solver": 3}, {"tol": 2}, {"time_limit": -1}, {"order": -1}):
        with pytest.raises(ms.BadOption):
            problem.solve(**options)
