r"""Moments that the equations force to vanish, and the rows of moment matrices that vanish with them.

Where a sum with one sign of moments that are diagonal entries is zero, or bounded by zero from the wrong side, each of
them is zero, and so are the rows and columns of the matrices in which they stand. Proofs then have room in the rest.

Source: Permenter and Parrilo, *Partial facial reduction*, Math. Program. 171 (2018), diagonal cones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..sdp import SDP, svec_index
from .assemble import Assembled, Column


@dataclass(frozen=True, eq=False)
class MomentFace:
    """The part of the cone of moments that the equations leave.

    Attributes
    ----------
    sdp : SDP
        The scaled program of the moments, with the entries of dead rows as equalities and without these rows.
    columns : list of Column
        The equalities exactly, those of the program first.
    """

    sdp: SDP
    columns: list[Column]


def moment_face(layout: Assembled, right: Sequence[Fraction]) -> MomentFace:
    """Return the face for the right side `right` of the equalities."""
    dead = _dead_rows(layout, right)
    if not any(rows.any() for rows in dead):
        return MomentFace(layout.sdp, layout.columns)
    extra, kept, killed, sizes = [], [], [], []
    for block, rows in enumerate(dead):
        first, second = svec_index(len(rows))
        gone = np.flatnonzero(rows[first] | rows[second])
        kept.append(layout.sdp.offsets[block] + np.flatnonzero(~(rows[first] | rows[second])))
        killed.append(layout.sdp.offsets[block] + gone)
        extra += [layout.entries[block][place] for place in gone]
        sizes.append(int((~rows).sum()))
    operator, sdp = layout.sdp.operator, layout.sdp
    reduced = SDP(
        sdp.cost,
        sp.vstack([sdp.equalities, operator[np.concatenate(killed)]]).tocsr(),
        np.concatenate([sdp.right_side, np.zeros(len(extra))]),
        operator[np.concatenate(kept)].tocsr(),
        tuple(size for size in sizes if size),
    )
    return MomentFace(reduced, [*layout.columns, *extra])


def _dead_rows(layout: Assembled, right: Sequence[Fraction]) -> list[NDArray[np.bool_]]:
    """Return for each block which of its rows vanish for all moments that satisfy the equations."""
    zero: set[int] = set()
    nonnegative: set[int] = set()
    dead = [np.zeros(size, dtype=bool) for size in layout.sdp.sizes]
    sums = [
        dict(zip(column.places.tolist(), column.values, strict=True))
        for column, value in zip(layout.columns, right, strict=True)
        if not value
    ]
    entries = [_entries(layout, block) for block in range(len(dead))]
    while True:
        before = len(zero) + len(nonnegative) + sum(int(rows.sum()) for rows in dead)
        for block, rows in enumerate(dead):
            for (i, j), terms in entries[block].items():
                left = {e: value for e, value in terms.items() if e not in zero}
                if rows[i] or rows[j]:
                    zero.update(left if len(left) == 1 else ())
                elif i == j and not left:
                    rows[i] = True
                elif i == j and len(left) == 1 and min(left.values()) > 0:
                    nonnegative.update(left)
                elif i == j and set(left) <= nonnegative and max(left.values()) < 0:
                    zero.update(left)
        for terms in sums:
            left = {e: value for e, value in terms.items() if e not in zero}
            if len(left) == 1:
                zero.update(left)
            elif left and set(left) <= nonnegative and (min(left.values()) > 0 or max(left.values()) < 0):
                zero.update(left)
        if len(zero) + len(nonnegative) + sum(int(rows.sum()) for rows in dead) == before:
            return dead


def _entries(layout: Assembled, block: int) -> dict[tuple[int, int], dict[int, Fraction]]:
    first, second = svec_index(layout.sdp.sizes[block])
    return {
        (a, b): dict(zip(column.places.tolist(), column.values, strict=True))
        for a, b, column in zip(first.tolist(), second.tolist(), layout.entries[block], strict=True)
    }
