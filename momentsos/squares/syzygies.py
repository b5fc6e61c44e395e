r"""The program of the bound on its side of sums of squares: a combination of syzygies for each unknown.

In whitened coordinates the syzygies are spanned by orthonormal matrices :math:`Q_i`, and

.. math:: \max \rho \quad\text{subject to}\quad X = I - \rho J + \sum_i t_i Q_i \succeq 0

has a strictly feasible point, :math:`\rho = t = 0`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials.dyadic import Dyadic
from ..sdp import SDP, svec
from ..sdp.svec import svec_index, svec_weights
from .pairs import Pairs
from .products import Products
from .whitening import Whitened

Floats = NDArray[np.float64]

#: Beyond this condition number of the syzygies in floats the largest of their entries are combined once more, exactly.
_GRADED = 1e6
#: Beyond this one all entries are, up to so many numbers.
_VERY, _ALL = 1e10, 300_000
#: Bits of the syzygies that are combined exactly, below the largest entry.
_BITS = 260


@dataclass(frozen=True, eq=False)
class Syzygies:
    """Orthonormal combinations of syzygies.

    Attributes
    ----------
    pairs : Pairs
    table : (T, pairs) sparse matrix
        See `Products.syzygies`.
    space : (svec, T) array
        Their combinations, orthonormal.
    change : (T, T) array
        From combinations to multipliers.
    """

    pairs: Pairs
    table: sp.csr_matrix
    space: Floats
    change: Floats

    @classmethod
    def of(cls, whitened: Whitened, products: Products) -> Syzygies:
        """Form them in floats, with more digits where large entries cancel."""
        pairs = Pairs(products, whitened.inverse)
        syzygies = products.syzygies(pairs.weights)
        count, size = syzygies.shape[0], len(whitened.root)
        if not count:
            return cls(pairs, syzygies, np.zeros((size * (size + 1) // 2, 0)), np.zeros((0, 0)))
        rows, last = svec_index(size)
        weights = svec_weights(size)[:, None] / 2
        entries = pairs.combined(syzygies, rows, last)
        graded = np.flatnonzero(last == size - 1)
        exact = pairs.exactly(syzygies, rows[graded], last[graded])
        entries[graded] = exact.floats()
        lengths = np.linalg.norm(weights * entries, axis=0)
        order = np.argsort(-np.abs(entries / lengths).max(axis=1), kind="stable")
        q, r, pivots = scipy.linalg.qr((weights * entries / lengths)[order], mode="economic", pivoting=True)
        diagonal = np.abs(np.diag(r))
        change = np.empty((count, count))
        change[pivots] = scipy.linalg.solve_triangular(r, np.eye(count))
        change /= lengths[:, None]
        space = np.empty_like(q)
        space[order] = q
        if diagonal.max() <= _GRADED * diagonal.min():
            return cls(pairs, syzygies, space, change)
        if diagonal.max() > _VERY * diagonal.min() and entries.size <= _ALL:
            graded, exact = np.arange(len(rows)), pairs.exactly(syzygies, rows, last)
        space = entries @ change
        space[graded] = (exact.rounded(_BITS) @ Dyadic.of(change)).floats()
        q, r = np.linalg.qr(weights * space)
        return cls(pairs, syzygies, q, change @ scipy.linalg.solve_triangular(r, np.eye(count)))

    def __len__(self) -> int:
        return self.space.shape[1]

    def program(self, ones: Floats) -> SDP:
        """Return the program; its unknowns are 1, ρ and the t."""
        size = len(ones)
        unit, end = svec(np.eye(size)), svec(ones)
        cost = np.concatenate([[0.0, -1.0], np.zeros(len(self))])
        fixed = sp.csr_matrix(np.eye(1, len(cost)))
        return SDP(cost, fixed, np.ones(1), sp.csr_matrix(np.column_stack([unit, -end, self.space])), (size,))

    def combined(self, multipliers: Sequence[Fraction]) -> Dyadic:
        """Return the combination of the syzygies in the basis, exactly."""
        return self.pairs.combination(self.table, multipliers)
