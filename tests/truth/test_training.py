"""Training problems on which bounds or statuses were once false, and ten more of each kind, against plain descents."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

import momentsos as ms

from .descents import Floats, claims_hold, least_total_square, outputs, total_square

#: Seconds that one fit may take: what is claimed then is true all the same.
LIMIT = 1.0
SEEDS = range(11)
#: The bounds meet.
CLOSED = (ms.Status.CERTIFIED, ms.Status.CERTIFIED_WITHIN)


def scaled(draw: np.random.Generator, *sizes: int) -> list[Floats]:
    return [draw.standard_normal((b, a)) / a**0.5 for a, b in pairwise(sizes)]


@pytest.mark.parametrize("seed", SEEDS)
def test_targets_that_are_zero_but_for_one(seed: int) -> None:
    """Bounds that held in a small box of whitened units were once called the minimum."""
    draw = np.random.default_rng(seed)
    network = ms.PolynomialNetwork(scaled(draw, 3, 4, 3, 2), [2, 2])
    X, Y = draw.standard_normal((5, 3)), np.zeros((5, 2))
    Y[draw.integers(5), draw.integers(2)] = 1.0
    fit = ms.learn(network, X, Y, loss="mse", time_limit=LIMIT)
    claims_hold(fit, X, Y, least_total_square(network, X, Y, 12, seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_one_output_with_much_noise(seed: int) -> None:
    """Attempts once listed bounds over all of R^n that lay above the minimum."""
    draw = np.random.default_rng(100 + seed)
    width = int(draw.integers(3, 7))
    W = scaled(draw, 3, width, width, 1)
    network = ms.PolynomialNetwork(W if seed % 2 else [1.5 * w for w in W], [2, 3])
    X = draw.standard_normal((30, 3))
    true = [np.append(1.0, draw.standard_normal(2)), draw.standard_normal(4)]
    Y = outputs(network.weights, true, X) + 30.0 * draw.standard_normal((30, 1))
    fit = ms.learn(network, X, Y, loss="mse", time_limit=LIMIT)
    claims_hold(fit, X, Y, least_total_square(network, X, Y, 8, seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_absolute_errors_of_a_wide_network_of_high_degree(seed: int) -> None:
    """It once ended in an error of local elimination."""
    draw = np.random.default_rng(200 + seed)
    width, samples, units = (20, 50, 1) if seed == 0 else draw.integers([10, 30, 1], [21, 61, 3]).tolist()
    network = ms.PolynomialNetwork(scaled(draw, 3, width, width, units), [4, 3])
    X, Y = draw.standard_normal((samples, 3)), draw.standard_normal((samples, units))
    fit = ms.learn(network, X, Y, loss="mae", time_limit=LIMIT)
    mine = float(np.abs(outputs(network.weights, fit.coefficients, X) - Y).mean())
    assert 0.0 <= fit.lower_bound <= fit.upper_bound and fit.upper_bound == pytest.approx(mine, rel=1e-9)
    assert fit.status in (*CLOSED, ms.Status.BOUNDED)


# -- units of the inputs -----------------------------------------------------------------------------------


def raw_units(seed: int) -> tuple[list[Floats], list[Floats], Floats, Floats]:
    """Return weights and biases for some columns of the breast cancer data, in raw units: areas are hundreds."""
    draw, data = np.random.default_rng(300 + seed), load_breast_cancer()
    columns = draw.permutation(30)[: int(draw.integers(4, 9))]
    rows = draw.permutation(len(data.data))[:60]
    X, Y = data.data[rows][:, columns], np.eye(2)[data.target[rows]]
    W = scaled(draw, len(columns), 5, 4, 2)
    b = [0.3 * draw.standard_normal(len(w)) for w in W]
    return W, b, X, Y


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_units_of_the_inputs_change_no_minimum(seed: int) -> None:
    """A factor of all inputs of a layer is one of its coefficients: both bounds speak of the same minimum."""
    W, b, X, Y = raw_units(seed)
    deviation = float((X @ W[0].T + b[0]).std())
    fits = []
    for unit in (1.0, deviation):
        network = ms.PolynomialNetwork([W[0] / unit, *W[1:]], [2, 2], biases=[b[0] / unit, *b[1:]])
        fits.append(ms.learn(network, X, Y, loss="mse", time_limit=LIMIT))
    raw, ordinary = fits
    reached = min(total_square(fit.network, fit.coefficients, X, Y) for fit in fits)
    for fit in fits:
        claims_hold(fit, X, Y, reached)
        assert not fit.region.everything or fit.lower_bound <= ordinary.upper_bound * (1 + 1e-9)
    if ordinary.status is ms.Status.CERTIFIED:
        assert raw.upper_bound >= ordinary.lower_bound * (1 - 1e-9)


# -- candidates --------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_candidates_are_added_to_the_search(seed: int) -> None:
    """With a good candidate, or a bad one, a solve ends as well as without: no search followed where there was one."""
    draw = np.random.default_rng(seed)
    network = ms.PolynomialNetwork(scaled(draw, 3, 4, 3, 2), [2, 1 + seed % 2])
    X, Y = draw.standard_normal((12, 3)), draw.standard_normal((12, 2))
    formulation = ms.formulate(network, X, Y, loss="mse")
    alone = ms.solve(formulation.problem, squares=formulation.residuals)
    good = alone.minimizers[0] * (1 + 1e-9)
    for candidates in ([good], 10.0 * draw.standard_normal((2, len(good)))):
        result = ms.solve(formulation.problem, squares=formulation.residuals, candidates=np.array(candidates))
        assert result.status in CLOSED or alone.status not in CLOSED
        assert result.upper_bound <= alone.upper_bound * (1 + 1e-9)
