r"""A bound without a semidefinite program: the Gram matrix that touches zero at the best point known.

If :math:`f(x^*)` is the minimum, then a Gram matrix `X` of :math:`f - f(x^*)` has :math:`X r = 0` at the whitened
residuals :math:`r` of `x^*`. In :math:`X = I - \rho J + \sum_i t_i N_i` these are as many equations as there are
monomials, for far more multipliers. The least ones, for syzygies in units of their whitened lengths, change `I` by
about as much as `r` differs from the residuals of free least squares; so where noise is small the solution is definite
beside `r`. Where it is not, the distance to definite matrices falls along what the equations leave free.

Whatever the multipliers are, the identity holds, and the proof decides what they are worth.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..sdp import SDPSolution, SDPStatus, svec
from .bound import BoundProgram
from .least_definite import Equations, Span, definite_beside
from .pairs import Pairs
from .products import Products
from .proof import Proof, proved
from .whitening import Whitened

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TouchingProgram(BoundProgram):
    """Multipliers of syzygies with which a bound is attained at a point, up to rounding.

    Attributes
    ----------
    table : (syzygies, pairs) sparse matrix
        See `Products.syzygies`.
    multipliers : (syzygies,) array
    rho : float
    residuals : (K,) array
        Whitened, at the point.
    """

    table: sp.csr_matrix
    multipliers: Floats
    rho: float
    residuals: Floats

    def solve(self) -> SDPSolution:
        """Return the multipliers as a solution of moments 1, ρ and these; its dual matrix is that of the point."""
        size = self.residuals / np.sqrt(self.residuals @ self.whitened.ones @ self.residuals)
        return SDPSolution(
            status=SDPStatus.OPTIMAL,
            words="least squares at the best point",
            moments=np.concatenate([[1.0, self.rho], self.multipliers]),
            equality_duals=np.array([self.rho]),
            gram=svec(np.outer(size, size)),
            solver="native",
        )

    def proof(self, solution: SDPSolution) -> Proof | None:
        """See `BoundProgram`."""
        if solution.moments is None or not np.isfinite(solution.moments).all() or not solution.moments[1] > 0:
            return None
        form, gamma = self.whitened.form, Fraction(float(solution.moments[1] * self.whitened.floor))
        multipliers = [Fraction(t) for t in solution.moments[2:].tolist()]
        combined = self.pairs.combination(self.table, multipliers)
        return proved(self.whitened, gamma, form.gram - form.ones.times(gamma) + combined)


def touching(whitened: Whitened, products: Products, point: Floats, until: float = np.inf) -> TouchingProgram | None:
    """Return the program of a point, None where no such matrix was found."""
    basis = whitened.form.basis_exactly(point)
    residuals = (whitened.root_exact @ basis).floats()[:, 0]
    height = float(residuals @ whitened.ones @ residuals)
    if not (np.isfinite(residuals).all() and height > 0.0):
        return None
    pairs = Pairs(products, whitened.inverse)
    table = products.syzygies(pairs.weights)
    lengths = pairs.lengths(table)
    if not (np.isfinite(lengths).all() and (lengths > 0.0).all()):
        return None
    rho, size = float(residuals @ residuals) / height, float(np.linalg.norm(residuals))
    start = np.eye(len(residuals)) - rho * whitened.ones
    own = Span(pairs, sp.csr_matrix(sp.diags_array(1.0 / lengths) @ table))
    equations = Equations.of(own, residuals / size, basis.floats()[:, 0] / size)
    found = definite_beside(equations, start, until)
    return None if found is None else TouchingProgram(whitened, pairs, table, found / lengths, rho, residuals)
