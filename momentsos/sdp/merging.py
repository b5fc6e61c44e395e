r"""Moments that equalities with one or two terms make zero, or powers of two times each other.

Of :math:`x_i^2 = 1` a relaxation has the equalities :math:`y_{\alpha + 2 e_i} = y_\alpha`, of :math:`x_i x_j = 0` it
has :math:`y_{\alpha + e_i + e_j} = 0`. The program on one moment of each class has the same Gram matrices, and passing
to it rounds sums at most: signs in fifteen variables have 1941 classes of 3876 moments at order 2, and no equality is
left but the normalisation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order

from .program import SDP
from .residuals import dual_residual

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
#: A moment, the one that an equality ties it to (none: -1), the equality, and its coefficients at the two.
Tie = tuple[int, int, int, float, float]


@dataclass(frozen=True, eq=False)
class Merged:
    """A program on classes of moments.

    Attributes
    ----------
    whole, sdp : SDP
        Before and after.
    first : (classes,) array
        A moment of each class, of which the others are multiples.
    kept : integer array
        The equalities that are left; the first is the first.
    ties : tuple of Tie
        The equalities that were used, so that moments come after those that they are tied to.
    """

    whole: SDP
    sdp: SDP
    first: Integers
    kept: Integers
    ties: tuple[Tie, ...]

    @classmethod
    def of(cls, sdp: SDP) -> Merged:
        """Merge the moments of a program whose first equality is the normalisation."""
        rows = _short_rows(sdp)
        ties, first = _forest(sdp, rows)
        factors = _factors(sdp.n_moments, first, ties)
        if not ties:
            return cls(sdp, sdp, np.arange(sdp.n_moments), np.arange(len(sdp.right_side)), ())
        left = abs(sdp.equalities @ factors)
        implied = np.zeros(len(sdp.right_side), dtype=bool)
        implied[rows] = np.asarray(left[rows].sum(axis=1)).reshape(-1) == 0  # exact: these are multiples by powers of 2
        kept = np.flatnonzero(~implied)
        merged = SDP(
            np.asarray(factors.T @ sdp.cost),
            (sdp.equalities[kept] @ factors).tocsr(),
            sdp.right_side[kept],
            (sdp.operator @ factors).tocsr(),
            sdp.sizes,
        )
        return cls(sdp, merged, first, kept, ties)

    @property
    def shares(self) -> sp.csr_matrix:
        """How much of a moment is, in size, at the first one of its class, shape (moments, classes)."""
        return abs(_factors(self.whole.n_moments, self.first, self.ties))

    def multipliers(self, multipliers: Floats, gram: Floats) -> Floats:
        """Return multipliers of all equalities from those that are left: the others remove the rest of the defect.

        What is left at the first moment of a class is the defect of the class.
        """
        found = np.zeros(len(self.whole.right_side))
        found[self.kept] = multipliers
        return found + self.settled(dual_residual(self.whole, found, gram))[0]

    def settled(self, defect: Floats) -> tuple[Floats, Floats]:
        """Return multipliers of the equalities that were used, and the defect of the classes that they leave.

        They remove a defect everywhere but at the first moments of the classes.
        """
        found, rest = np.zeros(len(self.whole.right_side)), defect.copy()
        for moment, other, row, own, others in reversed(self.ties):
            found[row] = rest[moment] / own
            if other >= 0:
                rest[other] -= found[row] * others
        return found, rest[self.first]


def _factors(n: int, first: Integers, ties: tuple[Tie, ...]) -> sp.csr_matrix:
    """Return the multiples of the first moments of classes that moments are, shape (moments, classes)."""
    factor, home = np.zeros(n), np.full(n, -1, dtype=np.intp)
    factor[first], home[first] = 1.0, np.arange(len(first))
    for moment, other, _, own, others in ties:
        if other >= 0:
            factor[moment], home[moment] = -others / own * factor[other], home[other]
    occurs = np.flatnonzero(factor)
    return sp.csr_matrix((factor[occurs], (occurs, home[occurs])), shape=(n, len(first)))


def _short_rows(sdp: SDP) -> list[int]:
    """Return the equalities with one moment, or with two whose coefficients are a power of two apart, equal to zero."""
    lengths = np.diff(sdp.equalities.indptr)
    rows = np.flatnonzero((lengths >= 1) & (lengths <= 2) & (sdp.right_side == 0))
    rows = rows[rows > 0]
    starts = sdp.equalities.indptr[rows]
    own, other = sdp.equalities.data[starts], sdp.equalities.data[sdp.equalities.indptr[rows + 1] - 1]
    with np.errstate(all="ignore"):
        apart = np.frexp(own)[0] == np.abs(np.frexp(other)[0]) * np.sign(own)
    return rows[apart & (own != 0) & (other != 0)].tolist()


def _forest(sdp: SDP, rows: list[int]) -> tuple[tuple[Tie, ...], Integers]:
    """Return a spanning forest of the moments that the equalities `rows` tie, and the first moments of classes.

    A root stands for zero; it is tied to the moments that are zero.
    """
    n, matrix = sdp.n_moments, sdp.equalities
    entries: dict[tuple[int, int], tuple[int, float, float]] = {}
    for row in rows:
        a, b = int(matrix.indptr[row]), int(matrix.indptr[row + 1]) - 1
        i, k = int(matrix.indices[a]), int(matrix.indices[b])
        if a == b:
            entries.setdefault((i, n), (row, float(matrix.data[a]), 0.0))
        else:
            entries.setdefault((i, k), (row, float(matrix.data[a]), float(matrix.data[b])))
    pairs = np.array(list(entries), dtype=np.intp).reshape(-1, 2)
    graph = sp.csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n + 1, n + 1))
    count, component = sp.csgraph.connected_components(graph, directed=False)
    first = np.full(count, n, dtype=np.intp)
    np.minimum.at(first, component, np.arange(n + 1))
    first = np.sort(first[np.arange(count) != component[n]])
    roots = sp.csr_matrix((np.ones(len(first)), (first, np.full(len(first), n))), shape=graph.shape)
    order, before = breadth_first_order(graph + roots, n, directed=False)
    ties: list[Tie] = []
    starts = np.zeros(n + 1, dtype=bool)
    starts[first] = True
    for moment in order[1:].tolist():
        other = int(before[moment])
        if other == n and starts[moment]:
            continue
        if (moment, other) in entries:
            row, own, others = entries[moment, other]
        else:
            row, others, own = entries[other, moment]
        ties.append((moment, other if other < n else -1, row, own, others))
    return tuple(ties), first
