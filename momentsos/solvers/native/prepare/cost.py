r"""What an iteration costs: multiplications and numbers kept, as functions of block sizes and moments.

With `n` moments, and `g` blocks of size `s` with `h` different entries
(see `momentsos.solvers.native.core.numpy.folding`), the triangle of :math:`t = s (s + 1) / 2` entries, `w` moments to
a block, `k` non-zeros in all and `m` common shifts, one iteration takes for the Schur complement

============  ==================================================================  =================================
way           multiplications                                                     numbers kept
============  ==================================================================  =================================
stacked       :math:`2 g s^3 h + g \min(t, h)\, n\, (h + n / 2)`                  :math:`g h n`
local         :math:`2 g s^3 h + g \min(t, h)\, w\, (h + w / 2)`                  :math:`g h w`
shared        :math:`2 g s^3 h + g t h^2 + m^2 g h^2 / 2 + (m h)^2 / 2`           :math:`(m h)^2`
sparse        :math:`s^2 k + k n`                                                 :math:`n^2`
linear        :math:`g w^2 / 2`                                                   :math:`g w^2 / 2`
============  ==================================================================  =================================

:math:`n^3 / 6` for its Cholesky factor, about 7 :math:`n^2` for solves with it, about 60 :math:`g s^3` for factors,
eigenvalues and products of the blocks (and a microsecond for each of the :math:`g s^2` entries), and about 200 calls
whatever their size. The :math:`n^2` numbers of the Schur complement are kept about five times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..rules import (
    ADDED,
    BALANCE_CUBES,
    BATCHED,
    CALL,
    CALLS,
    CUBES,
    FACTORED,
    FEWEST_UNKNOWNS,
    LARGEST_SELECTION,
    LARGEST_SHARED,
    PLACED,
    SOLVES,
    SPARSE,
    SQUARES,
    STREAMED,
    SYMMETRIC,
)
from .ordering import Ordering, order_blocks

#: What an iteration takes at least.
OVERHEAD = CALLS * CALL


@dataclass(frozen=True)
class Shape:
    """A group: `count` blocks of `size` with `different` different entries each, over `n` moments.

    `width` of the moments occur in a block, and `entries` non-zeros in all blocks, of the different entries alone.
    """

    size: int
    count: int
    n: int
    different: int
    width: int
    entries: int

    @property
    def filled(self) -> int:
        """The non-zeros of all entries, both halves of the blocks."""
        return self.entries * self.size**2 // self.different

    @property
    def triangle(self) -> int:
        """The entries of a triangle."""
        return self.size * (self.size + 1) // 2


def patterns_pay(size: int, different: int) -> bool:
    """Return whether moving `different` common entries costs less than moving the blocks themselves."""
    return size * (size + 1) // 2 * different <= 4 * size**3


def triangles_pay(size: int, count: int, columns: int) -> bool:
    """Return whether congruences cost less than the rows of whole blocks that they save."""
    saved = 0.25 * count * size**2 * columns * (columns + size) / SYMMETRIC
    return saved > BALANCE_CUBES * count * size**3 / BATCHED + 10 * CALL


def compressing_pays(rows: int, different: int, columns: int) -> bool:
    """Return whether a QR factorisation from `rows` to `different` rows costs less than it saves."""
    saved = (rows - different) * columns * (different + columns / 2) / SYMMETRIC
    return saved > 2 * rows * different**2 / BATCHED + CALL


def moving_seconds(shape: Shape, columns: int) -> float:
    """Return the time of the congruences, and of the factor `T` over `columns` moments."""
    h, triangle = shape.different, shape.triangle
    balance = BALANCE_CUBES * shape.count * shape.size**3 / BATCHED
    if not patterns_pay(shape.size, h):
        return balance + 2 * shape.count * shape.size**3 * columns / BATCHED
    rows = h if compressing_pays(triangle, h, columns) else triangle
    squeeze = 2 * triangle * h**2 / BATCHED if rows == h else 0.0
    return balance + shape.count * (2 * shape.size**3 * h / BATCHED + squeeze + rows * h * columns / SYMMETRIC)


def _factor_rows(shape: Shape, columns: int) -> int:
    """Return how many rows `T` has for a block."""
    h, triangle = shape.different, shape.triangle
    return h if patterns_pay(shape.size, h) and compressing_pays(triangle, h, columns) else triangle


def stacked_seconds(shape: Shape) -> float:
    """Return the time of one tall symmetric product for the group."""
    rows = shape.count * _factor_rows(shape, shape.n)
    return moving_seconds(shape, shape.n) + 0.5 * rows * shape.n**2 / SYMMETRIC


def local_seconds(shape: Shape) -> float:
    """Return the time of one product a block over the moments that it touches."""
    rows = shape.count * _factor_rows(shape, shape.width)
    products = 0.5 * rows * shape.width**2 / SYMMETRIC
    return moving_seconds(shape, shape.width) + products + shape.count * (2 * CALL + ADDED * shape.width**2)


def shared_seconds(shape: Shape, shifts: int, shift_entries: int) -> float:
    """Return the time with common shifts; see `momentsos.solvers.native.core.numpy.shared_term`."""
    if shift_entries**2 > 2 * LARGEST_SELECTION or shifts**2 * max(shape.count, shape.different**2) > LARGEST_SHARED:
        return np.inf
    area = shape.different**2
    return (
        BALANCE_CUBES * shape.count * shape.size**3 / BATCHED
        + 2 * shape.count * shape.size**3 * shape.different / BATCHED
        + shape.count * shape.triangle * area / SYMMETRIC
        + 0.5 * shifts**2 * shape.count * area / SYMMETRIC
        + 0.5 * shift_entries**2 / SPARSE
    )


def likely_shared_seconds(shape: Shape) -> float:
    """Return the time with common shifts if the blocks have the same non-zeros; infinite for a single block."""
    if shape.count == 1:
        return np.inf
    entries = max(1, shape.entries // shape.count)
    return shared_seconds(shape, max(1, entries // shape.different), entries)


def sparse_seconds(shape: Shape, columns: int) -> float:
    """Return the time with `columns` columns of `X` and rows of the inverse; 0 gives a lower bound."""
    selection = (shape.filled + shape.count * shape.size**2) * shape.n / SPARSE
    return selection + shape.count * min(shape.size, 40) * 3 * CALL + 3 * shape.size**2 * columns / SYMMETRIC


def sparse_ordering(rows: sp.csr_matrix, offsets: NDArray[np.intp]) -> Ordering | None:
    """Return an order of elimination, or None where a dense factorisation is quicker.

    `rows` are the svec rows of the blocks over the unknowns, those of a block from one of the `offsets` to the next.
    """
    n = rows.shape[1]
    if n < FEWEST_UNKNOWNS:
        return None
    dense = dense_factor_seconds(n)
    found = order_blocks(rows, offsets, dense / PLACED, dense * FACTORED)
    return found if found is not None and factor_seconds(found) < dense else None


def dense_factor_seconds(n: int) -> float:
    """Return the time of a dense factorisation and of the solves with it."""
    return n**3 / 6 / SYMMETRIC + SOLVES * n**2 / STREAMED


def factor_seconds(ordering: Ordering) -> float:
    """Return the time of a sparse factorisation and of the solves with it."""
    return ordering.multiplications / FACTORED + ordering.filled * (PLACED + 2 * SOLVES / STREAMED)


def block_seconds(shape: Shape) -> float:
    """Return the time for factors, inverses, eigenvalues and products of the blocks of a group."""
    return shape.count * (CUBES * shape.size**3 / BATCHED + SQUARES * shape.size**2) * (shape.size > 1)
