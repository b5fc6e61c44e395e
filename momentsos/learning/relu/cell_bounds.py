r"""Lower bounds of the loss on many cells at once, in floats, with all rounding errors bounded.

With the rows of the positive samples `S` of a cell, :math:`G = \sum_S x_i x_i^\top`, :math:`h = \sum_S y_i x_i` and
signs :math:`s_i`, the sum of squares on the cell is :math:`T - 2 h^\top \theta + \theta^\top G \theta` with
:math:`s_i x_i^\top \theta \ge 0`, and :math:`T = \sum_i y_i^2`. For all multipliers :math:`\mu \ge 0` it is at least
:math:`T - g^\top G^{-1} g` with :math:`g = h + \sum_i \mu_i s_i x_i`: weak duality. For any :math:`t`

.. math:: g^\top G^{-1} g \le 2 g^\top t - t^\top G t + |g - G t|^2 / \lambda_{\min}(G),

and the errors of the computed `G` and `g` enter by their norms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_EPS = float(np.finfo(np.float64).eps)
#: Eigenvalues of white Gram matrices below which a cell is left to exact arithmetic.
_SINGULAR = 1e-9
#: Steps of multipliers after which bounds are taken again.
_ROUNDS = (3, 8, 30)


@dataclass(frozen=True, eq=False)
class CellBounds:
    """Bounds of the sum of squares on cells.

    Attributes
    ----------
    lower : (m,) array
        Valid with rounding.
    theta : (m, D) array
        The least-squares coefficients that belong to the multipliers.
    inverse : (m, D, D) array
        The inverses of the Gram matrices, cut off where these are singular.
    regular : (m,) array of bool
        Whether the Gram matrix is far enough from singular for floats.
    """

    lower: Floats
    theta: Floats
    inverse: Floats
    regular: Bools


def cell_bounds(rows: Floats, targets: Floats, positive: Bools, multipliers: Floats | None = None) -> CellBounds:
    """Return bounds for cells.

    Parameters
    ----------
    rows : (N, D) array
        White: the squares of all entries add up to a few units. Each entry may be off by one unit in its last place.
    targets : (N,) array
        Of norm about one, each rounded once.
    positive : (m, N) array
        Which samples are positive on each cell.
    multipliers : (m, N) array, optional
        Not negative.
    """
    n, dimension = rows.shape
    unit = 4.0 * (n + 8 * dimension) * _EPS
    inside = positive.astype(np.float64)
    gram, moments = _sums(rows, targets, inside)
    lengths = np.sqrt((rows**2).sum(axis=1))
    of_gram = unit * float((lengths**2).sum())
    of_moments = np.full(len(positive), unit * float((np.abs(targets) * lengths).sum()))
    if multipliers is not None:
        moments = moments + (multipliers * (2.0 * inside - 1.0)) @ rows
        of_moments = of_moments + unit * (multipliers @ lengths)
    values, vectors = np.linalg.eigh(gram)
    turned = vectors * values[:, None, :] @ vectors.transpose(0, 2, 1)
    off = np.sqrt(((gram - turned) ** 2).sum(axis=(1, 2)))
    skew = np.sqrt(((vectors.transpose(0, 2, 1) @ vectors - np.eye(dimension)) ** 2).sum(axis=(1, 2)))
    size = np.sqrt((gram**2).sum(axis=(1, 2)))
    least = values[:, 0] * (1.0 - skew - unit) - off - 2.0 * unit * size - of_gram
    regular = least > _SINGULAR
    inverse = vectors / np.where(values > _SINGULAR, values, np.inf)[:, None, :] @ vectors.transpose(0, 2, 1)
    theta = (inverse @ moments[:, :, None])[:, :, 0]
    residual = np.sqrt(((moments - (gram @ theta[:, :, None])[:, :, 0]) ** 2).sum(axis=1))
    length, height = np.sqrt((theta**2).sum(axis=1)), np.sqrt((moments**2).sum(axis=1))
    explained = 2.0 * (moments * theta).sum(axis=1) - ((gram @ theta[:, :, None])[:, :, 0] * theta).sum(axis=1)
    rounding = unit * (2.0 * height * length + size * length**2)
    defect = residual + of_moments + of_gram * length + unit * (height + size * length)
    with np.errstate(divide="ignore", invalid="ignore"):
        most = explained + rounding + 2.0 * of_moments * length + of_gram * length**2 + defect**2 / least
    most = np.where(regular, most, np.inf)
    if multipliers is None:
        most = np.minimum(most, inside @ (targets**2) * (1.0 + unit) + unit * 1e-30)
    total = float((targets**2).sum()) * (1.0 - unit)
    lower = total - most - unit * total - unit * np.abs(most)
    return CellBounds(np.where(np.isnan(lower), -np.inf, lower), theta, inverse, regular)  # overflow bounds nothing


def _sums(rows: Floats, targets: Floats, inside: Floats) -> tuple[Floats, Floats]:
    """Return Gram matrices and moments of the samples that are inside."""
    dimension = rows.shape[1]
    upper = np.triu_indices(dimension)
    features = np.concatenate([rows[:, upper[0]] * rows[:, upper[1]], rows * targets[:, None]], axis=1)
    found = inside @ features
    gram = np.empty((len(inside), dimension, dimension))
    gram[:, upper[0], upper[1]] = gram[:, upper[1], upper[0]] = found[:, : len(upper[0])]
    return gram, found[:, len(upper[0]) :]


def raised_bounds(rows: Floats, targets: Floats, positive: Bools, ceiling: float) -> CellBounds:
    """Return bounds with multipliers, found by coordinate ascent on the constraint that is violated most.

    Cells whose bound has reached `ceiling` are left as they are.
    """
    found = cell_bounds(rows, targets, positive)
    lower, theta = found.lower.copy(), found.theta.copy()
    signed = np.where(positive, 1.0, -1.0)
    stiffness = np.einsum("ij,mjk,ik->mi", rows, found.inverse, rows, optimize=True)
    stiffness = np.where(stiffness > _SINGULAR * (rows**2).sum(axis=1), stiffness, 0.0)
    multipliers, on = np.zeros(positive.shape), np.arange(len(positive))
    for rounds in _ROUNDS:
        if not len(on):
            break
        theta[on], multipliers[on] = _ascended(
            rows, signed[on], theta[on], multipliers[on], found.inverse[on], stiffness[on], rounds
        )
        lower[on] = np.maximum(lower[on], cell_bounds(rows, targets, positive[on], multipliers[on]).lower)
        on = on[lower[on] < ceiling]
    return CellBounds(lower, theta, found.inverse, found.regular)


def _ascended(
    rows: Floats, signed: Floats, theta: Floats, multipliers: Floats, inverse: Floats, stiffness: Floats, rounds: int
) -> tuple[Floats, Floats]:
    """Return coefficients and multipliers after so many steps, each of which changes one multiplier of each cell."""
    every, usable = np.arange(len(theta)), stiffness > 0.0  # others push in directions that the cell does not see
    divisor = np.where(usable, stiffness, 1.0)
    for _ in range(rounds):
        missing = np.where(usable, np.maximum(-(signed * (theta @ rows.T)), -multipliers * stiffness), 0.0)
        chosen = np.argmax(missing**2 / divisor, axis=1)
        step = missing[every, chosen] / divisor[every, chosen]
        multipliers[every, chosen] = np.maximum(multipliers[every, chosen] + step, 0.0)
        pushed = rows[chosen] * (step * signed[every, chosen])[:, None]
        theta = theta + (inverse @ pushed[:, :, None])[:, :, 0]
    return theta, multipliers
