r"""Moments that no constraint can tell from combinations of others.

A change of variables turns few monomials into many: the blocks of a degrees-2,2,2 network have 1146 moments after a
shift, and see 346 combinations of them. The equations of the dual are as dependent, so the program on 346 moments has
the same multipliers and Gram matrices, and its Schur complement is a third as wide.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import NDArray

from ..machine.caches import Beside, beside
from .program import SDP
from .triangles import pivoted_triangle

#: Programs with fewer moments are not worth the search, nor is one that leaves more than half of them. With more, the
#: search itself, which is dense, would take a minute and half a gigabyte.
_FEWEST, _MOST = 300, 8000
#: Diagonal entries of a triangular factor below this share of the first are zero; columns have length one. What is left
#: of a column beside those that span it must be smaller than the second.
_ZERO, _LEFT = 1e-11, 1e-13
#: More rows than the rank that a random sketch needs to show it, and the entries a row of the program has in it.
_SPARE, _SPREAD = 20, 8
#: Without a sketch, even if it had fewer rows: up to this many for one of the sketch, and this many entries.
_FEW, _SMALL = 8, 2**16

#: What was found for programs that are still in use: first a solver asks, then who repairs its answer.
_HALVED: Beside[SDP, NDArray[np.intp] | None] = beside("independent moments", __name__)


def independent_moments(sdp: SDP) -> NDArray[np.intp] | None:
    """Return at most half of the moments, such that the columns of `F`, `E` and `c` of the others depend on theirs.

    None where more are needed, or the program is small or very large.
    """
    if sdp not in _HALVED:
        n = sdp.n_moments
        able = _FEWEST <= n <= _MOST and np.unique(_alone(sdp)).size <= n // 2
        _HALVED[sdp] = _spanning(sdp, n // 2) if able else None
    return _HALVED[sdp]


def search_seconds(sdp: SDP) -> float:
    """Return about how long it takes to find which moments depend on others: 3.3 s for 4000, measured."""
    rows = sdp.operator.shape[0] + sdp.equalities.shape[0] + 1
    return 5e-11 * sdp.n_moments * min(rows, sdp.n_moments) ** 2


def spanning_moments(sdp: SDP) -> NDArray[np.intp] | None:
    """Return moments such that the columns of `F`, `E` and `c` of the others depend on theirs, as few as possible.

    None where rounding leaves it open which depend on which, or the program has more than 8000 moments.
    """
    known = _HALVED.get(sdp)
    if known is not None:
        return known
    if np.unique(_alone(sdp)).size == sdp.n_moments:
        return np.arange(sdp.n_moments)  # an entry that is one moment shows that no combination of others is
    return None if sdp.n_moments > _MOST else _spanning(sdp, sdp.n_moments)


def _alone(sdp: SDP) -> NDArray[np.intp]:
    """Return the columns that are the only one in some row."""
    parts = [rows.indices[rows.indptr[:-1][np.diff(rows.indptr) == 1]] for rows in (sdp.operator, sdp.equalities)]
    cost = np.flatnonzero(sdp.cost)
    return np.concatenate([*parts, cost if len(cost) == 1 else cost[:0]]).astype(np.intp)


def _spanning(sdp: SDP, most: int) -> NDArray[np.intp] | None:
    r"""Return at most `most` columns that span all, None where there are none such.

    A QR factorisation with column pivoting of a sparse random sketch :math:`\Omega [F; E; c]` chooses the columns; that
    the others are combinations of them is then checked on the columns themselves. Where there are few rows, they are
    their own sketch.

    Source: Halko, Martinsson and Tropp, SIAM Review 53 (2011), for the sketch.
    """
    height = sdp.operator.shape[0] + sdp.equalities.shape[0] + 1
    few = height <= most + _SPARE
    few = few or (height <= _FEW * (most + _SPARE) and height * sdp.n_moments <= _SMALL)
    columns: Any
    if few:
        columns = np.concatenate([sdp.operator.toarray(), sdp.equalities.toarray(), sdp.cost[None, :]])
        columns /= _lengths(np.einsum("ij,ij->j", columns, columns))
    else:
        columns = sp.vstack([sdp.operator, sdp.equalities, sp.csr_matrix(sdp.cost)], format="csr")
        lengths = _lengths(np.asarray(np.bincount(columns.indices, columns.data**2, sdp.n_moments), dtype=float))
        columns.data /= lengths[columns.indices]
    sketch = columns if few else _sketch(columns, most + _SPARE)
    triangle, pivots = pivoted_triangle(sketch)
    diagonal = np.abs(np.diag(triangle))
    rank = int((diagonal > _ZERO * diagonal.max(initial=0.0)).sum())
    if rank > most:
        return None
    kept, others = pivots[:rank], pivots[rank:]
    if not len(others):
        return np.sort(kept)
    mixed = scipy.linalg.solve_triangular(triangle[:rank, :rank], triangle[:rank, rank:], check_finite=False)
    dependent = columns[:, others]
    left = (dependent if few else dependent.toarray()) - columns[:, kept] @ mixed
    return np.sort(kept) if np.abs(left).max(initial=0.0) <= _LEFT * max(1.0, np.abs(mixed).max(initial=0.0)) else None


def _lengths(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lengths of columns from the sums of their squares, 1 for those that are zero."""
    lengths = np.sqrt(squares.reshape(-1))
    lengths[lengths == 0] = 1.0
    return lengths


def _sketch(rows: sp.csr_matrix, height: int) -> NDArray[np.float64]:
    """Return random combinations of the rows; each row takes part in a few."""
    rng = np.random.default_rng(0)
    count = _SPREAD * rows.shape[0]
    places = rng.integers(0, height, count), np.repeat(np.arange(rows.shape[0]), _SPREAD)
    mixing = sp.csr_matrix((rng.standard_normal(count), places), shape=(height, rows.shape[0]))
    return np.asarray((mixing @ rows).toarray())


def on_moments(sdp: SDP, kept: NDArray[np.intp]) -> SDP:
    """Return the program on some of the moments, the others set to zero."""
    if len(kept) == sdp.n_moments:
        return sdp
    return SDP(
        sdp.cost[kept], sdp.equalities[:, kept].tocsr(), sdp.right_side, sdp.operator[:, kept].tocsr(), sdp.sizes
    )
