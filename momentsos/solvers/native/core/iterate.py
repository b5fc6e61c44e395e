r"""A point of the homogeneous embedding, and how far it is from a solution in the units of the program.

With the equalities eliminated (:math:`y = y_0 + N z`, :math:`C = F(y_0)`, :math:`A = F N`, :math:`b =
N^\top c`) the simplified self-dual embedding looks for :math:`z`, :math:`S, X \succeq 0`, :math:`\tau,
\kappa \ge 0` with

.. math::

    A z + C\tau - S = 0, \qquad b\tau - A^\top X = 0, \qquad -b^\top z - \langle C, X \rangle - \kappa = 0.

A solution with :math:`\tau > 0` gives an optimal pair, one with :math:`\kappa > 0` a ray. Sources: Ye,
Todd, Mizuno, Math. Oper. Res. 19 (1994); Xu, Hung, Ye, Ann. Oper. Res. 62 (1996); de Klerk, Roos, Terlaky,
Oper. Res. Lett. 20 (1997).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..prepare.scaled import Scaled


@dataclass(frozen=True, eq=False)
class Iterate:
    """Scaled free moments `z`, slacks `S`, dual blocks `X` (flat), and the homogenising pair."""

    free: Array
    slack: Array
    gram: Array
    tau: float
    kappa: float

    @property
    def parts(self) -> tuple[Array, Array, Array, float, float]:
        """All of them, in this order."""
        return self.free, self.slack, self.gram, self.tau, self.kappa


@dataclass(frozen=True, eq=False)
class Measure:
    r"""Residuals of an iterate.

    Attributes
    ----------
    primal, dual : (dimension,) and (n_free,) arrays
        :math:`A z + C\tau - S` and :math:`b\tau - A^\top X`.
    gap_residual : float
        :math:`-b^\top z - \langle C, X \rangle - \kappa`.
    pivot_gradient : (rank,) array
        :math:`c\tau - F^* X` at the pivots, from which the multipliers come.
    mu : float
        :math:`(\langle X, S \rangle + \tau\kappa) / (\nu + 1)`.
    primal_objective, dual_objective : float
        :math:`c^\top y` and :math:`d^\top\lambda`, in units of the program.
    primal_error, dual_error, gap : float
        Relative, as in `momentsos.sdp.Residuals`; the first from the entries of :math:`F(y) - S`.
    """

    primal: Array
    dual: Array
    gap_residual: float
    pivot_gradient: Array
    mu: float
    primal_objective: float
    dual_objective: float
    primal_error: float
    dual_error: float
    gap: float

    @property
    def worst(self) -> float:
        """The largest relative residual, NaN where one of them is."""
        residuals = (self.primal_error, self.dual_error, self.gap)
        return math.nan if any(map(math.isnan, residuals)) else max(residuals)


def measure(program: Scaled, point: Iterate) -> Measure:
    """Return the residuals of an iterate."""
    elimination, tau = program.elimination, point.tau
    sums = program.sums(point.free, point.slack, point.gram, tau)
    head_dual = tau * program.head_gradient - elimination.restrict_head(sums.image)
    objective = program.objective_shift + program.objective_unit * sums.value / tau
    dual_objective = program.objective_shift - program.objective_unit * sums.constant / tau
    return Measure(
        primal=sums.primal,
        dual=elimination.select(head_dual),
        gap_residual=-sums.constant - sums.value - point.kappa,
        pivot_gradient=tau * program.pivot_cost - sums.image[elimination.n_head :],
        mu=(sums.product + tau * point.kappa) / (program.cone.degree + 1),
        primal_objective=objective,
        dual_objective=dual_objective,
        primal_error=sums.missing / (tau + sums.largest),
        dual_error=float((np.abs(head_dual) * program.gradient_units).max(initial=0.0)) / tau,
        gap=abs(objective - dual_objective) / (1.0 + abs(objective) + abs(dual_objective)),
    )
