r"""A proof that there is a feasible point next to a given one.

With the equalities :math:`h`, their rows scaled by :math:`L^{-1}`, units :math:`U` and :math:`B` near a right inverse
of :math:`A = L^{-1} h'(x) U`, consider :math:`F(s) = L^{-1} h(x + U B s)` on the cube :math:`|s_j| \le \sigma`. If
:math:`\|I - F'(s)\|_\infty \le q < 1` there and :math:`\|F(0)\|_\infty \le (1 - q)\,\sigma`, then
:math:`s \mapsto s - F(s)` maps the cube into itself, and by Brouwer's theorem `F` has a zero in it. Inequalities that
are positive at `x` by more than they change within the cube hold at that zero.

Derivatives are bounded with absolute coefficients: for :math:`|\delta| \le \rho u` and :math:`\rho \le \tau`, a slope
changes by at most :math:`\rho / \tau` times the slope of the polynomial of absolute terms at :math:`|x| + \tau u`,
because that slope is convex in :math:`\rho`. Floats serve for these, as only half of `q < 1` is used, and the bounds of
rounding errors are added; the residual :math:`F(0)` is a ball.

Source: R. Krawczyk, Computing 4 (1969); R. E. Moore, SIAM J. Numer. Anal. 14 (1977).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from flint import arb

from .records import Floats
from .signs import Tables

#: A cube larger than this, in units, would leave fewer digits of the value than are promised.
LARGEST = 1e-32
#: The `tau` above.
REACH = 2.0**-10
#: Equations up to which a right inverse is formed.
MOST = 200
#: A smallest singular value, of rows of unit length, below which nothing is tried.
_REGULAR = 1e-7
_UNIT = 2.0**-53


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """What is known around the point `x` to which a point of balls rounds.

    Attributes
    ----------
    rows : (p, n) array
        The slopes of all constraints in units.
    rounding : (p,) array
        The bounds of their relative rounding errors.
    steepest : (p, n) array
        Bounds of their sizes where coordinates are at most ``|x| + REACH * units``.
    """

    rows: Floats | sp.csr_array
    rounding: Floats
    steepest: Floats | sp.csr_array

    @classmethod
    def of(
        cls, tables: Tables, x: Floats, units: Floats, rows: Floats | sp.csr_array, rounding: Floats
    ) -> Neighbourhood | None:
        """Look around a point; None where products underflow or overflow at its rim."""
        rim = np.abs(x) + REACH * units
        with np.errstate(all="ignore"):
            lost = tables.monomials.at(rim)[1]
        steepest = tables.steepest(rim, units)
        finite = np.isfinite(steepest if isinstance(steepest, np.ndarray) else steepest.data).all()
        return cls(rows, rounding, steepest) if finite and lost is None else None

    def radius(self, chosen: list[int], residuals: list[arb]) -> float | None:
        """Return how far, in units, a common zero of the chosen constraints is from the point at most; None unproved.

        Parameters
        ----------
        chosen : list of int
        residuals : list of arb
            Their values at the point.
        """
        rows, steepest = _dense(self.rows[chosen]), _dense(self.steepest[chosen])
        lengths = np.linalg.norm(rows, axis=1)
        m, n = rows.shape
        rounding = self.rounding[chosen][:, None]
        if not 0 < m <= n or not (lengths > 0).all() or not np.isfinite(rounding).all():
            return None
        scaled = rows / lengths[:, None]
        if np.linalg.svd(scaled, compute_uv=False)[-1] < _REGULAR:
            return None
        back = np.linalg.pinv(scaled)
        sizes = np.abs(back)
        residual = max(rounded_up(value) / length for value, length in zip(residuals, lengths.tolist(), strict=True))
        sigma = 2.0 * residual * (1.0 + 1e-6) + 1e-300
        rho = sigma * float(sizes.sum(axis=1).max()) * (1.0 + 1e-6)
        if not rho <= LARGEST:
            return None
        # What the float slopes miss: their rounding errors, that the point is only near the float one, and what
        # underflow takes: below 2^-62 of a product that does not underflow at the rim.
        missed = (4.0 * rounding + 2.0**-50 + rho / REACH) * steepest / lengths[:, None]
        product = (n + 4) * _UNIT * np.abs(scaled) @ sizes
        q = (np.abs(np.eye(m) - scaled @ back) + product + missed @ sizes * (1.0 + 1e-6)).sum(axis=1)
        return rho if float(q.max()) < 0.49 else None

    def changes(self, rho: float) -> Floats:
        """Return upper bounds of what the constraints change by within a box of `rho` units."""
        return np.asarray(self.steepest.sum(axis=1)).reshape(-1) * (rho * (1.0 + 1e-6))


def _dense(rows: Floats | sp.csr_array) -> Floats:
    return rows if isinstance(rows, np.ndarray) else rows.toarray()


def rounded_up(value: arb) -> float:
    """Return an upper bound of an absolute value."""
    return float(value.abs_upper()) * (1.0 + 1e-10) + 1e-300
