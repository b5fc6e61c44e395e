"""Which pairs of monomials have the same product, and the syzygies that follow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..polynomials.exponents import Exponents, unique_rows


@dataclass(frozen=True, eq=False)
class Products:
    """The products of the monomials of a list, each pair once.

    Attributes
    ----------
    rows : (products, n) integer array
        The distinct products, in graded order.
    first, second : (pairs,) integer arrays
        The pairs, `first` at most `second`.
    place : (pairs,) integer array
        Which product a pair has.
    """

    rows: Exponents
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    place: NDArray[np.intp]

    @classmethod
    def of(cls, exponents: Exponents) -> Products:
        """Form them."""
        first, second = np.triu_indices(len(exponents))
        rows, place = unique_rows(exponents[first] + exponents[second])
        return cls(rows, first, second, place)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def syzygies(self) -> NDArray[np.intp]:
        r"""The places (i, j, k, l) of :math:`m_i m_j = m_k m_l`, shape (syzygies, 4); first pairs are kept.

        With the matrices :math:`N = \mathrm{sym}(e_i e_j^\top) - \mathrm{sym}(e_k e_l^\top)` they span all symmetric
        matrices `S` with :math:`m^\top S m = 0`.
        """
        order = np.argsort(self.place, kind="stable")
        new = np.ones(len(order), dtype=bool)
        new[1:] = np.diff(self.place[order]) != 0
        begin = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
        later, kept = order[~new], order[begin[~new]]
        return np.column_stack([self.first[later], self.second[later], self.first[kept], self.second[kept]])
