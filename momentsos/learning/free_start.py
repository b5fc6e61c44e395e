r"""Coefficients read off a problem of linear algebra, in which each product of coefficients is a free unknown.

The residuals are :math:`r = A m(c) + a`. With :math:`w` minimising :math:`\|A w + a\|_2`, each coefficient is a ratio
:math:`w_{\alpha + e_i} / w_\alpha`, taken where both products count most in the residuals. What is left of the
residuals bounds their norm at all coefficients from below; where there is no noise, or little, the ratios are the
coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..polynomials.exponents import ExponentIndex, Exponents
from ..polynomials.tables import to_table

Floats = NDArray[np.float64]

#: Residuals times terms at most: the equations take some milliseconds.
_MOST = 200_000
#: A singular value below this share of the largest is none.
_RANK = 1e-10


@dataclass(frozen=True, eq=False)
class FreeStart:
    """What linear algebra says of the coefficients.

    Attributes
    ----------
    point : (n,) array
        0 for a coefficient of which it says nothing.
    least, most : float
        A lower bound, but for rounding, of the Euclidean norm of the residuals, and the norm where all products vanish.
    """

    point: Floats
    least: float
    most: float

    def norm_explaining(self, missing: float) -> float:
        """Return the norm of residuals from whose squares a share `missing` of what can be explained is missing."""
        return float(np.hypot(self.least, missing**0.5 * max(0.0, self.most**2 - self.least**2) ** 0.5))

    @classmethod
    def of(cls, residuals: Sequence[Polynomial]) -> FreeStart | None:
        """Solve the equations; None where they are many, or leave products undetermined."""
        rows, table = to_table(residuals)
        if not len(rows) or table.size > _MOST or rows[0].any() or len(rows) > len(table) + 1:
            return None
        columns, base = table[:, 1:], table[:, 0]
        lengths = np.linalg.norm(columns, axis=0)
        if not (lengths > 0).all() or not np.isfinite(lengths).all():
            return None
        found, _, rank, _ = np.linalg.lstsq(columns / lengths, -base, rcond=_RANK)
        if rank < len(lengths):
            return None
        products = np.concatenate([[1.0], found / lengths])
        counting = np.concatenate([[np.linalg.norm(base)], np.abs(found)])
        least, most = np.linalg.norm(columns @ products[1:] + base), np.linalg.norm(base)
        return cls(_ratios(rows, products, counting), float(least), float(most))


def _ratios(rows: Exponents, products: Floats, counting: Floats) -> Floats:
    """Return each variable as the ratio of two products that differ by it and count most."""
    index, n = ExponentIndex.of(rows), rows.shape[1]
    above = index.find((rows[:, None, :] + np.eye(n, dtype=rows.dtype)).reshape(-1, n)).reshape(len(rows), n)
    both = np.where(above >= 0, np.minimum(counting[:, None], counting[above]), -1.0)
    best = both.argmax(axis=0)
    place = above[best, np.arange(n)]
    with np.errstate(all="ignore"):
        ratios = products[place] / products[best]
    return np.where((place >= 0) & np.isfinite(ratios), ratios, 0.0)
