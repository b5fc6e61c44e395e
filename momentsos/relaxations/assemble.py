"""The one assembler: any plan becomes a conic program, by array operations alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..polynomials import ExponentIndex, Polynomial
from ..polynomials.exponents import Exponents
from ..sdp import SDP, congruence, smat, svec_index, svec_length
from ..sdp.svec import svec_weights
from .plan import Block, BlockKind, Plan


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
    """Entries of a sparse matrix over monomials: `value · L(x^exponents)` is added to row `row`."""

    row: NDArray[np.intp]
    exponents: Exponents
    value: NDArray[np.float64]


def _times(polynomial: Polynomial, rows: Exponents, weights: NDArray[np.float64]) -> _Entries:
    """Entries of `weight_i · g · x^row_i`, one matrix row for each `i`."""
    terms = len(polynomial)
    exponents = (rows[:, None, :] + polynomial.exponents[None, :, :]).reshape(-1, rows.shape[1])
    values = np.multiply.outer(weights, polynomial.values).reshape(-1)
    return _Entries(np.repeat(np.arange(len(rows), dtype=np.intp), terms), exponents, values)


def _block_entries(block: Block) -> _Entries:
    if block.kind is BlockKind.ZERO:
        return _times(block.polynomial, block.basis, np.ones(len(block.basis)))
    first, second = svec_index(len(block.basis))
    return _times(block.polynomial, block.basis[first] + block.basis[second], svec_weights(len(block.basis)))


def _combined(operator: sp.csr_matrix, blocks: list[Block]) -> sp.csr_matrix:
    """Apply the combinations of the blocks that have any to their rows."""
    if all(block.combinations is None for block in blocks):
        return operator
    ends = np.cumsum([svec_length(len(block.basis)) for block in blocks])
    parts = []
    for block, end in zip(blocks, ends, strict=True):
        rows = operator[end - svec_length(len(block.basis)) : end]
        parts.append(rows if block.combinations is None else congruence(block.combinations) @ rows)
    return sp.vstack(parts, format="csr")


def assemble(plan: Plan) -> Relaxation:
    """Turn a plan into its conic program.

    All entries of all blocks are listed as (row, monomial, value), monomials are numbered by one sort over the
    distinct packed keys, and sparse matrices are made from the lists. There is no loop over entries.
    """
    psd = [block for block in plan.blocks if block.kind is BlockKind.PSD]
    zero = [block for block in plan.blocks if block.kind is BlockKind.ZERO]
    one = np.zeros((1, len(plan.variables)), dtype=np.int64)
    pieces = [_times(plan.objective, one, np.ones(1)), _times(plan.normalization, one, np.ones(1))]
    pieces += [_block_entries(block) for block in (*psd, *zero)]
    everything = np.concatenate([piece.exponents for piece in pieces])
    monomials = ExponentIndex.of(everything)
    index = np.split(monomials.find(everything), np.cumsum([len(piece.row) for piece in pieces])[:-1])
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
