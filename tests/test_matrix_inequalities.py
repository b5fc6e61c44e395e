"""Polynomial matrix inequalities: known optima, exact feasibility, theorems as bounds, and what is refused."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy

import momentsos as ms
from momentsos.bounds.dimension import dimension_of
from momentsos.conditioning.affine import change_affinely
from momentsos.points.judge import PointJudge
from momentsos.problem.matrices import scalar_inequalities
from momentsos.relaxations import assemble, dense_plan
from momentsos.relaxations.exposed_face import integers_of, without_idle_squares

x, y = ms.variables("x y")
NAN = float("nan")


def solved(problem: ms.Problem, minimum: float, **options) -> ms.Result:
    """Solve, and check that status, bounds and points are what a proof of this minimum is."""
    result = ms.solve(problem, **options)
    size = max(1.0, abs(minimum))
    assert result.status is ms.Status.CERTIFIED and result.rigorous
    assert abs(result.upper_bound - minimum) <= 1e-6 * size and abs(result.lower_bound - minimum) <= 1e-6 * size
    lower, upper = problem.sense.bounds(result.lower_bound, result.upper_bound)
    assert lower <= problem.sense.turned(minimum) + 1e-12 * size and lower <= upper
    assert result.problem is problem
    if result.feasibility == "exact":
        assert semidefinite(problem, result.minimizers[0], result.fine[0])
    return result


def semidefinite(problem: ms.Problem, point: np.ndarray, fine: np.ndarray) -> bool:
    """Whether all matrices are positive semidefinite at a point, up to what its floats have not of a fraction."""
    values = {n: Fraction(a) + Fraction(b) for n, a, b in zip(problem.variables, point, fine, strict=True)}
    for matrix in problem.matrix_inequalities:
        exact = np.array([[float(sum(p.substitute(values).exact)) for p in row] for row in matrix])
        if np.linalg.eigvalsh(exact)[0] < -1e-13 * max(1.0, np.abs(exact).max()):
            return False
    return True


# -- known answers -----------------------------------------------------------------------------------------


def test_a_parabola_as_a_matrix() -> None:
    parabola = [[1, x], [x, y]]
    solved(ms.Problem(y, [x - 2], matrix_inequalities=[parabola]), 4.0)
    solved(ms.Problem(x + y, [4 - x**2], matrix_inequalities=[parabola]), -0.25)
    solved(ms.Problem(maximize=x, matrix_inequalities=[[[1, x], [x, 4]]], variables=("x",)), 2.0)
    solved(ms.Problem(y, matrix_inequalities=[parabola], equalities=[x**2 - 2]), 2.0)


@pytest.mark.parametrize("size", [2, 3, 6])
def test_the_largest_eigenvalue_of_a_matrix(size) -> None:
    rng, t = np.random.default_rng(size), ms.variables("t")[0]
    a = rng.standard_normal((size, size))
    a = (a + a.T) / 2
    matrix = [[(t if i == j else 0) - a[i, j] for j in range(size)] for i in range(size)]
    solved(ms.Problem(t, matrix_inequalities=[matrix]), float(np.linalg.eigvalsh(a)[-1]))


@pytest.mark.parametrize("many", [2, 3])
def test_an_eigenvalue_that_occurs_several_times_is_met_to_the_tolerance(many) -> None:
    rng, t = np.random.default_rng(many), ms.variables("t")[0]
    q = np.linalg.qr(rng.standard_normal((many + 1, many + 1)))[0]
    a = q @ np.diag([2.0] * many + [-1.0]) @ q.T
    a = (a + a.T) / 2
    matrix = [[(t if i == j else 0) - a[i, j] for j in range(many + 1)] for i in range(many + 1)]
    result = solved(ms.Problem(t, matrix_inequalities=[matrix]), 2.0)
    assert result.upper_bound - 2.0 < 1e-8


def test_the_nearest_correlation_matrix() -> None:
    a, b, c = ms.variables("a b c")
    # (0.9, -0.9, 0.9) is no correlation; by symmetry the nearest one is (s, -s, s) with 1 - 3 s^2 - 2 s^3 = 0
    distance = (a - 0.9) ** 2 + (b + 0.9) ** 2 + (c - 0.9) ** 2
    solved(ms.Problem(distance, matrix_inequalities=[[[1, a, b], [a, 1, c], [b, c, 1]]]), 3 * (0.9 - 0.5) ** 2)


def test_a_matrix_of_quadratics_that_is_not_convex() -> None:
    # The set of Henrion and Lasserre's kind: x y is smallest on the circle, where the first entry leaves room.
    matrix = [[1 - 4 * x * y, x], [x, 4 - x**2 - y**2]]
    grid = np.stack(np.meshgrid(*[np.linspace(-2, 2, 1601)] * 2), -1).reshape(-1, 2)
    a, b = grid.T
    inside = ((1 - 4 * a * b) * (4 - a**2 - b**2) >= a**2) & (1 - 4 * a * b >= 0) & (4 - a**2 - b**2 >= 0)
    best = float((a * b)[inside].min())
    result = ms.solve(ms.Problem(x * y, matrix_inequalities=[matrix]))
    assert result.status is ms.Status.CERTIFIED and result.rigorous
    assert best - 5e-3 <= result.lower_bound <= result.upper_bound <= best


@pytest.mark.parametrize("seed", range(3))
def test_minima_over_correlations_of_low_rank(seed) -> None:
    rng, n = np.random.default_rng(seed), 3
    names = ms.variables("a b c")
    cost = rng.standard_normal(3)
    matrix = [[1, names[0], names[1]], [names[0], 1, names[2]], [names[1], names[2], 1]]
    result = ms.solve(
        ms.Problem(sum(float(w) * v for w, v in zip(cost, names, strict=True)), matrix_inequalities=[matrix])
    )
    assert result.status is ms.Status.CERTIFIED and result.rigorous
    u = rng.standard_normal((20_000, n, 3))
    u /= np.linalg.norm(u, axis=2, keepdims=True)
    gram = u @ u.transpose(0, 2, 1)
    sampled = cost @ np.array([gram[:, 0, 1], gram[:, 0, 2], gram[:, 1, 2]])
    assert result.lower_bound <= sampled.min() + 1e-9 and result.upper_bound <= sampled.min() + 1e-6


# -- hostile numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_neither_units_nor_scales_of_a_matrix_matter(scale) -> None:
    more = {"inequalities": [4 - x**2]}
    solved(ms.Problem(x + y, matrix_inequalities=[[[scale, scale * x], [scale * x, scale * y]]], **more), -0.25)
    solved(ms.Problem(x + y, matrix_inequalities=[[[1, scale * x], [scale * x, scale**2 * y]]], **more), -0.25)
    u, v = x / scale, y / scale
    solved(ms.Problem(u + v, matrix_inequalities=[[[1, u], [u, v]]], inequalities=[4 - u**2]), -0.25)


def test_matrices_that_are_zero_or_singular_everywhere() -> None:
    zero = 0 * x
    solved(ms.Problem((x - 1) ** 2, matrix_inequalities=[[[zero, zero], [zero, zero]]]), 0.0)
    solved(ms.Problem((x - 1) ** 2 + y, matrix_inequalities=[[[x**2, x * y], [x * y, y**2]]], bounds={y: (0, 1)}), 0.0)
    solved(ms.Problem(x + y, [1 - y**2], matrix_inequalities=[[[1, x], [x, 0]]]), -1.0)


def test_sets_without_a_point_and_objectives_without_an_end_are_proved() -> None:
    for matrix in ([[x, 1], [1, -x]], [[1, 2], [2, 1 + 0 * x]]):
        assert ms.solve(ms.Problem(x, matrix_inequalities=[matrix])).status is ms.Status.INFEASIBLE
    assert ms.solve(ms.Problem(-y, matrix_inequalities=[[[1, x], [x, y]]])).status is ms.Status.UNBOUNDED


# -- how it is done ----------------------------------------------------------------------------------------


def test_scalar_inequalities_say_the_same_as_the_matrix() -> None:
    rng = np.random.default_rng(0)
    names = ms.variables("a b c")
    for size in (1, 2, 3, 4):
        given = [
            [float(rng.integers(-2, 3)) + sum(float(rng.integers(-2, 3)) * v for v in names) for _ in range(size)]
            for _ in range(size)
        ]
        matrix = [[given[min(i, j)][max(i, j)] for j in range(size)] for i in range(size)]
        problem = ms.Problem(names[0], matrix_inequalities=[matrix], variables=("a", "b", "c"))
        scalars, seen = scalar_inequalities(problem.matrix_inequalities[0]), set()
        for point in rng.uniform(-4, 4, (300, 3)):
            values = np.array([[entry(point) for entry in row] for row in problem.matrix_inequalities[0]])
            least = float(np.linalg.eigvalsh(values)[0])
            if abs(least) > 1e-6:
                seen.add(least > 0)
                assert all(p(point) >= 0 for p in scalars) == (least > 0)
        assert False in seen


def test_the_block_of_a_matrix_has_kronecker_form() -> None:
    problem = ms.Problem(y, matrix_inequalities=[[[1 + x * y, x], [x, 2 * y]]])
    relaxation = assemble(dense_plan(problem, 2))
    point = np.array([0.7, -1.3])
    moments = np.prod(point**relaxation.monomials.rows, axis=1)
    values = np.array([[entry(point) for entry in row] for row in problem.matrix_inequalities[0]])
    basis = np.array([1.0, *point])
    expected = np.kron(values, np.outer(basis, basis))
    assert np.allclose(relaxation.matrix(1, moments), expected, atol=1e-12)
    assert [block.size for block in relaxation.psd_blocks] == [6, 6]


def test_blocks_on_the_diagonal_stand_alone() -> None:
    z = 0 * x
    problem = ms.Problem(y, matrix_inequalities=[[[1 + z, z, x], [z, 2 - y, z], [x, z, y]]])
    assert [block.size for block in assemble(dense_plan(problem, 1)).psd_blocks] == [3, 2, 1]


def test_changes_of_variables_carry_matrices_along() -> None:
    problem = ms.Problem(y, matrix_inequalities=[[[3, 10 * x], [10 * x, 100 * y + x**2]]]).spelled_out()
    change = change_affinely(problem, np.array([0.3, 2.0]), np.array([[2.0, 1.0], [0.0, 0.5]]))
    exact, place = change.exact(), np.array([0.4, -0.2])
    for changed, of in ((change.problem, 1e-12), (exact, 1e-12)):
        d = np.array(change.matrices[0])
        values = np.array([[p(place) for p in row] for row in changed.matrix_inequalities[0]]) * np.outer(d, d)
        own = [[p(change.point(place)) for p in row] for row in problem.matrix_inequalities[0]]
        assert np.allclose(values, own, rtol=of) and changed.minors == problem.minors


def test_points_are_judged_exactly() -> None:
    problem = ms.Problem(y, matrix_inequalities=[[[1, x], [x, y]]]).spelled_out()
    judge = PointJudge(problem)
    above = 1.1 * 1.1
    assert (Fraction(above) >= Fraction(1.1) ** 2) == judge([1.1, above], limit=0.0).feasible
    assert not judge([1.0, float(np.nextafter(1.0, 0.0))], limit=0.0).feasible and judge([1.0, 1.0]).feasible


# -- the record --------------------------------------------------------------------------------------------


def test_a_problem_with_matrices_is_a_record_like_others(tmp_path) -> None:
    problem = ms.Problem(x + y, [4 - x**2], matrix_inequalities=[[[1, x / 3], [x / 3, y]], [[Fraction(1, 3) + x]]])
    assert problem.variables == ("x", "y") and problem != ms.Problem(x + y, [4 - x**2])
    problem.to_json(tmp_path / "problem.json")
    for again in (pickle.loads(pickle.dumps(problem)), ms.load(tmp_path / "problem.json"), replace(problem)):
        assert again == problem and hash(again) == hash(problem)
    objective, left, equal, matrices = problem.to_sympy()
    assert ms.Problem.from_sympy(objective, left, equal, matrix_inequalities=matrices) == problem
    assert "positive semidefinite" in str(problem) and len(repr(problem)) < 400
    assert problem.violation([3.0, 0.0]) > 0.1 and problem.violation([0.0, 1.0]) == 0.0
    assert problem.degree == 2 and problem.spelled_out().degree == 2 and problem.spelled_out().spelled_out().minors


def test_a_result_over_matrices_is_saved_whole(tmp_path) -> None:
    result = ms.solve(ms.Problem(y, [x - 2], matrix_inequalities=[[[1, x], [x, y]]]))
    result.to_json(tmp_path / "result.json")
    assert ms.load(tmp_path / "result.json") == result
    with pytest.raises(ms.CertificateError, match="no matrix inequalities"):
        result.certify()


def test_matrices_of_sympy_are_taken() -> None:
    a, b = sympy.symbols("x y")
    problem = ms.Problem.from_sympy(b, [a - 2], matrix_inequalities=[sympy.Matrix([[1, a], [a, b]])])
    assert problem == ms.Problem(y, [x - 2], matrix_inequalities=[[[1, x], [x, y]]], variables=("x", "y"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([[[1, x], [y, 1]]], "not symmetric"),
        ([[[1, x], [x]]], "square"),
        ([[]], "square"),
        ([[[1, x], [x, NAN]]], r"\[0\]\[1\]\[1\]"),
        ([[[1, "x"], [x, 1]]], "polynomial"),
        ([[x, 1]], "row"),
        ([x], "list of rows"),
        (x, "symmetric matrices"),
        (3, "symmetric matrices"),
        ([[[True]]], "polynomial"),
    ],
)
def test_what_is_no_symmetric_matrix_is_refused_in_one_line(given, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words) as error:
        ms.Problem(x, matrix_inequalities=given)
    assert "\n" not in str(error.value) and len(str(error.value)) < 300


@pytest.mark.parametrize("wrong", [3, [3], [[3]], [[[3]]], [[[[[1.0, [1]]], [[1.0, [0]]]]]], {"a": 1}])
def test_a_file_with_a_wrong_matrix_is_refused(wrong) -> None:
    document = {"variables": ["x"], "minimize": [[1.0, [1]]], "matrix_inequalities": wrong}
    with pytest.raises(ms.InvalidInput) as error:
        ms.Problem.from_json(json.loads(json.dumps(document)))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("method", ["sparse", "partial", "squares"])
def test_methods_that_know_no_matrices_say_so(method) -> None:
    problem = ms.Problem(y, matrix_inequalities=[[[1, x], [x, y]]])
    for ask in (ms.solve, ms.relax):
        with pytest.raises(ms.BadOption, match="knows no matrix inequalities"):
            ask(problem, method=method)


def test_a_characteristic_polynomial_that_is_too_long_is_refused_before_any_work() -> None:
    names = ms.variables([f"v{i}" for i in range(45)])
    places = iter(names)
    upper = {(i, j): next(places) for i in range(9) for j in range(i, 9)}
    matrix = [[upper[min(i, j), max(i, j)] for j in range(9)] for i in range(9)]
    with pytest.raises(ms.ProblemTooLarge, match="size 9"):
        ms.solve(ms.Problem(names[0], matrix_inequalities=[matrix]))


def test_blocks_of_matrices_are_left_out_of_faces() -> None:
    # Their products depend on the rows: a plan that drops monomials of one would stand for other polynomials.
    plan = dense_plan(ms.Problem(y, matrix_inequalities=[[[1, x**2], [x**2, y]]]), 2)
    block = next(block for block in plan.blocks if block.matrix is not None)
    assert integers_of(block) is None and dimension_of(plan, ms.Problem(y, variables=("x", "y"))) is None
    kept = next(each for each in without_idle_squares(plan).blocks if each.matrix is not None)
    assert kept.monomials is block.monomials
