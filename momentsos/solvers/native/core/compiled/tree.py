"""The fronts of a multifrontal factorisation, from an order of elimination.

Moments that are eliminated together, with the later ones that they touch, make a front; what is left of it is added to
the front of the first of these, its parent. A front whose rest is its parent is joined with it. Source: Duff, Reid,
*The multifrontal solution of indefinite sparse symmetric linear equations*, ACM Trans. Math. Software 9 (1983).
"""

from __future__ import annotations

from dataclasses import dataclass

from ...arrays import Integers
from ...prepare.ordering import Ordering
from .. import compiled


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

    pointers: Integers
    rows: Integers
    own: Integers
    parent: Integers
    front_of: Integers


def make_tree(ordering: Ordering) -> Tree:
    """Join pivots into fronts, in compiled code, for nothing else works with them."""
    return Tree(*compiled.kernels.join_fronts(ordering.order, ordering.starts, ordering.bounds, ordering.later))
