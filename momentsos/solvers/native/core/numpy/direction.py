r"""Directions of the embedding: HKM linearisation, solved by one Schur complement an iterate.

With :math:`R_p = A z + C\tau - S`, :math:`R_d = b\tau - A^\top X`, :math:`r = -b^\top z - \langle C,
X\rangle - \kappa` a direction that keeps the share :math:`1 - \eta` of the residuals and aims at `σμ`
solves

.. math::

    A\,\Delta z + C\,\Delta\tau - \Delta S = -\eta R_p, \quad
    b\,\Delta\tau - A^\top \Delta X = -\eta R_d, \quad
    -b^\top \Delta z - \langle C, \Delta X \rangle - \Delta\kappa = -\eta r,

    \Delta X = \sigma\mu S^{-1} - X - \mathrm{sym}(X \Delta S S^{-1}) - Q, \quad
    \kappa\,\Delta\tau + \tau\,\Delta\kappa = \sigma\mu - \tau\kappa - q,

with Mehrotra's second-order terms :math:`Q = \mathrm{sym}(\Delta X_a \Delta S_a S^{-1})` and :math:`q =
\Delta\tau_a \Delta\kappa_a` of the affine direction. Elimination leaves :math:`B = A^\top (X \otimes
S^{-1}) A`. Sources: Helmberg, Rendl, Vanderbei, Wolkowicz, SIAM J. Optim. 6 (1996); Kojima, Shindoh, Hara,
SIAM J. Optim. 7 (1997); Monteiro, SIAM J. Optim. 7 (1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...arrays import Array
from ..iterate import Iterate, Measure
from .blocks import product
from .metric import Metric
from .scaled import ScaledMatrices

#: Share of what the dual equation lacks at an iterate that a refined direction may leave.
_LEFT = 1e-3


@dataclass(frozen=True, eq=False)
class Direction:
    """A step in all variables of the embedding."""

    free: Array
    slack: Array
    gram: Array
    tau: float
    kappa: float


@dataclass(frozen=True, eq=False)
class Linearisation:
    r"""What all directions at one iterate share.

    Attributes
    ----------
    program, point, measure
        The iterate and its residuals.
    metric : Metric
        The metric of the iterate.
    anchor : Metric
        That of the last iterate where it was well conditioned, this one or an earlier one.
    slope, slope_slack, slope_gram : arrays
        The change of :math:`z`, :math:`S` and :math:`X` with :math:`\Delta\tau`.
    primal_image : (dimension,) array
        :math:`\mathrm{sym}(X R_p S^{-1})`.
    """

    program: ScaledMatrices
    point: Iterate
    measure: Measure
    metric: Metric
    anchor: Metric
    slope: Array
    slope_slack: Array
    slope_gram: Array
    primal_image: Array

    def direction(self, centring: float, share: float, affine: Direction | None) -> Direction:
        """Return the direction to `centring` times `μ` that removes `share` of the residuals."""
        program, point, state = self.program, self.point, self.measure
        target = centring * state.mu
        aim = target * self.metric.inverse - point.gram - share * self.primal_image
        scalar = target - point.tau * point.kappa
        if affine is not None:
            aim -= product(program.cone, affine.gram, affine.slack, self.metric.inverse)
            scalar -= affine.tau * affine.kappa
        free = self.metric.schur.solve(program.apply_adjoint(aim) - share * state.dual)
        slack = program.apply(free)
        gram = aim - self.metric.image(program, slack)
        gap = share * state.gap_residual - float(program.gradient @ free) - float(program.constant @ gram)
        gain = -float(program.gradient @ self.slope) - float(program.constant @ self.slope_gram)
        tau = (scalar - point.tau * gap) / (point.kappa + point.tau * gain)
        free = free + tau * self.slope
        slack = slack + tau * self.slope_slack + share * state.primal
        gram = gram + tau * self.slope_gram
        # From complementarity, not from the gap equation: its rounding would push κ to the boundary.
        kappa = (scalar - point.kappa * tau) / point.tau
        return Direction(free, slack, gram, tau, kappa)

    def refined(self, step: Direction, share: float, refinements: int, tolerance: float) -> Direction:
        r"""Reduce what a step leaves of the dual equation, keeping the others.

        A small share of what the equation lacks at the iterate may be left: no step removes all of it. The step is
        corrected in the metric of the iterate while that helps. Late in a run it does not: the terms of :math:`X
        \Delta S S^{-1}` are large and cancel. Then `X` alone is corrected in the metric of the anchor, which has no
        such terms and, being that of the cone, leaves `X` definite.
        """
        program = self.program
        free, slack, gram = step.free, step.slack, step.gram
        units = program.elimination.select(program.gradient_units)
        tolerance = max(tolerance, _LEFT * self.measure.dual_error * self.point.tau)
        previous, at_anchor = np.inf, False
        for _ in range(refinements):
            missing = step.tau * program.gradient + share * self.measure.dual - program.apply_adjoint(gram)
            size = float((np.abs(missing) * units).max(initial=0.0))
            if size <= tolerance:
                break
            at_anchor = at_anchor or size > 0.3 * previous
            previous = size
            if at_anchor:
                gram = gram + self.anchor.repair(program, missing)
                continue
            extra = self.metric.schur.solve(-missing)
            shift = program.apply(extra)
            free, slack = free + extra, slack + shift
            gram = gram - self.metric.image(program, shift)
        return step if gram is step.gram else Direction(free, slack, gram, step.tau, step.kappa)


def linearise(program: ScaledMatrices, point: Iterate, state: Measure, metric: Metric, anchor: Metric) -> Linearisation:
    """Solve for what all directions at a point share."""
    slope = metric.schur.solve(-program.apply_adjoint(metric.image(program, program.constant)) - program.gradient)
    slope_slack = program.apply(slope) + program.constant
    return Linearisation(
        program=program,
        point=point,
        measure=state,
        metric=metric,
        anchor=anchor,
        slope=slope,
        slope_slack=slope_slack,
        slope_gram=-metric.image(program, slope_slack),
        primal_image=metric.image(program, state.primal),
    )
