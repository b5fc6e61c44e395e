"""One call for any kind of model: bounds, baselines, report, blocks, degrees, penalties."""

from __future__ import annotations

import json
import pickle
import time

import numpy as np
import pytest
from layered import Layered

import momentsos as ms
from momentsos.learning.activation import of_degrees
from momentsos.models import costs
from momentsos.models.baselines import fitted_on_inputs, fitted_on_intervals, inputs_of, sought_of
from momentsos.models.descent import descended
from momentsos.models.factor import reduced
from momentsos.models.fitting import Task, fitted
from momentsos.models.measure import outputs_of
from momentsos.models.normalising import redundant_sites
from momentsos.models.polynomialize import polynomialize
from momentsos.models.widened import grid_of, left_out_loss


@pytest.fixture
def layered(monkeypatch):
    """Return layers that `polynomialize` takes as a model of a kind of its own."""
    monkeypatch.setattr("momentsos.models.polynomialize.model_of", lambda given, X: given)
    return Layered.of()


def rows(samples, width=3, seed=0, size=1.0):
    return size * np.random.default_rng(seed).standard_normal((samples, width))


def test_the_loss_is_certified_and_no_worse_than_both_fits(layered) -> None:
    found = ms.polynomialize(layered, rows(200), degrees=[3, 2])
    assert found.fit.status is ms.Status.CERTIFIED and found.fit.relative_gap < 1e-6
    losses = {each.name: each.loss for each in found.report.training}
    assert losses["ours"] <= min(losses["interval"], losses["least squares"]) and losses["original"] == 0
    assert losses["ours"] == pytest.approx(found.fit.upper_bound, rel=1e-12)
    assert found.report.samples + found.report.held_out_samples == 200


def test_it_is_the_minimum_that_learn_certifies(layered) -> None:
    X = rows(120)
    found = ms.polynomialize(layered, X, degrees=2, holdout=0)
    network = ms.PolynomialNetwork(layered.weights, degrees=(2, 2), biases=layered.biases)
    fit = ms.learn(network, X, outputs_of(layered, X))
    assert fit.status is ms.Status.CERTIFIED
    assert found.fit.upper_bound == pytest.approx(fit.upper_bound, rel=1e-8)
    predicted = network.with_coefficients(found.fit.coefficients).predict(X)
    assert np.allclose(predicted, found.model(X), rtol=1e-10, atol=1e-12)


def test_labels_are_targets_and_truth_is_scored_only(layered) -> None:
    X = rows(100)
    outputs = outputs_of(layered, X)
    labels = np.argmax(outputs - np.median(outputs, axis=0), axis=1)
    distilled = ms.polynomialize(layered, X, degrees=2, truth=labels, holdout=0)
    assert distilled.report.target == "outputs" and 0.3 < distilled.report.score("original").accuracy < 1.0
    fitted_to_labels = ms.polynomialize(layered, X, labels, degrees=2, holdout=0)
    assert fitted_to_labels.report.target == "Y"
    known = fitted_to_labels.report
    assert known.score("ours").loss < known.score("least squares").loss
    named = ms.polynomialize(layered, X, np.array(["no", "yes"])[labels], degrees=2, holdout=0)
    assert named.fit.upper_bound == fitted_to_labels.fit.upper_bound


@pytest.mark.parametrize(
    "wrong",
    [np.full(40, 0.5), np.full(40, 7), np.full(40, np.nan), np.zeros((40, 3)), np.zeros(39, dtype=int), ["a"] * 40],
)
def test_labels_that_are_no_classes_are_refused(layered, wrong) -> None:
    with pytest.raises(ms.InvalidInput) as caught:
        ms.polynomialize(layered, rows(40), wrong)
    assert "Y" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"degrees": [2]}, ms.InvalidInput),
        ({"degrees": 0}, ms.InvalidInput),
        ({"degrees": "all"}, ms.BadOption),
        ({"activations": [ms.Activation(2)]}, ms.InvalidInput),
        ({"activations": [ms.Activation(2, basis="chebyshev"), ms.Activation(2)]}, ms.BadOption),
        ({"holdout": 1.0}, ms.BadOption),
        ({"widen": -1.0}, ms.BadOption),
        ({"ridge": "much"}, ms.BadOption),
        ({"tol": 0.0}, ms.BadOption),
        ({"holdout": (np.zeros((4, 3)), np.zeros((4, 2)))}, ms.InvalidInput),
    ],
)
def test_options_are_checked_at_the_door(layered, options, error) -> None:
    with pytest.raises(error):
        ms.polynomialize(layered, rows(40), **options)
    with pytest.raises(ms.InvalidInput):
        ms.polynomialize(layered, rows(40)[:, 0])


def test_chosen_powers_and_fixed_coefficients_are_kept(layered) -> None:
    shapes = [ms.Activation(powers=(1, 3)), ms.Activation(degree=2, fixed={0: 0.25})]
    found = ms.polynomialize(layered, rows(150), activations=shapes, holdout=0)
    first, second = found.fit.coefficients
    assert first[0] == first[2] == 0.0 and second[0] == pytest.approx(0.25, rel=1e-12)
    assert found.fit.status is ms.Status.CERTIFIED


def test_the_report_is_data_and_text(layered, tmp_path) -> None:
    found = ms.polynomialize(layered, rows(120), degrees=2)
    report = found.report
    report.to_json(tmp_path / "report.json")
    data = json.loads((tmp_path / "report.json").read_text())
    assert data == json.loads(json.dumps(report.as_dict())) and data["status"] == "CERTIFIED"
    assert [layer["name"] for layer in data["layers"]] == ["layer 0", "layer 1"]
    layer = report.layers[0]
    assert len(layer.grid) == len(layer.original) == len(layer.polynomial) == len(layer.density) + 1
    assert layer.density.sum() == pytest.approx(1.0)
    assert np.allclose(layer.polynomial, np.polynomial.polynomial.polyval(layer.grid, layer.powers))
    middle, half = 0.5 * (layer.high + layer.low), 0.5 * (layer.high - layer.low)
    own = np.polynomial.chebyshev.chebval((layer.grid - middle) / half, layer.chebyshev)
    assert np.allclose(own, layer.polynomial)
    assert layer.held_out.outside <= layer.held_out.inputs == report.held_out_samples * layer.units
    text = str(report)
    assert "least squares" in text and "held out, 30 samples" in text and "levels" in text
    assert pickle.loads(pickle.dumps(report)) == report and found.fit == pickle.loads(pickle.dumps(found.fit))


def test_the_same_seed_gives_the_same(layered) -> None:
    one, other = (ms.polynomialize(layered, rows(80), degrees=2, seed=3) for _ in range(2))
    assert [c.tolist() for c in one.fit.coefficients] == [c.tolist() for c in other.fit.coefficients]


@pytest.mark.slow
def test_weights_of_samples_and_of_coefficients_change_the_loss(layered) -> None:
    X = rows(80)
    plain = ms.polynomialize(layered, X, degrees=2, holdout=0, widen=0.0)
    weights = np.where(np.arange(80) < 40, 1.0, 0.0)
    half = ms.polynomialize(layered, X[:40], degrees=2, holdout=0, widen=0.0)
    weighted = ms.polynomialize(layered, X, degrees=2, holdout=0, widen=0.0, sample_weight=weights)
    twice = ms.polynomialize(layered, np.concatenate([X, X]), degrees=2, holdout=0, widen=0.0)
    ridge = ms.polynomialize(layered, X, degrees=2, holdout=0, widen=0.0, ridge=1e-2)
    assert weighted.fit.upper_bound == pytest.approx(half.fit.upper_bound, rel=1e-6)
    assert plain.fit.upper_bound < ridge.fit.upper_bound
    assert twice.fit.upper_bound == pytest.approx(plain.fit.upper_bound, rel=1e-9)
    assert all(each.fit.status is ms.Status.CERTIFIED for each in (weighted, ridge))


def test_held_out_samples_may_be_given(layered) -> None:
    found = ms.polynomialize(layered, rows(60), degrees=2, holdout=(rows(20, seed=5), None, rows(20, 2, seed=6)))
    assert found.report.held_out_samples == 20 and found.report.samples == 60
    assert found.report.held_out[0].r2 < 0.5  # against the truth, which is noise


def test_a_penalty_keeps_outputs_in_bounds_beyond_the_training_range(layered) -> None:
    X, far = rows(150, size=0.5), rows(100, seed=1, size=1.5)
    without = ms.polynomialize(layered, X, degrees=[3, 2], widen=0.0, holdout=(far,))
    kept = ms.polynomialize(layered, X, degrees=[3, 2], widen=0.1, holdout=(far,))
    assert kept.report.score("ours").loss < 0.5 * without.report.score("ours").loss
    assert kept.fit.status is ms.Status.CERTIFIED and "was asked for" in kept.report.widening


def test_the_penalty_is_chosen_where_folds_left_out_are_much_worse() -> None:
    model = Layered.of()
    X = np.concatenate([rows(60, size=0.3), rows(3, seed=2, size=4.0)])
    inputs, Y = inputs_of(model, X)
    sought = sought_of(inputs, of_degrees([5, 2]))
    folds = np.random.default_rng(0).permutation(len(X)) % 4
    data = reduced(model, X, Y, sought, folds=folds)
    grid = grid_of(model, inputs, data)
    start = sought.vector(fitted_on_inputs(inputs, sought))
    assert left_out_loss(data, grid, 1e-2, start, np.inf) < left_out_loss(data, grid, 0.0, start, np.inf)


@pytest.mark.slow
def test_degrees_are_raised_while_folds_left_out_gain(layered) -> None:
    found = ms.polynomialize(layered, rows(200), degrees="auto", time_limit=10.0)
    fixed = ms.polynomialize(layered, rows(200), degrees=2)
    assert max(layer.degree for layer in found.report.layers) > 2 and "2, 2:" in found.report.degrees
    assert found.report.score("ours").loss < fixed.report.score("ours").loss


def task_of(model, X, degrees, until=np.inf):
    from momentsos.hierarchy.request import Asked

    inputs, Y = inputs_of(model, X)
    sought = sought_of(inputs, of_degrees(degrees))
    return Task(model, X, Y, None, inputs, sought, Asked(method="squares"), 0.0, 0.0, until)


def test_large_models_are_fitted_in_blocks_and_never_called_certified(monkeypatch) -> None:
    monkeypatch.setattr("momentsos.models.fitting._TOGETHER", 0)
    monkeypatch.setattr("momentsos.models.size._SECONDS", 1e6)
    model, X = Layered.of((3, 5, 5, 4, 2)), rows(100)
    task = task_of(model, X, (2, 2, 2), until=time.perf_counter() + 60.0)
    starts = [fitted_on_inputs(task.inputs, task.sought), fitted_on_intervals(model, task.inputs, task.sought)]
    found = fitted(task, starts)
    assert found.result.status is ms.Status.BOUNDED and found.result.lower_bound == 0.0
    assert found.steps[-1].sites == (2,) and found.steps[-1].status is ms.Status.CERTIFIED
    loss = float(((outputs_of(model, X, found.series) - task.Y) ** 2).mean())
    assert found.result.upper_bound == pytest.approx(loss, rel=1e-10)
    assert loss < min(float(((outputs_of(model, X, start) - task.Y) ** 2).mean()) for start in starts)


def test_levenberg_marquardt_finds_the_coefficients_that_made_the_targets() -> None:
    model, X = Layered.of((3, 6, 6, 4)), rows(80)
    task = task_of(model, X, (3, 2))
    true = task.sought.vector(fitted_on_inputs(task.inputs, task.sought))
    Y = outputs_of(model, X, task.sought.series(true))
    start = true + 0.1 * np.random.default_rng(0).standard_normal(len(true))
    end = descended(model, X, Y, task.sought, start, [4, 5, 6], None, np.inf)
    assert np.abs(end - true).max() < 1e-8
    assert (descended(model, X, Y, task.sought, start, [4, 5, 6], None, 0.0) == start).all()  # no time at all


def test_reduced_data_have_the_loss_of_a_forward_pass() -> None:
    model, X = Layered.of(), rows(150)
    task = task_of(model, X, (3, 2))
    x = np.random.default_rng(0).standard_normal(task.sought.count)
    data = task.data(task.sought)
    loss = float(((outputs_of(model, X, task.sought.series(x)) - task.Y) ** 2).mean())
    assert data.loss(x) == pytest.approx(loss, rel=1e-12)
    assert len(data.parts) == 4 and sum(data.counts) == 300


def test_a_scale_is_redundant_without_a_bias_behind_it() -> None:
    X = rows(20)
    for scale, redundant in ((1.0, []), (0.0, [0])):
        model = Layered.of(scale=scale)
        task = task_of(model, X, (2, 2))
        assert redundant_sites(model, X, task.sought.sites) == redundant


def test_depth_and_levels_count_along_the_longest_way() -> None:
    model = Layered.of((3, 4, 4, 4, 2))
    assert costs.depth_of(model, [2, 2, 2]) == 3 and costs.depth_of(model, [3, 5, 1]) == 5
    assert costs.levels_of(model, [2, 2, 2]) == 10 and costs.levels_of(model, [2, 2, 2], (0, 1, 2)) == 7
    assert costs.levels_of(Layered.of(), [2, 2], (0, 1)) == 5
    assert costs.multiplications_of(3, 10) == 20


def test_the_function_of_the_room_is_the_public_one() -> None:
    assert ms.polynomialize is polynomialize


@pytest.mark.slow
def test_degrees_that_are_out_of_reach_are_told_and_do_not_fill_the_memory(layered) -> None:
    found = ms.polynomialize(layered, rows(40), degrees=12, holdout=0, time_limit=1.0)
    assert found.fit.status is ms.Status.BOUNDED
    losses = {each.name: each.loss for each in found.report.training}
    assert losses["ours"] <= losses["least squares"]


def test_one_sample_and_numbers_too_large_are_no_surprise(layered) -> None:
    assert ms.polynomialize(layered, rows(1), degrees=1).fit.upper_bound < 1e-20
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(ms.InvalidInput, match="change units"):
        ms.polynomialize(layered, 1e300 * rows(20), degrees=2)
