r"""The last digits of sparse programs: conjugate gradients with the exact operator, the factor as preconditioner.

Late in a run the Schur complement has lost the digits of its smallest eigenvalues, and with them its factor. The
operator :math:`v \mapsto A^\top \mathrm{sym}(X (A v) S^{-1})` has not. The method of conjugate gradients, preconditioned
by the factor, repairs as many directions as it takes steps (Golub and Van Loan, *Matrix Computations*, section 11.5);
refinement with a fixed factor would repair none that the factor has wrong by more than its size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .cone import Array
from .sparse_factor import SparseFactor

#: Share of the right side that is good enough, and the most steps.
_ENOUGH, _STEPS = 1e-13, 12


@dataclass(frozen=True, eq=False)
class RefinedFactor:
    """A sparse factor with the exact operator beside it."""

    factor: SparseFactor
    operator: Callable[[Array], Array]

    @property
    def shift(self) -> float:
        """The regularisation of the factor."""
        return self.factor.shift

    @property
    def smallest_pivot(self) -> float:
        """That of the factor."""
        return self.factor.smallest_pivot

    def solve(self, right: Array) -> Array:
        """Return :math:`B^{-1} r`, the best of the iterates by its residual."""
        solution = self.factor.solve(right)
        residual = right - self.operator(solution)
        best, size = solution, float(np.abs(residual).max(initial=0.0))
        enough = _ENOUGH * float(np.abs(right).max(initial=0.0))
        turned = direction = self.factor.solve(residual)
        product = float(residual @ turned)
        for _ in range(_STEPS):
            if size <= enough:
                break
            image = self.operator(direction)
            curvature = float(direction @ image)
            if not (curvature > 0 and product > 0):
                break
            length = product / curvature
            solution, residual = solution + length * direction, residual - length * image
            left = float(np.abs(residual).max())
            if left < size:
                best, size = solution, left
            turned = self.factor.solve(residual)
            previous, product = product, float(residual @ turned)
            direction = turned + product / previous * direction
        return best
