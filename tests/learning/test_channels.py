"""Channels to infinity are followed to their limit, and nothing is said where there is none."""

from __future__ import annotations

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.channels import channel_of
from momentsos.learning.instances import noisy_instance

X = np.linspace(-1.0, 1.0, 40)[:, None]
SHIFTS = ms.Activation(powers=(0, 1), fixed={1: 1.0}, per_unit=True)


def cubes(shifts: tuple[float, float], weights: tuple[float, float]) -> ms.PolynomialNetwork:
    """Return two cubic units of one input, with their shifts and output weights as coefficients."""
    activations = [SHIFTS, ms.Activation(powers=(3,), per_unit=True)]
    network = ms.PolynomialNetwork([np.ones((2, 1)), np.eye(2), np.ones((1, 2))], activations=activations)
    outer = np.zeros((2, 4))
    outer[:, 3] = weights
    return network.with_coefficients([np.column_stack([shifts, np.ones(2)]), outer])


def test_two_cubes_tend_to_a_gated_unit(rng) -> None:
    Y = X**2 - 0.25 + 0.05 * rng.standard_normal(X.shape)
    found = channel_of(cubes((-0.02, 0.02), (-30.0, 30.0)), X, Y)
    assert found.pairs == ((1, 0, 1),) and found.growing == ("c2_1_3", "c2_2_3")
    assert found.direction == pytest.approx([0.0, 0.0, -(0.5**0.5), 0.5**0.5], abs=1e-3)
    s, a, g = (
        found.points[-1, 0],
        *np.linalg.lstsq(np.hstack([(X + found.points[-1, :2].mean()) ** p for p in (3, 2)]), found.outputs[:, 0])[0],
    )
    gate = a * (X + s) ** 3 + g * (X + s) ** 2
    assert np.abs(gate - found.outputs).max() < 1e-2 * np.abs(gate).max()
    assert (found.gaps > 0).all() and found.gaps[1:-1] / found.gaps[:-2] == pytest.approx(0.25, rel=0.1)
    assert "not proved" in str(found)


def test_the_derivative_of_a_cube_is_a_limit_without_loss() -> None:
    found = channel_of(cubes((-0.02, 0.02), (-30.0, 30.0)), X, X**2)
    assert np.abs(found.outputs - X**2).max() < 1e-6 and found.limit < 1e-12


def test_nothing_is_said_near_by_nor_of_a_minimum_that_is_attained() -> None:
    target = (X + 0.5) ** 3 - (X - 0.5) ** 3
    assert channel_of(cubes((0.5, -0.5), (1.0, -1.0)), X, target) is None
    assert channel_of(cubes((0.01, -0.01), (90.0, -90.0)), X, target) is None  # larger weights only lose
    # the best cubic has one real root: so it is a sum of two cubes
    assert channel_of(cubes((-0.02, 0.02), (-30.0, 30.0)), X, X**2 + 0.1) is None
    case = noisy_instance((2, 2), samples=40, width=5, fresh=True)
    fit = ms.learn(case.network, case.X, case.Y)
    assert fit.report(case.X, case.Y).followed is None


def test_bounds_close_a_channel() -> None:
    network = cubes((-0.02, 0.02), (-30.0, 30.0))
    bounded = ms.Activation(powers=(3,), per_unit=True, bounds={3: (-40.0, 40.0)})
    within = ms.PolynomialNetwork(network.weights, activations=[SHIFTS, bounded])
    assert channel_of(within.with_coefficients(network.coefficients), X, X**2 - 0.25) is None


def test_a_channel_is_drawn(rng) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    found = channel_of(cubes((-0.02, 0.02), (-30.0, 30.0)), X, X**2 - 0.25 + 0.05 * rng.standard_normal(X.shape))
    ax = ms.plots.channel(found, Figure().subplots(), {"steps": ([1.0, 2.0], [1.0, 0.5])})
    assert len(ax.lines) == 2 and ax.get_xscale() == ax.get_yscale() == "log"
    with pytest.raises(ms.InvalidInput, match="as many sizes"):
        ms.plots.channel(found, Figure().subplots(), {"steps": ([1.0, 2.0], [1.0])})
    with pytest.raises(ms.InvalidInput, match="channel of a report"):
        ms.plots.channel(3, Figure().subplots())


def test_what_was_not_learned_is_not_followed() -> None:
    network = cubes((-0.02, 0.02), (-30.0, 30.0))
    with pytest.raises(ms.InvalidInput, match="nothing to follow"):
        channel_of(ms.PolynomialNetwork(network.weights, activations=network.activations), X, X)
    with pytest.raises(ms.InvalidInput, match="X has shape"):
        channel_of(network, np.hstack([X, X]), X)
