r"""The Schur complement :math:`B_{ab} = \sum_j \langle F_{ja}, X_j F_{jb} S_j^{-1} \rangle` over all moments.

Each group of blocks is added in the way that its count of multiplications makes cheapest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ... import rules
from ...arrays import Array
from ...prepare.cone import Cone
from ...prepare.cost import Shape, local_seconds, shared_seconds, sparse_seconds, stacked_seconds
from ...prepare.ordering import Ordering
from .blocks import Factor
from .folding import Folding
from .shared_term import find_shifts, make_shared
from .sparse_schur import SparseSchur, make_sparse_schur
from .sparse_term import compressed_columns, make_sparse
from .terms import Term, group_stacks, local_moments, make_linear, make_local, make_stacked


@dataclass(frozen=True, eq=False)
class SchurComplement:
    r"""The way to form the Schur complement of a program.

    Attributes
    ----------
    cone : Cone
    terms : tuple of Term
        One a group.
    diagonals : tuple of (count, s) array or None
        The factors :math:`\Delta` of the rows of each group, None where all are 1. The terms are those of blocks
        without them, as these may hide what blocks have in common: :math:`\Delta X \Delta` takes the place of `X`.
    n : int
        The number of moments.
    """

    cone: Cone
    terms: tuple[Term, ...]
    diagonals: tuple[Array | None, ...]
    n: int

    def form(self, gram: Array, inverse: Array, gram_factor: Factor, slack_factor: Factor) -> Array:
        """Return `B`, given `X`, `S⁻¹` and the factors of `X` and `S`: its lower triangle, in column order."""
        schur = np.zeros((self.n, self.n), order="F")
        stacks = group_stacks(self.cone, self.diagonals, gram, inverse, gram_factor, slack_factor)
        for term, at in zip(self.terms, stacks, strict=True):
            term.add(schur, at)
        return schur


def _make_term(folding: Folding, scale: Array) -> Term:
    """Choose the cheapest way for a group."""
    group, scaled = folding.group, folding.scaled(scale)
    if group.size == 1:
        return make_linear(scaled.unfolded(), group.count)
    n, h = folding.entries.n, folding.different
    shape = Shape(group.size, group.count, n, h, n, folding.entries.rows.shape[0])
    stacked = stacked_seconds(shape)
    if stacked < rules.NOT_WORTH_A_CHOICE:
        return make_stacked(scaled)
    moments = local_moments(folding)
    local = local_seconds(replace(shape, width=max(map(len, moments))))
    shifts = find_shifts(folding) if group.count > 1 else None
    shared = np.inf if shifts is None else shared_seconds(shape, shifts.coefficients.shape[0], shifts.number.shape[0])
    dense = min(stacked, local, shared)
    if sparse_seconds(shape, 0) < dense:
        entries = scaled.unfolded()
        if sparse_seconds(shape, compressed_columns(entries, group)) < dense:
            return make_sparse(entries, group)
    if shifts is not None and shared == dense:
        return make_shared(folding, shifts, scale)
    return make_local(scaled, moments) if local < rules.LOCAL_SHARE * stacked else make_stacked(scaled)


def make_schur(
    cone: Cone, foldings: Sequence[Folding], row_scale: Array, scale: Array, ordering: Ordering | None = None
) -> SchurComplement | SparseSchur:
    """Choose a way for each group; with an `ordering` the Schur complement is kept as a sparse matrix.

    Parameters
    ----------
    cone : Cone
    foldings : sequence of Folding
        One a group, of blocks and moments that are not scaled.
    row_scale, scale : (dimension,) and (n,) arrays
        The scale of the flat rows and of the moments.
    """
    n = scale.shape[0]
    diagonals = (np.sqrt(np.einsum("jii->ji", group.view(row_scale))) for group in cone.groups)
    kept = tuple(None if (d == 1.0).all() else d for d in diagonals)
    if ordering is not None:
        return make_sparse_schur(cone, foldings, kept, scale, ordering)
    return SchurComplement(cone, tuple(_make_term(folding, scale) for folding in foldings), kept, n)
