"""Shared fixtures; every random number of the suite comes from a seed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import momentsos as ms

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(20251122)


@pytest.fixture
def disc() -> ms.Problem:
    """A cubic over the unit disc, with one minimiser."""
    x, y = ms.variables("x y")
    return ms.Problem(minimize=x**2 * y - x * y, inequalities=[1 - x**2 - y**2])
