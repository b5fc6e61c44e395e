"""The fronts of a multifrontal factorisation, from an order of elimination.

Moments that are eliminated together, with the later ones that they touch, make a front; what is left of it is added to
the front of the first of these, its parent. A front whose rest is its parent is joined with it. Source: Duff, Reid,
*The multifrontal solution of indefinite sparse symmetric linear equations*, ACM Trans. Math. Software 9 (1983).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..ordering import Ordering

Numbers = NDArray[np.intc]


@dataclass(frozen=True, eq=False)
class Tree:
    """The fronts, children before parents.

    Attributes
    ----------
    pointers : (fronts + 1,) array
        Where the rows of each front begin.
    rows : array
        The moments of each front: its own, which it eliminates, and the rest, both in the order of elimination.
    own : (fronts,) array
        How many are its own.
    parent : (fronts,) array
        The front that the rest goes to, -1 where there is none.
    front_of : (n,) array
        The front that eliminates a moment, -1 for moments in no block.
    """

    pointers: Numbers
    rows: Numbers
    own: Numbers
    parent: Numbers
    front_of: Numbers


def make_tree(ordering: Ordering) -> Tree:
    """Join pivots into fronts."""
    bounds = ordering.starts.tolist()
    count = len(ordering.later)
    sizes = np.diff(ordering.starts)
    rest = [int(sizes[later].sum()) for later in ordering.later]
    parent = [int(later[0]) if later.size else -1 for later in ordering.later]
    joined: list[int | None] = [None] * count  # the child that a pivot takes in
    for pivot, above in enumerate(parent):
        if above >= 0 and joined[above] is None and rest[pivot] == sizes[above] + rest[above]:
            joined[above] = pivot
    chains: list[list[int]] = []
    number = np.full(count, -1)
    taken_in = {child for child in joined if child is not None}
    for top in range(count):
        if top in taken_in:
            continue
        chain, at = [top], joined[top]
        while at is not None:
            chain.append(at)
            at = joined[at]
        number[chain] = len(chains)
        chains.append(chain[::-1])
    return _arranged(ordering, chains, number, bounds, parent)


def _arranged(
    ordering: Ordering, chains: Sequence[list[int]], number: NDArray[np.intp], bounds: list[int], parent: list[int]
) -> Tree:
    """Return the fronts that chains of pivots make, in the order of their last pivots."""
    order = ordering.order
    rows, own, above = [], [], []
    for chain in chains:
        top = chain[-1]
        mine = [order[bounds[pivot] : bounds[pivot + 1]] for pivot in chain]
        own.append(sum(part.size for part in mine))
        rows += [*mine, *(order[bounds[pivot] : bounds[pivot + 1]] for pivot in ordering.later[top].tolist())]
        rows.append(np.full(1, -1, dtype=np.intp))  # the end of a front
        above.append(-1 if parent[top] < 0 else int(number[parent[top]]))
    flat = np.concatenate([*rows, np.zeros(0, dtype=np.intp)])
    ends = np.flatnonzero(flat < 0)
    pointers = np.concatenate([[0], ends - np.arange(ends.shape[0])])
    front_of = np.full(order.shape[0], -1)
    if count := len(ordering.later):
        front_of[order[bounds[0] :]] = np.repeat(number[:count], np.diff(ordering.starts))
    arrays = pointers, flat[flat >= 0], np.array(own, dtype=np.intp), np.array(above, dtype=np.intp), front_of
    return Tree(*(np.asarray(array, dtype=np.intc) for array in arrays))
