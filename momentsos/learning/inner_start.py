r"""The first box of all coefficients that can have a loss below a height: by linear algebra, and from users' limits.

With residuals :math:`r = A m(c) + a` and a left inverse :math:`M` of `A`, the monomials are
:math:`m = M (r - a) + E m` with :math:`E = I - M A`, which is rounding. A loss of at most `h` keeps
:math:`|M r|_k` below :math:`h \max_i |M_{ki}| / q_i` for the mean with shares `q`, and below :math:`h \sum_i |M_{ki}|`
for the largest residual. An inner coefficient is the ratio of two monomials.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..polynomials.exponents import ExponentIndex
from .inner_forms import CoefficientBox, InnerForms
from .losses.mean_abs import MeanAbs
from .losses.sampled import SampledLoss
from .residual_table import ResidualTable

Floats = NDArray[np.float64]

#: Rounding of the left inverse, as a share of all monomials, that is not too much.
_MOST = 1e-3
#: Units in the last place that limits are widened by.
_WIDER = 1e-12


def first_box(
    loss: SampledLoss, table: ResidualTable, forms: InnerForms, limits: Floats, height: float
) -> CoefficientBox | None:
    """Return a box that holds all coefficients whose loss is at most `height`; None where one has no limit.

    Parameters
    ----------
    loss : SampledLoss
    table : ResidualTable
    forms : InnerForms
    limits : (rows, n + 1) array
        As `Unknowns.inequalities`.
    height : float
    """
    n = len(table.names)
    low, high = np.full(n, -np.inf), np.full(n, np.inf)
    for row in limits:
        (seen,) = np.nonzero(row[:-1])
        if len(seen) == 1:
            k, at = seen[0], -row[-1] / row[seen[0]]
            low[k], high[k] = (max(low[k], at), high[k]) if row[k] > 0 else (low[k], min(high[k], at))
    monomials = _monomials(loss, table, height)
    if monomials is not None:
        found = _ratios(table, *monomials)
        low, high = np.maximum(low, found[0]), np.minimum(high, found[1])
    if not (np.isfinite(low).all() and np.isfinite(high).all() and (low <= high).all()):
        return None
    return CoefficientBox(low[forms.inner], high[forms.inner], low[forms.last], high[forms.last])


def _monomials(loss: SampledLoss, table: ResidualTable, height: float) -> tuple[Floats, Floats] | None:
    """Return limits of all monomials, the constant first."""
    columns, base = table.values[:, 1:], table.values[:, 0]
    lengths = np.linalg.norm(columns, axis=0)
    if columns.shape[0] < columns.shape[1] or not (lengths > 0).all() or not np.isfinite(lengths).all():
        return None
    unit = columns / lengths
    inverse = np.linalg.pinv(unit)
    left = np.abs(np.eye(unit.shape[1]) - inverse @ unit).sum(axis=1).max()
    left += 4.0 * len(unit) * np.finfo(float).eps * float((np.abs(inverse) @ np.abs(unit)).sum(axis=1).max())
    if not left < _MOST:
        return None
    sizes = np.abs(inverse)
    if isinstance(loss, MeanAbs):
        shares = loss.shares(len(base))
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = height * np.where(sizes > 0.0, sizes / shares, 0.0).max(axis=1)
    else:
        spread = height * sizes.sum(axis=1)
    centre = -(inverse @ base)
    spread += 4.0 * len(unit) * np.finfo(float).eps * (sizes @ np.abs(base))
    spread += left / (1.0 - left) * float((np.abs(centre) + spread).max())
    with np.errstate(over="ignore"):
        return np.append(1.0, (centre - spread) / lengths), np.append(1.0, (centre + spread) / lengths)


def _ratios(table: ResidualTable, least: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Return limits of the coefficients from those of the monomials."""
    n, index = len(table.names), ExponentIndex.of(table.exponents)
    low, high = np.full(n, -np.inf), np.full(n, np.inf)
    for k in range(n):
        above = index.find(table.exponents + np.eye(n, dtype=table.exponents.dtype)[k])
        for below, place in enumerate(above.tolist()):
            if place < 0 or least[below] <= 0.0 <= most[below]:
                continue
            ends = np.array([a / b for a in (least[place], most[place]) for b in (least[below], most[below])])
            margin = _WIDER * float(np.abs(ends).max())
            low[k], high[k] = max(low[k], float(ends.min()) - margin), min(high[k], float(ends.max()) + margin)
    return low, high
