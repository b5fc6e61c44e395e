"""Free, fixed and tied coefficients become one vector and come back from it; the expansion is one in that vector."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import momentsos as ms
from momentsos.learning.activation import Activation
from momentsos.learning.expansion import Expansion
from momentsos.learning.unknowns import Coefficient, Unknowns
from momentsos.polynomials.evaluation import evaluate_monomials


def listed(*values: float | None) -> list[Coefficient]:
    """The coefficients of one layer, in ascending powers: numbers where they are fixed, None where not."""
    return [Coefficient(str(power), value) for power, value in enumerate(values)]


@pytest.mark.parametrize(
    ("degrees", "names"),
    [
        ((2,), "c10 c11 c12"),
        ((2, 1), "c11 c12 c20 c21"),
        ((1, 1, 2), "c11 c21 c30 c31 c32"),
        ((1, 10), "c1_1 c2_0 c2_1 c2_2 c2_3 c2_4 c2_5 c2_6 c2_7 c2_8 c2_9 c2_10"),
    ],
)
def test_the_constants_of_all_layers_but_the_last_are_fixed_at_one(degrees, names) -> None:
    network = ms.PolynomialNetwork([np.eye(2)] * (len(degrees) + 1), degrees)
    assert network.chart == tuple((layer, 0) for layer in range(len(degrees) - 1))
    unknowns = network.unknowns
    assert unknowns.names == tuple(names.split()) and unknowns.count == len(unknowns.names)
    assert unknowns.last.tolist() == list(range(unknowns.count - degrees[-1] - 1, unknowns.count))
    assert sorted([*unknowns.inner, *unknowns.last]) == list(range(unknowns.count))
    found = unknowns.coefficients(np.full(unknowns.count, 7.0))
    assert [c[0] for c in found] == [1.0] * (len(degrees) - 1) + [7.0]
    assert all((c[1:] == 7.0).all() for c in found)


def test_more_than_nine_layers_are_separated_from_their_powers() -> None:
    assert Unknowns.of([listed(None)] * 10).names[-1] == "c10_0"


def test_a_vector_comes_back_from_its_coefficients(rng) -> None:
    unknowns = Unknowns.of(
        [listed(1.0, None, 0.0, None), listed(None, None, -2.5), listed(None, None, None)],
        ties=[((0, 3), (1, 1)), ((2, 0), (0, 1)), ((2, 2), (1, 2))],
    )
    assert unknowns.names == ("c11", "c13", "c20", "c31")
    point = rng.standard_normal(4)
    a, b, c, d = point
    coefficients = unknowns.coefficients(np.append(point, 99.0))  # what a loss adds comes after the unknowns
    assert [part.tolist() for part in coefficients] == [[1.0, a, 0.0, b], [c, b, -2.5], [a, d, -2.5]]
    assert np.array_equal(unknowns.flatten(coefficients), point)


def test_a_number_that_is_given_for_a_fixed_coefficient_is_passed_over() -> None:
    unknowns = Unknowns.of([listed(1.0, None), listed(None)], ties=[((0, 1), (1, 0))])
    assert unknowns.flatten([[5.0, 2.0], [3.0]]).tolist() == [2.0]  # of equal coefficients the first one counts


def test_only_unknowns_of_the_last_layer_alone_can_be_projected_out() -> None:
    layers = [listed(1.0, None, None), listed(None, None, 0.5)]
    free = Unknowns.of(layers)
    assert [free.names[i] for i in free.last] == ["c20", "c21"]
    shared = Unknowns.of(layers, ties=[((1, 1), (0, 2))])
    assert shared.names == ("c11", "c12", "c20")
    assert shared.last.tolist() == [2] and shared.inner.tolist() == [0, 1]


def test_ties_go_in_circles_and_over_several_layers() -> None:
    layers = [listed(None, None)] * 3
    unknowns = Unknowns.of(layers, ties=[((0, 0), (1, 0)), ((2, 0), (1, 0)), ((0, 0), (2, 0)), ((1, 1), (1, 1))])
    assert unknowns.names == ("c10", "c11", "c21", "c31")
    assert all(form[0].tolist() == [1.0, 0.0, 0.0, 0.0, 0.0] for form in unknowns.forms)


def test_what_is_tied_to_a_number_is_that_number() -> None:
    unknowns = Unknowns.of([listed(None, 3.0), listed(None, 3.0)], ties=[((0, 0), (1, 1)), ((0, 1), (1, 1))])
    assert unknowns.names == ("c20",)
    assert [c.tolist() for c in unknowns.coefficients(np.array([8.0]))] == [[3.0, 3.0], [8.0, 3.0]]


@pytest.mark.parametrize(
    ("tie", "words"),
    [
        (((0, 5), (1, 0)), "layer 1 has no coefficient number 5"),
        (((0, 0), (7, 0)), "layer 8 has no coefficient"),
        (((0, 0), (1, 1)), "cannot be fixed at"),
    ],
)
def test_ties_that_make_no_sense_are_refused(tie, words) -> None:
    with pytest.raises(ms.InvalidInput, match=words):
        Unknowns.of([listed(1.0, None), listed(None, 2.0)], ties=[tie])


#: Unknowns for degrees 2,3,2: as they are now, all free, powers left out in every layer, and equal coefficients.
KINDS = {
    "normalised": ([(1.0, None, None), (1.0, None, None, None), (None, None, None)], []),
    "free": ([(None,) * 3, (None,) * 4, (None,) * 3], []),
    "odd": ([(0.0, None, 0.0), (0.0, None, 0.0, None), (0.0, None, None)], []),
    "no top": ([(1.0, None, 0.0), (1.0, None, None, 0.0), (None, None, 0.0)], []),
    "numbers": ([(0.3, -1.2, None), (1.0, None, 0.7, -0.1), (None, 2.0, 0.4)], []),
    "one for all": ([(1.0, None, None), (1.0, None, None, 0.2), (1.0, None, None)],
                    [((0, k), (layer, k)) for layer in (1, 2) for k in (1, 2)]),
    "within a layer": ([(1.0, None, None), (1.0, None, None, None), (None,) * 3],
                       [((0, 1), (0, 2)), ((1, 1), (1, 3)), ((2, 0), (2, 2))]),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("biased", [False, True])
def test_the_expansion_agrees_with_the_network_for_any_unknowns(kind, biased, rng) -> None:
    layers, ties = KINDS[kind]
    unknowns = Unknowns.of([listed(*values) for values in layers], ties)
    sizes = (3, 4, 2, 3, 2)
    weights = [rng.standard_normal((b, a)) / a for a, b in pairwise(sizes)]
    biases = [rng.standard_normal(len(w)) for w in weights] if biased else None
    network = ms.PolynomialNetwork(weights, (2, 3, 2), biases)
    plan, X = Expansion.of(network, unknowns), rng.standard_normal((6, 3))
    assert plan.names == unknowns.names
    every, mean = plan.outputs(X), plan.mean_outputs(X)
    for _ in range(3):
        point = rng.standard_normal(unknowns.count)
        monomials = evaluate_monomials(plan.exponents, point[None, :])[0]
        expected = network.with_coefficients(unknowns.coefficients(point)).predict(X)
        size = np.abs(every).max() * np.abs(monomials).max()
        assert np.allclose(np.tensordot(monomials, every, 1), expected, rtol=1e-10, atol=1e-13 * size)
        assert np.allclose(monomials @ mean, expected.mean(axis=0), rtol=1e-10, atol=1e-13 * size)


def test_an_activation_says_what_its_coefficients_are() -> None:
    assert Activation(2, fixed={0: 1.0}).row == (Coefficient("0", 1.0), Coefficient("1"), Coefficient("2"))
    assert Activation(1).at(np.array([[2.0]]), np.array([3.0, 4.0])).tolist() == [[11.0]]
