"""Symmetric matrices of pairs of basis elements, in whitened coordinates and in those of the basis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from flint import fmpz_mat
from numpy.typing import NDArray

from ..polynomials.dyadic import Dyadic
from .products import Products

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pairs:
    r"""The matrices :math:`\mathrm{sym}(e_i e_j^\top)`, in whitened coordinates :math:`\mathrm{sym}(s_i s_j^\top)`.

    Attributes
    ----------
    products : Products
    inverse : Dyadic
        Its rows are the `s`.
    """

    products: Products
    inverse: Dyadic

    @cached_property
    def weights(self) -> Floats:
        """The sizes of all pairs in whitened coordinates."""
        sizes = np.linalg.norm(self.inverse.floats(), axis=1)
        return np.asarray(sizes[self.products.first] * sizes[self.products.second])

    def lengths(self, combinations: sp.csr_matrix) -> Floats:
        """Return the Frobenius norms of combinations of the whitened matrices."""
        s = self.inverse.floats()
        inner = s @ s.T
        counts = np.diff(combinations.indptr)
        found = np.zeros(len(counts))
        for count in np.unique(counts[counts > 0]).tolist():  # combinations of equally many pairs at a time
            chosen = np.flatnonzero(counts == count)
            places = combinations.indptr[chosen][:, None] + np.arange(count)
            pairs, shares = combinations.indices[places], combinations.data[places]
            i, j = self.products.first[pairs], self.products.second[pairs]
            for a in range(count):
                for b in range(count):
                    both = inner[i[:, a], i[:, b]] * inner[j[:, a], j[:, b]]
                    both += inner[i[:, a], j[:, b]] * inner[j[:, a], i[:, b]]
                    found[chosen] += shares[:, a] * shares[:, b] * both / 2
        return np.asarray(np.sqrt(np.maximum(found, 0.0)))

    def combined(self, combinations: sp.csr_matrix, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Floats:
        """Return the given entries of combinations of twice the whitened matrices, one column a combination."""
        used, local = np.unique(combinations.indices, return_inverse=True)
        small = sp.csr_matrix((combinations.data, local, combinations.indptr), shape=(combinations.shape[0], len(used)))
        s = self.inverse.floats()
        left, right = s[self.products.first[used]], s[self.products.second[used]]
        table = left[:, rows] * right[:, columns]
        table += left[:, columns] * right[:, rows]
        return np.asarray((small @ table).T)

    def exactly(self, combinations: sp.csr_matrix, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Dyadic:
        """Return what `combined` does, exactly."""
        size = self.inverse.shape[0]
        entries = [int(w) for w in self.inverse.whole.entries()]
        s = [entries[start : start + size] for start in range(0, size * size, size)]
        one, other = rows.tolist(), columns.tolist()
        coefficients = Dyadic.of(combinations.data[:, None])
        whole = [int(w) for w in coefficients.whole.entries()]
        known: dict[int, list[int]] = {}
        found: list[int] = []
        for begin, end in zip(combinations.indptr[:-1].tolist(), combinations.indptr[1:].tolist(), strict=True):
            total = [0] * len(one)
            for number in range(begin, end):
                pair = int(combinations.indices[number])
                if pair not in known:
                    x, y = s[self.products.first[pair]], s[self.products.second[pair]]
                    known[pair] = [x[a] * y[b] + x[b] * y[a] for a, b in zip(one, other, strict=True)]
                factor = whole[number]
                total = [t + factor * v for t, v in zip(total, known[pair], strict=True)]
            found += total
        table = fmpz_mat(combinations.shape[0], len(one), found).transpose()
        return Dyadic(table, 2 * self.inverse.exponent + coefficients.exponent)

    def combination(self, table: sp.csr_matrix, multipliers: Sequence[Fraction]) -> Dyadic:
        """Return the sum of the rows of a table of pairs, each times its multiplier, exactly."""
        amounts: dict[int, Fraction] = {}
        for row, value in enumerate(multipliers):
            for number in range(table.indptr[row], table.indptr[row + 1]):
                pair = int(table.indices[number])
                amounts[pair] = amounts.get(pair, Fraction(0)) + value * Fraction(float(table.data[number]))
        return self.total(amounts)

    def total(self, amounts: dict[int, Fraction]) -> Dyadic:
        """Return the sum of the matrices of pairs, each times its amount, a binary fraction."""
        size = self.inverse.shape[0]
        spare = max((a.denominator.bit_length() - 1 for a in amounts.values()), default=0) + 1
        entries = [0] * (size * size)
        for pair, amount in amounts.items():
            i, j = int(self.products.first[pair]), int(self.products.second[pair])
            value = int(amount * 2**spare) // 2
            entries[i * size + j] += value
            entries[j * size + i] += value
        return Dyadic(fmpz_mat(size, size, entries), -spare)

    def spread(self, coefficients: Sequence[Fraction]) -> Dyadic:
        """Return a matrix with these coefficients of the products, each in the pair of the least weight."""
        chosen = self.products.chosen(self.weights).tolist()
        return self.total({pair: value for pair, value in zip(chosen, coefficients, strict=True) if value})
