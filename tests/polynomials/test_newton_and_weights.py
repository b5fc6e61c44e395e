"""Newton polytopes against their vertices, classes of signs, and weights of homogeneous polynomials."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

import momentsos as ms
from momentsos.polynomials import monomial_basis
from momentsos.polynomials.homogeneous import homogeneity_of
from momentsos.polynomials.newton import half_newton
from momentsos.relaxations.parity import parity_classes, parity_span, sign_changes

x, y, z = ms.variables("x y z")


def in_hull(points: np.ndarray, place: np.ndarray) -> bool:
    """Whether a point is in the convex hull, by the other linear program: its weights."""
    rows = np.vstack([points.T, np.ones(len(points))])
    return linprog(np.zeros(len(points)), A_eq=rows, b_eq=np.append(place, 1.0)).status == 0


def test_motzkin_has_the_four_monomials_that_are_known() -> None:
    motzkin = x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1
    basis = monomial_basis(2, 3)
    kept = half_newton(motzkin.over(("x", "y")).exponents, basis)
    assert {tuple(row) for row in basis[kept].tolist()} == {(0, 0), (1, 1), (2, 1), (1, 2)}


@pytest.mark.parametrize("seed", range(20))
def test_what_is_kept_is_what_lies_in_the_hull(seed) -> None:
    rng = np.random.default_rng(seed)
    n, degree = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    exponents = np.unique(rng.integers(0, 2 * degree + 1, (int(rng.integers(1, 8)), n)), axis=0)
    basis = monomial_basis(n, degree * n)
    kept = half_newton(exponents, basis)
    assert kept.tolist() == [in_hull(exponents, 2 * row) for row in basis]


def test_squares_of_a_sum_of_squares_stay_in_the_polytope() -> None:
    p = (x**2 * y - 3 * z + 1) ** 2 + (x * z**2 - y) ** 2
    basis = monomial_basis(3, 3)
    kept = {tuple(row) for row in basis[half_newton(p.exponents, basis)].tolist()}
    assert kept >= {(2, 1, 0), (0, 0, 1), (0, 0, 0), (1, 0, 2), (0, 1, 0)}


@pytest.mark.parametrize("seed", range(10))
def test_sums_of_monomials_of_a_class_are_even_for_every_change_of_sign(seed) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    exponents = rng.integers(0, 4, (int(rng.integers(1, 5)), n))
    basis = monomial_basis(n, 3)
    changes = sign_changes([exponents], n)
    fitting = [s for s in product((0, 1), repeat=n) if not (exponents @ np.array(s) % 2).any()]
    assert 2 ** len(changes) == len(fitting)
    classes = parity_classes(basis, parity_span(exponents))
    assert sorted(np.concatenate(classes).tolist()) == list(range(len(basis)))
    parities = basis @ np.array(fitting).T % 2
    for rows in classes:
        assert len(np.unique(parities[rows], axis=0)) == 1
    assert len(classes) == len(np.unique(parities, axis=0))


@pytest.mark.parametrize(
    ("polynomial", "weights", "degree"),
    [
        (x**4 * y**2 + z**6, (1, 1, 1), 6),
        (x**4 - x**2 * y + y**2 + 0 * z, (1, 2, 1), 4),
        (x**3 + y**3 + z**3, (1, 1, 1), 3),
    ],
)
def test_weights_are_found(polynomial, weights, degree) -> None:
    found = homogeneity_of(polynomial)
    assert found is not None
    assert (found.weights, found.degree) == (weights, degree)


@pytest.mark.parametrize("polynomial", [x**2 + 1, x**2 + x, x**4 - x**2 * y**2 + y**2 - x * y, x * y + x**2 * y**2])
def test_polynomials_without_weights_have_none(polynomial) -> None:
    assert homogeneity_of(polynomial) is None
