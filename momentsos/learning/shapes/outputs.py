"""The outputs of one hidden layer as a linear function of its coefficients, in floats and in balls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, arb_poly
from numpy.typing import NDArray

from ..network import PolynomialNetwork
from .shape import Basis, Demand

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outputs:
    """Outputs are `design @ c`, and `wanted` is what they should be.

    Attributes
    ----------
    design : (N outputs, places) array
    wanted : (N outputs,) array
    gram, moments : arb_mat
        Products of the design with itself and with what is wanted, over the number of rows.
    square : arb
        The mean square of what is wanted.
    """

    design: Floats
    wanted: Floats
    gram: arb_mat
    moments: arb_mat
    square: arb

    @classmethod
    def of(cls, network: PolynomialNetwork, basis: Basis, X: Floats, Y: Floats) -> Outputs:
        """Return the outputs of a network with one hidden layer for inputs, beside targets."""
        first, second = network.weights
        biases = network.biases or (np.zeros(len(first)), np.zeros(len(second)))
        inner = _balls(np.hstack([X, np.ones((len(X), 1))])) * _balls(np.column_stack([first, biases[0]]).T)
        elements = [arb_poly([arb(float(v)) for v in row]) for row in basis.powers]
        own = [[basis.own_ball(t) for t in row] for row in inner.tolist()]
        columns = [(arb_mat([[p(s) for s in row] for row in own]) * _balls(second.T)).entries() for p in elements]
        design = arb_mat([list(row) for row in zip(*columns, strict=True)])
        ones = -np.ones((len(Y), 1))
        wanted = (_balls(np.hstack([Y, ones])) * _balls(np.vstack([np.eye(Y.shape[1]), biases[1]]))).entries()
        aim, turned, count = arb_mat(len(wanted), 1, wanted), design.transpose(), len(wanted)
        return cls(
            np.array([[float(v.mid()) for v in row] for row in design.tolist()]),
            np.array([float(v.mid()) for v in wanted]),
            turned * design / count,
            turned * aim / count,
            sum((v * v for v in wanted), arb(0)) / count,
        )

    def loss(self, coefficients: Floats) -> float:
        """Return the mean squared residual, rounded up; the products have far more digits than floats."""
        place = arb_mat([[arb(float(c))] for c in coefficients])
        turned = place.transpose()
        value = (turned * self.gram * place)[0, 0] - 2 * (turned * self.moments)[0, 0] + self.square
        found = float(value.upper())
        return max(found if arb(found) >= value else float(np.nextafter(found, np.inf)), 0.0)

    def lower_bound(
        self,
        basis: Basis,
        cuts: Sequence[tuple[Demand, float]],
        multipliers: Floats,
        free: Sequence[int],
        fixed: Floats,
    ) -> float:
        r"""Return the minimum of the Lagrangian, rounded down.

        With the multipliers :math:`\mu \ge 0` of :math:`a_j^\top c \ge \beta_j`, over the number of rows, it is
        :math:`T - g^\top G^{-1} g + 2 \mu^\top \beta`, :math:`g = h + \sum_j \mu_j a_j`, in the free coefficients.
        """
        held = arb_mat([[arb(float(c))] for c in fixed])
        total = self.square - 2 * (held.transpose() * self.moments)[0, 0] + (held.transpose() * self.gram * held)[0, 0]
        slope = self.moments - self.gram * held
        right = [slope[i, 0] for i in free]
        for (demand, place), multiplier in zip(cuts, multipliers, strict=True):
            if multiplier > 0.0:
                weight = arb(float(multiplier)) / len(self.wanted)
                row = basis.functional_balls(demand, place)
                least = arb(demand.least) - sum((a * arb(float(c)) for a, c in zip(row, fixed, strict=True)), arb(0))
                total += 2 * weight * least
                right = [g + weight * row[i] for g, i in zip(right, free, strict=True)]
        side = arb_mat([[g] for g in right])
        gram = arb_mat([[self.gram[i, j] for j in free] for i in free])
        try:
            value = total - (side.transpose() * gram.solve(side))[0, 0]
        except ZeroDivisionError:  # singular, as far as balls tell
            return 0.0
        found = float(value.lower())
        found = found if arb(found) <= value else float(np.nextafter(found, -np.inf))
        return max(found, 0.0) if np.isfinite(found) else 0.0


def _balls(array: Floats) -> arb_mat:
    return arb_mat([[arb(float(v)) for v in row] for row in array])
