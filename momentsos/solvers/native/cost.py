r"""What an iteration costs: multiplications and numbers kept, as functions of block sizes and moments.

With `n` moments, and `g` blocks of size `s` with `h` different entries (see `momentsos.solvers.native.patterns`), the
triangle of :math:`t = s (s + 1) / 2` entries, `w` moments to a block, `k` non-zeros in all and `m` common shifts, one
iteration takes for the Schur complement

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

from collections import Counter
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...sdp import SDP
from ...sdp.svec import svec_weights
from .local_elimination import eliminate_locally, put_in, without_columns
from .ordering import Ordering, order_blocks
from .small import VECTORS, is_small, small_bytes

try:
    from .compiled import embedding
except ImportError:  # built without a compiler
    embedding = None  # type: ignore[assignment]

#: Whether the compiled iteration was built.
COMPILED = embedding is not None

#: Multiplications a second on one core: symmetric products, batches of small products, sparse products.
SYMMETRIC, BATCHED, SPARSE = 2e10, 7e9, 8e8
#: Seconds a NumPy call takes whatever its size.
CALL = 1.5e-5
#: What an iteration takes at least, about 200 calls.
_OVERHEAD = 200 * CALL
#: Numbers a second that a triangular solve reads, and how many solves there are in an iteration.
STREAMED, _SOLVES = 1e9, 7
#: What else is done with a block (factors, inverses, eigenvalues, products): multiplications in cubes of its size, and
#: seconds in squares of it, for LAPACK is slow on small matrices.
_CUBES, _SQUARES = 60, 1e-6
#: Multiplications a second of a sparse factorisation, seconds to put a number in its place, and the fewest unknowns for
#: which it is considered.
FACTORED, _PLACED, _FEWEST = 1.5e9, 1e-8, 100
#: The compiled iteration: seconds whatever the size, set-up included, and its multiplications or numbers a second: of
#: blocks, of the factorisation, and non-zeros of the blocks.
_SET_UP, _BLOCKS, _FACTORS, _ENTRIES = 1e-4, 4.6e9, 1.1e10, 7e7
#: Numbers kept whatever the size of the program.
_ALWAYS = 2_000_000
#: Most numbers in one work array.
CHUNK = 4_000_000
#: Most products of entries that common shifts are worth laying out for.
LARGEST_SELECTION = 8_000_000


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
    return saved > 30 * count * size**3 / BATCHED + 10 * CALL


def compressing_pays(rows: int, different: int, columns: int) -> bool:
    """Return whether a QR factorisation from `rows` to `different` rows costs less than it saves."""
    saved = (rows - different) * columns * (different + columns / 2) / SYMMETRIC
    return saved > 2 * rows * different**2 / BATCHED + CALL


def _moving_seconds(shape: Shape, columns: int) -> float:
    """Return the time of the congruences, and of the factor `T` over `columns` moments."""
    h, triangle = shape.different, shape.triangle
    balance = 30 * shape.count * shape.size**3 / BATCHED
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
    return _moving_seconds(shape, shape.n) + 0.5 * rows * shape.n**2 / SYMMETRIC


def local_seconds(shape: Shape) -> float:
    """Return the time of one product a block over the moments that it touches."""
    rows = shape.count * _factor_rows(shape, shape.width)
    products = 0.5 * rows * shape.width**2 / SYMMETRIC
    return _moving_seconds(shape, shape.width) + products + shape.count * (2 * CALL + 4e-9 * shape.width**2)


def shared_seconds(shape: Shape, shifts: int, shift_entries: int) -> float:
    """Return the time with common shifts; see `momentsos.solvers.native.shared_term`."""
    if shift_entries**2 > 2 * LARGEST_SELECTION or shifts**2 * max(shape.count, shape.different**2) > 10 * CHUNK:
        return np.inf
    area = shape.different**2
    return (
        30 * shape.count * shape.size**3 / BATCHED
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
    if n < _FEWEST:
        return None
    dense = dense_factor_seconds(n)
    found = order_blocks(rows, offsets, dense / _PLACED, dense * FACTORED)
    return found if found is not None and factor_seconds(found) < dense else None


def dense_factor_seconds(n: int) -> float:
    """Return the time of a dense factorisation and of the solves with it."""
    return n**3 / 6 / SYMMETRIC + _SOLVES * n**2 / STREAMED


def factor_seconds(ordering: Ordering) -> float:
    """Return the time of a sparse factorisation and of the solves with it."""
    return ordering.multiplications / FACTORED + ordering.filled * (_PLACED + 2 * _SOLVES / STREAMED)


@dataclass(frozen=True, eq=False)
class _Stated:
    """A program by what an iteration works with: its unknowns, its groups, and the order of a sparse factorisation."""

    n: int
    shapes: list[Shape]
    ordering: Ordering | None


def elimination_order(sdp: SDP) -> Ordering | None:
    """Return the order of a sparse factorisation over the unknowns, or None where a dense one is quicker."""
    return _stated(sdp).ordering


def _stated(sdp: SDP) -> _Stated:
    """Return the program with local equalities put in; others leave the blocks over all moments.

    Memory, time and side are asked for one after the other, each several times in a solve.
    """
    known = _KNOWN.get(sdp)
    if known is None:
        known = _KNOWN[sdp] = _found(sdp)
    return known


#: What is known of programs that are still in use.
_KNOWN: WeakKeyDictionary[SDP, _Stated] = WeakKeyDictionary()


def _found(sdp: SDP) -> _Stated:
    elimination = eliminate_locally(sdp.equalities, sdp.right_side)
    rows = ordering = None
    if elimination is not None:
        ones = np.ones(sdp.n_moments)
        rows = put_in(sp.csr_matrix(sdp.operator[:, elimination.order]), elimination, ones)
    elif sdp.n_moments >= _FEWEST:
        fixed = sdp.equalities.indices[sdp.equalities.indptr[:-1][np.diff(sdp.equalities.indptr) == 1]]
        if fixed.size == sdp.right_side.size:
            rows = without_columns(sdp.operator, fixed)
    if rows is not None:
        ordering = sparse_ordering(rows, sdp.offsets)
    rows = sdp.operator if rows is None else rows
    return _Stated(rows.shape[1], _shapes(rows, sdp, ordering), ordering)


def _shapes(operator: sp.csr_matrix, sdp: SDP, ordering: Ordering | None = None) -> list[Shape]:
    """Return the shapes of all groups, judged by the fullest block of each."""
    n = operator.shape[1]
    sizes = np.asarray(sdp.sizes, dtype=np.intp)
    entries = np.diff(operator.indptr[sdp.offsets])
    hashes = np.asarray(operator @ np.random.default_rng(0).standard_normal(n))
    shapes = []
    for size in np.unique(sizes[sizes > 0]).tolist():
        members = np.flatnonzero(sizes == size)
        fullest = members[np.argmax(entries[members])]
        rows = hashes[slice(*sdp.offsets[fullest : fullest + 2])] / svec_weights(size)
        scale = float(np.abs(rows).max(initial=0.0)) or 1.0
        different = int(np.unique(np.round(rows / scale, 10)).shape[0])
        width, total = min(n, int(entries[fullest])), int(entries[members].sum())
        if ordering is not None:
            width = int(np.unique(operator.indices[slice(*operator.indptr[sdp.offsets[fullest : fullest + 2]])]).size)
        shapes.append(Shape(size, members.shape[0], n, different, width, different * total // len(rows)))
    return shapes


def _kept(shape: Shape) -> int:
    """Return the numbers that a group keeps for the Schur complement, in the way that looks cheapest."""
    if shape.size == 1:
        return 3 * shape.entries + min(5 * CHUNK, shape.count * shape.n)
    rows = shape.count * (shape.different if patterns_pay(shape.size, shape.different) else shape.size**2)
    ways = {
        stacked_seconds(shape): rows * shape.n + 2 * min(CHUNK, shape.count * shape.size**2 * shape.n),
        local_seconds(shape): rows * shape.width + 2 * CHUNK,
        sparse_seconds(shape, shape.filled): 6 * shape.filled + shape.n**2 + CHUNK,
        likely_shared_seconds(shape): 9 * min(LARGEST_SELECTION, (shape.entries // shape.count) ** 2 // 2),
    }
    return int(ways[min(ways)])


def peak_bytes(sdp: SDP) -> int:
    """Return an estimate of the peak memory of a solve in NumPy, or of a sparse one."""
    stated = _stated(sdp)
    n, p = stated.n, sdp.right_side.shape[0]
    entries = sum(shape.filled for shape in stated.shapes)
    dimension = sum(shape.count * shape.size**2 for shape in stated.shapes)
    if stated.ordering is None:
        matrix = 6 * n**2 + 4 * p * n + sum(map(_kept, stated.shapes)) + 40 * dimension
    else:
        # Points and metrics; both halves of the factor with its indices, twice; a place, a product and a work array for
        # each pair.
        placed = sum(shape.count * shape.width**2 for shape in stated.shapes)
        rows = sum(shape.count * min(shape.size**2, shape.different) * shape.width for shape in stated.shapes)
        matrix = 8 * stated.ordering.filled + 12 * placed + rows + 2 * CHUNK + VECTORS * dimension
    return 8 * (_ALWAYS + 40 * sdp.n_moments + matrix + 12 * entries)


def likely_seconds(sdp: SDP) -> float:
    """Return an estimate of the time of a solve on one core, for as many iterations as hard programs take."""
    return 40 * iteration_seconds(sdp)


def memory_bytes(sdp: SDP) -> int:
    """Return an estimate of the peak memory of a solve in the way that it takes first."""
    if not COMPILED:
        return peak_bytes(sdp)
    if is_small(sdp):
        return small_bytes(sdp)
    stated = _stated(sdp)
    return peak_bytes(sdp) if stated.ordering is None else _sparse_bytes(sdp, stated, stated.ordering)


def _sparse_bytes(sdp: SDP, stated: _Stated, ordering: Ordering) -> int:
    """Return an estimate of the peak memory of the compiled iteration on a sparse program."""
    rows = sdp.operator.shape[0]
    width = np.diff(ordering.starts)
    rest = np.bincount(np.repeat(np.arange(width.shape[0]), np.diff(ordering.bounds)), width[ordering.later])
    # Columns of fronts are padded; what is left of each front is kept until its parent is opened.
    fronts = 3 * (ordering.filled + 8 * stated.n) + int(rest @ rest)
    # Weights of one batch, of a few of them at a time, and two products with the rows of a block.
    weights = max((32 * shape.different**2 + 2 * shape.different * shape.width for shape in stated.shapes), default=0)
    return 8 * (2 * VECTORS * rows + fronts + weights + 8 * sdp.operator.nnz + 40 * sdp.n_moments)


def is_compiled(sdp: SDP) -> bool:
    """Return whether the compiled iteration is tried, dense or sparse."""
    return COMPILED and (is_small(sdp) or elimination_order(sdp) is not None)


def iteration_seconds(sdp: SDP) -> float:
    """Return an estimate of the time of one iteration on one core."""
    return _compiled_seconds(sdp) if is_compiled(sdp) else _general_seconds(sdp)


def _compiled_seconds(sdp: SDP) -> float:
    """Return the time of a compiled iteration: its blocks, its factor and its non-zeros."""
    ordering = None if is_small(sdp) else elimination_order(sdp)
    unknowns = max(1, sdp.n_moments - sdp.right_side.shape[0])
    factor = unknowns**3 / 6 if ordering is None else ordering.multiplications
    cubes = _CUBES * float((np.asarray(sdp.sizes, dtype=float) ** 3).sum())
    return _SET_UP + cubes / _BLOCKS + factor / _FACTORS + sdp.operator.nnz / _ENTRIES


def _general_seconds(sdp: SDP) -> float:
    """Return the time of an iteration in NumPy."""
    stated = _stated(sdp)
    seconds = _OVERHEAD
    if stated.ordering is None:
        seconds += dense_factor_seconds(stated.n)
    else:
        seconds += factor_seconds(stated.ordering)
    for shape in stated.shapes:
        seconds += _block_seconds(shape)
        if stated.ordering is not None:
            seconds += _moving_seconds(shape, shape.width) + shape.count * shape.width**2 * (
                shape.triangle / SYMMETRIC + _PLACED
            )
        elif shape.size > 1:
            dense = stacked_seconds(shape), local_seconds(shape), likely_shared_seconds(shape)
            seconds += min(*dense, sparse_seconds(shape, shape.filled))
    return seconds


def cheaper_side(sdp: SDP) -> str:
    """Return the side that takes the least time by this model; ``"gram"`` only where it takes less than half.

    The Gram matrices have as many unknowns as entries and multipliers, less an equation for each moment.
    """
    n, p, entries = sdp.n_moments, sdp.right_side.shape[0], sdp.operator.shape[0]
    if n < _FEWEST or entries + p - n > (n - p) // 2:
        return "moments"
    if _seconds_without_a_look(sdp) < 2 * _OVERHEAD:
        return "moments"
    as_stated = _general_seconds(sdp)
    if as_stated < 2 * _OVERHEAD:
        return "moments"
    return "gram" if _gram_seconds(sdp, max(1, entries + p - n)) < 0.5 * as_stated else "moments"


def _seconds_without_a_look(sdp: SDP) -> float:
    """Return the time of an iteration in NumPy if all blocks see all moments, in no two entries alike."""
    n, seconds = sdp.n_moments, _OVERHEAD + dense_factor_seconds(sdp.n_moments)
    for size, count in Counter(sdp.sizes).items():
        triangle = size * (size + 1) // 2
        shape = Shape(size, count, n, max(1, triangle), n, count * triangle * n)
        seconds += _block_seconds(shape) + stacked_seconds(shape)
    return seconds


def _gram_seconds(sdp: SDP, unknowns: int) -> float:
    """Return an estimate of the time of one iteration on the Gram side, with all its unknowns in every entry."""
    seconds = _OVERHEAD + dense_factor_seconds(unknowns)
    for shape in _stated(sdp).shapes:
        filled = shape.count * shape.triangle * unknowns
        gram = Shape(shape.size, shape.count, unknowns, shape.triangle, unknowns, filled)
        seconds += _block_seconds(shape) + min(stacked_seconds(gram), local_seconds(gram))
    return seconds


def _block_seconds(shape: Shape) -> float:
    """Return the time for factors, inverses, eigenvalues and products of the blocks of a group."""
    return shape.count * (_CUBES * shape.size**3 / BATCHED + _SQUARES * shape.size**2) * (shape.size > 1)
