"""Starts on the sphere that an equality asks for."""

from __future__ import annotations

import numpy as np
import pytest

import momentsos as ms
from momentsos.points.spheres import on_sphere

x, y = ms.variables("x y")


@pytest.mark.parametrize("h", [x**2 + y**2 - 9, 4 - x**2 - 5 * y**2, 2 * x**2 + 2 * y**2 - 1e-6])
def test_points_are_moved_onto_it(h) -> None:
    points = np.random.default_rng(0).standard_normal((5, 2))
    found = on_sphere(ms.Problem(x * y, [], [h]), points)
    assert np.abs(h(found)).max() <= 1e-14 * np.abs(h.values).max()
    assert np.abs(found[:, 0] * points[:, 1] - found[:, 1] * points[:, 0]).max() <= 1e-14 * np.abs(found).max()
    assert (on_sphere(ms.Problem(x * y, [], [h]), np.zeros((1, 2))) == 0.0).all()


@pytest.mark.parametrize(
    "equal", [[], [x**2 + y**2 + 1], [x**2 - y**2 - 1], [x**2 - 1], [x**2 + y**2 - x], [x**2 + y**2 - 1, x - y]]
)
def test_other_equalities_are_no_spheres(equal) -> None:
    assert on_sphere(ms.Problem(x * y, [], equal), np.ones((1, 2))) is None
