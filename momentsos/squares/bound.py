"""The bound of a form: the program, its solution, and the proof."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..polynomials.dyadic import Dyadic
from ..sdp import SDP, SDPSolution, smat, svec
from .products import Products
from .proof import Proof, proved
from .syzygies import Syzygies
from .whitening import Whitened

Floats = NDArray[np.float64]

#: Corrections of the multipliers by the exact matrix that they make.
_CORRECTIONS = 4
#: A correction below this, in whitened coordinates, ends them.
_SETTLED = 1e-13


@dataclass(frozen=True, eq=False)
class BoundProgram:
    """The program of one form, and what is needed to make a proof of its solution.

    Attributes
    ----------
    whitened : Whitened
    products : Products
    syzygies : Syzygies
    sdp : SDP
    """

    whitened: Whitened
    products: Products
    syzygies: Syzygies
    sdp: SDP

    @classmethod
    def of(cls, whitened: Whitened) -> BoundProgram:
        """Write the program down."""
        products = Products.of(whitened.form.exponents, whitened.form.extra)
        syzygies = Syzygies.of(whitened, products)
        return cls(whitened, products, syzygies, syzygies.program(whitened.ones))

    def proof(self, solution: SDPSolution) -> Proof | None:
        """Return what a solution proves, None where that is nothing."""
        if solution.moments is None or not np.isfinite(solution.moments).all() or not solution.moments[0] > 0:
            return None
        rho, *multipliers = solution.moments[1:] / solution.moments[0]
        if not rho > 0:
            return None
        whitened, size = self.whitened, len(self.whitened.root)
        aimed = svec(np.eye(size) - rho * whitened.ones) + self.syzygies.space @ np.array(multipliers)
        gamma = Fraction(float(rho * whitened.floor))
        base = whitened.form.gram - whitened.form.ones.times(gamma)
        total, step = [Fraction(0)] * len(self.syzygies), np.array(multipliers)
        for _ in range(_CORRECTIONS):
            total = [a + Fraction(b) for a, b in zip(total, (self.syzygies.change @ step).tolist(), strict=True)]
            gram = base + self.syzygies.combined(total)
            near = gram.congruent(whitened.inverse).floats()
            step = self.syzygies.space.T @ (aimed - svec((near + near.T) / 2))
            if float(np.abs(step).max(initial=0.0)) < _SETTLED:
                break
        return proved(whitened, gamma, gram)

    def matched(self, gram: Dyadic, bound: Fraction) -> Dyadic:
        r"""Return a matrix `Y` near `gram` with :math:`b^\top Y b = (f - \text{bound})\, w`, exactly.

        What is missing of each product goes into that pair of its monomials where it weighs least.
        """
        form, products = self.whitened.form, self.products
        missing = products.coefficients(form.gram - form.ones.times(bound) - gram)
        return gram + self.syzygies.pairs.spread(missing)

    def point(self, solution: SDPSolution, n: int) -> Floats | None:
        """Return the values of the variables that the dual matrix suggests, each a quotient of two monomials.

        Zero where it is no such quotient; None where there is no such matrix.
        """
        if solution.gram is None:
            return None
        inverse = self.whitened.inverse.floats()
        means = inverse @ smat(solution.gram) @ inverse[-1]
        if not (np.isfinite(means).all() and means[-1] != 0.0):
            return None
        means = means / means[-1]
        rows, sizes = self.whitened.form.exponents, np.linalg.norm(self.whitened.root, axis=0)
        places = {tuple(row): place for place, row in enumerate(rows.tolist())}
        found = np.zeros(n)
        for i, unit in enumerate(np.eye(n, rows.shape[1], dtype=np.int64)):
            pairs = [(places.get(tuple(row)), place) for place, row in enumerate((rows + unit).tolist())]
            usable = [(top, bottom) for top, bottom in pairs if top is not None and means[bottom] != 0.0]
            if usable:
                top, bottom = max(usable, key=lambda pair: abs(means[pair[1]]) * sizes[pair[1]])
                found[i] = means[top] / means[bottom]
        return found
