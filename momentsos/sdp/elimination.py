"""Elimination orders of graphs: vertices of least degree first.

Source: Blair and Peyton, *An introduction to chordal graphs and clique trees* (1993); George and Liu, *The evolution of
the minimum degree ordering algorithm*, SIAM Review 31 (1989).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence


def eliminated(neighbours: Sequence[Iterable[int]]) -> list[tuple[int, set[int]]]:
    """Return the vertices in the order of elimination, each with the neighbours that it has then.

    Of equal degrees the first vertex goes first. The neighbours of an eliminated vertex are joined: with the edges that
    this adds the graph is chordal.

    Parameters
    ----------
    neighbours : sequence of iterables
        The graph; a vertex may be its own neighbour.
    """
    graph = [set(near) - {v} for v, near in enumerate(neighbours)]
    heap = [(len(near), v) for v, near in enumerate(graph)]
    heapq.heapify(heap)
    found: list[tuple[int, set[int]]] = []
    gone = [False] * len(graph)
    while heap:
        degree, v = heapq.heappop(heap)
        if gone[v] or degree != len(graph[v]):
            continue  # an old entry
        gone[v] = True
        found.append((v, graph[v]))
        for u in graph[v]:
            graph[u] |= graph[v]
            graph[u] -= {u, v}
            heapq.heappush(heap, (len(graph[u]), u))
    return found
