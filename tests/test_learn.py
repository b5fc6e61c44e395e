"""Coefficients come back from data, with a proof."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from rational import value_at

import momentsos as ms
from momentsos.learning.instances import example_34, noisy_instance
from momentsos.learning.learn import _at_losses
from momentsos.points.local_search import LocalSearch

FAMILIES = [(2, 2), (2, 3), (1, 1, 1), (2, 1, 1), (3, 2)]


def test_example_3_4_is_not_flat_at_order_1_in_the_dense_hierarchy() -> None:
    case = example_34()
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual", method="dense", order=1)
    assert fit.flatness is not None and not fit.flatness.flat
    assert "not flat" in str(fit.flatness)


def test_example_3_4_is_certified_at_order_2_in_the_dense_hierarchy() -> None:
    case = example_34()
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual", method="dense", order=2)
    assert fit.status is ms.Status.CERTIFIED and fit.order == 2
    assert np.allclose(np.concatenate(fit.coefficients), [1, 1, -2, 1, -1], atol=1e-5)
    assert abs(fit.upper_bound) < 1e-8 and abs(fit.lower_bound) < 1e-6
    assert np.allclose(fit.network.predict(case.X).mean(axis=0), case.Y.mean(axis=0), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("degrees", FAMILIES)
@pytest.mark.parametrize("seed", range(10))
def test_noise_free_coefficients_of_the_table_families_by_the_dense_hierarchy(degrees, seed) -> None:
    case = noisy_instance(degrees, noise=0.0, seed=seed)
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual", method="dense")
    assert fit.status is ms.Status.CERTIFIED
    for learned, true in zip(fit.coefficients, case.true, strict=True):
        assert np.abs(learned - true).max() <= 1e-6 * max(1.0, np.abs(true).max())
    assert 0 <= fit.lower_bound <= fit.upper_bound <= fit.unit


def test_the_upper_bound_is_the_loss_at_the_learned_coefficients() -> None:
    case = noisy_instance((2, 1), samples=20, width=6)
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual")
    loss = np.abs((fit.network.predict(case.X) - case.Y).mean(axis=0)).max()
    assert fit.upper_bound == pytest.approx(loss, rel=1e-9)
    assert fit.lower_bound <= fit.upper_bound
    assert [len(c) for c in fit.coefficients] == [3, 2]
    assert fit.coefficients[0][0] == 1.0


@pytest.mark.parametrize("scale", [1e-5, 1e5])
def test_outputs_of_any_scale_are_certified_against_their_own_scale(scale) -> None:
    case = noisy_instance((1, 1), samples=20, width=5)
    fit = ms.learn(case.network, case.X, scale * case.Y, loss="mean_residual")
    reference = ms.learn(case.network, case.X, case.Y, loss="mean_residual")
    assert fit.status is reference.status is ms.Status.CERTIFIED
    assert fit.upper_bound == pytest.approx(scale * reference.upper_bound, rel=1e-5)


def test_given_biases_are_used(rng) -> None:
    W = [rng.standard_normal((4, 4)) / 2 for _ in range(3)]
    b = [rng.standard_normal(4) for _ in range(3)]
    network = ms.PolynomialNetwork(W, [2, 1], b)
    true = [np.array([1.0, 0.4, -0.7]), np.array([0.3, 1.2])]
    X = rng.standard_normal((15, 4))
    fit = ms.learn(network, X, network.with_coefficients(true).predict(X))
    assert fit.status is ms.Status.CERTIFIED
    assert all(np.allclose(a, t, atol=1e-6) for a, t in zip(fit.coefficients, true, strict=True))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"solver": "nobody"}, ms.BadOption, "expected 'auto' or one of"),
        ({"method": "nothing"}, ms.BadOption, "method"),
        ({"loss": "hinge"}, ms.BadOption, "loss"),
        ({"tol": 0}, ms.BadOption, "tol"),
        ({"tol": "small"}, ms.BadOption, "tol"),
        ({"time_limit": -1}, ms.BadOption, "time_limit"),
        ({"bound": "round"}, ms.BadOption, "bound"),
        ({"order": 2, "max_order": 1}, ms.BadOption, "below the first order"),
        ({"order": "two"}, ms.BadOption, "order"),
        ({"solver_options": {"no_such_option": 1}}, ms.BadOption, "no_such_option"),
    ],
)
def test_bad_options_are_refused(options, error, words) -> None:
    case = example_34()
    with pytest.raises(error, match=words):
        ms.learn(case.network, case.X, case.Y, **options)


def exact_loss(fit: ms.learning.Fit, point: list[Fraction]) -> Fraction:
    """The largest absolute residual of the formulation at a point, in rational arithmetic."""
    return max(abs(value_at(residual, point)) for residual in fit.formulation.residuals)


@pytest.mark.parametrize(("degrees", "seed"), [((2, 2), 0), ((2, 3), 0), ((2, 3), 2)])
def test_with_plain_weights_the_upper_bound_is_the_exact_loss_at_points_with_their_fine_parts(degrees, seed) -> None:
    case = noisy_instance(degrees, width=20, seed=seed, law="plain")
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual")
    n = fit.formulation.n_coefficients
    assert fit.fine.shape == fit.minimizers.shape
    coarse = [Fraction(a) for a in fit.minimizers[0][:n]]
    point = [a + Fraction(b) for a, b in zip(coarse, fit.fine[0][:n], strict=True)]
    upper = Fraction(fit.upper_bound)
    assert 0 <= upper - exact_loss(fit, point) <= Fraction(np.spacing(fit.upper_bound))
    # The fine parts are kept where the loss at the floats alone would leave a gap.
    at_floats = exact_loss(fit, coarse)
    assert abs(at_floats - upper) <= Fraction(fit.formulation.rounding(fit.minimizers[0]))
    assert fit.fine[0].any() == ("Rounding the coefficients" in fit.message)
    assert (np.abs(fit.fine[0][:n]) <= np.spacing(np.abs(fit.minimizers[0][:n]))).all()


def test_an_upper_bound_that_rounding_cannot_explain_gives_way_to_the_recomputed_loss() -> None:
    case = noisy_instance((2, 1), samples=20, width=6)
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual")
    again = _at_losses(fit, fit.formulation)
    assert again.upper_bound == fit.upper_bound and again.status is ms.Status.CERTIFIED
    points = fit.minimizers.copy()
    points[0, 0] += 1e-2
    changed = _at_losses(dataclasses.replace(fit, minimizers=points), fit.formulation)
    assert changed.upper_bound == pytest.approx(fit.formulation.objective(fit.formulation.lifted(points[0])))
    assert changed.upper_bound > fit.upper_bound
    assert changed.status is ms.Status.BOUNDED and changed.lower_bound == pytest.approx(fit.lower_bound, rel=1e-9)


def test_a_point_that_the_moments_lead_to_is_conditioned_around_in_the_same_order() -> None:
    case = noisy_instance((3, 2), seed=8, noise=0.0)  # the least-squares search ends in a loss of 0.19 here
    fit = ms.learn(case.network, case.X, case.Y, loss="mean_residual")
    assert fit.status is ms.Status.CERTIFIED and fit.order == 1
    assert fit.upper_bound < 1e-13


def test_an_epigraph_value_covers_the_rounding_of_its_constraints() -> None:
    case = noisy_instance((2, 3), seed=0, law="plain")  # residuals of 1e-2 between terms of 1e9
    formulation = ms.formulate(case.network, case.X, case.Y, loss="mean_residual")
    search = LocalSearch(formulation.problem, upwards=np.eye(formulation.problem.n_variables)[-1])
    rng = np.random.default_rng(0)
    true = formulation.flatten(list(case.true))
    for _ in range(20):
        coefficients = true + 1e-9 * rng.standard_normal(len(true))
        found = search.assess(np.append(coefficients, 0.0))
        point = [Fraction(x) for x in coefficients.tolist()]
        exact = max(abs(value_at(r, point)) for r in formulation.residuals)
        assert exact <= Fraction(found.value)


@pytest.mark.parametrize("loss", ["mean_residual", "mse"])
@pytest.mark.parametrize(
    ("degrees", "sizes"), [((2,), (2, 3, 1)), ((1, 3), (4, 1, 1, 1)), ((1, 1, 1), (1, 4, 4, 3, 1))]
)
def test_fewer_residuals_than_coefficients_are_fitted_exactly(loss, degrees, sizes) -> None:
    rng = np.random.default_rng(0)
    network = ms.PolynomialNetwork([rng.standard_normal((m, n)) for n, m in pairwise(sizes)], degrees)
    fit = ms.learn(network, rng.standard_normal((1, sizes[0])), rng.standard_normal((1, sizes[-1])), loss=loss)
    assert fit.upper_bound <= 1e-8
    assert fit.lower_bound is None or fit.lower_bound >= -1e-6


def test_inputs_that_are_all_zero_are_fitted_by_the_constant() -> None:
    rng = np.random.default_rng(1)
    sizes, degrees = (2, 2, 2, 2, 3), (1, 3, 2)
    weights = [rng.standard_normal((m, n)) for n, m in pairwise(sizes)]
    network = ms.PolynomialNetwork(weights, degrees, [rng.standard_normal(m) for m in sizes[1:]], normalisation="paper")
    fit = ms.learn(network, np.zeros((20, 2)), 1e-5 * rng.standard_normal((20, 3)), time_limit=10)
    assert fit.lower_bound is None or fit.upper_bound is None or fit.lower_bound <= fit.upper_bound


@pytest.mark.parametrize("loss", ["mean_residual", "max_abs", "mse", "mae"])
@pytest.mark.parametrize(("last", "target"), [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0)])
def test_data_that_leave_no_residual_or_no_size_are_fitted(loss, last, target) -> None:
    """An output that never moves, equal to its targets or not; and targets that are all zero."""
    network = ms.PolynomialNetwork([[[1.0]], [[last]]], degrees=[2])
    fit = ms.learn(network, [[1.0], [2.0]], [[target], [target]], loss=loss)
    assert fit.upper_bound == pytest.approx(target if last == 0.0 else 0.0, abs=1e-12)
    assert fit.lower_bound == pytest.approx(fit.upper_bound, abs=1e-9)


@pytest.mark.parametrize("loss", ["mean_residual", "max_abs", "mse", "mae"])
@pytest.mark.parametrize("size", [1e151, 1e160, 1e300])
def test_targets_whose_squares_overflow_are_refused_in_words(loss, size) -> None:
    network = ms.PolynomialNetwork([[[1.0]], [[1.0]]], degrees=[2])
    with pytest.raises(ms.InvalidInput, match="change"):
        ms.learn(network, [[1.0], [2.0], [3.0]], [[size], [0.0], [2 * size]], loss=loss)


def test_losses_far_below_the_floor_of_relative_gaps_are_compared_too() -> None:
    """Targets of 1e-9 have squared losses of 1e-18, and an error of 1e-16 is no rounding there."""
    rng = np.random.default_rng(3)
    network = ms.PolynomialNetwork([rng.standard_normal((2, 2)), rng.standard_normal((1, 2))], degrees=[2])
    fit = ms.learn(network, rng.standard_normal((9, 2)), 1e-9 * rng.standard_normal((9, 1)), loss="mse")
    assert fit.status is ms.Status.CERTIFIED
    wrong = dataclasses.replace(fit, lower_bound=fit.lower_bound - 1e-16)
    assert _at_losses(fit, fit.formulation).status is ms.Status.CERTIFIED
    assert _at_losses(wrong, fit.formulation).status is ms.Status.BOUNDED
