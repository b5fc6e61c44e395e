r"""The face of Gram matrices that an identity can use, found where polynomials are sparse.

In the variables of the problem few monomials occur, and diagonals show which squares cannot
(`momentsos.sdp.forced_zeros`, in effect the Newton polytope). An affine change of variables hides this: the same face
then consists of combinations of many monomials. So a block is planned in the variables of the problem, and the span of
its monomials is carried over.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..conditioning.affine import AffineChange
from ..machine.caches import kept
from ..polynomials import Polynomial, Support
from ..polynomials.affine import substitute_linearly
from ..polynomials.exponents import ExponentIndex, Exponents
from ..polynomials.shift import Floats, add_multiple, taylor_shift
from ..sdp import forced_zeros
from .assemble import assemble
from .plan import Block, BlockKind, Plan

#: What is left of an entry after elimination counts as zero below this share of what was subtracted.
_CANCELLED = 1e-24


def on_face(plan: Plan, reference: Plan, alive: tuple[NDArray[np.bool_], ...], change: AffineChange) -> Plan:
    """Return the plan with its blocks cut down to the squares that can occur.

    Parameters
    ----------
    plan : Plan
        For the changed problem.
    reference : Plan
        The same for the original problem: block by block, bases span the same polynomials.
    alive : tuple of bool arrays
        See `squares_that_occur`, of the reference.
    change : AffineChange
    """
    kept = iter(alive)
    known: dict[bytes, tuple[Support, sp.csr_matrix | None]] = {}  # many blocks have the same few faces
    blocks = []
    for block, own in zip(plan.blocks, reference.blocks, strict=True):
        if block.kind is not BlockKind.PSD:
            blocks.append(block)
            continue
        rows = own.basis[next(kept)]
        if len(rows):
            key = rows.tobytes()
            if key not in known:
                spanned, combinations = carried(rows, change)
                known[key] = Support(spanned), combinations
            basis, combinations = known[key]
            blocks.append(Block(block.polynomial, basis, block.kind, block.factors, combinations))
    return Plan(plan.objective, plan.normalization, tuple(blocks), plan.order, plan.method)


def squares_that_occur(plan: Plan) -> tuple[NDArray[np.bool_], ...]:
    """Return for each semidefinite block which of its monomials are not forced to be zero in every identity.

    Polynomials may have more terms than they really have, never fewer.
    """
    relaxation = assemble(plan)
    dead = forced_zeros(relaxation.sdp)
    return tuple(np.split(~dead, np.cumsum(relaxation.sdp.sizes)[:-1]))


@kept(32)
def any_denominator(names: tuple[str, ...], inner: tuple[int, ...], order: int) -> Polynomial:
    """Return a polynomial with all terms that a power of a positive quadratic in the inner variables can have."""
    if not inner or not order:
        return Polynomial.constant(1.0, names)
    rows = np.zeros((1 + len(inner), len(names)), dtype=np.int64)
    rows[np.arange(1, len(rows)), list(inner)] = 1
    values = 1.0 + np.random.default_rng(0).random(len(rows))  # no product with it loses a term by chance
    return Polynomial.from_terms(rows, values, names) ** (2 * order)


def carried(rows: Exponents, change: AffineChange) -> tuple[Exponents, sp.csr_matrix | None]:
    r"""Return the span of monomials :math:`x^\beta` after :math:`x = a + T t`: monomials in `t`, and combinations.

    With :math:`x = a + s`, a row is :math:`s^\beta` plus divisors of it. Those divisors that are rows themselves are
    eliminated, without any division; then :math:`s = T t`, and every row gets length one. Combinations are None where
    the rows span all their monomials.
    """
    order = np.argsort(rows.sum(axis=1), kind="stable")
    rows = rows[order]
    if not (change.shift.any() or change.fine.any() or (change.matrix - np.diag(np.diag(change.matrix))).any()):
        return rows, None  # multiples of the same monomials
    index = ExponentIndex.of(rows)
    if _is_closed(index, change):
        return index.rows, None
    monomials, high, low = taylor_shift(rows, np.eye(len(rows)), change.shift, change.fine)
    place = {row.tobytes(): i for i, row in enumerate(np.ascontiguousarray(monomials))}
    leading = [place[row.tobytes()] for row in np.ascontiguousarray(rows)]
    _eliminate(high, low, leading)
    basis, table = substitute_linearly(monomials, high, low, change.matrix)
    if len(basis) == len(rows):
        return basis, None
    return basis, sp.csr_matrix(table / np.linalg.norm(table, axis=1)[:, None])


def _is_closed(index: ExponentIndex, change: AffineChange) -> bool:
    """Whether monomials stay in the set when one factor is replaced in any way that the change allows."""
    rows, unit = index.rows, np.eye(index.rows.shape[1], dtype=np.int64)
    moved = (change.shift != 0) | (change.fine != 0)
    reached = []
    for i in np.flatnonzero(rows.any(axis=0)):
        lowered = rows[rows[:, i] > 0] - unit[i]
        reached += [lowered] if moved[i] else []
        reached += [lowered + unit[j] for j in np.flatnonzero(change.matrix[i])]
    return not reached or bool((index.find(np.concatenate(reached)) >= 0).all())


def _eliminate(high: Floats, low: Floats, leading: list[int]) -> None:
    """Subtract from each row multiples of those before it, so that it has none of their leading monomials."""
    sizes = np.abs(high)
    everywhere = np.arange(high.shape[1])
    for i in range(len(leading)):
        for j in range(i - 1, -1, -1):
            factor, factor_low = high[i, leading[j]], low[i, leading[j]]
            if factor == 0.0:
                continue
            sizes[i] += abs(factor) * np.abs(high[j])
            add_multiple(high[i], low[i], everywhere, high[j], low[j], -factor, -factor_low)
            high[i, leading[j]] = low[i, leading[j]] = 0.0
        small = np.abs(high[i]) <= _CANCELLED * sizes[i]
        high[i, small] = low[i, small] = 0.0
