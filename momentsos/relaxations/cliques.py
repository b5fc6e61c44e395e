r"""Correlative sparsity: which variables meet, and the cliques of a chordal extension of that graph.

Two variables are joined when they meet in a monomial of the objective, or in a constraint. Where the multiplier of a
constraint can only be a number, its monomials alone count, as those of the objective do.

Source: Waki, Kim, Kojima and Muramatsu, *Sums of squares and semidefinite program relaxations for polynomial
optimization problems with structured sparsity*, SIAM J. Optim. 17 (2006), section 3; elimination orders and chordal
graphs: Blair and Peyton, *An introduction to chordal graphs and clique trees* (1993).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import numpy as np

from ..polynomials.exponents import Exponents
from ..problem import Problem
from ..sdp.elimination import eliminated

Clique = tuple[int, ...]


def correlative_cliques(problem: Problem, order: int) -> tuple[Clique, ...]:
    """Return the maximal cliques of a chordal extension of the graph of variables that meet, each in increasing order.

    They are in an order with the running intersection property, see `clique_order`.
    """
    return clique_order(chordal_cliques(correlative_graph(problem, order)))


def correlative_graph(problem: Problem, order: int) -> list[set[int]]:
    """Return the variables that each variable meets, itself among them where it occurs."""
    groups = set(_supports(problem.minimize.exponents))
    for g in problem.inequalities:
        groups |= _groups(g.exponents, 2 * order - 2 * -(-g.degree // 2))
    for h in problem.equalities:
        groups |= _groups(h.exponents, 2 * order - h.degree)
    neighbours: list[set[int]] = [set() for _ in range(problem.n_variables)]
    for group in groups:
        for i in group:
            neighbours[i].update(group)
    return neighbours


def _groups(exponents: Exponents, room: int) -> set[Clique]:
    """Return the sets of variables that a constraint joins, when its multiplier may have degree `room`."""
    return {tuple(np.flatnonzero(exponents.any(axis=0)).tolist())} if room > 0 else set(_supports(exponents))


def _supports(exponents: Exponents) -> Iterable[Clique]:
    """Yield the variables of each monomial."""
    rows, columns = np.nonzero(exponents)
    ends = np.cumsum(np.bincount(rows, minlength=len(exponents)))
    return (tuple(part.tolist()) for part in np.split(columns, ends[:-1]))


def chordal_cliques(neighbours: list[set[int]]) -> list[Clique]:
    """Return the maximal cliques of the graph that eliminating vertices of least degree fills in.

    The clique of a vertex is itself and the neighbours it has when it is eliminated (`momentsos.sdp.elimination`); it
    is no maximal one exactly when a vertex before it, whose first neighbour it is, has one more.

    Parameters
    ----------
    neighbours : list of sets
        The graph; a vertex may be its own neighbour.
    """
    order = [(v, near.tolist()) for v, near in eliminated(neighbours) or ()]
    place = {v: i for i, (v, _) in enumerate(order)}
    contained = set()
    for _, near in order:
        parent = min(near, key=place.__getitem__, default=None)
        if parent is not None and len(order[place[parent]][1]) == len(near) - 1:
            contained.add(parent)
    return [tuple(sorted({v, *near})) for v, near in order if v not in contained]


def clique_order(cliques: Iterable[Clique]) -> tuple[Clique, ...]:
    """Return the cliques of a chordal graph so that what each shares with all before it lies in one of them.

    Prim's algorithm: a spanning tree of greatest overlaps is a clique tree.
    """
    rest = sorted(cliques)
    holders: dict[int, list[int]] = {}
    for number, clique in enumerate(rest):
        for i in clique:
            holders.setdefault(i, []).append(number)
    found: list[Clique] = []
    done: set[int] = set()
    for start in range(len(rest)):
        heap = [(0, start)]
        while heap:
            _, number = heapq.heappop(heap)
            if number in done:
                continue
            done.add(number)
            found.append(rest[number])
            shared: dict[int, int] = {}
            for i in rest[number]:
                for other in holders[i]:
                    shared[other] = shared.get(other, 0) + 1
            for other, count in shared.items():
                if other not in done:
                    heapq.heappush(heap, (-count, other))
    return tuple(found)
