"""The program as the iteration sees it: scaled, equalities eliminated, blocks stacked."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ....sdp import SDP
from .. import rules
from ..arrays import Array
from .cone import Cone, make_cone
from .elimination import Elimination, adjoint_product
from .local_elimination import eliminate
from .scaling import Scaling, equilibrate


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


def _unit(values: Array) -> float:
    """Return the power of 2 nearest to the largest absolute value, 1 when all are zero."""
    top = float(np.abs(values).max(initial=0.0))
    return 2.0 ** round(math.log2(top)) if top > 0 else 1.0


def _without_noise(elimination: Elimination, cost: Array) -> Array:
    r"""Return :math:`N^\\top c`, zero where it is nothing but the rounding of its terms."""
    gradient = elimination.restrict(cost)
    if elimination.coupling is None:
        return gradient
    rest = adjoint_product(abs(elimination.coupling), np.abs(cost[elimination.n_head :]))
    size = np.abs(cost[: elimination.n_head]) + rest
    return np.where(np.abs(gradient) > rules.COST_NOISE * size, gradient, 0.0)


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
