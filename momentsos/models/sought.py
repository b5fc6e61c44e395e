"""Which coefficients of which activations are sought, and the vector of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .series import Series

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ansatz:
    r"""What one activation may become: :math:`\sum_k (v_k + x_{p_k}) u^k` of its input in units, `u`.

    As in `Series` it is :math:`u = (t - \text{centre}) / \text{scale}`.

    Attributes
    ----------
    values : tuple of float
        The `v`, ascending.
    places : tuple of int or None
        The `p`: which unknown is added, None for none.
    centre, scale : float
    """

    values: tuple[float, ...]
    places: tuple[int | None, ...]
    centre: float = 0.0
    scale: float = 1.0

    @property
    def degree(self) -> int:
        """The number of coefficients less one."""
        return len(self.values) - 1

    def series(self, x: Floats) -> Series:
        """Return the polynomial for a vector of the unknowns."""
        own = [v if p is None else v + x[p] for v, p in zip(self.values, self.places, strict=True)]
        return Series(np.array(own), self.centre, self.scale)


@dataclass(frozen=True, eq=False)
class Sought:
    """The unknowns of all activations.

    Attributes
    ----------
    sites : tuple of Ansatz
        One for each activation.
    names : tuple of str
        Of the unknowns.
    most : int or None
        The largest total degree in the unknowns that is kept of the outputs. With 1 and the values at a point these are
        the outputs there and their derivatives.
    """

    sites: tuple[Ansatz, ...]
    names: tuple[str, ...]
    most: int | None = None

    @property
    def count(self) -> int:
        """The number of unknowns."""
        return len(self.names)

    def series(self, x: Floats) -> list[Series]:
        """Return the polynomials for a vector of the unknowns."""
        return [site.series(x) for site in self.sites]

    def vector(self, series: Sequence[Series]) -> Floats:
        """Return the unknowns for polynomials in the same units, the inverse of `series`."""
        x = np.zeros(self.count)
        for site, own in zip(self.sites, series, strict=True):
            for value, place, c in zip(site.values, site.places, own.coefficients.tolist(), strict=True):
                if place is not None:
                    x[place] = c - value
        return x

    def around(self, x: Floats) -> Sought:
        """Return the search for steps from a point, to first order."""
        sites = tuple(
            Ansatz(tuple(site.series(x).coefficients.tolist()), site.places, site.centre, site.scale)
            for site in self.sites
        )
        return Sought(sites, self.names, 1)

    def freed(self, free: Sequence[int], x: Floats) -> Sought:
        """Return the search for the unknowns of these sites alone, all others as they are at a point."""
        sites: list[Ansatz] = []
        names: list[str] = []
        for number, site in enumerate(self.sites):
            values, places = list(site.values), list[int | None]([None] * len(site.values))
            for power, place in enumerate(site.places):
                if place is not None and number in free:
                    places[power] = len(names)
                    names.append(self.names[place])
                elif place is not None:
                    values[power] += float(x[place])
            sites.append(Ansatz(tuple(values), tuple(places), site.centre, site.scale))
        return Sought(tuple(sites), tuple(names), self.most)
