r"""The triangular factor of a matrix that consists of small dense pieces, each with few of the columns.

Columns that the same pieces have are one group. A group is eliminated by a QR factorisation of all rows that have it,
which is a dense matrix in few columns, its front; what is left of these rows is a piece in the other columns. So
:math:`A = Q R` is found without forming :math:`A^\top A`, whose condition would be the square.

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

from .elimination import eliminated

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

#: Right sides that are solved for at a time.
_CHUNK = 512


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
    def of(cls, columns: Sequence[Integers], size: int) -> FrontOrder:
        """Choose an order for pieces that have these columns, of `size` in all."""
        pieces: list[list[int]] = [[] for _ in range(size)]
        for number, own in enumerate(columns):
            for column in own.tolist():
                pieces[column].append(number)
        groups: dict[tuple[int, ...], list[int]] = {}
        for column, numbers in enumerate(pieces):
            groups.setdefault(tuple(numbers), []).append(column)
        members = [np.array(group, dtype=np.intp) for group in groups.values()]
        having: list[list[int]] = [[] for _ in columns]
        for group, own_pieces in enumerate(groups):
            for number in own_pieces:
                having[number].append(group)
        order = eliminated([{g for number in numbers for g in having[number]} for numbers in groups])
        place = {group: i for i, (group, _) in enumerate(order)}
        none = np.zeros(0, dtype=np.intp)
        return cls(
            size,
            [members[group] for group, _ in order],
            [np.concatenate([none, *(members[g] for g in sorted(near, key=place.__getitem__))]) for _, near in order],
            tuple(min((place[g] for g in own), default=0) for own in having),
        )


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
        r"""Return the Frobenius norm of :math:`R^{-\top} D`, `D` the diagonal matrix of `weights`."""
        total = 0.0
        for start in range(0, self.size, _CHUNK):
            part = np.zeros((self.size, min(_CHUNK, self.size - start)))
            columns = np.arange(part.shape[1])
            part[start + columns, columns] = weights[start + columns]
            total += float((self.transposed_solve(part) ** 2).sum())
        return total**0.5


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
