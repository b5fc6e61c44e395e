r"""Blocks that have few different entries: :math:`F_j = \sum_m d_{jm} H_m` with matrices `H_m` common to a group.

A localizing matrix over a basis of `s` monomials has an entry for each *product* of two of them, as a Hankel matrix
has: `h` different ones, far fewer than :math:`s^2`. So :math:`G^\top F_a G` is a combination of `h` matrices
:math:`G^\top H_m G`, and what has to be moved is the small basis, not the blocks over all moments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ... import rules
from ...arrays import Array
from ...prepare.cone import Group
from .entries import Entries


@dataclass(frozen=True, eq=False)
class Folding:
    """The blocks of a group by their different entries.

    Attributes
    ----------
    group : Group
    member : (s²,) integer array
        The number of the different entry that each entry of a block is a multiple of.
    factor : (s²,) array
        What it is multiplied by, 0 where the entry is zero in all blocks.
    entries : Entries
        The different entries, row ``block · h + number``.
    different : int
        How many there are, `h`.
    """

    group: Group
    member: NDArray[np.intp]
    factor: Array
    entries: Entries
    different: int

    def basis(self) -> Array:
        """Return the matrices `H_m`, shape ``(s, s · h)``, the number `m` last."""
        basis = np.zeros((self.member.shape[0], self.different))
        basis[np.arange(self.member.shape[0]), self.member] = self.factor
        return basis.reshape(self.group.size, -1)

    def unfolded(self) -> Entries:
        """Return all entries, row ``block · s² + place``."""
        order = np.argsort(self.entries.rows, kind="stable")
        rows = self.entries.rows[order]
        starts = np.searchsorted(rows, np.arange(self.group.count * self.different + 1))
        source = (np.arange(self.group.count)[:, None] * self.different + self.member).ravel()
        lengths = np.where(np.tile(self.factor, self.group.count) != 0, np.diff(starts)[source], 0)
        row = np.repeat(np.arange(source.shape[0]), lengths)
        within = np.arange(row.shape[0]) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        taken = order[starts[source[row]] + within]
        values = self.entries.values[taken] * self.factor[row % self.member.shape[0]]
        return Entries(row, self.entries.moments[taken], values, self.entries.n)

    def scaled(self, scale: Array) -> Folding:
        """Return the folding with the moments multiplied by `scale`."""
        entries = self.entries
        return replace(self, entries=replace(entries, values=entries.values * scale[entries.moments]))


def fold(entries: Entries, group: Group) -> Folding:
    """Find the different entries of a group; `entries` has the rows counted from its start."""
    area, count, n = group.size**2, group.count, entries.n
    block, place = np.divmod(entries.rows, area)
    found = _multiples(entries, area, count) if count * area * n > rules.NOT_FOLDED else None
    head, factor = found or (_triangle(group.size), np.ones(area))
    heads, member = np.unique(head, return_inverse=True)
    kept = np.flatnonzero(head[place] == place)
    rows = block[kept] * heads.shape[0] + member[place[kept]]
    return Folding(group, member, factor, Entries(rows, entries.moments[kept], entries.values[kept], n), heads.shape[0])


def _triangle(size: int) -> NDArray[np.intp]:
    """Return for each entry of a symmetric block the one of the upper triangle that it is equal to."""
    row, column = np.divmod(np.arange(size**2), size)
    return np.asarray(np.minimum(row, column) * size + np.maximum(row, column))


def _ranks(ascending: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the number of each key among the different ones."""
    return np.cumsum(np.concatenate([[0], ascending[1:] > ascending[:-1]])[: ascending.shape[0]]).astype(np.intp)


def _multiples(entries: Entries, area: int, count: int) -> tuple[NDArray[np.intp], Array] | None:
    """Return for each entry of a block the one that it is a multiple of in all blocks, and its factor."""
    block, place = np.divmod(entries.rows, area)
    keys = block * entries.n + entries.moments
    first = np.full(area, entries.rows.shape[0])
    # The first entry of each place in the order of the keys: those of equal places are at the same key.
    order = np.argsort(keys, kind="stable")[::-1]
    first[place[order]] = order
    used = np.flatnonzero(np.bincount(place, minlength=area))
    lead = np.ones(area)
    lead[used] = entries.values[first[used]]
    number = np.zeros(keys.shape[0], dtype=np.intp)
    number[order[::-1]] = _ranks(keys[order[::-1]])
    weights = np.asarray(np.random.default_rng(0).standard_normal(keys.shape[0]))
    hashes = np.bincount(place, entries.values * weights[number], minlength=area) / lead
    ranked = np.argsort(hashes, kind="stable")
    new = np.diff(hashes[ranked], prepend=-np.inf) > rules.SAME * (1.0 + np.abs(hashes[ranked]))
    head = np.empty(area, dtype=np.intp)
    head[ranked] = ranked[new][np.cumsum(new) - 1]
    head[np.bincount(place, minlength=area) == 0] = head[used[0]] if used.size else 0
    factor = np.zeros(area)
    factor[used] = lead[used] / lead[head[used]]
    return (head, factor) if _holds(entries, keys, place, head, factor) else None


def _holds(
    entries: Entries, keys: NDArray[np.intp], place: NDArray[np.intp], head: NDArray[np.intp], factor: Array
) -> bool:
    """Check that every entry is what its head and its factor say."""
    span = int(keys.max(initial=0)) + 1
    own = np.flatnonzero(head[place] == place)
    spots = place[own] * span + keys[own]
    order = np.argsort(spots)
    spots, values = spots[order], entries.values[own][order]
    wanted = head[place] * span + keys
    found = np.minimum(np.searchsorted(spots, wanted), spots.shape[0] - 1)
    expected = factor[place] * values[found]
    close = np.abs(expected - entries.values) <= rules.SAME * np.abs(entries.values)
    lengths = np.bincount(place, minlength=head.shape[0])
    return bool((spots[found] == wanted).all() and close.all() and (lengths == lengths[head])[factor != 0].all())
