"""The ball that is put around the variables of an unbounded problem, by a stated rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..problem import Problem


@dataclass(frozen=True, eq=False)
class Ball:
    r"""The ellipsoid :math:`\sum_i (x_i / (R s_i))^2 \le 1`, a ball of radius `R` in the units `s_i`.

    Attributes
    ----------
    radius : float
        The `R`.
    units : (n,) array
        The `s_i`, in the original variables.
    """

    radius: float
    units: NDArray[np.float64]

    def __str__(self) -> str:
        if np.allclose(self.units, self.units[0]):
            return f"the ball of radius {self.radius * self.units[0]:.6g} around the origin"
        axes = ", ".join(f"{self.radius * unit:.4g}" for unit in self.units)
        return f"the ellipsoid around the origin with half-axes {axes}"


def add_ball(problem: Problem, radius: float) -> Problem:
    r"""Return `problem` with the constraint :math:`1 - \|x\|^2 / R^2 \ge 0` as its last inequality."""
    n = problem.n_variables
    rows = np.concatenate([np.zeros((1, n), dtype=np.int64), 2 * np.eye(n, dtype=np.int64)])
    values = np.concatenate([[1.0], np.full(n, -1.0 / radius**2)])
    constraint = Polynomial.from_terms(rows, values, problem.variables)
    return Problem(
        problem.minimize, (*problem.inequalities, constraint), problem.equalities, variables=problem.variables
    )
