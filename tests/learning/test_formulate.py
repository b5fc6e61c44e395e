"""A network and data become the right polynomials, in chunks, with biases, at any scale."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import sympy

import momentsos as ms
from momentsos.learning import expansion
from momentsos.learning.instances import example_34, noisy_instance


def test_example_3_4_gives_the_four_polynomials_of_the_paper_exactly() -> None:
    case = example_34()
    formulation = ms.formulate(case.network, case.X, case.Y, loss="mean_residual")
    c11, c12, c20, c21 = ms.variables("c11 c12 c20 c21")
    paper = [
        3 * c20 + 9 * c21 + 29 * c12 * c21 - 52,
        5 * c11 * c21 - c20 + 5 * c12 * c21 - 4,
        3 * c20 + 10 * c21 - c11 * c21 + 41 * c12 * c21 - 76,
        2.5 * c11 * c21 - 9 * c21 - 2 * c20 - 36.5 * c12 * c21 + 68.5,
    ]
    assert list(formulation.residuals) == paper
    assert formulation.problem.variables == ("c11", "c12", "c20", "c21", "theta")
    assert len(formulation.problem.inequalities) == 8


@pytest.mark.parametrize("degrees", [(1,), (3,), (2, 2), (2, 3), (1, 1, 1), (2, 1, 1), (3, 2)])
@pytest.mark.parametrize("biased", [False, True])
def test_residual_polynomials_are_the_mean_residual_at_any_coefficients(rng, degrees, biased) -> None:
    sizes = [3, *rng.integers(2, 5, len(degrees)), 2]
    weights = [rng.standard_normal((b, a)) for a, b in pairwise(sizes)]
    biases = [rng.standard_normal(len(w)) for w in weights] if biased else None
    network = ms.PolynomialNetwork(weights, degrees, biases)
    X, Y = rng.standard_normal((7, 3)), rng.standard_normal((7, 2))
    formulation = ms.formulate(network, X, Y, "mean_residual")
    for _ in range(3):
        point = rng.standard_normal(formulation.n_coefficients)
        coefficients = formulation.coefficients(point)
        assert np.array_equal(formulation.flatten(coefficients), point)
        mean = (network.with_coefficients(coefficients).predict(X) - Y).mean(axis=0)
        assert np.allclose([r(point) for r in formulation.residuals], mean, rtol=1e-10, atol=1e-10)


def test_the_expansion_agrees_with_sympy(rng) -> None:
    W = [rng.integers(-2, 3, (2, 2)).astype(float) for _ in range(3)]
    b = [rng.integers(-1, 2, 2).astype(float) for _ in range(3)]
    network = ms.PolynomialNetwork(W, [2, 2], b, normalisation="paper")
    X, Y = rng.integers(-2, 3, (3, 2)).astype(float), np.zeros((3, 2))
    formulation = ms.formulate(network, X, Y, "mean_residual")
    c11, c12, c20, c21, c22 = sympy.symbols("c11 c12 c20 c21 c22")
    for j, residual in enumerate(formulation.residuals):
        total = 0
        for x in X:
            h = sympy.Matrix(W[0]) * sympy.Matrix(x) + sympy.Matrix(b[0])
            h = h.applyfunc(lambda t: 1 + c11 * t + c12 * t**2)
            h = sympy.Matrix(W[1]) * h + sympy.Matrix(b[1])
            h = h.applyfunc(lambda t: c20 + c21 * t + c22 * t**2)
            total += (sympy.Matrix(W[2]) * h + sympy.Matrix(b[2]))[j] / 3
        poly = sympy.Poly(
            sympy.expand(total) - sympy.expand(ms.polynomials.to_sympy(residual)), c11, c12, c20, c21, c22
        )
        assert max(map(abs, poly.coeffs())) < 1e-12


def test_chunks_change_nothing(rng, monkeypatch) -> None:
    case = noisy_instance((2, 2), samples=40, width=5)
    whole = ms.formulate(case.network, case.X, case.Y, loss="mean_residual")
    monkeypatch.setattr(expansion, "_CHUNK", 200)
    parts = ms.formulate(case.network, case.X, case.Y, loss="mean_residual")
    for a, b in zip(whole.residuals, parts.residuals, strict=True):
        assert np.array_equal(a.exponents, b.exponents)
        assert np.allclose(a.values, b.values, rtol=1e-12, atol=1e-14)


def test_memory_does_not_grow_with_the_number_of_samples(rng) -> None:
    plan = expansion.Expansion.of(noisy_instance((2, 2)).network)
    longest = max(chunk.stop - chunk.start for chunk in plan.chunks(10**7))
    assert longest * 20 * 10 * 8 < 2**28


def test_data_of_any_scale(rng) -> None:
    for scale in (1e-5, 1e5):
        case = noisy_instance((2, 1), samples=10, width=4)
        formulation = ms.formulate(case.network, case.X, scale * case.Y, loss="mean_residual")
        assert formulation.scale == pytest.approx(scale * np.abs(case.Y.mean(axis=0)).max())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.update(X=a["X"][:, :3]), "X has shape"),
        (lambda a: a.update(Y=a["Y"][:-1]), "X has 10 rows and Y has 9"),
        (lambda a: a.update(Y=a["Y"][:, :1]), "Y has shape"),
        (lambda a: a["X"].__setitem__((2, 1), np.nan), "row 2, column 1"),
        (lambda a: a["Y"].__setitem__((0, 0), np.inf), "not finite"),
        (lambda a: a.update(X="text"), "array of numbers"),
        (lambda a: a.update(X=np.zeros((0, 4))), "X has shape"),
    ],
)
def test_bad_data_is_named(change, words) -> None:
    case = noisy_instance((2, 1), samples=10, width=4)
    arrays = {"X": case.X.copy(), "Y": case.Y.copy()}
    change(arrays)
    with pytest.raises(ms.InvalidInput, match=words):
        ms.learn(case.network, arrays["X"], arrays["Y"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"weights": [np.eye(2)], "degrees": []}, "at least 2"),
        ({"weights": [np.eye(2), np.ones((2, 3))], "degrees": [1]}, "columns"),
        ({"weights": [np.eye(2)] * 3, "degrees": [1]}, "2 hidden layers"),
        ({"weights": [np.eye(2)] * 2, "degrees": [0]}, "at least 1"),
        ({"weights": [np.eye(2)] * 2, "degrees": [1], "biases": [np.ones(2)]}, "biases"),
        ({"weights": [np.eye(2), np.full((2, 2), np.nan)], "degrees": [1]}, "not finite"),
        ({"weights": "W", "degrees": [1]}, "list of arrays"),
        ({"weights": [np.eye(2)] * 2, "degrees": [1], "coefficients": [[1.0]]}, "coefficients"),
    ],
)
def test_a_bad_network_is_refused(arguments, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words):
        ms.PolynomialNetwork(**arguments)


def test_a_network_without_coefficients_does_not_predict() -> None:
    with pytest.raises(ms.InvalidInput, match="no coefficients"):
        example_34().network.predict(np.zeros((1, 4)))


@pytest.mark.parametrize("degrees", [(2, 2), (3, 2), (2, 1, 1), (2, 2, 2)])
def test_means_over_the_samples_are_those_of_all_outputs(rng, degrees) -> None:
    sizes = [4, *rng.integers(2, 5, len(degrees)), 3]
    weights = [rng.standard_normal((b, a)) for a, b in pairwise(sizes)]
    network = ms.PolynomialNetwork(weights, degrees, [rng.standard_normal(len(w)) for w in weights])
    plan, X = expansion.Expansion.of(network), rng.standard_normal((3000, 4))
    outputs = plan.outputs(X)
    sizes_of_terms = np.abs(outputs).mean(axis=1).max()
    assert np.allclose(plan.mean_outputs(X), outputs.mean(axis=1), rtol=0, atol=1e-13 * sizes_of_terms)
