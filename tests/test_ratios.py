"""Sums of ratios: known optima, denominators that are shown to be positive, values of the user's own objective."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy

import momentsos as ms

x, y = ms.variables("x y")
X = ms.variables("x")[0]
ratio = ms.ratio


def exactly(problem: ms.Problem, point: np.ndarray, fine: np.ndarray) -> Fraction:
    """Return what is minimised at a point, in rational arithmetic."""
    values = {n: Fraction(a) + Fraction(b) for n, a, b in zip(problem.variables, point, fine, strict=True)}

    def at(p: ms.Polynomial) -> Fraction:
        return sum(p.substitute(values).exact, Fraction(0))

    return at(problem.minimize) + sum((at(p) / at(q) for p, q in problem.ratios), Fraction(0))


def solved(problem: ms.Problem, optimum: float, **options) -> ms.Result:
    """Solve, and check that status, bounds and points are what a proof of this optimum is."""
    result = ms.solve(problem, **options)
    size = max(1.0, abs(optimum))
    assert result.status is ms.Status.CERTIFIED and result.rigorous, str(result)
    assert abs(result.upper_bound - optimum) <= 2e-6 * size and abs(result.lower_bound - optimum) <= 2e-6 * size
    lower, upper = problem.sense.bounds(result.lower_bound, result.upper_bound)
    assert lower <= problem.sense.turned(optimum) + 1e-12 * size and lower <= upper
    assert result.problem is problem and result.minimizers.shape[1] == problem.n_variables
    if result.feasibility == "exact":
        value = exactly(problem, result.minimizers[0], result.fine[0])
        assert value <= Fraction(upper) and np.nextafter(upper, -np.inf) < value
    return result


# -- known answers -----------------------------------------------------------------------------------------


def test_each_ratio_is_least_by_itself() -> None:
    solved(ms.Problem(ratio(x, 1 + x**2) + ratio(y, 1 + y**2)), -1.0)


def test_the_largest_value_of_one_ratio() -> None:
    one = ratio(X**2 + 1, X**4 + 1)  # u + 1 over u^2 + 1 is largest at u = sqrt 2 - 1
    result = solved(ms.Problem(maximize=one), (1 + 2**0.5) / 2)
    assert abs(abs(result.maximizers[0, 0]) - (2**0.5 - 1) ** 0.5) < 1e-4


def test_extrema_of_one_ratio_on_an_interval() -> None:
    solved(ms.Problem(minimize=ratio(X**2 + 1, X**4 + 1), bounds={"x": (-2, 2)}), 5 / 17)
    solved(ms.Problem(maximize=1 + ratio(X, 1 + X**2), bounds={X: (-2, 2)}), 1.5)


def test_a_sum_whose_terms_pull_apart() -> None:
    # On the segment x + y = 2 the sum 1/(1 + x) + 1/(1 + y) is convex: least in the middle, largest at the ends.
    problem = {"constraints": [ms.equal(x + y, 2)], "bounds": {"x": (0, 2), "y": (0, 2)}}
    total = ratio(1, 1 + x) + ratio(1, 1 + y)
    solved(ms.Problem(minimize=total, **problem), 1.0)
    solved(ms.Problem(maximize=total, **problem), 4 / 3)


def test_wells_of_two_ratios() -> None:
    first, second = x**2 + y**2 + 1, (x - 2) ** 2 + y**2 + 2
    total = ratio(1, first) + ratio(1, second)
    grid = np.stack(np.meshgrid(np.linspace(-1, 3, 801), np.linspace(-1, 1, 401)), -1).reshape(-1, 2)
    best = float(np.max(total(grid)))
    result = ms.solve(ms.Problem(maximize=total))
    assert result.status is ms.Status.CERTIFIED and result.rigorous
    assert best <= result.upper_bound <= best + 1e-4 and result.lower_bound >= best


@pytest.mark.parametrize(
    ("problem", "minimum"),
    [
        (ms.Problem(ratio(x + 2 * y, x**2 + y**2 + 1), equalities=[x**2 + y**2 - 1]), -(5**0.5) / 2),
        (ms.Problem(ratio(1 + x, 1 + y), matrix_inequalities=[[[1, x], [x, y]]], bounds={y: (0, 4)}), -0.2),
        (ms.Problem(ratio(X, X - 1) + X, bounds={"x": (2, 5)}), 4.0),
    ],
)
def test_constraints_of_every_kind(problem, minimum) -> None:
    solved(problem, minimum)


def test_ratios_over_a_set_without_a_point() -> None:
    assert ms.solve(ms.Problem(ratio(x, y), constraints=[x**2 <= -1])).status is ms.Status.INFEASIBLE


def test_a_radius_is_one_of_the_users_variables() -> None:
    result = ms.solve(ms.Problem(ratio(x, 1 + x**2 + y**2)), bound=0.5)
    assert result.status is ms.Status.CERTIFIED and result.coverage == "the ball of radius 0.5 around the origin"
    assert abs(result.upper_bound + 0.4) < 1e-6 and result.lower_bound <= -0.4


def test_an_infimum_far_out_is_closed_by_the_common_denominator() -> None:
    solved(ms.Problem(ratio(X**2 + 1, X**4 + 1)), 0.0)
    solved(ms.Problem(ratio(1, X), constraints=[X >= 1]), 0.0)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_scales_do_not_matter(scale) -> None:
    result = ms.solve(ms.Problem(scale * ratio(X, 1 + X**2)))
    assert result.status is ms.Status.CERTIFIED and abs(result.upper_bound / scale + 0.5) < 1e-6
    solved(ms.Problem(ratio(scale * X, 1 + scale**2 * X**2)), -0.5)


@pytest.mark.parametrize("seed", range(3))
def test_random_sums_agree_with_a_fine_grid(seed) -> None:
    rng = np.random.default_rng(seed)
    total = 0 * X
    for c, d, w in rng.uniform(-1, 1, (3, 3)):
        total = total + ratio(w * X + 1, (X - 2 * c) ** 2 + 0.2 + d**2)
    result = ms.solve(ms.Problem(total, bounds={"x": (-2, 2)}))
    best = float(np.min(total(np.linspace(-2, 2, 200_001)[:, None])))
    assert result.status is ms.Status.CERTIFIED and result.rigorous
    assert result.lower_bound <= best + 1e-12 and result.upper_bound <= best + 1e-6 * max(1, abs(best))


# -- denominators ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("objective", "constraints", "words"),
    [
        (ratio(X, X**2), (), "is 0 at the feasible point x = "),
        (ratio(X, X**2 - 2 * X + Fraction(1, 2)), (), "is -0.5 at the feasible point x = 1"),
        (ratio(X, -1 - X**2), (X <= 1, X >= -1), "is -2 at the feasible point x = "),
        (ratio(X, X - 1), (), "falls without end"),
    ],
)
def test_a_denominator_that_is_not_positive_is_refused_with_its_point(objective, constraints, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words) as error:
        ms.solve(ms.Problem(objective, constraints=constraints))
    assert "\n" not in str(error.value)


def test_what_is_not_shown_to_be_positive_is_named_and_nothing_is_certified() -> None:
    motzkin = x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1 + Fraction(1, 10**12)
    result = ms.solve(ms.Problem(ratio(x, motzkin), bounds={"x": (-2, 2), "y": (-2, 2)}), max_order=3)
    assert result.status not in (ms.Status.CERTIFIED, ms.Status.CERTIFIED_WITHIN, ms.Status.UNBOUNDED)
    assert "Not shown to be positive" in result.message


# -- the records -------------------------------------------------------------------------------------------


def test_sums_of_ratios_form_an_algebra() -> None:
    one = ratio(x, 1 + y**2)
    assert one + one == 2 * one == one * 2 and (one - one).ratios == () and 3 - one == -(one - 3)
    assert (x + one) * y == ratio(x * y, 1 + y**2) + x * y and one / 2 == ratio(x, 2 + 2 * y**2 - 1 - y**2) * 0.5
    assert ratio(x, 2).polynomial == x / 2 and ratio(x, 3).polynomial.exact == (Fraction(1, 3),)
    assert (one + 1)([3.0, 1.0]) == 2.5 and np.array_equal(one([[3.0, 1.0], [0.0, 5.0]]), [1.5, 0.0])
    assert pickle.loads(pickle.dumps(one)) == one and hash(one) == hash(ratio(x, 1 + y**2)) and "/" in str(one)


def test_a_problem_with_ratios_is_a_record_like_others(tmp_path) -> None:
    for sense in ("minimize", "maximize"):
        problem = ms.Problem(**{sense: x + ratio(x / 3, 1 + y**2)}, bounds={"x": (0, 1)})
        problem.to_json(tmp_path / "problem.json")
        for again in (pickle.loads(pickle.dumps(problem)), ms.load(tmp_path / "problem.json"), replace(problem)):
            assert again == problem and hash(again) == hash(problem) and str(again) == str(problem)
        objective = problem.to_sympy()[0]
        assert sympy.simplify(objective - sympy.sympify("x + x/3.0/(1 + y**2)")).is_number
        assert problem.objective([1.0, 0.0]) == 1 + 1 / 3 and problem.lifted().variables == ("x", "y", "t0")
    assert ms.relax(problem).plan.variables == ("x", "y", "t0")
    named = ms.variables("t0 t1")
    assert ms.Problem(ratio(named[0], 1 + named[1] ** 2)).lifted().variables == ("t0", "t1", "t0_")


def test_a_result_is_saved_whole_and_says_why_it_has_no_certificate(tmp_path) -> None:
    result = ms.solve(ms.Problem(ratio(X, 1 + X**2), bounds={"x": (-2, 2)}))
    result.to_json(tmp_path / "result.json")
    assert ms.load(tmp_path / "result.json") == result
    with pytest.raises(ms.CertificateError, match="no ratios"):
        result.certify()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ratio("x", 1),
        lambda: ratio(x, 0),
        lambda: ratio(x, 0 * x),
        lambda: ratio(x, True),
        lambda: ratio(1, float("nan")),
        lambda: ratio(x, y) <= 1,
        lambda: ms.Problem(x, inequalities=[ratio(x, y)]),
        lambda: ms.Problem(x, matrix_inequalities=[[[ratio(x, y)]]]),
        lambda: ms.solve(ms.Problem(ratio(x, 1 + y**2)), squares=[x]),
    ],
)
def test_what_is_no_ratio_is_refused_in_one_line(wrong) -> None:
    with pytest.raises(ms.InvalidInput) as error:
        wrong()
    assert "\n" not in str(error.value) and len(str(error.value)) < 300


@pytest.mark.parametrize("wrong", [3, [3], [[[[1.0, [0]]]]], [[[[1.0, [0]]], []]], {"a": 1}])
def test_a_file_with_wrong_ratios_is_refused(wrong) -> None:
    document = {"variables": ["x"], "minimize": [[1.0, [1]]], "ratios": wrong}
    with pytest.raises(ms.InvalidInput):
        ms.Problem.from_json(json.loads(json.dumps(document)))
