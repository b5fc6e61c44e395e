r"""The face of the dual cone that every identity lies in, as far as diagonals show it.

When a moment occurs neither in the objective nor in an equality, and in the blocks only on diagonals, with one
sign, then the sum of these diagonal entries of the Gram matrices is zero in every dual solution, hence so is each,
and with it their rows and columns. Dropping them can force further ones. For a moment matrix alone this is the
reduction by the Newton polytope, one vertex at a time.

Source: Permenter and Parrilo, *Partial facial reduction*, Math. Program. 171 (2018), diagonal cones; Kojima, Kim
and Waki, *Sparsity in sums of squares of polynomials*, Math. Program. 103 (2005).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..machine.caches import kept
from .program import SDP
from .svec import svec_index


def forced_zeros(sdp: SDP) -> NDArray[np.bool_]:
    """Return for every row of every block, blocks one after the other, whether it is zero in all dual solutions.

    Returns
    -------
    (Σ_j s_j,) array of bool
    """
    first, second = _places(sdp.sizes)
    fixed = (sdp.cost != 0) | _occurs(sdp.equalities)
    rows = np.repeat(np.arange(len(first)), np.diff(sdp.operator.indptr))
    used = sdp.operator.data != 0
    moments, signs = sdp.operator.indices[used], np.sign(sdp.operator.data[used])
    return zeros_on_diagonals(first, second, rows[used], moments, signs, fixed, sum(sdp.sizes))


def zeros_on_diagonals(
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    pair: NDArray[np.intp],
    moments: NDArray[np.intp],
    signs: NDArray[np.float64],
    fixed: NDArray[np.bool_],
    count: int,
) -> NDArray[np.bool_]:
    """Return which of `count` rows are zero in all dual solutions.

    Parameters
    ----------
    first, second : (pairs,) arrays
        The two rows that an entry of a block belongs to.
    pair, moments, signs : (terms,) arrays
        The entries as sums of moments: which entry, which moment, and the sign of the coefficient.
    fixed : (n,) bool array
        Which moments occur elsewhere, in the objective or in an equality.
    count : int
    """
    diagonal = first == second
    dead = np.zeros(count, dtype=bool)
    while True:
        alive = ~(dead[first] | dead[second])
        on_diagonal = (alive & diagonal)[pair]
        total = np.bincount(moments, alive[pair], len(fixed))
        signed = np.abs(np.bincount(moments, on_diagonal * signs, len(fixed)))
        forced = ~fixed & (total > 0) & (signed == total)
        if not forced.any():
            return dead
        dead[first[pair[on_diagonal & forced[moments]]]] = True


def restrict(sdp: SDP, keep: NDArray[np.bool_]) -> tuple[SDP, NDArray[np.intp]]:
    """Return the program on the kept rows of its blocks and the moments that are left, and which svec rows stay.

    Blocks without rows and moments that occur nowhere any more are left out.
    """
    first, second = _places(sdp.sizes)
    rows = np.flatnonzero(keep[first] & keep[second])
    operator = sdp.operator if keep.all() else sdp.operator[rows]
    used = (sdp.cost != 0) | _occurs(sdp.equalities) | _occurs(operator)
    if keep.all() and used.all():
        return sdp, rows
    starts = np.concatenate([[0], np.cumsum(sdp.sizes)])
    sizes = tuple(int(size) for a, b in pairwise(starts) if (size := keep[a:b].sum()))
    reduced = SDP(sdp.cost[used], sdp.equalities[:, used].tocsr(), sdp.right_side, operator[:, used].tocsr(), sizes)
    return reduced, rows


def _occurs(matrix: sp.csr_matrix) -> NDArray[np.bool_]:
    """Return which columns have an entry that is not zero."""
    found = np.zeros(matrix.shape[1], dtype=bool)
    found[matrix.indices[matrix.data != 0]] = True
    return found


@kept(4)
def _places(sizes: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return for every svec row the two block rows that it belongs to, numbered over all blocks."""
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
    pairs = [svec_index(size) for size in sizes]
    firsts = [rows + start for (rows, _), start in zip(pairs, starts[:-1], strict=True)]
    seconds = [columns + start for (_, columns), start in zip(pairs, starts[:-1], strict=True)]
    empty = [np.zeros(0, dtype=np.intp)]
    first, second = np.concatenate(firsts or empty), np.concatenate(seconds or empty)
    first.setflags(write=False)
    second.setflags(write=False)
    return first, second
