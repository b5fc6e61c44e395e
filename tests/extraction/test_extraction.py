"""Atoms come back from the moments that they make; ranks report their doubt."""

from __future__ import annotations

import numpy as np
import pytest

from momentsos.extraction import RankRule, extract_atoms, test_flatness
from momentsos.polynomials import monomial_basis
from momentsos.polynomials.evaluation import evaluate_monomials


def moment_matrix(atoms: np.ndarray, weights: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    basis = monomial_basis(atoms.shape[1], order)
    values = evaluate_monomials(basis, atoms)
    return values.T @ (weights[:, None] * values), basis


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("noise", [0.0, 1e-10])
def test_atoms_of_a_measure_are_recovered(rng, count, noise) -> None:
    atoms, weights = rng.uniform(-1, 1, (count, 3)), rng.uniform(0.5, 1.0, count)
    matrix, basis = moment_matrix(atoms, weights, 3)
    error = rng.standard_normal(matrix.shape)
    matrix += noise * (error + error.T)
    found = extract_atoms(matrix, basis, 3, count)
    assert found is not None
    order = np.lexsort(atoms.T), np.lexsort(found.points.T)
    assert np.allclose(found.points[order[1]], atoms[order[0]], atol=1e-5 if noise else 1e-8)
    assert np.allclose(found.weights[order[1]], weights[order[0]], atol=1e-4)
    assert found.residual < 1e-4


def test_flatness_is_found_at_the_inner_degree_where_it_holds(rng) -> None:
    atoms = rng.uniform(-1, 1, (3, 2))
    matrix, basis = moment_matrix(atoms, np.ones(3), 3)
    flatness = test_flatness(matrix, basis.sum(axis=1), 1, 1)
    assert [t.flat for t in flatness.tests] == [False, True, True]
    assert flatness.flat and not flatness.doubtful
    assert "flat (ranks" in str(flatness)


def test_full_rank_moments_are_not_flat(rng) -> None:
    basis = monomial_basis(2, 2)
    points = rng.standard_normal((200, 2))
    values = evaluate_monomials(basis, points)
    flatness = test_flatness(values.T @ values / 200, basis.sum(axis=1), 1, 1)
    assert not flatness.flat
    assert "not flat" in str(flatness)


def test_a_small_gap_is_reported_as_doubt() -> None:
    rule = RankRule()
    clear, vague = np.diag([1.0, 0.5, 1e-8]), np.diag([1.0, 1e-2, 1e-4, 1e-6])
    assert rule(clear).value == 2 and not rule(clear).doubtful
    assert rule(vague).doubtful
    assert rule(np.eye(3)).value == 3 and not rule(np.eye(3)).doubtful
    assert rule(np.zeros((2, 2))).value == 0


def test_no_atoms_where_multiplication_is_not_determined(rng) -> None:
    atoms = rng.uniform(-1, 1, (5, 2))
    matrix, basis = moment_matrix(atoms, np.ones(5), 1)
    assert extract_atoms(matrix, basis, 1, 3) is None
