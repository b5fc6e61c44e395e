"""The blocks of an identity and the conic program of their Gram matrices, on the whole cone or on a face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials.exponents import Exponents
from ..relaxations import BlockKind, Relaxation
from ..sdp import SDP, congruence
from ..sdp.exposing import Rows
from .frame import Exponent, Frame


@dataclass(frozen=True, eq=False)
class GramBlock:
    r"""One term :math:`(C b)^\top Y (C b) \prod_i g_i` of the identity.

    Attributes
    ----------
    factors : tuple of int
        The inequalities in the product.
    basis : (s, n) integer array
        The monomials `b`.
    combination : r rows of s fractions
        The `C`, of rank `r`; the Gram matrix is :math:`C^\top Y C`.
    scale : float
        The exact `Y` is `scale` times the one of the conic program.
    """

    factors: tuple[int, ...]
    basis: Exponents
    combination: Rows
    scale: float

    @property
    def size(self) -> int:
        """The size of `Y`."""
        return len(self.combination)

    @cached_property
    def singles(self) -> list[Exponent | None]:
        """For each row of `C` the monomial that it is, or None when it combines several."""
        found: list[Exponent | None] = []
        for row in self.combination:
            places = [i for i, value in enumerate(row) if value]
            single = len(places) == 1 and row[places[0]] == 1
            found.append(tuple(self.basis[places[0]].tolist()) if single else None)
        return found


@dataclass(frozen=True, eq=False)
class Multiplier:
    """The multiplier of an equality: a polynomial with these monomials, of any sign; `scale` as for a block."""

    equality: int
    basis: Exponents
    scale: float


@dataclass(frozen=True, eq=False)
class Shape:
    """What the identity is made of.

    Attributes
    ----------
    frame : Frame
    blocks : tuple of GramBlock
    multipliers : tuple of Multiplier
    sdp : SDP
        The rows of its blocks are those of `blocks`; its equalities are the normalisation, then those of
        `multipliers`.
    objective : float
        The bound of the identity is the one of the program divided by this.
    """

    frame: Frame
    blocks: tuple[GramBlock, ...]
    multipliers: tuple[Multiplier, ...]
    sdp: SDP
    objective: float

    def on_face(self, faces: Sequence[Rows]) -> Shape:
        r"""Return the shape in which block `j` has the matrices :math:`C_j^\top Y C_j` only, `C_j` in `faces`."""
        maps, blocks = [], []
        known: dict[tuple[Rows, Rows], tuple[Rows, sp.csr_matrix]] = {}  # many blocks have the same few faces
        for block, rows in zip(self.blocks, faces, strict=True):
            key = rows, block.combination
            if key not in known:
                known[key] = product(*key), congruence(sp.csr_matrix(as_floats(rows, block.size)))
            combination, own = known[key]
            if rows:
                blocks.append(replace(block, combination=combination))
            maps.append(own)
        operator = sp.csr_matrix(sp.block_diag(maps, format="csr") @ self.sdp.operator)
        sizes = tuple(block.size for block in blocks)
        return replace(self, blocks=tuple(blocks), sdp=replace(self.sdp, operator=operator, sizes=sizes))


def as_floats(rows: Rows, width: int) -> NDArray[np.float64]:
    """Return rows of fractions as an array."""
    return np.array([[float(value) for value in row] for row in rows]).reshape(len(rows), width)


def product(left: Rows, right: Rows) -> Rows:
    """Return the product of two matrices of fractions."""
    columns = list(zip(*right, strict=True))
    return tuple(
        tuple(sum((x * y for x, y in zip(row, column, strict=True) if x and y), Fraction(0)) for column in columns)
        for row in left
    )


def unit_rows(places: Sequence[int], width: int) -> Rows:
    """Return the rows of the identity at `places`."""
    return tuple(tuple(Fraction(int(i == j)) for j in range(width)) for i in places)


def shape_of(relaxation: Relaxation, scales: tuple[float, list[float]], frame: Frame) -> Shape:
    """Return the shape of a relaxation on the whole cone; `scales` as from `block_scales`."""
    objective, factors = scales
    blocks, multipliers = [], []
    for block, scale in zip(relaxation.plan.blocks, factors, strict=True):
        if block.kind is BlockKind.PSD:
            whole = unit_rows(range(len(block.basis)), len(block.basis))
            blocks.append(GramBlock(block.factors, block.basis, whole, scale / objective))
        else:
            multipliers.append(Multiplier(block.factors[0], block.basis, scale / objective))
    return Shape(frame, tuple(blocks), tuple(multipliers), relaxation.sdp, objective)
