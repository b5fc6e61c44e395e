"""Boxes of the inner coefficients: what their linear programs say holds at all coefficients."""

from __future__ import annotations

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.expansion import Expansion
from momentsos.learning.inner_forms import CoefficientBox, InnerForms
from momentsos.learning.inner_program import BoxProgram, Reduction
from momentsos.learning.inner_start import first_box
from momentsos.learning.instances import noisy_instance
from momentsos.learning.losses import loss_named
from momentsos.learning.losses.sampled import SampledLoss
from momentsos.learning.residual_table import ResidualTable


def table_of(seed: int = 0, degrees: tuple[int, ...] = (2, 2)) -> tuple[ResidualTable, InnerForms, np.ndarray]:
    case = noisy_instance(degrees, 12, 5, seed=seed, fresh=True)
    table = ResidualTable.of(Expansion.of(case.network), case.X, case.Y)
    return table, InnerForms.of(case.network.unknowns, table), case.network.unknowns.flatten(case.true)


def sampled(name: str) -> SampledLoss:
    loss = loss_named(name).sampled
    assert loss is not None
    return loss


def box_around(forms: InnerForms, point: np.ndarray, half: float) -> CoefficientBox:
    inner, last = point[forms.inner], point[forms.last]
    return CoefficientBox(inner - half, inner + half, last - half, last + half)


def points_in(forms: InnerForms, box: CoefficientBox, count: int) -> np.ndarray:
    draw = np.random.default_rng(1)
    points = np.empty((count, len(forms.inner) + len(forms.last)))
    points[:, forms.inner] = draw.uniform(box.low, box.high, (count, len(box.low)))
    points[:, forms.last] = draw.uniform(box.least, box.most, (count, len(box.least)))
    return points


@pytest.mark.parametrize("degrees", [(2, 2), (3, 2), (2, 1, 1)])
def test_residuals_stay_in_their_ranges_and_combinations_above_their_bounds(degrees) -> None:
    table, forms, true = table_of(degrees=degrees)
    box = box_around(forms, true, 0.3)
    middle, half = box.ranges(forms, forms.combined(table.values))
    residuals = np.array([table.at(point) for point in points_in(forms, box, 200)])
    assert (np.abs(residuals - middle) <= half * (1 + 1e-9) + 1e-12).all()
    weights = np.random.default_rng(2).standard_normal(len(middle))
    values = forms.combined((weights @ table.values)[None, :])[0]
    sizes = forms.combined((np.abs(weights) @ np.abs(table.values))[None, :])[0]
    assert box.lowest(forms, values, sizes) <= (residuals @ weights).min()


@pytest.mark.parametrize("name", ["mae", "max_abs"])
def test_a_program_bounds_the_loss_and_keeps_what_is_below_the_height(name) -> None:
    table, forms, true = table_of(1)
    loss, box = sampled(name), box_around(forms, true, 0.05)
    parts = [np.array([k]) for k in range(len(table.values))]
    weights = loss.weights(parts, table.at(true))
    rows, sizes = np.asarray(weights @ table.values), np.asarray(abs(weights) @ np.abs(table.values))
    points = points_in(forms, box, 300)
    losses = np.array([loss.of_residuals(table.at(point)) for point in points])
    height = float(np.quantile(losses, 0.2))
    program = BoxProgram(forms, box, Reduction(loss.norm, rows, sizes, np.zeros((0, len(true) + 1))), height)
    answer = program.loss(10.0)
    assert answer is not None and 0.0 < answer[0] <= losses.min()
    smaller, good = program.tightened(10.0), points[losses <= height]
    assert (smaller.low <= good[:, forms.inner]).all() and (good[:, forms.inner] <= smaller.high).all()
    assert (smaller.least <= good[:, forms.last]).all() and (good[:, forms.last] <= smaller.most).all()


@pytest.mark.parametrize("name", ["mae", "max_abs"])
def test_the_first_box_holds_what_is_below_the_height(name) -> None:
    table, forms, true = table_of(2)
    loss = sampled(name)
    height = loss.of_residuals(table.at(true))
    box = first_box(loss, table, forms, np.zeros((0, len(true) + 1)), height)
    assert box is not None
    inner, last = true[forms.inner], true[forms.last]
    assert (box.low <= inner).all() and (inner <= box.high).all()
    assert (box.least <= last).all() and (last <= box.most).all()


def test_without_any_limit_there_is_no_first_box() -> None:
    table, forms, true = table_of(2)
    assert first_box(sampled("mae"), table, forms, np.zeros((0, len(true) + 1)), 1e6) is None


def test_bounds_that_are_active_at_the_best_point_are_certified() -> None:
    case = noisy_instance((2, 2), 20, 4, seed=0, fresh=True)
    first, second = case.true
    kinds = [
        ms.Activation(2, fixed={0: 1.0}, bounds={k: (first[k] + 0.1, first[k] + 1.0) for k in (1, 2)}),
        ms.Activation(2, bounds={k: (second[k] - 1.0, second[k] + 1.0) for k in range(3)}),
    ]
    network = ms.PolynomialNetwork(case.network.weights, activations=kinds)
    fit = ms.learn(network, case.X, case.Y, loss="mae", tol=1e-4)
    assert fit.status is ms.Status.CERTIFIED and fit.region.everything
    assert fit.lower_bound is not None
    draw = np.random.default_rng(0)
    for _ in range(200):
        given = [np.r_[1.0, draw.uniform(first[1:] + 0.1, first[1:] + 1.0)], draw.uniform(second - 1.0, second + 1.0)]
        assert np.abs(network.with_coefficients(given).predict(case.X) - case.Y).mean() >= fit.lower_bound
