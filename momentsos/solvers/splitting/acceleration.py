r"""Anderson acceleration of type II, with a step back.

Of the last steps :math:`z_i \mapsto z_i + f_i`, the combination is taken whose residual is smallest:
:math:`z + f - (\Delta Z + \Delta F)\, \theta` with :math:`\theta = \arg\min \|f - \Delta F\, \theta\|`.

Source: Walker and Ni, *Anderson acceleration for fixed-point iterations*, SIAM J. Numer. Anal. 49 (2011).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import rules

Floats = NDArray[np.float64]


class Acceleration:
    """What is remembered of the last steps.

    Parameters
    ----------
    length : int
        Of the points.
    memory : int
        The steps that are remembered; 0: none is accelerated.
    """

    def __init__(self, length: int, memory: int) -> None:
        self._moves, self._changes = np.empty((memory, length)), np.empty((memory, length))
        self._memory, self._count = memory, 0
        self._before: tuple[Floats, Floats] | None = None
        self._plain: tuple[Floats, float] | None = None
        self._reached = np.inf

    def forget(self) -> None:
        """Begin anew: the map has changed."""
        self._count, self._before, self._plain = 0, None, None

    def taken_back(self, residual: float) -> Floats | None:
        """Return where to go on instead when an accelerated step was bad, None when it was not."""
        plain, self._plain = self._plain, None
        if plain is None or residual <= rules.TAKEN_BACK * plain[1]:
            return None
        self.forget()
        return plain[0]

    def step(self, point: Floats, residual: Floats, number: int) -> Floats:
        """Return the next point after step number `number`."""
        plain = point + residual
        if not self._memory:
            return plain
        if self._before is not None:
            place = self._count % self._memory
            np.subtract(point, self._before[0], out=self._moves[place])
            np.subtract(residual, self._before[1], out=self._changes[place])
            self._count += 1
        self._before = point, residual
        known = min(self._count, self._memory)
        if known < rules.ACCELERATE_EVERY or number % rules.ACCELERATE_EVERY:
            return plain
        size = float(np.linalg.norm(residual))
        if size > rules.WORTH_IT * self._reached:
            self._reached = np.inf
            self.forget()
            return plain
        self._reached = size
        changes = self._changes[:known]
        normal = changes @ changes.T
        normal[np.diag_indices_from(normal)] += rules.REGULARISED * float(np.trace(normal)) + np.finfo(float).tiny
        try:
            weights = np.linalg.solve(normal, changes @ residual)
        except np.linalg.LinAlgError:
            return plain
        found = plain - weights @ changes
        found -= weights @ self._moves[:known]
        if not np.isfinite(found).all():
            return plain
        self._plain = plain, float(np.linalg.norm(residual))
        return found
