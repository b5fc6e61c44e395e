r"""The program of the bound on its side of sums of squares: a combination of syzygies for each unknown.

In whitened coordinates the syzygies are spanned by orthonormal matrices :math:`Q_i`, and

.. math:: \max \rho \quad\text{subject to}\quad X = I - \rho J + \sum_i t_i Q_i \succeq 0

has a strictly feasible point, :math:`\rho = t = 0`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from flint import fmpz_mat
from numpy.typing import NDArray

from ..polynomials.dyadic import Dyadic
from ..sdp import SDP, svec
from ..sdp.svec import svec_index, svec_weights
from .products import Products
from .whitening import Whitened

Floats = NDArray[np.float64]

#: Beyond this condition number of the syzygies in floats they are combined once more, exactly.
_GRADED = 1e5
#: Numbers of all syzygies up to which that is done with all of their entries, and not only with the largest.
_ALL = 250_000
#: Bits of the syzygies that are combined exactly, below the largest entry.
_BITS = 260


@dataclass(frozen=True, eq=False)
class Syzygies:
    """Orthonormal combinations of syzygies.

    Attributes
    ----------
    places : (T, 4) integer array
        See `Products.syzygies`.
    space : (svec, T) array
        Their combinations, orthonormal.
    change : (T, T) array
        From combinations to multipliers.
    """

    places: NDArray[np.intp]
    space: Floats
    change: Floats

    @classmethod
    def of(cls, whitened: Whitened, products: Products) -> Syzygies:
        """Form them in floats, with more digits where large entries cancel."""
        places = products.syzygies
        count, size = len(places), len(whitened.root)
        if not count:
            return cls(places, np.zeros((size * (size + 1) // 2, 0)), np.zeros((0, 0)))
        rows, last = svec_index(size)
        weights = svec_weights(size) / 2
        s = whitened.inverse.floats()
        table = np.zeros((len(rows), count))
        for sign, (i, j) in ((1.0, places[:, :2].T), (-1.0, places[:, 2:].T)):
            table += sign * (s[i][:, rows] * s[j][:, last] + s[i][:, last] * s[j][:, rows]).T
        graded = np.flatnonzero(last == size - 1)
        exact = _exactly(whitened.inverse, places, rows[graded], last[graded])
        table[graded] = exact.floats()
        lengths = np.linalg.norm(weights[:, None] * table, axis=0)
        order = np.argsort(-np.abs(table / lengths).max(axis=1), kind="stable")
        q, r, pivots = scipy.linalg.qr((weights[:, None] * table / lengths)[order], mode="economic", pivoting=True)
        diagonal = np.abs(np.diag(r))
        change = np.empty((count, count))
        change[pivots] = scipy.linalg.solve_triangular(r, np.eye(count))
        change /= lengths[:, None]
        space = np.empty_like(q)
        space[order] = q
        if diagonal.max() <= _GRADED * diagonal.min():
            return cls(places, space, change)
        if table.size <= _ALL:
            graded, exact = np.arange(len(rows)), _exactly(whitened.inverse, places, rows, last)
        space = table @ change
        space[graded] = (exact.rounded(_BITS) @ Dyadic.of(change)).floats()
        q, r = np.linalg.qr(weights[:, None] * space)
        return cls(places, q, change @ scipy.linalg.solve_triangular(r, np.eye(count)))

    def __len__(self) -> int:
        return len(self.places)

    def program(self, ones: Floats) -> SDP:
        """Return the program; its unknowns are 1, ρ and the t."""
        size = len(ones)
        unit, end = svec(np.eye(size)), svec(ones)
        cost = np.concatenate([[0.0, -1.0], np.zeros(len(self))])
        fixed = sp.csr_matrix(np.eye(1, len(cost)))
        return SDP(cost, fixed, np.ones(1), sp.csr_matrix(np.column_stack([unit, -end, self.space])), (size,))

    def combined(self, multipliers: Dyadic, size: int) -> Dyadic:
        """Return the combination of the syzygies in monomials, exactly, for a column of multipliers."""
        entries = [[0] * size for _ in range(size)]
        for value, (i, j, k, m) in zip(map(int, multipliers.whole.entries()), self.places.tolist(), strict=True):
            entries[i][j] += value
            entries[j][i] += value
            entries[k][m] -= value
            entries[m][k] -= value
        whole = [value for row in entries for value in row]
        return Dyadic(fmpz_mat(size, size, whole), multipliers.exponent - 1)


def _exactly(inverse: Dyadic, places: NDArray[np.intp], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Dyadic:
    """Return some entries of twice the syzygies in whitened coordinates, one column a syzygy."""
    size = inverse.shape[0]
    entries = [int(w) for w in inverse.whole.entries()]
    s = [entries[start : start + size] for start in range(0, size * size, size)]
    one, other = rows.tolist(), columns.tolist()
    known: dict[tuple[int, int], list[int]] = {}

    def product(i: int, j: int) -> list[int]:
        if (i, j) not in known:
            x, y = s[i], s[j]
            known[i, j] = [x[a] * y[b] + x[b] * y[a] for a, b in zip(one, other, strict=True)]
        return known[i, j]

    found: list[int] = []
    for i, j, k, m in places.tolist():
        found += [u - v for u, v in zip(product(i, j), product(k, m), strict=True)]
    return Dyadic(fmpz_mat(len(places), len(one), found).transpose(), 2 * inverse.exponent)
