"""Triangular factors are those of QR factorisations, also of matrices without entries."""

from __future__ import annotations

import numpy as np
import pytest

from momentsos.sdp.triangles import Factored, pivoted_triangle, triangle_of_columns


@pytest.mark.parametrize("shape", [(7, 4), (4, 4), (3, 5), (3, 0), (0, 3), (0, 0)])
def test_triangles_have_the_lengths_and_angles_of_the_columns(rng, shape) -> None:
    matrix = rng.standard_normal(shape)
    triangle = triangle_of_columns(matrix.copy())
    assert triangle.shape == (min(shape), shape[1])
    assert np.allclose(triangle.T @ triangle, matrix.T @ matrix)
    pivoted, order = pivoted_triangle(matrix)
    assert np.allclose(pivoted.T @ pivoted, matrix[:, order].T @ matrix[:, order])
    assert (np.diff(np.abs(np.diag(pivoted))) <= 0).all()


@pytest.mark.parametrize("shape", [(7, 4), (4, 4), (3, 0)])
def test_an_orthogonal_factor_is_applied_without_being_formed(rng, shape) -> None:
    matrix, vector, short = rng.standard_normal(shape), rng.standard_normal(shape[0]), rng.standard_normal(shape[1])
    factored = Factored.of(matrix.copy())
    assert np.allclose(factored.expand(factored.triangle @ short), matrix @ short)
    assert np.allclose(factored.triangle.T @ factored.project(vector), matrix.T @ vector)
