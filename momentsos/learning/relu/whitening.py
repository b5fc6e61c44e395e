"""Coordinates in which the columns of the data are orthogonal, exactly, and are rounded only afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Whitened:
    r"""Rows :math:`A U`, with columns that are orthogonal, of lengths from 1 to 4, rounded to floats.

    Attributes
    ----------
    floats : (n, D) array
        Each entry is off by at most one unit in its last place.
    change : list of lists of Fraction
        The matrix `U`, exactly: upper triangular with a positive diagonal, so signs of determinants stay.
    """

    floats: Floats
    change: list[list[Fraction]]


def whitened(rows: list[list[int]]) -> Whitened:
    r"""Return rows in coordinates in which their columns are orthogonal.

    With the exact :math:`A^\top A = L D L^\top` the change is :math:`L^{-\top}` times powers of two.

    Parameters
    ----------
    rows : n lists of D integers, of rank D
    """
    matrix = fmpz_mat(rows)
    size = matrix.ncols()
    gram = fmpq_mat(matrix.transpose() * matrix).tolist()
    left = [[fmpq(int(i == j)) for j in range(size)] for i in range(size)]  # U in columns: combinations of columns
    for k in range(size):  # Gram-Schmidt on the columns, by their exact products
        for j in range(k):
            weight = _product(gram, left[k], left[j]) / _product(gram, left[j], left[j])
            left[k] = [a - weight * b for a, b in zip(left[k], left[j], strict=True)]
    for k in range(size):
        square = _product(gram, left[k], left[k])
        power = (int(square.p).bit_length() - int(square.q).bit_length()) // 2
        unit = fmpq(1, 2**power) if power >= 0 else fmpq(2**-power)
        left[k] = [a * unit for a in left[k]]
    change = fmpq_mat([[left[k][j] for k in range(size)] for j in range(size)])
    found = fmpq_mat(matrix) * change
    floats = np.array([[int(v.p) / int(v.q) for v in row] for row in found.tolist()])
    return Whitened(floats, [[Fraction(int(v.p), int(v.q)) for v in row] for row in change.tolist()])


def _product(gram: Any, one: list[Any], other: list[Any]) -> Any:
    total = fmpq(0)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            total += a * b * gram[i][j]
    return total
