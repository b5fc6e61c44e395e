"""The program as the iteration sees it: scaled, equalities eliminated, blocks stacked."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ...sdp import SDP
from .cone import Array, Cone, Factor, make_cone
from .cost import sparse_ordering
from .elimination import Elimination, adjoint_product
from .entries import Entries
from .local_elimination import eliminate, put_in
from .patterns import Folding, fold
from .scaling import Scaling, equilibrate
from .schur import SchurComplement, make_schur
from .sparse_schur import SparseMatrix, SparseSchur

#: Most numbers of a dense operator that is worth having: of all flat entries, and of the different ones.
_SMALL, _MEDIUM = 40_000, 200_000


class Sums(NamedTuple):
    r"""What the residuals of a point :math:`z, S, X, \tau` are made of.

    Attributes
    ----------
    primal : (dimension,) array
        :math:`A z + C\tau - S`.
    image : (n,) array
        :math:`F^* X` of all moments, in the order of the elimination.
    missing, largest : float
        The largest entries of `primal` and of :math:`A z + C\tau`, in units of the program.
    value, constant, product : float
        :math:`b^\top z`, :math:`\langle C, X \rangle` and :math:`\langle S, X \rangle`.
    """

    primal: Array
    image: Array
    missing: float
    largest: float
    value: float
    constant: float
    product: float


@dataclass(frozen=True, eq=False)
class Scaled(ABC):
    r"""A scaled program with moments in the order of `elimination`, free ones first.

    Attributes
    ----------
    sdp : SDP
        The program in its own units.
    scaling : Scaling
    elimination : Elimination
    cone : Cone
    constant : (dimension,) array
        The blocks `C` at the offset of the equalities.
    head_gradient : (n_head,) array
        The cost of the moments that are not pivots; `gradient` is that of the unknowns, `b`.
    pivot_cost : (rank,) array
        The cost of the pivots.
    cost_unit, moment_unit : float
        The factors of cost and right side.
    objective_shift, objective_unit : float
        An objective is the shift plus the unit times the scaled value.
    row_units : (dimension,) array
        What a scaled entry of a block is multiplied by to be in units of the program.
    gradient_units : (n_head,) array
        The same for the dual residual, divided by :math:`1 + \\|c\\|_\\infty`.
    """

    sdp: SDP
    scaling: Scaling
    elimination: Elimination
    cone: Cone
    constant: Array
    gradient: Array
    head_gradient: Array
    pivot_cost: Array
    cost_unit: float
    moment_unit: float
    objective_shift: float
    objective_unit: float
    row_units: Array
    gradient_units: Array

    @abstractmethod
    def blocks(self, moments: Array) -> Array:
        """Return the flat blocks of all moments, in the order of the elimination, also of several columns."""

    @abstractmethod
    def image(self, flat: Array) -> Array:
        """Return the adjoint of `blocks`."""

    def sums(self, free: Array, slack: Array, gram: Array, tau: float) -> Sums:
        r"""Return what the residuals of a point :math:`z, S, X, \tau` are made of."""
        rows = self.apply(free) + tau * self.constant
        primal = rows - slack
        return Sums(
            primal=primal,
            image=self.image(gram),
            missing=float((np.abs(primal) * self.row_units).max(initial=0.0)),
            largest=float((np.abs(rows) * self.row_units).max(initial=0.0)),
            value=float(self.gradient @ free),
            constant=float(self.constant @ gram),
            product=float(slack @ gram),
        )

    def apply(self, free: Array) -> Array:
        """Return :math:`A z`."""
        return self.blocks(self.elimination.extend(free))

    def apply_adjoint(self, flat: Array) -> Array:
        r"""Return :math:`A^\\top X`."""
        return self.elimination.restrict(self.image(flat))

    def on(self, unknowns: NDArray[np.intp]) -> Self:
        """Return the program with these of the moments that are not pivots as unknowns, the others zero."""
        elimination = replace(self.elimination, kept=unknowns)
        return replace(self, elimination=elimination, gradient=self.gradient[unknowns])

    def directions(self, rays: Array) -> Array:
        """Return the flat blocks of directions of moments that are not pivots, one a column."""
        coupling = self.elimination.coupling
        tail = self.elimination.order.shape[0] - self.elimination.n_head
        pivots = np.zeros((tail, rays.shape[1])) if coupling is None else -(coupling @ rays)
        return self.blocks(np.concatenate([rays, pivots]))

    def effect(self, rays: Array) -> Array:
        """Return the largest entry that each direction makes in the blocks."""
        return np.asarray(np.abs(self.directions(rays)).max(axis=0, initial=0.0))

    def moments(self, free: Array, tau: float) -> Array:
        r"""Return :math:`\tau y_0 + N z` in units and order of the program; `tau` 0 gives a direction."""
        scaled = tau * self.elimination.offset + self.moment_unit * self.elimination.extend(free)
        result = np.empty(scaled.shape[0])
        result[self.elimination.order] = scaled
        return result * self.scaling.moments

    def gram(self, flat: Array) -> Array:
        """Return the svec rows of the dual blocks in the units of the program."""
        return np.asarray(self.cone.svec_from_flat(flat) * self.scaling.rows * self.cost_unit)

    def multipliers(self, pivot_gradient: Array) -> Array:
        """Return `λ` in the units of the program from the scaled :math:`c - F^* X` at the pivots."""
        return np.asarray(self.elimination.multiplier @ pivot_gradient) * self.cost_unit


@dataclass(frozen=True, eq=False)
class Program(Scaled):
    """A program as the iteration in NumPy works with it.

    Attributes
    ----------
    different : (rows, n) CSR matrix
        The different entries of all blocks over the moments.
    spread : (dimension, rows) CSR matrix
        The flat entries as multiples of the different ones.
    adjoints : pair of CSR matrices
        The transposes of both.
    schur : SchurComplement or SparseSchur
    reduced : pair of arrays, pair of CSR matrices or None
        :math:`A`, or that of the different entries alone, over the unknowns, and its transpose, where that is quicker.
    is_spread : bool
        Whether `reduced` has all flat entries.
    """

    different: sp.csr_matrix
    spread: sp.csr_matrix
    adjoints: tuple[sp.csr_matrix, sp.csr_matrix]
    schur: SchurComplement | SparseSchur
    reduced: tuple[Array, Array] | tuple[sp.csr_matrix, sp.csr_matrix] | None = None
    is_spread: bool = False

    def apply(self, free: Array) -> Array:
        """Return :math:`A z`."""
        if self.reduced is None:
            return self.blocks(self.elimination.extend(free))
        entries = self.reduced[0] @ free
        return np.asarray(entries if self.is_spread else self.spread @ entries)

    def apply_adjoint(self, flat: Array) -> Array:
        r"""Return :math:`A^\\top X`."""
        if self.reduced is None:
            return self.elimination.restrict(self.image(flat))
        return np.asarray(self.reduced[1] @ (flat if self.is_spread else self.adjoints[0] @ flat))

    def normal_matrix(
        self, gram: Array, inverse: Array, gram_factor: Factor, slack_factor: Factor
    ) -> Array | SparseMatrix:
        """Return the Schur complement over the unknowns, given `X`, `S⁻¹` and the factors of `X` and `S`.

        Dense, it is a lower triangle in column order.
        """
        formed = self.schur.form(gram, inverse, gram_factor, slack_factor)
        if not isinstance(formed, SparseMatrix):
            return self.elimination.reduce(formed)
        kept = self.elimination.kept
        return formed if kept is None else formed.restricted(kept)

    def blocks(self, moments: Array) -> Array:
        """Return the flat blocks of all moments, in the order of the elimination, also of several columns."""
        return np.asarray(self.spread @ (self.different @ moments))

    def image(self, flat: Array) -> Array:
        """Return the adjoint of `blocks`."""
        spread, different = self.adjoints
        return np.asarray(different @ (spread @ flat))


def with_reduced(program: Program) -> Program:
    """Return the program with its operator over the unknowns, dense when small, or sparse when it has few entries."""
    n = program.elimination.order.shape[0]
    if program.cone.dimension * n <= _SMALL:
        dense = reduced_operator(program)
        return replace(program, reduced=(dense, dense.T), is_spread=True)
    if program.different.shape[0] * n <= _MEDIUM:
        dense = _reduced(program.elimination, program.different.toarray())
        return replace(program, reduced=(dense, dense.T))
    flat = program.spread @ program.different
    if flat.nnz > program.spread.nnz + program.different.nnz or program.elimination.coupling is not None:
        return program
    head, kept = flat[:, : program.elimination.n_head], program.elimination.kept
    sparse = sp.csr_matrix(head if kept is None else head[:, kept])
    return replace(program, reduced=(sparse, sp.csr_matrix(sparse.T)), is_spread=True)


def reduced_operator(program: Program) -> Array:
    """Return :math:`A`, the blocks over the unknowns, as a dense matrix."""
    return _reduced(program.elimination, (program.spread @ program.different).toarray())


def _reduced(elimination: Elimination, data: Array) -> Array:
    """Return rows over all moments as rows over the unknowns."""
    head = data[:, : elimination.n_head]
    if elimination.coupling is not None:
        head = head - np.asarray(data[:, elimination.n_head :] @ elimination.coupling)
    return np.ascontiguousarray(elimination.select(head))


def _unit(values: Array) -> float:
    """Return the power of 2 nearest to the largest absolute value, 1 when all are zero."""
    top = float(np.abs(values).max(initial=0.0))
    return 2.0 ** round(math.log2(top)) if top > 0 else 1.0


def _flat_entries(matrix: sp.csr_matrix, cone: Cone) -> Entries:
    """Return the entries of blocks that are given by their svec rows."""
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    value = matrix.data * cone.weights[row]
    moment = matrix.indices.astype(np.intp)
    mirrored = np.flatnonzero(cone.upper[row] != cone.lower[row])
    return Entries(
        rows=np.concatenate([cone.upper[row], cone.lower[row[mirrored]]]),
        moments=np.concatenate([moment, moment[mirrored]]),
        values=np.concatenate([value, value[mirrored]]),
        n=matrix.shape[1],
    ).without_zeros()


def in_order(matrix: sp.csr_matrix, order: NDArray[np.intp]) -> sp.csr_matrix:
    """Return the matrix with its columns in another order."""
    place = np.empty_like(order)
    place[order] = np.arange(order.shape[0])
    return sp.csr_matrix((matrix.data, place[matrix.indices], matrix.indptr), shape=matrix.shape)


def _make_schur(
    ordered: sp.csr_matrix,
    offsets: NDArray[np.intp],
    cone: Cone,
    elimination: Elimination,
    foldings: Sequence[Folding],
    row_scale: Array,
    scale: Array,
) -> SchurComplement | SparseSchur:
    """Choose how the Schur complement is formed: over the free moments, where equalities are local, or over all."""
    rows = put_in(ordered, elimination, scale)
    ordering = None if rows is None else sparse_ordering(rows, offsets)
    if rows is None or not rows.shape[1] or (ordering is None and elimination.coupling is None):
        return make_schur(cone, foldings, row_scale, scale)
    entries = _flat_entries(rows, cone)
    reduced = [fold(entries.of(group), group) for group in cone.groups]
    return make_schur(cone, reduced, row_scale, scale[: elimination.n_head], ordering)


def _operators(foldings: Sequence[Folding], row_scale: Array, scale: Array) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Return the different entries over the scaled moments, and the scaled flat entries as multiples of them."""
    rows, moments, values, places, factors = [], [], [], [], []
    first = 0
    for folding in foldings:
        group, entries = folding.group, folding.entries
        rows.append(entries.rows + first)
        moments.append(entries.moments)
        values.append(entries.values * scale[entries.moments])
        start = first + folding.different * np.arange(group.count)
        places.append((start[:, None] + folding.member).ravel())
        factors.append(np.tile(folding.factor, group.count))
        first += group.count * folding.different
    if not foldings:
        return sp.csr_matrix((0, scale.shape[0])), sp.csr_matrix((0, 0))
    triples = np.concatenate(values), (np.concatenate(rows), np.concatenate(moments))
    different = sp.csr_matrix(triples, shape=(first, scale.shape[0]))
    dimension = row_scale.shape[0]
    factor = np.concatenate(factors) * row_scale
    spread = sp.csr_matrix((factor, np.concatenate(places), np.arange(dimension + 1)), shape=(dimension, first))
    return different, spread


def _without_noise(elimination: Elimination, cost: Array) -> Array:
    r"""Return :math:`N^\\top c`, zero where it is nothing but the rounding of its terms."""
    gradient = elimination.restrict(cost)
    if elimination.coupling is None:
        return gradient
    rest = adjoint_product(abs(elimination.coupling), np.abs(cost[elimination.n_head :]))
    size = np.abs(cost[: elimination.n_head]) + rest
    return np.where(np.abs(gradient) > 1e-14 * size, gradient, 0.0)


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is found out about a program before its blocks are laid out in one way or another; see `Scaled`."""

    sdp: SDP
    scaling: Scaling
    elimination: Elimination
    cone: Cone


def prepare(sdp: SDP) -> Prepared:
    """Scale a program, eliminate its equalities and stack its blocks."""
    scaling = equilibrate(sdp)
    elimination = eliminate(sdp.equalities, sdp.right_side, scaling.moments)
    return Prepared(sdp, scaling, elimination, make_cone(sdp.sizes))


def shared_fields(prepared: Prepared, constant: Array) -> dict[str, Any]:
    """Return the fields of `Scaled`; `constant` is not yet in its unit."""
    sdp, scaling, elimination, cone = prepared.sdp, prepared.scaling, prepared.elimination, prepared.cone
    cost = (sdp.cost * scaling.moments)[elimination.order]
    gradient = _without_noise(elimination, cost)
    cost_unit, moment_unit = _unit(gradient), _unit(constant)
    head = elimination.n_head
    relative = cost_unit / (1.0 + float(np.abs(sdp.cost).max(initial=0.0)))
    return {
        "sdp": sdp,
        "scaling": scaling,
        "elimination": elimination,
        "cone": cone,
        "constant": constant / moment_unit,
        "gradient": gradient / cost_unit,
        "head_gradient": gradient / cost_unit,
        "pivot_cost": cost[head:] / cost_unit,
        "cost_unit": cost_unit,
        "moment_unit": moment_unit,
        "objective_shift": float(cost[head:] @ elimination.offset[head:]),
        "objective_unit": cost_unit * moment_unit,
        "row_units": moment_unit / cone.spread(scaling.rows),
        "gradient_units": relative / scaling.moments[elimination.order[:head]],
    }


def make_program(sdp: SDP, prepared: Prepared | None = None) -> Program:
    """Scale a program, eliminate its equalities and stack its blocks, where that is not done yet."""
    prepared = prepared or prepare(sdp)
    scaling, elimination, cone = prepared.scaling, prepared.elimination, prepared.cone
    ordered = in_order(sdp.operator, elimination.order)
    entries = _flat_entries(ordered, cone)
    column_scale = scaling.moments[elimination.order]
    row_scale = cone.spread(scaling.rows)
    foldings = [fold(entries.of(group), group) for group in cone.groups]
    schur = _make_schur(ordered, sdp.offsets, cone, elimination, foldings, row_scale, column_scale)
    different, spread = _operators(foldings, row_scale, column_scale)
    constant = np.asarray(spread @ (different @ elimination.offset))
    return Program(
        **shared_fields(prepared, constant),
        different=different,
        spread=spread,
        adjoints=(sp.csr_matrix(spread.T), sp.csr_matrix(different.T)),
        schur=schur,
    )
