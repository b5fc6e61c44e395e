"""Estimates for a whole program: its memory, its time, and the side that is cheaper; the counts are those of `cost`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from ....machine.caches import kept_beside
from ....machine.compiled import uses_compiled
from ....sdp import SDP
from ....sdp.svec import svec_weights
from .. import rules
from .choice import dense_bytes, fits_densely
from .cost import (
    OVERHEAD,
    Shape,
    block_seconds,
    dense_factor_seconds,
    factor_seconds,
    likely_shared_seconds,
    local_seconds,
    moving_seconds,
    patterns_pay,
    sparse_ordering,
    sparse_seconds,
    stacked_seconds,
)
from .local_elimination import eliminate_locally
from .ordering import Ordering
from .substitution import put_in, without_columns


@dataclass(frozen=True, eq=False)
class _Stated:
    """A program by what an iteration works with: its unknowns, its groups, and the order of a sparse factorisation."""

    n: int
    shapes: list[Shape]
    ordering: Ordering | None


def elimination_order(sdp: SDP) -> Ordering | None:
    """Return the order of a sparse factorisation over the unknowns, or None where a dense one is quicker."""
    return _stated(sdp).ordering


@kept_beside(1)
def _stated(sdp: SDP) -> _Stated:
    """Return the program with local equalities put in; others leave the blocks over all moments.

    Memory, time and side are asked for one after the other, each several times in a solve.
    """
    elimination = eliminate_locally(sdp.equalities, sdp.right_side)
    rows = ordering = None
    if elimination is not None:
        ones = np.ones(sdp.n_moments)
        rows = put_in(sp.csr_matrix(sdp.operator[:, elimination.order]), elimination, ones)
    elif sdp.n_moments >= rules.FEWEST_UNKNOWNS:
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
        different = int(np.unique(np.round(rows / scale, rules.HASH_DIGITS)).shape[0])
        width, total = min(n, int(entries[fullest])), int(entries[members].sum())
        if ordering is not None:
            width = int(np.unique(operator.indices[slice(*operator.indptr[sdp.offsets[fullest : fullest + 2]])]).size)
        shapes.append(Shape(size, members.shape[0], n, different, width, different * total // len(rows)))
    return shapes


def _kept(shape: Shape) -> int:
    """Return the numbers that a group keeps for the Schur complement, in the way that looks cheapest."""
    if shape.size == 1:
        return 3 * shape.entries + min(rules.LARGEST_LINEAR, shape.count * shape.n)
    rows = shape.count * (shape.different if patterns_pay(shape.size, shape.different) else shape.size**2)
    ways = {
        stacked_seconds(shape): rows * shape.n + 2 * min(rules.CHUNK, shape.count * shape.size**2 * shape.n),
        local_seconds(shape): rows * shape.width + 2 * rules.CHUNK,
        sparse_seconds(shape, shape.filled): 6 * shape.filled + shape.n**2 + rules.CHUNK,
        likely_shared_seconds(shape): 9 * min(rules.LARGEST_SELECTION, (shape.entries // shape.count) ** 2 // 2),
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
        matrix = 8 * stated.ordering.filled + 12 * placed + rows + 2 * rules.CHUNK + rules.COMPILED_VECTORS * dimension
    return 8 * (rules.ALWAYS_KEPT + 40 * sdp.n_moments + matrix + 12 * entries)


def likely_seconds(sdp: SDP) -> float:
    """Return an estimate of the time of a solve on one core, for as many iterations as hard programs take."""
    return rules.LIKELY_ITERATIONS * iteration_seconds(sdp)


def memory_bytes(sdp: SDP) -> int:
    """Return an estimate of the peak memory of a solve in the way that it takes first."""
    if not uses_compiled():
        return peak_bytes(sdp)
    if fits_densely(sdp):
        return dense_bytes(sdp)
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
    return 8 * (2 * rules.COMPILED_VECTORS * rows + fronts + weights + 8 * sdp.operator.nnz + 40 * sdp.n_moments)


def is_compiled(sdp: SDP) -> bool:
    """Return whether the compiled iteration is tried, dense or sparse."""
    return uses_compiled() and (fits_densely(sdp) or elimination_order(sdp) is not None)


def iteration_seconds(sdp: SDP) -> float:
    """Return an estimate of the time of one iteration on one core."""
    return _compiled_seconds(sdp) if is_compiled(sdp) else _general_seconds(sdp)


def _compiled_seconds(sdp: SDP) -> float:
    """Return the time of a compiled iteration: its blocks, its factor and its non-zeros."""
    ordering = None if fits_densely(sdp) else elimination_order(sdp)
    unknowns = max(1, sdp.n_moments - sdp.right_side.shape[0])
    factor = unknowns**3 / 6 if ordering is None else ordering.multiplications
    cubes = rules.CUBES * float((np.asarray(sdp.sizes, dtype=float) ** 3).sum())
    return (
        rules.COMPILED_SET_UP
        + cubes / rules.COMPILED_BLOCKS
        + factor / rules.COMPILED_FACTORS
        + sdp.operator.nnz / rules.COMPILED_ENTRIES
    )


def _general_seconds(sdp: SDP) -> float:
    """Return the time of an iteration in NumPy."""
    stated = _stated(sdp)
    seconds = OVERHEAD
    if stated.ordering is None:
        seconds += dense_factor_seconds(stated.n)
    else:
        seconds += factor_seconds(stated.ordering)
    for shape in stated.shapes:
        seconds += block_seconds(shape)
        if stated.ordering is not None:
            seconds += moving_seconds(shape, shape.width) + shape.count * shape.width**2 * (
                shape.triangle / rules.SYMMETRIC + rules.PLACED
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
    if n < rules.FEWEST_UNKNOWNS or entries + p - n > (n - p) // 2:
        return "moments"
    if _seconds_without_a_look(sdp) < rules.WORTH_A_LOOK * OVERHEAD:
        return "moments"
    as_stated = _general_seconds(sdp)
    if as_stated < rules.WORTH_A_LOOK * OVERHEAD:
        return "moments"
    return "gram" if _gram_seconds(sdp, max(1, entries + p - n)) < rules.OTHER_SIDE * as_stated else "moments"


def _seconds_without_a_look(sdp: SDP) -> float:
    """Return the time of an iteration in NumPy if all blocks see all moments, in no two entries alike."""
    n, seconds = sdp.n_moments, OVERHEAD + dense_factor_seconds(sdp.n_moments)
    for size, count in Counter(sdp.sizes).items():
        triangle = size * (size + 1) // 2
        shape = Shape(size, count, n, max(1, triangle), n, count * triangle * n)
        seconds += block_seconds(shape) + stacked_seconds(shape)
    return seconds


def _gram_seconds(sdp: SDP, unknowns: int) -> float:
    """Return an estimate of the time of one iteration on the Gram side, with all its unknowns in every entry."""
    seconds = OVERHEAD + dense_factor_seconds(unknowns)
    for shape in _stated(sdp).shapes:
        filled = shape.count * shape.triangle * unknowns
        gram = Shape(shape.size, shape.count, unknowns, shape.triangle, unknowns, filled)
        seconds += block_seconds(shape) + min(stacked_seconds(gram), local_seconds(gram))
    return seconds
