r"""Values and slopes of the constraints in floats, with bounds of everything that rounding may have changed.

A term :math:`c\,x^\alpha` of degree `d` takes `d` multiplications, a sum of `k` terms :math:`k - 1` additions, and the
coefficient may be rounded once, each coordinate too: the value is off by at most :math:`\gamma_{2d + k + 1}` times
the sum of the absolute terms, :math:`\gamma_m = m u / (1 - m u)`. Source: Higham, *Accuracy and Stability of Numerical
Algorithms*, section 3.1. Products that underflow are seen, and add to the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...polynomials.exponents import unique_rows
from .forms import Form
from .monomials import Monomials
from .records import Floats

_UNIT = 2.0**-53
#: More than all that underflow of single terms takes away.
_TINY = 1e-290
#: A share of its unit below which a coordinate does not count for slopes.
_NOTHING = 1e-40
#: Entries up to which the slopes of all monomials are kept in a dense matrix.
DENSE = 400_000


@dataclass(frozen=True, eq=False)
class Signs:
    """The values of all constraints at a point, each within its error.

    Attributes
    ----------
    values, errors : (p,) arrays
        An error is infinite or not a number where nothing is known.
    """

    values: Floats
    errors: Floats

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Which values are certainly above zero."""
        return np.asarray(self.values > self.errors)

    @property
    def negative(self) -> NDArray[np.bool_]:
        """Which values are certainly below zero."""
        return np.asarray(self.values < -self.errors)


@dataclass(frozen=True, eq=False)
class Tables:
    """The coefficients of constraints over one list of monomials.

    Attributes
    ----------
    monomials : Monomials
    coefficients, sizes : (p, terms) sparse arrays
        The second one holds absolute values.
    rounding : (p,) array
        The bounds of the relative rounding errors.
    """

    monomials: Monomials
    coefficients: sp.csr_array
    sizes: sp.csr_array
    rounding: Floats

    @classmethod
    def of(cls, forms: Sequence[Form], n: int) -> Tables:
        """Compile constraints."""
        lists = [form.exponents for form in forms]
        rows, index = unique_rows(np.concatenate([np.zeros((0, n), dtype=np.int64), *lists]))
        counts = np.array([len(each) for each in lists], dtype=np.intp)
        data = np.concatenate([np.zeros(0), *(form.floats for form in forms)])
        ends = np.concatenate([[0], np.cumsum(counts)])
        table = sp.csr_array((data, index, ends), shape=(len(forms), len(rows)))
        degrees = np.array([int(each.sum(axis=1).max(initial=0)) for each in lists], dtype=np.intp)
        count = (2 * degrees + counts + 8) * _UNIT
        trusted = np.array([form.is_trusted for form in forms], dtype=bool)
        rounding = np.where(trusted, 1.01 * count / (1.0 - count), np.inf)
        sizes = sp.csr_array((np.abs(data), index, ends), shape=table.shape)
        return cls(Monomials.of(rows), table, sizes, rounding)

    @property
    def is_dense(self) -> bool:
        """Whether Jacobians are dense matrices."""
        return max(self.coefficients.shape[0], len(self.monomials)) * self.monomials.n <= DENSE

    def at(self, point: Floats) -> Signs:
        """Return the values at all points whose coordinates round to those of `point`."""
        with np.errstate(all="ignore"):
            monomials, lost = self.monomials.at(point)
            errors = self.rounding * (self.sizes @ np.abs(monomials)) + _TINY
            if lost is not None:
                errors += self.sizes @ lost
            return Signs(self.coefficients @ monomials, errors)

    def jacobian(self, point: Floats, units: Floats) -> Floats | sp.csr_array:
        """Return the slopes with respect to coordinates in their units, shape (p, n).

        Coordinates far below their unit are taken as zero: products of them would underflow.
        """
        return self._slopes(self.coefficients, np.where(np.abs(point) < _NOTHING * units, 0.0, point), units)

    def steepest(self, reach: Floats, units: Floats) -> Floats | sp.csr_array:
        """Return upper bounds of the absolute slopes where coordinates are at most `reach` in absolute value."""
        return self._slopes(self.sizes, reach, units) * (1.0 + 1e-9)

    def _slopes(self, table: sp.csr_array, point: Floats, units: Floats) -> Floats | sp.csr_array:
        owner, _, variables = self.monomials.slots
        shape = len(self.monomials), self.monomials.n
        with np.errstate(all="ignore"):
            data = self.monomials.derivatives(point) * units[variables]
            if not self.is_dense:
                return sp.csr_array(table @ sp.csr_array((data, (owner, variables)), shape=shape))
            slopes = np.zeros(shape)
            slopes[owner, variables] = data
            return np.asarray(table @ slopes)
