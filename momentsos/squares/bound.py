"""The bound of a form: its program on either side, and the proof that a solution of it gives."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..polynomials.dyadic import Dyadic
from ..sdp import SDP, SDPSolution, SDPStatus, smat, svec
from .interior import factored, solved
from .moments import CentredMoments
from .pairs import Pairs
from .products import Products
from .proof import Proof, proved
from .syzygies import Syzygies
from .whitening import Whitened

Floats = NDArray[np.float64]

#: Corrections of the multipliers by the exact matrix that they make.
_CORRECTIONS = 4
#: A correction below this, in whitened coordinates, ends them.
_SETTLED = 1e-13
#: Projections onto the identity at most, and the size of what is missing at which they end.
_PROJECTIONS, _NOTHING = 10, 1e-40
#: A relative gap up to which a solution is called optimal.
_OPTIMAL = 1e-8


@dataclass(frozen=True, eq=False)
class BoundProgram(ABC):
    """The program of one form. The second number of a solution's moments, over the first, is the ρ.

    Attributes
    ----------
    whitened : Whitened
    pairs : Pairs
    """

    whitened: Whitened
    pairs: Pairs

    @abstractmethod
    def proof(self, solution: SDPSolution) -> Proof | None:
        """Return what a solution proves, None where that is nothing."""

    def least(self) -> Proof | None:
        """Return the proof of the free least-squares bound, which needs no syzygies."""
        gamma = Fraction(self.whitened.floor)
        return proved(self.whitened, gamma, self.whitened.form.gram - self.whitened.form.ones.times(gamma))

    def best(self, solution: SDPSolution) -> Proof | None:
        """Return the proof with the higher bound, of a solution or of free least squares; None without either."""
        found = self.proof(solution)
        if found is not None and found.bound >= Fraction(self.whitened.floor):
            return found
        return max((p for p in (found, self.least()) if p is not None), key=lambda p: p.bound, default=None)

    @property
    def products(self) -> Products:
        """The products of the basis."""
        return self.pairs.products

    def matched(self, gram: Dyadic, bound: Fraction) -> Dyadic:
        r"""Return a matrix `Y` near `gram` with :math:`b^\top Y b = (f - \text{bound})\, w`, exactly.

        What is missing of each product goes into that pair of its monomials where it weighs least.
        """
        form = self.whitened.form
        missing = self.products.coefficients(form.gram - form.ones.times(bound) - gram)
        return gram + self.pairs.spread(missing)

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


@dataclass(frozen=True, eq=False)
class SyzygyProgram(BoundProgram):
    """The program with a multiplier for each syzygy, for any solver.

    Attributes
    ----------
    syzygies : Syzygies
    sdp : SDP
    """

    syzygies: Syzygies
    sdp: SDP

    @classmethod
    def of(cls, whitened: Whitened, products: Products) -> SyzygyProgram:
        """Write the program down."""
        syzygies = Syzygies.of(whitened, products)
        return cls(whitened, syzygies.pairs, syzygies, syzygies.program(whitened.ones))

    def proof(self, solution: SDPSolution) -> Proof | None:
        """See `BoundProgram`."""
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


@dataclass(frozen=True, eq=False)
class MomentProgram(BoundProgram):
    """The program with an unknown for each product, solved by a method of its own.

    Attributes
    ----------
    centred : CentredMoments
    """

    centred: CentredMoments

    @classmethod
    def of(cls, whitened: Whitened, products: Products, point: Floats | None = None) -> MomentProgram:
        """Write the program down, around a point that is nearly a minimiser where one is known."""
        return cls(whitened, Pairs(products, whitened.inverse), CentredMoments.of(whitened, products, point))

    def _missing(self, gram: Dyadic, gamma: Fraction) -> tuple[Dyadic, list[Fraction]]:
        """Return a whitened matrix in the basis, and what is missing of each product."""
        whitened = self.whitened
        exact = gram.congruent(whitened.root_exact)
        return exact, self.products.coefficients(whitened.form.gram - whitened.form.ones.times(gamma) - exact)

    def solve(self, until: float = np.inf) -> SDPSolution:
        """Solve the program; the moments of the answer are 1, ρ and the entries of `X`."""
        began = time.perf_counter()
        with np.errstate(all="ignore"):
            answer = solved(
                self.centred,
                self.whitened.ones,
                lambda gram, rho: self.centred.equations(self._missing(Dyadic.of(gram), self._gamma(rho))[1]),
                np.eye(len(self.whitened.root)),
                0.0,
                until,
            )
        status = SDPStatus.OPTIMAL if answer.gap < _OPTIMAL else SDPStatus.INACCURATE
        return SDPSolution(
            status=status,
            words=f"relative gap {answer.gap:.1e}",
            moments=np.concatenate([[1.0, answer.rho], svec(answer.gram)]),
            equality_duals=np.array([answer.rho]),
            gram=svec(answer.moments),
            iterations=answer.steps,
            seconds=time.perf_counter() - began,
            solver="native",
        )

    def proof(self, solution: SDPSolution) -> Proof | None:
        """See `BoundProgram`."""
        if solution.moments is None or not np.isfinite(solution.moments).all() or not solution.moments[1] > 0:
            return None
        near, gamma = smat(solution.moments[2:]), self._gamma(float(solution.moments[1]))
        gram = Dyadic.of((near + near.T) / 2)
        exact, missing = self._missing(gram, gamma)
        unit, scale = np.eye(len(near)), self.centred.lengths
        try:
            factor = factored(self.centred.schur(unit, unit), scale)
        except np.linalg.LinAlgError:
            return None
        left = np.inf
        for _ in range(_PROJECTIONS):  # onto the matrices that satisfy the identity: the nearest one
            wanted = self.centred.equations(missing) / scale
            before, left = left, float(np.abs(wanted).max())
            if not left < 0.5 * before or left < _NOTHING:
                break
            step = scipy.linalg.cho_solve(factor, wanted, check_finite=False) / scale
            gram = gram + Dyadic.of(self.centred.matrix(step)).symmetric()
            exact, missing = self._missing(gram, gamma)
        return proved(self.whitened, gamma, exact + self.pairs.spread(missing))

    def _gamma(self, rho: float) -> Fraction:
        return Fraction(float(rho * self.whitened.floor))
