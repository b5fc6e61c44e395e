r"""Monomials as lists of factors :math:`x_i^e`: their values and derivatives at a point, in floats.

Only variables that occur in a monomial count, so that many variables cost no more than the terms that have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...polynomials.exponents import Exponents
from .records import Floats

Places = NDArray[np.intp]

#: No product of this size or larger underflows before it is complete.
_SAFE = -960.0


@dataclass(frozen=True, eq=False)
class Monomials:
    r"""Distinct monomials, the constant one first if it is among them.

    Attributes
    ----------
    n : int
        The number of variables.
    variables, powers : (F,) integer arrays
        The distinct factors :math:`x_i^e`; after them there is one factor 1, for the constant monomial.
    factors : integer array
        The factors of all monomials, one monomial after the other.
    begins : (terms,) integer array
        Where each one begins.
    floor : float
        No product of powers underflows on the way where these are at least as large.
    """

    n: int
    variables: Places
    powers: Places
    factors: Places
    begins: Places
    floor: float

    @classmethod
    def of(cls, rows: Exponents) -> Monomials:
        """List the factors of monomials in graded order."""
        owner, variable = np.nonzero(rows)
        power = rows[owner, variable]
        base = int(power.max(initial=0)) + 1
        keys, factors = np.unique(variable * base + power, return_inverse=True)
        counts = np.bincount(owner, minlength=len(rows))
        if len(rows) and counts[0] == 0:
            factors, counts[0] = np.concatenate([[len(keys)], factors]), 1
        begins = np.cumsum(counts) - counts
        longest = int(counts.max(initial=1))
        return cls(rows.shape[1], keys // base, keys % base, factors.reshape(-1), begins, 2.0 ** (_SAFE / longest))

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def has_constant(self) -> bool:
        """Whether the first monomial is the constant one."""
        return len(self) > 0 and bool(self.factors[0] == len(self.variables))

    def at(self, point: Floats) -> tuple[Floats, Floats | None]:
        """Return all monomials at a point, and bounds of what underflow has changed, None where it has changed nothing.

        Apart from that a monomial of degree `d` has been rounded at most :math:`d - 1` times. Where a power is too
        small to be safe, both the monomial and what is computed for it are below the product with larger powers.
        """
        if not len(self):
            return np.zeros(0), None
        base = point[self.variables]
        powers = _raised(base, self.powers)
        sizes = np.abs(powers)
        small = (sizes < self.floor) & (base != 0.0)
        values = np.multiply.reduceat(np.append(powers, 1.0)[self.factors], self.begins)
        if not small.any():
            return values, None
        larger = np.append(np.where(small, self.floor, sizes), 1.0)
        bounds = 2.5 * np.multiply.reduceat(larger[self.factors], self.begins)
        touched = np.logical_or.reduceat(np.append(small, False)[self.factors], self.begins)
        return values, np.where(touched, bounds, 0.0)

    @cached_property
    def slots(self) -> tuple[Places, Places, Places]:
        """The factors without that of the constant monomial: of which monomial, which factor, of what variable."""
        skip = int(self.has_constant)
        counts = np.diff(np.append(self.begins, len(self.factors)))
        counts[0] -= skip
        factors = self.factors[skip:]
        return np.repeat(np.arange(len(self)), counts), factors, self.variables[factors]

    def derivatives(self, point: Floats) -> Floats:
        """Return the slopes of all monomials, a number for each of the `slots`.

        It has been rounded at most :math:`d + 3` times, apart from underflow.
        """
        base = point[self.variables]
        powers = np.append(_raised(base, self.powers), 1.0)
        slopes = self.powers * _raised(base, self.powers - 1)
        owner, factors, _ = self.slots
        zero = powers == 0.0
        if not zero.any():
            products = np.multiply.reduceat(powers[self.factors], self.begins)
            return np.asarray(slopes[factors] * (products[owner] / powers[factors]))
        filled = np.where(zero, 1.0, powers)
        products = np.multiply.reduceat(filled[self.factors], self.begins)
        zeros = np.add.reduceat(zero[self.factors].astype(np.intp), self.begins)
        alone = zeros[owner] == zero[factors]  # where the product of the other factors is not zero
        return np.asarray(slopes[factors] * np.where(alone, products[owner] / filled[factors], 0.0))


def _raised(base: Floats, powers: Places) -> Floats:
    """Return powers by repeated squaring: at most `e - 1` roundings for the power `e`."""
    result = np.where(powers & 1, base, 1.0)
    rest = powers >> 1
    while rest.any():
        base = base * base
        result = np.where(rest & 1, result * base, result)
        rest = rest >> 1
    return result
