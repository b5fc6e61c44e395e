r"""The linear algebra of `momentsos.bounds.repair` where one dense matrix holds all equations.

With :math:`A` the weighted operator, :math:`E_1` the equalities but the normalisation :math:`e^\top y = 1`, and
:math:`\omega` the largest entry of `A`, one factorisation :math:`(A;\; \omega E_1) = Q R` serves a whole iterate. It
shows how far an exact identity is (`DenseFactor.needed`), gives the shortest change that removes a defect, and the
Newton step

.. math::

    \min_y\; \tfrac12 \|A y - \mu I\|^2 + \tfrac12 \omega^2 \|E_1 y - d_1\|^2 + \mu r^\top y
    \quad\text{subject to}\quad e^\top y = d_0 ,

of which :math:`\Delta = I - A y / \mu`, :math:`\delta\lambda_1 = \omega^2 (d_1 - E_1 y) / \mu` and the multiplier of
the normalisation satisfy :math:`A^\top \Delta + E^\top \delta\lambda = r`, whatever :math:`\omega` is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from ..sdp import SDP, smat, svec
from ..sdp.svec import svec_index, svec_weights
from ..sdp.triangles import Factored

Floats = NDArray[np.float64]
#: Numbers that are weighted at a time (8 bytes each): more would be mapped anew by each operation, which costs more.
_ENTRIES = 2**13


@dataclass(frozen=True, eq=False)
class DenseEquations:
    """The equations of the identity, each divided by its length.

    Attributes
    ----------
    sdp : SDP
    lengths : (n,) array
    operator, equalities : (rows, n) and (p, n) arrays
        Those of the program, as they are.
    """

    steps: ClassVar[int] = 15
    sdp: SDP
    lengths: Floats
    operator: Floats
    equalities: Floats

    @classmethod
    def of(cls, sdp: SDP, lengths: Floats) -> DenseEquations:
        """Prepare the equations of a program."""
        return cls(sdp, lengths, sdp.operator.toarray(), sdp.equalities.toarray())

    @staticmethod
    def work_of(sdp: SDP) -> float:
        """Return about how many multiplications a factorisation takes; nothing large is made for it."""
        return float(sdp.operator.shape[0] + sdp.equalities.shape[0]) * sdp.n_moments**2

    @property
    def work(self) -> float:
        """About how many multiplications a factorisation takes."""
        return self.work_of(self.sdp)

    def residual(self, multipliers: Floats, gram: Floats) -> Floats:
        """Return the defect of each equation."""
        return np.asarray((self.sdp.cost - multipliers @ self.equalities - gram @ self.operator) / self.lengths)

    def sizes(self, multipliers: Floats, gram: Floats) -> Floats:
        """Return the sum of the absolute terms of each residual."""
        sums = np.abs(multipliers) @ np.abs(self.equalities) + np.abs(gram) @ np.abs(self.operator)
        return np.asarray((sums + np.abs(self.sdp.cost)) / self.lengths)

    def factored(self, roots: list[Floats], mu: float) -> DenseFactor | None:
        """Factor the equations, weighted by square roots of the Gram matrices; None where they are dependent."""
        weighted = _weighted_operator(self.sdp, self.operator, roots) / self.lengths
        free = self.equalities / self.lengths
        weight = float(np.abs(weighted).max(initial=0.0)) or 1.0
        # In the order of LAPACK, which then needs no copy.
        stacked = np.concatenate([weighted.T, weight * free[1:].T], axis=1).T
        if len(stacked) < stacked.shape[1] or not np.isfinite(stacked).all():
            return None
        factored = Factored.of(stacked)
        if is_singular(factored.triangle):
            return None
        return DenseFactor(self, weighted, free, weight, mu, factored)


@dataclass(frozen=True, eq=False)
class DenseFactor:
    """The equations of one iterate, factored; see the module.

    Attributes
    ----------
    equations : DenseEquations
    weighted : (rows, n) array
        The `A`.
    free : (p, n) array
        The equalities.
    weight, mu : float
        The `ω` and the `μ`.
    factored : Factored
    """

    equations: DenseEquations
    weighted: Floats
    free: Floats
    weight: float
    mu: float
    factored: Factored

    def needed(self, residual: Floats) -> float:
        """Return the length of the shortest change that removes a residual.

        The bound is fixed: the normalisation takes no part.
        """
        return float(np.linalg.norm(self._down(residual)))

    def needed_for(self, rounding: Floats) -> float:
        """Return what no such change is longer than for a residual of at most these sizes."""
        return float(np.linalg.norm(self._down(np.diag(rounding))))

    def shortest(self, residual: Floats) -> tuple[Floats, Floats]:
        """Return the changes of multipliers and of the weighted Gram matrices that remove a residual.

        Their squares have the smallest sum, with multipliers divided by the `weight`; the bound stays.
        """
        change = self.factored.expand(self._down(residual))
        gram, free = np.split(change, [len(self.weighted)])
        return np.concatenate([[0.0], self.weight * free]), gram

    def newton(self, residual: Floats) -> tuple[Floats, Floats] | None:
        """Return the changes of multipliers and of the weighted Gram matrices of a Newton step."""
        mu, right, identity = self.mu, self.equations.sdp.right_side, identity_rows(self.equations.sdp)
        goal = self.factored.project(np.concatenate([mu * identity, self.weight * right[1:]]))
        y = self._up(goal - mu * self._down(residual))
        normal = self._down(self.free[0])
        slope = float(normal @ normal)
        if not (slope > 0.0 and mu > 0.0):
            return None
        nu = (float(right[0]) - float(self.free[0] @ y)) / slope
        y = y + nu * self._up(normal)
        gram = identity - self.weighted @ y / mu
        multipliers = np.concatenate([[nu / mu], self.weight**2 * (right[1:] - self.free[1:] @ y) / mu])
        # The division by mu has lifted rounding errors; the shortest change restores A^T Z + E^T l = r.
        rest = residual - self.weighted.T @ gram - self.free.T @ multipliers
        bound = float(normal @ self._down(rest)) / slope
        more = self.shortest(rest - bound * self.free[0])
        multipliers[0] += bound
        return multipliers + more[0], gram + more[1]

    def _down(self, vector: Floats) -> Floats:
        return np.asarray(solve_triangular(self.factored.triangle, vector, trans="T", check_finite=False))

    def _up(self, vector: Floats) -> Floats:
        return np.asarray(solve_triangular(self.factored.triangle, vector, check_finite=False))


def is_singular(triangle: Floats) -> bool:
    """Whether a triangular factor has a pivot that rounding makes of zero, or one that is not a number."""
    pivots = np.abs(np.diag(triangle))
    return not pivots.min(initial=1.0) > 1e-16 * pivots.max(initial=1.0)


def identity_rows(sdp: SDP) -> Floats:
    """Return the svec rows of the identity in every block."""
    rows = np.empty(sdp.operator.shape[0])
    for size, places in sdp.groups:
        rows[places] = svec(np.eye(size))
    return rows


def between(sdp: SDP, roots: list[Floats], rows: Floats) -> Floats:
    r"""Return the svec rows of :math:`R_j M_j R_j` for those of the :math:`M_j`, `R` the `roots` by sizes."""
    result = np.empty_like(rows)
    for (_, places), root in zip(sdp.groups, roots, strict=True):
        result[places] = svec(root @ smat(rows[places]) @ root)
    return result


def _weighted_operator(sdp: SDP, operator: Floats, roots: list[Floats]) -> Floats:
    r"""Return the svec rows of :math:`R_j F_{j\alpha} R_j`, shape (rows, moments)."""
    result = np.zeros(operator.shape)
    for (size, places), stack in zip(sdp.groups, roots, strict=True):
        first, second = svec_index(size)
        weights = svec_weights(size)[:, None]
        step = max(1, _ENTRIES // (places.shape[1] * sdp.n_moments))
        for start in range(0, len(places), step):
            chosen, root = places[start : start + step], stack[start : start + step]
            part = operator[chosen.reshape(-1)]
            columns = np.flatnonzero(part.any(axis=0))
            if not columns.size:  # the blocks of a constraint 0 >= 0
                continue
            few = len(columns) < sdp.n_moments
            rows = (part[:, columns] if few else part).reshape(*chosen.shape, -1) / weights
            full = np.empty((len(chosen), size, size, rows.shape[2]))
            full[:, first, second] = full[:, second, first] = rows
            both = root[:, None] @ (root[:, None] @ full).transpose(0, 2, 1, 3)  # matrices and roots are symmetric
            where = chosen.reshape(-1)
            weighted = (both[:, first, second] * weights).reshape(len(where), -1)
            result[np.ix_(where, columns) if few else where] = weighted
    return result
