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

from ...arrays import Array
from ..iterate import Iterate, Measure
from .blocks import product
from .metric import Metric
from .scaled import ScaledMatrices


@dataclass(frozen=True, eq=False)
class Direction:
    """A step in all variables of the embedding."""

    free: Array
    slack: Array
    gram: Array
    tau: float
    kappa: float


@dataclass(frozen=True, eq=False)
class Slope:
    r"""What all directions at one iterate share.

    Attributes
    ----------
    free, slack, gram : arrays
        The change of :math:`z`, :math:`S` and :math:`X` with :math:`\Delta\tau`.
    gain : float
        That of :math:`-b^\top z - \langle C, X \rangle`.
    primal_image : (dimension,) array
        :math:`\mathrm{sym}(X R_p S^{-1})`.
    """

    free: Array
    slack: Array
    gram: Array
    gain: float
    primal_image: Array


def linearise(program: ScaledMatrices, state: Measure, metric: Metric) -> Slope:
    """Solve for what all directions at a point share."""
    free = metric.schur.solve(-program.apply_adjoint(metric.image(program, program.constant)) - program.gradient)
    slack = program.apply(free) + program.constant
    gram = -metric.image(program, slack)
    gain = -float(program.gradient @ free) - float(program.constant @ gram)
    return Slope(free, slack, gram, gain, metric.image(program, state.primal))


def direct(
    program: ScaledMatrices,
    point: Iterate,
    state: Measure,
    metric: Metric,
    slope: Slope,
    centring: float,
    share: float,
    before: Direction | None,
) -> Direction:
    """Return the direction to `centring` times `μ` that removes `share` of the residuals.

    It has the second-order terms of the direction `before`.
    """
    target = centring * state.mu
    aim = target * metric.inverse - point.gram - share * slope.primal_image
    scalar = target - point.tau * point.kappa
    if before is not None:
        aim -= product(program.cone, before.gram, before.slack, metric.inverse)
        scalar -= before.tau * before.kappa
    free = metric.schur.solve(program.apply_adjoint(aim) - share * state.dual)
    slack = program.apply(free)
    gram = aim - metric.image(program, slack)
    gap = share * state.gap_residual - float(program.gradient @ free) - float(program.constant @ gram)
    tau = (scalar - point.tau * gap) / (point.kappa + point.tau * slope.gain)
    free = free + tau * slope.free
    slack = slack + tau * slope.slack + share * state.primal
    gram = gram + tau * slope.gram
    # From complementarity, not from the gap equation: its rounding would push κ to the boundary.
    kappa = (scalar - point.kappa * tau) / point.tau
    return Direction(free, slack, gram, tau, kappa)
