"""The one assembler: any plan becomes a conic program, by array operations alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from os import PathLike
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials import ExponentIndex
from ..polynomials.exponents import Exponents, unique_rows
from ..sdp import SDP, congruence, smat, svec_index, svec_length
from ..sdp.svec import svec_weights
from .plan import Block, BlockKind, Plan

#: Blocks with at most this share of the variables are multiplied out in these alone.
_FEW = 0.25


@dataclass(frozen=True, eq=False)
class Relaxation:
    """A plan with its conic program and the map between moments and monomials.

    Attributes
    ----------
    plan : Plan
    sdp : SDP
        The unknowns `y` are the pseudo-moments of `monomials.rows`, in that order.
    monomials : ExponentIndex
    """

    plan: Plan
    sdp: SDP
    monomials: ExponentIndex

    @cached_property
    def psd_blocks(self) -> tuple[Block, ...]:
        """The blocks of the plan that are blocks of the program, in its order."""
        return tuple(block for block in self.plan.blocks if block.kind is BlockKind.PSD)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Numbers of moments and blocks, and the largest block."""
        return {
            "moments": self.sdp.n_moments,
            "blocks": len(self.sdp.sizes),
            "largest_block": max(self.sdp.sizes, default=0),
        }

    def moments_of(self, exponents: Exponents, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pseudo-moments of the given monomials, NaN where the relaxation does not have one."""
        place = self.monomials.find(exponents)
        return np.where(place >= 0, moments[place], np.nan)

    def matrix(self, block: int, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the matrix of block `block` of the program at `moments`."""
        rows = slice(self.sdp.offsets[block], self.sdp.offsets[block + 1])
        return smat(np.asarray(self.sdp.operator[rows] @ moments))

    def to_cvxpy(self) -> tuple[Any, Any]:
        """Return the conic program as a `cvxpy.Problem` and its variable, the moments, to add constraints of one's own.

        Returns
        -------
        problem : cvxpy.Problem
        moments : cvxpy.Variable
            One entry for each row of ``monomials.rows``.
        """
        from ..solvers.cvxpy import to_cvxpy

        return to_cvxpy(self.sdp)

    def write_sdpa(self, path: str | PathLike[str]) -> None:
        """Write the conic program in SDPA sparse format."""
        self.sdp.write_sdpa(path)


@dataclass(frozen=True, eq=False)
class _Entries:
    """Entries of a sparse matrix over monomials: `value · L(x^exponents[place])` is added to row `row`.

    Blocks of polynomials with the same terms and with the same basis have the same arrays but for the values.
    """

    row: NDArray[np.intp]
    exponents: Exponents
    place: NDArray[np.intp]
    value: NDArray[np.float64]


class _Lists:
    """Makes the entries of blocks; what blocks have in common is made once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, BlockKind], tuple[NDArray[np.intp], Exponents, NDArray[np.intp]]] = {}

    def of(self, block: Block) -> _Entries:
        """Entries of `g · x^b` for the `b` of the basis, or of the svec of `g · B B^T`; a matrix row for each."""
        g, basis = block.polynomial, block.basis
        square = block.kind is BlockKind.PSD
        key = id(g.exponents), id(basis), block.kind
        if key not in self._known:
            height = len(basis) * (len(basis) + 1) // 2 if square else len(basis)
            row = np.repeat(np.arange(height, dtype=np.intp), len(g))
            self._known[key] = (row, *_multiplied(g.exponents, basis, square))
        weights = svec_weights(len(basis)) if square else np.ones(len(basis))
        return _Entries(*self._known[key], np.multiply.outer(weights, g.values).reshape(-1))


def _multiplied(terms: Exponents, basis: Exponents, square: bool) -> tuple[Exponents, NDArray[np.intp]]:
    """Return the monomials of `x^b x^t` (of `x^b x^c x^t` for pairs) as a list, and the place of each product in it.

    Where few of the variables occur, the products are formed and merged in these alone.
    """
    used = np.flatnonzero(terms.any(axis=0) | basis.any(axis=0))
    n, few = terms.shape[1], len(used) <= _FEW * terms.shape[1]
    if few:
        terms, basis = terms[:, used], basis[:, used]
    first, second = svec_index(len(basis)) if square else (None, None)
    rows = basis[first] + basis[second] if square else basis
    products = (rows[:, None, :] + terms[None, :, :]).reshape(len(rows) * len(terms), rows.shape[1])
    if not few:
        return products, np.arange(len(products), dtype=np.intp)
    distinct, place = unique_rows(products)
    whole = np.zeros((len(distinct), n), dtype=np.int64)
    whole[:, used] = distinct
    return whole, place


def _combined(operator: sp.csr_matrix, blocks: list[Block]) -> sp.csr_matrix:
    """Apply the combinations of the blocks that have any to their rows; neighbours with the same ones together."""
    if all(block.combinations is None for block in blocks):
        return operator
    parts, end = [], 0
    for _, group in groupby(blocks, key=lambda block: id(block.combinations)):
        alike = list(group)
        start, end = end, end + sum(svec_length(len(block.basis)) for block in alike)
        rows, combinations = operator[start:end], alike[0].combinations
        if combinations is not None:
            matrix = congruence(combinations)
            rows = (matrix if len(alike) == 1 else sp.kron(sp.eye_array(len(alike)), matrix, format="csr")) @ rows
        parts.append(rows)
    return sp.vstack(parts, format="csr")


def assemble(plan: Plan) -> Relaxation:
    """Turn a plan into its conic program.

    All entries of all blocks are listed as (row, monomial, value), monomials are numbered by one sort over the
    packed keys of the distinct lists, and sparse matrices are made from the lists. There is no loop over entries.
    """
    psd = [block for block in plan.blocks if block.kind is BlockKind.PSD]
    zero = [block for block in plan.blocks if block.kind is BlockKind.ZERO]
    one = np.zeros((1, len(plan.variables)), dtype=np.int64)
    alone = [Block(p, one, BlockKind.ZERO) for p in (plan.objective, plan.normalization)]
    lists = _Lists()
    pieces = [lists.of(block) for block in (*alone, *psd, *zero)]
    distinct = {id(piece.exponents): piece.exponents for piece in pieces}
    everything = np.concatenate(list(distinct.values()))
    monomials, number = ExponentIndex.numbering(everything)
    ends = np.cumsum([len(exponents) for exponents in distinct.values()])
    places = dict(zip(distinct, np.split(number, ends[:-1]), strict=True))
    index = [places[id(piece.exponents)][piece.place] for piece in pieces]
    n = len(monomials)

    def stack(first: int, blocks: list[Block], heights: list[int]) -> sp.csr_matrix:
        starts = np.concatenate([[0], np.cumsum(heights)]).astype(np.intp)
        chosen = range(first, first + len(blocks))
        rows = [pieces[i].row + start for i, start in zip(chosen, starts[:-1], strict=True)]
        triple = (
            np.concatenate([pieces[i].value for i in chosen]) if blocks else np.zeros(0),
            (
                np.concatenate(rows) if blocks else np.zeros(0, dtype=np.intp),
                np.concatenate([index[i] for i in chosen]) if blocks else np.zeros(0, dtype=np.intp),
            ),
        )
        return sp.csr_matrix(triple, shape=(int(starts[-1]), n))

    cost = np.asarray(np.bincount(index[0], weights=pieces[0].value, minlength=n), dtype=np.float64)
    normalization = sp.csr_matrix(np.bincount(index[1], weights=pieces[1].value, minlength=n))
    equalities = stack(2 + len(psd), zero, [len(block.basis) for block in zero])
    sizes = tuple(block.size for block in psd)
    program = SDP(
        cost=cost,
        equalities=sp.vstack([normalization, equalities], format="csr"),
        right_side=np.concatenate([[1.0], np.zeros(equalities.shape[0])]),
        operator=_combined(stack(2, psd, [svec_length(len(block.basis)) for block in psd]), psd),
        sizes=sizes,
    )
    return Relaxation(plan, program, monomials)
