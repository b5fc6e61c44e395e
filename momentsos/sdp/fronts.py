r"""The triangular factor of a matrix that consists of small dense pieces, each with few of the columns.

Columns that the same pieces have are one group. A group is eliminated by a QR factorisation of all rows that have it,
which is a dense matrix in few columns, its front; what is left of these rows is a piece in the other columns. Groups
that are eliminated one after the other and would see the same columns share a front. So :math:`A = Q R` is found
without forming :math:`A^\top A`, whose condition would be the square.

Source: Duff and Reid, *The multifrontal solution of indefinite sparse symmetric linear equations*, ACM Trans. Math.
Softw. 9 (1983); George and Heath, *Solution of sparse linear least squares problems using Givens rotations*, Linear
Algebra Appl. 34 (1980).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dgeqrf, dtrtrs

from .elimination import Step, eliminated

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class FrontOrder:
    """In which order the columns of pieces are eliminated.

    Attributes
    ----------
    size : int
        The number of columns.
    pivots, others : list of integer arrays
        For each front the columns that it eliminates, and the other ones that it has.
    homes : tuple of int
        The front in which each piece is used first.
    """

    size: int
    pivots: list[Integers]
    others: list[Integers]
    homes: tuple[int, ...]

    @property
    def work(self) -> float:
        """About how many multiplications a factorisation takes."""
        return 10.0 * sum(float(len(p) + len(o)) ** 3 for p, o in zip(self.pivots, self.others, strict=True))

    @classmethod
    def of(cls, columns: Sequence[Integers], size: int, most_work: float = np.inf) -> FrontOrder | None:
        """Choose an order for pieces that have these columns, of `size` in all.

        None where that alone takes more than `most_work`, see `momentsos.sdp.elimination`.
        """
        members, having = _groups(columns, size)
        holders: list[list[int]] = [[] for _ in members]
        for number, own in enumerate(having):
            for group in own.tolist():
                holders[group].append(number)
        none = np.zeros(0, dtype=np.intp)
        near = [np.unique(np.concatenate([none, *(having[number] for number in own)])) for own in holders]
        order = eliminated([groups.tolist() for groups in near], most_work)
        if order is None:
            return None
        fronts, front_of = _merged(order)
        place = np.empty(len(order), dtype=np.intp)
        place[[v for v, _ in order]] = np.arange(len(order))
        return cls(
            size,
            [np.concatenate([members[g] for g in own]) for own, _ in fronts],
            [np.concatenate([none, *(members[g] for g in rest[np.argsort(place[rest])])]) for _, rest in fronts],
            tuple(int(front_of[own[place[own].argmin()]]) if len(own) else 0 for own in having),
        )


def _groups(columns: Sequence[Integers], size: int) -> tuple[list[Integers], list[Integers]]:
    """Return the columns of each group, and the groups that each piece has, both in increasing order.

    Columns that no piece has are a group.
    """
    pieces: list[list[int]] = [[] for _ in range(size)]
    for number, own in enumerate(columns):
        for column in own.tolist():
            pieces[column].append(number)
    groups: dict[tuple[int, ...], list[int]] = {}
    for column, numbers in enumerate(pieces):
        groups.setdefault(tuple(numbers), []).append(column)
    having: list[list[int]] = [[] for _ in columns]
    for group, own_pieces in enumerate(groups):
        for number in own_pieces:
            having[number].append(group)
    return [np.array(g, dtype=np.intp) for g in groups.values()], [np.array(g, dtype=np.intp) for g in having]


def _merged(order: Sequence[Step]) -> tuple[list[tuple[list[int], Integers]], NDArray[np.intp]]:
    """Join steps into fronts: a step that leaves what the next one among its neighbours begins with joins that one.

    Returns
    -------
    fronts : list of (vertices that are eliminated, in order, and their other neighbours)
    front_of : (vertices,) array
        The front of each vertex.
    """
    place = np.empty(len(order), dtype=np.intp)
    place[[v for v, _ in order]] = np.arange(len(order))
    parents = [int(place[near].min()) if len(near) else -1 for _, near in order]
    joins: list[list[int]] = [[] for _ in order]  # of each step the one step before it that it continues
    continued = [False] * len(order)
    for step, parent in enumerate(parents):
        if parent >= 0 and not joins[parent] and len(order[step][1]) == len(order[parent][1]) + 1:
            joins[parent].append(step)
            continued[step] = True
    fronts: list[tuple[list[int], Integers]] = []
    front_of = np.empty(len(order), dtype=np.intp)
    for step, (_, near) in enumerate(order):
        if continued[step]:
            continue
        chain = [step]
        while joins[chain[-1]]:
            chain.append(joins[chain[-1]][0])
        own = [order[s][0] for s in reversed(chain)]
        front_of[own] = len(fronts)
        fronts.append((own, near))
    return fronts, front_of


@dataclass(frozen=True, eq=False)
class Front:
    """Rows of the factor: `triangle` over the columns `pivots`, `coupling` over `others`, and their right side."""

    pivots: Integers
    others: Integers
    triangle: Floats
    coupling: Floats
    right: Floats


@dataclass(frozen=True, eq=False)
class Triangle:
    r"""The factor `R` of a matrix, in fronts, and :math:`Q^\top b` for the right side that came with it."""

    size: int
    fronts: list[Front]

    def transposed_solve(self, vector: Floats) -> Floats:
        r"""Return :math:`R^{-\top}` times a vector over the columns, or times each column of a matrix of them."""
        rest, found = vector.copy(), np.zeros_like(vector)
        for front in self.fronts:
            own = dtrtrs(front.triangle, rest[front.pivots], trans=1)[0]
            found[front.pivots] = own
            rest[front.others] -= front.coupling.T @ own
        return found

    def solve(self, vector: Floats) -> Floats:
        r"""Return :math:`R^{-1}` times a vector that is sorted by columns."""
        found = np.zeros(self.size)
        for front in reversed(self.fronts):
            right = vector[front.pivots] - front.coupling @ found[front.others]
            found[front.pivots] = dtrtrs(front.triangle, right)[0]
        return found

    @property
    def right(self) -> Floats:
        r"""The :math:`Q^\top b`, sorted by columns."""
        found = np.zeros(self.size)
        for front in self.fronts:
            found[front.pivots] = front.right
        return found

    def transposed_norm(self, weights: Floats) -> float:
        r"""Return the Frobenius norm of :math:`R^{-\top} D`, `D` the diagonal matrix of `weights`.

        Its square is :math:`\sum_i d_i^2 Z_{ii}` with :math:`Z = (R^\top R)^{-1}`, of which only the entries within
        fronts are needed: with the rows :math:`(T\; C)` of a front,

        .. math:: Z_{po} = -T^{-1} C Z_{oo}, \qquad Z_{pp} = T^{-1} (I + C Z_{oo} C^\top) T^{-\top} .

        What is carried on from front to front is a root of it, :math:`Z = L L^\top` with rows :math:`(T^{-1}\;
        -T^{-1} C L_o)` and :math:`(0\; L_o)`: along hundreds of fronts rounding makes a matrix :math:`Z` indefinite,
        and the sum too small, or negative; squares of rows of a root are not.

        Source: Erisman and Tinney, Commun. ACM 18 (1975).
        """
        above = self._above()
        last = {parent: number for number, parent in reversed(list(enumerate(above)))}  # the one visited last
        kept: dict[int, Floats] = {}
        place = np.zeros(self.size, dtype=np.intp)
        total = 0.0
        for number in reversed(range(len(self.fronts))):
            front, parent = self.fronts[number], above[number]
            p, width = len(front.pivots), len(front.pivots) + len(front.others)
            inverse, root = dtrtrs(front.triangle, np.eye(p))[0], np.zeros((width, p))
            root[:p] = inverse
            if parent >= 0:
                columns = np.concatenate([self.fronts[parent].pivots, self.fronts[parent].others])
                place[columns] = np.arange(len(columns))
                own = np.asarray(np.linalg.qr(kept[parent][place[front.others]].T, mode="r")).T
                root = np.hstack([root, np.vstack([-(inverse @ front.coupling) @ own, own])])
                if last[parent] == number:
                    del kept[parent]
            total += float(weights[front.pivots] ** 2 @ (root[:p] ** 2).sum(axis=1))
            if number in last:
                kept[number] = root
        return total**0.5

    def _above(self) -> list[int]:
        """Return for each front the one that goes on with what is left of it, -1 where nothing is."""
        owner = np.zeros(self.size, dtype=np.intp)
        for number, front in enumerate(self.fronts):
            owner[front.pivots] = number
        return [int(owner[front.others].min()) if len(front.others) else -1 for front in self.fronts]


def triangle_of(
    order: FrontOrder, columns: Sequence[Integers], pieces: Sequence[Floats], right: Sequence[Floats] | None = None
) -> Triangle | None:
    """Return the factor of the matrix with these pieces, None where its columns are dependent.

    Parameters
    ----------
    order : FrontOrder
    columns : sequence of integer arrays
        The columns of each piece.
    pieces : sequence of (rows, columns) arrays
    right : sequence of (rows,) arrays, optional
        A right side, by pieces; zero by default.
    """
    waiting: list[list[tuple[Integers, Floats]]] = [[] for _ in order.pivots]
    owner = np.zeros(order.size, dtype=np.intp)
    for number, own in enumerate(order.pivots):
        owner[own] = number
    for number, (own, piece) in enumerate(zip(columns, pieces, strict=True)):
        side = np.zeros(len(piece)) if right is None else right[number]
        waiting[order.homes[number]].append((own, np.column_stack([piece, side])))
    fronts = []
    place = np.zeros(order.size, dtype=np.intp)
    for number, (pivots, others) in enumerate(zip(order.pivots, order.others, strict=True)):
        p, width = len(pivots), len(pivots) + len(others)
        place[pivots], place[others] = np.arange(p), np.arange(p, width)
        stacked = np.zeros((sum(len(rows) for _, rows in waiting[number]), width + 1), order="F")
        start = 0
        for own, rows in waiting[number]:
            part = stacked[start : start + len(rows)]
            part[:, place[own]], part[:, -1] = rows[:, :-1], rows[:, -1]
            start += len(rows)
        waiting[number] = []
        if len(stacked) < p:
            return None
        factor = np.triu(dgeqrf(stacked, overwrite_a=1)[0][:width])
        diagonal = np.abs(np.diag(factor)[:p])
        if diagonal.min(initial=np.inf) <= 1e-16 * diagonal.max(initial=0.0):
            return None
        fronts.append(Front(pivots, others, np.asfortranarray(factor[:p, :p]), factor[:p, p:width], factor[:p, width]))
        if len(others):
            waiting[int(owner[others].min())].append((others, factor[p:, p:]))
    return Triangle(order.size, fronts)
