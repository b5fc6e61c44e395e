"""Quadratic problems over signs, with their optima by enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np

import momentsos as ms
from momentsos.polynomials import Polynomial


def signs(n: int, seed: int) -> ms.Problem:
    """A random quadratic objective under `x_i**2 = 1`."""
    rng, names, unit = np.random.default_rng(seed), [f"x{i}" for i in range(n)], np.eye(n, dtype=np.int64)
    rows = [unit[i] + unit[j] for i in range(n) for j in range(i)] + list(unit)
    objective = Polynomial.from_terms(np.array(rows), rng.standard_normal(len(rows)), names)
    equal = [Polynomial.from_terms(np.array([2 * unit[i], 0 * unit[i]]), [1.0, -1.0], names) for i in range(n)]
    return ms.Problem(objective, [], equal, names)


def optimum(problem: ms.Problem) -> float:
    points = np.array(list(product((-1.0, 1.0), repeat=problem.n_variables)))
    return float(problem.minimize(points).min())
