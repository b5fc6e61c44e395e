"""A layer is normalised only where its scale is redundant, and by a coefficient that the minimiser has."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.charts import chart_at, moved, redundant_layers, shares

A = ms.Activation


def drawn(sizes: tuple[int, ...], seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((b, a)) / a**0.5 for a, b in pairwise(sizes)]


def network(activations: list[ms.Activation], biases: list | None = None, **options) -> ms.PolynomialNetwork:
    return ms.PolynomialNetwork([np.eye(2)] * (len(activations) + 1), activations=activations, biases=biases, **options)


ZERO, ONE = np.zeros(2), np.ones(2)


@pytest.mark.parametrize(
    ("activations", "biases", "expected"),
    [
        ([A(2), A(2)], None, (0,)),
        ([A(2), A(2)], [ONE, ONE, ONE], ()),  # a bias behind the layer: the scale counts
        ([A(2), A(2)], [ONE, ZERO, ONE], (0,)),  # biases elsewhere do not see it
        ([A(2), A(2), A(2)], [ONE, ONE, ZERO, ONE], (1,)),
        ([A(2), A(2), A(2)], None, (0, 1)),
        ([A(2, fixed={0: 1.0}), A(2)], None, ()),
        ([A(2, fixed={0: 0.0}), A(2)], None, (0,)),
        ([A(2), A(2, fixed={1: 1.0})], None, ()),
        ([A(2), A(2, fixed={0: 1.0})], None, (0,)),
        ([A(2), A(2, bounds={1: (0, 1)})], None, ()),
        ([A(2), A(powers=(1, 2))], None, (0,)),
        ([A(2), A(2, basis="chebyshev", interval=(0, 3))], None, (0,)),
        ([A(2), A(powers=(1, 3), basis="chebyshev")], None, (0,)),  # odd ones are spanned by t and t^3
        ([A(2), A(powers=(1, 2), basis="chebyshev")], None, ()),  # t and 2 t^2 - 1 are not closed under scales
        ([A(basis=[np.tanh, np.sin]), A(2)], None, (0,)),
        ([A(shape=np.tanh), A(2)], None, ()),
    ],
)
def test_a_scale_is_redundant_where_the_next_layer_can_take_it_over(activations, biases, expected) -> None:
    assert redundant_layers(network(activations, biases)) == expected


def test_ties_hold_a_scale_and_names_say_what_is_one() -> None:
    assert redundant_layers(network([A(2), A(2)], ties=[(0, 1)])) == ()
    both = [A(2), A(2)]
    assert network(both).unknowns.names == ("c11", "c12", "c20", "c21", "c22")
    assert network(both, [ONE] * 3).unknowns.names == ("c10", "c11", "c12", "c20", "c21", "c22")
    assert network(both, [ONE] * 3, normalisation="paper").unknowns.names == network(both).unknowns.names
    assert network(both, normalisation="none").unknowns.count == 6
    assert network(both, normalisation=[(0, 2)]).unknowns.names == ("c10", "c11", "c20", "c21", "c22")
    with pytest.raises(ms.InvalidInput, match="no free constant"):
        assert network([A(powers=(1, 2)), A(2)], normalisation="paper").unknowns


@pytest.mark.parametrize("behind", [A(2), A(2, basis="legendre", interval=(-1, 4)), A(powers=(1, 2))])
def test_moving_into_a_chart_changes_no_output(behind, rng) -> None:
    own = ms.PolynomialNetwork(drawn((3, 4, 4, 2)), activations=[A(2), behind], normalisation="none")
    coefficients = own.unknowns.coefficients(rng.standard_normal(own.unknowns.count))
    X = rng.standard_normal((9, 3))
    for place in range(3):
        there = moved(own, coefficients, ((0, place),))
        assert there[0][place] == 1.0
        assert np.allclose(own.with_coefficients(there).predict(X), own.with_coefficients(coefficients).predict(X))


def test_the_chart_is_the_constant_one_unless_it_is_negligible(rng) -> None:
    own, X = ms.PolynomialNetwork(drawn((3, 4, 4, 2)), [2, 2], normalisation="none"), rng.standard_normal((50, 3))
    assert chart_at(own, [np.array([1.0, 1.0, 1.0]), np.ones(3)], X) == ((0, 0),)
    assert chart_at(own, [np.array([1e-3, 1.0, 0.1]), np.ones(3)], X) == ((0, 1),)
    terms = shares(own, [np.array([2.0, 0.0, 3.0]), np.ones(3)], X)[0]
    inputs = X @ own.weights[0].T
    assert terms == pytest.approx([2.0, 0.0, 3.0 * np.sqrt((inputs**4).mean())])


@pytest.mark.parametrize("loss", ["mse", "mae"])
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("degrees", "true"),
    [([2, 2], [[0, 0, 1], [0, 0, 1]]), ([3, 2], [[0, 1, 0, 0.5], [0.1, 0.5, -0.3]]), ([3, 3], [[0, -3, 0, 4]] * 2)],
)
def test_shapes_without_a_constant_are_recovered_and_certified(degrees, true, seed, loss) -> None:
    """Squares, an odd polynomial, and 4 t^3 - 3 t twice: with the constant 1 they lie at infinity."""
    weights = drawn((5, 8, 8, 3), seed)
    teacher = ms.PolynomialNetwork(weights, degrees, normalisation="none").with_coefficients(true)
    rng = np.random.default_rng(seed)
    X, fresh = rng.standard_normal((80, 5)), rng.standard_normal((20, 5))
    fit = ms.learn(ms.PolynomialNetwork(weights, degrees), X, teacher.predict(X), loss=loss)
    assert fit.status is ms.Status.CERTIFIED and fit.region.everything
    expected = teacher.predict(fresh)
    assert np.abs(fit.network.predict(fresh) - expected).max() <= 1e-8 * np.abs(expected).max()
    assert fit.network.chart == ((0, degrees[0]),)


def test_a_bound_in_one_chart_is_one_in_another() -> None:
    """Order 0 of the squared loss is the same program in all charts."""
    weights, rng = drawn((5, 8, 8, 3)), np.random.default_rng(1)
    true = [[0.7, 0.5, -0.8], [0.2, 1.0, -0.3]]
    X = rng.standard_normal((60, 5))
    Y = ms.PolynomialNetwork(weights, [2, 2]).with_coefficients(true).predict(X) + 0.1 * rng.standard_normal((60, 3))
    fits = [ms.learn(ms.PolynomialNetwork(weights, [2, 2], normalisation=[(0, p)]), X, Y) for p in range(3)]
    assert all(fit.status is ms.Status.CERTIFIED for fit in fits)
    assert all(fit.upper_bound == pytest.approx(fits[0].upper_bound, rel=1e-6) for fit in fits)


def test_with_a_bias_behind_it_a_free_constant_lowers_the_loss(rng) -> None:
    weights = drawn((3, 6, 6, 2))
    biases = [rng.standard_normal(len(w)) for w in weights]
    X, Y = rng.standard_normal((60, 3)), rng.standard_normal((60, 2))
    free = ms.learn(ms.PolynomialNetwork(weights, [2, 2], biases), X, Y)
    paper = ms.learn(ms.PolynomialNetwork(weights, [2, 2], biases, normalisation="paper"), X, Y)
    assert len(free.network.unknowns.names) == 6 and free.upper_bound < 0.999 * paper.upper_bound
