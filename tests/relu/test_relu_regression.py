"""One ReLU, globally: against brute force in rational numbers, on hostile data, and against local searches."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest
from reference_relu import least_loss

import momentsos as ms
from momentsos.learning.relu.arrangement import cells, count_cells
from momentsos.learning.relu.cell_bounds import cell_bounds
from momentsos.learning.relu.local import local_minima, random_starts
from momentsos.learning.relu.sample import Sample


def ramp(samples: int, inputs: int, noise: float = 0.3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((samples, inputs))
    return X, np.maximum(X @ np.ones(inputs) + 0.3, 0.0) + noise * rng.standard_normal(samples)


def hostile(kind: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 4))
    n = int(rng.integers(1, 7 if d < 3 else 6))
    X, y = rng.standard_normal((n, d)), rng.standard_normal(n)
    if kind == "duplicated":
        X = X[rng.integers(0, n, n)]
    elif kind == "collinear":
        X = np.outer(rng.standard_normal(n), np.ones(d)) + 1.0
    elif kind == "nearly collinear":
        X = np.outer(rng.standard_normal(n), rng.standard_normal(d)) + 1e-9 * X
    elif kind == "scales":
        X, y = X * 10.0 ** rng.integers(-5, 6, d), y * 10.0 ** rng.integers(-5, 6)
    elif kind == "grid":
        X, y = rng.integers(-1, 2, (n, d)).astype(float), rng.integers(-1, 3, n).astype(float)
    elif kind == "noiseless":
        y = np.maximum(X @ np.ones(d) + 0.2, 0.0)
    elif kind == "zero targets":
        y = np.zeros(n)
    return X, y


KINDS = ("random", "duplicated", "collinear", "nearly collinear", "scales", "grid", "noiseless", "zero targets")


@pytest.mark.parametrize("kind", KINDS)
def test_bounds_enclose_the_least_loss_that_brute_force_finds(kind) -> None:
    for seed in range(4):
        X, y = hostile(kind, seed)
        least, fit = least_loss(X, y), ms.relu_regression(X, y)
        assert Fraction(fit.lower_bound) <= least  # brute force returns a value that is attained
        assert fit.status is ms.Status.CERTIFIED
        assert float(fit.upper_bound - least) <= 1e-9 * float(least) + 1e-16 * float(np.mean(y**2))


@pytest.mark.parametrize("inputs", [1, 2, 3])
@pytest.mark.parametrize("noise", ["ramp", "agnostic"])
def test_no_local_search_is_better_and_the_bounds_meet(inputs, noise) -> None:
    X, y = ramp(30, inputs)
    y = y if noise == "ramp" else np.random.default_rng(1).standard_normal(30)
    fit = ms.relu_regression(X, y)
    assert fit.status is ms.Status.CERTIFIED and fit.upper_bound - fit.lower_bound <= 1e-12
    assert abs(np.mean((fit.predict(X) - y) ** 2) - fit.loss) <= 1e-12
    sample = Sample.of(X, y)
    starts = random_starts(sample.white.floats, 1000, np.random.default_rng(2))
    _, losses = local_minima(sample.white.floats, sample.scaled, starts)
    assert float(sample.unit) * losses.min() >= fit.lower_bound - 1e-12
    assert float(sample.unit) * losses.min() <= 1.01 * fit.upper_bound  # here a few of the starts are good enough


@pytest.mark.slow
def test_a_hundred_samples_with_three_inputs_are_certified() -> None:
    X, _ = ramp(100, 3)
    fit = ms.relu_regression(X, np.random.default_rng(1).standard_normal(100))
    assert fit.status is ms.Status.CERTIFIED and fit.certificate.cells == count_cells(100, 4)


@pytest.mark.parametrize(("samples", "inputs"), [(7, 1), (8, 2), (7, 3)])
def test_generic_points_have_as_many_cells_as_the_formula_says(samples, inputs) -> None:
    X, y = ramp(samples, inputs)
    assert 2 * len(cells(Sample.of(X, y).rows)) == count_cells(samples, inputs + 1)


@pytest.mark.parametrize("kind", ["integers", "floats"])
def test_no_pattern_of_a_grid_is_missing(kind) -> None:
    X = np.stack(np.meshgrid(np.arange(3.0), np.arange(4.0)), -1).reshape(-1, 2)
    X = X if kind == "integers" else 0.1 * X + 0.3
    half = cells(Sample.of(X, np.ones(12)).rows)
    known = {row.tobytes() for row in np.concatenate([half, ~half])}
    assert len(known) == 2 * len(half)
    drawn = np.random.default_rng(0).standard_normal((100_000, 3)) / [1.0, 1.0, X.max()]
    met = np.unique((X - X.mean(axis=0)) @ drawn[:, :2].T + drawn[:, 2] * X.max() > 0.0, axis=1).T
    assert {row.tobytes() for row in np.ascontiguousarray(met)} <= known
    if kind == "integers":  # and nearly each of them has been met
        assert len(met) >= 0.95 * len(known)


def test_bounds_of_cells_are_nowhere_above_the_loss_on_them() -> None:
    X, y = ramp(12, 2)
    sample, rng = Sample.of(X, y), np.random.default_rng(0)
    theta = random_starts(sample.white.floats, 500, rng) * np.exp(rng.standard_normal((500, 1)))
    inner = theta @ sample.white.floats.T
    losses = ((np.maximum(inner, 0.0) - sample.scaled) ** 2).sum(axis=1)
    for multipliers in (None, rng.exponential(0.1, inner.shape)):
        assert np.all(cell_bounds(sample.white.floats, sample.scaled, inner > 0.0, multipliers).lower <= losses)


def test_deciding_cells_are_proved_by_their_multipliers() -> None:
    X, y = hostile("random", 5)
    sample, fit = Sample.of(X, y), ms.relu_regression(X, y)
    for cell in fit.certificate.deciding:
        theta = list(cell.theta)
        inner = [sum(a * t for a, t in zip(row, theta, strict=True)) for row in sample.rows]
        force = [Fraction(0)] * len(theta)
        for row, z, target, inside in zip(sample.rows, inner, sample.targets, cell.positive, strict=True):
            if inside:
                force = [f + (z - target) * a for f, a in zip(force, row, strict=True)]
        for i, multiplier in cell.multipliers:
            assert multiplier > 0 and inner[i] == 0
            sign = 1 if cell.positive[i] else -1
            force = [f - multiplier * sign * a for f, a in zip(force, sample.rows[i], strict=True)]
        assert not any(force)
        squares = sum(
            (z - t) ** 2 if inside else Fraction(t) ** 2
            for z, t, inside in zip(inner, sample.targets, cell.positive, strict=True)
        )
        assert sample.mean(squares) == cell.bound >= fit.lower_bound


def test_weights_of_noiseless_data_are_recovered() -> None:
    X, _ = ramp(40, 3)
    fit = ms.relu_regression(X, np.maximum(X @ [1.0, -2.0, 0.5] - 0.25, 0.0))
    assert fit.status is ms.Status.CERTIFIED and fit.loss <= 1e-28
    assert np.allclose(fit.weights, [1.0, -2.0, 0.5]) and np.isclose(fit.bias, -0.25)


def test_without_an_intercept_the_bias_is_zero() -> None:
    X, y = ramp(30, 2)
    X[3] = 0.0
    fit = ms.relu_regression(X, y, intercept=False)
    assert fit.status is ms.Status.CERTIFIED and fit.bias == 0.0
    assert fit.loss >= ms.relu_regression(X, y).loss


def test_records_are_equal_by_value_and_shown() -> None:
    X, y = ramp(8, 1)
    fit = ms.relu_regression(X, y)
    assert pickle.loads(pickle.dumps(fit)) == fit
    assert str(fit).startswith("CERTIFIED") and "cells" in fit._repr_html_()


def test_numbers_at_the_ends_of_the_floats_make_no_false_claim() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((5, 1)), rng.standard_normal(5)
    for inputs, targets in ((X, 1e200 * y), (X, 1e-200 * y), (1e300 * X, y), (5e-324 * np.arange(5.0), y)):
        fit = ms.relu_regression(inputs, targets)
        assert fit.status in (ms.Status.CERTIFIED, ms.Status.BOUNDED) and fit.lower_bound <= fit.upper_bound


REFUSED = {
    "not a number": (([[np.nan]], [1.0]), {}, ms.InvalidInput),
    "another length": ((np.ones((3, 2)), np.ones(4)), {}, ms.InvalidInput),
    "three axes": ((np.ones((3, 2, 2)), np.ones(3)), {}, ms.InvalidInput),
    "nothing": ((np.ones((0, 2)), np.ones(0)), {}, ms.InvalidInput),
    "complex": ((1j * np.ones((3, 2)), np.ones(3)), {}, ms.InvalidInput),
    "intercept": ((np.ones((3, 2)), np.ones(3)), {"intercept": "no"}, ms.InvalidInput),
    "tolerance": ((np.ones((3, 2)), np.ones(3)), {"tol": -1.0}, ms.BadOption),
    "too many": ((np.random.default_rng(0).standard_normal((100, 6)), np.ones(100)), {}, ms.ProblemTooLarge),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_line(kind) -> None:
    given, options, error = REFUSED[kind]
    with pytest.raises(error) as caught:
        ms.relu_regression(*given, **options)
    assert "\n" not in str(caught.value)
