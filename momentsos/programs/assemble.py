r"""From identities to one conic program, in floats for a solver and exactly for the proof.

The unknown numbers `c`, the coefficients of the multipliers :math:`\lambda` and the Gram matrices `X` satisfy one
equation for each constraint `k` and monomial :math:`\alpha`,

.. math::

    p_{k,\alpha} = -\sum_i c_i\, p_{k,i,\alpha} + (\text{multipliers})_{k,\alpha} + \sum_j (F_j^* X_j)_{k,\alpha},

which is the dual constraint of `momentsos.sdp.SDP`: its free multipliers are `c` and :math:`\lambda`, its moments `y`
are functionals, one for each constraint. Moments, Gram matrices and multipliers are scaled by powers of two, so that
the way back is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials import ExponentIndex
from ..polynomials.exponents import Exponents
from ..sdp import SDP, forced_zeros, svec_index
from ..sdp.svec import svec_weights
from .frames import Frame
from .unknowns import Coefficient

Floats = NDArray[np.float64]

#: Entries of kernels are read as fractions with denominators up to the first, to within the second; in this order.
READINGS = ((8, 1e-4), (64, 1e-4), (8, 2e-2), (64, 1e-3))
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Column:
    """The equations that one unknown enters, and with which exact coefficients."""

    places: Indices
    values: tuple[Fraction, ...]

    def applied(self, moments: Sequence[Fraction]) -> Fraction:
        """Return the sum of moments with these coefficients."""
        pairs = zip(self.places.tolist(), self.values, strict=True)
        return sum((value * moments[e] for e, value in pairs), Fraction(0))


@dataclass(frozen=True, eq=False)
class Assembled:
    r"""The program of a list of frames.

    Attributes
    ----------
    frames : tuple of Frame
    unknowns : tuple of Coefficient
        The first rows of the equalities of `sdp`, in this order; the coefficients of the multipliers follow.
    monomials : tuple of ExponentIndex
        The equations of each frame.
    starts : (frames + 1,) array
        Where they begin.
    sdp : SDP
        Scaled.
    row_scale, moment_scale, entry_scale : arrays of powers of two
        Multipliers of `sdp` times `row_scale` are those of the user's variables; so are Gram entries (in svec order)
        times `entry_scale`, and moments times `moment_scale`.
    """

    frames: tuple[Frame, ...]
    unknowns: tuple[Coefficient, ...]
    monomials: tuple[ExponentIndex, ...]
    starts: Indices
    sdp: SDP
    row_scale: Floats
    moment_scale: Floats
    entry_scale: Floats

    @property
    def equations(self) -> int:
        """The number of equations."""
        return int(self.starts[-1])

    @cached_property
    def constants(self) -> list[Fraction]:
        """The known part of each equation."""
        found = [Fraction(0)] * self.equations
        for k, frame in enumerate(self.frames):
            for place, value in zip(self.places(k, frame.known.exponents), frame.known.exact, strict=True):
                found[place] = value
        return found

    @cached_property
    def columns(self) -> list[Column]:
        """For each row of the equalities its exact entries."""
        found = []
        for each in self.unknowns:
            places, values = [], []
            for k, frame in enumerate(self.frames):
                if each in frame.parts:
                    part = frame.parts[each]
                    places.append(self.places(k, part.exponents))
                    values += [-value for value in part.exact]
            found.append(Column(np.concatenate(places), tuple(values)))
        for k, frame in enumerate(self.frames):
            for multiplier in frame.multipliers:
                exact = multiplier.factor.exact
                for row in multiplier.basis:
                    found.append(Column(self.places(k, multiplier.factor.exponents + row), exact))
        return found

    @cached_property
    def blocks(self) -> tuple[tuple[int, int], ...]:
        """For each block of `sdp` the numbers of its frame and of the Gram matrix in it."""
        return tuple((k, j) for k, frame in enumerate(self.frames) for j in range(len(frame.grams)))

    def places(self, frame: int, exponents: Exponents) -> Indices:
        """Return the equations of monomials of a frame."""
        return np.asarray(self.starts[frame] + self.monomials[frame].find(exponents), dtype=np.intp)

    @cached_property
    def entry_places(self) -> list[Indices]:
        """The equation of each product of basis monomials, in svec order, times each term of a block's factor."""
        found = []
        for k, j in self.blocks:
            gram = self.frames[k].grams[j]
            first, second = svec_index(len(gram.basis))
            rows = (gram.basis[first] + gram.basis[second])[:, None, :] + gram.factor.exponents[None]
            places = self.places(k, rows.reshape(rows.shape[0] * rows.shape[1], rows.shape[2]))
            found.append(places.reshape(rows.shape[:2]))
        return found

    @cached_property
    def entries(self) -> list[list[Column]]:
        """For each block and each entry of its matrix, in svec order, the exact equations of ``X[a, b]`` alone."""
        found = []
        for block, (k, j) in enumerate(self.blocks):
            gram, places = self.frames[k].grams[j], self.entry_places[block]
            exact = gram.factor.exact
            plain = [Column(row, exact) for row in places]
            found.append(plain if gram.combination is None else _combined(plain, gram.combination))
        return found


def _combined(plain: list[Column], combination: Sequence[Sequence[Fraction]]) -> list[Column]:
    """Return the columns of the entries of a matrix whose rows are combinations of basis monomials."""
    nonzero = [[(i, value) for i, value in enumerate(row) if value] for row in combination]
    found = []
    for a, b in zip(*(each.tolist() for each in svec_index(len(combination))), strict=True):
        terms: dict[int, Fraction] = {}
        for i, x in nonzero[a]:
            for j, y in nonzero[b]:
                low, high = min(i, j), max(i, j)
                column = plain[high * (high + 1) // 2 + low]
                for e, value in zip(column.places.tolist(), column.values, strict=True):
                    terms[e] = terms.get(e, Fraction(0)) + x * y * value
        terms = {e: value for e, value in terms.items() if value}
        found.append(Column(np.array(list(terms), dtype=np.intp), tuple(terms.values())))
    return found


def assembled(frames: Sequence[Frame], unknowns: Sequence[Coefficient], gains: Floats) -> Assembled:
    """Return the program that maximises ``gains · c``, with bases reduced by the consistency of diagonals."""
    first = _assembled(tuple(frames), tuple(unknowns), gains)
    dead = forced_zeros(first.sdp)
    if not dead.any():
        return first
    return _assembled(_without(first.frames, dead), first.unknowns, gains)


def _without(frames: tuple[Frame, ...], dead: NDArray[np.bool_]) -> tuple[Frame, ...]:
    """Return the frames without the basis monomials that are marked."""
    found, place = [], 0
    for frame in frames:
        grams = []
        for gram in frame.grams:
            keep = ~dead[place : place + len(gram.basis)]
            place += len(gram.basis)
            if keep.any():
                grams.append(replace(gram, basis=gram.basis[keep]))
        found.append(replace(frame, grams=tuple(grams)))
    return tuple(found)


def _assembled(frames: tuple[Frame, ...], unknowns: tuple[Coefficient, ...], gains: Floats) -> Assembled:
    monomials = tuple(ExponentIndex.of(_monomials(frame)) for frame in frames)
    starts = np.concatenate([[0], np.cumsum([len(each) for each in monomials])]).astype(np.intp)
    total = int(starts[-1])
    empty = SDP(np.zeros(0), sp.csr_matrix((0, 0)), np.zeros(0), sp.csr_matrix((0, 0)))
    bare = Assembled(frames, unknowns, monomials, starts, empty, np.ones(0), np.ones(0), np.ones(0))
    cost = np.array([float(value) for value in bare.constants])
    equalities = _matrix([(c.places, np.array([float(v) for v in c.values])) for c in bare.columns], total)
    sizes = tuple(len(frame.grams[j].basis) for k, frame in enumerate(frames) for j in range(len(frame.grams)))
    rows = []
    for block, (k, j) in enumerate(bare.blocks):
        places, values = bare.entry_places[block], frames[k].grams[j].factor.values
        for place, weight in zip(places, svec_weights(sizes[block]), strict=True):
            rows.append((place, weight * values))
    operator = _matrix(rows, total)
    moment_scale, entry_scale = _scales(bare)
    # x = s t: coefficients of a monomial are multiplied by s^α, those of products of basis monomials divided again
    cost, equalities = cost * moment_scale, equalities @ sp.diags(moment_scale)
    operator = sp.diags(entry_scale) @ operator @ sp.diags(moment_scale)
    largest = np.maximum(abs(equalities).max(axis=1).toarray().reshape(-1), 0.0) if equalities.shape[0] else np.ones(0)
    row_scale = np.where(largest > 0, _power_of_two(1.0 / np.where(largest > 0, largest, 1.0)), 1.0)
    right = np.concatenate([gains, np.zeros(len(largest) - len(gains))]) * row_scale
    sdp = SDP(cost, (sp.diags(row_scale) @ equalities).tocsr(), right, operator.tocsr(), sizes)
    return replace(bare, sdp=sdp, row_scale=row_scale, moment_scale=moment_scale, entry_scale=entry_scale)


def _monomials(frame: Frame) -> Exponents:
    """Return all monomials that an identity can have, with repetitions."""
    listed = [frame.known.exponents, *(part.exponents for part in frame.parts.values())]
    for gram in frame.grams:
        first, second = svec_index(len(gram.basis))
        products = ExponentIndex.of(gram.basis[first] + gram.basis[second]).rows
        rows = products[:, None, :] + gram.factor.exponents[None]
        listed.append(rows.reshape(len(products) * len(gram.factor), rows.shape[2]))
    for multiplier in frame.multipliers:
        rows = multiplier.basis[:, None, :] + multiplier.factor.exponents[None]
        listed.append(rows.reshape(len(multiplier.basis) * len(multiplier.factor), rows.shape[2]))
    return np.concatenate(listed)


def _matrix(rows: Sequence[tuple[Indices, Floats]], width: int) -> sp.csr_matrix:
    pointers = np.concatenate([[0], np.cumsum([len(places) for places, _ in rows])]).astype(np.int64)
    places = np.concatenate([each for each, _ in rows]) if rows else np.zeros(0, dtype=np.intp)
    values = np.concatenate([each for _, each in rows]) if rows else np.zeros(0)
    return sp.csr_matrix((values, places, pointers), shape=(len(rows), width))


def row_units(program: Assembled, block: int) -> Floats:
    """Return the scales of a block's rows: its matrices are scaled by their products, up to a common factor."""
    size = program.sdp.sizes[block]
    scale = program.entry_scale[program.sdp.offsets[block] : program.sdp.offsets[block + 1]]
    diagonal = scale[np.cumsum(np.arange(1, size + 1)) - 1]
    return np.asarray(np.sqrt(diagonal))


# -- scales ------------------------------------------------------------------------------------------------


def _scales(bare: Assembled) -> tuple[Floats, Floats]:
    """Return for each equation, and for each entry of the blocks, the power of two by which it is multiplied."""
    moments, entries = np.ones(bare.equations), []
    for k, frame in enumerate(bare.frames):
        powers = _units(frame)
        moments[bare.starts[k] : bare.starts[k + 1]] = np.exp2(bare.monomials[k].rows @ powers)
        for gram in frame.grams:
            first, second = svec_index(len(gram.basis))
            size = float(_power_of_two(np.array([max(gram.factor.scale, 1e-300)]))[0])
            entries.append(np.exp2(-(gram.basis @ powers)[first] - (gram.basis @ powers)[second]) / size)
    return moments, np.concatenate(entries) if entries else np.zeros(0)


def _units(frame: Frame) -> Floats:
    r"""Return the binary logarithms, whole numbers, of units of the variables in which coefficients are of one size.

    For each polynomial with several terms the logarithms of its coefficients, plus
    :math:`\alpha \cdot \log_2 s`, are to be as equal as possible, in least squares.
    """
    rows, right = [0.1 * np.eye(len(frame.names))], [np.zeros(len(frame.names))]
    for polynomial in frame.polynomials:
        if len(polynomial) > 1:
            exponents, sizes = polynomial.exponents.astype(float), np.log2(np.abs(polynomial.values))
            rows.append(exponents - exponents.mean(axis=0))
            right.append(sizes.mean() - sizes)
    found = np.linalg.lstsq(np.concatenate(rows), np.concatenate(right), rcond=None)[0]
    found[len(frame.names) - frame.rows :] = 0.0
    return np.asarray(np.clip(np.round(found), -60, 60))


def _power_of_two(values: Floats) -> Floats:
    return np.asarray(np.exp2(np.round(np.log2(values))))
