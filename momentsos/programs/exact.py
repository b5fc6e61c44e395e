r"""From floats to fractions that satisfy the equations of a program exactly.

Unknowns and Gram matrices are rounded to binary fractions, well below the least eigenvalue. What is left of an
equation whose monomial is a product of two basis monomials of a block without factor goes into that entry; the other
equations are matched by a small rational linear system. Moments are treated in the same way.

Source: Peyrl and Parrilo, *Computing sum of squares decompositions with rational coefficients*, Theoret. Comput. Sci.
409 (2008).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from ..certificates import CertificateError
from ..certificates.frame import fraction, rational
from ..sdp import smat, svec_index
from ..sdp.triangles import independent
from .assemble import Assembled
from .check import is_semidefinite
from .vanishing import MomentFace

Floats = NDArray[np.float64]

#: Roundings are smaller than the least eigenvalue by so many bits, and none is finer than the second number.
_GUARD_BITS, _MOST_BITS = 10, 300
#: The coefficients of an equation's monomial alone.
_ONE = (Fraction(1),)


@dataclass(frozen=True, eq=False)
class Exact:
    """Fractions that satisfy every equation, with Gram matrices that are positive semidefinite.

    Attributes
    ----------
    numbers : list of Fraction
        The unknowns, then the coefficients of the multipliers.
    grams : list of lower triangles
        One a block, in the units of the user.
    """

    numbers: list[Fraction]
    grams: list[list[list[Fraction]]]


def exact_solution(program: Assembled, duals: Floats, gram: Floats, until: float) -> Exact:
    """Return fractions near multipliers and Gram matrices (scaled, as in `program.sdp`) that solve the equations.

    Raises
    ------
    CertificateError
        There are none near by: the matrices have no room, or the equations contradict each other.
    """
    sdp = program.sdp
    parts = [smat(block) for block in sdp.split(gram)] if sdp.sizes else []
    bits = _bits([float(np.linalg.eigvalsh(part)[0]) for part in parts], sum(sdp.sizes))
    numbers = [_rounded(v, bits) * _fraction(s) for v, s in zip(duals, program.row_scale, strict=True)]
    entries: list[list[Fraction]] = []
    for block, part in enumerate(parts):
        first, second = svec_index(len(part))
        scale = program.entry_scale[sdp.offsets[block] : sdp.offsets[block + 1]]
        entries.append([_rounded(v, bits) * _fraction(s) for v, s in zip(part[first, second], scale, strict=True)])
    plain = _plain_entries(program, gram)
    tied = np.array([e for e in range(program.equations) if e not in plain], dtype=np.intp)
    rest = _residual(program, numbers, entries)
    if any(rest[e] for e in tied):
        _solve_tied(program, tied, rest, numbers, entries, gram)
        rest = _residual(program, numbers, entries)
    for e, value in enumerate(rest):
        if value and e not in plain:
            raise CertificateError("the equations of the program contradict each other after rounding")
        if value:
            block, place, off = plain[e]
            entries[block][place] += value / 2 if off else value
    grams = [_triangle(values) for values in entries]
    if not all(is_semidefinite(rows, until) for rows in grams):
        raise CertificateError("a Gram matrix is not semidefinite after rounding")
    return Exact(numbers, grams)


def exact_moments(
    program: Assembled, face: MomentFace, moments: Floats, right_side: Sequence[Fraction], until: float
) -> list[Fraction]:
    """Return fractions near moments (scaled) with :math:`E y = d` in the user's units, :math:`F(y)` semidefinite.

    Parameters
    ----------
    face : MomentFace
        The matrices that are not forced to be singular, and the equalities.
    right_side : sequence of Fraction
        For the equalities of the program; the others of the face have zero.

    Raises
    ------
    CertificateError
        There are none near by.
    """
    sdp = face.sdp
    rows = np.asarray(sdp.operator @ moments)
    least = [float(np.linalg.eigvalsh(smat(block))[0]) for block in sdp.split(rows)] if sdp.sizes else []
    bits = _bits(least, max(1, len(moments)))
    y = [_rounded(v, bits) * _fraction(s) for v, s in zip(moments, program.moment_scale, strict=True)]
    wanted = [*right_side, *[Fraction(0)] * (len(face.columns) - len(right_side))]
    rest = [d - column.applied(y) for d, column in zip(wanted, face.columns, strict=True)]
    if any(rest):
        weight = np.abs(moments) + 1e-3 * np.abs(moments).max()
        chosen_rows, chosen = independent(sdp.equalities.toarray() * weight)
        number = {int(e): k for k, e in enumerate(chosen)}
        system = fmpq_mat(len(chosen_rows), len(chosen))
        for i, row in enumerate(chosen_rows):
            column = face.columns[row]
            for e, value in zip(column.places.tolist(), column.values, strict=True):
                if e in number:
                    system[i, number[e]] += rational(value)
        for e, value in zip(chosen, _solution(system, [rest[row] for row in chosen_rows]), strict=True):
            y[int(e)] += value
        if any(column.applied(y) != d for d, column in zip(wanted, face.columns, strict=True)):
            raise CertificateError("the equations of the moments contradict each other after rounding")
    for block in range(len(program.sdp.sizes)):
        if not is_semidefinite(moment_matrix(program, block, y), until):
            raise CertificateError("a moment matrix is not semidefinite after rounding")
    return y


def moment_matrix(program: Assembled, block: int, y: Sequence[Fraction]) -> list[list[Fraction]]:
    """Return the lower triangle of one matrix of moments."""
    return _triangle([column.applied(y) for column in program.entries[block]])


def _bits(least: list[float], size: int) -> int:
    """Return the bits after the point to which numbers are rounded, given the least eigenvalues of all matrices."""
    lowest = min(least, default=1.0)
    if not lowest > 0:
        raise CertificateError("a matrix is not definite: the set of solutions has no interior there")
    return min(_MOST_BITS, max(_GUARD_BITS, _GUARD_BITS - math.frexp(lowest / max(size, 1))[1]))


def _rounded(value: float, bits: int) -> Fraction:
    return Fraction(round(Fraction(value) * 2**bits), 2**bits)


def _fraction(power_of_two: float) -> Fraction:
    return Fraction(float(power_of_two))


def _triangle(values: list[Fraction]) -> list[list[Fraction]]:
    """Return svec entries, unscaled, as the rows of a lower triangle."""
    rows: list[list[Fraction]] = []
    place = 0
    while place < len(values):
        rows.append(values[place : place + len(rows) + 1])
        place += len(rows[-1])
    return rows


def _plain_entries(program: Assembled, gram: Floats) -> dict[int, tuple[int, int, bool]]:
    """Return for each equation the entry that is this monomial alone with the most room: block, place, off diagonal."""
    found: dict[int, tuple[int, int, bool]] = {}
    most: dict[int, float] = {}
    for block, (k, j) in enumerate(program.blocks):
        if program.frames[k].grams[j].which:
            continue
        rooms, off = _rooms(program, gram, block)
        for place, column in enumerate(program.entries[block]):
            if column.values == _ONE and rooms[place] > most.get(int(column.places[0]), -1.0):
                e = int(column.places[0])
                most[e], found[e] = float(rooms[place]), (block, place, bool(off[place]))
    return found


def _rooms(program: Assembled, gram: Floats, block: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return how far each entry of a block may move, about, and which are off the diagonal."""
    matrix = smat(program.sdp.split(gram)[block])
    root = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    first, second = svec_index(len(matrix))
    return root[first] * root[second], first != second


def _residual(program: Assembled, numbers: list[Fraction], entries: list[list[Fraction]]) -> list[Fraction]:
    """Return what is left of each equation."""
    rest = list(program.constants)
    for number, column in zip(numbers, program.columns, strict=True):
        if number:
            for e, value in zip(column.places.tolist(), column.values, strict=True):
                rest[e] -= number * value
    for block, columns in enumerate(program.entries):
        first, second = svec_index(program.sdp.sizes[block])
        for entry, double, column in zip(entries[block], (first != second).tolist(), columns, strict=True):
            entry = 2 * entry if double else entry
            for e, value in zip(column.places.tolist(), column.values, strict=True):
                rest[e] -= entry * value
    return rest


def _solve_tied(
    program: Assembled,
    tied: NDArray[np.intp],
    rest: list[Fraction],
    numbers: list[Fraction],
    entries: list[list[Fraction]],
    gram: Floats,
) -> None:
    """Match the equations that no plain entry has, in well chosen unknowns and entries of other blocks."""
    sdp = program.sdp
    room: list[Floats] = []
    blocks: list[tuple[int, int, bool]] = []
    for block in range(len(program.blocks)):
        rooms, off = _rooms(program, gram, block)
        room.append(rooms)
        blocks += [(block, place, each) for place, each in enumerate(off.tolist())]
    sizes = np.concatenate([np.zeros(0), *room])
    free = np.full(len(numbers), 10.0 * max(1.0, float(sizes.max(initial=0.0))))
    weights = np.concatenate([free, sizes])
    every = sp.vstack([sdp.equalities, sdp.operator]).tocsc()[:, tied].T.toarray() * weights
    rows, chosen = independent(every)
    number = {int(tied[row]): i for i, row in enumerate(rows)}
    system = fmpq_mat(len(rows), len(chosen))
    for c, which in enumerate(chosen.tolist()):
        for e, value in _entries_of(program, which, len(numbers), blocks):
            if e in number:
                system[number[e], c] += rational(value)
    solution = _solution(system, [rest[int(tied[row])] for row in rows])
    for which, value in zip(chosen.tolist(), solution, strict=True):
        if which < len(numbers):
            numbers[which] += value
        else:
            block, place, off = blocks[which - len(numbers)]
            entries[block][place] += value / 2 if off else value


def _entries_of(
    program: Assembled, which: int, count: int, blocks: list[tuple[int, int, bool]]
) -> list[tuple[int, Fraction]]:
    """Return the equations of one unknown, or of the two entries of a block that are one coefficient together."""
    if which < count:
        column = program.columns[which]
        return list(zip(column.places.tolist(), column.values, strict=True))
    block, place, _ = blocks[which - count]
    column = program.entries[block][place]
    return list(zip(column.places.tolist(), column.values, strict=True))


def _solution(system: fmpq_mat, right: list[Fraction]) -> list[Fraction]:
    if not right:
        return []
    try:
        found = system.solve(fmpq_mat(len(right), 1, [rational(value) for value in right]), algorithm="dixon")  # type: ignore[call-arg]
    except ZeroDivisionError as error:
        raise CertificateError("the linear system of the equations is singular") from error
    return [fraction(fmpq(found[i, 0])) for i in range(len(right))]
