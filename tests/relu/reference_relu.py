"""The least loss of one ReLU by brute force in rational numbers, for a handful of samples."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
from flint import fmpq, fmpq_mat


def loss(X: np.ndarray, y: np.ndarray, theta: list[Fraction]) -> Fraction:
    """Return the mean squared residual at weights and bias, exactly."""
    total = Fraction(0)
    for row, target in zip(X.tolist(), y.tolist(), strict=True):
        inner = theta[-1] + sum((Fraction(v) * t for v, t in zip(row, theta[:-1], strict=True)), Fraction(0))
        total += (Fraction(target) - max(inner, Fraction(0))) ** 2
    return total / len(y)


def least_loss(X: np.ndarray, y: np.ndarray) -> Fraction:
    """Return the least loss over the stationary points of every pattern with every set of samples held at the kink.

    Each is a point, so what comes out is attained; a minimum is stationary for its pattern and its kinks.
    """
    rows = [[*map(Fraction, row), Fraction(1)] for row in X.tolist()]
    n, size = len(rows), X.shape[1] + 1
    best = loss(X, y, [Fraction(0)] * size)
    for count in range(n + 1):
        for inside in combinations(range(n), count):
            for held_count in range(size):
                for held in combinations(range(n), held_count):
                    theta = _stationary(rows, y, inside, held)
                    if theta is not None:
                        best = min(best, loss(X, y, theta))
    return best


def _stationary(rows, y, inside, held) -> list[Fraction] | None:
    size = len(rows[0])
    table = [[Fraction(0)] * (size + len(held) + 1) for _ in range(size + len(held))]
    for i in range(size):
        for j in range(size):
            table[i][j] = sum((rows[k][i] * rows[k][j] for k in inside), Fraction(0))
        table[i][-1] = sum((rows[k][i] * Fraction(float(y[k])) for k in inside), Fraction(0))
        for h, k in enumerate(held):
            table[i][size + h] = table[size + h][i] = rows[k][i]
    reduced, rank = fmpq_mat([[fmpq(v.numerator, v.denominator) for v in row] for row in table]).rref()
    found = [Fraction(0)] * (size + len(held))
    for i in range(rank):
        pivot = next(j for j in range(reduced.ncols()) if reduced[i, j] != 0)
        if pivot == len(found):
            return None
        found[pivot] = Fraction(int(reduced[i, len(found)].p), int(reduced[i, len(found)].q))
    return found[:size]
