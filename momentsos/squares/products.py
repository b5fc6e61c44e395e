r"""Which pairs of basis elements have the same product, and the syzygies that follow.

Elements are monomials :math:`m_i` and polynomials :math:`p_j = \sum_q B_{jq} m_q`, each of which has a variable of its
own here. Where every :math:`m_i m_q` of a product :math:`m_i p_j` is a product of two monomials of the basis as well,
that product is rewritten: this is what is left of the relation between :math:`p_j` and its monomials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..polynomials.dyadic import Dyadic
from ..polynomials.exponents import Exponents, unique_rows


@dataclass(frozen=True, eq=False)
class Products:
    """The products of the elements of a basis, each pair once.

    Attributes
    ----------
    rows : (products, n) integer array
        The distinct products, in graded order.
    first, second : (pairs,) integer arrays
        The pairs, `first` at most `second`.
    place : (pairs,) integer array
        Which product a pair has.
    rewritten : tuple of (place, ((coefficient, place), ...))
        Products that are sums of others.
    """

    rows: Exponents
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    place: NDArray[np.intp]
    rewritten: tuple[tuple[int, tuple[tuple[float, int], ...]], ...] = ()

    @classmethod
    def of(cls, exponents: Exponents, extra: Sequence[Polynomial] = ()) -> Products:
        """Form them; the last columns of `exponents` belong to the `extra` polynomials."""
        first, second = np.triu_indices(len(exponents))
        rows, place = unique_rows(exponents[first] + exponents[second])
        n = exponents.shape[1] - len(extra)
        known = {tuple(row): number for number, row in enumerate(rows.tolist())} if extra else {}
        found = []
        for j, polynomial in enumerate(extra):
            terms = list(zip(polynomial.values.tolist(), polynomial.exponents.tolist(), strict=True))
            for number in np.flatnonzero((rows[:, n + j] == 1) & (rows[:, n:].sum(axis=1) == 1)).tolist():
                monomial = rows[number, :n]
                parts = [
                    (value, known.get((*(monomial + term).tolist(), *([0] * len(extra))))) for value, term in terms
                ]
                if all(part is not None for _, part in parts):
                    found.append((number, tuple((value, part) for value, part in parts if part is not None)))
        return cls(rows, first, second, place, tuple(found))

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def independent(self) -> int:
        """How many products are no sums of others."""
        return len(self) - len(self.rewritten)

    def chosen(self, weights: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return for each product the pair of the least weight."""
        order = np.lexsort((weights, self.place))
        return np.asarray(order[np.searchsorted(self.place[order], np.arange(len(self)))])

    def syzygies(self, weights: NDArray[np.float64]) -> sp.csr_matrix:
        r"""Return combinations of pairs that vanish identically, shape (syzygies, pairs).

        With the matrix :math:`\mathrm{sym}(e_i e_j^\top)` for each pair they span all symmetric matrices `S` with
        :math:`m^\top S m = 0`, where the basis is monomials. Of each product the pair of the least weight is compared
        with the others.
        """
        chosen = self.chosen(weights)
        others = np.setdiff1d(np.arange(len(self.place)), chosen)
        count = np.arange(len(others))
        rows, columns = [count, count], [others, chosen[self.place[others]]]
        values = [np.ones(len(others)), -np.ones(len(others))]
        for number, (place, parts) in enumerate(self.rewritten, len(others)):
            rows.append(np.full(1 + len(parts), number))
            columns.append(np.array([chosen[place], *(chosen[part] for _, part in parts)]))
            values.append(np.array([1.0, *(-value for value, _ in parts)]))
        shape = len(others) + len(self.rewritten), len(self.place)
        places = np.concatenate(rows), np.concatenate(columns)
        return sp.csr_matrix((np.concatenate(values), places), shape=shape)

    def coefficients(self, matrix: Dyadic) -> list[Fraction]:
        r"""Return the coefficients of :math:`b^\top M b`, exactly; those of rewritten products are zero."""
        unit = Fraction(2) ** matrix.exponent
        found = [unit * value for value in matrix.sums(self.first, self.second, self.place, len(self))]
        for place, parts in self.rewritten:
            amount, found[place] = found[place], Fraction(0)
            for value, part in parts:
                found[part] += amount * Fraction(value)
        return found
