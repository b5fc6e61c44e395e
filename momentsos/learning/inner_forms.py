r"""Combinations of residuals on boxes of the coefficients, in the Bernstein basis of the inner ones.

The residuals are affine in the coefficients `v` of the last layer: with `u` the inner ones, a combination is
:math:`p^\top r = \sum_\alpha (g_{\alpha 0} + \sum_q g_{\alpha q} v_q) u^\alpha`. On a box of `u` the Bernstein
polynomials :math:`b_\beta` are nonnegative and add up to one, so with the coefficients :math:`F_{\beta q}` of the
combination in that basis

.. math:: p^\top r \ge \min_\beta \bigl( F_{\beta 0} + \sum_q \min_{v_q} F_{\beta q} v_q \bigr)

over boxes of `u` and `v`. The coefficient of :math:`u^k` on :math:`[a, b]` is its polar form at `j` times `b` and
`d - j` times `a`.

Source: Farin, *Curves and Surfaces for CAGD* (2002), chapters 4 and 5.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .residual_table import ResidualTable
from .unknowns import Unknowns

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

#: Units in the last place, of the sum of the absolute terms, that a value can be wrong by, beside one a term.
_UNITS = 64.0


@dataclass(frozen=True, eq=False)
class InnerForms:
    """How the monomials of residuals divide into inner powers and coefficients of the last layer.

    Attributes
    ----------
    inner, last : arrays
        The unknowns, by number.
    powers : (K, n_inner) integer array
        Of the inner coefficients; row 0 is the constant, the next ones are the coefficients themselves.
    power, column : (terms,) arrays
        Where a monomial stands among `powers`, and behind which coefficient of the last layer: 0 for none, else from 1.
    """

    inner: Places
    last: Places
    powers: NDArray[np.int64]
    power: Places
    column: Places

    @classmethod
    def of(cls, unknowns: Unknowns, table: ResidualTable) -> InnerForms:
        """Divide the monomials of a table."""
        inner, last = unknowns.inner, unknowns.last
        powers = np.vstack([np.zeros((1, len(inner))), np.eye(len(inner)), table.exponents[:, inner]]).astype(np.int64)
        numbers = dict[tuple[int, ...], int]()
        places = [numbers.setdefault(tuple(row), len(numbers)) for row in powers.tolist()]
        behind = table.exponents[:, last] @ np.arange(1, len(last) + 1)
        own = np.array(list(numbers), dtype=np.int64).reshape(len(numbers), len(inner))
        return cls(inner, last, own, np.array(places[1 + len(inner) :], dtype=np.intp), behind.astype(np.intp))

    @cached_property
    def degrees(self) -> tuple[int, ...]:
        """The degree in each inner coefficient."""
        return tuple(self.powers.max(axis=0, initial=0).tolist())

    @property
    def points(self) -> int:
        """The number of Bernstein polynomials."""
        return math.prod(degree + 1 for degree in self.degrees)

    def combined(self, rows: Floats) -> Floats:
        """Return rows of coefficients of the monomials, (r, terms), as (r, K, 1 + n_last)."""
        found = np.zeros((len(rows), len(self.powers), 1 + len(self.last)))
        found[:, self.power, self.column] = rows
        return found

    def affine(self, rows: Floats) -> Floats:
        """Return affine forms of the unknowns, (r, n + 1) as `Unknowns.inequalities`, as (r, K, 1 + n_last)."""
        found = np.zeros((len(rows), len(self.powers), 1 + len(self.last)))
        found[:, 0, 0] = rows[:, -1]
        found[:, 1 : 1 + len(self.inner), 0] = rows[:, self.inner]
        found[:, 0, 1:] = rows[:, self.last]
        return found

    def bernstein(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Return the Bernstein coefficients of the powers on a box, (points, K), and the sums of absolute terms."""
        found, sizes = np.ones((2, 1, len(self.powers)))
        for i, degree in enumerate(self.degrees):
            for which, (a, b) in enumerate(((low[i], high[i]), (abs(low[i]), abs(high[i])))):
                one = _univariate(degree, a, b)[:, self.powers[:, i]]
                whole = ((found, sizes)[which][:, None, :] * one).reshape(-1, len(self.powers))
                found, sizes = (whole, sizes) if which == 0 else (found, whole)
        return found, sizes


@dataclass(frozen=True, eq=False)
class CoefficientBox:
    """Intervals of the inner coefficients and of those of the last layer.

    Attributes
    ----------
    low, high : (n_inner,) arrays
    least, most : (n_last,) arrays
    """

    low: Floats
    high: Floats
    least: Floats
    most: Floats

    def lowest(self, forms: InnerForms, values: Floats, sizes: Floats) -> float:
        """Return a lower bound of a combination on the box, less what rounding may have added.

        Parameters
        ----------
        forms : InnerForms
        values, sizes : (K, 1 + n_last) arrays
            Its coefficients, and sums of the absolute terms that they were added up from.
        """
        basis, absolute = forms.bernstein(self.low, self.high)
        at = basis @ values
        lowest = at[:, 0] + np.minimum(at[:, 1:] * self.least, at[:, 1:] * self.most).sum(axis=1)
        far = np.concatenate([[1.0], np.maximum(np.abs(self.least), np.abs(self.most))])
        terms = (absolute @ sizes) @ far
        rounding = (_UNITS + values.size) * np.finfo(float).eps * terms
        return float((lowest - rounding).min())

    def ranges(self, forms: InnerForms, values: Floats) -> tuple[Floats, Floats]:
        """Return middle and half width of intervals of combinations, given by (r, K, 1 + n_last) coefficients."""
        at = np.tensordot(values, forms.bernstein(self.low, self.high)[0], (1, 1))  # combination, column, point
        middle = at[:, 0] + np.einsum("rqb,q->rb", at[:, 1:], 0.5 * (self.least + self.most))
        half = np.einsum("rqb,q->rb", np.abs(at[:, 1:]), 0.5 * (self.most - self.least))
        low, high = (middle - half).min(axis=1), (middle + half).max(axis=1)
        return 0.5 * (low + high), 0.5 * (high - low)

    def split(self, i: int, at: float) -> tuple[CoefficientBox, CoefficientBox]:
        """Divide the interval of an inner coefficient."""
        high, low = self.high.copy(), self.low.copy()
        high[i] = low[i] = at
        return CoefficientBox(self.low, high, self.least, self.most), CoefficientBox(
            low, self.high, self.least, self.most
        )


def _univariate(degree: int, a: float, b: float) -> Floats:
    """Return the Bernstein coefficients of the powers 0 to `degree`, (degree + 1, degree + 1): row j, power k."""
    found = np.zeros((degree + 1, degree + 1))
    for j, k in itertools.product(range(degree + 1), repeat=2):
        for chosen in range(max(0, k - (degree - j)), min(j, k) + 1):
            ways = math.comb(j, chosen) * math.comb(degree - j, k - chosen) / math.comb(degree, k)
            found[j, k] += ways * b**chosen * a ** (k - chosen)
    return found
