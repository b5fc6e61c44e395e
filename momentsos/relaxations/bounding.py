"""The ball that is put around the variables of an unbounded problem, by a stated rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..polynomials import Polynomial
from ..problem import Problem


@dataclass(frozen=True, eq=False)
class Ball:
    r"""The ellipsoid :math:`\sum_i (x_i / r_i)^2 \le 1`.

    Attributes
    ----------
    half_axes : (n,) array
        The :math:`r_i`, in the units of the variables.
    """

    half_axes: NDArray[np.float64]

    def __str__(self) -> str:
        if np.allclose(self.half_axes, self.half_axes[0]):
            return f"the ball of radius {self.half_axes[0]:.6g} around the origin"
        axes = ", ".join(f"{axis:.4g}" for axis in self.half_axes)
        return f"the ellipsoid around the origin with half-axes {axes}"

    def contains(self, point: NDArray[np.float64]) -> bool:
        """Whether `point` lies strictly inside, by one per cent of the half-axes."""
        return float(((point / self.half_axes) ** 2).sum()) <= 0.98

    def restrict(self, problem: Problem) -> Problem:
        r"""Return `problem` with the constraint :math:`1 - \sum_i (x_i / r_i)^2 \ge 0` as its last inequality."""
        n = problem.n_variables
        rows = np.concatenate([np.zeros((1, n), dtype=np.int64), 2 * np.eye(n, dtype=np.int64)])
        values = np.concatenate([[1.0], -1.0 / self.half_axes**2])
        constraint = Polynomial.from_terms(rows, values, problem.variables)
        return Problem(
            problem.minimize,
            (*problem.inequalities, constraint),
            problem.equalities,
            variables=problem.variables,
        )
