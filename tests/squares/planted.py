"""Sums of squares whose minimum is known: the residuals at the planted point are orthogonal to all columns."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

import momentsos as ms

#: Monomials of a small network: two inner variables, two outer ones.
EXPONENTS = np.array([[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1], [0, 1, 0, 1], [2, 0, 0, 1]])
NAMES = ("a", "b", "u", "v")


@dataclass(frozen=True)
class Planted:
    problem: ms.Problem
    point: np.ndarray
    minimum: float


def planted(seed: int = 0, rows: int = 12, noise: float = 1.0, exponents: np.ndarray = EXPONENTS, units: float = 1.0):
    """Return a problem with the minimum `noise`² / `units`² at a known point, up to the rounding of its data."""
    random = np.random.default_rng(seed)
    point = random.standard_normal(exponents.shape[1])
    features = random.standard_normal((rows, len(exponents)))
    monomials = np.prod(point**exponents, axis=1)
    across = random.standard_normal(rows)
    across -= features @ np.linalg.lstsq(features, across, rcond=None)[0]
    across *= noise / np.linalg.norm(across)
    table = np.column_stack([features, features @ monomials + across])
    return Planted(ms.Problem.least_squares(exponents, table, NAMES[: len(point)]), point, noise**2)


def exact_value(problem: ms.Problem, point: np.ndarray) -> Fraction:
    """Return the objective at floats, in fractions."""
    place = [Fraction(float(x)) for x in point]
    total = Fraction(0)
    for coefficient, row in zip(problem.minimize.exact, problem.minimize.exponents.tolist(), strict=True):
        term = coefficient
        for x, power in zip(place, row, strict=True):
            term *= x**power
        total += term
    return total
