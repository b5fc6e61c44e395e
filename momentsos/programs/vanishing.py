r"""Moments that the equations force to vanish, and the rows of moment matrices that vanish with them.

Where a sum with one sign of moments that are diagonal entries is zero, or bounded by zero from the wrong side, each of
them is zero, and so are the rows and columns of the matrices in which they stand. Proofs then have room in the rest.

Source: Permenter and Parrilo, *Partial facial reduction*, Math. Program. 171 (2018), diagonal cones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..sdp import SDP, smat, svec_index
from ..sdp.exposing import RANK_TOLERANCES, orthogonal_rows, recognised
from .assemble import READINGS, Assembled, Column, row_units

#: Rows in echelon form, by pivot.
Range = dict[int, list[Fraction]]


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
    """Return the face for the right side `right` of the equalities that diagonals show."""
    dead = _dead_rows(layout, right)
    if not any(rows.any() for rows in dead):
        return MomentFace(layout.sdp, layout.columns)
    extra = []
    for block, rows in enumerate(dead):
        first, second = svec_index(len(rows))
        extra += [layout.entries[block][place] for place in np.flatnonzero(rows[first] | rows[second])]
    return _restricted(layout, [~rows for rows in dead], extra)


def recognised_faces(layout: Assembled, moments: NDArray[np.float64]) -> Iterator[MomentFace]:
    """Yield faces on which matrices have rational kernels near those that they have at moments (scaled).

    Eigenvalues are told from zero at several levels, and entries are read with several denominators.
    """
    matrices = [smat(block) for block in layout.sdp.split(np.asarray(layout.sdp.operator @ moments))]
    units = [row_units(layout, block) for block in range(len(matrices))]
    seen: list[list[Range]] = []
    for level in RANK_TOLERANCES:
        for largest, near in READINGS:
            found = [_range(m, unit, level, largest, near) for m, unit in zip(matrices, units, strict=True)]
            known = [rows for rows in found if rows is not None]
            if len(known) < len(found) or known in seen:
                continue
            seen.append(known)
            keep = [np.isin(np.arange(len(m)), list(rows)) for m, rows in zip(matrices, known, strict=True)]
            extra = [
                column
                for block, rows in enumerate(known)
                for vector in orthogonal_rows(rows, len(matrices[block]))
                for row in range(len(matrices[block]))
                if len((column := _along(layout.entries[block], vector, row)).places)
            ]
            if extra:
                yield _restricted(layout, keep, extra)


def _range(
    matrix: NDArray[np.float64], units: NDArray[np.float64], level: float, largest: int, near: float
) -> Range | None:
    """Return the range of a semidefinite matrix, in the units of the user and in echelon form by pivot."""
    values, vectors = np.linalg.eigh(matrix)
    span = vectors[:, values > level * max(1.0, float(values[-1]))].T
    return recognised(span / units, largest, near) if len(span) else {}


def _along(entries: list[Column], vector: Sequence[Fraction], row: int) -> Column:
    """Return one row of a matrix of moments times a vector."""
    terms: dict[int, Fraction] = {}
    for i, factor in enumerate(vector):
        if factor:
            low, high = min(i, row), max(i, row)
            column = entries[high * (high + 1) // 2 + low]
            for e, value in zip(column.places.tolist(), column.values, strict=True):
                terms[e] = terms.get(e, Fraction(0)) + factor * value
    terms = {e: value for e, value in terms.items() if value}
    return Column(np.array(list(terms), dtype=np.intp), tuple(terms.values()))


def _restricted(layout: Assembled, keep: list[NDArray[np.bool_]], extra: list[Column]) -> MomentFace:
    """Return the program with some rows of its matrices, and with more equalities whose right side is zero."""
    sdp, kept = layout.sdp, [np.zeros(0, dtype=np.intp)]
    for block, rows in enumerate(keep):
        first, second = svec_index(len(rows))
        kept.append(sdp.offsets[block] + np.flatnonzero(rows[first] & rows[second]))
    values = [np.array([float(v) for v in c.values]) * layout.moment_scale[c.places] for c in extra]
    added = sp.csr_matrix(
        (
            np.concatenate([row / np.abs(row).max() for row in values]),
            np.concatenate([column.places for column in extra]),
            np.concatenate([[0], np.cumsum([len(row) for row in values])]),
        ),
        shape=(len(extra), sdp.n_moments),
    )
    reduced = SDP(
        sdp.cost,
        sp.vstack([sdp.equalities, added]).tocsr(),
        np.concatenate([sdp.right_side, np.zeros(len(extra))]),
        sdp.operator[np.concatenate(kept)].tocsr(),
        tuple(int(rows.sum()) for rows in keep if rows.any()),
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
