"""Coefficients read off a problem of linear algebra, and which residuals decide a loss."""

from __future__ import annotations

import numpy as np
import pytest

from momentsos.learning.formulate import formulate
from momentsos.learning.free_start import FreeStart
from momentsos.learning.instances import noisy_instance
from momentsos.learning.starts import least_squares_points
from momentsos.points.judge import rounded_up, values_at

FAMILIES = [(2, 2), (2, 3), (1, 1, 1), (2, 1, 1), (3, 2)]


@pytest.mark.parametrize("law", ["scaled", "plain"])
@pytest.mark.parametrize("degrees", FAMILIES)
def test_without_noise_the_ratios_are_the_coefficients(degrees, law) -> None:
    instance = noisy_instance(degrees, noise=0.0, seed=3, law=law)
    free = FreeStart.of(formulate(instance.network, instance.X, instance.Y).residuals)
    assert free is not None
    np.testing.assert_allclose(free.point, instance.network.unknowns.flatten(instance.true), rtol=1e-6)


@pytest.mark.parametrize("loss", ["mse", "mean_residual"])
@pytest.mark.parametrize("degrees", FAMILIES)
def test_what_is_left_bounds_the_residuals_at_any_coefficients(degrees, loss) -> None:
    instance = noisy_instance(degrees, seed=1)
    formulation = formulate(instance.network, instance.X, instance.Y, loss)
    free, draw = FreeStart.of(formulation.residuals), np.random.default_rng(0)
    assert free is not None
    near = [free.point * (1 + size * draw.standard_normal(len(free.point))) for size in (1e-3, 0.1, 1.0)]
    for point in [free.point, *near, least_squares_points(formulation, 0)[0][: len(free.point)]]:
        assert np.linalg.norm(formulation.evaluator.values(point)) >= free.least * (1 - 1e-9)


def test_where_products_are_undetermined_nothing_is_said() -> None:
    instance = noisy_instance((2, 2), samples=2, width=2, seed=0)
    assert FreeStart.of(formulate(instance.network, instance.X, instance.Y, "mean_residual").residuals) is None


@pytest.mark.parametrize("seed", range(5))
def test_residuals_that_are_left_out_decide_nothing(seed) -> None:
    instance = noisy_instance((2, 2), seed=seed)
    formulation, draw = (
        formulate(instance.network, instance.X, instance.Y, "mean_residual"),
        np.random.default_rng(seed),
    )
    point = draw.standard_normal(formulation.problem.n_variables)
    for fine in (np.zeros(len(point)), 1e-17 * point * draw.standard_normal(len(point))):
        n = formulation.n_coefficients
        every = formulation.norm.most(values_at(formulation.residuals, point[:n], fine[:n]))
        assert formulation.loss_at(point, fine) == rounded_up(every)
