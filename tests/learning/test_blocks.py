"""Training in blocks: each block is global, the whole is not called so, and what fits exactly is proved by zero."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest

import momentsos as ms
from momentsos.errors import BadOption
from momentsos.learning.passes import Passes


def _network(seed: int, degrees: list[int], inputs: int = 4, width: int = 6, outputs: int = 2, biases: bool = True):
    rng = np.random.default_rng(seed)
    sizes = [inputs, *[width] * len(degrees), outputs]
    W = [rng.standard_normal((a, b)) / b**0.5 for b, a in itertools.pairwise(sizes)]
    b = [rng.standard_normal(len(w)) / 2 for w in W] if biases else None
    return ms.PolynomialNetwork(W, degrees=degrees, biases=b), rng


def test_two_layers_are_one_block_and_certified_as_a_whole() -> None:
    network, rng = _network(0, [2, 2])
    X, Y = rng.standard_normal((40, 4)), rng.standard_normal((40, 2))
    fit, whole = ms.learn(network, X, Y, method="blocks"), ms.learn(network, X, Y)
    assert fit.status is whole.status is ms.Status.CERTIFIED
    assert fit.upper_bound == pytest.approx(whole.upper_bound, rel=1e-9)
    assert [step.layers for step in fit.steps] == [(1, 2)]


@pytest.mark.slow
def test_three_layers_are_bounded_with_certified_blocks_whose_certificates_verify() -> None:
    network, rng = _network(1, [2, 2, 2])
    X, Y = rng.standard_normal((60, 4)), rng.standard_normal((60, 2))
    fit = ms.learn(network, X, Y, method="blocks")
    assert fit.status is ms.Status.BOUNDED and fit.method == "blocks"
    assert 0.0 <= fit.lower_bound < fit.upper_bound
    assert {step.layers for step in fit.steps} == {(2, 3), (1, 3), (1, 2)}
    for step in fit.steps:
        assert step.status is ms.Status.CERTIFIED
        assert step.result.upper_bound == pytest.approx(fit.upper_bound, rel=1e-6)
    assert fit.steps[0].result.certify().bound <= fit.upper_bound
    predicted = fit.network.predict(X)
    assert ((predicted - Y) ** 2).mean() == pytest.approx(fit.upper_bound, rel=1e-9)
    assert not fit.rigorous
    with pytest.raises(BadOption, match="steps"):
        fit.certify()
    same = pickle.loads(pickle.dumps(fit))
    assert same.upper_bound == fit.upper_bound and len(same.steps) == 3


@pytest.mark.slow
def test_no_other_coefficients_of_a_block_are_better() -> None:
    network, rng = _network(2, [2, 2, 2], width=4)
    X, Y = rng.standard_normal((50, 4)), rng.standard_normal((50, 2))
    fit = ms.learn(network, X, Y, method="blocks", time_limit=20)
    passes = Passes(fit.network, X, Y)
    point = fit.network.unknowns.flatten(fit.coefficients)
    assert passes.loss(point) == pytest.approx(fit.upper_bound, rel=1e-9)
    layer = np.array([own for own, _ in fit.network.unknowns.places])
    for block in [step.layers for step in fit.steps if step.status is ms.Status.CERTIFIED]:
        free = np.isin(layer + 1, block)
        for size in (1e-3, 0.1, 1.0):
            for _ in range(100):
                moved = point.copy()
                moved[free] += size * rng.standard_normal(free.sum())
                assert passes.loss(moved) >= fit.upper_bound * (1 - 1e-6)


def test_a_teacher_of_four_layers_is_found_and_proved_by_zero() -> None:
    network, rng = _network(3, [2, 2, 2, 2], width=4)
    teacher = network.with_coefficients([rng.standard_normal(3) for _ in range(4)])
    X = rng.standard_normal((60, 4))
    fit = ms.learn(network, X, teacher.predict(X), method="blocks", time_limit=60)
    assert fit.status is ms.Status.CERTIFIED and fit.lower_bound == 0.0


def test_without_biases_scales_are_normalised_where_the_point_is() -> None:
    network, rng = _network(4, [2, 2], biases=False)
    X, Y = rng.standard_normal((40, 4)), rng.standard_normal((40, 2))
    fit, whole = ms.learn(network, X, Y, method="blocks"), ms.learn(network, X, Y)
    assert fit.upper_bound == pytest.approx(whole.upper_bound, rel=1e-6)


@pytest.mark.slow
def test_bounds_of_coefficients_are_kept() -> None:
    network, rng = _network(5, [2, 2])
    bounded = ms.Activation(2, bounds={2: (-0.1, 0.1)})
    network = ms.PolynomialNetwork(network.weights, activations=[bounded, bounded], biases=network.biases)
    X, Y = rng.standard_normal((40, 4)), rng.standard_normal((40, 2))
    fit = ms.learn(network, X, Y, method="blocks")
    assert all(abs(own[2]) <= 0.1 for own in fit.coefficients)


@pytest.mark.parametrize("options", [{"loss": "mae"}, {"loss": "mean_residual"}, {"absolute": 0.1}])
def test_what_blocks_do_not_know_is_refused(options: dict) -> None:
    network, rng = _network(6, [2, 2])
    with pytest.raises(BadOption, match="blocks"):
        ms.learn(network, rng.standard_normal((10, 4)), rng.standard_normal((10, 2)), method="blocks", **options)
