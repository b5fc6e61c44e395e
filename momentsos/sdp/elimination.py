"""Elimination orders of graphs: vertices of least degree first.

Up to some thousand vertices the neighbours are rows of bits, and joining them is one operation on whole words for all
neighbours of a vertex at once; larger graphs, which are sparse or not worth eliminating, are kept as sets.

Source: Blair and Peyton, *An introduction to chordal graphs and clique trees* (1993); George and Liu, *The evolution of
the minimum degree ordering algorithm*, SIAM Review 31 (1989).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.intp]
#: A vertex, and the neighbours that it has when it is eliminated, in increasing order.
Step = tuple[int, Integers]

#: Up to this many vertices the graph is a matrix of bits, 8 MB at most.
_MOST_BITS = 8192
#: What one entry of a set costs to join, in words that are joined.
_SET_WORK = 16


def eliminated(neighbours: Sequence[Iterable[int]], most_work: float = np.inf) -> list[Step] | None:
    """Return the vertices in the order of elimination, each with the neighbours that it has then.

    Of equal degrees the first vertex goes first. The neighbours of an eliminated vertex are joined: with the edges that
    this adds the graph is chordal.

    Parameters
    ----------
    neighbours : sequence of iterables
        The graph; a vertex may be its own neighbour.
    most_work : float
        Words that may be joined, about a nanosecond each; None is returned where more would be needed.
    """
    if len(neighbours) <= _MOST_BITS:
        return _eliminated_in_bits(neighbours, most_work)
    return _eliminated_in_sets(neighbours, most_work)


def _eliminated_in_bits(neighbours: Sequence[Iterable[int]], most_work: float) -> list[Step] | None:
    """Eliminate with rows of bits, in which every vertex that is left has its own bit too."""
    n = len(neighbours)
    rows = np.zeros((n, -(-n // 64) * 8), dtype=np.uint8)
    for v, near in enumerate(neighbours):
        has = np.zeros(8 * rows.shape[1], dtype=bool)
        has[[v, *near]] = True
        rows[v] = np.packbits(has, bitorder="little")
    graph = rows.view(np.uint64)
    degree = np.bitwise_count(graph).sum(axis=1, dtype=np.int64)
    found: list[Step] = []
    work = 0.0
    for left in range(n, 0, -1):
        v = int(degree.argmin())
        near = np.flatnonzero(np.unpackbits(rows[v], bitorder="little"))
        if len(near) == left:  # all vertices that are left are joined
            return [*found, *((u, near[place:]) for place, u in enumerate(near.tolist(), start=1))]
        near = near[near != v]
        graph[near] |= graph[v]
        rows[near, v // 8] &= np.uint8(255 - (1 << v % 8))
        degree[near] = np.bitwise_count(graph[near]).sum(axis=1, dtype=np.int64)
        degree[v] = n + 1
        found.append((v, near))
        work += float(len(near)) * graph.shape[1]
        if work > most_work:
            return None
    return found


def _eliminated_in_sets(neighbours: Sequence[Iterable[int]], most_work: float) -> list[Step] | None:
    """Eliminate with sets of neighbours, vertices in a heap by their degrees."""
    graph = [set(near) - {v} for v, near in enumerate(neighbours)]
    heap = [(len(near), v) for v, near in enumerate(graph)]
    heapq.heapify(heap)
    found: list[Step] = []
    gone = [False] * len(graph)
    work = 0.0
    while heap:
        degree, v = heapq.heappop(heap)
        if gone[v] or degree != len(graph[v]):
            continue  # an old entry
        gone[v] = True
        found.append((v, np.array(sorted(graph[v]), dtype=np.intp)))
        for u in graph[v]:
            graph[u] |= graph[v]
            graph[u] -= {u, v}
            heapq.heappush(heap, (len(graph[u]), u))
        work += _SET_WORK * float(degree) ** 2
        if work > most_work:
            return None
    return found
