r"""Moments that no constraint can tell from combinations of others.

A change of variables turns few monomials into many: the blocks of a degrees-2,2,2 network have 1146 moments after a
shift, and see 346 combinations of them. The equations of the dual are as dependent, so the program on 346 moments has
the same multipliers and Gram matrices, and its Schur complement is a third as wide.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from .program import SDP

#: Programs with fewer moments are not worth the search, nor is one that leaves more than half of them.
_FEWEST = 300
#: Diagonal entries of a triangular factor below this share of the first are zero; columns have length one.
_ZERO = 1e-11
#: More rows than the rank that a random sketch needs to show it, and the entries a row of the program has in it.
_SPARE, _SPREAD = 20, 8


def independent_moments(sdp: SDP) -> NDArray[np.intp] | None:
    r"""Return at most half of the moments, whose columns of `F`, `E` and `c` span those of all, or None.

    A QR factorisation with column pivoting of a sparse random sketch :math:`\Omega [F; E; c]` chooses the columns; that
    the others are combinations of them is then checked on the columns themselves.

    Source: Halko, Martinsson and Tropp, SIAM Review 53 (2011), for the sketch.
    """
    n = sdp.n_moments
    stacked = sp.vstack([sdp.operator, sdp.equalities, sp.csr_matrix(sdp.cost)], format="csr")
    alone = stacked.indices[stacked.indptr[:-1][np.diff(stacked.indptr) == 1]]
    if n < _FEWEST or np.unique(alone).size > n // 2:
        return None
    lengths = np.sqrt(np.asarray(stacked.multiply(stacked).sum(axis=0)).reshape(-1))
    stacked = (stacked @ sp.diags_array(1.0 / np.where(lengths > 0, lengths, 1.0))).tocsr()
    triangle, pivots = scipy.linalg.qr(_sketch(stacked, n // 2 + _SPARE), mode="r", pivoting=True, check_finite=False)
    diagonal = np.abs(np.diag(triangle))
    rank = int((diagonal > _ZERO * diagonal[0]).sum())
    if rank > n // 2:
        return None
    kept, others = pivots[:rank], pivots[rank:]
    mixed = scipy.linalg.solve_triangular(triangle[:rank, :rank], triangle[:rank, rank:], check_finite=False)
    left = stacked[:, others].toarray() - stacked[:, kept] @ mixed
    return np.sort(kept) if np.abs(left).max(initial=0.0) <= _ZERO else None


def _sketch(rows: sp.csr_matrix, height: int) -> NDArray[np.float64]:
    """Return random combinations of the rows; each row takes part in a few."""
    rng = np.random.default_rng(0)
    count = _SPREAD * rows.shape[0]
    places = rng.integers(0, height, count), np.repeat(np.arange(rows.shape[0]), _SPREAD)
    mixing = sp.csr_matrix((rng.standard_normal(count), places), shape=(height, rows.shape[0]))
    return np.asarray((mixing @ rows).toarray())


def on_moments(sdp: SDP, kept: NDArray[np.intp]) -> SDP:
    """Return the program on some of the moments, the others set to zero."""
    return SDP(
        sdp.cost[kept], sdp.equalities[:, kept].tocsr(), sdp.right_side, sdp.operator[:, kept].tocsr(), sdp.sizes
    )
