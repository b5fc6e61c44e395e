"""The quadratic program of one cell, solved in floats and judged in rational numbers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq_mat, fmpz, fmpz_mat
from numpy.typing import NDArray
from scipy.optimize import nnls

from ...machine.records import Record
from .cell_bounds import Floats
from .sample import Sample

Bools = NDArray[np.bool_]

#: Added to the Gram matrix for the search of active constraints; the exact program has nothing added.
_RIDGE = 1e-10
#: Multipliers below this share of the largest one are taken as zero.
_INACTIVE = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class DecidingCell(Record):
    r"""A cell whose bound was proved in rational numbers.

    With the coefficients :math:`\theta` and multipliers :math:`\mu \ge 0` there is
    :math:`G \theta = h + \sum_i \mu_i s_i x_i` and :math:`x_i^\top \theta = 0` where :math:`\mu_i > 0`. So on the whole
    cell the loss is at least its value at :math:`\theta`.

    Attributes
    ----------
    positive : (N,) array of bool
        The samples whose inner value is not negative on the cell.
    multipliers : tuple of (int, Fraction)
        Samples with a multiplier that is not zero.
    theta : tuple of Fraction
        In units of the integer data; see `Sample`.
    bound : Fraction
        The mean squared residual is nowhere on the cell below this.
    """

    positive: Bools
    multipliers: tuple[tuple[int, Fraction], ...]
    theta: tuple[Fraction, ...]
    bound: Fraction


def active_constraints(rows: Floats, targets: Floats, positive: Bools) -> list[int]:
    r"""Return the samples whose constraints hold the minimum on a cell: a nonnegative least-squares problem.

    The dual is to minimise :math:`|R^{-\top} (h + A \mu)|` over :math:`\mu \ge 0`, with :math:`G = R^\top R`.
    """
    inside = rows[positive]
    gram = inside.T @ inside + _RIDGE * np.eye(rows.shape[1])
    root = np.linalg.cholesky(gram)
    signed = rows * np.where(positive, 1.0, -1.0)[:, None]
    try:
        multipliers, _ = nnls(np.linalg.solve(root, signed.T), -np.linalg.solve(root, inside.T @ targets[positive]))
    except RuntimeError:  # too many steps
        return []
    return [int(i) for i in np.flatnonzero(multipliers > _INACTIVE * max(float(multipliers.max()), 1e-300))]


def decided(sample: Sample, positive: Bools, active: list[int]) -> DecidingCell:
    """Return what rational arithmetic proves of a cell, with these constraints as equations where that is a proof.

    Constraints with a negative multiplier are dropped; without any, the program is that of least squares.
    """
    rows = fmpz_mat(
        [row for row, inside in zip(sample.rows, positive.tolist(), strict=True) if inside]
        or [[0] * len(sample.columns)]
    )
    targets = fmpz_mat([[v] for v, inside in zip(sample.targets, positive.tolist(), strict=True) if inside] or [[0]])
    gram, moments = rows.transpose() * rows, rows.transpose() * targets
    active = list(active)
    while True:
        theta, multipliers = _stationary(sample, positive, active, gram, moments)
        if theta is not None and all(m >= 0 for m in multipliers):
            break
        if theta is None or not active:
            active = active[:-1]
            continue
        active = [i for i, m in zip(active, multipliers, strict=True) if m > 0]
    explained = sum((v * Fraction(int(moments[j, 0])) for j, v in enumerate(theta)), Fraction(0))
    held = tuple((i, m) for i, m in zip(active, multipliers, strict=True) if m)
    return DecidingCell(positive.copy(), held, tuple(theta), sample.mean(Fraction(sample.squares) - explained))


def _stationary(
    sample: Sample, positive: Bools, active: list[int], gram: fmpz_mat, moments: fmpz_mat
) -> tuple[list[Fraction] | None, list[Fraction]]:
    """Solve the equations of stationarity exactly: zeros for what is not determined, None where there is no answer."""
    size, count = gram.ncols(), len(active)
    signed = [[v if positive[i] else -v for v in sample.rows[i]] for i in active]
    table = [[fmpz(0)] * (size + count + 1) for _ in range(size + count)]
    for i in range(size):
        for j in range(size):
            table[i][j] = gram[i, j]
        for k in range(count):
            table[i][size + k] = fmpz(-signed[k][i])
            table[size + k][i] = fmpz(signed[k][i])
        table[i][-1] = moments[i, 0]
    reduced, rank = fmpq_mat(fmpz_mat(table)).rref()
    found = [Fraction(0)] * (size + count)
    for i in range(rank):
        pivot = next(j for j in range(size + count + 1) if reduced[i, j] != 0)
        if pivot == size + count:
            return None, []
        value = reduced[i, size + count]
        found[pivot] = Fraction(int(value.p), int(value.q))
    return found[:size], found[size:]
