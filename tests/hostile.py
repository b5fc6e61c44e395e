"""Problems and vectors whose numbers differ by hundreds of orders of magnitude, from seeds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import momentsos as ms
from momentsos.polynomials import Polynomial


def wide(rng: np.random.Generator, shape: int | tuple[int, ...], span: float) -> NDArray[np.float64]:
    """Normal numbers times powers of ten up to `span` and down to its reciprocal."""
    return rng.standard_normal(shape) * 10.0 ** rng.uniform(-span, span, shape)


def problem(seed: int) -> tuple[ms.Problem, np.random.Generator]:
    """A random problem of degree four in up to three variables, and the generator as it is then."""
    rng = np.random.default_rng(seed)
    n, span = int(rng.integers(1, 4)), float(rng.choice([0, 3, 30, 100, 150]))
    names = [f"x{i}" for i in range(n)]

    def polynomial() -> Polynomial:
        rows = rng.integers(0, 3, (int(rng.integers(1, 6)), n))
        rows[rows.sum(axis=1) > 4] = 0
        return Polynomial.from_terms(rows, wide(rng, len(rows), span), names)

    def several(most: int) -> list[Polynomial]:
        return [polynomial() for _ in range(rng.integers(0, most))]

    return ms.Problem(polynomial(), several(4), several(3), names), rng
