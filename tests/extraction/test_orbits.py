"""Points from moments that are the mean over changes of sign."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import momentsos as ms
from momentsos import Status
from momentsos.extraction import orbit_points
from momentsos.polynomials import monomial_basis


def moments(points: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the moment matrix of the mean over points, and its basis."""
    basis = monomial_basis(points.shape[1], order)
    rows = np.array([np.prod(point**basis, axis=1) for point in points])
    return rows.T @ rows / len(points), basis


def up_to_signs(found: list[np.ndarray], wanted: np.ndarray) -> bool:
    return any(np.allclose(np.abs(point), np.abs(wanted), atol=1e-5) for point in found)


@pytest.mark.parametrize("seed", range(10))
def test_a_point_and_its_opposite_are_found_from_second_moments(seed) -> None:
    point = np.random.default_rng(seed).standard_normal(5)
    matrix, basis = moments(np.array([point, -point]), 1)
    found = orbit_points(matrix, basis)
    assert any(np.allclose(sign * p, point, atol=1e-6) for p in found for sign in (1, -1))


@pytest.mark.parametrize("seed", range(10))
def test_several_orbits_are_told_apart_at_order_three(seed) -> None:
    points = np.random.default_rng(seed).standard_normal((2, 3))
    matrix, basis = moments(np.concatenate([points, -points]), 3)
    found = orbit_points(matrix, basis)
    for point in points:
        assert any(np.allclose(sign * p, point, atol=1e-4) for p in found for sign in (1, -1))


def test_signs_of_their_own_are_free() -> None:
    point = np.array([0.5, -1.5, 2.0])
    orbit = np.array([point * signs for signs in product((1, -1), repeat=3)])
    matrix, basis = moments(orbit, 2)
    assert up_to_signs(orbit_points(matrix, basis), point)


def test_moments_with_a_mean_have_no_orbits() -> None:
    matrix, basis = moments(np.array([[1.0, 2.0], [1.5, -1.0]]), 2)
    assert orbit_points(matrix, basis) == []


def test_a_variable_with_a_mean_keeps_it() -> None:
    points = np.array([[1.0, 2.0], [-1.0, 2.0]])
    matrix, basis = moments(points, 2)
    assert up_to_signs(orbit_points(matrix, basis), points[0])


@pytest.mark.parametrize("method", ["auto", "dense", "sparse"])
@pytest.mark.parametrize("seed", range(4))
def test_a_tight_cut_relaxation_ends_at_its_cut(method, seed) -> None:
    """Weights that agree with planted signs, a few aside: the relaxation of order one is tight, without odd moments."""
    rng = np.random.default_rng(seed)
    n = 24
    signs = rng.choice([-1.0, 1.0], n)
    weights = np.where(np.triu(rng.random((n, n)) < 0.4, 1), -np.outer(signs, signs) * rng.integers(1, 10, (n, n)), 0)
    weights = np.where(np.triu(rng.random((n, n)) < 0.03, 1), -weights, weights)
    x = ms.variables([f"x{i}" for i in range(n)])
    cut = sum(float(weights[i, j]) * x[i] * x[j] for i, j in zip(*np.nonzero(weights), strict=True))
    result = ms.solve(ms.Problem(cut, equalities=[a * a - 1 for a in x]), method=method, max_order=1)
    assert result.status is Status.CERTIFIED
    assert result.upper_bound <= signs @ weights @ signs + 1e-9
