r"""An order of elimination for a sparse Schur complement, and what its Cholesky factor costs.

Each block makes a clique of the moments that it touches. Moments in the same blocks are one vertex with a weight, and
the elimination works on the cliques themselves: the vertices of a pivot's cliques become one clique. The next pivot is
one of the least degree, bounded as in Amestoy, Davis, Duff, *An approximate minimum degree ordering algorithm*, SIAM
J. Matrix Anal. Appl. 17 (1996). On chordal patterns, chains and trees of cliques, the factor then has no further
entries (Rose, J. Math. Anal. Appl. 32, 1970).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Index = NDArray[np.intp]


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
    later : tuple of integer arrays
        For each pivot the pivots after it that its rows of the factor touch, ascending.
    """

    order: Index
    filled: int
    multiplications: float
    starts: Index
    later: tuple[Index, ...]


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
    keys = np.random.default_rng(0).integers(1, 2**62, len(supports))
    signature = np.zeros(n, dtype=np.int64)
    for key, support in zip(keys.tolist(), supports, strict=True):
        signature[support] += key  # wraps around; sums of different sets differ for all practical purposes
    isolated = np.flatnonzero(signature == 0)
    _, vertex, counts = np.unique(signature, return_inverse=True, return_counts=True)
    weight = counts.tolist()
    cliques = {number: set(vertex[support].tolist()) for number, support in enumerate(supports)}
    members: list[set[int]] = [set() for _ in weight]
    for number, clique in cliques.items():
        for v in clique:
            members[v].add(number)
    found = _eliminate(cliques, members, weight, most)
    if found is None:
        return None
    pivots, touched, filled, multiplications = found
    rank = np.zeros(len(weight), dtype=np.intp)
    rank[pivots] = 1 + np.arange(len(pivots))
    order = np.argsort(rank[vertex], kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts[pivots])]) + isolated.size
    later = tuple(np.sort(rank[list(own)] - 1) for own in touched)
    return Ordering(order.astype(np.intp), filled + isolated.size, multiplications, starts.astype(np.intp), later)


def _eliminate(
    cliques: dict[int, set[int]], members: list[set[int]], weight: list[int], most: float
) -> tuple[list[int], list[set[int]], int, float] | None:
    """Return the vertices in order of elimination, what each touches, the entries of the factor, multiplications."""
    size = {number: sum(weight[v] for v in clique) for number, clique in cliques.items()}
    degree = [sum(size[number] for number in own) - weight[v] * len(own) for v, own in enumerate(members)]
    heap = [(degree[v], v) for v, own in enumerate(members) if own]
    heapq.heapify(heap)
    pivots: list[int] = []
    touched: list[set[int]] = []
    filled, multiplications, label = 0, 0.0, len(cliques)
    while heap:
        bound, pivot = heapq.heappop(heap)
        if bound != degree[pivot]:
            continue
        old = members[pivot]
        merged = set().union(*(cliques[number] for number in old))
        merged.discard(pivot)
        degree[pivot] = -1
        pivots.append(pivot)
        touched.append(merged)
        own, rest = weight[pivot], sum(weight[v] for v in merged)
        filled += own * rest + own * (own + 1) // 2
        multiplications += sum((rest + i) ** 2 for i in range(own)) / 2
        if multiplications > most:
            return None
        for number in old:
            del cliques[number], size[number]
        label += 1
        cliques[label], size[label] = merged, rest
        outside: dict[int, int] = {}
        for v in merged:
            members[v] -= old
            for number in members[v]:
                outside[number] = outside.get(number, size[number]) - weight[v]
        for v in merged:
            degree[v] = rest - weight[v] + sum(outside[number] for number in members[v])
            members[v].add(label)
            heapq.heappush(heap, (degree[v], v))
    return pivots, touched, filled, multiplications
