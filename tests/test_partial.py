"""The partial hierarchy: splits, valid bounds at every order, changes of variables, the published families."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import least_squares, linprog

import momentsos as ms
from momentsos.bounds.dual import dual_bound
from momentsos.conditioning.affine import balanced_units, change_affinely, scale_by
from momentsos.conditioning.split import affine_split, quadratic_split
from momentsos.conditioning.whitening import centre_squares, whiten_constraints, whiten_squares
from momentsos.hierarchy.status import Status
from momentsos.learning import Formulation
from momentsos.learning.instances import example_34, noisy_instance
from momentsos.polynomials.evaluator import Evaluator
from momentsos.relaxations import assemble, mixed_plan, partial_plan
from momentsos.solvers import SolverOptions, solve_sdp

FAMILIES = [(2, 2), (2, 3), (1, 1, 1), (2, 1, 1), (3, 2)]


def names_of(problem: ms.Problem, positions: tuple[int, ...]) -> set[str]:
    return {problem.variables[i] for i in positions}


# -- splits ------------------------------------------------------------------------------------------------------


def test_only_the_inner_coefficients_of_example_3_4_are_relaxed() -> None:
    case = example_34()
    problem = ms.formulate(case.network, case.X, case.Y, loss="mean_residual").problem
    split = affine_split(problem)
    assert names_of(problem, split.inner) in ({"c21"}, {"c11", "c12"})
    assert len(split.inner) == 1  # c11, c12 meet c21 alone, so one relaxed variable is enough


def test_a_split_is_affine_and_largest(rng) -> None:
    for _ in range(10):
        names = [f"x{i}" for i in range(7)]
        rows = rng.integers(0, 2, (12, 7))
        p = ms.Polynomial.from_terms(rows, np.ones(12), names)
        split = affine_split(ms.Problem(p, [1 - p], variables=names))
        assert rows[:, list(split.linear)].sum(axis=1).max(initial=0) <= 1
        best = max(
            (bin(code).count("1") for code in range(2**7) if _fits(rows, code)),
            default=0,
        )
        assert len(split.linear) == best


def _fits(rows: np.ndarray, code: int) -> bool:
    chosen = [i for i in range(rows.shape[1]) if code >> i & 1]
    return rows[:, chosen].sum(axis=1).max(initial=0) <= 1


def test_the_last_layer_is_quadratic_under_the_squared_loss() -> None:
    case = noisy_instance((2, 2), samples=10, width=4)
    problem = ms.formulate(case.network, case.X, case.Y, loss="mse").problem
    assert names_of(problem, quadratic_split(problem).linear) >= {"c20", "c21", "c22"}


# -- changes of variables ----------------------------------------------------------------------------------------


def test_changes_are_inverted_exactly_enough_and_scalings_without_rounding(rng) -> None:
    case = noisy_instance((2, 2), samples=20, width=6)
    problem = ms.formulate(case.network, case.X, case.Y, loss="mean_residual").problem
    scaled = scale_by(problem, balanced_units(problem))
    point = rng.standard_normal(problem.n_variables)
    assert np.array_equal(scaled.point(scaled.inverse_point(point)), point)
    split = affine_split(problem)
    change = whiten_constraints(problem, split, np.append(rng.standard_normal(5), 30.0), 10.0, 1e-6)
    t = rng.standard_normal(problem.n_variables)
    x = change.point(t)
    assert np.allclose(change.inverse_point(x), t, atol=1e-9)
    assert change.value(change.problem.minimize(t)) == pytest.approx(problem.minimize(x), rel=1e-10)
    for g, h, factor in zip(problem.inequalities, change.problem.inequalities, change.inequalities, strict=True):
        assert factor * h(t) == pytest.approx(g(x), rel=1e-8, abs=1e-8)


def test_the_exact_change_is_the_rounded_one_without_rounding(rng) -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(x**2 * y - 0.1 * y, [1 - x**2 - y**2], [x - y / 3])
    change = change_affinely(problem, rng.standard_normal(2), rng.standard_normal((2, 2)))
    exact = change.exact()
    assert exact.minimize.is_exact
    for a, b in zip(
        (exact.minimize, *exact.inequalities, *exact.equalities),
        (change.problem.minimize, *change.problem.inequalities, *change.problem.equalities),
        strict=True,
    ):
        assert np.abs((a - b).values).max(initial=0.0) < 1e-14
    t = [Fraction(1, 3), Fraction(-2, 7)]
    image = [Fraction(float(a)) + sum(Fraction(float(m)) * s for m, s in zip(row, t, strict=True))
             for a, row in zip(change.shift, change.matrix, strict=True)]  # fmt: skip
    direct = sum(Fraction(float(c)) * image[0] ** int(r[0]) * image[1] ** int(r[1])
                 for r, c in zip(problem.minimize.exponents, problem.minimize.values, strict=True))  # fmt: skip
    moved = sum(c * t[0] ** int(r[0]) * t[1] ** int(r[1])
                for r, c in zip(exact.minimize.exponents, exact.minimize.coefficients, strict=True))  # fmt: skip
    assert moved * Fraction(change.objective) == direct


# -- bounds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [(2, 1), (1, 2), (2, 2)])
def test_bounds_are_valid_and_rise_with_the_order(degrees) -> None:
    case = noisy_instance(degrees, samples=20, width=6)
    formulation = ms.formulate(case.network, case.X, case.Y, loss="mean_residual")
    problem = scale_by(formulation.problem, balanced_units(formulation.problem)).problem
    bounds = []
    for order in (0, 1, 2):
        relaxation = assemble(partial_plan(problem, order))
        solution = solve_sdp("native", relaxation.sdp, SolverOptions())
        bound = dual_bound(relaxation, solution, np.ones(problem.n_variables))
        bounds.append(bound.value if bound else -np.inf)
    best = ms.learn(case.network, case.X, case.Y, loss="mean_residual").upper_bound
    size = scale_by(formulation.problem, balanced_units(formulation.problem)).objective
    assert bounds[0] <= bounds[1] + 1e-7 and bounds[1] <= bounds[2] + 1e-7
    assert bounds[2] * size <= best * (1 + 1e-6)


def test_the_identity_holds_at_random_points(rng) -> None:
    case = noisy_instance((2, 2), samples=20, width=6)
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual", method="partial")
    relaxation, solution = fit.relaxation, fit.solution
    sdp, plan = relaxation.sdp, relaxation.plan
    gamma = float(sdp.right_side @ solution.equality_duals)
    t = rng.standard_normal(len(plan.variables))
    left = plan.objective(t) - gamma * plan.normalization(t)
    right = 0.0
    from momentsos.polynomials.evaluation import evaluate_monomials
    from momentsos.sdp import smat

    for block, gram in zip(relaxation.psd_blocks, sdp.split(solution.gram), strict=True):
        basis = evaluate_monomials(block.basis, t[None, :])[0]
        right += block.polynomial(t) * float(basis @ smat(gram) @ basis)
    assert left == pytest.approx(right, rel=1e-6, abs=1e-6)


# -- the published families --------------------------------------------------------------------------------------


def local_minimum(formulation: Formulation, starts: int, seed: int) -> float:
    """The best loss of many Levenberg-Marquardt runs, each followed by a linear program in the last layer."""
    evaluator = Evaluator(formulation.residuals)
    rng = np.random.default_rng(seed)
    n = formulation.n_coefficients
    best = np.inf
    for _ in range(starts):
        with np.errstate(all="ignore"):
            end = least_squares(evaluator.values, rng.standard_normal(n), evaluator.jacobian, method="trf", max_nfev=60)
        if not np.isfinite(end.x).all():
            continue
        point = end.x
        if formulation.norm.squared:
            best = min(best, float((evaluator.values(point) ** 2).sum()))
            continue
        for _ in range(6):  # sequential linear programs on the largest residual, steps cut in half until they help
            values, jacobian = evaluator.values(point), evaluator.jacobian(point)
            m = len(values)
            left = np.block([[jacobian, -np.ones((m, 1))], [-jacobian, -np.ones((m, 1))]])
            answer = linprog(np.append(np.zeros(n), 1.0), A_ub=left, b_ub=np.concatenate([-values, values]),
                             bounds=[(-1, 1)] * n + [(0, None)], method="highs")  # fmt: skip
            if not answer.success:
                break
            step, now = answer.x[:-1], np.abs(values).max()
            while np.abs(step).max() > 1e-12 and np.abs(evaluator.values(point + step)).max() > now:
                step = step / 2
            point = point + step
        best = min(best, float(np.abs(evaluator.values(point)).max()))
    return best


@pytest.mark.slow
@pytest.mark.parametrize("law", ["scaled", "plain"])
@pytest.mark.parametrize("degrees", FAMILIES)
def test_noisy_instances_of_the_families_are_certified_and_never_contradicted(degrees, law) -> None:
    certified = 0
    for seed in range(5):
        case = noisy_instance(degrees, seed=seed, law=law)
        fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual", method="partial")
        # Plain weights make targets of 1e5 to 1e8, of which the loss is 1e-7 to 1e-10; there the gap is closed to
        # what double precision resolves, and one evaluation of the loss is uncertain by `rounding`.
        rounding = 4 * np.finfo(float).eps * Evaluator(fit.formulation.residuals).sizes(fit.minimizers[0][:-1]).max()
        certified += fit.status is Status.CERTIFIED and (law == "plain" or fit.relative_gap <= 1e-6)
        assert local_minimum(fit.formulation, 10, seed) >= fit.lower_bound * (1 - 1e-9) - rounding
    assert certified == 5


@pytest.mark.slow
@pytest.mark.parametrize("degrees", FAMILIES)
def test_the_dense_relaxation_in_a_ball_does_not_contradict_the_certificate(degrees) -> None:
    case = noisy_instance(degrees, seed=0)
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual", method="partial")
    radius = 2.0 * float(np.linalg.norm(fit.minimizers[0]))
    dense = ms.solve(fit.problem, order=2, method="dense", bound=radius)
    assert fit.status is Status.CERTIFIED
    assert dense.lower_bound <= fit.upper_bound * (1 + 1e-6)
    assert dense.upper_bound is None or dense.upper_bound >= fit.lower_bound * (1 - 1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("degrees", FAMILIES)
def test_the_squared_loss_is_certified_with_fresh_noise(degrees) -> None:
    for seed in range(3):
        case = noisy_instance(degrees, seed=seed, fresh=True)
        fit = ms.learn(case.network, case.X, case.Y, loss="mse", tol=1e-5)
        loss = float(((fit.network.predict(case.X) - case.Y) ** 2).mean())
        assert fit.status is Status.CERTIFIED and fit.relative_gap <= 1e-5
        assert fit.upper_bound == pytest.approx(loss, rel=1e-8)
        assert local_minimum(fit.formulation, 10, seed) >= fit.lower_bound * (1 - 1e-7)


def test_the_squared_loss_costs_the_same_sdp_for_any_number_of_samples() -> None:
    sizes = []
    for samples in (50, 100_000):
        case = noisy_instance((2, 2), samples=samples, fresh=True)
        fit = ms.learn(case.network, case.X, case.Y, loss="mse", tol=1e-5)
        assert fit.status is Status.CERTIFIED
        sizes.append(dict(fit.sizes))
    assert sizes[0] == sizes[1]


def test_the_triangular_factor_keeps_the_noise_of_large_targets() -> None:
    case = noisy_instance((1, 1), samples=200, width=6, fresh=True, noise=1e-4)
    shifted = case.Y + 1e6
    formulation = ms.formulate(case.network, case.X, shifted, loss="mse")
    coefficients = case.network.unknowns.flatten(case.true)
    direct = float(((case.network.with_coefficients(case.true).predict(case.X) - shifted) ** 2).mean())
    assert formulation.objective(coefficients) == pytest.approx(direct, rel=1e-12)


def test_what_the_data_do_not_determine_is_named() -> None:
    case = noisy_instance((2, 2), samples=10, width=3)
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual")
    assert fit.status is Status.CERTIFIED and fit.upper_bound < 1e-8
    assert fit.identifiability.rank == 3 and fit.identifiability.undetermined
    assert "determine only 3 of 5" in fit.message
    full = ms.learn(
        *(lambda c: (c.network, c.X, c.Y))(noisy_instance((2, 1), samples=10, width=6)), loss="mean_residual"
    )
    assert not full.identifiability.undetermined and full.identifiability.condition < 1e6


# -- other problems ----------------------------------------------------------------------------------------------


def haverly(demand: float, cost: float) -> ms.Problem:
    """Haverly's pooling problem: one pool with sulphur content `p`, two products."""
    a, b, cx, cy, px, py, p = ms.variables("a b cx cy px py p")
    profit = 9 * (px + cx) + 15 * (py + cy) - 6 * a - cost * b - 10 * (cx + cy)
    return ms.Problem(
        minimize=-profit,
        inequalities=[
            2.5 * (px + cx) - p * px - 2 * cx, 1.5 * (py + cy) - p * py - 2 * cy,
            demand - px - cx, 200 - py - cy, p - 1, 3 - p, a, b, cx, cy, px, py,
        ],
        equalities=[a + b - px - py, 3 * a + b - p * (px + py)],
    )  # fmt: skip


@pytest.mark.parametrize(("demand", "cost", "optimum"), [(100, 16, -400), (600, 16, -600), (100, 13, -750)])
def test_haverly_s_pooling_problems(demand, cost, optimum) -> None:
    result = ms.solve(haverly(demand, cost), method="partial")  # boxes are what auto takes first
    assert result.status is Status.CERTIFIED and result.method == "partial"
    assert result.upper_bound == pytest.approx(optimum, rel=1e-6)
    assert result.lower_bound == pytest.approx(optimum, rel=1e-6)


def test_a_bilinear_game() -> None:
    # min over x in the simplex and y in the box of x'My: at a vertex of both
    M = np.array([[3.0, -1.0, 2.0], [-2.0, 4.0, -3.0]])
    x1, y1, y2, y3 = ms.variables("x1 y1 y2 y3")
    rows = [x1, 1 - x1]
    f = sum(M[i, j] * rows[i] * y for i in range(2) for j, y in enumerate((y1, y2, y3)))
    box = [1 - v for v in (y1, y2, y3)] + [1 + v for v in (y1, y2, y3)]
    result = ms.solve(ms.Problem(f, [x1, 1 - x1, *box]), method="partial")
    optimum = -max(np.abs(M).sum(axis=1))
    assert result.status is Status.CERTIFIED
    assert result.upper_bound == pytest.approx(optimum, rel=1e-6)


def test_a_robust_linear_program_with_a_polynomial_parameter() -> None:
    # Worst case over |u| <= 1 of min {x1 + x2 : (2 + u) x1 + (1 + u^2) x2 >= 3, x >= 0}, by the dual of the inner
    # program: max {3 y : (2 + u) y <= 1, (1 + u^2) y <= 1, y >= 0}. It is 3 / min_u max(2 + u, 1 + u^2).
    u, y = ms.variables("u y")
    problem = ms.Problem(-3 * y, [1 - (2 + u) * y, 1 - (1 + u**2) * y, y, 1 - u, 1 + u])
    grid = np.linspace(-1, 1, 200_001)
    optimum = -3 / np.maximum(2 + grid, 1 + grid**2).min()
    result = ms.solve(problem, method="partial")
    assert result.status is Status.CERTIFIED
    assert result.upper_bound == pytest.approx(optimum, rel=1e-4)  # the grid's own error is 1e-5


def flat_channel(normalisation: str = "paper") -> tuple[ms.PolynomialNetwork, np.ndarray, np.ndarray]:
    """A network whose mean residuals are `c11 c21 - 1`, `c21`, `c20`: the loss tends to 0 only as c11 diverges.

    With `c11 = 1` in place of `c10 = 1` it is zero at `c21 = 1`.
    """
    weights = [[[1.0], [-1.0]], [[0.5, -0.5], [0.5, 0.5], [0, 0]], [[1.0, 0, -1], [0, 1, -1], [0, 0, 1]]]
    network = ms.PolynomialNetwork(weights, [1, 1], normalisation=normalisation)
    return network, np.array([[1.0]]), np.array([[1.0, 0, 0]])


@pytest.mark.parametrize("loss", ["mean_residual", "mse"])
def test_a_flat_channel_ends_at_infinity(loss) -> None:
    fit = ms.learn(*flat_channel(), loss=loss)
    assert fit.status is Status.AT_INFINITY
    assert fit.minimizers.shape[0] == 1 and fit.coefficients is not None  # the best point known


@pytest.mark.parametrize("loss", ["mean_residual", "mse"])
def test_the_flat_channel_ends_at_a_point_in_another_chart(loss) -> None:
    fit = ms.learn(*flat_channel("auto"), loss=loss)
    assert fit.status is Status.CERTIFIED and fit.upper_bound == 0.0
    assert fit.network.chart == ((0, 1),) and fit.coefficients[1][1] == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_the_escaping_valley_ends_at_infinity(seed) -> None:
    x, y = ms.variables("x y")
    result = ms.solve(ms.Problem(x**2 + (x * y - 1) ** 2), seed=seed)
    assert result.status is Status.AT_INFINITY
    assert abs(result.lower_bound) < 1e-6


@pytest.mark.parametrize("noise", [1e-5, 1e-2, 1.0])
def test_squared_losses_are_tight_whatever_the_size_of_the_residuals(noise) -> None:
    for degrees, seed in (((2, 2), 0), ((1, 1, 1), 2)):  # whitened, the second keeps a gap of 2e-2 at noise 1
        case = noisy_instance(degrees, noise=noise, seed=seed, fresh=True)
        fit = ms.learn(case.network, case.X, case.Y, loss="mse", method="partial", order=0)
        assert fit.status is Status.CERTIFIED and fit.relative_gap < 1e-8
        assert fit.attempts[0].absorbed


def test_centring_a_squared_loss_mixes_no_variables(rng) -> None:
    case = noisy_instance((2, 1), samples=30, width=5, fresh=True)
    formulation = ms.formulate(case.network, case.X, case.Y, loss="mse")
    point = rng.standard_normal(formulation.n_coefficients)
    change = centre_squares(formulation.problem, point, formulation.squares)
    assert (np.count_nonzero(change.matrix, axis=0) == 1).all() and (change.shift == point).all()
    t = rng.standard_normal(len(point))
    assert change.value(change.problem.minimize(t)) == pytest.approx(formulation.objective(change.point(t)), rel=1e-9)


def test_a_problem_without_linear_variables_is_refused() -> None:
    x, y = ms.variables("x y")
    problem = ms.Problem(x**4 + y**4 + x**3 * y**3, [1 - x**2 - y**2])
    with pytest.raises(ms.InvalidInput, match="take method='dense'"):
        ms.solve(problem, method="partial")


def test_squares_are_changed_before_they_are_added(rng) -> None:
    case = noisy_instance((2, 1), samples=30, width=5, fresh=True)
    formulation = ms.formulate(case.network, case.X, case.Y, loss="mse")
    point = rng.standard_normal(formulation.n_coefficients)
    split = quadratic_split(formulation.problem)
    change = whiten_squares(formulation.problem, split, point, 10.0, formulation.squares)
    t = rng.standard_normal(len(point))
    assert change.value(change.problem.minimize(t)) == pytest.approx(formulation.objective(change.point(t)), rel=1e-9)
    plan = mixed_plan(change.problem, 0)
    assert plan.blocks[0].size <= len(plan.blocks[0].basis)


@pytest.mark.parametrize("method", ["auto", "partial"])
def test_an_infimum_at_infinity_is_seen_from_a_point_that_is_near(method) -> None:
    # Example 3.4 with the first residual lowered by 120/66: the zero of the linear program's value moves to c21 = 0,
    # where c11 = p/c21 and c12 = q/c21 diverge; see docs/partial-hierarchy.md.
    c11, c12, c20, c21, theta = ms.variables("c11 c12 c20 c21 theta")
    residuals = [
        3 * c20 + 9 * c21 + 29 * c12 * c21 - 52 - 120 / 66,
        5 * c11 * c21 - c20 + 5 * c12 * c21 - 4,
        3 * c20 + 10 * c21 - c11 * c21 + 41 * c12 * c21 - 76,
        2.5 * c11 * c21 - 9 * c21 - 2 * c20 - 36.5 * c12 * c21 + 68.5,
    ]
    result = ms.solve(ms.Problem(theta, [g for r in residuals for g in (theta - r, theta + r)]), method=method)
    assert result.status is Status.AT_INFINITY and abs(result.lower_bound) < 1e-6
