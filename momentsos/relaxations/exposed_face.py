r"""A plan with its blocks cut down to combinations of monomials that are known exactly.

A block keeps the matrices :math:`C^\top Y C` for a `C` whose entries are short integers: floats hold them, and what
their rows span is known to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from flint import fmpq, fmpq_mat, fmpz_mat
from numpy.typing import NDArray

from ..polynomials import Support
from .carried_face import squares_that_occur
from .plan import Block, BlockKind, Plan

#: Entries of combinations are at most this, so that products of two of them are integers that floats hold.
LARGEST_ENTRY = 2**24


def without_idle_squares(plan: Plan) -> Plan:
    """Return a plan of monomials without those whose squares occur in no identity (`momentsos.sdp.forced_zeros`)."""
    alive = iter(squares_that_occur(plan))
    blocks = []
    for block in plan.blocks:
        kept = next(alive) if block.kind is BlockKind.PSD else None
        if kept is None or kept.all():
            blocks.append(block)
        elif kept.any():
            blocks.append(replace(block, monomials=Support(block.basis[kept])))
    return replace(plan, blocks=tuple(blocks))


def cut_down(plan: Plan, faces: Sequence[Sequence[Sequence[Fraction]]]) -> Plan | None:
    """Return the plan on a face: each semidefinite block on the combinations that the rows of its `faces` are.

    None where no block is left, or the integers that it takes are not short.

    Parameters
    ----------
    plan : Plan
        Its combinations, if it has any, are those of this function.
    faces : sequence of rows
        For each semidefinite block the combinations of its rows that are left.
    """
    rest = iter(faces)
    blocks = []
    for block in plan.blocks:
        rows = next(rest) if block.kind is BlockKind.PSD else ()
        if block.kind is not BlockKind.PSD or len(rows) == block.size:
            blocks.append(block)
        elif rows:
            found = _combined(rows, block)
            if found is None:
                return None
            blocks.append(replace(block, combinations=found))
    if not any(block.kind is BlockKind.PSD for block in blocks):
        return None
    return replace(plan, blocks=tuple(blocks))


def integers_of(block: Block) -> NDArray[np.int64] | None:
    """Return the combinations of a block, those of single monomials where it has none; None unless short integers."""
    if block.combinations is None:
        return np.eye(len(block.basis), dtype=np.int64)
    rows = block.combinations.toarray()
    if not ((np.abs(rows) <= LARGEST_ENTRY) & (rows == np.round(rows))).all():
        return None
    return np.asarray(rows, dtype=np.int64)


def _combined(rows: Sequence[Sequence[Fraction]], block: Block) -> sp.csr_matrix | None:
    """Return a reduced basis of the lattice of the integer vectors that `rows` of a block span over its monomials."""
    own = integers_of(block)
    if own is None:
        return None
    matrix = fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in rows])
    if block.combinations is not None:
        matrix = matrix * fmpq_mat(fmpz_mat(own.tolist()))
    echelon = matrix.rref()[0].tolist()
    common = [math.lcm(*(int(x.q) for x in row)) for row in echelon]
    whole = fmpz_mat([[int((x * c).p) for x in row] for row, c in zip(echelon, common, strict=True)])
    values = [[int(x) for x in row] for row in whole.lll().tolist()]
    if max(abs(x) for row in values for x in row) > LARGEST_ENTRY:
        return None
    return sp.csr_matrix(np.array(values, dtype=np.float64))
