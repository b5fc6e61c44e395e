r"""An order of elimination for a sparse Schur complement, and what its Cholesky factor costs.

Each block makes a clique of the moments that it touches. Moments in the same blocks are one vertex with a weight, and
the elimination works on the cliques themselves: the vertices of a pivot's cliques become one clique, and cliques inside
another one are dropped.

A vertex of one clique is a pivot that fills in nothing, so such ones come first. On chordal patterns, chains and trees
of cliques, there always is one, and the factor has no further entries (Rose, J. Math. Anal. Appl. 32, 1970). Where
there is none, the next pivot is one of the least degree, bounded as in Amestoy, Davis, Duff, *An approximate minimum
degree ordering algorithm*, SIAM J. Matrix Anal. Appl. 17 (1996). Dropping cliques is called aggressive absorption
there, and taking along the vertices that are left in the clique of a pivot alone, mass elimination. The order of
vertices that fill in nothing is of no account: over chains and trees, none of several left smaller residuals.

The same is done in compiled code, ``core/compiled/prepare/ordering.pxi``, where that was built.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from ....machine.compiled import uses_compiled
from .. import rules
from ..arrays import Index
from ..core import compiled
from .quotient import Quotient


@dataclass(frozen=True, eq=False)
class Ordering:
    """An order of elimination.

    Attributes
    ----------
    order : (n,) array
        The moments in the order of elimination.
    filled : int
        The entries of the Cholesky factor, the diagonal included.
    multiplications : float
        Those of the factorisation.
    starts : (pivots + 1,) array
        Where the moments of each pivot, which are eliminated together, begin in `order`; moments before the first one
        are in no block.
    bounds : (pivots + 1,) array
        Where those of each pivot begin in `later`.
    later : array
        For each pivot the pivots after it that its rows of the factor touch, ascending.
    """

    order: Index
    filled: int
    multiplications: float
    starts: Index
    bounds: Index
    later: Index


def order_blocks(rows: sp.csr_matrix, offsets: Index, placed: float, most: float) -> Ordering | None:
    """Order the columns of blocks of rows for elimination, in compiled code where it was built.

    None where the squares of the sets of columns that blocks touch, each once, add up to over `placed`, or the
    factorisation takes more than `most` multiplications.

    Parameters
    ----------
    rows : CSR matrix
    offsets : (blocks + 1,) array
        Where the rows of each block begin.
    """
    n = rows.shape[1]
    if not uses_compiled():
        supports = distinct_supports(rows, offsets, placed)
        return None if supports is None else order_moments(supports, n, most)
    bounds, pointers, columns = (array.astype(np.intc, copy=False) for array in (offsets, rows.indptr, rows.indices))
    touched = compiled.kernels.distinct_supports(bounds, pointers, columns, n, placed)
    found = None if touched is None else compiled.kernels.order_moments(*touched, n, most, rules.FEW_CLIQUES)
    return None if found is None else Ordering(*found)


def distinct_supports(rows: sp.csr_matrix, offsets: Index, most: float) -> list[Index] | None:
    """Return the sets of columns that blocks of rows touch, each once; None when their squares add up to over `most`.

    Parameters
    ----------
    rows : CSR matrix
    offsets : (blocks + 1,) array
        Where the rows of each block begin.
    """
    starts = rows.indptr[offsets]
    found: dict[bytes, Index] = {}
    total = 0
    for block in np.argsort(np.diff(starts))[::-1].tolist():
        own = rows.indices[starts[block] : starts[block + 1]]
        support = np.unique(own) if own.size < rows.shape[1] else np.flatnonzero(np.bincount(own))
        key = support.astype(np.intp).tobytes()
        if key not in found and support.size:
            found[key] = support.astype(np.intp)
            total += support.size**2
            if total > most:
                return None
    return list(found.values())


def order_moments(supports: Sequence[Index], n: int, most: float) -> Ordering | None:
    """Order `n` moments for elimination; None when that takes more than `most` multiplications.

    Parameters
    ----------
    supports : sequence of integer arrays
        The moments of each block, sorted, without repetition.
    """
    vertex, weight = _vertices(supports, n)
    graph = Quotient([set(vertex[support].tolist()) for support in supports], weight.tolist())
    found = _eliminate(graph, most)
    if found is None:
        return None
    pivots, filled, multiplications = found
    isolated = int((vertex < 0).sum())
    rank = np.full(weight.shape[0] + 1, -1)  # the last one for moments in no block, whose vertex is -1
    rank[pivots] = np.arange(len(pivots))
    order = np.argsort(rank[vertex], kind="stable")
    starts = isolated + np.concatenate([[0], np.cumsum(weight[pivots])]).astype(np.intp)
    later = [np.sort(rank[list(own)]) for own in graph.touched]
    bounds = np.cumsum([0, *(own.size for own in later)])
    flat = np.concatenate([*later, np.zeros(0, dtype=np.intp)]).astype(np.intp)
    return Ordering(order, filled + isolated, multiplications, starts, bounds, flat)


def _vertices(supports: Sequence[Index], n: int) -> tuple[Index, Index]:
    """Return the vertex of each moment, numbered by their first moments, -1 in no block, and their weights."""
    keys = np.random.default_rng(0).integers(1, 2**62, len(supports))
    signature = np.zeros(n, dtype=np.int64)
    for key, support in zip(keys.tolist(), supports, strict=True):
        signature[support] += key  # wraps around; sums of different sets differ for all practical purposes
    inside = np.flatnonzero(signature)
    _, first, label, weight = np.unique(signature[inside], return_index=True, return_inverse=True, return_counts=True)
    by_first = np.argsort(first)
    place = np.empty_like(by_first)
    place[by_first] = np.arange(by_first.shape[0])
    vertex = np.full(n, -1)
    vertex[inside] = place[label]
    return vertex, weight[by_first]


def _eliminate(graph: Quotient, most: float) -> tuple[list[int], int, float] | None:
    """Return the vertices in the order of elimination, the entries of the factor, and multiplications."""
    keys: list[int | None] = [*graph.first_keys()]
    heap = [(key, v) for v, key in enumerate(graph.first_keys())]
    heapq.heapify(heap)
    pivots: list[int] = []
    filled, multiplications = 0, 0.0
    while heap:
        key, pivot = heapq.heappop(heap)
        if key != keys[pivot]:
            continue  # it got another key, or was eliminated
        together, changed = graph.eliminate(pivot)
        for v in together:
            keys[v] = None
            own, rest = graph.weight[v], graph.total(graph.touched[len(pivots)])
            pivots.append(v)
            filled += own * rest + own * (own + 1) // 2
            multiplications += own * (rest**2 + rest * (own - 1) + (own - 1) * (2 * own - 1) / 6) / 2
        if multiplications > most:
            return None
        for key, v in changed:
            keys[v] = key
            heapq.heappush(heap, (key, v))
    return pivots, filled, multiplications
