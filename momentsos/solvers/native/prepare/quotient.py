"""The elimination of vertices from a graph of cliques; the method and its sources are in `ordering`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .. import rules


class Quotient:
    """The graph that is left, as cliques of vertices none of which is inside another one.

    Attributes
    ----------
    weight : list of int
        The moments of each vertex.
    cliques : dict from int to set of int
    size : dict from int to int
        The moments of each clique.
    members : list of set of int
        The cliques that each vertex is in.
    touched : list of set of int
        The vertices that each pivot touched, in the order of elimination.
    """

    def __init__(self, supports: Sequence[set[int]], weight: list[int]) -> None:
        self.weight, self.touched = weight, list[set[int]]()
        self.cliques = dict(enumerate(supports))
        self.members = self._members()
        self.cliques = {number: clique for number, clique in self.cliques.items() if not self._is_inside(clique)}
        self.members = self._members()
        self.size = {number: self.total(clique) for number, clique in self.cliques.items()}

    def _members(self) -> list[set[int]]:
        members: list[set[int]] = [set() for _ in self.weight]
        for number, clique in self.cliques.items():
            for v in clique:
                members[v].add(number)
        return members

    def _is_inside(self, clique: set[int]) -> bool:
        """Return whether a clique is inside another one, False where that takes long to find."""
        others = min((self.members[v] for v in clique), key=len)
        return len(others) <= rules.FEW_CLIQUES and any(clique < self.cliques[other] for other in others)

    def total(self, vertices: Iterable[int]) -> int:
        """Return the number of their moments."""
        return sum(self.weight[v] for v in vertices)

    def key(self, v: int, degree: int) -> int:
        """Return what is least for the next pivot: -1 for a vertex of one clique, else the degree."""
        return -1 if len(self.members[v]) == 1 else degree

    def first_keys(self) -> list[int]:
        """Return the keys of all vertices, with the sum over their cliques for the degree."""
        sums = (
            sum(self.size[number] for number in own) - len(own) * self.weight[v] for v, own in enumerate(self.members)
        )
        return [self.key(v, degree) for v, degree in enumerate(sums)]

    def eliminate(self, pivot: int) -> tuple[list[int], list[tuple[int, int]]]:
        """Merge the cliques of a pivot; return it and vertices in no other one, then others with their new keys."""
        old = self.members[pivot]
        merged = set().union(*(self.cliques.pop(number) for number in old)) - {pivot}
        for v in merged:
            self.members[v] = self.members[v] - old
        together = [pivot, *sorted(v for v in merged if not self.members[v])]
        for v in together:
            merged = merged - {v}
            self.touched.append(merged)
        return together, self._add(merged) if merged else []

    def _add(self, clique: set[int]) -> list[tuple[int, int]]:
        """Add a clique, or find one that it is inside; return its vertices with their keys."""
        rest = self.total(clique)
        outside: dict[int, int] = {}  # the moments of other cliques that are not in this one
        for v in clique:
            for number in self.members[v]:
                outside[number] = outside.get(number, self.size[number]) - self.weight[v]
        around = [number for number, out in outside.items() if self.size[number] - out == rest]
        if around:
            number = max(around, key=self.size.__getitem__)
        else:
            number = -1 - len(self.touched)  # those of the blocks are numbered from 0
            self.cliques[number], self.size[number], outside[number] = clique, rest, 0
        inside = {other for other, out in outside.items() if not out and other != number}
        for other in inside:
            del self.cliques[other]
        keys = []
        for v in clique:
            self.members[v] = (self.members[v] - inside) | {number}
            degree = rest - self.weight[v] + sum(outside[other] for other in self.members[v])
            keys.append((self.key(v, degree), v))
        return keys
