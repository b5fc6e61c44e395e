r"""The iteration: relaxed Douglas-Rachford splitting of the dual pair, which is the boundary-point method.

With :math:`S = P_+(z)` and :math:`X = \sigma (S - z)`, both semidefinite and orthogonal, the normal equations give
moments `y` that satisfy the equalities, and multipliers, such that :math:`X - \sigma (A y - S)` satisfies the equations
of the dual. The point moves by a multiple of :math:`A y - S`.

Source: Povh, Rendl and Wiegele, *A boundary point method to solve semidefinite programs*, Computing 78 (2006); Wen,
Goldfarb and Yin, *Alternating direction augmented Lagrangian methods for semidefinite programming*, Math. Program.
Comput. 2 (2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...sdp import SDP
from . import rules
from .acceleration import Acceleration
from .normal import NormalEquations
from .options import SplittingOptions
from .projection import Projector

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Iterate:
    """What one step has found.

    Attributes
    ----------
    moments, multipliers : arrays
    gram : (rows,) array
        Dual blocks that satisfy the equations, and are nearly semidefinite.
    primal, dual : float
        How far the blocks of the moments, and the dual ones, are from semidefinite ones, relative to their size.
    """

    moments: Floats
    multipliers: Floats
    gram: Floats
    primal: float
    dual: float


class Iteration:
    """The state of a run.

    Parameters
    ----------
    program : SDP
        In the units of `momentsos.solvers.splitting.units`.
    normal : NormalEquations
        Of its operator and equalities.
    cost : (n,) array
        The cost that is minimised.
    options : SplittingOptions
    """

    def __init__(self, program: SDP, normal: NormalEquations, cost: Floats, options: SplittingOptions) -> None:
        self.program, self.normal, self.cost, self.options = program, normal, cost, options
        self.operator, self.transposed = program.operator, program.operator.T.tocsr()
        rows = self.operator.shape[0]
        self.projector, self.acceleration = Projector(program), Acceleration(rows, options.memory)
        self.penalty, self.count = 1.0, 0
        usual = rules.BALANCE_ALONE if len(program.sizes) == 1 else rules.BALANCE_LOCALIZING
        self.balance = usual if options.balance is None else options.balance
        self.point = self.gram = np.zeros(rows)

    def start_at(self, moments: Floats, gram: Floats | None = None) -> None:
        """Go on from moments, and from dual blocks where they are known."""
        self.point = np.asarray(self.operator @ moments)
        if gram is not None:
            self.point -= gram / self.penalty
        self.acceleration.forget()

    def step(self) -> Iterate:
        """Take one step."""
        self.count += 1
        slack = self.projector(self.point)
        self.gram = gram = self.penalty * (slack - self.point)
        right = self.transposed @ (2.0 * slack - self.point) - self.cost / self.penalty
        moments, multipliers = self.normal.solve(right, self.program.right_side)
        gap = self.operator @ moments - slack
        size = float(np.linalg.norm(gap))
        s, x = float(np.linalg.norm(slack)), float(np.linalg.norm(gram))
        found = Iterate(
            moments,
            -self.penalty * multipliers,
            gram - self.penalty * gap,
            size / (1.0 + s),
            self.penalty * size / (1.0 + x),
        )
        residual = self.options.relaxation * gap
        before = self.acceleration.taken_back(float(np.linalg.norm(residual)))
        self.point = self.acceleration.step(self.point, residual, self.count) if before is None else before
        if self._is_time():
            self._rebalanced(x / s if s > 0.0 else 0.0)
        return found

    def _is_time(self) -> bool:
        k = self.count
        return k in rules.EARLY_REBALANCING or (k % 20 == 0 and k <= 200) or k % 100 == 0

    def _rebalanced(self, ratio: float) -> None:
        """Move the penalty to where blocks and dual blocks have sizes that go together; both stay where they are."""
        factor = self.balance * ratio / self.penalty
        if not (np.isfinite(factor) and factor > 0.0) or 1 / rules.WELL_BALANCED <= factor <= rules.WELL_BALANCED:
            return
        factor = float(np.clip(factor, 1 / rules.LARGEST_MOVE, rules.LARGEST_MOVE))
        slack = self.projector(self.point)
        self.point = slack + (self.point - slack) / factor
        self.penalty *= factor
        self.acceleration.forget()

    def turned(self, cost: Floats) -> None:
        """Go on with another cost."""
        self.cost = cost
        self.acceleration.forget()
