"""The one assembler: any plan becomes a conic program, by array operations alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from os import PathLike
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..machine.notebooks import Row
from ..machine.records import Record
from ..machine.remembered import remembered
from ..polynomials import ExponentIndex, Support, monomial_basis
from ..polynomials.exponents import Exponents, unique_rows
from ..sdp import SDP, congruence, smat, svec_index, svec_length
from ..sdp.svec import svec_weights
from .plan import Block, BlockKind, Plan

#: Blocks with at most this share of the variables are multiplied out in these alone.
_FEW = 0.25


@dataclass(frozen=True, eq=False, repr=False)
class Relaxation(Record):
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

    def _table_rows(self) -> list[Row]:
        plan = self.plan
        told = [("method, order", f"{plan.method}, {plan.order}"), ("variables", ", ".join(plan.variables))]
        return [*told, *((name.replace("_", " "), f"{size:,}") for name, size in self.sizes.items())]

    def moments_of(self, exponents: Exponents, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pseudo-moments of the given monomials, NaN where the relaxation does not have one."""
        if self.plan.quotient is None:
            place = self.monomials.find(exponents)
            return np.where(place >= 0, moments[place], np.nan)
        found = self.plan.quotient.reduced(exponents)
        place = self.monomials.find(found.rows)
        values = np.where(place >= 0, moments[place], np.nan) * found.values
        return np.asarray(np.bincount(found.owner, values, len(exponents)))

    def matrix(self, block: int, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the matrix of block `block` of the program at `moments`."""
        rows = slice(self.sdp.offsets[block], self.sdp.offsets[block + 1])
        return smat(np.asarray(self.sdp.operator[rows] @ moments))

    def moment_matrix(self, moments: NDArray[np.float64]) -> tuple[NDArray[np.float64], Exponents]:
        """Return the first block at `moments` over all monomials of its degree, and these, also in a quotient."""
        matrix, basis = self.matrix(0, moments), self.psd_blocks[0].basis
        if self.plan.quotient is None:
            return matrix, basis
        every = monomial_basis(basis.shape[1], int(basis.sum(axis=1).max(initial=0)))
        found = self.plan.quotient.reduced(every)
        places = found.owner, ExponentIndex.of(basis).find(found.rows)
        forms = sp.csr_matrix((found.values, places), shape=(len(every), len(basis)))
        order = ExponentIndex.numbering(basis)[1]
        matrix = matrix[np.ix_(np.argsort(order), np.argsort(order))]
        return np.asarray(forms @ (forms @ matrix).T), every

    def to_cvxpy(self) -> tuple[Any, Any]:
        """Return the conic program as a `cvxpy.Problem` and its variable, the moments, to add constraints of one's own.

        Returns
        -------
        problem : cvxpy.Problem
        moments : cvxpy.Variable
            One entry for each row of ``monomials.rows``.
        """
        from ..solvers.adapters.cvxpy import to_cvxpy

        return to_cvxpy(self.sdp)

    def write_sdpa(self, path: str | PathLike[str]) -> None:
        """Write the conic program in SDPA sparse format."""
        self.sdp.write_sdpa(path)


@remembered
def _multiplied(terms: Exponents, basis: Exponents, square: bool) -> tuple[Support, NDArray[np.intp]]:
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
        return Support(products), np.arange(len(products), dtype=np.intp)
    distinct, place = unique_rows(products)
    whole = np.zeros((len(distinct), n), dtype=np.int64)
    whole[:, used] = distinct
    return Support(whole), place


def _likeness(block: Block) -> tuple[Support, Support, bool]:
    """Blocks with this in common, those of polynomials with the same terms and of the same basis, differ in values."""
    return block.polynomial.support, block.monomials, block.kind is BlockKind.PSD  # a matrix has its own monomials


class _Columns:
    """All monomials of blocks, and for each kind of blocks where the products of basis and terms are among them."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        alike = {_likeness(block): block for block in blocks}
        found = [_multiplied(b.polynomial.exponents, b.basis, b.kind is BlockKind.PSD) for b in alike.values()]
        lists = list(dict.fromkeys(products for products, _ in found))
        self.monomials, number = ExponentIndex.numbering(np.concatenate([products.rows for products in lists]))
        ends = np.cumsum([len(products) for products in lists])
        places = dict(zip(lists, np.split(number, ends[:-1]), strict=True))
        self._of = {kind: places[products][place] for kind, (products, place) in zip(alike, found, strict=True)}

    def of(self, block: Block) -> NDArray[np.intp]:
        """Return the column of each product of the block, one term after the other."""
        return self._of[_likeness(block)]

    def matrix(self, blocks: Sequence[Block]) -> sp.csr_matrix:
        r"""Return the rows of blocks: :math:`L(g x^b)` for the basis, or the svec of :math:`L(g B B^\top)`.

        A row has the terms of `g` times one monomial, so that its columns are distinct and in order.
        """
        values, columns, lengths = [np.zeros(0)], [np.zeros(0, dtype=np.intp)], [np.zeros(1, dtype=np.intp)]
        for _, group in groupby(blocks, key=_likeness):
            alike = list(group)
            size = len(alike[0].basis)
            weights = svec_weights(size) if alike[0].kind is BlockKind.PSD else np.ones(size)
            if alike[0].matrix is None:
                table = np.array([block.polynomial.values for block in alike])[:, None, :]
            else:
                table = np.array([_entry_values(block) for block in alike])
            values.append((weights[:, None] * table).reshape(-1))
            columns.append(np.tile(self.of(alike[0]), len(alike)))
            lengths.append(np.full(len(alike) * len(weights), table.shape[-1]))
        starts = np.cumsum(np.concatenate(lengths))
        shape = len(starts) - 1, len(self.monomials)
        found = sp.csr_matrix((np.concatenate(values), np.concatenate(columns), starts), shape=shape)
        if any(block.matrix is not None for block in blocks):  # an entry of a matrix has not all terms of the others
            found.eliminate_zeros()
        return found


def _entry_values(block: Block) -> NDArray[np.float64]:
    """Return the coefficients of the entry of the matrix for each entry of a block in svec order."""
    assert block.matrix is not None
    first, second = svec_index(len(block.basis))
    rows = block.entry_rows
    return np.asarray(block.matrix.values[rows[first], rows[second]])


def _combined(operator: sp.csr_matrix, blocks: list[Block]) -> sp.csr_matrix:
    """Apply the combinations of the blocks that have any to their rows; neighbours with the same ones together."""
    if all(block.combinations is None for block in blocks):
        return operator
    parts, end = [], 0
    for alike in _neighbours(blocks):
        start, end = end, end + sum(svec_length(len(block.basis)) for block in alike)
        rows, combinations = operator[start:end], alike[0].combinations
        if combinations is not None:
            matrix = congruence(combinations)
            rows = _repeated(matrix, len(alike)) @ rows
        parts.append(rows)
    return sp.vstack(parts, format="csr")


def _neighbours(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Yield runs of blocks with the same combinations, which are the same object."""
    run: list[Block] = []
    for block in blocks:
        if run and block.combinations is not run[0].combinations:
            yield run
            run = []
        run.append(block)
    yield run


def _repeated(matrix: sp.csr_matrix, count: int) -> sp.csr_matrix:
    """Return the matrix with the given one `count` times along its diagonal."""
    (height, width), number = matrix.shape, np.arange(count)[:, None]
    columns = (matrix.indices + width * number).reshape(-1)
    starts = np.append((matrix.indptr[:-1] + matrix.nnz * number).reshape(-1), matrix.nnz * count)
    return sp.csr_matrix((np.tile(matrix.data, count), columns, starts), shape=(height * count, width * count))


def assemble(plan: Plan) -> Relaxation:
    """Turn a plan into its conic program.

    Monomials are numbered by one sort over the packed keys of the distinct lists, and the sparse matrices are written
    down row by row. There is no loop over entries.
    """
    psd = [block for block in plan.blocks if block.kind is BlockKind.PSD]
    zero = [block for block in plan.blocks if block.kind is BlockKind.ZERO]
    one = Support(np.zeros((1, len(plan.variables)), dtype=np.int64))
    objective, normalization = (Block(p, one, BlockKind.ZERO) for p in (plan.objective, plan.normalization))
    columns = _Columns([objective, normalization, *psd, *zero])
    cost = np.zeros(len(columns.monomials))
    cost[columns.of(objective)] = plan.objective.values
    equalities = columns.matrix([normalization, *zero])
    program = SDP(
        cost=cost,
        equalities=equalities,
        right_side=np.eye(1, equalities.shape[0]).reshape(-1),
        operator=_combined(columns.matrix(psd), psd),
        sizes=tuple(block.size for block in psd),
    )
    if plan.quotient is None:
        return Relaxation(plan, program, columns.monomials)
    standard, forms = plan.quotient.onto(columns.monomials)
    return Relaxation(plan, _in_quotient(program, forms), standard)


def _in_quotient(program: SDP, forms: sp.csr_matrix) -> SDP:
    """Return the program on the standard monomials, of which the others are combinations."""
    return SDP(
        cost=np.asarray(forms.T @ program.cost),
        equalities=_sorted(program.equalities @ forms),
        right_side=program.right_side,
        operator=_sorted(program.operator @ forms),
        sizes=program.sizes,
    )


def _sorted(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Return a product with its columns in order, and no entry that has cancelled."""
    found = sp.csr_matrix(matrix)
    found.sort_indices()
    found.eliminate_zeros()
    return found
