"""A network written out as one polynomial in its inputs: the same outputs, a size that is known beforehand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import sympy

import momentsos as ms

A = ms.Activation


def learned(activations: list[ms.Activation], sizes: tuple[int, ...], biased: bool = True) -> ms.PolynomialNetwork:
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal((b, a)) / a for a, b in pairwise(sizes)]
    biases = [rng.standard_normal(len(w)) for w in weights] if biased else None
    network = ms.PolynomialNetwork(weights, activations=activations, biases=biases, normalisation="none")
    return network.with_coefficients(network.unknowns.coefficients(rng.standard_normal(network.unknowns.count)))


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize(
    "activations",
    [
        [A(2)],
        [A(2), A(3)],
        [A(powers=(1, 3)), A(2)],
        [A(2, basis="chebyshev", interval=(-3, 1)), A(2)],
        [A(2, per_unit=True), A(2)],
        [A(1), A(2), A(2)],
    ],
)
def test_the_polynomials_have_the_outputs_of_the_network(activations, biased, rng) -> None:
    network = learned(activations, (3, *[4] * len(activations), 2), biased)
    found, X = network.to_polynomial(), rng.standard_normal((6, 3))
    assert found.degree <= int(np.prod([a.degree for a in activations]))
    assert np.allclose(found(X), network.predict(X), rtol=1e-9, atol=1e-9)
    for j, p in enumerate(found.polynomials):
        assert [p(x) for x in X] == pytest.approx(network.predict(X)[:, j], rel=1e-9, abs=1e-9)


def test_sympy_agrees(rng) -> None:
    network = learned([A(2)], (2, 3, 1))
    (expression,) = network.to_polynomial().to_sympy()
    x1, x2 = sympy.symbols("x1 x2")
    assert float(expression.subs({x1: 0.3, x2: -0.7})) == pytest.approx(network.predict([[0.3, -0.7]])[0, 0])


def test_one_square_of_a_sum_is_written_out_exactly() -> None:
    network = ms.PolynomialNetwork([[[1.0, 2.0]], [[3.0]]], [2]).with_coefficients([[0.0, 0.0, 1.0]])
    found = network.to_polynomial()
    assert found.names == ("x1", "x2")
    terms = dict(zip(map(tuple, found.exponents.tolist()), found.values[:, 0].tolist(), strict=True))
    assert {rows: value for rows, value in terms.items() if value} == {(2, 0): 3.0, (1, 1): 12.0, (0, 2): 12.0}


def test_a_network_that_is_too_large_is_refused_before_it_is_written_out() -> None:
    network = learned([A(4), A(4), A(4)], (64, 32, 32, 32, 10))
    with pytest.raises(ms.ProblemTooLarge, match="polynomial of degree 64 in 64 inputs"):
        network.to_polynomial()
    with pytest.raises(ms.ProblemTooLarge):
        learned([A(2)], (3, 4, 2)).to_polynomial(memory_limit=10)


def test_what_is_no_polynomial_is_refused() -> None:
    network = ms.PolynomialNetwork([np.eye(2)] * 2, activations=[A(basis=[np.tanh])]).with_coefficients([[1.0]])
    with pytest.raises(ms.InvalidInput, match=r"tanh.*no polynomial"):
        network.to_polynomial()
    with pytest.raises(ms.InvalidInput, match="no polynomial"):
        _ = network.multiplicative_depth
    with pytest.raises(ms.InvalidInput, match="no coefficients"):
        ms.PolynomialNetwork([np.eye(2)] * 2, [2]).to_polynomial()
    with pytest.raises(ms.InvalidInput, match="X has shape"):
        learned([A(2)], (3, 4, 2)).to_polynomial()([1.0, 2.0])


@pytest.mark.parametrize(("degrees", "depth"), [([1], 0), ([2], 1), ([3], 2), ([4, 4], 4), ([5, 1, 2], 4)])
def test_the_depth_counts_squarings(degrees, depth) -> None:
    assert ms.PolynomialNetwork([np.eye(2)] * (len(degrees) + 1), degrees).multiplicative_depth == depth
