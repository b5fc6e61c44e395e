r"""From an iterate to dual vectors that hold: what makes the blocks semidefinite, and what it costs.

The iterate satisfies :math:`c = E^\top\lambda + A^\top X` to rounding; its blocks have small negative eigenvalues.
Where the moments are bounded by the constraints (signs, a ball, a box) there are :math:`D \succ 0` and :math:`\mu` with
:math:`A^\top D = E^\top \mu`: then :math:`X + t D \succeq 0` for some `t`, the multipliers are
:math:`\lambda - t \mu`, and the bound loses :math:`t\, d^\top \mu`.

Elsewhere the cost is lowered to :math:`c - A^\top(\varepsilon I)` beforehand, and :math:`\varepsilon I` is added back
once :math:`X \succeq -\varepsilon I`. The bound loses :math:`\varepsilon` times the trace of the moment matrices.

Source: Jansson, Chaykin and Keil, *Rigorous error bounds for the optimal value in semidefinite programming*, SIAM J.
Numer. Anal. 46 (2007), for bounds by bounded traces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from ...sdp import SDP, smat, svec
from . import rules
from .normal import NormalEquations
from .projection import identities, least_eigenvalues

Floats = NDArray[np.float64]
#: The lift is larger than the smallest eigenvalue asks for by this share of it, and by this share of the blocks' size.
_ROOM, _ROUNDING = 1e-6, 1e-13


@dataclass(frozen=True, eq=False)
class Interior:
    r"""A direction into the interior of the dual blocks that only the multipliers pay for.

    Attributes
    ----------
    rows : (rows,) array
        The `D`.
    multipliers : (p,) array
        The `μ`.
    price : float
        :math:`d^\\top \\mu`.
    roots : tuple of arrays or None
        Cholesky factors of its blocks, stacked by size; None where every block is the identity.
    """

    rows: Floats
    multipliers: Floats
    price: float
    roots: tuple[Floats, ...] | None

    def least(self, program: SDP, rows: Floats) -> float:
        """Return the smallest eigenvalue of blocks relative to those of the direction."""
        if self.roots is not None:
            inner = np.empty_like(rows)
            for (_, places), root in zip(program.groups, self.roots, strict=True):
                matrices = smat(rows[places])
                for place, matrix, own in zip(places, matrices, root, strict=True):
                    half = solve_triangular(own, matrix, lower=True, check_finite=False)
                    inner[place] = svec(solve_triangular(own, half.T, lower=True, check_finite=False))
            rows = inner
        return float(least_eigenvalues(program, rows).min())


def interior_of(program: SDP, normal: NormalEquations) -> Interior | None:
    """Return such a direction, None where none is found: the moments are not bounded, or hardly.

    Alternating projections between the directions that multipliers pay for and blocks of eigenvalues that are not
    small; the first of them is where traces are constant.
    """
    whole = identities(program, np.ones(len(program.sizes)))
    goal, none = whole, np.zeros_like(program.right_side)
    for _ in range(rules.INTERIOR_ROUNDS):
        moments, multipliers = normal.solve(program.operator.T @ goal, none)
        rows = goal - program.operator @ moments
        low = least_eigenvalues(program, rows)
        if low.min() >= rules.INTERIOR:
            price = float(program.right_side @ multipliers)
            if not price > 0.0:
                return None
            plain = float(np.abs(rows - whole).max()) <= 1e-13
            return Interior(rows, multipliers, price, None if plain else _roots(program, rows))
        if len(whole) > rules.SMALL_ROWS:
            return None
        goal = _raised(program, rows, 2.0 * rules.INTERIOR)
    return None


def _raised(program: SDP, rows: Floats, least: float) -> Floats:
    found = np.empty_like(rows)
    for _, places in program.groups:
        values, vectors = np.linalg.eigh(smat(rows[places]))
        found[places] = svec((vectors * np.maximum(values, least)[:, None, :]) @ vectors.transpose(0, 2, 1))
    return found


def _roots(program: SDP, rows: Floats) -> tuple[Floats, ...]:
    return tuple(np.asarray(np.linalg.cholesky(smat(rows[places])), dtype=np.float64) for _, places in program.groups)


@dataclass(frozen=True, eq=False)
class Held:
    """Dual vectors that hold, and the bound that they give.

    Attributes
    ----------
    rows, multipliers : arrays
    bound : float
        ``-inf`` where the blocks are not semidefinite.
    lifted : float
        By how much the blocks were lifted.
    """

    rows: Floats
    multipliers: Floats
    bound: float
    lifted: float


def held(program: SDP, interior: Interior | None, shift: float, rows: Floats, multipliers: Floats) -> Held:
    """Return the dual vectors of an iterate, lifted.

    Parameters
    ----------
    program : SDP
        In the units of the iteration, with its own cost.
    interior : Interior or None
    shift : float
        The ε by which the cost was lowered.
    rows, multipliers : arrays
        Of the iterate: they satisfy the equations of the lowered cost.
    """
    size = _ROUNDING * float(np.abs(rows).max(initial=0.0)) * max(program.sizes, default=1)
    if interior is not None:
        least = interior.least(program, rows)
        amount = -least + _ROOM * abs(least) + size
        found = multipliers - amount * interior.multipliers
        return Held(rows + amount * interior.rows, found, float(program.right_side @ found), amount)
    least = float(least_eigenvalues(program, rows).min())
    lifted = rows + identities(program, np.full(len(program.sizes), shift))
    holds = least + shift >= size
    return Held(lifted, multipliers, float(program.right_side @ multipliers) if holds else -np.inf, shift)
