r"""The Schur complement :math:`B_{ab} = \sum_j \langle F_{ja}, X_j F_{jb} S_j^{-1} \rangle` over all moments.

Each group of blocks is added in the way that its count of multiplications makes cheapest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .cone import Array, Cone, Factor, Group
from .cost import Shape, local_seconds, shared_seconds, sparse_seconds, stacked_seconds
from .entries import Entries
from .shared_term import find_shifts, make_shared
from .sparse_term import compressed_columns, make_sparse
from .terms import Stacks, Term, local_columns, make_linear, make_local, make_stacked

#: Seconds an iteration below which a group is stacked without looking further.
_NOT_WORTH_A_CHOICE = 1e-3


@dataclass(frozen=True, eq=False)
class SchurComplement:
    """The way to form the Schur complement of a program.

    Attributes
    ----------
    cone : Cone
    terms : tuple of Term
        One a group, on moments that are not scaled.
    scale : (n,) array
        The scale of the moments.
    """

    cone: Cone
    terms: tuple[Term, ...]
    scale: Array

    def form(self, gram: Array, inverse: Array, gram_factor: Factor, slack_factor: Factor) -> Array:
        """Return `B`, given `X`, `S⁻¹` and the factors of `X` and `S`."""
        schur = np.zeros((self.scale.shape[0], self.scale.shape[0]))
        for j, (group, term) in enumerate(zip(self.cone.groups, self.terms, strict=True)):
            stacks = Stacks(group.view(gram), group.view(inverse), gram_factor.lower[j], slack_factor.inverse[j])
            term.add(schur, stacks)
        schur *= self.scale[:, None]
        schur *= self.scale
        return schur


def _make_term(entries: Entries, group: Group) -> Term:
    """Choose the cheapest way for a group."""
    if group.size == 1:
        return make_linear(entries, group.count)
    shape = Shape(group.size, group.count, entries.n, entries.n, entries.rows.shape[0])
    stacked = stacked_seconds(shape)
    if stacked < _NOT_WORTH_A_CHOICE:
        return make_stacked(entries, group)
    keys, _ = local_columns(entries, group)
    width = int(np.bincount(keys // entries.n).max(initial=1))
    local = local_seconds(replace(shape, width=width))
    dense = min(stacked, local)
    if sparse_seconds(shape, 0) < dense and sparse_seconds(shape, compressed_columns(entries, group)) < dense:
        return make_sparse(entries, group)
    found = find_shifts(entries, group) if group.count > 1 else None
    if found is not None:
        coefficients, shifts = found
        if shared_seconds(shape, coefficients.shape[0], shifts.nnz) < 0.8 * dense:
            return make_shared(entries, group, coefficients, shifts)
    return make_local(entries, group) if local < 0.8 * stacked else make_stacked(entries, group)


def make_schur(cone: Cone, entries: Entries, scale: Array) -> SchurComplement:
    """Choose a way for each group; `entries` are those of moments that are not scaled."""
    return SchurComplement(cone, tuple(_make_term(entries.of(group), group) for group in cone.groups), scale)
