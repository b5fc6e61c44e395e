r"""Directions of the embedding: HKM linearisation, solved by one Schur complement an iterate.

With :math:`R_p = A z + C\tau - S`, :math:`R_d = b\tau - A^\top X`, :math:`r = -b^\top z - \langle C, X\rangle - \kappa`
a direction that keeps the share :math:`1 - \eta` of the residuals and aims at `σμ` solves

.. math::

    A\,\Delta z + C\,\Delta\tau - \Delta S = -\eta R_p, \quad b\,\Delta\tau - A^\top \Delta X = -\eta R_d, \quad
    -b^\top \Delta z - \langle C, \Delta X \rangle - \Delta\kappa = -\eta r,

    \Delta X = \sigma\mu S^{-1} - X - \mathrm{sym}(X \Delta S S^{-1}) - Q, \quad
    \kappa\,\Delta\tau + \tau\,\Delta\kappa = \sigma\mu - \tau\kappa - q,

with Mehrotra's second-order terms :math:`Q = \mathrm{sym}(\Delta X_a \Delta S_a S^{-1})` and
:math:`q = \Delta\tau_a \Delta\kappa_a` of the affine direction. Elimination leaves
:math:`B = A^\top (X \otimes S^{-1}) A`. Sources: Helmberg, Rendl, Vanderbei, Wolkowicz, SIAM J. Optim. 6 (1996);
Kojima, Shindoh, Hara, SIAM J. Optim. 7 (1997); Monteiro, SIAM J. Optim. 7 (1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .cone import Array, Factor
from .iterate import Iterate, Measure
from .newton import SchurFactor, factor_schur
from .program import Program


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
    """What all directions at one iterate share.

    Attributes
    ----------
    program, point, measure
        The iterate and its residuals.
    gram_factor, slack_factor : Factor
    inverse : (dimension,) array
        :math:`S^{-1}`.
    schur : SchurFactor
    slope, slope_slack, slope_gram : arrays
        The change of :math:`z`, :math:`S` and :math:`X` with :math:`\\Delta\\tau`.
    primal_product : (dimension,) array
        :math:`\\mathrm{sym}(X R_p S^{-1})`.
    """

    program: Program
    point: Iterate
    measure: Measure
    gram_factor: Factor
    slack_factor: Factor
    inverse: Array
    schur: SchurFactor
    slope: Array
    slope_slack: Array
    slope_gram: Array
    primal_product: Array

    def direction(
        self, centring: float, share: float, affine: Direction | None, refinements: int, tolerance: float
    ) -> Direction:
        """Return the direction to `centring` times `μ` that removes `share` of the residuals."""
        program, point, state = self.program, self.point, self.measure
        target = centring * state.mu
        aim = target * self.inverse - point.gram - share * self.primal_product
        scalar = target - point.tau * point.kappa
        if affine is not None:
            aim -= program.cone.product(affine.gram, affine.slack, self.inverse)
            scalar -= affine.tau * affine.kappa
        free = self.schur.solve(program.apply_adjoint(aim) - share * state.dual)
        slack = program.apply(free)
        gram = aim - program.cone.product(point.gram, slack, self.inverse)
        gap = share * state.gap_residual - float(program.gradient @ free) - float(program.constant @ gram)
        gain = -float(program.gradient @ self.slope) - float(program.constant @ self.slope_gram)
        tau = (scalar - point.tau * gap) / (point.kappa + point.tau * gain)
        free = free + tau * self.slope
        slack = slack + tau * self.slope_slack + share * state.primal
        gram = gram + tau * self.slope_gram
        # From complementarity, not from the gap equation: its rounding would push κ to the boundary.
        kappa = (scalar - point.kappa * tau) / point.tau
        raw = Direction(free, slack, gram, tau, kappa)
        return self._refined(raw, share, refinements, tolerance) if refinements else raw

    def _refined(self, step: Direction, share: float, refinements: int, tolerance: float) -> Direction:
        """Reduce what the step leaves of the dual equation, keeping the others."""
        program = self.program
        free, slack, gram = step.free, step.slack, step.gram
        previous = np.inf
        for _ in range(refinements):
            missing = step.tau * program.gradient + share * self.measure.dual - program.apply_adjoint(gram)
            size = float((np.abs(missing) * program.gradient_units).max(initial=0.0))
            if size <= tolerance or size > 0.5 * previous:
                break
            previous = size
            extra = self.schur.solve(-missing)
            shift = program.apply(extra)
            free, slack = free + extra, slack + shift
            gram = gram - program.cone.product(self.point.gram, shift, self.inverse)
        return Direction(free, slack, gram, step.tau, step.kappa)


def linearise(
    program: Program, point: Iterate, residuals: Measure, gram_factor: Factor, slack_factor: Factor
) -> Linearisation:
    """Form and factor the Schur complement at a point.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the Schur complement cannot be factored.
    """
    cone = program.cone
    inverse = cone.inverse(slack_factor)
    schur = program.schur.form(point.gram, inverse, gram_factor, slack_factor)
    factor = factor_schur(program.elimination.reduce(schur))
    product = cone.product(point.gram, program.constant, inverse)
    slope = factor.solve(-program.apply_adjoint(product) - program.gradient)
    slope_slack = program.apply(slope) + program.constant
    return Linearisation(
        program=program,
        point=point,
        measure=residuals,
        gram_factor=gram_factor,
        slack_factor=slack_factor,
        inverse=inverse,
        schur=factor,
        slope=slope,
        slope_slack=slope_slack,
        slope_gram=-cone.product(point.gram, slope_slack, inverse),
        primal_product=cone.product(point.gram, residuals.primal, inverse),
    )
