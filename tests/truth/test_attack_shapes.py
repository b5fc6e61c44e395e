"""Functions that vanish identically on the way to one with the shape."""

import numpy as np
from flint import arb_poly

import momentsos as ms
from momentsos.learning.rational.positive import is_positive


def test_zero_is_not_positive() -> None:
    assert not is_positive(arb_poly([]))


def test_a_derivative_that_vanishes_is_no_shape_and_ends_no_search() -> None:
    weights = [[[-0.26362021547781156], [0.23820014670210832]], [[0.0617233660845894, -0.627541484704306]]]
    X = [0.010701136961429991, 0.0092093573968678, 0.0202019357986977, 0.0009945836289896157, 0.00941631151053795]
    Y = [1.0861858221932121, -0.22016708755432676, 2.027900619747184, 1.5728165061669068, -1.3585142314312044]
    shape = ms.Shape(
        (-2.559510745531003, 2.440489254468997), monotone="decreasing", curvature="concave", values=(-1, 1)
    )
    network = ms.PolynomialNetwork([np.array(W) for W in weights], degrees=[3])
    fit = ms.learn_shaped(network, np.array(X)[:, None], np.array(Y)[:, None], shape)
    assert 0.0 <= fit.lower_bound <= fit.upper_bound
    slope = np.polynomial.polynomial.polyder(fit.coefficients)
    assert (np.polynomial.polynomial.polyval(np.linspace(*shape.interval, 101), slope) < 0.0).all()
